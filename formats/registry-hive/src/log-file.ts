import { type BaseBlock, parseBaseBlock } from './base-block.ts';
import { BASE_SECTOR, DIRT } from './layout.ts';
import type { HiveLogFile, LogUse } from './types.ts';

/** Why a log is not applied (any further). */
export type Stopped = NonNullable<LogUse['stopped']>;

/** A transaction log with its base block looked at. */
export interface LogFile {
  readonly name: string;
  readonly source: HiveLogFile['source'];
  readonly format: LogUse['format'];
  /** Its copy of the base block, when that is valid. */
  readonly base: BaseBlock | undefined;
  /** Why it cannot be used, when it cannot. */
  readonly refused: Stopped | undefined;
  /** It holds nothing but zeros or nothing at all, as unused logs do. */
  readonly empty: boolean;
}

/**
 * Looks at a log's base block. Valid is one with a right checksum, a file type of a log and two equal sequence numbers.
 * @source msuhanov/regf, "Format of transaction log files", "Base block", notes 1 and 2
 */
export function readLogFile({ name, source }: HiveLogFile): LogFile {
  const head = new Uint8Array(BASE_SECTOR);
  const got = source.readAt(0, head);
  const refuse = (refused: Stopped, format: LogUse['format'], empty = false): LogFile => ({
    name,
    source,
    format,
    base: undefined,
    refused,
    empty,
  });
  if (head.subarray(0, got).every((byte) => byte === 0)) return refuse('not-a-log', 'none', true);
  const base = parseBaseBlock(head.subarray(0, got));
  if (base === undefined) return refuse('truncated', 'none');
  const format = base.fileType === 6 ? 'new' : base.fileType === 1 || base.fileType === 2 ? 'old' : 'none';
  if (!base.signature || format === 'none') return refuse('not-a-log', 'none');
  if (!base.checksumValid) return refuse('bad-hash', format);
  if (base.primarySequence !== base.secondarySequence) return refuse('gap', format);
  const mark = new DataView(new ArrayBuffer(4));
  source.readAt(logStart(base), new Uint8Array(mark.buffer));
  // A new log without entries is one that is empty; without its bitmap an old log means nothing.
  if (format === 'old' && mark.getUint32(0, true) !== DIRT) return refuse('not-a-log', format);
  return { name, source, format, base, refused: undefined, empty: false };
}

/** Offset of the first entry, or of the dirty vector: the second sector, which only the old format measures by the clustering factor. */
export function logStart(base: BaseBlock): number {
  return base.fileType === 6 ? BASE_SECTOR : BASE_SECTOR * Math.min(8, Math.max(1, base.clusteringFactor));
}

/** Last component of a path with backslashes, in lower case: Windows notes the path a hive was loaded from, which may change. */
function lastName(path: string): string {
  return path.slice(path.lastIndexOf('\\') + 1).toLowerCase();
}

/** Marks of identity that two base blocks have and do not share: time, root cell, resource manager (when both have one), name. */
function differences(
  hive: BaseBlock,
  log: BaseBlock,
): { readonly time: boolean; readonly root: boolean; readonly manager: boolean | undefined; readonly name: boolean } {
  return {
    time: hive.lastWritten !== log.lastWritten,
    root: hive.rootOffset !== log.rootOffset || hive.majorVersion !== log.majorVersion,
    manager:
      hive.resourceManager === undefined || log.resourceManager === undefined ? undefined : hive.resourceManager !== log.resourceManager,
    name: lastName(hive.fileName) !== lastName(log.fileName),
  };
}

/**
 * Whether a log was written for this hive. Windows goes by the file name alone; a reader is handed files from anywhere, and entries of another hive
 * would make keys that never existed. All of these agree for a hive and its own logs: the last-written time (not updated as of 8.1, copied
 * before), the root cell, and the resource manager's GUID. Of the noted path only the last component counts, and only without such a GUID: a
 * hive may be renamed.
 * @param hive the hive's base block with a right checksum.
 */
export function sameHive(hive: BaseBlock, log: BaseBlock): boolean {
  const { time, root, manager, name } = differences(hive, log);
  return !time && !root && !(manager ?? name);
}

/** Whether a broken base block still shows that a log is of another hive: one mark may be what is broken, two are not. */
export function showsOtherHive(broken: BaseBlock, log: BaseBlock): boolean {
  const { time, root, manager, name } = differences(broken, log);
  return [time, root, manager, name].filter((differs) => differs === true).length >= 2;
}
