import { FormatError } from '@winmedic/bytes';
import { type CheckResult, checkVolume, compareDisk, type NtfsVolume } from '@winmedic/disk';
import { openHive } from '@winmedic/registry-hive';
import { hiveReportOf } from '../disk/hive-key.ts';
import type { OpenedDisk } from '../disk/open-disk.ts';
import type { DiskVolume } from '../disk/volume.ts';
import { CONFIG_FOLDER, type HiveOnDisk, hasWindows, hiveOnDisk } from '../disk/windows.ts';
import type { HiveReport, VerifyReport } from '../model/disk.ts';
import { wholeJournalsOf, withJournal } from './journal-file.ts';

/** Hives of every Windows, in the order they are shown. */
export const HIVES = ['SYSTEM', 'SOFTWARE', 'SAM', 'SECURITY', 'DEFAULT'] as const;

/** How thoroughly a disk is verified. */
export interface VerifyOptions {
  /** Partition number; default all NTFS volumes that can be read. */
  readonly volume?: number;
  /** Without the trees of the directories and without walking the hives. */
  readonly quick?: boolean;
  readonly journal?: string;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Checks the file systems and hives of a disk, and how it stands to the journal of a repair. Reads only. */
export function verifyDisk(disk: OpenedDisk, options: VerifyOptions = {}): Pick<VerifyReport, 'journal' | 'volumes'> {
  const journal = options.journal ?? wholeJournalsOf(disk.path, disk.isDevice).at(-1);
  const volumes = disk.volumes
    .filter(({ number }) => options.volume === undefined || number === options.volume)
    .map((volume) => {
      const { ntfs, failed } = opened(volume);
      const check =
        ntfs === undefined
          ? failed
          : checkVolume(ntfs, {
              deep: options.quick !== true,
              ...(options.onProgress && { onProgress: options.onProgress }),
              ...(options.signal && { signal: options.signal }),
            });
      const hives = ntfs !== undefined && hasWindows(volume) ? hiveReports(volume, options.quick !== true) : [];
      return { number: volume.number, kind: volume.kind, ...(check && { check }), hives };
    });
  return {
    ...(journal !== undefined && { journal: { path: journal, state: withJournal(journal, (one) => compareDisk(one, disk.bottom).state) } }),
    volumes,
  };
}

/** The NTFS of a volume, or a check that found it beyond reading; neither for another file system and a locked volume. */
function opened(volume: DiskVolume): { readonly ntfs?: NtfsVolume | undefined; readonly failed?: CheckResult } {
  try {
    return { ntfs: volume.readable ? volume.ntfs : undefined };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const { code, what, offset } = error as FormatError<string>;
    return { failed: { records: 0, directories: 0, entries: 0, clustersUsed: 0, findings: [{ code, severity: 'error', what, offset }] } };
  }
}

/** The hives of a Windows as they are on the disk; `walk` reads every key and value, so that damage anywhere is found. */
export function hiveReports(volume: DiskVolume, walk: boolean): HiveReport[] {
  return HIVES.flatMap((name) => {
    const hive = volume.ntfs === undefined ? undefined : hiveOnDisk(volume.ntfs, `${CONFIG_FOLDER}\\${name}`);
    return hive === undefined ? [] : [hiveReport(hive, walk)];
  });
}

function hiveReport({ path, source, logs }: HiveOnDisk, walk: boolean): HiveReport {
  try {
    const hive = openHive(source, { logs });
    if (walk) for (const key of hive.walk()) for (const value of key.values()) value.data();
    return hiveReportOf(path, hive, source.sizeBytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { path, state: 'unreadable', entries: 0, sizeBytes: source.sizeBytes, pendingTransactions: false };
  }
}
