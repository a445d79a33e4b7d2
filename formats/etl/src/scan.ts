import { type ByteSource, type DamageReport, viewOf } from '@winmedic/bytes';
import { BUFFER_HEADER_BYTES, type BufferHeader, FLAG_COMPRESSED, readBufferHeader } from './buffer-header.ts';
import type { EtlDamageCode } from './errors.ts';
import { LAYOUTS, partsOfMessage } from './layout.ts';
import { decompressLzxpress } from './lzxpress.ts';

/** A buffer of the file: what reading it needs. */
export interface BufferPlace {
  /** Bytes by its header: of the buffer in the file, and in use (of a compressed buffer: once decompressed). */
  readonly bytes: number;
  readonly filled: number;
  readonly compressed: boolean;
  readonly processor: number;
  /** Where it lies, and its number in the file. */
  readonly offset: number;
  readonly index: number;
  /** Bytes of it that are in the file: fewer than its header says when the file is cut. */
  readonly there: number;
  /** Stamp of its first record, by which buffers of several processors are ordered; 0 for an empty one. */
  readonly high: number;
  readonly low: number;
}

/** A buffer as the scanner finds it. */
export interface ScannedBuffer extends BufferPlace {
  readonly header: BufferHeader;
}

/** Bytes looked at per buffer to find its first stamp: the header and the longest header of a record. */
const PEEK_BYTES = BUFFER_HEADER_BYTES + 0x50;
/** A compressed one: behind 32 flag bits each match needs two bytes, so 0x50 bytes need at most these. */
const PEEK_COMPRESSED_BYTES = BUFFER_HEADER_BYTES + 0x100;
/** Bytes searched at once for the next buffer behind damage. */
const SEARCH_BYTES = 1024 * 1024;

/** Walks the buffers of a trace by their headers; behind damage it goes on at the next header that can be one. */
export class BufferScanner {
  /** The file ends within a buffer. */
  cut = false;
  readonly #source: ByteSource;
  readonly #damage: DamageReport<EtlDamageCode>;
  readonly #bufferBytes: number;
  readonly #peek = new Uint8Array(PEEK_COMPRESSED_BYTES);
  readonly #peekView = viewOf(this.#peek);
  readonly #first = new Uint8Array(0x50);
  readonly #firstView = viewOf(this.#first);
  /** A header behind the one that is looked at, and the first bytes of its first record. */
  readonly #next = new Uint8Array(BUFFER_HEADER_BYTES + 8);
  readonly #nextView = viewOf(this.#next);
  #search: Uint8Array | undefined;
  #searchAt = 0;
  #searchGot = 0;
  #at = 0;
  #index = 0;
  /** Header at `#at` and how much of {@link #peek} could be read there. */
  #header: BufferHeader | undefined;
  #got = 0;

  /** @param bufferBytes BufferSize of TRACE_LOGFILE_HEADER: size of every buffer that is not compressed. */
  constructor(source: ByteSource, bufferBytes: number, damage: DamageReport<EtlDamageCode>) {
    this.#source = source;
    this.#bufferBytes = bufferBytes;
    this.#damage = damage;
  }

