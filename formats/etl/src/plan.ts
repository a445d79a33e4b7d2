import { MAX_PLANNED_BUFFERS } from './limits.ts';
import type { BufferPlace } from './scan.ts';

/** Columns of a {@link Plan}: one row for each buffer. */
interface Columns {
  readonly offsets: Float64Array;
  readonly indexes: Uint32Array;
  readonly theres: Uint32Array;
  readonly bytes: Uint32Array;
  readonly filled: Uint32Array;
  /** Stamps are signed. */
  readonly highs: Int32Array;
  readonly lows: Uint32Array;
  /** Processor, and in bit 16 whether compressed. */
  readonly marks: Uint32Array;
}

function columns(size: number): Columns {
  const u32 = (): Uint32Array => new Uint32Array(size);
  return {
    offsets: new Float64Array(size),
    indexes: u32(),
    theres: u32(),
    bytes: u32(),
    filled: u32(),
    highs: new Int32Array(size),
    lows: u32(),
    marks: u32(),
  };
}

/** Buffers to be read in order of their first records: millions take little memory. */
export class Plan {
  length = 0;
  #columns = columns(256);
  #order = new Uint32Array(0);

  /** No more buffers can be taken. */
  get full(): boolean {
    return this.length >= MAX_PLANNED_BUFFERS;
  }

  /** Takes a buffer. */
  add(place: BufferPlace): void {
    if (this.length === this.#columns.offsets.length) {
      const wider = columns(this.length * 2);
      for (const name of Object.keys(wider) as (keyof Columns)[]) wider[name].set(this.#columns[name]);
      this.#columns = wider;
    }
    const at = this.length++;
    const { offsets, indexes, theres, bytes, filled, highs, lows, marks } = this.#columns;
    offsets[at] = place.offset;
    indexes[at] = place.index;
    theres[at] = place.there;
    bytes[at] = place.bytes;
    filled[at] = place.filled;
    highs[at] = place.high;
    lows[at] = place.low;
    marks[at] = place.processor | (place.compressed ? 0x1_0000 : 0);
  }

  /** Puts the buffers in order of their first stamps; those of one stamp stay in the order of the file. */
  sort(): void {
    const { highs, lows } = this.#columns;
    this.#order = Uint32Array.from({ length: this.length }, (_, i) => i).sort(
      (a, b) => highs[a]! - highs[b]! || lows[a]! - lows[b]! || a - b,
    );
  }

  /** The buffer at a place of the order. */
  place(position: number): BufferPlace {
    const at = this.#order[position]!;
    const { offsets, indexes, theres, bytes, filled, highs, lows, marks } = this.#columns;
    return {
      offset: offsets[at]!,
      index: indexes[at]!,
      there: theres[at]!,
      bytes: bytes[at]!,
      filled: filled[at]!,
      high: highs[at]!,
      low: lows[at]!,
      processor: marks[at]! & 0xffff,
      compressed: marks[at]! >= 0x1_0000,
    };
  }
}
