import { type ByteSource, Cursor, readUpTo } from '@winmedic/bytes';
import { DiskError } from '../errors.ts';
import { structureChecksum } from './crc32c.ts';
import { MAX_FILE_BYTES, smallNumber } from './file.ts';
import type { Patch } from './replayed.ts';
import type { VhdxHeader } from './vhdx-header.ts';
import { isPlace } from './vhdx-regions.ts';

/** Everything in the log is in sectors of this size. @source [MS-VHDX] 2.3.1 */
const SECTOR = 4096;

/** Longest log replayed: it is read whole. Windows and QEMU make logs of 1 MiB. */
const MAX_LOG_BYTES = 64 << 20;

/** Bytes put through the checksum at most, in multiples of the log: an entry is checked once, so entries that do not overlap need less than one. */
const MAX_CHECKED = 8;

/** Steps of the search at most: sequences that are cut off are walked from each of their entries; a log of 1 MiB full of them takes 33,000. */
const MAX_STEPS = 1 << 24;

/** Updates through the log begin behind the file identifier and both headers, which are never updated through it. @source [MS-VHDX] 2.2.1, 2.2.2, 2.2.3 */
const FIRST_OFFSET = 0x3_0000;

/** An entry that was found whole. @source [MS-VHDX] 2.3.1.1 */
interface Entry {
  /** Where it begins in the log. */
  readonly at: number;
  readonly sizeBytes: number;
  readonly sequence: bigint;
  readonly tail: number;
  readonly flushedBytes: bigint;
  readonly lastBytes: bigint;
  readonly descriptors: number;
}

/** What a log says is to be written. */
export interface LogReplay {
  /** In the order of writing. */
  readonly patches: readonly Patch[];
  /** Size the file has after the replay at least. */
  readonly sizeBytes: number;
}

/**
 * Finds the active sequence of the log and gives what it writes; undefined when the log is empty.
 * @throws {DiskError} CONTAINER_LOG when there is no whole sequence, the file was cut, or an entry writes where none may; CONTAINER_UNSUPPORTED for another
 * version of the log; CONTAINER_LIMIT for a log that is too long to read.
 * @source [MS-VHDX] 2.3.3
 */
export function readLog(source: ByteSource, header: VhdxHeader): LogReplay | undefined {
  if (header.logGuid === undefined) return undefined;
  if (header.logVersion !== 0) {
    throw new DiskError('CONTAINER_UNSUPPORTED', 'log version', { offset: header.offset + 64, need: 0, have: header.logVersion });
  }
  const offset = header.logOffset ?? MAX_FILE_BYTES;
  if (!isPlace({ offset, sizeBytes: header.logBytes }, source.sizeBytes)) {
    throw new DiskError('CONTAINER_LOG', 'place of the log', { offset: header.offset + 68, need: source.sizeBytes, have: offset });
  }
  if (header.logBytes > MAX_LOG_BYTES) {
    throw new DiskError('CONTAINER_LIMIT', 'length of the log', {
      offset: header.offset + 68,
      need: `at most ${MAX_LOG_BYTES}`,
      have: header.logBytes,
    });
  }
  const bytes = readUpTo(source, offset, header.logBytes);
  if (bytes.length < header.logBytes) throw new DiskError('CONTAINER_LOG', 'log', { offset, need: header.logBytes, have: bytes.length });
  const log = new Log(bytes, offset, header.logGuid);
  const entries = log.activeSequence();
  const head = entries.at(-1);
  if (head === undefined) throw new DiskError('CONTAINER_LOG', 'active sequence', { offset });
  if (head.flushedBytes > BigInt(source.sizeBytes)) {
    throw new DiskError('CONTAINER_LOG', 'file shorter than its log says', {
      offset: offset + head.at,
      need: String(head.flushedBytes),
      have: source.sizeBytes,
    });
  }
  const patches = entries.flatMap((entry) => log.patches(entry));
  const wrong = patches.find(
    (patch) =>
      patch.offset < FIRST_OFFSET ||
      patch.offset + patch.sizeBytes > MAX_FILE_BYTES ||
      (patch.offset < offset + header.logBytes && patch.offset + patch.sizeBytes > offset),
  );
  const last = smallNumber(head.lastBytes);
  if (wrong !== undefined || last === undefined) {
    throw new DiskError('CONTAINER_LOG', 'target of a log entry', {
      offset: offset + head.at,
      have: wrong?.offset ?? String(head.lastBytes),
    });
  }
  return {
    patches,
    sizeBytes: patches.reduce((size, patch) => Math.max(size, patch.offset + patch.sizeBytes), Math.max(source.sizeBytes, last)),
  };
}

