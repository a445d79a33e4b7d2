/**
 * Little-endian writer over a growing buffer. `position` counts from `base`, so that offsets inside a chunk can be taken from it directly.
 */
export class ByteWriter {
  readonly base: number;
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(base = 0, capacity = 1024) {
    this.base = base;
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Offset of the next byte, counted from `base`. */
  get position(): number {
    return this.base + this.#length;
  }

  /** The bytes written so far (a view). */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Makes room and returns where it begins. The view may be a new one afterwards, so it is taken after the call. */
  #grow(count: number): number {
    const at = this.#length;
    const need = at + count;
    if (need > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(need, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#length = need;
    return at;
  }

  u8(value: number): void {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
  }
  u16(value: number): void {
    const at = this.#grow(2);
    this.#view.setUint16(at, value, true);
  }
  u32(value: number): void {
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
  }
  u64(value: bigint): void {
    const at = this.#grow(8);
    this.#view.setBigUint64(at, BigInt.asUintN(64, value), true);
  }
  f32(value: number): void {
    const at = this.#grow(4);
    this.#view.setFloat32(at, value, true);
  }
  f64(value: number): void {
    const at = this.#grow(8);
    this.#view.setFloat64(at, value, true);
  }
  bytes(value: Uint8Array): void {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
  }
  utf16(text: string): void {
    for (let i = 0; i < text.length; i++) this.u16(text.charCodeAt(i));
  }

  /** Overwrites a u16 at a position counted from `base`. */
  patchU16(position: number, value: number): void {
    this.#view.setUint16(position - this.base, value, true);
  }
  /** Overwrites a u32 at a position counted from `base`. */
  patchU32(position: number, value: number): void {
    this.#view.setUint32(position - this.base, value, true);
  }
}
