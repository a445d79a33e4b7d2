import type { ByteSource } from '@winmedic/bytes';
import { MAX_PATCHES } from './limits.ts';

/** Bytes of a log that take the place of bytes of the hive. */
interface Patch {
  /** File offset in the hive. */
  readonly start: number;
  readonly length: number;
  readonly source: ByteSource;
  /** Offset in `source`. */
  readonly at: number;
}

/** Patches are looked up by this many bytes of the hive. */
const CHUNK_BITS = 16;

/** What a replay lays over the hive: references into the logs, in the order of their application; nothing is copied before it is read. */
export class Patches {
  readonly #chunks = new Map<number, Patch[]>();
  #merged: readonly (readonly [start: number, end: number])[] | undefined;
  #all: Patch[] = [];

  /** Number of patches. */
  get count(): number {
    return this.#all.length;
  }

  /** There is room for `more` patches. */
  hasRoom(more: number): boolean {
    return this.#all.length + more <= MAX_PATCHES;
  }

  /** Lays `length` bytes of `source` from `at` over the hive from file offset `start`, over all earlier ones. */
  add(start: number, length: number, source: ByteSource, at: number): void {
    const patch: Patch = { start, length, source, at };
    this.#all.push(patch);
    this.#merged = undefined;
    const last = (start + length - 1) >>> CHUNK_BITS;
    for (let chunk = start >>> CHUNK_BITS; chunk <= last; chunk++) {
      const list = this.#chunks.get(chunk);
      if (list === undefined) this.#chunks.set(chunk, [patch]);
      else list.push(patch);
    }
  }

  /** Overwrites what lies in the file from `offset` with what the logs say. */
  apply(offset: number, into: Uint8Array): void {
    if (this.#all.length === 0 || into.length === 0) return;
    const end = offset + into.length;
    const last = (end - 1) >>> CHUNK_BITS;
    for (let chunk = offset >>> CHUNK_BITS; chunk <= last; chunk++) {
      const chunkStart = Math.max(offset, chunk * 2 ** CHUNK_BITS);
      const chunkEnd = Math.min(end, (chunk + 1) * 2 ** CHUNK_BITS);
      for (const patch of this.#chunks.get(chunk) ?? []) {
        const from = Math.max(chunkStart, patch.start);
        const to = Math.min(chunkEnd, patch.start + patch.length);
        if (from >= to) continue;
        const part = into.subarray(from - offset, to - offset);
        const got = patch.source.readAt(patch.at + from - patch.start, part);
        // The log was verified when the hive was opened; one cut since must not let the outdated page through.
        if (got < part.length) part.fill(0, got);
      }
    }
  }

  /** The patched stretches in order, joined where they touch. */
  stretches(): readonly (readonly [start: number, end: number])[] {
    if (this.#merged !== undefined) return this.#merged;
    const merged: [number, number][] = [];
    for (const { start, length } of this.#all.toSorted((a, b) => a.start - b.start)) {
      const open = merged.at(-1);
      if (open !== undefined && start <= open[1]) open[1] = Math.max(open[1], start + length);
      else merged.push([start, start + length]);
    }
    this.#merged = merged;
    return merged;
  }

  /** File offset up to which bytes from `offset` are patched without a gap (`offset` itself when it is not). */
  coveredTo(offset: number): number {
    const found = this.#firstEndingAfter(offset);
    return found !== undefined && found[0] <= offset ? found[1] : offset;
  }

  /** First patched file offset from `offset` on; `undefined` when there is none. */
  nextFrom(offset: number): number | undefined {
    const found = this.#firstEndingAfter(offset);
    return found === undefined ? undefined : Math.max(offset, found[0]);
  }

  #firstEndingAfter(offset: number): readonly [start: number, end: number] | undefined {
    const list = this.stretches();
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (list[middle]![1] > offset) high = middle;
      else low = middle + 1;
    }
    return list[low];
  }
}
