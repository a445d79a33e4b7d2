import { type ByteSource, Cursor, readUpTo, toHex } from '@winmedic/bytes';
import { DiskError } from '../errors.ts';
import { isPowerOfTwo, readStructure, smallNumber } from './file.ts';
import type { ParentReference } from './types.ts';

/** First bytes of a footer. */
export const VHD_COOKIE = 'conectix';

/** Sector of the format, whatever the disk below has. */
export const VHD_SECTOR = 512;

/** Kinds of disk in a footer. @source VHD specification, "Disk Type" */
export const VHD_TYPE = { FIXED: 2, DYNAMIC: 3, DIFFERENCING: 4 } as const;

/** Largest dynamic disk: 2040 GiB. @source VHD specification, "Dynamic Hard Disk Image" */
const MAX_DYNAMIC_BYTES = 2040 * 2 ** 30;

/**
 * Most blocks of a disk: 2040 GiB in blocks of 512 KiB, the smaller of the two sizes that the specification names as tested. The table of this many entries
 * (16 MiB) is read whole before the first write.
 */
const MAX_BLOCKS = 1 << 22;

/** Largest block: no limit is specified; 256 MiB is that of VHDX. */
const MAX_BLOCK_BYTES = 1 << 28;

/** Longest parent locator: paths of Windows have at most 32,767 UTF-16 units. */
const MAX_LOCATOR_BYTES = 1 << 16;

/** A footer, or its copy at the start of the file. @source VHD specification, "Hard Disk Footer Format" */
export interface VhdFooter {
  /** All 512 bytes. */
  readonly bytes: Uint8Array;
  /** Where it was found. */
  readonly offset: number;
  readonly type: number;
  readonly sizeBytes: number;
  /** Offset of the dynamic disk header; meaningless for a fixed disk. */
  readonly headerOffset: number | undefined;
  /** Unique id as `{...}`, stored big-endian. */
  readonly id: string;
  /** The virtual machine is in saved state: its memory holds what it knows of the disk. */
  readonly savedState: boolean;
}

/** The header of a dynamic or differencing disk. @source VHD specification, "Dynamic Disk Header Format" */
export interface VhdHeader {
  readonly tableOffset: number;
  /** Blocks of the disk: entries of the table that are used. */
  readonly blocks: number;
  readonly blockBytes: number;
  /** Where header, table and parent locators lie, as `[first byte, first byte behind]`. */
  readonly places: readonly (readonly [number, number])[];
  readonly parent: ParentReference;
}

/** One's complement of the sum of all bytes, with the four at `field` taken as zero. @source VHD specification, "Checksum" */
export function vhdChecksum(bytes: Uint8Array, field: number): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) if (i < field || i >= field + 4) sum += bytes[i]!;
  return ~sum >>> 0;
}

/** Offset of the checksum in a footer and in a dynamic disk header. */
const FOOTER_CHECKSUM = 64;
const HEADER_CHECKSUM = 36;

/**
 * The footer at `offset`; undefined when cookie or checksum are wrong. One of 511 bytes at the end of the file (before Virtual PC 2004) is read as if its last
 * byte were zero.
 * @throws {DiskError} CONTAINER_UNSUPPORTED for another major version or another kind of disk, CONTAINER_LIMIT for an impossible size.
 */
export function readVhdFooter(source: ByteSource, offset: number): VhdFooter | undefined {
  const bytes = new Uint8Array(VHD_SECTOR);
  const read = readUpTo(source, offset, VHD_SECTOR);
  if (read.length < VHD_SECTOR - 1) return undefined;
  bytes.set(read);
  const cursor = new Cursor(bytes, 0, offset);
  if (cursor.latin1(8, 'footer cookie') !== VHD_COOKIE || vhdChecksum(bytes, FOOTER_CHECKSUM) !== cursor.view.getUint32(FOOTER_CHECKSUM))
    return undefined;
  const version = cursor.view.getUint32(12);
  if (version >>> 16 !== 1) {
    throw new DiskError('CONTAINER_UNSUPPORTED', 'footer version', {
      offset: offset + 12,
      need: '0x00010000',
      have: `0x${version.toString(16)}`,
    });
  }
  const type = cursor.view.getUint32(60);
  if (type !== VHD_TYPE.FIXED && type !== VHD_TYPE.DYNAMIC && type !== VHD_TYPE.DIFFERENCING) {
    throw new DiskError('CONTAINER_UNSUPPORTED', 'disk type', { offset: offset + 60, need: '2, 3 or 4', have: type });
  }
  const size = cursor.view.getBigUint64(48);
  const sizeBytes = smallNumber(size);
  if (
    sizeBytes === undefined ||
    sizeBytes === 0 ||
    sizeBytes % VHD_SECTOR !== 0 ||
    (type !== VHD_TYPE.FIXED && sizeBytes > MAX_DYNAMIC_BYTES)
  ) {
    throw new DiskError('CONTAINER_LIMIT', 'current size', {
      offset: offset + 48,
      need: `sectors of 512 bytes, at most ${MAX_DYNAMIC_BYTES}`,
      have: String(size),
    });
  }
  const hex = toHex(bytes.subarray(68, 84));
  return {
    bytes,
    offset,
    type,
    sizeBytes,
    headerOffset: smallNumber(cursor.view.getBigUint64(16)),
    id: `{${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}}`,
    savedState: bytes[84] === 1,
  };
}

