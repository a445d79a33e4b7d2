const NONE = new Uint8Array();

/**
 * Bytes of one side that are not read yet. A piece is looked at in place while nothing waits before it; only what is left of it at the end of a call is
 * copied, and room grows by doubling, so that a message that comes byte by byte costs time with its length and not with its square.
 */
export class ByteQueue {
  #kept = NONE;
  #length = 0;
  #view: Uint8Array = NONE;
  #at = 0;

  /** Bytes that wait. */
  get length(): number {
    return this.#view.length - this.#at;
  }

  /** The bytes that wait; valid until the next call of {@link push} or {@link settle}. */
  get bytes(): Uint8Array {
    return this.#at === 0 ? this.#view : this.#view.subarray(this.#at);
  }

  /** Adds a piece. Call {@link settle} before the piece becomes invalid. */
  push(piece: Uint8Array): void {
    if (this.#length === 0) this.#view = piece;
    else {
      this.#reserve(this.#length + piece.length);
      this.#kept.set(piece, this.#length);
      this.#length += piece.length;
      this.#view = this.#kept.subarray(0, this.#length);
    }
    this.#at = 0;
  }

  /** The next `count` bytes are read. */
  take(count: number): void {
    this.#at = Math.min(this.#view.length, this.#at + count);
  }

  /** Keeps what waits as a copy. */
  settle(): void {
    if (this.length === 0) {
      this.clear();
      return;
    }
    if (this.#length > 0 && this.#at === 0) return;
    const rest = this.bytes;
    const inside = this.#length > 0;
    if (!inside) this.#reserve(rest.length);
    if (inside) this.#kept.copyWithin(0, this.#at, this.#length);
    else this.#kept.set(rest);
    this.#length = rest.length;
    this.#view = this.#kept.subarray(0, this.#length);
    this.#at = 0;
  }

  /** Forgets all that waits. */
  clear(): void {
    this.#length = 0;
    this.#at = 0;
    this.#view = NONE;
    // One large message must not hold its memory for as long as the conversation lasts.
    if (this.#kept.length > 16_384) this.#kept = NONE;
  }

  #reserve(size: number): void {
    if (size <= this.#kept.length) return;
    const bigger = new Uint8Array(Math.max(size, this.#kept.length * 2, 256));
    bigger.set(this.#kept.subarray(0, this.#length));
    this.#kept = bigger;
  }
}
