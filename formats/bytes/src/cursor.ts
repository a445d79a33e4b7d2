import { BytesError } from './errors.ts';
import { formatGuid } from './guid.ts';
import { decodeUtf16 } from './utf16.ts';

/**
 * A position in bytes with named reads: every read says what it reads, so that an error names the field.
 * Little-endian. Made for headers and tables; hot loops use a DataView directly.
 */
export class Cursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Added to offsets in errors: where `bytes[0]` lies in the file. */
  readonly origin: number;
  #position: number;

  /** @param bytes what to read. @param position where to start in it. @param origin file offset of `bytes[0]`, for messages. */
  constructor(bytes: Uint8Array, position = 0, origin = 0) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.origin = origin;
    this.#position = position;
  }

  /** Position of the next read, relative to `bytes`. */
  get position(): number {
    return this.#position;
  }

  /** Bytes left. */
  get left(): number {
    return this.bytes.length - this.#position;
  }

  /** Moves to a position. @throws {BytesError} BYTES_RANGE outside 0..length. */
  seek(position: number, what: string): this {
    if (!(position >= 0 && position <= this.bytes.length)) {
      throw new BytesError('BYTES_RANGE', what, this.origin + position, `0..${this.bytes.length}`, position);
    }
    this.#position = position;
    return this;
  }

  /** Moves on by `count` bytes. @throws {BytesError} BYTES_SHORT. */
  skip(count: number, what: string): this {
    this.#take(count, what);
    return this;
  }

  u8(what: string): number {
    return this.view.getUint8(this.#take(1, what));
  }
  u16(what: string): number {
    return this.view.getUint16(this.#take(2, what), true);
  }
  u32(what: string): number {
    return this.view.getUint32(this.#take(4, what), true);
  }
  u64(what: string): bigint {
    return this.view.getBigUint64(this.#take(8, what), true);
  }
  i8(what: string): number {
    return this.view.getInt8(this.#take(1, what));
  }
  i16(what: string): number {
    return this.view.getInt16(this.#take(2, what), true);
  }
  i32(what: string): number {
    return this.view.getInt32(this.#take(4, what), true);
  }
  i64(what: string): bigint {
    return this.view.getBigInt64(this.#take(8, what), true);
  }
  u16be(what: string): number {
    return this.view.getUint16(this.#take(2, what), false);
  }
  u32be(what: string): number {
    return this.view.getUint32(this.#take(4, what), false);
  }
  u64be(what: string): bigint {
    return this.view.getBigUint64(this.#take(8, what), false);
  }

  /** The next `count` bytes as a view (not a copy). */
  take(count: number, what: string): Uint8Array {
    const at = this.#take(count, what);
    return this.bytes.subarray(at, at + count);
  }

  /** The next 16 bytes as `{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}`, lower case. */
  guid(what: string): string {
    return formatGuid(this.bytes, this.#take(16, what));
  }

  /** The next `byteLength` bytes as UTF-16LE text, cut at the first NUL. */
  utf16(byteLength: number, what: string): string {
    const at = this.#take(byteLength, what);
    const text = decodeUtf16(this.bytes, at, byteLength >> 1);
    const end = text.indexOf('\0');
    return end < 0 ? text : text.slice(0, end);
  }

  /** The next `byteLength` bytes as one-byte characters (ISO 8859-1), cut at the first NUL. */
  latin1(byteLength: number, what: string): string {
    const part = this.take(byteLength, what);
    let text = '';
    for (const byte of part) {
      if (byte === 0) break;
      text += String.fromCharCode(byte);
    }
    return text;
  }

  #take(count: number, what: string): number {
    const at = this.#position;
    if (!(count >= 0 && at + count <= this.bytes.length)) {
      throw new BytesError('BYTES_SHORT', what, this.origin + at, count, Math.max(0, this.bytes.length - at));
    }
    this.#position = at + count;
    return at;
  }
}
