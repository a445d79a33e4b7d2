import { compareDisk, finishJournal, type JournalProgress, undoJournal } from '@winmedic/disk';
import { type FileSink, openFileDevice, openFileSink } from '../disk/file-device.ts';
import { diskUses } from '../disk/in-use.ts';
import type { DiskState as JournalDiskState } from '@winmedic/disk';
import { RecoveryError } from './errors.ts';
import { journalsOf, sha256, withJournal } from './journal-file.ts';

/** How a repair is undone or finished. */
export interface UndoOptions {
  /** Journal; default the newest beside the disk that was not undone. */
  readonly journal?: string;
  /** Roll an interrupted repair forward instead of back. */
  readonly finish?: boolean;
  /** Only say what would be done. */
  readonly dryRun?: boolean;
  readonly onProgress?: (progress: JournalProgress) => void;
  readonly openSink?: (path: string) => FileSink;
}

/** What undoing found and did. */
export interface Undone {
  readonly journal: string;
  readonly purpose: string;
  readonly madeAt: string;
  readonly identity: readonly string[];
  readonly before: JournalDiskState;
  readonly outcome: 'undone' | 'finished' | 'nothing' | 'refused' | 'planned';
  readonly changes: number;
  readonly bytes: number;
  /** First place that is neither as before nor as after the repair. */
  readonly foreignAt?: number;
}

/** Newest journal of a disk that was not undone. @throws {RecoveryError} RECOVERY_NO_JOURNAL. */
export function newestJournal(path: string, isDevice: boolean): string {
  const open = journalsOf(path, isDevice).filter((journal) => withJournal(journal, ({ state }) => state !== 'undone'));
  const newest = open.at(-1);
  if (newest === undefined) throw new RecoveryError('RECOVERY_NO_JOURNAL', path);
  return newest;
}

/**
 * Puts every byte back that a repair changed, or finishes one that was interrupted. Refused when anything else wrote to one of those places since.
 * @throws {RecoveryError} RECOVERY_NO_JOURNAL, RECOVERY_IN_USE; {DiskError} of the journal; what the disk throws.
 */
export function undoRepair(path: string, options: UndoOptions = {}): Undone {
  const device = openFileDevice(path);
  const journalPath = ((): string => {
    try {
      return options.journal ?? newestJournal(path, device.isDevice);
    } catch (error) {
      device.close();
      throw error;
    }
  })();
  const facts = ((): Undone => {
    try {
      return withJournal(journalPath, (journal) => {
        const { state, place } = compareDisk(journal, device);
        const { purpose, madeAt, identity } = journal.header;
        const nothing = state === (options.finish === true ? 'changed' : 'untouched') && (options.finish === true || journal.state === 'undone');
        return {
          journal: journalPath,
          purpose,
          madeAt,
          identity,
          before: state,
          outcome: state === 'foreign' ? 'refused' : nothing ? 'nothing' : 'planned',
          changes: journal.plan.changes.length,
          bytes: journal.bytes,
          ...(state === 'foreign' && place !== undefined && { foreignAt: place.offset }),
        };
      });
    } finally {
      device.close();
    }
  })();
  if (facts.outcome !== 'planned' || options.dryRun === true) return facts;
  const { uses } = diskUses(path);
  if (uses.length > 0) throw new RecoveryError('RECOVERY_IN_USE', path, { have: uses.map(({ kind, by }) => `${kind} ${by}`).join(', ') });
  const sink = (options.openSink ?? openFileSink)(path);
  try {
    return withJournal(
      journalPath,
      (journal, file) => {
        const progress = { sha256, ...(options.onProgress && { onProgress: options.onProgress }) };
        const result = options.finish === true ? finishJournal(sink, file, journal, progress) : undoJournal(sink, file, journal, progress);
        return { ...facts, outcome: options.finish === true ? 'finished' : 'undone', changes: result.changes, bytes: result.bytes };
      },
      true,
    );
  } finally {
    sink.close();
  }
}
