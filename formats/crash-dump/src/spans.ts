/** Gathers the pieces of an address space that lie in the file; 24 bytes each, as there may be a million. */
export class SpanBuilder {
  #starts = new BigUint64Array(256);
  #lengths = new Float64Array(256);
  #offsets = new Float64Array(256);
  #count = 0;

  /** Pieces gathered. */
  get count(): number {
    return this.#count;
  }

  /** Adds `length` units from `start` on, which begin at `fileOffset`. */
  add(start: bigint, length: number, fileOffset: number): void {
    if (this.#count === this.#starts.length) {
      this.#starts = grown(this.#starts, new BigUint64Array(this.#count * 2));
      this.#lengths = grown(this.#lengths, new Float64Array(this.#count * 2));
      this.#offsets = grown(this.#offsets, new Float64Array(this.#count * 2));
    }
    this.#starts[this.#count] = start;
    this.#lengths[this.#count] = length;
    this.#offsets[this.#count] = fileOffset;
    this.#count++;
  }

  /** @param unitBytes bytes of the file behind one unit of the address space: 1 for bytes, 4096 for page numbers. */
  build(unitBytes: number): SpanMap {
    return new SpanMap(this.#starts, this.#lengths, this.#offsets, this.#count, unitBytes);
  }
}

function grown<T extends BigUint64Array | Float64Array>(from: T, to: T): T {
  (to as Float64Array).set(from as Float64Array);
  return to;
}

/**
 * Non-overlapping pieces, found by address. Where pieces overlap, the lower-starting one keeps what it covers, so that every
 * address has one answer whatever the file claims. Made by {@link SpanBuilder}.
 */
export class SpanMap {
  readonly #starts: BigUint64Array;
  readonly #lengths: Float64Array;
  readonly #offsets: Float64Array;
  readonly #count: number;
  readonly #unitBytes: number;
  /** Pieces that overlapped and were cut or left out. */
  readonly overlaps: number;

  constructor(starts: BigUint64Array, lengths: Float64Array, offsets: Float64Array, count: number, unitBytes: number) {
    // Genuine tables are sorted; others are put in order through an index.
    const order = Uint32Array.from({ length: count }, (_, index) => index);
    if (!ascending(starts, count)) order.sort((a, b) => (starts[a]! < starts[b]! ? -1 : starts[a]! > starts[b]! ? 1 : a - b));
    this.#starts = new BigUint64Array(count);
    this.#lengths = new Float64Array(count);
    this.#offsets = new Float64Array(count);
    this.#unitBytes = unitBytes;
    let kept = 0;
    let end = 0n;
    let overlaps = 0;
    for (const index of order) {
      let start = starts[index]!;
      let length = lengths[index]!;
      let offset = offsets[index]!;
      if (kept > 0 && start < end) {
        overlaps++;
        const cut = Number(end - start);
        if (cut >= length) continue;
        start = end;
        length -= cut;
        offset += cut * unitBytes;
      }
      this.#starts[kept] = start;
      this.#lengths[kept] = length;
      this.#offsets[kept] = offset;
      kept++;
      end = start + BigInt(length);
    }
    this.#count = kept;
    this.overlaps = overlaps;
  }

  /** File offset of an address and how many units follow it in that piece; `undefined` when no piece holds it. */
  find(address: bigint): { readonly fileOffset: number; readonly left: number } | undefined {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    const into = Number(address - this.#starts[low - 1]!);
    const length = this.#lengths[low - 1]!;
    return into < length ? { fileOffset: this.#offsets[low - 1]! + into * this.#unitBytes, left: length - into } : undefined;
  }
}

function ascending(starts: BigUint64Array, count: number): boolean {
  for (let index = 1; index < count; index++) if (starts[index]! < starts[index - 1]!) return false;
  return true;
}
