import { CHUNK_HEADER_SIZE, CHUNK_SIZE, MIN_RECORD_SIZE } from './limits.ts';

/** `ElfChnk\0` as two little-endian dwords. */
export const CHUNK_MAGIC_LOW = 0x4366_6c45;
/** See {@link CHUNK_MAGIC_LOW}. */
export const CHUNK_MAGIC_HIGH = 0x006b_6e68;
/** `**\0\0` in front of every record. */
export const RECORD_MAGIC = 0x0000_2a2a;

/** True when a chunk's magic lies at the offset. */
export function isChunkMagic(view: DataView, at: number): boolean {
  return view.getUint32(at, true) === CHUNK_MAGIC_LOW && view.getUint32(at + 4, true) === CHUNK_MAGIC_HIGH;
}

/** True when a chunk header with its constant size field and a first record lies at the offset. */
export function looksLikeChunk(view: DataView, at: number): boolean {
  return (
    isChunkMagic(view, at) &&
    view.getUint32(at + 40, true) === 128 &&
    at + CHUNK_HEADER_SIZE + 4 <= view.byteLength &&
    view.getUint32(at + CHUNK_HEADER_SIZE, true) === RECORD_MAGIC
  );
}

/**
 * End of live records by the chunk header (its free-space offset), chunk-relative; the whole chunk when the field is
 * impossible.
 */
export function freeSpaceOffset(view: DataView, base: number): number {
  const offset = view.getUint32(base + 48, true);
  return offset >= CHUNK_HEADER_SIZE && offset <= CHUNK_SIZE ? offset : CHUNK_SIZE;
}

/** Places in the window whose header views are kept. */
const MAX_PARTS = 16;

/** Checks both checksums of a chunk: header (bytes 0-119 and 128-511) and records (512 to the free-space offset). */
export class ChunkCrc {
  readonly #crc32: (bytes: Uint8Array) => number;
  readonly #header = new Uint8Array(120 + 384);
  /** Both parts of the header by where its chunk starts in the window: a few places recur, and views that nobody needs again outlive a long run. */
  readonly #parts = new Map<number, readonly [Uint8Array, Uint8Array]>();

  constructor(crc32: (bytes: Uint8Array) => number) {
    this.#crc32 = crc32;
  }

  headerValid(bytes: Uint8Array, view: DataView, base: number): boolean {
    let parts = this.#parts.get(base);
    if (parts === undefined || parts[0].buffer !== bytes.buffer) {
      parts = [bytes.subarray(base, base + 120), bytes.subarray(base + 128, base + CHUNK_HEADER_SIZE)];
      if (this.#parts.size < MAX_PARTS) this.#parts.set(base, parts);
    }
    this.#header.set(parts[0]);
    this.#header.set(parts[1], 120);
    return this.#crc32(this.#header) === view.getUint32(base + 124, true);
  }

  recordsValid(bytes: Uint8Array, view: DataView, base: number): boolean {
    const end = freeSpaceOffset(view, base);
    return this.#crc32(bytes.subarray(base + CHUNK_HEADER_SIZE, base + end)) === view.getUint32(base + 52, true);
  }
}

/** True when all bytes of the range are zero. The range must be a multiple of 4 long. */
export function isZero(view: DataView, from: number, to: number): boolean {
  for (let at = from; at < to; at += 4) if (view.getInt32(at, true) !== 0) return false;
  return true;
}

/**
 * True when a record that can be trusted by its frame starts at `at`: magic, a size that fits before `end` and its copy.
 * A record's size is a multiple of 8.
 */
export function isFramedRecord(view: DataView, at: number, end: number): boolean {
  if (at + MIN_RECORD_SIZE > end || view.getUint32(at, true) !== RECORD_MAGIC) return false;
  const size = view.getUint32(at + 4, true);
  return size >= MIN_RECORD_SIZE && at + size <= end && (size & 7) === 0 && view.getUint32(at + size - 4, true) === size;
}
