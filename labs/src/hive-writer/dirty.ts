import { baseBlock } from './base-block.ts';
import { logEntry, logFile, newFormatBase, oldFormatLog } from './log.ts';
import { HiveTree } from './tree.ts';
import type { HiveChange, HiveDescription } from './types.ts';
import { HIVE } from './types.ts';
import { DEFAULT_FILE_NAME, joinHive, savedAtOf } from './write-hive.ts';

/** How a dirty hive and its logs are written. */
export interface DirtyOptions {
  /** `new` (default): Windows 8.1 and newer, one log entry per batch of changes. `old`: one set of dirty pages with all batches. */
  readonly format?: 'new' | 'old';
  /** New format: number of the first batch whose entry goes to the other log (default: all in one). */
  readonly splitAt?: number;
  /** The log that is used first, or alone: 1 (default) or 2. Windows swaps them. */
  readonly firstLog?: 1 | 2;
  /**
   * Sequence number of the first log entry, or of the old-format log; default: the hive's own primary number. Real hives are found far behind their logs,
   * because Windows writes the primary file last.
   */
  readonly firstSequence?: number;
  /** New format: positions in the log at which entries end are multiples of it; Windows 10 uses 4096 (default), 512 is legal. */
  readonly align?: 512 | 4096;
  /** Old format: last-written time that the hive got with the interrupted write (default one second after {@link HiveDescription.savedAt}). */
  readonly writtenAt?: bigint;
}

/** A hive whose last writes reached the logs only. */
export interface DirtyHive {
  /** State before the changes; primary and secondary sequence numbers differ. */
  readonly hive: Uint8Array;
  /** The logs; an unused one is empty. */
  readonly log1: Uint8Array;
  readonly log2: Uint8Array;
  /** The bins as they are once all batches are applied, behind a clean base block: what a replay must give, sequence numbers apart. */
  readonly after: Uint8Array;
}

/**
 * Writes a hive as a crash leaves it: the file holds `base`, the logs hold what the batches changed, as pages of 4096 bytes.
 * @throws {RangeError} as `writeHive` does.
 * @source msuhanov/regf "Format of transaction log files", "Multiple transaction log files"
 */
export function writeDirtyHive(base: HiveDescription, batches: readonly (readonly HiveChange[])[], options: DirtyOptions = {}): DirtyHive {
  const savedAt = savedAtOf(base);
  const minorVersion = base.minorVersion ?? 5;
  const fileName = base.fileName ?? DEFAULT_FILE_NAME;
  const tree = new HiveTree(base, savedAt);
  for (const change of base.changes ?? []) tree.change(change);
  const before = tree.space.bytes.slice();
  const secondary = base.sequence ?? 1;
  const primary = secondary + 1;
  const first = options.firstSequence ?? primary;
  const block = { minorVersion, rootCell: tree.rootCell, fileName } as const;

  if (options.format === 'old') {
    const writtenAt = options.writtenAt ?? savedAt + 10_000_000n;
    for (const change of batches.flat()) tree.change(change);
    tree.space.stamp(writtenAt);
    const bins = tree.space.bytes.slice();
    // The interrupted write began with the base block: it has the new time, the new size and the raised primary number already.
    const head = { ...block, savedAt: writtenAt, binsSize: bins.length };
    const log = oldFormatLog({ ...head, primary: first, secondary: first, fileType: 1 }, before, bins);
    const grown = new Uint8Array(bins.length);
    grown.set(before);
    const hive = joinHive(baseBlock({ ...head, primary, secondary, fileType: 0 }), grown, base.tail);
    const after = joinHive(baseBlock({ ...head, primary, secondary: primary, fileType: 0 }), bins, base.tail);
    const none = new Uint8Array();
    return options.firstLog === 2 ? { hive, log1: none, log2: log, after } : { hive, log1: log, log2: none, after };
  }

  const entries: Uint8Array[][] = [[], []];
  const bases: Uint8Array[] = [];
  let last = before;
  let position: number = HIVE.sector;
  batches.forEach((batch, i) => {
    for (const change of batch) tree.change(change);
    const bins = tree.space.bytes.slice();
    const which = options.splitAt !== undefined && i >= options.splitAt ? 1 : 0;
    if (!bases[which]) {
      bases[which] = newFormatBase({ ...block, savedAt, binsSize: bins.length, sequence: first + i });
      position = HIVE.sector;
    }
    const entry = logEntry({ sequence: first + i, before: last, after: bins, position, align: options.align ?? HIVE.page });
    entries[which]!.push(entry);
    position += entry.length;
    last = bins;
  });
  const hive = joinHive(baseBlock({ ...block, primary, secondary, savedAt, fileType: 0, binsSize: before.length }), before, base.tail);
  const end = first + batches.length;
  const after = joinHive(
    baseBlock({ ...block, primary: end, secondary: end, savedAt, fileType: 0, binsSize: last.length }),
    last,
    base.tail,
  );
  const logs = entries.map((list, i) => (bases[i] ? logFile(bases[i], list) : new Uint8Array()));
  return options.firstLog === 2 ? { hive, log1: logs[1]!, log2: logs[0]!, after } : { hive, log1: logs[0]!, log2: logs[1]!, after };
}
