import { BASE_FIELDS, baseBlockChecksum } from '../base-block.ts';
import { HiveError } from '../errors.ts';
import { BASE_BLOCK_SIZE, BASE_SECTOR, BIN_HEADER_SIZE, HBIN, PAGE_SIZE } from '../layout.ts';
import type { Draft } from './draft.ts';
import { capacity, need, put32, refuse } from './raw.ts';

/** A cell by file offset and size with its size field. */
interface Span {
  readonly start: number;
  readonly size: number;
  /** Start of the free cell of the file or of the new bin that it is part of. */
  readonly origin: number;
}

/** Bytes of the hive read at once while its cells are gone through. */
const WINDOW = 1 << 16;
/** Most free cells to choose from: a hive of 2 GB may have 200 million of 8 bytes, a genuine one has some ten thousand. */
const MAX_FREE_CELLS = 65_536;
/** Smallest cell. */
const SMALLEST = 8;

/** File offset behind the last bin, by the base block. */
function binsEnd(draft: Draft): number {
  return BASE_BLOCK_SIZE + need(draft, BASE_FIELDS.binsDataSize, 4, 'base block').getUint32(0, true);
}

/**
 * Goes through all cells of all bins.
 * @param free called for every cell that is not in use.
 * @throws {HiveError} HIVE_EDIT_STATE where no bin begins or a cell does not fit its bin.
 * @source msuhanov/regf "Hive bin", "Cell"
 */
export function walkCells(draft: Draft, free: (start: number, size: number) => void): void {
  const end = binsEnd(draft);
  let window: DataView = new DataView(new ArrayBuffer(0));
  let from = 0;
  const number = (at: number): number => {
    if (at < from || at + 4 > from + window.byteLength) {
      from = at;
      window = need(draft, at, Math.min(WINDOW, Math.max(4, draft.sizeBytes - at)), 'hive bin');
    }
    return window.getInt32(at - from, true);
  };
  for (let bin = BASE_BLOCK_SIZE; bin < end; ) {
    const size = number(bin + 8) >>> 0;
    const isBin = number(bin) === HBIN && number(bin + 4) === bin - BASE_BLOCK_SIZE && size >= PAGE_SIZE && size % PAGE_SIZE === 0;
    if (!isBin || bin + size > end) refuse('hive bin', bin);
    for (let cell = bin + BIN_HEADER_SIZE; cell < bin + size; ) {
      const signed = number(cell);
      const whole = Math.abs(signed);
      if (whole < SMALLEST || whole % 8 !== 0 || cell + whole > bin + size) refuse('cell', cell);
      if (signed > 0) free(cell, whole);
      cell += whole;
    }
    bin += size;
  }
}

/** Gives out cells: the smallest free one that is large enough, else one of a new bin behind the last. */
export class FreeCells {
  readonly #draft: Draft;
  readonly #maxHiveBytes: number;
  #free: Span[] | undefined;
  /** Cells given out, with the origin of each. */
  readonly #given = new Map<number, number>();

  constructor(draft: Draft, maxHiveBytes: number) {
    this.#draft = draft;
    this.#maxHiveBytes = maxHiveBytes;
  }

  /**
   * A new cell with its content.
   * @returns its file offset. @throws {HiveError} HIVE_EDIT_SIZE when the hive would become larger than allowed.
   */
  store(content: Uint8Array): number {
    const size = Math.max(SMALLEST, Math.ceil((content.length + 4) / 8) * 8);
    const free = this.#list();
    let best = -1;
    for (let i = 0; i < free.length; i++) {
      if (free[i]!.size >= size && (best < 0 || free[i]!.size < free[best]!.size)) best = i;
    }
    if (best < 0) {
      free.push(this.#newBin(size));
      best = free.length - 1;
    }
    const cell = free[best]!;
    free.splice(best, 1);
    this.#draft.markFresh(cell.start, cell.start + cell.size);
    if (cell.size > size) {
      free.push({ start: cell.start + size, size: cell.size - size, origin: cell.origin });
      put32(this.#draft, cell.start + size, cell.size - size);
    }
    const bytes = new Uint8Array(size - 4);
    bytes.set(content);
    this.#draft.write(cell.start + 4, bytes);
    put32(this.#draft, cell.start, -size, cell.start === cell.origin ? 'cell' : 'page');
    this.#given.set(cell.start, cell.origin);
    return cell.start;
  }

  /**
   * Gives a cell up. One made by the same plan may be given out again; one that was in use before may not, since until the last write something refers
   * to it. Free neighbours need not be joined for a hive to be valid: Windows joins them when it frees the next one. They are where both come of one free
   * cell, so that lists that grow leave no holes.
   */
  release(cell: number): void {
    const size = capacity(this.#draft, cell) + 4;
    put32(this.#draft, cell, size, 'free');
    const origin = this.#given.get(cell);
    if (origin === undefined) return;
    this.#given.delete(cell);
    const free = this.#list();
    let joined: Span = { start: cell, size, origin };
    for (let i = free.length - 1; i >= 0; i--) {
      const other = free[i]!;
      if (other.origin !== origin) continue;
      if (other.start !== joined.start + joined.size && other.start + other.size !== joined.start) continue;
      joined = { start: Math.min(other.start, joined.start), size: other.size + joined.size, origin };
      free.splice(i, 1);
    }
    put32(this.#draft, joined.start, joined.size);
    free.push(joined);
  }

  #list(): Span[] {
    if (this.#free !== undefined) return this.#free;
    const free: Span[] = [];
    walkCells(this.#draft, (start, size) => {
      // An interrupted write is followed by a replay: a cell that it would restore in part would break the chain of cells.
      if (free.length < MAX_FREE_CELLS && !this.#draft.isGivenUp(start) && this.#draft.isUndivided(start, start + size))
        free.push({ start, size, origin: start });
    });
    this.#free = free;
    return free;
  }

  /** Adds a bin with room for a cell of `size` bytes behind the last bin. What lies there belongs to nothing. @source msuhanov/regf "Hive bin" */
  #newBin(size: number): Span {
    const draft = this.#draft;
    const start = binsEnd(draft);
    const length = Math.ceil((size + BIN_HEADER_SIZE) / PAGE_SIZE) * PAGE_SIZE;
    if (start + length > this.#maxHiveBytes) throw new HiveError('HIVE_EDIT_SIZE', 'hive', start + length);
    if (start + length > draft.sizeBytes) draft.grow(start + length);
    const bin = new Uint8Array(length);
    const view = new DataView(bin.buffer);
    view.setUint32(0, HBIN, true);
    view.setUint32(4, start - BASE_BLOCK_SIZE, true);
    view.setUint32(8, length, true);
    view.setInt32(BIN_HEADER_SIZE, length - BIN_HEADER_SIZE, true);
    draft.markFresh(start, start + length);
    draft.write(start, bin);
    const head = draft.read(0, BASE_SECTOR);
    const fields = new DataView(head.buffer);
    fields.setUint32(BASE_FIELDS.binsDataSize, start + length - BASE_BLOCK_SIZE, true);
    fields.setUint32(BASE_FIELDS.checksum, baseBlockChecksum(head), true);
    draft.write(0, head);
    return { start: start + BIN_HEADER_SIZE, size: length - BIN_HEADER_SIZE, origin: start };
  }
}
