import { createHash } from 'node:crypto';
import { formatGuid } from '@winmedic/bytes';

/** Bytes that look random and are the same for the same seed. Never for a volume that holds anything secret. */
export class SeededBytes {
  readonly #seed: string;
  #count = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  take(length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let at = 0; at < length; at += 32) {
      const block = createHash('sha256')
        .update(`${this.#seed} ${this.#count++}`)
        .digest();
      out.set(block.subarray(0, Math.min(32, length - at)), at);
    }
    return out;
  }

  /** A random GUID (version 4) as text. */
  guid(): string {
    const bytes = this.take(16);
    bytes[7] = (bytes[7]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    return formatGuid(bytes);
  }
}