  /** The next buffer; `undefined` at the end of the file. */
  next(): ScannedBuffer | undefined {
    const end = this.#source.sizeBytes;
    if (this.#at >= end) return undefined;
    if (this.#index === 0) this.#look(0);
    if (this.#header === undefined && !this.#resume(end)) return undefined;
    const offset = this.#at;
    const header = this.#sized(this.#header!, offset, end);
    const [high, low] = this.#stamp(header, Math.min(this.#got, header.bytes));
    let there = Math.min(header.bytes, end - offset);
    if (there < header.bytes) {
      this.cut = true;
      this.#damage('ETL_CUT', offset, 'buffer', header.bytes, there);
    } else if (offset + there < end && !this.#look(offset + there)) {
      // No buffer where it should be: bytes of this one are missing when it is found earlier.
      const inside = this.#find(offset + BUFFER_HEADER_BYTES, offset + there);
      if (inside !== undefined) {
        there = inside - offset;
        this.#damage('ETL_BUFFER', offset, 'buffer', header.bytes, there);
        this.#look(inside);
      }
    }
    this.#at = offset + there;
    const { bytes, filled, compressed, processor } = header;
    return { header, bytes, filled, compressed, processor, offset, index: this.#index++, there, high, low };
  }

  /** Reads the header at `offset`, if there is one. */
  #look(offset: number): boolean {
    this.#got = this.#source.readAt(offset, this.#peek);
    this.#header = this.#got < BUFFER_HEADER_BYTES ? undefined : readBufferHeader(this.#peekView, 0);
    return this.#header !== undefined;
  }

  /** Goes on at the next header behind damage; `false` when there is none. */
  #resume(end: number): boolean {
    const found = this.#find(this.#at + 1, end);
    if (found !== undefined) this.#damage('ETL_BUFFER', this.#at, 'buffer header', undefined, found - this.#at);
    else if (this.#got < BUFFER_HEADER_BYTES) {
      this.cut = true;
      this.#damage('ETL_CUT', this.#at, 'buffer header', BUFFER_HEADER_BYTES, this.#got);
    }
    // What lies behind the last buffer of a preallocated file is empty, not damaged.
    else if (!this.#empty()) this.#damage('ETL_BUFFER', this.#at, 'buffer header', undefined, end - this.#at);
    this.#at = found ?? end;
    return found !== undefined && this.#look(found);
  }

  #empty(): boolean {
    const bytes = this.#peek.subarray(0, this.#got);
    return bytes.every((byte) => byte === 0) || bytes.every((byte) => byte === 0xff);
  }

  /** A header with the size that all buffers have, when its own is another and the next buffer stands where that size says. */
  #sized(found: BufferHeader, offset: number, end: number): BufferHeader {
    const bytes = this.#bufferBytes;
    const header = found.compressed || found.filled <= found.bytes ? found : { ...found, filled: found.bytes };
    // The first buffer of a merged file is smaller than the others.
    if (header.compressed || header.bytes === bytes || this.#index === 0) return header;
    const next = offset + bytes;
    if (next !== end) {
      const got = this.#source.readAt(next, this.#next);
      if (got < this.#next.length || !this.#plausible(this.#next, this.#nextView, 0)) return header;
    }
    this.#damage('ETL_BUFFER', offset, 'BufferSize', bytes, header.bytes);
    return { ...found, bytes, filled: Math.min(found.filled, bytes) };
  }

  /** Halves of the stamp of the first record. */
  #stamp(header: BufferHeader, got: number): [high: number, low: number] {
    let view = this.#peekView;
    let bytes = this.#peek;
    let at = BUFFER_HEADER_BYTES;
    let end = Math.min(got, header.filled, PEEK_BYTES);
    if (header.compressed) {
      view = this.#firstView;
      bytes = this.#first;
      at = 0;
      end = decompressLzxpress(this.#peek, BUFFER_HEADER_BYTES, got, bytes, 0, Math.min(bytes.length, header.filled - BUFFER_HEADER_BYTES));
    }
    if (at + 8 > end || (bytes[at + 3]! & 0x80) === 0) return [0, 0];
    const layout = LAYOUTS[bytes[at + 2]!];
    if (layout === undefined) return [0, 0];
    const timeAt = layout.timeAt < 0 ? partsOfMessage(view.getUint16(at + 6, true)).timeAt : layout.timeAt;
    if (timeAt < 0 || at + timeAt + 8 > end) return [0, 0];
    return [view.getInt32(at + timeAt + 4, true), view.getUint32(at + timeAt, true)];
  }

  /** Offset of the next header that can be one, in `from..before`. What was read for the search before serves again: damage may follow damage. */
  #find(from: number, before: number): number | undefined {
    this.#search ??= new Uint8Array(SEARCH_BYTES);
    const bytes = this.#search;
    const view = viewOf(bytes);
    // A header and the beginning of its first record.
    const need = BUFFER_HEADER_BYTES + 8;
    let start = from;
    while (start < before && start + need <= this.#source.sizeBytes) {
      if (this.#searchGot === 0 || start < this.#searchAt || start + need > this.#searchAt + this.#searchGot) {
        this.#searchAt = start;
        this.#searchGot = this.#source.readAt(start, bytes);
        if (this.#searchGot < need) return undefined;
      }
      const last = this.#searchGot - need;
      for (let at = start - this.#searchAt; at <= last; at++) {
        if (this.#searchAt + at >= before) return undefined;
        if (this.#plausible(bytes, view, at)) return this.#searchAt + at;
      }
      start = this.#searchAt + last + 1;
    }
    return undefined;
  }

  #plausible(bytes: Uint8Array, view: DataView, at: number): boolean {
    // Cheapest first: the upper halves of BufferFlag and BufferType are 0 in every header, and nobody counts references to a written buffer.
    if (bytes[at + 0x35] !== 0 || bytes[at + 0x37] !== 0) return false;
    if ((bytes[at + 0x34]! & FLAG_COMPRESSED) === 0 && view.getUint32(at, true) !== this.#bufferBytes) return false;
    if (view.getUint32(at + 0x0c, true) !== 0) return false;
    const header = readBufferHeader(view, at);
    if (header === undefined) return false;
    if (header.compressed) return true;
    const record = at + BUFFER_HEADER_BYTES;
    return (bytes[record + 3]! & 0x80) !== 0 && LAYOUTS[bytes[record + 2]!] !== undefined;
  }
}
