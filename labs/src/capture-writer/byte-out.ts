/** Writes numbers in one byte order into a growing list of bytes. Network headers are big endian, files either. */
export class ByteOut {
  readonly #little: boolean;
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** @param order default `big`, the network's. */
  constructor(order: 'big' | 'little' = 'big') {
    this.#little = order === 'little';
  }

  get length(): number {
    return this.#length;
  }

  /** The bytes written so far, as a copy. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  u8(...values: readonly number[]): this {
    for (const value of values) {
      // Growing replaces the view.
      const at = this.#grow(1);
      this.#view.setUint8(at, value);
    }
    return this;
  }
  u16(...values: readonly number[]): this {
    for (const value of values) {
      const at = this.#grow(2);
      this.#view.setUint16(at, value, this.#little);
    }
    return this;
  }
  u32(...values: readonly number[]): this {
    for (const value of values) {
      const at = this.#grow(4);
      this.#view.setUint32(at, value, this.#little);
    }
    return this;
  }
  u64(value: bigint): this {
    const at = this.#grow(8);
    this.#view.setBigUint64(at, BigInt.asUintN(64, value), this.#little);
    return this;
  }
  put(...parts: readonly Uint8Array[]): this {
    for (const part of parts) {
      const at = this.#grow(part.length);
      this.#bytes.set(part, at);
    }
    return this;
  }
  /** Zeros up to the next multiple of `step`. */
  pad(step: number): this {
    this.#grow((step - (this.#length % step)) % step);
    return this;
  }

  #grow(count: number): number {
    const at = this.#length;
    if (at + count > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(at + count, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#length = at + count;
    return at;
  }
}

/** Parts behind each other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new ByteOut().put(...parts).bytes();
}

/** ASCII bytes of a text. */
export function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
