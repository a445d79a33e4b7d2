import { type ByteSource, Utf16Text } from '@winmedic/bytes';
import { type Latin1Text, latin1Text } from './latin1.ts';
import { LARGE_READ, MAX_CACHED_BYTES, READS_BEFORE_LARGE, SMALL_READ, SMALL_READ_BITS } from './limits.ts';
import type { Patches } from './patches.ts';

/** A stretch of the hive in memory. It stays valid as long as somebody holds it; the bytes never change. */
export class Block {
  /** File offset of the first byte. */
  readonly start: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly text: Utf16Text;
  readonly #latin1: Latin1Text | undefined;
  /** When it was last asked for, counted in reads from the file. */
  used = 0;

  constructor(start: number, bytes: Uint8Array) {
    this.start = start;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.text = new Utf16Text(bytes);
    this.#latin1 = latin1Text(bytes);
  }

  /** Text of `length` bytes of extended ASCII (every byte is the code of a character). The caller has checked the bounds. */
  latin1(at: number, length: number): string {
    if (this.#latin1 !== undefined && length > 6) return this.#latin1.toString('latin1', at, at + length);
    let text = '';
    for (let i = at; i < at + length; i++) text += String.fromCharCode(this.bytes[i]!);
    return text;
  }
}

/** The bytes of a hive as they are after the replay, read in blocks as they are needed. */
export class Pages {
  readonly #source: ByteSource;
  readonly #patches: Patches;
  /** File offset behind the last byte of hive bins data that can be had. */
  readonly end: number;
  /** Bytes the file really delivers. */
  #fileEnd: number;
  readonly #blocks: (Block | undefined)[] = [];
  readonly #kept = new Set<Block>();
  #keptBytes = 0;
  #reads = 0;

  constructor(source: ByteSource, patches: Patches, end: number) {
    this.#source = source;
    this.#patches = patches;
    this.end = end;
    this.#fileEnd = source.sizeBytes;
  }

  /**
   * The block that holds `length` bytes from file offset `offset`. The caller keeps to 0 <= offset, offset + length <= end. Bytes behind the
   * end of the file that no log delivers are zero: see {@link readable}.
   */
  block(offset: number, length: number): Block {
    const block = this.#blocks[offset >>> SMALL_READ_BITS] ?? this.#load(offset);
    block.used = this.#reads;
    if (offset + length <= block.start + block.bytes.length) return block;
    const bytes = new Uint8Array(length);
    this.copy(offset, bytes);
    return new Block(offset, bytes);
  }

  /** Copies bytes from `offset` on, which lie below `end`. */
  copy(offset: number, into: Uint8Array): void {
    let done = 0;
    while (done < into.length) {
      const at = offset + done;
      const block = this.#blocks[at >>> SMALL_READ_BITS] ?? this.#load(at);
      const from = at - block.start;
      const part = block.bytes.subarray(from, Math.min(block.bytes.length, from + into.length - done));
      into.set(part, done);
      done += part.length;
    }
  }

  /** How many of `length` bytes from `offset` really exist, in the file or in a log, before the end of the data. */
  readable(offset: number, length: number): number {
    if (offset + length <= this.#fileEnd && offset + length <= this.end) return length;
    const to = Math.min(offset + length, this.end);
    let at = offset;
    while (at < to) {
      const next = at < this.#fileEnd ? this.#fileEnd : this.#patches.coveredTo(at);
      if (next <= at) break;
      at = next;
    }
    return Math.max(0, Math.min(to, at) - offset);
  }

  /** File offset from `offset` on at which bytes exist again, in the file or in a log; `end` when there are none. */
  nextReadable(offset: number): number {
    if (offset < this.#fileEnd) return offset;
    return Math.min(this.end, this.#patches.nextFrom(offset) ?? this.end);
  }

  #load(offset: number): Block {
    this.#reads++;
    const size = this.#reads > READS_BEFORE_LARGE ? LARGE_READ : SMALL_READ;
    const start = Math.floor(offset / size) * size;
    const bytes = new Uint8Array(Math.min(size, this.end - start));
    const want = Math.max(0, Math.min(bytes.length, this.#fileEnd - start));
    if (want > 0) {
      const got = this.#source.readAt(start, bytes.subarray(0, want));
      if (got < want) this.#fileEnd = start + got;
    }
    this.#patches.apply(start, bytes);
    const block = new Block(start, bytes);
    for (let slot = start; slot < start + bytes.length; slot += SMALL_READ) this.#blocks[slot >>> SMALL_READ_BITS] = block;
    this.#kept.add(block);
    this.#keptBytes += bytes.length;
    if (this.#keptBytes > MAX_CACHED_BYTES) this.#drop(block);
    return block;
  }

  /** Drops the least recently used half, so that choosing costs little. @param keep the block just read. */
  #drop(keep: Block): void {
    const byAge = [...this.#kept].toSorted((a, b) => a.used - b.used);
    for (const block of byAge) {
      if (this.#keptBytes <= MAX_CACHED_BYTES / 2) break;
      if (block === keep) continue;
      this.#kept.delete(block);
      this.#keptBytes -= block.bytes.length;
      for (let slot = block.start; slot < block.start + block.bytes.length; slot += SMALL_READ) {
        if (this.#blocks[slot >>> SMALL_READ_BITS] === block) this.#blocks[slot >>> SMALL_READ_BITS] = undefined;
      }
    }
  }
}
