/** Small hives and logs for tests, built from a description. */
import { type ByteSource, encodeUtf16 } from '@winmedic/bytes';
import { BASE_FIELDS, baseBlockChecksum } from './base-block.ts';
import { BASE_BLOCK_SIZE, BASE_SECTOR, BIN_HEADER_SIZE, DIRT, HBIN, HVLE, PAGE_SIZE, REGF, SEGMENT_SIZE } from './layout.ts';
import { marvin32 } from './marvin32.ts';
import { keyNameHash, upcase } from './names.ts';

export interface ValueSpec {
  readonly name: string;
  readonly type: number;
  readonly data: Uint8Array;
}
export interface KeySpec {
  readonly name: string;
  readonly time?: bigint;
  readonly className?: string;
  readonly values?: readonly ValueSpec[];
  readonly subkeys?: readonly KeySpec[];
  /** Kind of the subkeys list; `ri` is one over `lh` lists of two keys. */
  readonly list?: 'li' | 'lf' | 'lh' | 'ri';
  readonly flags?: number;
}

/** Sequence numbers, version, times and name of the base block. */
export interface BaseSpec {
  readonly primary?: number;
  readonly secondary?: number;
  readonly minor?: number;
  readonly fileType?: number;
  readonly lastWritten?: bigint;
  readonly fileName?: string;
}

export const dword = (number: number): Uint8Array => new Uint8Array(Uint32Array.of(number).buffer);
export const sz = (text: string): Uint8Array => encodeUtf16(`${text}\0`);

const isLatin = (name: string): boolean => [...name].every((c) => c.charCodeAt(0) < 256);
const nameBytes = (name: string): Uint8Array => (isLatin(name) ? Uint8Array.from(name, (c) => c.charCodeAt(0)) : encodeUtf16(name));

/** A hive under construction: one bin that grows by pages. */
export class TestHive {
  bytes = new Uint8Array(BASE_BLOCK_SIZE + PAGE_SIZE);
  view = new DataView(this.bytes.buffer);
  /** Relative offsets of keys by path, of values by path and `:name`, of lists by path and `|`. */
  readonly at = new Map<string, number>();
  readonly minor: number;
  #next = BIN_HEADER_SIZE;
  #security = 0;

  constructor(root: KeySpec, base: BaseSpec = {}) {
    this.minor = base.minor ?? 5;
    const descriptor = this.cell(20 + 4);
    this.#security = descriptor;
    this.#put(descriptor, 'sk');
    for (const link of [4, 8]) this.view.setUint32(this.file(descriptor) + link, descriptor, true);
    this.view.setUint32(this.file(descriptor) + 16, 4, true);
    this.bytes.set([1, 0, 4, 0x80], this.file(descriptor) + 20);
    const rootOffset = this.#key(root, '', 0xffff_ffff, 0x4);
    this.#closeBin();
    const { view } = this;
    view.setUint32(0, REGF, true);
    view.setUint32(4, base.primary ?? 1, true);
    view.setUint32(8, base.secondary ?? base.primary ?? 1, true);
    view.setBigUint64(12, base.lastWritten ?? 0n, true);
    view.setUint32(20, 1, true);
    view.setUint32(24, this.minor, true);
    view.setUint32(28, base.fileType ?? 0, true);
    view.setUint32(32, 1, true);
    view.setUint32(36, rootOffset, true);
    view.setUint32(40, this.bytes.length - BASE_BLOCK_SIZE, true);
    view.setUint32(44, 1, true);
    this.bytes.set(encodeUtf16((base.fileName ?? '\\Config\\TEST').slice(0, 31)), 48);
    this.sign();
  }

  /** Writes the checksum. */
  sign(): this {
    this.view.setUint32(BASE_FIELDS.checksum, baseBlockChecksum(this.bytes), true);
    return this;
  }

  /** File offset of a cell's content. */
  file(relative: number): number {
    return BASE_BLOCK_SIZE + relative + 4;
  }

  /** Relative offset of what was built under a name of {@link at}. */
  offsetOf(name: string): number {
    const found = this.at.get(name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  }

  /** Marks a cell free. */
  free(relative: number): void {
    const at = BASE_BLOCK_SIZE + relative;
    this.view.setInt32(at, Math.abs(this.view.getInt32(at, true)), true);
  }

  /** An allocated cell with room for `content` bytes. */
  cell(content: number): number {
    const size = Math.ceil((content + 4) / 8) * 8;
    while (BASE_BLOCK_SIZE + this.#next + size > this.bytes.length) {
      const grown = new Uint8Array(this.bytes.length * 2);
      grown.set(this.bytes);
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    }
    const relative = this.#next;
    this.view.setInt32(BASE_BLOCK_SIZE + relative, -size, true);
    this.#next += size;
    return relative;
  }

  #put(relative: number, mark: string): void {
    this.bytes.set([mark.charCodeAt(0), mark.charCodeAt(1)], this.file(relative));
  }

