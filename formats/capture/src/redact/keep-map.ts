/** Bytes kept of all streams together: heads and messages of a huge capture. What comes beyond is zeroed. */
export const MAX_KEPT_BYTES = 256 * 1024 * 1024;

/** Bytes kept so far, over all maps. */
export interface KeepBudget {
  bytes: number;
}

/**
 * What is written at which place of one side of a stream. Everything else of it becomes zero: nothing reaches the result that was not put here, whatever a
 * packet holds (a retransmission with other bytes, an overlap).
 */
export class KeepMap {
  readonly #offsets: number[] = [];
  readonly #parts: Uint8Array[] = [];
  readonly #budget: KeepBudget;

  constructor(budget: KeepBudget) {
    this.#budget = budget;
  }

  /** Puts a copy of the bytes at a place behind all places before. @returns whether there was room. */
  add(offset: number, bytes: Uint8Array): boolean {
    if (bytes.length === 0 || this.#budget.bytes + bytes.length > MAX_KEPT_BYTES) return false;
    const last = this.#offsets.length - 1;
    // Places only grow; a scanner that goes back would write over what was decided.
    if (last >= 0 && offset < (this.#offsets[last] as number) + (this.#parts[last] as Uint8Array).length) return false;
    this.#budget.bytes += bytes.length;
    this.#offsets.push(offset);
    this.#parts.push(bytes.slice());
    return true;
  }

  /** Writes what is kept of `offset … offset + length` into zeroed bytes from `at` on. */
  overlay(offset: number, length: number, into: Uint8Array, at: number): void {
    let low = 0;
    let high = this.#offsets.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#offsets[middle] as number) + (this.#parts[middle] as Uint8Array).length <= offset) low = middle + 1;
      else high = middle;
    }
    for (; low < this.#offsets.length; low++) {
      const place = this.#offsets[low] as number;
      if (place >= offset + length) return;
      const part = this.#parts[low] as Uint8Array;
      const from = Math.max(0, offset - place);
      const to = Math.min(part.length, offset + length - place);
      into.set(part.subarray(from, to), at + place + from - offset);
    }
  }
}
