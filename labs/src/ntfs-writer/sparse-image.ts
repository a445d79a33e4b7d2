/** Bytes held at once; a stretch of zeros or of one repeated byte costs nothing. */
const CHUNK = 65_536;

/** A plain loop: a callback for each byte is many times slower. */
function isZero(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}

/**
 * A disk image in memory that holds only what was written: volumes of any size can be made. It has the shape of a block device.
 * Unlike a disk it can be copied ({@link SparseImage.clone}) and compared ({@link SparseImage.differences}).
 */
export class SparseImage {
  readonly sizeBytes: number;
  readonly sectorBytes: number;
  readonly #chunks = new Map<number, Uint8Array>();
  /** Chunks that several places or images share: copied before they are written to. */
  readonly #shared = new Set<Uint8Array>();

  /** @param sizeBytes bytes of the image. @param sectorBytes bytes of a logical sector. */
  constructor(sizeBytes: number, sectorBytes = 512) {
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) throw new RangeError(`an image of ${sizeBytes} bytes`);
    this.sizeBytes = sizeBytes;
    this.sectorBytes = sectorBytes;
  }

  /** Bytes of memory in use. */
  get heldBytes(): number {
    return new Set(this.#chunks.values()).size * CHUNK;
  }

  /** Copies bytes from `offset`; returns how many there were. */
  readAt(offset: number, into: Uint8Array): number {
    if (offset < 0) throw new RangeError(`reading at ${offset}`);
    const count = Math.max(0, Math.min(into.length, this.sizeBytes - offset));
    for (let done = 0; done < count; ) {
      const at = offset + done;
      const inside = at % CHUNK;
      const part = Math.min(CHUNK - inside, count - done);
      const chunk = this.#chunks.get((at - inside) / CHUNK);
      if (chunk) into.set(chunk.subarray(inside, inside + part), done);
      else into.fill(0, done, done + part);
      done += part;
    }
    return count;
  }

  /** A copy of `sizeBytes` bytes from `offset`. @throws {RangeError} outside the image. */
  read(offset: number, sizeBytes: number): Uint8Array<ArrayBuffer> {
    this.#within(offset, sizeBytes);
    const out = new Uint8Array(sizeBytes);
    this.readAt(offset, out);
    return out;
  }

  /** Writes bytes. @throws {RangeError} outside the image. */
  write(offset: number, bytes: Uint8Array): void {
    this.#within(offset, bytes.length);
    for (let done = 0; done < bytes.length; ) {
      const at = offset + done;
      const inside = at % CHUNK;
      const part = bytes.subarray(done, done + CHUNK - inside);
      const index = (at - inside) / CHUNK;
      if (this.#chunks.has(index) || !isZero(part)) this.#own(index).set(part, inside);
      done += part.length;
    }
  }

  /** Writes one byte many times. @throws {RangeError} outside the image. */
  fill(offset: number, sizeBytes: number, byte: number): void {
    this.#within(offset, sizeBytes);
    const same = new Uint8Array(CHUNK).fill(byte);
    this.#shared.add(same);
    for (let done = 0; done < sizeBytes; ) {
      const at = offset + done;
      const inside = at % CHUNK;
      const part = Math.min(CHUNK - inside, sizeBytes - done);
      if (part === CHUNK) this.#chunks.set(at / CHUNK, same);
      else this.#own((at - inside) / CHUNK).fill(byte, inside, inside + part);
      done += part;
    }
  }

  /** The whole image as one array; for small images. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.read(0, this.sizeBytes);
  }

  /** What is held, in order; everything else is zeros. The arrays are views: not to be written to. */
  *stretches(): Generator<{ readonly offset: number; readonly bytes: Uint8Array }> {
    for (const index of [...this.#chunks.keys()].sort((a, b) => a - b)) {
      const offset = index * CHUNK;
      yield { offset, bytes: this.#chunks.get(index)!.subarray(0, this.sizeBytes - offset) };
    }
  }

  /** A copy that shares memory until one of both is written to. */
  clone(): SparseImage {
    const copy = new SparseImage(this.sizeBytes, this.sectorBytes);
    for (const [index, chunk] of this.#chunks) {
      this.#shared.add(chunk);
      copy.#shared.add(chunk);
      copy.#chunks.set(index, chunk);
    }
    return copy;
  }

  /** Stretches of bytes in which two images of one size differ, in order. */
  differences(other: SparseImage): { readonly offset: number; readonly sizeBytes: number }[] {
    if (other.sizeBytes !== this.sizeBytes) throw new RangeError('images of different size');
    const found: { offset: number; sizeBytes: number }[] = [];
    const zeros = new Uint8Array(CHUNK);
    for (const index of [...new Set([...this.#chunks.keys(), ...other.#chunks.keys()])].sort((a, b) => a - b)) {
      const [a, b] = [this.#chunks.get(index) ?? zeros, other.#chunks.get(index) ?? zeros];
      if (a === b) continue;
      for (let i = 0; i < CHUNK; i++) {
        if (a[i] === b[i]) continue;
        const last = found.at(-1);
        const at = index * CHUNK + i;
        if (last && last.offset + last.sizeBytes === at) last.sizeBytes++;
        else found.push({ offset: at, sizeBytes: 1 });
      }
    }
    return found;
  }

  #own(index: number): Uint8Array {
    const chunk = this.#chunks.get(index);
    if (chunk && !this.#shared.has(chunk)) return chunk;
    const fresh = chunk ? chunk.slice() : new Uint8Array(CHUNK);
    this.#chunks.set(index, fresh);
    return fresh;
  }

  #within(offset: number, sizeBytes: number): void {
    if (offset < 0 || sizeBytes < 0 || offset + sizeBytes > this.sizeBytes) {
      throw new RangeError(`${sizeBytes} bytes at ${offset} of an image of ${this.sizeBytes}`);
    }
  }
}
