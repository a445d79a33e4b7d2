import { type ByteSource, type Damage, damageReporter, readUpTo } from '@winmedic/bytes';
import { type NoCheckpoint, readCheckpoint } from './checkpoint.ts';
import { isFilled } from './fixups.ts';
import { RECORD_PAGE } from './layout.ts';
import { MAX_DAMAGES, RESTART_WINDOW_BYTES } from './limits.ts';
import { openPages } from './pages.ts';
import { type Report, readPending } from './pending.ts';
import { type RestartPage, readRestartPage } from './restart.ts';
import type { LogFile, LogFileState, TouchedBlock } from './types.ts';

/** What the reader of a log must know of its volume. Sizes in bytes, as the boot sector has them. */
export interface LogFileOptions {
  readonly onDamage?: (damage: Damage) => void;
  readonly clusterBytes: number;
  readonly recordBytes: number;
  /** For completeness; the log counts in units of 512 bytes whatever the sector size. */
  readonly sectorBytes: number;
  /** Size of an index block that the log does not give itself; default 4096. */
  readonly indexBytes?: number;
}

/**
 * Opens the $DATA of `$LogFile` and says whether anything is pending and what it touches. Reads at most 40 KiB to decide `never-used` and `clean`; when
 * something is pending, from where redo begins to the end of the log, in pieces, and again for each judgement of a range too long to be kept. Never throws
 * for what the bytes hold; what the source throws is passed on.
 *
 * Versions 1.1 and 2.0 of LFS and versions 0.0 and 1.0 of the client NTFS are understood; any other makes the log `unreadable`. Of two readings the one is
 * taken that refuses.
 *
 * @source Linux-NTFS documentation, "File - $LogFile (2)". Not in it, and read out of logs of Windows 10: the tail pages of version 2.0, and operation 0x25.
 */
export function openLogFile(source: ByteSource, options: LogFileOptions): LogFile {
  const report: Report = damageReporter(options.onDamage, MAX_DAMAGES);
  const window = readUpTo(source, 0, RESTART_WINDOW_BYTES);
  if (window.length > 0 && isFilled(window, 0xff)) {
    if (restIsUnused(source)) return settled('never-used', 'free');
    report('LOGFILE_RESTART', 0, 'restart pages', 'RSTR', 'unused, but pages behind are not');
    return settled('unreadable', 'unknown');
  }
  const restart = chooseRestart(window, report);
  if (restart === undefined) return settled('unreadable', 'unknown');
  const facts = {
    version: `${restart.major}.${restart.minor}`,
    currentLsn: restart.currentLsn,
    cleanDismount: restart.clean,
  };
  const unreadable = { ...settled('unreadable', 'unknown'), ...facts };
  const { major, minor } = restart;
  const described = (major === 1 && (minor === 0 || minor === 1)) || (major === 2 && minor === 0);
  if (!described) {
    report('LOGFILE_VERSION', 0, 'log version', '1.1 or 2.0', facts.version);
    return unreadable;
  }
  if (restart.clean || restart.noClient) return { ...settled('clean', 'free'), ...facts };
  if (!restart.byLfs) {
    report('LOGFILE_CHKDSK', 0, 'restart page');
    return unreadable;
  }
  // Version 1.0 does not pack records; where 2.0 keeps the target of a tail page is known for pages of 4096 bytes only.
  if ((major === 1 && minor === 0) || (major === 2 && (restart.logPageBytes !== 4096 || restart.dataOffset !== RECORD_PAGE.end))) {
    report('LOGFILE_VERSION', 0, 'log version', '1.1 or 2.0 with pages of 4096 bytes', facts.version);
    return unreadable;
  }
  const pages = openPages(source, restart);
  const { client } = restart;
  if (pages === undefined || client === undefined) {
    report('LOGFILE_RESTART', 0, pages === undefined ? 'log size' : 'client NTFS');
    return unreadable;
  }
  const checkpoint = readCheckpoint(pages, client.restartLsn);
  if ('code' in checkpoint) {
    tell(report, checkpoint);
    return unreadable;
  }
  const { clusterBytes, recordBytes, indexBytes = 4096 } = options;
  const pending = readPending({
    pages,
    checkpoint,
    clientIndex: client.index,
    writtenLsn: restart.currentLsn,
    volume: { clusterBytes, recordBytes, indexBytes },
    report,
  });
  return { state: 'pending', ...facts, ...pending };
}

/** A log that needs no records to be judged. */
function settled(state: LogFileState, verdict: 'free' | 'unknown'): LogFile {
  return {
    state,
    records: 0,
    openTransactions: 0,
    judge: (blocks: readonly TouchedBlock[]) => blocks.map((block) => ({ block, verdict, records: [] })),
    touchesClusters: () => verdict === 'unknown',
  };
}

/** A sample of what lies behind the restart pages: the middle and the end. */
function restIsUnused(source: ByteSource): boolean {
  return [Math.floor(source.sizeBytes / 2), source.sizeBytes - 4096]
    .filter((offset) => offset > 0)
    .every((offset) => isFilled(readUpTo(source, offset, 4096), 0xff));
}

/**
 * The restart page that counts: the one with the higher LSN. When the other copy is damaged it may have been the newer one; what is pending by the whole one is
 * still pending then, but that nothing is pending is not believed.
 */
function chooseRestart(window: Uint8Array, report: Report): RestartPage | undefined {
  const first = readRestartPage(window, 0);
  const second =
    typeof first === 'string' ? findSecond(window) : { at: first.systemPageBytes, page: readRestartPage(window, first.systemPageBytes) };
  if (typeof first === 'string') report('LOGFILE_RESTART', 0, 'restart page', undefined, first);
  if (typeof second.page === 'string') report('LOGFILE_RESTART', second.at, 'second restart page', undefined, second.page);
  if (typeof first !== 'string' && typeof second.page !== 'string') return second.page.currentLsn > first.currentLsn ? second.page : first;
  const whole = typeof first === 'string' ? second.page : first;
  return typeof whole === 'string' || whole.clean || whole.noClient ? undefined : whole;
}

/** The second copy when the first does not say how large a system page is. */
function findSecond(window: Uint8Array): { readonly at: number; readonly page: RestartPage | string } {
  for (let at = 512; at < window.length; at *= 2) {
    const page = readRestartPage(window, at);
    if (typeof page !== 'string') return { at, page };
  }
  return { at: 4096, page: 'signature' };
}

function tell(report: Report, { code, what, offset, have }: NoCheckpoint): void {
  report(code, offset, what, undefined, have);
}
