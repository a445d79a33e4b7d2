/** Bits of one piece: 8 KiB stand for 512 KiB of hive. */
const PIECE_BITS = 16;

/**
 * Counts what all keys of a hive claim to hold. In a sound hive every list element leads to a cell of its own, so the sum cannot exceed what fits into
 * the data; a hive in which many keys share one long list would otherwise cost far more time than its size.
 */
export class Claims {
  /** One bit per 8 bytes of the hive, in pieces made when one of their keys is met. */
  readonly #counted: (Uint8Array | undefined)[] = [];
  #left: number;

  /** @param bytes hive bins data size. @param smallest bytes the smallest cell takes that an element leads to. */
  constructor(bytes: number, smallest: number) {
    this.#left = Math.ceil(bytes / smallest);
  }

  /** Whether this key's claims still have to be counted; true only once for each. @param relative offset of its cell, a multiple of 8. */
  isNew(relative: number): boolean {
    const at = relative >>> 3;
    this.#counted[at >>> PIECE_BITS] ??= new Uint8Array(2 ** PIECE_BITS / 8);
    const piece = this.#counted[at >>> PIECE_BITS]!;
    const byte = (at & (2 ** PIECE_BITS - 1)) >>> 3;
    const bit = 1 << (at & 7);
    if ((piece[byte]! & bit) !== 0) return false;
    piece[byte]! |= bit;
    return true;
  }

  /** Counts elements. @returns false as soon as there are more than there is room for. */
  add(elements: number): boolean {
    this.#left -= elements;
    return this.#left >= 0;
  }
}
