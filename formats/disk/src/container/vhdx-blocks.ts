import type { ByteSource } from '@winmedic/bytes';
import { DiskError } from '../errors.ts';
import { MIB } from './file.ts';
import type { Report } from './report.ts';
import { PagedTable } from './table.ts';
import type { VhdxMetadata } from './vhdx-metadata.ts';
import type { Region } from './vhdx-regions.ts';

/** States of a payload block that this package tells apart; 1 (undefined), 2 (zero) and 3 (unmapped) all read as zeros. @source [MS-VHDX] 2.5.1.1 */
export const BLOCK = { ABSENT: 0, ZERO: 2, FULL: 6, PARTIAL: 7 } as const;

/** Tables up to this size (disks of 4 TiB in blocks of 32 MiB) are checked whole when the disk is opened; larger ones before the first write. */
const SCAN_AT_OPEN = 1 << 20;

/** Sectors that a sector bitmap block describes. @source [MS-VHDX] 2.4 */
const CHUNK_SECTORS = 1 << 23;

interface Entry {
  readonly state: number;
  /** Reserved bits; nothing but zero has a meaning. */
  readonly reserved: number;
  readonly place: number;
}

/** The block allocation table of a VHDX. @source [MS-VHDX] 2.5 */
export class BlockTable {
  readonly #disk: VhdxMetadata;
  readonly #bat: Region;
  readonly #reserved: readonly Region[];
  readonly #report: Report;
  readonly #table: PagedTable;
  /** Payload blocks of a chunk, of the disk, and entries that the table has to have. */
  readonly #ratio: number;
  readonly #blocks: number;
  readonly #entries: number;
  #source: ByteSource;
  /** One bit for each MiB of the file in which more than one thing lies, once the table was checked whole. */
  #shared: Uint8Array | undefined;
  #bad = 0;
  #end = 0;