/**
 * The header that a footer of a dynamic or differencing disk points to.
 * @throws {DiskError} CONTAINER_HEADER when it is damaged (there is no copy), CONTAINER_UNSUPPORTED, CONTAINER_LIMIT.
 */
export function readVhdHeader(source: ByteSource, footer: VhdFooter): VhdHeader {
  const offset = footer.headerOffset ?? source.sizeBytes;
  const bytes = readStructure(source, offset, 1024, 'dynamic disk header');
  const cursor = new Cursor(bytes, 0, offset);
  const checksum = vhdChecksum(bytes, HEADER_CHECKSUM);
  if (cursor.latin1(8, 'header cookie') !== 'cxsparse' || checksum !== cursor.view.getUint32(HEADER_CHECKSUM)) {
    throw new DiskError('CONTAINER_HEADER', 'dynamic disk header', {
      offset,
      need: checksum,
      have: cursor.view.getUint32(HEADER_CHECKSUM),
    });
  }
  const version = cursor.view.getUint32(24);
  if (version >>> 16 !== 1) {
    throw new DiskError('CONTAINER_UNSUPPORTED', 'header version', {
      offset: offset + 24,
      need: '0x00010000',
      have: `0x${version.toString(16)}`,
    });
  }
  const blockBytes = cursor.view.getUint32(32);
  if (!isPowerOfTwo(blockBytes) || blockBytes < VHD_SECTOR || blockBytes > MAX_BLOCK_BYTES) {
    throw new DiskError('CONTAINER_LIMIT', 'block size', {
      offset: offset + 32,
      need: `a power of two, at most ${MAX_BLOCK_BYTES}`,
      have: blockBytes,
    });
  }
  const blocks = Math.ceil(footer.sizeBytes / blockBytes);
  if (blocks > MAX_BLOCKS)
    throw new DiskError('CONTAINER_LIMIT', 'blocks', { offset: offset + 32, need: `at most ${MAX_BLOCKS}`, have: blocks });
  const entries = cursor.view.getUint32(28);
  if (entries < blocks) throw new DiskError('CONTAINER_HEADER', 'table entries', { offset: offset + 28, need: blocks, have: entries });
  const tableOffset = smallNumber(cursor.view.getBigUint64(16));
  if (tableOffset === undefined || tableOffset + blocks * 4 > source.sizeBytes) {
    throw new DiskError('CONTAINER_HEADER', 'block allocation table', { offset: offset + 16, need: blocks * 4, have: source.sizeBytes });
  }
  const { parent, places } = readParentReference(source, cursor);
  return {
    tableOffset,
    blocks,
    blockBytes,
    places: [[0, VHD_SECTOR], [offset, offset + 1024], [tableOffset, tableOffset + blocks * 4], ...places],
    parent,
  };
}

/** Platform codes of locators, best first. @source VHD specification, "Parent Locator Entries" */
const LOCATORS = ['W2ru', 'W2ku', 'MacX'];

/** Parent of a differencing disk as its header and locators name it; locators that cannot be read are left out. */
function readParentReference(source: ByteSource, header: Cursor): { parent: ParentReference; places: [number, number][] } {
  const places: [number, number][] = [];
  const found = new Map<string, string>();
  for (let i = 0; i < 8; i++) {
    header.seek(576 + i * 24, 'parent locator');
    const code = header.latin1(4, 'platform code');
    header.skip(4, 'platform data space');
    const length = header.u32be('platform data length');
    header.skip(4, 'reserved');
    const offset = smallNumber(header.u64be('platform data offset'));
    if (!LOCATORS.includes(code) || length === 0 || length > MAX_LOCATOR_BYTES || offset === undefined) continue;
    const data = readUpTo(source, offset, length);
    if (data.length < length) continue;
    places.push([offset, offset + length]);
    // Little-endian in files of Windows; the specification says UTF-16 only. UTF-8 of a MacX URL is ASCII: all else is percent-encoded (RFC 2396).
    const text = code === 'MacX' ? new Cursor(data).latin1(length, code) : new Cursor(data).utf16(length & ~1, code);
    if (text !== '' && !found.has(code)) found.set(code, text);
  }
  const hex = toHex(header.seek(40, 'parent id').take(16, 'parent id'));
  const name = bigEndianText(header.seek(64, 'parent name').take(512, 'parent name'));
  const paths = [...LOCATORS.flatMap((code) => found.get(code) ?? []), ...(name === '' ? [] : [name])];
  return {
    parent: {
      paths: [...new Set(paths)],
      ids: [`{${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}}`],
    },
    places,
  };
}

/** UTF-16BE text up to the first NUL. */
function bigEndianText(bytes: Uint8Array): string {
  const swapped = new Uint8Array(bytes.length);
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    swapped[i] = bytes[i + 1]!;
    swapped[i + 1] = bytes[i]!;
  }
  return new Cursor(swapped).utf16(swapped.length, 'parent name');
}
