import { type ByteSource, wholeReads } from '@winmedic/bytes';

/** Bytes read at once: large enough that calls cost nothing, small enough for a cache. */
const WINDOW_BYTES = 4 * 1024 * 1024;

/** Largest captured length that is believed. Snap lengths up to 256 KiB are real; some recorders of offloaded or USB traffic go far beyond it. */
export const MAX_PACKET_BYTES = 16 * 1024 * 1024;

/**
 * How often a file may be read over again. Files in order are read once; a frame table that points back and forth costs more, one made to
 * keep a reader busy would cost any amount.
 */
const MAX_READ_FACTOR = 4;

/** How a capture file is opened. */
export interface WindowOptions {
  /** Called with each refill with the offset in the file that was reached. */
  readonly onProgress?: (fileOffset: number) => void;
  /** Looked at with each refill; its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** A part of a file in memory that moves over it. One buffer, reused; fields are read directly by the loops over packets. */
export class SlidingWindow {
  bytes: Uint8Array;
  /** Offset in the file of `bytes[0]`. */
  base = 0;
  /** Bytes that are there. */
  filled = 0;
  readonly #source: ByteSource;
  readonly #options: WindowOptions;
  #budget: number;

  constructor(source: ByteSource, options: WindowOptions) {
    this.#source = wholeReads(source);
    this.#options = options;
    this.bytes = new Uint8Array(Math.max(64, Math.min(WINDOW_BYTES, source.sizeBytes)));
    this.#budget = source.sizeBytes * MAX_READ_FACTOR + 16 * WINDOW_BYTES;
  }

  /**
   * Makes at least `need` bytes at `offset` available, when the file has them.
   * @param want bytes to read at once; less than the window where the next place is not known to follow.
   * @returns position of `offset` in `bytes`; compare with `filled` for what is there.
   */
  load(offset: number, need: number, want = WINDOW_BYTES): number {
    const at = offset - this.base;
    if (at >= 0 && at + need <= this.filled) return at;
    this.#options.signal?.throwIfAborted();
    this.#options.onProgress?.(offset);
    if (need > this.bytes.length) this.bytes = new Uint8Array(need + (need >> 1));
    const into = this.bytes.subarray(0, Math.min(this.bytes.length, Math.max(need, want)));
    this.base = offset;
    this.filled = this.#budget > 0 ? this.#source.readAt(offset, into) : 0;
    this.#budget -= this.filled;
    return 0;
  }
}

/** Unsigned 32-bit number. Inlined into the loops; a DataView would have to be made anew for each window. */
export function u32At(bytes: Uint8Array, at: number, bigEndian: boolean): number {
  const a = bytes[at] as number;
  const b = bytes[at + 1] as number;
  const c = bytes[at + 2] as number;
  const d = bytes[at + 3] as number;
  return (bigEndian ? (a << 24) | (b << 16) | (c << 8) | d : (d << 24) | (c << 16) | (b << 8) | a) >>> 0;
}

/** Unsigned 16-bit number. */
export function u16At(bytes: Uint8Array, at: number, bigEndian: boolean): number {
  const a = bytes[at] as number;
  const b = bytes[at + 1] as number;
  return bigEndian ? (a << 8) | b : (b << 8) | a;
}
