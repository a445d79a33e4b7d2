import { FormatError } from '@winmedic/bytes';
import { compareDisk, type DiskState, finishJournal, type Journal, type JournalProgress, undoJournal } from '@winmedic/disk';
import { type FileDevice, type FileSink, openFileDevice } from '../disk/file-device.ts';
import { hibernatedVolumes } from '../disk/hibernation.ts';
import { type OpenDiskOptions, type OpenedDisk, openDisk } from '../disk/open-disk.ts';
import { RecoveryError } from './errors.ts';
import { ranSince } from './identity.ts';
import { isTrusted, sha256, wholeJournalsOf, withJournal } from './journal-file.ts';
import { openForWriting, refuseUsed } from './writing.ts';

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
  /** Keys, so that a BitLocker volume can be asked whether it is hibernated; without one it is not asked. */
  readonly open?: OpenDiskOptions;
}

/** What undoing found and did. */
export interface Undone {
  readonly journal: string;
  readonly purpose: string;
  readonly madeAt: string;
  readonly identity: readonly string[];
  readonly before: DiskState;
  readonly outcome: 'undone' | 'finished' | 'nothing' | 'refused' | 'planned';
  readonly changes: number;
  readonly bytes: number;
  /** First place that is neither as before nor as after the repair. */
  readonly foreignAt?: number;
}

/**
 * Newest journal of a disk that has anything to undo or to finish: not undone, and not one whose repair never began.
 * @throws {RecoveryError} RECOVERY_NO_JOURNAL; RECOVERY_JOURNAL for one of a stranger, which must be named.
 */
function newestJournal(path: string, device: FileDevice): string {
  const open = wholeJournalsOf(path, device.isDevice).filter((journal) => withJournal(journal, ({ state }) => state !== 'undone'));
  const newest = open.findLast((journal) => withJournal(journal, (one) => compareDisk(one, device).state !== 'untouched'));
  const chosen = newest ?? open.at(-1);
  if (chosen === undefined) throw new RecoveryError('RECOVERY_NO_JOURNAL', path);
  if (!isTrusted(chosen, path, device.isDevice)) throw new RecoveryError('RECOVERY_JOURNAL', chosen, { need: 'an owner to be trusted' });
  return chosen;
}

/**
 * Puts every byte back that a repair changed, or finishes one that was interrupted. Refused when anything else wrote to one of those places since.
 * @throws {RecoveryError} RECOVERY_NO_JOURNAL, RECOVERY_IN_USE, RECOVERY_HIBERNATED (Windows ran since, and would continue over what is put back),
 *   RECOVERY_STARTED_SINCE (it ran, and its log has pending records); {DiskError} of the journal; what the disk throws.
 */
export function undoRepair(path: string, options: UndoOptions = {}): Undone {
  const finish = options.finish === true;
  const { journal, facts } = withDevice(path, (device) => {
    const found = options.journal ?? newestJournal(path, device);
    return { journal: found, facts: withJournal(found, (one) => factsOf(found, one, device, finish)) };
  });
  if (facts.outcome === 'planned') refuseStarted(path, facts.identity, options.open);
  if (facts.outcome !== 'planned' || options.dryRun === true) return facts;
  refuseUsed(path);
  const sink = openForWriting(path, options.openSink);
  try {
    return withJournal(
      journal,
      (one, file) => {
        const progress = { sha256, ...(options.onProgress && { onProgress: options.onProgress }) };
        const result = finish ? finishJournal(sink, file, one, progress) : undoJournal(sink, file, one, progress);
        return { ...facts, outcome: finish ? 'finished' : 'undone', changes: result.changes, bytes: result.bytes };
      },
      true,
    );
  } finally {
    sink.close();
  }
}

/**
 * What a Windows that ran since has in memory (hibernated) or in its log (crashed) may differ from what the places of a journal show. A disk too torn to be
 * opened did not start either.
 */
function refuseStarted(path: string, identity: readonly string[], options: OpenDiskOptions = {}): void {
  let disk: ReturnType<typeof openDisk>;
  try {
    disk = openDisk(path, options);
  } catch (error) {
    if (error instanceof FormatError) return;
    throw error;
  }
  try {
    const found = hibernatedVolumes(disk).find(({ state }) => state === 'hibernated');
    if (found !== undefined) throw new RecoveryError('RECOVERY_HIBERNATED', `${found.volume.number}: hiberfil.sys`, { have: found.state });
    const ran = startedSince(disk, identity);
    if (ran !== undefined) throw new RecoveryError('RECOVERY_STARTED_SINCE', `${ran}: $LogFile`);
  } finally {
    disk.close();
  }
}

/** Number of the volume; one whose file system is too torn to say anything did not start. */
function startedSince(disk: OpenedDisk, identity: readonly string[]): number | undefined {
  try {
    return ranSince(disk, identity)?.number;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

function withDevice<T>(path: string, work: (device: FileDevice) => T): T {
  const device = openFileDevice(path);
  try {
    return work(device);
  } finally {
    device.close();
  }
}

function factsOf(path: string, journal: Journal, disk: FileDevice, finish: boolean): Undone {
  const { state, place } = compareDisk(journal, disk);
  const { purpose, madeAt, identity } = journal.header;
  const done = finish ? state === 'changed' && journal.state === 'applied' : state === 'untouched';
  return {
    journal: path,
    purpose,
    madeAt,
    identity,
    before: state,
    outcome: state === 'foreign' ? 'refused' : done ? 'nothing' : 'planned',
    changes: journal.plan.changes.length,
    bytes: journal.bytes,
    ...(state === 'foreign' && place !== undefined && { foreignAt: place.offset }),
  };
}