class Log {
  readonly #bytes: Uint8Array;
  readonly #offset: number;
  readonly #guid: string;
  /** Entries looked at, by sector of the log. */
  readonly #seen = new Map<number, Entry | undefined>();
  #checked = 0;

  constructor(bytes: Uint8Array, offset: number, guid: string) {
    this.#bytes = bytes;
    this.#offset = offset;
    this.#guid = guid;
  }

  /** Entries from the tail to the head of the newest whole sequence; none when there is no such sequence. */
  activeSequence(): readonly Entry[] {
    let active: readonly Entry[] = [];
    let steps = 0;
    for (let tail = 0; ; ) {
      const entries: Entry[] = [];
      const places = new Map<number, number>();
      let at = tail;
      for (let length = 0; ; ) {
        if (++steps > MAX_STEPS) throw new DiskError('CONTAINER_LIMIT', 'search in the log', { offset: this.#offset, have: steps });
        const entry = this.#entry(at);
        const previous = entries.at(-1);
        if (entry === undefined || (previous !== undefined && entry.sequence !== previous.sequence + 1n)) break;
        length += entry.sizeBytes;
        if (length > this.#bytes.length) break;
        places.set(entry.at, entries.length);
        entries.push(entry);
        at = (at + entry.sizeBytes) % this.#bytes.length;
      }
      const head = entries.at(-1);
      const first = head && places.get(head.tail);
      if (head !== undefined && first !== undefined && head.sequence > (active.at(-1)?.sequence ?? 0n)) active = entries.slice(first);
      const next = first === undefined ? (tail + SECTOR) % this.#bytes.length : at;
      if (next <= tail) return active;
      tail = next;
    }
  }

  #entry(at: number): Entry | undefined {
    const seen = this.#seen.get(at);
    if (seen !== undefined || this.#seen.has(at)) return seen;
    const entry = this.#readEntry(at);
    this.#seen.set(at, entry);
    return entry;
  }

  /** The entry at a place of the log; undefined when anything about it is wrong: a torn or an old one. */
  #readEntry(at: number): Entry | undefined {
    const cursor = new Cursor(this.#bytes, at, this.#offset);
    if (cursor.latin1(4, 'signature') !== 'loge') return undefined;
    cursor.skip(4, 'checksum');
    const sizeBytes = cursor.u32('entry length');
    const tail = cursor.u32('tail');
    const sequence = cursor.u64('sequence number');
    const descriptors = cursor.u32('descriptor count');
    const guid = cursor.skip(4, 'reserved').guid('log GUID');
    if (guid !== this.#guid || sequence === 0n || tail % SECTOR !== 0 || tail >= this.#bytes.length) return undefined;
    if (sizeBytes % SECTOR !== 0 || sizeBytes > this.#bytes.length || descriptorBytes(descriptors) > sizeBytes) return undefined;
    const flushedBytes = cursor.u64('flushed file offset');
    const entry: Entry = { at, sizeBytes, tail, sequence, descriptors, flushedBytes, lastBytes: cursor.u64('last file offset') };
    const bytes = this.#bytesOf(entry);
    if (!isWhole(bytes, entry)) return undefined;
    this.#checked += sizeBytes;
    if (this.#checked > this.#bytes.length * MAX_CHECKED) {
      throw new DiskError('CONTAINER_LIMIT', 'entries of the log that overlap', { offset: this.#offset + at, have: this.#checked });
    }
    return new Cursor(bytes, 4).u32('checksum') === structureChecksum(bytes) ? entry : undefined;
  }

  /** An entry's bytes, joined when it goes on at the start of the ring. */
  #bytesOf(entry: Entry): Uint8Array {
    const rest = entry.at + entry.sizeBytes - this.#bytes.length;
    if (rest <= 0) return this.#bytes.subarray(entry.at, entry.at + entry.sizeBytes);
    const joined = new Uint8Array(entry.sizeBytes);
    joined.set(this.#bytes.subarray(entry.at));
    joined.set(this.#bytes.subarray(0, rest), entry.sizeBytes - rest);
    return joined;
  }

  /** What an entry writes. Data get back the bytes that the signature and sequence number of their sector took the place of. */
  patches(entry: Entry): Patch[] {
    const bytes = this.#bytesOf(entry);
    const patches: Patch[] = [];
    let sector = descriptorBytes(entry.descriptors);
    for (const { isData, place, bytesAt, zeroBytes } of descriptorsOf(bytes, entry)) {
      const offset = smallNumber(place) ?? MAX_FILE_BYTES;
      if (!isData) {
        if (zeroBytes > 0n) patches.push({ offset, sizeBytes: smallNumber(zeroBytes) ?? MAX_FILE_BYTES });
        continue;
      }
      const data = bytes.slice(sector, sector + SECTOR);
      data.set(bytes.subarray(bytesAt + 8, bytesAt + 16), 0);
      data.set(bytes.subarray(bytesAt + 4, bytesAt + 8), SECTOR - 4);
      patches.push({ offset, sizeBytes: SECTOR, bytes: data });
      sector += SECTOR;
    }
    return patches;
  }
}

/** Bytes of header and descriptors, in whole sectors. @source [MS-VHDX] 2.3.1 */
function descriptorBytes(count: number): number {
  return Math.ceil((64 + count * 32) / SECTOR) * SECTOR;
}

/** Descriptors of an entry. @source [MS-VHDX] 2.3.1.2, 2.3.1.3 */
function* descriptorsOf(
  bytes: Uint8Array,
  entry: Entry,
): Generator<{ bytesAt: number; isData: boolean; isZero: boolean; zeroBytes: bigint; place: bigint; sequence: bigint }> {
  const cursor = new Cursor(bytes, 64);
  for (let i = 0; i < entry.descriptors; i++) {
    const bytesAt = cursor.position;
    const signature = cursor.latin1(4, 'descriptor signature');
    cursor.skip(4, 'trailing bytes');
    const zeroBytes = cursor.u64('leading bytes or zero length');
    yield {
      bytesAt,
      isData: signature === 'desc',
      isZero: signature === 'zero',
      zeroBytes,
      place: cursor.u64('file offset'),
      sequence: cursor.u64('sequence number'),
    };
  }
}

/** Whether descriptors and data sectors belong to their entry. @source [MS-VHDX] 2.3.1.2 to 2.3.1.4 */
function isWhole(bytes: Uint8Array, entry: Entry): boolean {
  const cursor = new Cursor(bytes);
  let sector = descriptorBytes(entry.descriptors);
  const unit = BigInt(SECTOR);
  for (const { isData, isZero, zeroBytes, place, sequence } of descriptorsOf(bytes, entry)) {
    if (sequence !== entry.sequence || place % unit !== 0n) return false;
    if (!isData) {
      if (!isZero || zeroBytes % unit !== 0n) return false;
      continue;
    }
    if (sector + SECTOR > bytes.length) return false;
    if (cursor.seek(sector, 'data sector').latin1(4, 'data signature') !== 'data') return false;
    const high = cursor.u32('sequence high');
    const low = cursor.seek(sector + SECTOR - 4, 'sequence low').u32('sequence low');
    if (((BigInt(high) << 32n) | BigInt(low)) !== entry.sequence) return false;
    sector += SECTOR;
  }
  return true;
}
