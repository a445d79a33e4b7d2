import { KeptBytes } from './body-bytes.ts';

/** Lines of text are short: up to here they are looked through without a call. */
const NEAR = 128;

/**
 * Cuts one side of a text protocol into lines that end with CR LF or LF alone (RFC 9112 section 2.2), however the bytes are cut into pieces. Each byte is
 * looked at once.
 */
export class LineReader {
  readonly #cap: number;
  readonly #kept: KeptBytes;
  #over = false;
  #passed = 0;

  /** The line last completed, without its end, is {@link source} from `from` to `to`; valid until the next call. Of a line that was {@link over}, the beginning. */
  source: Uint8Array = new Uint8Array();
  from = 0;
  to = 0;
  /** The line last completed was longer than the cap. */
  over = false;

  /** @param cap bytes of a line that are kept. */
  constructor(cap: number) {
    this.#cap = cap;
    this.#kept = new KeptBytes(cap);
  }

  /** Bytes of the line last completed with its end, on the wire. */
  size = 0;

  /** Bytes of a line whose end has not come. */
  get pending(): Uint8Array {
    return this.#kept.bytes;
  }

  /** The line last completed. */
  get line(): Uint8Array {
    return this.source.subarray(this.from, this.to);
  }

  /** @returns the index behind the line that ends in these bytes; -1 when none does, and then they are kept. */
  take(bytes: Uint8Array, at: number): number {
    const end = lineEnd(bytes, at);
    if (end < 0) {
      this.#keep(bytes.subarray(at));
      this.#passed += bytes.length - at;
      return -1;
    }
    this.size = this.#passed + end + 1 - at;
    if (this.#kept.length === 0 && !this.#over && end - at <= this.#cap) {
      this.over = false;
      this.source = bytes;
      this.from = at;
      this.to = end;
    } else {
      this.#keep(bytes.subarray(at, end));
      this.over = this.#over;
      this.source = this.#kept.take();
      this.from = 0;
      this.to = this.source.length;
      this.#over = false;
    }
    this.#passed = 0;
    if (this.to > this.from && this.source[this.to - 1] === 0x0d) this.to--;
    return end + 1;
  }

  /** Forgets what is pending: bytes of the line are missing. */
  reset(): void {
    this.#over = false;
    this.#passed = 0;
    this.#kept.clear();
  }

  #keep(bytes: Uint8Array): void {
    if (this.#kept.add(bytes) < bytes.length) this.#over = true;
  }
}

/** Index of the next LF; -1 without one. */
function lineEnd(bytes: Uint8Array, from: number): number {
  const near = Math.min(bytes.length, from + NEAR);
  for (let at = from; at < near; at++) if (bytes[at] === 0x0a) return at;
  return near < bytes.length ? bytes.indexOf(0x0a, near) : -1;
}

/** Bytes of base64 (RFC 4648 section 4); `undefined` for what is none. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    const decoded = atob(text);
    const bytes = new Uint8Array(decoded.length);
    for (let at = 0; at < bytes.length; at++) bytes[at] = decoded.charCodeAt(at);
    return bytes;
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}
