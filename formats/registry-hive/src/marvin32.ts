/** The seed of the hashes in log entries. The specification prints it as bytes; it is the number 0x82EF4D887A4E55C5. */
const SEED_LOW = 0x7a4e_55c5;
const SEED_HIGH = 0x82ef_4d88;

/**
 * Marvin32 with 64-bit result over data handed over in pieces.
 * @source msuhanov/regf, "Format of transaction log files", "Log entries", notes 1 to 3; the algorithm is that of `Marvin.cs` in dotnet/runtime
 */
export class Marvin32 {
  #low = SEED_LOW;
  #high = SEED_HIGH;
  /** Bytes of the last, incomplete block, already followed by 0x80. */
  #rest = 0x80;
  #ended = false;

  /** Adds bytes. Every piece except the last is a multiple of 4 bytes long. */
  update(bytes: Uint8Array): this {
    if (this.#ended) throw new RangeError('only the last piece may end inside a block of 4 bytes');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const whole = bytes.length & ~3;
    let low = this.#low;
    let high = this.#high;
    for (let at = 0; at < whole; at += 4) {
      low = (low + view.getInt32(at, true)) | 0;
      high ^= low;
      low = ((low << 20) | (low >>> 12)) + high;
      high = ((high << 9) | (high >>> 23)) ^ low;
      low = ((low << 27) | (low >>> 5)) + high;
      high = (high << 19) | (high >>> 13);
      low |= 0;
    }
    this.#low = low;
    this.#high = high;
    if (whole < bytes.length) {
      let rest = 0x80;
      for (let at = bytes.length - 1; at >= whole; at--) rest = (rest << 8) | bytes[at]!;
      this.#rest = rest;
      this.#ended = true;
    }
    return this;
  }

  /** The hash: its low half is stored first. */
  digest(): { readonly low: number; readonly high: number } {
    let low = (this.#low + this.#rest) | 0;
    let high = this.#high;
    for (let round = 0; round < 2; round++) {
      high ^= low;
      low = (((low << 20) | (low >>> 12)) + high) | 0;
      high = ((high << 9) | (high >>> 23)) ^ low;
      low = (((low << 27) | (low >>> 5)) + high) | 0;
      high = (high << 19) | (high >>> 13);
    }
    return { low: low >>> 0, high: high >>> 0 };
  }
}

/** Marvin32 of one piece of data, as in the hashes of log entries. */
export function marvin32(bytes: Uint8Array): { readonly low: number; readonly high: number } {
  return new Marvin32().update(bytes).digest();
}