  #closeBin(): void {
    this.bytes = this.bytes.slice(0, BASE_BLOCK_SIZE + Math.ceil(this.#next / PAGE_SIZE) * PAGE_SIZE);
    this.view = new DataView(this.bytes.buffer);
    const rest = this.bytes.length - BASE_BLOCK_SIZE - this.#next;
    if (rest > 0) this.view.setInt32(BASE_BLOCK_SIZE + this.#next, rest, true);
    this.view.setUint32(BASE_BLOCK_SIZE, HBIN, true);
    this.view.setUint32(BASE_BLOCK_SIZE + 8, this.bytes.length - BASE_BLOCK_SIZE, true);
  }

  #key(spec: KeySpec, path: string, parent: number, flags: number): number {
    const name = nameBytes(spec.name);
    const key = this.cell(76 + name.length);
    this.at.set(path, key);
    const set = (at: number, number: number): void => this.view.setUint32(this.file(key) + at, number, true);
    this.#put(key, 'nk');
    this.view.setUint16(this.file(key) + 2, flags | (spec.flags ?? 0) | (isLatin(spec.name) ? 0x20 : 0), true);
    this.view.setBigUint64(this.file(key) + 4, spec.time ?? 0n, true);
    set(16, parent);
    for (const at of [28, 32, 40, 48]) set(at, 0xffff_ffff);
    set(44, this.#security);
    this.view.setUint16(this.file(key) + 72, name.length, true);
    this.bytes.set(name, this.file(key) + 76);
    if (spec.className !== undefined) {
      const text = encodeUtf16(spec.className);
      const cell = this.cell(text.length);
      this.bytes.set(text, this.file(cell));
      set(48, cell);
      this.view.setUint16(this.file(key) + 74, text.length, true);
    }
    const values = (spec.values ?? []).map((value) => {
      const made = this.#value(value);
      this.at.set(`${path}:${value.name}`, made);
      return made;
    });
    if (values.length > 0) {
      const list = this.cell(values.length * 4);
      values.forEach((value, i) => {
        this.view.setUint32(this.file(list) + i * 4, value, true);
      });
      this.at.set(`${path}:|`, list);
      set(36, values.length);
      set(40, list);
    }
    const subkeys = (spec.subkeys ?? []).map((child) => ({
      name: child.name,
      offset: this.#key(child, path === '' ? child.name : `${path}\\${child.name}`, key, 0),
    }));
    if (subkeys.length > 0) {
      const list = this.#list(spec.list ?? 'lh', subkeys);
      this.at.set(`${path}|`, list);
      set(20, subkeys.length);
      set(28, list);
    }
    return key;
  }

  #list(kind: 'li' | 'lf' | 'lh' | 'ri', keys: readonly { readonly name: string; readonly offset: number }[]): number {
    if (kind === 'ri') {
      const leaves: number[] = [];
      for (let i = 0; i < keys.length; i += 2) leaves.push(this.#list('lh', keys.slice(i, i + 2)));
      const parts = leaves.map((offset) => ({ name: '', offset }));
      return this.#leaf('li', 'ri', parts);
    }
    return this.#leaf(kind, kind, keys);
  }

  #leaf(kind: 'li' | 'lf' | 'lh', mark: string, keys: readonly { readonly name: string; readonly offset: number }[]): number {
    const width = kind === 'li' ? 4 : 8;
    const list = this.cell(4 + keys.length * width);
    this.#put(list, mark);
    this.view.setUint16(this.file(list) + 2, keys.length, true);
    keys.forEach(({ name, offset }, i) => {
      const at = this.file(list) + 4 + i * width;
      this.view.setUint32(at, offset, true);
      if (kind === 'lf') this.bytes.set(nameBytes(name.slice(0, 4)), at + 4);
      if (kind === 'lh') this.view.setUint32(at + 4, keyNameHash(upcase(name)), true);
    });
    return list;
  }

  #value({ name, type, data }: ValueSpec): number {
    const bytes = nameBytes(name);
    const value = this.cell(20 + bytes.length);
    const at = (): number => this.file(value);
    this.#put(value, 'vk');
    this.view.setUint16(at() + 2, bytes.length, true);
    this.view.setUint32(at() + 12, type, true);
    this.view.setUint16(at() + 16, isLatin(name) ? 1 : 0, true);
    this.bytes.set(bytes, at() + 20);
    if (data.length <= 4) {
      this.view.setUint32(at() + 4, data.length + 0x8000_0000, true);
      this.bytes.set(data, at() + 8);
      return value;
    }
    this.view.setUint32(at() + 4, data.length, true);
    const cell = data.length > SEGMENT_SIZE && this.minor > 3 ? this.#bigData(data) : this.#raw(data);
    this.view.setUint32(at() + 8, cell, true);
    return value;
  }

