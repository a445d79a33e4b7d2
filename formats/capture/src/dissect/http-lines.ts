import { KeptBytes } from './body-bytes.ts';

/**
 * Cuts one side of a text protocol into lines that end with CR LF or LF alone (RFC 9112 section 2.2), however the bytes are cut into pieces. Each byte is
 * looked at once.
 */
export class LineReader {
  readonly #cap: number;
  readonly #kept: KeptBytes;
  #over = false;
  #passed = 0;

  /** The line last completed, without its end; valid until the next call. Of a line that was {@link over}, the beginning. */
  line: Uint8Array = new Uint8Array();
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

  /** @returns the index behind the line that ends in these bytes; -1 when none does, and then they are kept. */
  take(bytes: Uint8Array, at: number): number {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0) {
      this.#keep(bytes.subarray(at));
      this.#passed += bytes.length - at;
      return -1;
    }
    if (this.#kept.length === 0 && !this.#over && end - at <= this.#cap) this.line = bytes.subarray(at, end);
    else {
      this.#keep(bytes.subarray(at, end));
      this.line = this.#kept.take();
    }
    this.over = this.#over;
    this.size = this.#passed + end + 1 - at;
    this.reset();
    if (this.line.at(-1) === 0x0d) this.line = this.line.subarray(0, -1);
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

/** Bytes as text, one character each (ISO 8859-1). The text stands alone: nothing larger is kept alive by it. */
export function latin1(bytes: Uint8Array): string {
  let text = '';
  // In pieces: a call takes a bounded number of arguments.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}

/** Bytes of base64 (RFC 4648 section 4); `undefined` for what is none. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}
