import { crc32, type Damage, formatGuid, readUpTo, viewOf } from '@winmedic/bytes';
import type { BlockDevice } from '../block/types.ts';
import { DiskError } from '../errors.ts';
import { offsetOf, readVolumeHeader, type VolumeHeader } from './boot.ts';
import { ENTRY, type Entry, readEntries, VALUE } from './entries.ts';

/** A block header, and the metadata header behind it. @source libyal BDE format, "FVE metadata block header", "FVE metadata header" */
const BLOCK_HEADER_BYTES = 64;
const METADATA_HEADER_BYTES = 48;
/** Size of a copy on the volume: Windows 7 and later, Vista. @source libyal BDE format, "Metadata files" */
const COPY_BYTES = { 2: 0x1_0000, 1: 0x4000 } as const;
/** The block header from its states on: encrypted size, places of the copies and of the moved volume header. */
const LAYOUT_AT = 12;
/** The size field of version 2 counts units of 16 bytes: the CRC of every volume seen covers exactly that. */
const SIZE_UNIT = 16;
/** Size, version and CRC-32 behind the metadata, then the SHA-256 wrapped with the volume master key. */
const VALIDATION_HEADER_BYTES = 8;
/** Windows moves 8 KiB, To Go a little more than 5 MiB; a header beyond this is not believed. */
const MAX_MOVED_BYTES = 0x1000_0000;

/** One copy of the metadata. */
export interface Metadata {
  readonly header: VolumeHeader;
  readonly offset: number;
  /** 1 (Vista) or 2. */
  readonly blockVersion: 1 | 2;
  /** Bytes of a copy on the volume. */
  readonly copyBytes: number;
  readonly currentState: number;
  readonly nextState: number;
  /** From here on the volume is plain. */
  readonly encryptedBytes: number;
  readonly copies: readonly number[];
  /** Where the first bytes of the volume were moved to, and how many; 0 bytes on Vista. */
  readonly movedTo: number;
  readonly movedBytes: number;
  /** Vista: cluster of the mirror of the master file table, which the volume header gave up for the metadata. */
  readonly mirrorCluster: bigint;
  readonly id: string;
  readonly nonceCounter: number;
  readonly methodNumber: number;
  readonly created: bigint;
  readonly entries: readonly Entry[];
  /** The bytes the validation covers, and the wrapped SHA-256 of them. */
  readonly covered: Uint8Array;
  readonly hash: Entry | undefined;
}

/** Metadata that was chosen, and how all three copies stand. */
export interface FoundMetadata {
  readonly metadata: Metadata;
  readonly copies: readonly ('ok' | 'damaged')[];
  /** All whole copies say the same of where and how far the volume is encrypted. */
  readonly agree: boolean;
}

/** What is wrong with a copy. */
interface Fault {
  readonly what: string;
  readonly at: number;
  readonly need?: number | string;
  readonly have?: number | string;
}

function readCopy(device: BlockDevice, header: VolumeHeader, offset: number, report: (damage: Damage) => void): Metadata | Fault {
  if (offset < header.sectorBytes || offset % 512 !== 0 || offset + BLOCK_HEADER_BYTES + METADATA_HEADER_BYTES > device.sizeBytes) {
    return { what: 'offset', at: 0, need: `inside ${device.sizeBytes} bytes`, have: offset };
  }
  const bytes = readUpTo(device, offset, COPY_BYTES[2]);
  if (bytes.length < BLOCK_HEADER_BYTES + METADATA_HEADER_BYTES)
    return { what: 'block', at: offset, need: COPY_BYTES[2], have: bytes.length };
  const view = viewOf(bytes);
  const text = String.fromCharCode(...bytes.subarray(0, 8));
  if (text !== '-FVE-FS-') return { what: 'signature', at: offset };
  const blockVersion = view.getUint16(10, true);
  if (blockVersion !== 1 && blockVersion !== 2) return { what: 'version', at: offset + 10, need: '1 or 2', have: blockVersion };

  const dataBytes = view.getUint32(BLOCK_HEADER_BYTES, true);
  const end = BLOCK_HEADER_BYTES + dataBytes;
  const headerBytes = view.getUint32(BLOCK_HEADER_BYTES + 8, true);
  if (headerBytes !== METADATA_HEADER_BYTES || dataBytes < headerBytes || end > bytes.length) {
    return { what: 'metadata size', at: offset + BLOCK_HEADER_BYTES, need: `<= ${bytes.length - BLOCK_HEADER_BYTES}`, have: dataBytes };
  }
  const covered = blockVersion === 2 ? view.getUint16(8, true) * SIZE_UNIT : end;
  let hash: Entry | undefined;
  // How Vista validates its metadata is not described: there the structure alone decides.
  if (blockVersion === 2) {
    if (covered < end || covered + VALIDATION_HEADER_BYTES > bytes.length)
      return { what: 'size', at: offset + 8, need: `>= ${end}`, have: covered };
    const sum = crc32(bytes.subarray(0, covered));
    const stored = view.getUint32(covered + 4, true);
    if (sum !== stored)
      return { what: 'CRC-32', at: offset + covered + 4, need: `0x${sum.toString(16)}`, have: `0x${stored.toString(16)}` };
    hash = readEntries(bytes.subarray(covered + VALIDATION_HEADER_BYTES)).find(({ value }) => value === VALUE.wrappedKey);
  }

  const entriesAt = BLOCK_HEADER_BYTES + headerBytes;
  const entries = readEntries(bytes.subarray(entriesAt, end), (broken) =>
    report({ code: 'BITLOCKER_ENTRY', offset: offset + entriesAt + broken, what: 'metadata entry' }),
  );
  const u64 = (at: number): number => offsetOf(view.getBigUint64(at, true));
  const moved = movedHeader(view, header, entries, blockVersion);
  if (
    moved.bytes < 0 ||
    moved.bytes > MAX_MOVED_BYTES ||
    moved.to < 0 ||
    moved.to + moved.bytes > device.sizeBytes ||
    moved.to % 512 !== 0
  ) {
    return { what: 'moved volume header', at: offset + 56, need: `inside ${device.sizeBytes} bytes`, have: moved.to };
  }
  if (blockVersion === 2 && (moved.bytes < header.sectorBytes || moved.bytes % header.sectorBytes !== 0)) {
    return { what: 'size of the moved volume header', at: offset + 28, need: `>= ${header.sectorBytes}`, have: moved.bytes };
  }
  const copies = [u64(32), u64(40), u64(48)];
  const copyBytes = COPY_BYTES[blockVersion];
  // Where they overlap, a write to the first bytes of the volume would go over its metadata.
  const overlapped = copies.find((copy) => copy < moved.to + moved.bytes && copy + copyBytes > moved.to);
  if (blockVersion === 2 && overlapped !== undefined)
    return { what: 'moved volume header over metadata', at: offset + 28, need: `outside ${overlapped}`, have: moved.bytes };
  const encryptedBytes = blockVersion === 2 ? u64(16) : device.sizeBytes;
  if (encryptedBytes < 0 || encryptedBytes % header.sectorBytes !== 0)
    return { what: 'encrypted size', at: offset + 16, have: encryptedBytes };
  return {
    header,
    offset,
    blockVersion,
    copyBytes,
    currentState: view.getUint16(12, true),
    nextState: view.getUint16(14, true),
    encryptedBytes,
    copies,
    movedTo: moved.to,
    movedBytes: moved.bytes,
    mirrorCluster: blockVersion === 1 ? view.getBigUint64(56, true) : 0n,
    id: formatGuid(bytes, BLOCK_HEADER_BYTES + 16),
    nonceCounter: view.getUint32(BLOCK_HEADER_BYTES + 32, true),
    methodNumber: view.getUint16(BLOCK_HEADER_BYTES + 36, true),
    created: view.getBigUint64(BLOCK_HEADER_BYTES + 40, true),
    entries,
    covered: bytes.subarray(0, covered),
    hash,
  };
}

