import type { ByteSource } from '@winmedic/bytes';
import { type BaseBlock, parseBaseBlock } from './base-block.ts';
import { invalidBins } from './bins.ts';
import type { Damages } from './damages.ts';
import { BASE_BLOCK_SIZE, BASE_SECTOR, BIN_HEADER_SIZE, HBIN, PAGE_SIZE } from './layout.ts';
import { type LogFile, readLogFile, type Stopped, sameHive, showsOtherHive } from './log-file.ts';
import { applyEntries } from './log-new.ts';
import { applyOldLog } from './log-old.ts';
import { Pages } from './pages.ts';
import { Patches } from './patches.ts';
import type { HiveLogFile, LogUse } from './types.ts';

/** The hive after its logs were looked at. */
export interface Replay {
  /** The first sector of the hive's own file. */
  readonly own: BaseBlock | undefined;
  /** The base block that counts: the hive's, or the log's it was rebuilt from; `undefined` when there is none. */
  readonly base: BaseBlock | undefined;
  readonly rebuilt: boolean;
  readonly dirty: boolean;
  /** No log was given that holds anything. */
  readonly noLogs: boolean;
  /** Something of a log was applied. */
  readonly replayed: boolean;
  readonly binsDataSize: number;
  readonly flags: number;
  /** Sequence number of the state reached: the last entry's, or the old log's. */
  readonly sequence: number | undefined;
  readonly patches: Patches;
  readonly logs: readonly LogUse[];
}

/** Whether a log has the hive's last-written time: that of the base block as far as it is legible, else of the first bin, which repeats it. */
function timesMatch(source: ByteSource, broken: BaseBlock | undefined, log: BaseBlock): boolean {
  if (broken?.signature === true && broken.lastWritten === log.lastWritten) return true;
  const head = new Uint8Array(BIN_HEADER_SIZE);
  if (source.readAt(BASE_BLOCK_SIZE, head) < head.length) return false;
  const view = new DataView(head.buffer);
  return view.getUint32(0, true) === HBIN && view.getBigUint64(20, true) === log.lastWritten;
}

/** A bin as Windows puts it in place of an invalid one: a header and one free cell. */
function dummyBin(start: number, size: number): ByteSource {
  const head = new DataView(new ArrayBuffer(BIN_HEADER_SIZE + 4));
  head.setUint32(0, HBIN, true);
  head.setUint32(4, start - BASE_BLOCK_SIZE, true);
  head.setUint32(8, size, true);
  head.setInt32(BIN_HEADER_SIZE, size - BIN_HEADER_SIZE, true);
  const bytes = new Uint8Array(head.buffer);
  return {
    sizeBytes: size,
    readAt(offset, into) {
      const length = Math.max(0, Math.min(into.length, size - offset));
      into.fill(0, 0, length);
      if (offset < bytes.length) into.set(bytes.subarray(offset, Math.min(bytes.length, offset + length)));
      return length;
    },
  };
}

/**
 * Decides whether the hive is dirty, and lays the logs over it as Windows does when it loads the hive.
 * @source msuhanov/regf, "Dirty state of a hive", "Multiple transaction log files", "Log entries" notes 4 to 11, "Old format" notes 2 to 4
 */
