import { type ByteSource, damageReporter } from '@winmedic/bytes';
import type { BlockDevice } from '../block/types.ts';
import { DiskError } from '../errors.ts';
import { alignUp, appendPieces, checkWrite, eachPart, eachRun, MAX_DAMAGES, overlay, put, readBlock, readParent } from './file.ts';
import { requireParent } from './parent.ts';
import type { Report } from './report.ts';
import { PagedTable } from './table.ts';
import type { Container, ContainerInfo, ContainerOptions } from './types.ts';
import { readVhdFooter, readVhdHeader, VHD_SECTOR, VHD_TYPE, type VhdFooter, type VhdHeader } from './vhd-footer.ts';

/** Entry of a block that is not in the file. */
const ABSENT = 0xffffffff;

/** Tables up to this size (disks of 512 GiB in blocks of 2 MiB) are checked whole when the disk is opened; larger ones before the first write. */
const SCAN_AT_OPEN = 1 << 20;

/**
 * Opens a VHD: fixed, dynamic or differencing. The current size counts; the geometry does not.
 * @throws {DiskError} CONTAINER_HEADER, CONTAINER_UNSUPPORTED, CONTAINER_LIMIT, CONTAINER_PARENT.
 * @source VHD specification 1.0
 */
export function openVhd(device: BlockDevice, options: ContainerOptions): Container {
  const report: Report = damageReporter(options.onDamage, MAX_DAMAGES);
  const { footer, atEnd, unclear } = chooseFooter(device, report);
  if (footer.type === VHD_TYPE.FIXED) return new FixedVhd(device, footer, report);
  const header = readVhdHeader(device, footer);
  const parent = footer.type === VHD_TYPE.DIFFERENCING ? requireParent(header.parent, options) : undefined;
  return new SparseVhd(device, footer, header, parent, atEnd, unclear, report);
}

/** The footer, or its copy at the start when the one at the end is damaged. */
function chooseFooter(device: BlockDevice, report: Report): { footer: VhdFooter; atEnd: boolean; unclear: boolean } {
  const end = device.sizeBytes - VHD_SECTOR;
  const last = readVhdFooter(device, Math.max(0, end)) ?? (end >= 0 ? readVhdFooter(device, end + 1) : undefined);
  if (last?.type === VHD_TYPE.FIXED) return { footer: last, atEnd: true, unclear: false };
  const copy = readVhdFooter(device, 0);
  if (last === undefined || last.offset === 0) {
    if (copy === undefined || copy.type === VHD_TYPE.FIXED)
      throw new DiskError('CONTAINER_HEADER', 'footer and its copy', { offset: Math.max(0, end) });
    report('CONTAINER_COPY', Math.max(0, end), 'footer at the end of the file');
    return { footer: copy, atEnd: false, unclear: false };
  }
  if (copy === undefined) report('CONTAINER_COPY', 0, 'copy of the footer at the start of the file');
  // A program that was stopped while it resized the disk leaves two footers that are whole and differ: readable, but not to be written.
  const differ =
    copy !== undefined && (copy.type !== last.type || copy.sizeBytes !== last.sizeBytes || copy.headerOffset !== last.headerOffset);
  if (differ)
    report('CONTAINER_FIELD', 0, 'copy of the footer: another type, size or header than the footer', last.sizeBytes, copy.sizeBytes);
  return { footer: last, atEnd: true, unclear: differ };
}

/** @throws {DiskError} CONTAINER_WRITE for a disk whose virtual machine was saved: it would go on with an old view of the disk. */
function refuseSavedState(footer: VhdFooter): void {
  if (footer.savedState) throw new DiskError('CONTAINER_WRITE', 'virtual machine in saved state', { offset: footer.offset + 84 });
}

/** The data from the start of the file, the footer behind. */
class FixedVhd implements Container {
  readonly info: ContainerInfo;
  readonly sizeBytes: number;
  readonly sectorBytes = VHD_SECTOR;
  readonly write?: (offset: number, bytes: Uint8Array) => void;
  readonly #device: BlockDevice;

  constructor(device: BlockDevice, footer: VhdFooter, report: Report) {
    if (footer.sizeBytes > footer.offset) {
      throw new DiskError('CONTAINER_HEADER', 'data of a fixed disk', { need: footer.sizeBytes, have: footer.offset });
    }
    if (footer.sizeBytes < footer.offset) report('CONTAINER_FIELD', footer.offset + 48, 'current size', footer.offset, footer.sizeBytes);
    this.#device = device;
    this.sizeBytes = footer.sizeBytes;
    this.info = {
      kind: 'vhd',
      variant: 'fixed',
      sizeBytes: footer.sizeBytes,
      blockBytes: footer.sizeBytes,
      sectorBytes: VHD_SECTOR,
      id: footer.id,
      log: 'none',
    };
    if (device.write !== undefined) {
      this.write = (offset, bytes) => {
        checkWrite(this, offset, bytes.length);
        refuseSavedState(footer);
        put(device, offset, bytes);
      };
    }
  }

