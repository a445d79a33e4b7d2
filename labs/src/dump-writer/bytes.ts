/** A part of the file being made, filled with the text Windows leaves in unset fields (`PAGE`) or with zeros. */
export class Part {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(size: number, fill: 'PAGE' | 'zero') {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
    if (fill === 'PAGE') for (let at = 0; at < size; at += 4) this.u32(at, 0x45474150);
  }

  u16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }
  u32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }
  u64(at: number, value: bigint): void {
    this.#view.setBigUint64(at, BigInt.asUintN(64, value), true);
  }
  text(at: number, text: string): void {
    for (let index = 0; index < text.length; index++) this.bytes[at + index] = text.charCodeAt(index);
  }
  utf16(at: number, text: string): void {
    for (let index = 0; index < text.length; index++) this.u16(at + index * 2, text.charCodeAt(index));
  }
  put(at: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, at);
  }
}

/** Parts behind each other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** The next multiple of `step`. */
export function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

/** Last part of a kernel path. */
export function fileName(path: string): string {
  return path.slice(path.lastIndexOf('\\') + 1);
}
