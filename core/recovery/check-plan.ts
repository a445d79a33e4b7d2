import { checkRename, type EditPreview, type NtfsVolume, RECORD } from '@winmedic/disk';
import { openHive } from '@winmedic/registry-hive';
import { type BootStore, bootStoresOf } from '../disk/boot-store.ts';
import type { OpenedDisk } from '../disk/open-disk.ts';
import type { DiskVolume } from '../disk/volume.ts';
import { hiveOnDisk } from '../disk/windows.ts';
import type { CheckReport } from '../model/disk.ts';
import type { HiveWork } from './hive-work.ts';

/**
 * Checks the state that a repair leads to, read anew through all layers: from the overlay before anything is written, and from the disk afterwards.
 * `volume` must have been opened freshly for that.
 * @param mirror what {@link mirrorFindings} found before the repair.
 */
export function checkResult(
  volume: NtfsVolume,
  previews: readonly EditPreview[],
  hives: readonly string[],
  mirror: readonly string[],
): CheckReport[] {
  const renames = previews.filter(({ changes }) => changes.some(({ kind }) => kind === 'rename'));
  const checks: CheckReport[] = [];
  if (renames.length > 0) {
    const findings = renames.flatMap((preview) => checkRename(volume, preview).map(({ code, what }) => `${code} ${what}`));
    checks.push({ id: 'names', ok: findings.length === 0, what: `${renames.length}`, findings });
  }
  for (const path of hives) checks.push(checkHive(hiveOnDisk(volume, path), path));
  checks.push(checkMirror(volume, mirror));
  return checks;
}

/** A hive must open clean, without its logs being needed, and show every key and value. */
function checkHive(hive: Pick<BootStore, 'source' | 'logs'> | undefined, path: string): CheckReport {
  const findings: string[] = [];
  if (hive === undefined) return { id: 'hives', ok: false, what: path, findings: ['HIVE_EMPTY'] };
  const opened = openHive(hive.source, { logs: hive.logs, onDamage: ({ code, what }) => findings.push(`${code} ${what}`) });
  let keys = 0;
  let values = 0;
  for (const key of opened.walk()) {
    keys++;
    for (const _ of key.values()) values++;
  }
  if (opened.state !== 'clean') findings.push(opened.state);
  return { id: 'hives', ok: findings.length === 0, what: path, findings, counts: { keys, values } };
}

/** Records 0 to 3 of $MFT and of its mirror must be the same. What differed before the repair (a crash between the two writes) is told and no fault of it. */
function checkMirror(volume: NtfsVolume, before: readonly string[]): CheckReport {
  const findings = mirrorFindings(volume);
  return { id: 'mirror', ok: findings.every((finding) => before.includes(finding)), what: '$MFTMirr', findings };
}

/** How records 0 to 3 of $MFT and of its mirror differ. */
export function mirrorFindings(volume: NtfsVolume): string[] {
  const mirror = volume.file(RECORD.mftMirror);
  const data = mirror === undefined ? undefined : volume.open(mirror);
  const findings: string[] = [];
  for (let record = 0; record < 4; record++) {
    const place = volume.recordPlace(record);
    const size = volume.boot.recordBytes;
    const own = new Uint8Array(size);
    let at = 0;
    for (const { offset, sizeBytes } of place ?? []) at += volume.device.readAt(offset, own.subarray(at, at + sizeBytes));
    const copy = new Uint8Array(size);
    if (data === undefined || data.readAt(record * size, copy) < size || at < size) findings.push(`record ${record}: unreadable`);
    else if (own.some((byte, i) => byte !== copy[i])) findings.push(`record ${record}: differs`);
  }
  return findings;
}

/** What a plan changed. */
export interface PlannedChanges {
  /** Edits of the Windows volume. */
  readonly ownPreviews: readonly EditPreview[];
  readonly hives: readonly HiveWork[];
  readonly stores: readonly BootStore[];
}

/** {@link checkResult} of a plan, through the overlay; boot stores are looked for anew on their own volumes. */
export function checkPlan(disk: OpenedDisk, volume: DiskVolume, changes: PlannedChanges, mirror: readonly string[]): CheckReport[] {
  const fresh = disk.reopened(volume.number);
  const hives = changes.hives.filter(({ plan }) => plan.writes.length > 0).map(({ path }) => path);
  const stores = changes.stores.map((store) => {
    const found = bootStoresOf(disk.reopened(store.volume.number)).find(({ path }) => path === store.path);
    return checkHive(found, `${store.volume.number}:${store.path}`);
  });
  const { ntfs } = fresh;
  if (ntfs === undefined) return [{ id: 'volume', ok: false, what: `${volume.number}`, findings: ['NTFS_NOT_NTFS'] }];
  return [...checkResult(ntfs, changes.ownPreviews, hives, mirror), ...stores];
}