  /**
   * @param file the file with its log replayed, its table and the stretches no block may lie in.
   * @throws {DiskError} CONTAINER_HEADER when the table is too small for the disk.
   */
  constructor(
    file: { readonly source: ByteSource; readonly bat: Region; readonly reserved: readonly Region[] },
    disk: VhdxMetadata,
    report: Report,
  ) {
    this.#disk = disk;
    this.#bat = file.bat;
    this.#reserved = file.reserved;
    this.#report = report;
    this.#source = file.source;
    this.#ratio = (CHUNK_SECTORS * disk.sectorBytes) / disk.blockBytes;
    this.#blocks = Math.ceil(disk.sizeBytes / disk.blockBytes);
    const bitmaps = Math.ceil(this.#blocks / this.#ratio);
    this.#entries = disk.parent ? bitmaps * (this.#ratio + 1) : this.#blocks + bitmaps - 1;
    if (this.#entries * 8 > file.bat.sizeBytes) {
      throw new DiskError('CONTAINER_HEADER', 'block allocation table', {
        offset: file.bat.offset,
        need: this.#entries * 8,
        have: file.bat.sizeBytes,
      });
    }
    this.#table = new PagedTable(() => this.#source, file.bat.offset, this.#entries * 8);
    if (this.#entries * 8 <= SCAN_AT_OPEN) this.scan();
  }

  /** First byte behind all blocks, once the table was checked whole; blocks count whole, also the last one of a disk that needs only a part of it. */
  get end(): number {
    return this.#end;
  }

  /** Where the entry of a payload block lies in the file. */
  entryOffset(block: number): number {
    return this.#bat.offset + this.#index(block) * 8;
  }

  /** Takes another view of the same file and forgets what was read. */
  readFrom(source: ByteSource): void {
    this.#source = source;
    this.#table.forget();
  }

  /** A block was added at `place` and its entry written. */
  added(place: number): void {
    this.#end = Math.max(this.#end, place + this.#disk.blockBytes);
    this.#table.forget();
  }

  /**
   * State and place of a payload block.
   * @throws {DiskError} CONTAINER_BLOCK for an entry that cannot be right.
   */
  payload(block: number): Entry {
    const entry = this.#entry(this.#index(block));
    const problem = this.#problem(entry, block);
    if (problem !== undefined)
      throw new DiskError('CONTAINER_BLOCK', `block ${block} ${problem}`, { offset: this.entryOffset(block), have: entry.place });
    return entry;
  }

  /**
   * Where the sector bitmap of a block's chunk lies, and which of its bits is the first of the block.
   * @throws {DiskError} CONTAINER_BLOCK when there is none.
   */
  bitmap(block: number): { readonly place: number; readonly bit: number } {
    const chunk = Math.floor(block / this.#ratio);
    const index = this.#bitmapIndex(chunk);
    const entry = this.#entry(index);
    const problem = entry.state === BLOCK.FULL ? this.#placeProblem(entry, MIB) : 'is not present';
    if (problem !== undefined)
      throw new DiskError('CONTAINER_BLOCK', `sector bitmap ${chunk} ${problem}`, { offset: this.#bat.offset + index * 8 });
    return { place: entry.place, bit: (block - chunk * this.#ratio) * (this.#disk.blockBytes / this.#disk.sectorBytes) };
  }

  #index(block: number): number {
    return block + Math.floor(block / this.#ratio);
  }

  #bitmapIndex(chunk: number): number {
    return chunk * (this.#ratio + 1) + this.#ratio;
  }

  #entry(index: number): Entry {
    const { view, within } = this.#table.at(index * 8);
    const low = view.getUint32(within, true);
    const high = view.getUint32(within + 4, true);
    return { state: low & 7, reserved: (low >>> 3) & 0x1_ffff, place: (high * 4096 + (low >>> 20)) * MIB };
  }

  /** Why the entry of a payload block cannot be right. */
  #problem(entry: Entry, block: number): string | undefined {
    if (entry.state < 4) return undefined;
    if (entry.state !== BLOCK.FULL && !(entry.state === BLOCK.PARTIAL && this.#disk.parent)) return `in state ${entry.state}`;
    return this.#placeProblem(entry, Math.min(this.#disk.blockBytes, this.#disk.sizeBytes - block * this.#disk.blockBytes));
  }

  /** Why a place cannot be right. */
  #placeProblem({ reserved, place }: Entry, needed: number): string | undefined {
    if (reserved !== 0) return 'with reserved bits set';
    if (place + needed > this.#source.sizeBytes) return 'beyond the end of the file';
    const shares =
      this.#shared !== undefined
        ? isMarked(this.#shared, place, needed)
        : place < MIB || this.#reserved.some((region) => place < region.offset + region.sizeBytes && region.offset < place + needed);
    return shares ? 'in another structure or block' : undefined;
  }

  /**
   * Checks the whole table, once: blocks outside the file, in other structures, in each other.
   * @returns how many entries are wrong. As long as it is not 0 nothing may be written: a new block could land where a lost one belongs.
   */
  scan(): number {
    if (this.#shared !== undefined) return this.#bad;
    const places = Math.ceil(this.#source.sizeBytes / MIB / 8);
    const taken = new Uint8Array(places);
    const shared = new Uint8Array(places);
    mark(taken, shared, 0, MIB);
    for (const region of this.#reserved) mark(taken, shared, region.offset, region.offset + region.sizeBytes);
    this.#each((entry, sizeBytes) => {
      this.#end = Math.max(this.#end, entry.place + sizeBytes);
      mark(taken, shared, entry.place, Math.min(entry.place + sizeBytes, this.#source.sizeBytes));
    });
    this.#shared = shared;
    this.#each((_, __, what, at, problem) => {
      if (problem === undefined) return;
      this.#bad++;
      this.#report('CONTAINER_BLOCK_PLACE', at, `${what} ${problem}`);
    });
    return this.#bad;
  }

  /** Calls `each` for every entry that names a place (without a problem for the first pass over them) or is wrong. */
  #each(each: (entry: Entry, sizeBytes: number, what: string, at: number, problem: string | undefined) => void): void {
    for (let index = 0; index < this.#entries; index++) {
      const entry = this.#entry(index);
      const chunk = Math.floor(index / (this.#ratio + 1));
      const isBitmap = index === this.#bitmapIndex(chunk);
      const block = index - chunk;
      if (entry.state < 4 || (!isBitmap && block >= this.#blocks)) continue;
      const at = this.#bat.offset + index * 8;
      if (!isBitmap) each(entry, this.#disk.blockBytes, `block ${block}`, at, this.#problem(entry, block));
      else
        each(
          entry,
          MIB,
          `sector bitmap ${chunk}`,
          at,
          entry.state === BLOCK.FULL ? this.#placeProblem(entry, MIB) : `in state ${entry.state}`,
        );
    }
  }
}

/** Marks the MiB from `from` to `to` as taken, and as shared those that were. */
function mark(taken: Uint8Array, shared: Uint8Array, from: number, to: number): void {
  for (let unit = from / MIB; unit * MIB < to; unit++) {
    const bit = 1 << (unit & 7);
    const byte = Math.floor(unit / 8);
    if (taken[byte]! & bit) shared[byte]! |= bit;
    taken[byte]! |= bit;
  }
}

function isMarked(bits: Uint8Array, from: number, length: number): boolean {
  for (let unit = from / MIB; unit * MIB < from + length; unit++) if (bits[Math.floor(unit / 8)]! & (1 << (unit & 7))) return true;
  return false;
}