/** Place of the moved volume header: from the block header, and where that gives no size from the entry. @source libyal BDE format, "BitLocker Windows 10" */
function movedHeader(
  view: DataView,
  header: VolumeHeader,
  entries: readonly Entry[],
  blockVersion: number,
): { readonly to: number; readonly bytes: number } {
  if (blockVersion === 1) return { to: 0, bytes: 0 };
  const sectors = view.getUint32(28, true);
  if (sectors > 0) return { to: offsetOf(view.getBigUint64(56, true)), bytes: sectors * header.sectorBytes };
  const place = entries.find(({ type, value, data }) => type === ENTRY.volumeHeader && value === VALUE.place && data.length >= 16);
  if (place === undefined) return { to: 0, bytes: 0 };
  const at = viewOf(place.data);
  return { to: offsetOf(at.getBigUint64(0, true)), bytes: offsetOf(at.getBigUint64(8, true)) };
}

/**
 * Reads all copies and chooses the whole one with the highest nonce counter (the counter only grows: an interrupted update left the others behind).
 * @throws {DiskError} BITLOCKER_SIGNATURE, BITLOCKER_VERSION (volume header), BITLOCKER_METADATA when no copy is whole.
 */
export function findMetadata(device: BlockDevice, report: (damage: Damage) => void): FoundMetadata {
  const header = readVolumeHeader(device);
  const damages: Damage[] = [];
  const tried = new Map<number, Metadata | Fault>();
  const copyAt = (offset: number): Metadata | Fault => {
    const known = tried.get(offset);
    if (known !== undefined) return known;
    const read = readCopy(device, header, offset, (damage) => damages.push(damage));
    tried.set(offset, read);
    return read;
  };
  const first = header.copies.map(copyAt).find((copy) => 'entries' in copy);
  if (first === undefined) {
    const fault = tried.get(header.copies[0]!) as Fault;
    const { what, at, ...where } = fault;
    throw new DiskError('BITLOCKER_METADATA', `metadata ${what}`, { ...where, offset: at });
  }
  // The metadata names its copies itself, under its checksum: a damaged volume header hides none of them.
  const all = first.copies.map(copyAt);
  const whole = all.filter((copy) => 'entries' in copy);
  const metadata = whole.reduce((best, copy) => (copy.nonceCounter > best.nonceCounter ? copy : best), whole[0] ?? first);
  all.forEach((copy, i) => {
    if ('entries' in copy) return;
    const { what, at, ...where } = copy;
    report({ code: 'BITLOCKER_COPY', offset: at, what: `metadata copy ${i + 1}: ${what}`, ...where });
  });
  for (const copy of whole) {
    if (!sameBytes(copy.covered, metadata.covered)) {
      report({
        code: 'BITLOCKER_COPIES_DIFFER',
        offset: copy.offset,
        what: 'metadata copy',
        need: metadata.nonceCounter,
        have: copy.nonceCounter,
      });
    }
  }
  for (const damage of damages) {
    if (damage.offset >= metadata.offset && damage.offset < metadata.offset + metadata.copyBytes) report(damage);
  }
  return {
    metadata,
    copies: all.map((copy) => ('entries' in copy ? 'ok' : 'damaged')),
    agree: whole.every((copy) =>
      sameBytes(copy.covered.subarray(LAYOUT_AT, BLOCK_HEADER_BYTES), metadata.covered.subarray(LAYOUT_AT, BLOCK_HEADER_BYTES)),
    ),
  };
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}
