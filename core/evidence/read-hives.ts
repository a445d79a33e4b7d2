import type { StateAddress } from '@winmedic/knowledge/model';
import type { FileSource } from './file-source.ts';
import { alignUntil } from './hive-collection.ts';
import { folderOf, type HiveShelf, type HiveWithLogs, type ShelvedFile } from './hive-shelf.ts';
import { type Problems, unreadable } from './problems.ts';
import { type HiveReading, readHive } from './read-hive.ts';

/** What reading the hives of a case needs. */
export interface HivesContext {
  /** Addresses every hive is asked for. */
  readonly wanted: readonly StateAddress[];
  readonly problems: Problems;
  readonly signal?: AbortSignal;
  /** Runs the reading of one hive, which does not return to the event loop. */
  readonly runSync: <T>(work: () => T) => T;
}

/**
 * Reads the hives put on a shelf, each with its logs. One that cannot be read is a problem, and the others are still read.
 * @throws the reason of `signal` when aborted.
 */
export function readHives(shelf: HiveShelf, context: HivesContext): HiveReading[] {
  const { pairs, leftOver } = shelf.pairs();
  for (const { label } of leftOver) context.problems.add({ code: 'EVIDENCE_HIVE_LOG_ALONE', path: label, severity: 'note' });
  const read = pairs.flatMap((pair) => {
    const reading = readOne(pair, context);
    return reading === undefined ? [] : [{ folder: folderOf(pair.hive.label), reading }];
  });
  return alignUntil(read).map(({ reading }) => reading);
}

function readOne({ hive, logs }: HiveWithLogs, { wanted, problems, signal, runSync }: HivesContext): HiveReading | undefined {
  signal?.throwIfAborted();
  const opened: FileSource[] = [];
  const open = (file: ShelvedFile): FileSource => {
    const source = file.open();
    opened.push(source);
    return source;
  };
  try {
    const input = {
      source: open(hive),
      path: hive.label,
      sourceId: hive.sourceId,
      logs: logs.map((log) => ({ name: log.label, source: open(log) })),
      now: BigInt(Date.now()) * 1_000_000n,
    };
    return runSync(() => readHive(input, wanted, problems));
  } catch (error) {
    problems.add(unreadable(error, hive.label));
    return undefined;
  } finally {
    for (const source of opened) source.close();
  }
}
