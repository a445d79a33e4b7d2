/**
 * Counts what all keys of a hive claim to hold. In a sound hive every list element leads to a cell of its own, so the sum cannot exceed what fits into
 * the data; a hive in which many keys share one long list would otherwise cost far more time than its size.
 */
export class Claims {
  readonly #counted: Uint8Array;
  #left: number;

  /** @param bytes hive bins data size. @param smallest bytes the smallest cell takes that an element leads to. */
  constructor(bytes: number, smallest: number) {
    this.#counted = new Uint8Array(Math.ceil(bytes / 64));
    this.#left = Math.ceil(bytes / smallest);
  }

  /** Whether this key's claims still have to be counted; true only once for each. @param relative offset of its cell, a multiple of 8. */
  isNew(relative: number): boolean {
    const byte = relative >>> 6;
    const bit = 1 << ((relative >>> 3) & 7);
    if ((this.#counted[byte]! & bit) !== 0) return false;
    this.#counted[byte]! |= bit;
    return true;
  }

  /** Counts elements. @returns false as soon as there are more than there is room for. */
  add(elements: number): boolean {
    this.#left -= elements;
    return this.#left >= 0;
  }
}