  readAt(offset: number, into: Uint8Array): number {
    const size = Math.max(0, Math.min(into.length, this.sizeBytes - offset));
    readBlock(this.#device, offset, into.subarray(0, size), 'data of a fixed disk');
    return size;
  }
}

/** Blocks with a bitmap in front of each, found through the block allocation table. */
class SparseVhd implements Container {
  readonly info: ContainerInfo;
  readonly sizeBytes: number;
  readonly sectorBytes = VHD_SECTOR;
  readonly write?: (offset: number, bytes: Uint8Array) => void;
  readonly #device: BlockDevice;
  readonly #footer: VhdFooter;
  readonly #header: VhdHeader;
  readonly #parent: ByteSource | undefined;
  readonly #table: PagedTable;
  readonly #bitmapBytes: number;
  readonly #unclear: boolean;
  readonly #report: Report;
  /** Blocks whose places overlap: filled by {@link #scan}. */
  readonly #overlapping = new Set<number>();
  #scanned: { readonly bad: number; end: number } | undefined;
  /** First byte behind all blocks: where the footer lies, or the end of a file without one. */
  #dataEnd: number;

  constructor(
    device: BlockDevice,
    footer: VhdFooter,
    header: VhdHeader,
    parent: ByteSource | undefined,
    atEnd: boolean,
    unclear: boolean,
    report: Report,
  ) {
    this.#device = device;
    this.#footer = footer;
    this.#header = header;
    this.#parent = parent;
    this.#unclear = unclear;
    this.#report = report;
    this.#dataEnd = atEnd ? footer.offset : device.sizeBytes;
    this.#bitmapBytes = alignUp(Math.ceil(header.blockBytes / VHD_SECTOR / 8), VHD_SECTOR);
    this.#table = new PagedTable(() => device, header.tableOffset, header.blocks * 4);
    this.sizeBytes = footer.sizeBytes;
    this.info = {
      kind: 'vhd',
      variant: footer.type === VHD_TYPE.DYNAMIC ? 'dynamic' : 'differencing',
      sizeBytes: footer.sizeBytes,
      blockBytes: header.blockBytes,
      sectorBytes: VHD_SECTOR,
      id: footer.id,
      ...(footer.type === VHD_TYPE.DIFFERENCING ? { parent: header.parent } : {}),
      log: 'none',
    };
    if (header.blocks * 4 <= SCAN_AT_OPEN) this.#scan();
    if (device.write !== undefined) this.write = (offset, bytes) => this.#write(offset, bytes);
  }

  readAt(offset: number, into: Uint8Array): number {
    const length = Math.max(0, Math.min(into.length, this.sizeBytes - offset));
    eachPart(offset, length, this.#header.blockBytes, (block, within, at, size) => {
      this.#readPart(block, within, offset + at, into.subarray(at, at + size));
    });
    return length;
  }

  #readPart(block: number, within: number, offset: number, into: Uint8Array): void {
    const place = this.#place(block);
    if (place === undefined) {
      if (this.#parent === undefined) into.fill(0);
      else readParent(this.#parent, offset, into);
      return;
    }
    const data = place + this.#bitmapBytes;
    // A sector of a dynamic disk whose bit is clear holds zeros (VHD specification, "Block Allocation Table and Data Blocks"): the bits need not be read.
    const parent = this.#parent;
    if (parent === undefined) {
      readBlock(this.#device, data + within, into, `block ${block}`);
      return;
    }
    const first = Math.floor(within / VHD_SECTOR);
    const count = Math.ceil((within + into.length) / VHD_SECTOR) - first;
    const bits = this.#bits(place, first, count, block);
    eachRun(first, count, bits.isSet, (from, to, present) => {
      const start = Math.max(within, from * VHD_SECTOR);
      const part = into.subarray(start - within, Math.min(within + into.length, to * VHD_SECTOR) - within);
      if (present) readBlock(this.#device, data + start, part, `block ${block}`);
      else readParent(parent, offset - within + start, part);
    });
  }

  /** The bytes of a block's bitmap that hold the bits of `count` sectors; the most significant bit of a byte is the first sector. */
  #bits(
    place: number,
    first: number,
    count: number,
    block: number,
  ): { bytes: Uint8Array; offset: number; isSet: (sector: number) => boolean } {
    const start = first >> 3;
    const bytes = new Uint8Array(((first + count + 7) >> 3) - start);
    readBlock(this.#device, place + start, bytes, `bitmap of block ${block}`);
    return { bytes, offset: place + start, isSet: (sector) => (bytes[(sector >> 3) - start]! & (0x80 >> (sector & 7))) !== 0 };
  }

  /**
   * Offset of a block's bitmap; undefined when the block is not in the file.
   * @throws {DiskError} CONTAINER_BLOCK for a place that cannot be right.
   */
  #place(block: number): number | undefined {
    const entry = this.#entry(block);
    if (entry === ABSENT) return undefined;
    const problem = this.#overlapping.has(block) ? 'in another block' : this.#problem(block, entry);
    if (problem !== undefined) throw new DiskError('CONTAINER_BLOCK', `block ${block} ${problem}`, { offset: entry * VHD_SECTOR });
    return entry * VHD_SECTOR;
  }

  #entry(block: number): number {
    const { view, within } = this.#table.at(block * 4);
    return view.getUint32(within);
  }

  /** Bytes of a block's bitmap and of its sectors that belong to the disk: the last block may be cut. */
  #needed(block: number): number {
    return this.#bitmapBytes + Math.min(this.#header.blockBytes, this.sizeBytes - block * this.#header.blockBytes);
  }

