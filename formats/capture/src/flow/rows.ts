/** Rows of one chunk of a {@link ChunkedRows}: 2^11, so that a small capture takes little (most of its time went into clearing 2^15) and 3 million flows 1,500 chunks. */
const CHUNK_BITS = 11;
const CHUNK_MASK = (1 << CHUNK_BITS) - 1;

/**
 * Rows of 32-bit words in chunks: growing never copies (doubling one array of hundreds of MiB would hold it twice for a moment), and the words of one row lie
 * side by side, which is one or two cache lines for each packet instead of twenty.
 */
export class ChunkedRows {
  readonly words: number;
  readonly chunks: Int32Array[] = [];
  /** The same memory as 64-bit floats, for rows with an even number of words. */
  readonly floats: Float64Array[] = [];
  count = 0;

  constructor(words: number) {
    this.words = words;
  }

  /** Adds a row of zeros. @returns its number. */
  add(): number {
    const row = this.count++;
    if ((row & CHUNK_MASK) === 0) {
      const chunk = new Int32Array(this.words << CHUNK_BITS);
      this.chunks.push(chunk);
      if ((this.words & 1) === 0) this.floats.push(new Float64Array(chunk.buffer));
    }
    return row;
  }

  /** Chunk of a row. */
  chunk(row: number): Int32Array {
    return this.chunks[row >>> CHUNK_BITS] as Int32Array;
  }

  /** The same as floats. */
  float(row: number): Float64Array {
    return this.floats[row >>> CHUNK_BITS] as Float64Array;
  }

  /** Index of the first word of a row in its chunk. */
  at(row: number): number {
    return (row & CHUNK_MASK) * this.words;
  }
}

/**
 * Open addressing from a 32-bit hash to a row, with linear probing; the caller compares rows. Hash and row stand side by side: a probe that does not match
 * touches no row, and growing needs none. Load at most 13/16.
 */
export class HashIndex {
  /** Pairs of hash and row + 1; 0: free. */
  slots: Int32Array;
  mask: number;
  #used = 0;

  constructor(size = 1024) {
    this.slots = new Int32Array(size * 2);
    this.mask = size - 1;
  }

  /** Adds a row at a free slot that a search ended at. */
  insert(slot: number, hash: number, row: number): void {
    this.slots[slot * 2] = hash;
    this.slots[slot * 2 + 1] = row + 1;
    if (++this.#used * 16 > (this.mask + 1) * 13) this.#grow();
  }

  #grow(): void {
    const old = this.slots;
    const size = (this.mask + 1) * 2;
    const slots = new Int32Array(size * 2);
    const mask = size - 1;
    for (let i = 0; i < old.length; i += 2) {
      const row = old[i + 1]!;
      if (row === 0) continue;
      const hash = old[i]!;
      let slot = hash & mask;
      while (slots[slot * 2 + 1] !== 0) slot = (slot + 1) & mask;
      slots[slot * 2] = hash;
      slots[slot * 2 + 1] = row;
    }
    this.slots = slots;
    this.mask = mask;
  }
}

/** Mixes all bits of a word into all bits (the finaliser of MurmurHash3, public domain). */
export function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
