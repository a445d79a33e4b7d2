import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { BlockSink, JournalStore } from '@winmedic/disk';

/** What a power cut throws. */
export class PowerCut extends Error {}

/** Counts everything that is done to disk and journal, and cuts the power in the middle of one of them. */
export class Power {
  /** What was done: writes, flushes, changes of size, of the disk and of the journal. */
  readonly done: { readonly on: 'disk' | 'journal'; readonly what: 'write' | 'flush' | 'resize'; readonly sizeBytes: number }[] = [];
  readonly #cutAt: number;
  readonly #torn: (sizeBytes: number) => number;

  /** @param cutAt index of the step that is cut; default none. @param torn how many of its bytes still arrive. */
  constructor(cutAt = Number.POSITIVE_INFINITY, torn: (sizeBytes: number) => number = () => 0) {
    this.#cutAt = cutAt;
    this.#torn = torn;
  }

  /** One step. `part` is given how many of its bytes still arrive. @throws {PowerCut} */
  step(on: 'disk' | 'journal', what: 'write' | 'flush' | 'resize', sizeBytes: number, part: (bytes: number) => void): void {
    const at = this.done.length;
    if (at > this.#cutAt) throw new PowerCut('no power');
    this.done.push({ on, what, sizeBytes });
    if (at < this.#cutAt) {
      part(sizeBytes);
      return;
    }
    const arrives = Math.min(sizeBytes, this.#torn(sizeBytes));
    if (arrives > 0) part(arrives);
    throw new PowerCut(`${on}: ${what} ${at}`);
  }
}

/** What becomes of the writes that were not flushed when the power goes: whether the one of this index arrives; `count` are there. */
export type Survives = (index: number, count: number) => boolean;

/** What a disk with a write cache may do. */
export const SURVIVAL: Readonly<Record<string, Survives>> = {
  'all that was sent': () => true,
  'nothing since the last flush': () => false,
  'only the last sent': (index, count) => index === count - 1,
  'all but the first sent': (index) => index > 0,
  'every other': (index) => index % 2 === 0,
  'every third': (index) => index % 3 === 1,
};

const SECTOR = 512;

/**
 * A disk in memory over a file that is never written: it has a write cache that the flush empties, and remembers every sector that was ever written, so that
 * the whole disk can be compared.
 */
export class CachedDisk implements BlockSink {
  readonly sectorBytes = SECTOR;
  readonly power: Power;
  readonly #base: BaseFile;
  /** Sectors on the platter that were written, and the size of the file. */
  #platter: Map<number, Uint8Array>;
  #platterSize: number;
  readonly #cache: ({ readonly offset: number; readonly bytes: Uint8Array } | { readonly size: number })[] = [];
  /** As a program sees it: platter and cache. */
  readonly #seen: Map<number, Uint8Array>;
  #size: number;

  constructor(base: BaseFile, power = new Power(), from?: { readonly platter: Map<number, Uint8Array>; readonly sizeBytes: number }) {
    this.#base = base;
    this.power = power;
    this.#platter = from?.platter ?? new Map();
    this.#platterSize = from?.sizeBytes ?? base.sizeBytes;
    this.#seen = new Map(this.#platter);
    this.#size = this.#platterSize;
  }

  get sizeBytes(): number {
    return this.#size;
  }

  readAt(offset: number, into: Uint8Array): number {
    const count = Math.max(0, Math.min(into.length, this.#size - offset));
    const part = into.subarray(0, count);
    this.#base.read(offset, part);
    if (count === 0) return 0;
    const first = Math.floor(offset / SECTOR);
    const last = Math.floor((offset + count - 1) / SECTOR);
    for (let index = first; index <= last; index++) {
      const bytes = this.#seen.get(index);
      if (bytes === undefined) continue;
      const from = Math.max(offset, index * SECTOR);
      part.set(bytes.subarray(from - index * SECTOR, Math.min(offset + count, (index + 1) * SECTOR) - index * SECTOR), from - offset);
    }
    return count;
  }

  write(offset: number, bytes: Uint8Array): void {
    this.power.step('disk', 'write', bytes.length, (count) => {
      const part = bytes.slice(0, count);
      this.#put(this.#seen, offset, part);
      this.#cache.push({ offset, bytes: part });
      this.#size = Math.max(this.#size, offset + count);
    });
  }

  flush(): void {
    this.power.step('disk', 'flush', 1, () => this.#settle(() => true));
  }

  resize(size: number): void {
    this.power.step('disk', 'resize', 1, () => {
      this.#cache.push({ size });
      this.#cut(this.#seen, size);
      this.#size = size;
    });
  }

  /** The disk when the power comes back: of what lies in the cache only what survives. */
  afterPowerCut(survives: Survives, power?: Power): CachedDisk {
    const platter = new Map([...this.#platter].map(([index, bytes]) => [index, bytes]));
    const twin = new CachedDisk(this.#base, power, { platter, sizeBytes: this.#platterSize });
    twin.#cache.push(...this.#cache);
    twin.#settle(survives);
    return new CachedDisk(this.#base, power, { platter: twin.#platter, sizeBytes: twin.#platterSize });
  }

  /** Sectors that differ from those of another disk over the same file; empty: the same disk bit for bit. Sizes count as one. */
  differsFrom(other: CachedDisk): number[] {
    const indexes = new Set([...this.#seen.keys(), ...other.#seen.keys()]);
    const size = Math.min(this.#size, other.#size);
    const found = this.#size === other.#size ? [] : [-1];
    const [one, two] = [new Uint8Array(SECTOR), new Uint8Array(SECTOR)];
    for (const index of indexes) {
      if (index * SECTOR >= size) continue;
      this.readAt(index * SECTOR, one.fill(0));
      other.readAt(index * SECTOR, two.fill(0));
      if (Buffer.compare(one, two) !== 0) found.push(index);
    }
    return found;
  }

  /** Digest of all that was ever written, by place: the same for the same disk over the same file. */
  digest(): string {
    const hash = createHash('sha1').update(`${this.#size}`);
    for (const index of [...this.#seen.keys()].sort((a, b) => a - b)) hash.update(`${index} `).update(this.#seen.get(index)!);
    return hash.digest('hex');
  }

  #settle(survives: Survives): void {
    this.#cache.forEach((entry, i, all) => {
      if (!survives(i, all.length)) return;
      if ('size' in entry) {
        this.#cut(this.#platter, entry.size);
        this.#platterSize = entry.size;
      } else {
        this.#put(this.#platter, entry.offset, entry.bytes);
        this.#platterSize = Math.max(this.#platterSize, entry.offset + entry.bytes.length);
      }
    });
    this.#cache.length = 0;
  }

  #put(sectors: Map<number, Uint8Array>, offset: number, bytes: Uint8Array): void {
    for (let at = offset; at < offset + bytes.length; ) {
      const index = Math.floor(at / SECTOR);
      const end = Math.min(offset + bytes.length, (index + 1) * SECTOR);
      const fresh = new Uint8Array(SECTOR);
      const old = sectors.get(index);
      if (old !== undefined) fresh.set(old);
      else this.#base.read(index * SECTOR, fresh);
      fresh.set(bytes.subarray(at - offset, end - offset), at - index * SECTOR);
      sectors.set(index, fresh);
      at = end;
    }
  }

  #cut(sectors: Map<number, Uint8Array>, size: number): void {
    for (const [index, bytes] of sectors) {
      if (index * SECTOR >= size) sectors.delete(index);
      else if ((index + 1) * SECTOR > size) sectors.set(index, bytes.slice().fill(0, size - index * SECTOR));
    }
  }
}

/** The file below, read only; zeros behind its end. */
export class BaseFile {
  readonly sizeBytes: number;
  readonly #fd: number;

  constructor(path: string) {
    this.#fd = openSync(path, 'r');
    this.sizeBytes = fstatSync(this.#fd).size;
  }

  read(offset: number, into: Uint8Array): void {
    const got = offset >= this.sizeBytes ? 0 : readSync(this.#fd, into, 0, into.length, offset);
    into.fill(0, got);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** A journal in memory; what was appended since the last flush may be lost. */
export class CachedJournal implements JournalStore {
  readonly power: Power;
  #bytes: Uint8Array;
  #flushed: number;

  constructor(power = new Power(), bytes: Uint8Array = new Uint8Array()) {
    this.power = power;
    this.#bytes = bytes;
    this.#flushed = bytes.length;
  }

  get sizeBytes(): number {
    return this.#bytes.length;
  }

  readAt(offset: number, into: Uint8Array): number {
    const part = this.#bytes.subarray(offset, offset + into.length);
    into.set(part);
    return part.length;
  }

  append(bytes: Uint8Array): void {
    this.power.step('journal', 'write', bytes.length, (count) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes.subarray(0, count)]);
    });
  }

  flush(): void {
    this.power.step('journal', 'flush', 1, () => {
      this.#flushed = this.#bytes.length;
    });
  }

  /** The file when the power comes back: with or without what was not flushed, or with zeros in its place (the size was written, the data not). */
  afterPowerCut(rest: 'kept' | 'lost' | 'zeros', power?: Power): CachedJournal {
    const bytes = this.#bytes.slice(0, rest === 'lost' ? this.#flushed : this.#bytes.length);
    if (rest === 'zeros') bytes.fill(0, this.#flushed);
    return new CachedJournal(power, bytes);
  }
}
