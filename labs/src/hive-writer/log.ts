import type { BaseBlock } from './base-block.ts';
import { baseBlock } from './base-block.ts';
import { marvin32 } from './marvin.ts';
import { HIVE } from './types.ts';

/** A run of changed pages, relative to the bins data. */
interface DirtyRun {
  readonly offset: number;
  readonly size: number;
}

/** Runs of pages that differ; pages behind the end of the older state all do. */
function dirtyRuns(before: Uint8Array, after: Uint8Array): DirtyRun[] {
  const runs: { offset: number; size: number }[] = [];
  for (let offset = 0; offset < after.length; offset += HIVE.page) {
    let same = offset + HIVE.page <= before.length;
    for (let at = offset; same && at < offset + HIVE.page; at++) same = before[at] === after[at];
    if (same) continue;
    const last = runs.at(-1);
    if (last && last.offset + last.size === offset) last.size += HIVE.page;
    else runs.push({ offset, size: HIVE.page });
  }
  return runs;
}

/** Base block of a log of the new format: both numbers are that of the log's first entry. */
export function newFormatBase(block: Omit<BaseBlock, 'primary' | 'secondary' | 'fileType'> & { readonly sequence: number }): Uint8Array {
  return baseBlock({ ...block, primary: block.sequence, secondary: block.sequence, fileType: 6 });
}

/** What a log entry is made from. */
export interface LogEntryParts {
  readonly sequence: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  /** Position of the entry in the log, and the multiple at which it ends. */
  readonly position: number;
  readonly align: number;
}

/** A log entry of the new format: header, references, pages, both hashes. @source msuhanov/regf "Log entries" */
export function logEntry({ sequence, before, after, position, align }: LogEntryParts): Uint8Array {
  const runs = dirtyRuns(before, after);
  const length = 40 + runs.length * 8 + runs.reduce((sum, run) => sum + run.size, 0);
  const size = Math.ceil((position + length) / align) * align - position;
  const entry = new Uint8Array(size);
  const view = new DataView(entry.buffer);
  entry.set([0x48, 0x76, 0x4c, 0x45]); // HvLE
  view.setUint32(4, size, true);
  view.setUint32(12, sequence, true);
  view.setUint32(16, after.length, true);
  view.setUint32(20, runs.length, true);
  let at = 40;
  for (const run of runs) {
    view.setUint32(at, run.offset, true);
    view.setUint32(at + 4, run.size, true);
    at += 8;
  }
  for (const run of runs) {
    entry.set(after.subarray(run.offset, run.offset + run.size), at);
    at += run.size;
  }
  sealLogEntry(entry);
  return entry;
}

/** Writes the right hashes into a log entry: hash 1 over everything behind the header, then hash 2 over the header's first 32 bytes. */
export function sealLogEntry(entry: Uint8Array): void {
  const view = new DataView(entry.buffer, entry.byteOffset, entry.length);
  const put = (at: number, [low, high]: readonly [number, number]): void => {
    view.setUint32(at, low, true);
    view.setUint32(at + 4, high, true);
  };
  put(24, marvin32(entry.subarray(40)));
  put(32, marvin32(entry.subarray(0, 32)));
}

/** Puts a log's base block and entries together. */
export function logFile(base: Uint8Array, entries: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(base.length + entries.reduce((sum, entry) => sum + entry.length, 0));
  out.set(base);
  let at = base.length;
  for (const entry of entries) {
    out.set(entry, at);
    at += entry.length;
  }
  return out;
}

/**
 * A log of the old format: base block, bitmap of dirty pages of 512 bytes (eight alike, since Windows tracks blocks of 4096), the pages.
 * @source msuhanov/regf "Old format", "Dirty vector", "Dirty pages"
 */
export function oldFormatLog(block: BaseBlock, before: Uint8Array, after: Uint8Array): Uint8Array {
  const runs = dirtyRuns(before, after);
  const bitmap = new Uint8Array(after.length / HIVE.page);
  for (const run of runs) bitmap.fill(0xff, run.offset / HIVE.page, (run.offset + run.size) / HIVE.page);
  const pages = HIVE.sector + Math.ceil((4 + bitmap.length) / HIVE.sector) * HIVE.sector;
  const out = new Uint8Array(pages + runs.reduce((sum, run) => sum + run.size, 0));
  out.set(baseBlock(block));
  out.set([0x44, 0x49, 0x52, 0x54], HIVE.sector); // DIRT
  out.set(bitmap, HIVE.sector + 4);
  let at = pages;
  for (const run of runs) {
    out.set(after.subarray(run.offset, run.offset + run.size), at);
    at += run.size;
  }
  return out;
}
