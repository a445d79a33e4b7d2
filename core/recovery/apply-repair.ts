import { rmSync } from 'node:fs';
import { applyJournal, DiskError, type JournalProgress, type NtfsVolume, writeJournal } from '@winmedic/disk';
import { type FileSink, openFileDevice } from '../disk/file-device.ts';
import { type OpenDiskOptions, openDisk } from '../disk/open-disk.ts';
import { windowsVolume } from '../disk/windows.ts';
import type { CheckReport } from '../model/disk.ts';
import { checkResult } from './check-plan.ts';
import { RecoveryError } from './errors.ts';
import { identityOf } from './identity.ts';
import { createJournalFile, nextJournalPath, sha256, tornJournal } from './journal-file.ts';
import type { PlannedRepair } from './plan-repair.ts';
import { openForWriting, refuseUsed } from './writing.ts';

/** How a planned repair is written. */
export interface ApplyOptions {
  /** File of the undo journal; default beside the image, or in the current folder for a device. */
  readonly journal?: string;
  readonly onProgress?: (progress: JournalProgress) => void;
  readonly signal?: AbortSignal;
  /** Opens the disk for writing. Default the file or device itself; tests make it fail. */
  readonly openSink?: (path: string) => FileSink;
  /** How the disk is opened again for the check afterwards. */
  readonly open?: OpenDiskOptions;
}

/** What writing did. */
export interface AppliedRepair {
  readonly journal: string;
  readonly journalBytes: number;
  readonly writes: number;
  readonly bytesWritten: number;
  readonly checks: readonly CheckReport[];
}

/**
 * Writes a planned repair: the undo journal first, flushed; then the changes, in order, each read back; then the disk is opened anew and checked. Nothing
 * is written when the disk is in use, an earlier repair of it was interrupted, or it is not as it was when the repair was planned.
 * @throws {RecoveryError} RECOVERY_IN_USE, RECOVERY_TORN, RECOVERY_JOURNAL, RECOVERY_CHECK (written, and the check afterwards found a fault: undo it);
 *   {DiskError} of the journal (JOURNAL_FOREIGN, JOURNAL_WRITE: nothing was written; JOURNAL_INTERRUPTED: undo or finish); what the disk throws.
 */
export function applyRepair(planned: PlannedRepair, options: ApplyOptions = {}): AppliedRepair {
  const { disk, plan, request } = planned;
  if (planned.outcome !== 'planned') throw new TypeError('a repair that was refused or has nothing to do cannot be applied');
  refuseUsed(disk.path);
  refuseTorn(disk.path);
  const path = options.journal ?? nextJournalPath(disk.path, disk.isDevice);
  const sink = openForWriting(disk.path, options.openSink);
  try {
    const store = createJournalFile(path);
    try {
      const header = {
        purpose: request.purpose,
        disk: disk.path,
        identity: identityOf(disk, planned.volume),
        madeAt: new Date().toISOString(),
        actions: planned.steps.flatMap(({ actions }) => actions).map(plain),
      };
      const result = discarded(store, () =>
        applyJournal(sink, store, writeJournal(store, header, plan, sha256), {
          sha256,
          ...(options.onProgress && { onProgress: options.onProgress }),
          ...(options.signal && { signal: options.signal }),
        }),
      );
      return {
        journal: path,
        journalBytes: store.sizeBytes,
        writes: result.changes,
        bytesWritten: result.bytes,
        checks: afterwards(planned, options),
      };
    } finally {
      store.close();
    }
  } finally {
    sink.close();
  }
}

/** Looks at the file or device itself: through the plan, a repair that was never begun would seem half done. */
function refuseTorn(path: string): void {
  const device = openFileDevice(path);
  try {
    const torn = tornJournal(path, device.isDevice, device);
    if (torn !== undefined) throw new RecoveryError('RECOVERY_TORN', torn);
  } finally {
    device.close();
  }
}

/** Errors after which the disk is as it was: not one byte was written. */
const NOTHING_WRITTEN: ReadonlySet<string> = new Set([
  'JOURNAL_WRITE',
  'JOURNAL_PLAN',
  'JOURNAL_FOREIGN',
  'JOURNAL_TORN',
  'JOURNAL_CANCELLED',
]);

/** Removes the journal of a repair that never began: it protects nothing and would only be taken for one later. */
function discarded<T>(store: { readonly path: string }, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof DiskError && NOTHING_WRITTEN.has(error.code)) rmSync(store.path, { force: true });
    throw error;
  }
}

/** Numbers of FILETIMEs are texts in JSON. */
function plain(action: unknown): unknown {
  return JSON.parse(JSON.stringify(action, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)));
}

/**
 * Opens the disk as a stranger would and checks what was changed. Hives were read whole before, and every changed sector was read back: they are not read
 * whole once more.
 */
function afterwards({ disk, volume, previews, mirror }: PlannedRepair, options: ApplyOptions): CheckReport[] {
  const again = openDisk(disk.path, options.open ?? {});
  try {
    const fresh = windowsVolume(again, volume.number);
    const checks = checkResult(fresh.ntfs as NtfsVolume, previews, [], mirror);
    for (const { ok, what, findings } of checks)
      if (!ok) throw new RecoveryError('RECOVERY_CHECK', what, { have: findings.slice(0, 3).join('; ') });
    return checks;
  } finally {
    again.close();
  }
}