  /** Why an entry cannot be right, whatever the other entries say. */
  #problem(block: number, entry: number): string | undefined {
    const start = entry * VHD_SECTOR;
    const end = start + this.#needed(block);
    if (end > this.#dataEnd) return 'beyond the end of the file';
    return this.#header.places.some(([from, to]) => start < to && from < end) ? 'in another structure' : undefined;
  }

  /** Checks the whole table once: places outside the file, in other structures, in each other. */
  #scan(): { readonly bad: number; end: number } {
    if (this.#scanned !== undefined) return this.#scanned;
    const { blocks, tableOffset } = this.#header;
    /** Place in the upper half, block in the lower: sorted by place. */
    const present = new BigUint64Array(blocks);
    let count = 0;
    let bad = 0;
    const tell = (block: number, entry: number, problem: string) => {
      bad++;
      this.#report('CONTAINER_BLOCK_PLACE', tableOffset + block * 4, `block ${block} ${problem}`, this.#dataEnd, entry * VHD_SECTOR);
    };
    for (let block = 0; block < blocks; block++) {
      const entry = this.#entry(block);
      if (entry === ABSENT) continue;
      const problem = this.#problem(block, entry);
      if (problem !== undefined) tell(block, entry, problem);
      present[count++] = (BigInt(entry) << 32n) | BigInt(block);
    }
    const sorted = present.subarray(0, count).sort();
    const sectors = (this.#bitmapBytes + this.#header.blockBytes) / VHD_SECTOR;
    const place = (i: number) => Number(sorted[i]! >> 32n);
    for (let i = 1; i < count; i++) {
      if (place(i) - place(i - 1) < sectors) for (const each of [i - 1, i]) this.#overlapping.add(Number(sorted[each]! & 0xffff_ffffn));
    }
    for (const block of this.#overlapping) tell(block, this.#entry(block), 'in another block');
    // All whole blocks, not only the part that is needed: a new one must not lie in the unused rest of the last.
    this.#scanned = { bad, end: count === 0 ? 0 : (place(count - 1) + sectors) * VHD_SECTOR };
    return this.#scanned;
  }

  #write(offset: number, bytes: Uint8Array): void {
    checkWrite(this, offset, bytes.length);
    refuseSavedState(this.#footer);
    const { bad } = this.#scan();
    if (bad > 0 || this.#unclear)
      throw new DiskError('CONTAINER_WRITE', 'damaged block allocation table or footers that differ', { need: 0, have: bad });
    eachPart(offset, bytes.length, this.#header.blockBytes, (block, within, at, size) => {
      const part = bytes.subarray(at, at + size);
      const place = this.#place(block);
      if (place === undefined) this.#append(block, within, part);
      else this.#writePresent(block, place, within, part);
    });
  }

  #writePresent(block: number, place: number, within: number, part: Uint8Array): void {
    put(this.#device, place + this.#bitmapBytes + within, part);
    const { bytes, offset } = this.#bits(place, within / VHD_SECTOR, part.length / VHD_SECTOR, block);
    const before = bytes.slice();
    setBits(bytes, (within / VHD_SECTOR) & 7, part.length / VHD_SECTOR);
    if (bytes.some((byte, i) => byte !== before[i])) put(this.#device, offset, bytes);
  }

  /**
   * Adds a block where the footer was and moves the footer behind it. Only the written sectors get their bits: all others stay zeros or the parent's.
   */
  #append(block: number, within: number, part: Uint8Array): void {
    const scanned = this.#scan();
    const place = alignUp(Math.max(this.#dataEnd, scanned.end), VHD_SECTOR);
    const entry = place / VHD_SECTOR;
    if (entry >= ABSENT)
      throw new DiskError('CONTAINER_LIMIT', 'place of a new block', { need: `below ${ABSENT * VHD_SECTOR}`, have: place });
    const bitmap = new Uint8Array(this.#bitmapBytes);
    setBits(bitmap, within / VHD_SECTOR, part.length / VHD_SECTOR);
    put(this.#device, place, bitmap);
    const data = place + this.#bitmapBytes;
    appendPieces(this.#device, data, this.#header.blockBytes, (piece, at) => overlay(piece, at, part, within));
    const end = data + this.#header.blockBytes;
    put(this.#device, end, this.#footer.bytes);
    this.#dataEnd = end;
    scanned.end = end;
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, entry);
    put(this.#device, this.#header.tableOffset + block * 4, bytes);
    this.#table.forget();
  }
}

/** Sets `count` bits from bit `first` on, counted from the most significant bit of the first byte. */
function setBits(bytes: Uint8Array, first: number, count: number): void {
  for (let bit = first; bit < first + count; bit++) bytes[bit >> 3]! |= 0x80 >> (bit & 7);
}
