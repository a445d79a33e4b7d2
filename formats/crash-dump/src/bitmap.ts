import { viewOf } from '@winmedic/bytes';
import { BITMAP_BLOCK_BYTES, MAX_BITMAP_PAGES, PAGE_BYTES } from './limits.ts';
import { cut, type PhysicalPages } from './physical.ts';
import { type DumpFile, isZero, type Report } from './reader.ts';
import type { Unavailable } from './types.ts';

const DUMP = 0x504d5544;
const SDMP = 0x504d4453;
const FDMP = 0x504d4446;
/** Offset of the bitmap in its part of the file. */
const BITMAP_START = 0x38;
/** Blocks of the bitmap kept in memory (256 KiB). */
const CACHED_BLOCKS = 64;

/**
 * Pages of a bitmap dump (types 5 and 6, and 2 where it has this form): `SDMP` or `FDMP`, `DUMP`, first page +0x20, pages present
 * +0x28, pages described +0x30, bitmap +0x38 with the least significant bit first; pages in the order of the bits.
 * The bitmap is read block by block on demand, with the count of pages before each block remembered.
 * @source kdmp-parser (MIT), BMP_HEADER64 and BuildPhysmemBMPDump. For type 2 the form is not documented: it is taken only when all
 * numbers agree with each other and with the bits set.
 */
export function bitmapPages(dumpType: number, headerBytes: number, file: DumpFile, report: Report): PhysicalPages | Unavailable {
  const head = file.exact(headerBytes, BITMAP_START);
  if (head === undefined) return cut('bitmap header', headerBytes + BITMAP_START, file, report);
  if (isZero(head)) {
    report('DUMP_ZEROED', headerBytes, 'bitmap header');
    return { reason: 'bad-data', what: 'bitmap header is zeroed' };
  }
  const view = viewOf(head);
  const signature = view.getUint32(0, true);
  const firstPage = Number(view.getBigUint64(0x20, true));
  const present = Number(view.getBigUint64(0x28, true));
  const pages = Number(view.getBigUint64(0x30, true));
  const bitmapBytes = Math.ceil(pages / 8);
  const start = headerBytes + BITMAP_START;
  const sound =
    (signature === SDMP || signature === FDMP) &&
    view.getUint32(4, true) === DUMP &&
    pages > 0 &&
    pages <= MAX_BITMAP_PAGES &&
    present <= pages &&
    firstPage >= start + bitmapBytes;
  if (!sound) {
    if (dumpType === 2) return { reason: 'not-in-this-kind', what: 'summary part of a dump of type 2 in a form that is not documented' };
    report('DUMP_PHYSICAL_RUNS', headerBytes, 'bitmap header');
    return { reason: 'bad-data', what: 'bitmap header' };
  }
  const end = firstPage + present * PAGE_BYTES;
  if (end > file.sizeBytes) report('DUMP_TRUNCATED', file.sizeBytes, 'memory pages', end, file.sizeBytes);
  const bitmap = new Bitmap(file, start, bitmapBytes, pages);
  if (dumpType === 2 && bitmap.pagesBefore(bitmapBytes) !== present) {
    return { reason: 'not-in-this-kind', what: 'summary part of a dump of type 2 whose numbers do not agree' };
  }
  return {
    offsetOf(page) {
      const rank = bitmap.rankOf(page);
      // A bit beyond the announced number of pages has no place in the file.
      return rank === undefined || rank >= present ? undefined : firstPage + rank * PAGE_BYTES;
    },
  };
}

/** A bitmap in the file, read as far as it is asked for. */
class Bitmap {
  readonly #file: DumpFile;
  readonly #start: number;
  readonly #bytes: number;
  readonly #pages: number;
  /** Bits set before each block, for the blocks passed so far. */
  readonly #before: number[] = [0];
  readonly #cache = new Map<number, Uint8Array>();

  constructor(file: DumpFile, start: number, bytes: number, pages: number) {
    this.#file = file;
    this.#start = start;
    this.#bytes = bytes;
    this.#pages = pages;
  }

  /** How many pages come before this one in the file; `undefined` when its bit is not set. */
  rankOf(page: number): number | undefined {
    if (!(page >= 0 && page < this.#pages)) return undefined;
    const byte = Math.floor(page / 8);
    const block = Math.floor(byte / BITMAP_BLOCK_BYTES);
    const bytes = this.#block(block);
    const within = byte % BITMAP_BLOCK_BYTES;
    const bits = bytes[within];
    if (bits === undefined || ((bits >> (page % 8)) & 1) === 0) return undefined;
    return this.#blockRank(block) + countBits(bytes.subarray(0, within)) + ones(bits & ((1 << (page % 8)) - 1));
  }

  /** Bits set in the first `bytes` bytes. */
  pagesBefore(bytes: number): number {
    const block = Math.floor(bytes / BITMAP_BLOCK_BYTES);
    const rest = bytes % BITMAP_BLOCK_BYTES;
    return this.#blockRank(block) + (rest === 0 ? 0 : countBits(this.#block(block).subarray(0, rest)));
  }

  /** Bits set before a block. A bitmap cannot be longer than the file: beyond its end blocks are empty and the loop stops. */
  #blockRank(block: number): number {
    while (this.#before.length <= block) {
      const last = this.#before.length - 1;
      const bytes = this.#block(last);
      if (bytes.length === 0) return this.#before[last]!;
      this.#before.push(this.#before[last]! + countBits(bytes));
    }
    return this.#before[block]!;
  }

  #block(block: number): Uint8Array {
    const cached = this.#cache.get(block);
    if (cached !== undefined) return cached;
    const from = block * BITMAP_BLOCK_BYTES;
    const bytes = this.#file.upTo(this.#start + from, Math.max(0, Math.min(BITMAP_BLOCK_BYTES, this.#bytes - from)));
    if (this.#cache.size >= CACHED_BLOCKS) this.#cache.delete(this.#cache.keys().next().value!);
    this.#cache.set(block, bytes);
    return bytes;
  }
}

/** Bits set in a byte. */
const ONES = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1;
  return count;
});
const ones = (byte: number): number => ONES[byte & 0xff]!;

function countBits(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) count += ONES[byte]!;
  return count;
}
