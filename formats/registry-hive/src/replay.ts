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
  const own = parseBaseBlock(head.subarray(0, source.readAt(0, head)));
  const valid = own?.signature === true && own.checksumValid && own.fileType === 0;
  const dirty = !valid || own.primarySequence !== own.secondarySequence;
  const logs = given.map(readLogFile);
  const state = new Replaying(source, own, valid, maxHiveBytes, damages);
  if (!dirty) for (const log of logs) state.use(log, log.refused === 'not-a-log' ? 'not-a-log' : 'not-needed');
  else {
    const usable = logs.filter((log) => state.isUsable(log));
    state.applyNew(usable.filter((log) => log.format === 'new'));
    state.applyOld(usable.filter((log) => log.format === 'old'));
  }
  return {
    own,
    base: state.base,
    rebuilt: state.rebuilt,
    dirty,
    noLogs: logs.every((log) => log.empty),
    replayed: state.applied,
    binsDataSize: state.binsDataSize,
    flags: state.flags,
    sequence: state.sequence,
    patches: state.patches,
    logs: logs.map((log) => state.uses.get(log)!),
  };
}

/** What the hive has become so far, log by log. */
class Replaying {
  readonly #source: ByteSource;
  readonly #own: BaseBlock | undefined;
  /** The hive's own base block can be relied on. */
  readonly #valid: boolean;
  readonly #maxHiveBytes: number;
  readonly #damages: Damages;
  readonly patches = new Patches();
  readonly uses = new Map<LogFile, LogUse>();
  base: BaseBlock | undefined;
  rebuilt = false;
  applied = false;
  binsDataSize: number;
  flags: number;
  sequence: number | undefined;

  constructor(source: ByteSource, own: BaseBlock | undefined, valid: boolean, maxHiveBytes: number, damages: Damages) {
    this.#source = source;
    this.#own = own;
    this.#valid = valid;
    this.#maxHiveBytes = maxHiveBytes;
    this.#damages = damages;
    this.base = own;
    this.binsDataSize = own?.binsDataSize ?? 0;
    this.flags = own?.flags ?? 0;
  }

  use(log: LogFile, stopped: Stopped, more: Partial<LogUse> = {}): void {
    this.uses.set(log, { name: log.name, format: log.format, applied: 0, stopped, ...more });
  }

  /** Whether a log can be read and belongs to this hive. */
  isUsable(log: LogFile): boolean {
    if (log.base === undefined) {
      this.use(log, log.refused!);
      if (!log.empty) this.#broken(log, 0, 'base block');
      return false;
    }
    const same = this.#valid
      ? sameHive(this.#own!, log.base)
      : log.format === 'new'
        ? !isOther(this.#source, this.#own, log.base)
        : timesMatch(this.#source, this.#own, log.base);
    if (same) return true;
    this.use(log, 'not-this-hive');
    this.#damages.add('HIVE_LOG_FOREIGN', 0, log.name);
    return false;
  }

  /** Applies logs of Windows 8.1 and later: both of them in the order of their entries, or only the latest when the base block comes from it. */
  applyNew(logs: readonly LogFile[]): void {
    const ordered = logs.toSorted((a, b) => a.base!.primarySequence - b.base!.primarySequence);
    const chosen = this.#valid ? ordered : ordered.slice(-1);
    for (const log of ordered) if (!chosen.includes(log)) this.use(log, 'not-needed');
    /** Number the next entry must have. */
    let next: number | undefined;
    const outdated: LogFile[] = [];
    for (const log of chosen) {
      const first = log.base!.primarySequence;
      if (this.#valid && first < (next ?? this.#own!.secondarySequence)) {
        this.use(log, 'already-applied');
        outdated.push(log);
        continue;
      }
      if (next !== undefined && first > next) {
        this.use(log, 'gap');
        this.#broken(log, 0, 'sequence number');
        continue;
      }
      this.#rebuild(log.base!);
      const { binsDataSize, flags } = this;
      const result = applyEntries(log.source, { binsDataSize, flags, sequence: first, maxHiveBytes: this.#maxHiveBytes }, this.patches);
      this.binsDataSize = result.binsDataSize;
      this.flags = result.flags;
      this.use(log, result.stopped, {
        applied: result.applied,
        ...(result.firstSequence === undefined ? {} : { firstSequence: result.firstSequence }),
        ...(result.lastSequence === undefined ? {} : { lastSequence: result.lastSequence }),
      });
      if (result.stopped !== 'end' || result.applied === 0) this.#broken(log, result.at, `log entry, ${result.stopped}`);
      // An entry that is there and cannot be used must not be passed over either.
      next = result.lastSequence === undefined ? first : result.lastSequence + 1;
      this.sequence = result.lastSequence ?? this.sequence;
      this.applied ||= result.applied > 0;
    }
    if (!this.applied) for (const log of outdated) this.#damages.add('HIVE_LOG_FOREIGN', 0, log.name);
    else this.#replaceInvalidBins();
  }

  /**
   * Applies the newest log of the format before Windows 8.1: each holds all pages that were dirty. Newest is the one with the higher sequence number.
   * Windows itself has no one rule for two logs that fit: before 8 it takes the first unless the base block is broken, then the one with the later
   * time, and the boot loader takes the first that fits.
   * @source msuhanov/regf, "Multiple transaction log files", "Old format"
   */
  applyOld(logs: readonly LogFile[]): void {
    for (const log of logs.toSorted((a, b) => b.base!.primarySequence - a.base!.primarySequence)) {
      if (this.applied) {
        this.use(log, 'not-needed');
        continue;
      }
      const size = Math.min(log.base!.binsDataSize, this.#maxHiveBytes);
      const { applied, stopped, at } = applyOldLog(log, { source: this.#source, end: BASE_BLOCK_SIZE + size }, this.patches);
      if (applied > 0) {
        this.#rebuild(log.base!);
        this.binsDataSize = size;
        this.sequence = log.base!.primarySequence;
        this.applied = true;
      }
      const { sequence } = this;
      this.use(log, stopped, { applied, ...(sequence === undefined ? {} : { firstSequence: sequence, lastSequence: sequence }) });
      if (stopped !== 'end') this.#broken(log, at, `dirty page, ${stopped}`);
    }
  }

  #rebuild(log: BaseBlock): void {
    if (this.#valid) return;
    this.base = log;
    this.rebuilt = true;
    this.binsDataSize = log.binsDataSize;
    this.flags = log.flags;
  }

  #broken(log: LogFile, at: number, what: string): void {
    this.#damages.add('HIVE_LOG_BROKEN', at, `${log.name}: ${what}`);
  }

  #replaceInvalidBins(): void {
    const pages = new Pages(this.#source, this.patches, BASE_BLOCK_SIZE + this.binsDataSize);
    for (const { start, size } of [...invalidBins(pages, this.patches.stretches())]) {
      this.#damages.add('HIVE_BIN', start, 'hive bin after the replay', { need: 'hbin', have: size });
      if (size >= PAGE_SIZE) this.patches.add(start, size, dummyBin(start, size), 0);
    }
  }
}

/** Whether what is left of a base block, or the time in the first bin (when both are set), shows a log of the new format to be of another hive. */
function isOther(source: ByteSource, broken: BaseBlock | undefined, log: BaseBlock): boolean {
  if (broken?.signature === true && showsOtherHive(broken, log)) return true;
  if (log.lastWritten === 0n || timesMatch(source, broken, log)) return false;
  const time = new Uint8Array(8);
  if (source.readAt(BASE_BLOCK_SIZE + 20, time) < time.length) return false;
  return new DataView(time.buffer).getBigUint64(0, true) !== 0n;
}
