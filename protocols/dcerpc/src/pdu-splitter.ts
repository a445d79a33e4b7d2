import { COMMON_HEADER_BYTES, pduLength } from './pdu.ts';

/** Cuts a stream into units. Keeps at most one unit that is not complete. */
export class PduSplitter {
  #pending = new Uint8Array(COMMON_HEADER_BYTES);
  #length = 0;

  /** Bytes of a unit that is not complete yet. */
  get pending(): number {
    return this.#length;
  }

  /**
   * Takes some bytes and gives copies of the units that are complete.
   * @throws {DcerpcError} DCERPC_BAD_PDU: the stream is of no further use.
   */
  push(bytes: Uint8Array): Uint8Array[] {
    const whole: Uint8Array[] = [];
    let at = 0;
    while (at < bytes.length) {
      const length = pduLength(this.#pending.subarray(0, this.#length));
      const wanted = (length ?? COMMON_HEADER_BYTES) - this.#length;
      const part = bytes.subarray(at, at + wanted);
      this.#keep(part, length ?? COMMON_HEADER_BYTES);
      at += part.length;
      if (pduLength(this.#pending.subarray(0, this.#length)) === this.#length) {
        whole.push(this.#pending.slice(0, this.#length));
        this.#length = 0;
      }
    }
    return whole;
  }

  /** Room is made for the whole unit at once, so that a unit that comes byte by byte is copied once. */
  #keep(part: Uint8Array, size: number): void {
    if (size > this.#pending.length) {
      const bigger = new Uint8Array(size);
      bigger.set(this.#pending.subarray(0, this.#length));
      this.#pending = bigger;
    }
    this.#pending.set(part, this.#length);
    this.#length += part.length;
  }
}