export function replay(source: ByteSource, given: readonly HiveLogFile[], maxHiveBytes: number, damages: Damages): Replay {
  const head = new Uint8Array(BASE_SECTOR);
  const base = parseBaseBlock(head.subarray(0, source.readAt(0, head)));
  const valid = base?.signature === true && base.checksumValid && base.fileType === 0;
  const dirty = !valid || base.primarySequence !== base.secondarySequence;
  const patches = new Patches();
  const logs = given.map(readLogFile);
  const uses = new Map<LogFile, LogUse>();
  const use = (log: LogFile, stopped: Stopped, more: Partial<LogUse> = {}): void => {
    uses.set(log, { name: log.name, format: log.format, applied: 0, stopped, ...more });
  };
  let effective = base;
  let rebuilt = false;
  let binsDataSize = base?.binsDataSize ?? 0;
  let flags = base?.flags ?? 0;
  let sequence: number | undefined;
  const rebuild = (log: BaseBlock): void => {
    if (valid) return;
    effective = log;
    rebuilt = true;
    ({ binsDataSize, flags } = log);
  };
  const broken = (log: LogFile, at: number, what: string): void => damages.add('HIVE_LOG_BROKEN', at, `${log.name}: ${what}`);

  if (!dirty) for (const log of logs) use(log, log.refused === 'not-a-log' ? 'not-a-log' : 'not-needed');
  else {
    const usable: LogFile[] = [];
    for (const log of logs) {
      if (log.base === undefined) {
        use(log, log.refused!);
        if (!log.empty) broken(log, 0, 'base block');
        continue;
      }
      const same = valid
        ? sameHive(base, log.base)
        : log.format === 'new'
          ? !isOther(source, base, log.base)
          : timesMatch(source, base, log.base);
      if (!same) {
        use(log, 'not-this-hive');
        damages.add('HIVE_LOG_FOREIGN', 0, log.name);
      } else usable.push(log);
    }
    const entryLogs = usable.filter((log) => log.format === 'new').toSorted((a, b) => a.base!.primarySequence - b.base!.primarySequence);
    const oldLogs = usable.filter((log) => log.format === 'old').toSorted((a, b) => b.base!.primarySequence - a.base!.primarySequence);
    const chosen = valid ? entryLogs : entryLogs.slice(-1);
    for (const log of entryLogs) if (!chosen.includes(log)) use(log, 'not-needed');
    let next: number | undefined;
    const outdated: LogFile[] = [];
    for (const log of chosen) {
      const first = log.base!.primarySequence;
      if (valid && first < (next ?? base.secondarySequence)) {
        use(log, 'already-applied');
        outdated.push(log);
        continue;
      }
      if (next !== undefined && first > next) {
        use(log, 'gap');
        broken(log, 0, 'sequence number');
        continue;
      }
      if (!valid) rebuild(log.base!);
      const result = applyEntries(log.source, { binsDataSize, flags, sequence: first, maxHiveBytes }, patches);
      ({ binsDataSize, flags } = result);
      use(log, result.stopped, {
        applied: result.applied,
        ...(result.firstSequence === undefined ? {} : { firstSequence: result.firstSequence }),
        ...(result.lastSequence === undefined ? {} : { lastSequence: result.lastSequence }),
      });
      if (result.stopped !== 'end' || result.applied === 0) broken(log, result.at, `log entry, ${result.stopped}`);
      sequence = result.lastSequence ?? sequence;
      // An entry that is there and cannot be used must not be passed over either.
      next = result.lastSequence === undefined ? first : result.lastSequence + 1;
    }
    if (patches.count === 0) for (const log of outdated) damages.add('HIVE_LOG_FOREIGN', 0, log.name);
    for (const log of oldLogs) {
      // The old logs hold all dirty pages each: the newest is enough.
      if (patches.count > 0) {
        use(log, 'not-needed');
        continue;
      }
      const size = Math.min(log.base!.binsDataSize, maxHiveBytes);
      const result = applyOldLog(log, { source, end: BASE_BLOCK_SIZE + size }, patches);
      if (result.applied > 0) {
        rebuild(log.base!);
        binsDataSize = size;
        sequence = log.base!.primarySequence;
      }
      use(log, result.stopped, {
        applied: result.applied,
        ...(sequence === undefined ? {} : { firstSequence: sequence, lastSequence: sequence }),
      });
      if (result.stopped !== 'end') broken(log, result.at, `dirty page, ${result.stopped}`);
    }
  }

  if (entriesApplied(uses)) replaceInvalidBins(source, patches, BASE_BLOCK_SIZE + binsDataSize, damages);
  return {
    own: base,
    base: effective,
    rebuilt,
    dirty,
    noLogs: logs.every((log) => log.empty),
    replayed: [...uses.values()].some((made) => made.applied > 0),
    binsDataSize,
    flags,
    sequence,
    patches,
    logs: logs.map((log) => uses.get(log)!),
  };
}

function entriesApplied(uses: ReadonlyMap<LogFile, LogUse>): boolean {
  return [...uses.values()].some((use) => use.format === 'new' && use.applied > 0);
}

/** Whether what is left of a base block, or the time in the first bin (when both are set), shows a log of the new format to be of another hive. */
function isOther(source: ByteSource, broken: BaseBlock | undefined, log: BaseBlock): boolean {
  if (broken?.signature === true && showsOtherHive(broken, log)) return true;
  if (log.lastWritten === 0n || timesMatch(source, broken, log)) return false;
  const time = new Uint8Array(8);
  if (source.readAt(BASE_BLOCK_SIZE + 20, time) < time.length) return false;
  return new DataView(time.buffer).getBigUint64(0, true) !== 0n;
}

function replaceInvalidBins(source: ByteSource, patches: Patches, end: number, damages: Damages): void {
  const pages = new Pages(source, patches, end);
  const invalid = [...invalidBins(pages, patches.stretches())];
  for (const { start, size } of invalid) {
    damages.add('HIVE_BIN', start, 'hive bin after the replay', { need: 'hbin', have: size });
    if (size >= PAGE_SIZE) patches.add(start, size, dummyBin(start, size), 0);
  }
}