  #raw(data: Uint8Array): number {
    const cell = this.cell(data.length);
    this.bytes.set(data, this.file(cell));
    return cell;
  }

  #bigData(data: Uint8Array): number {
    const segments: number[] = [];
    for (let at = 0; at < data.length; at += SEGMENT_SIZE) segments.push(this.#raw(data.subarray(at, at + SEGMENT_SIZE)));
    const list = this.cell(segments.length * 4);
    segments.forEach((segment, i) => {
      this.view.setUint32(this.file(list) + i * 4, segment, true);
    });
    const big = this.cell(8);
    this.#put(big, 'db');
    this.view.setUint16(this.file(big) + 2, segments.length, true);
    this.view.setUint32(this.file(big) + 4, list, true);
    return big;
  }
}

/** An entry of a new log: pages by relative offset. */
export interface EntrySpec {
  readonly sequence: number;
  readonly binsDataSize: number;
  readonly pages: readonly { readonly offset: number; readonly data: Uint8Array }[];
}

/** The base block of a log: that of `hive` with another type and sequence numbers. */
function logBase(hive: Uint8Array, fileType: number, sequence: number): Uint8Array {
  const base = hive.slice(0, BASE_SECTOR);
  const view = new DataView(base.buffer);
  view.setUint32(BASE_FIELDS.primarySequence, sequence, true);
  view.setUint32(BASE_FIELDS.secondarySequence, sequence, true);
  view.setUint32(BASE_FIELDS.fileType, fileType, true);
  view.setUint32(BASE_FIELDS.checksum, baseBlockChecksum(base), true);
  return base;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A log of Windows 8.1 and later for a hive whose base block is `hive`. */
export function newLog(hive: Uint8Array, entries: readonly EntrySpec[], sequence = entries[0]!.sequence): Uint8Array {
  return join([
    logBase(hive, 6, sequence),
    ...entries.map((entry) => {
      const start = 40 + entry.pages.length * 8;
      const size = Math.ceil((start + entry.pages.reduce((sum, { data }) => sum + data.length, 0)) / BASE_SECTOR) * BASE_SECTOR;
      const out = new Uint8Array(size);
      const view = new DataView(out.buffer);
      [HVLE, size, 0, entry.sequence, entry.binsDataSize, entry.pages.length].forEach((number, i) => {
        view.setUint32(i * 4, number, true);
      });
      let at = start;
      entry.pages.forEach(({ offset, data }, i) => {
        view.setUint32(40 + i * 8, offset, true);
        view.setUint32(44 + i * 8, data.length, true);
        out.set(data, at);
        at += data.length;
      });
      const first = marvin32(out.subarray(40));
      view.setUint32(24, first.low, true);
      view.setUint32(28, first.high, true);
      const second = marvin32(out.subarray(0, 32));
      view.setUint32(32, second.low, true);
      view.setUint32(36, second.high, true);
      return out;
    }),
  ]);
}

/** A log of the format before Windows 8.1: sectors by relative offset, in ascending order. */
export function oldLog(
  hive: Uint8Array,
  sequence: number,
  binsDataSize: number,
  sectors: readonly (readonly [number, Uint8Array])[],
): Uint8Array {
  const vector = new Uint8Array(Math.ceil((4 + binsDataSize / BASE_SECTOR / 8) / BASE_SECTOR) * BASE_SECTOR);
  new DataView(vector.buffer).setUint32(0, DIRT, true);
  for (const [offset] of sectors) vector[4 + ((offset / BASE_SECTOR) >> 3)]! |= 1 << ((offset / BASE_SECTOR) & 7);
  return join([logBase(hive, 1, sequence), vector, ...sectors.map(([, data]) => data)]);
}

/** A source that counts what is read from it. */
export function countingSource(bytes: Uint8Array): ByteSource & { readonly reads: number; readonly bytesRead: number } {
  let reads = 0;
  let bytesRead = 0;
  return {
    sizeBytes: bytes.length,
    get reads() {
      return reads;
    },
    get bytesRead() {
      return bytesRead;
    },
    readAt(offset, into) {
      const part = bytes.subarray(offset, offset + into.length);
      into.set(part);
      reads++;
      bytesRead += part.length;
      return part.length;
    },
  };
}
