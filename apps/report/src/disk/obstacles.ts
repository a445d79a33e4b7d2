import type { DiskReport, Refusal, VolumeReport } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';
import { diskWords } from './words.ts';

/** NTFS as it is changed; `core/recovery` refuses any other. */
const NTFS_VERSION = '3.1';
/** Images that are only read. */
const READ_ONLY: ReadonlySet<DiskReport['container']> = new Set(['qcow2', 'vmdk']);

/** What stands against a change of the disk, or of one volume of it. */
export interface Obstacle extends Refusal {
  readonly volume?: number;
}

/** Whether a repair could be planned on a disk now, and what stands against it. */
export interface Readiness {
  readonly state: 'ready' | 'not-now' | 'locked' | 'none';
  readonly obstacles: readonly Obstacle[];
  /** Volumes with a Windows. */
  readonly windows: readonly VolumeReport[];
  /** Those of them nothing stands against. */
  readonly usable: readonly VolumeReport[];
}

/** Judges a disk by what was found on it, with the rules by which a repair is refused before any step is tried. */
export function readiness(report: DiskReport, lang: Language): Readiness {
  const windows = report.volumes.filter((volume) => volume.windows !== undefined);
  const onDisk = ofDisk(report, lang);
  if (windows.length === 0) {
    const locked = report.volumes.filter(({ lock }) => lock === 'locked');
    const refusals = [...onDisk, ...locked.map((volume) => lockedVolume(volume, lang))];
    return { state: locked.length > 0 ? 'locked' : 'none', obstacles: refusals, windows, usable: [] };
  }
  const usable = windows.filter((volume) => ofVolume(volume, lang).length === 0);
  const obstacles = [...onDisk, ...windows.flatMap((volume) => ofVolume(volume, lang))];
  const ready = onDisk.length === 0 && usable.length > 0;
  return { state: ready ? 'ready' : 'not-now', obstacles, windows, usable: ready ? usable : [] };
}

function ofDisk({ container, table, uses, journal, path, volumes }: DiskReport, lang: Language): Obstacle[] {
  const words = diskWords(lang);
  const refusals: Obstacle[] = [];
  if (journal?.state === 'torn') refusals.push({ code: 'RECOVERY_TORN', what: journal.path, because: [] });
  if (uses.uses.length > 0)
    refusals.push({ code: 'RECOVERY_IN_USE', what: path, because: uses.uses.map(({ kind, by }) => words.useKind[kind](by)) });
  if (table.composite !== undefined) refusals.push({ code: 'RECOVERY_COMPOSITE', what: words.composite[table.composite], because: [] });
  if (READ_ONLY.has(container)) refusals.push({ code: 'RECOVERY_READ_ONLY', what: container, because: [] });
  // A Windows that will continue may have any volume of the disk mounted in its memory.
  for (const { number, ntfs } of volumes)
    if (ntfs?.hibernation === 'hibernated')
      refusals.push({
        code: 'RECOVERY_HIBERNATED',
        volume: number,
        what: words.sectionVolume(number),
        because: [words.hibernationText.hibernated],
      });
  return refusals;
}

function ofVolume({ number, ntfs, bitlocker }: VolumeReport, lang: Language): Obstacle[] {
  const words = diskWords(lang);
  const name = words.sectionVolume(number);
  const refusals: Obstacle[] = [];
  const refuse = (code: string, what = name, because: readonly string[] = []): void =>
    void refusals.push({ code, volume: number, what, because });
  if (bitlocker?.state === 'decrypting-or-encrypting') refuse('BITLOCKER_CONVERSION');
  if (ntfs === undefined) return refusals;
  if (ntfs.version !== NTFS_VERSION) refuse('RECOVERY_NTFS_VERSION', `${name}: ${ntfs.version}`);
  if (ntfs.hibernation === 'unknown') refuse('RECOVERY_HIBERNATED', name, [words.hibernationText.unknown]);
  if (ntfs.log.state === 'unreadable') refuse('RECOVERY_LOG_UNKNOWN');
  return refusals;
}

/** A locked volume with the keys that open it, by the ids key lists name. */
function lockedVolume({ number, bitlocker }: VolumeReport, lang: Language): Obstacle {
  const words = diskWords(lang);
  return {
    code: 'BITLOCKER_LOCKED',
    volume: number,
    what: words.sectionVolume(number),
    because: (bitlocker?.protectors ?? []).map(({ kind, id }) => words.wantedKey(words.protector[kind], id)),
  };
}
