/** Bytes put together from pieces, up to a cap. Each byte is copied a bounded number of times, however small the pieces are. */
export class KeptBytes {
  readonly #cap: number;
  #room: Uint8Array<ArrayBuffer> | undefined;
  #length = 0;

  /** @param cap bytes kept at most. */
  constructor(cap: number) {
    this.#cap = cap;
  }

  get length(): number {
    return this.#length;
  }

  /** What is kept; valid until the next call that changes it. */
  get bytes(): Uint8Array {
    return this.#room?.subarray(0, this.#length) ?? new Uint8Array();
  }

  /** Keeps as much of it as the cap allows. @returns the number of bytes kept. */
  add(piece: Uint8Array): number {
    const fits = Math.min(piece.length, this.#cap - this.#length);
    const need = this.#length + fits;
    if (this.#room === undefined || this.#room.length < need) {
      // Doubled, so that bytes that come one by one are not copied each time.
      const larger = new Uint8Array(Math.min(this.#cap, Math.max(128, need, 2 * (this.#room?.length ?? 0))));
      larger.set(this.bytes);
      this.#room = larger;
    }
    this.#room.set(fits === piece.length ? piece : piece.subarray(0, fits), this.#length);
    this.#length = need;
    return fits;
  }

  /** Hands out what is kept and forgets it: the bytes stay as they are. */
  take(): Uint8Array {
    const { bytes } = this;
    this.clear();
    return bytes;
  }

  /** Drops the first bytes. */
  drop(count: number): void {
    this.#room?.copyWithin(0, count, this.#length);
    this.#length -= count;
  }

  clear(): void {
    this.#room = undefined;
    this.#length = 0;
  }
}
