import { decodeUtf16, formatGuid } from '@winmedic/bytes';
import { DcerpcError, type DcerpcErrorCode } from './errors.ts';
import { uuidBytes } from './syntax.ts';

/**
 * Reads NDR (C706 chapter 14) and the fixed parts of protocol data units: alignment from the first byte, both byte orders.
 * Every read names its field; what is missing or impossible throws one {@link DcerpcError}.
 */
export class NdrReader {
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  /** Where `bytes[0]` lies in the message, for errors. */
  readonly origin: number;
  readonly #view: DataView;
  readonly #code: DcerpcErrorCode;
  #position = 0;

  /** @param code what errors are called: DCERPC_BAD_PDU for the units themselves, DCERPC_BAD_DATA for what is in them. */
  constructor(bytes: Uint8Array, littleEndian = true, origin = 0, code: DcerpcErrorCode = 'DCERPC_BAD_DATA') {
    this.bytes = bytes;
    this.littleEndian = littleEndian;
    this.origin = origin;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#code = code;
  }

  get position(): number {
    return this.#position;
  }

  /** Bytes left. */
  get left(): number {
    return this.bytes.length - this.#position;
  }

  u8(what: string): number {
    return this.#view.getUint8(this.#take(1, what));
  }

  /** Aligned to 2. */
  u16(what: string): number {
    this.align(2, what);
    return this.#view.getUint16(this.#take(2, what), this.littleEndian);
  }

  /** Aligned to 4. */
  u32(what: string): number {
    this.align(4, what);
    return this.#view.getUint32(this.#take(4, what), this.littleEndian);
  }

  /** Aligned to 8. */
  u64(what: string): bigint {
    this.align(8, what);
    return this.#view.getBigUint64(this.#take(8, what), this.littleEndian);
  }

  /** Aligned to 4; `{…}` in lower case. */
  uuid(what: string): string {
    this.align(4, what);
    return uuidText(this.bytes, this.#take(16, what), this.littleEndian);
  }

  /** The next bytes as a view, not aligned. */
  take(count: number, what: string): Uint8Array {
    const at = this.#take(count, what);
    return this.bytes.subarray(at, at + count);
  }

  /** Skips up to the next multiple. */
  align(to: number, what: string): this {
    const rest = this.#position % to;
    if (rest !== 0) this.#take(to - rest, what);
    return this;
  }

  /** A pointer's referent: is there something? (C706 section 14.3.11) */
  pointer(what: string): boolean {
    return this.u32(what) !== 0;
  }

  /** A count that must not exceed `most`. @throws {DcerpcError} DCERPC_LIMIT. */
  count(most: number, what: string): number {
    const count = this.u32(what);
    if (count > most) throw new DcerpcError('DCERPC_LIMIT', what, { offset: this.origin + this.#position - 4, need: most, have: count });
    return count;
  }

  /** A pointer that must not be null. */
  required(what: string): void {
    if (!this.pointer(what)) this.fail(what, 'a pointer', 'null');
  }

  /** A conformant maximum count that has to be the count given before it. */
  conformance(count: number, what: string): void {
    const most = this.u32(what);
    if (most !== count) this.fail(what, count, most);
  }

  /** A conformant varying string of 16-bit characters without its terminator (C706 section 14.3.4.2). */
  wideString(mostChars: number, what: string): string {
    this.count(0xffffffff, what);
    const offset = this.u32(what);
    if (offset !== 0) this.fail(what, 0, offset);
    const chars = this.count(mostChars, what);
    const raw = this.take(chars * 2, what);
    const text = decodeUtf16(this.littleEndian ? raw : swapPairs(raw));
    const end = text.indexOf('\0');
    return end < 0 ? text : text.slice(0, end);
  }

  /** Throws for what was just read. */
  fail(what: string, need?: number | string, have?: number | string): never {
    throw new DcerpcError(this.#code, what, {
      offset: this.origin + this.#position,
      ...(need === undefined ? {} : { need }),
      ...(have === undefined ? {} : { have }),
    });
  }

  #take(count: number, what: string): number {
    const at = this.#position;
    if (!(count >= 0 && at + count <= this.bytes.length)) this.fail(what, count, this.bytes.length - at);
    this.#position = at + count;
    return at;
  }
}

/** Writes NDR and protocol data units; alignment counts from the first byte. */
export class NdrWriter {
  readonly littleEndian: boolean;
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  #referent: number;

  /**
   * @param firstReferent number of the first pointer; the next ones follow in steps of four. An answer with full pointers must not repeat
   * the numbers of its request: that would mean the very same objects (C706 section 14.3.11.1).
   */
  constructor(littleEndian = true, firstReferent = 0x00020000) {
    this.littleEndian = littleEndian;
    this.#referent = firstReferent;
  }

  get length(): number {
    return this.#length;
  }

  /** What was written, as a copy. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  u8(value: number): this {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    const at = this.align(2).#grow(2);
    this.#view.setUint16(at, value, this.littleEndian);
    return this;
  }

  u32(value: number): this {
    const at = this.align(4).#grow(4);
    this.#view.setUint32(at, value >>> 0, this.littleEndian);
    return this;
  }

  u64(value: bigint): this {
    const at = this.align(8).#grow(8);
    this.#view.setBigUint64(at, value, this.littleEndian);
    return this;
  }

  uuid(value: string): this {
    const bytes = uuidBytes(value);
    return this.align(4).raw(this.littleEndian ? bytes : swapUuid(bytes));
  }

  raw(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  align(to: number, fill = 0): this {
    while (this.#length % to !== 0) this.u8(fill);
    return this;
  }

  /** A pointer: a fresh referent, or 0 for null. */
  pointer(present: boolean): this {
    if (!present) return this.u32(0);
    this.u32(this.#referent);
    this.#referent += 4;
    return this;
  }

  /** A conformant varying string of 16-bit characters with its terminator. */
  wideString(text: string): this {
    const chars = text.length + 1;
    this.u32(chars).u32(0).u32(chars);
    for (let i = 0; i < text.length; i++) this.u16(text.charCodeAt(i));
    return this.u16(0);
  }

  /** Puts a number over one written before. */
  patch32(at: number, value: number): void {
    this.#view.setUint32(at, value >>> 0, this.littleEndian);
  }

  /** Puts a number over one written before. */
  patch16(at: number, value: number): void {
    this.#view.setUint16(at, value, this.littleEndian);
  }

  #grow(count: number): number {
    const at = this.#length;
    const end = at + count;
    if (end > this.#bytes.length) {
      const bigger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      bigger.set(this.#bytes);
      this.#bytes = bigger;
      this.#view = new DataView(bigger.buffer);
    }
    this.#length = end;
    return at;
  }
}

/** Places of the pool of texts: a host binds some dozens of interfaces, again and again. */
const POOL = 512;
const pooledWords = new Int32Array(POOL * 4);
const pooledTexts: string[] = Array.from({ length: POOL }, () => '');

/** Text of the UUID at an offset; of one that was seen lately it is not made anew. */
function uuidText(bytes: Uint8Array, at: number, littleEndian: boolean): string {
  const raw = littleEndian ? bytes : swapUuid(bytes.subarray(at, at + 16));
  const from = littleEndian ? at : 0;
  const word = (o: number): number => raw[from + o]! | (raw[from + o + 1]! << 8) | (raw[from + o + 2]! << 16) | (raw[from + o + 3]! << 24);
  const [a, b, c, d] = [word(0), word(4), word(8), word(12)];
  const hash = Math.imul(a ^ Math.imul(b ^ Math.imul(c ^ Math.imul(d, 0x9e3779b1), 0x85ebca6b), 0xc2b2ae35), 0x27d4eb2f);
  const place = hash >>> 23;
  const o = place * 4;
  const known = pooledTexts[place]!;
  if (known !== '' && pooledWords[o] === a && pooledWords[o + 1] === b && pooledWords[o + 2] === c && pooledWords[o + 3] === d)
    return known;
  pooledWords.set([a, b, c, d], o);
  const text = formatGuid(raw, from);
  pooledTexts[place] = text;
  return text;
}

/** Turns the three leading groups of a UUID into the other byte order. */
function swapUuid(raw: Uint8Array): Uint8Array {
  const out = Uint8Array.from(raw);
  out.subarray(0, 4).reverse();
  out.subarray(4, 6).reverse();
  out.subarray(6, 8).reverse();
  return out;
}

function swapPairs(raw: Uint8Array): Uint8Array {
  const out = Uint8Array.from(raw);
  for (let i = 0; i + 1 < out.length; i += 2) out.subarray(i, i + 2).reverse();
  return out;
}
