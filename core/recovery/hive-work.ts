import {
  type EditPreview,
  type FatEntry,
  type FatVolume,
  growFile,
  type NtfsFile,
  type NtfsVolume,
  type Overlay,
  overwriteData,
} from '@winmedic/disk';
import { type HiveChange, type HiveLogFile, type HivePlan, planEdit } from '@winmedic/registry-hive';
import { hiveOnDisk, LOG_SUFFIXES } from '../disk/windows.ts';
import { RecoveryError } from './errors.ts';

/** A hive whose change is in the overlay (an empty plan: it needed none). */
export interface HiveWork {
  readonly path: string;
  readonly plan: HivePlan;
  /** Log entries that were applied. */
  readonly entries: number;
  readonly previews: readonly EditPreview[];
}

/**
 * Plans changes of a hive on an NTFS volume (replay of its logs first when it is dirty) and makes them in the overlay, stage by stage, each behind a
 * barrier: an interrupted hive is as before, or dirty with whole logs. Undefined: there is no such hive.
 * @param avoid clusters that must not be given to a hive that grows.
 * @throws {HiveError} when the hive must not be edited; {DiskError} when the volume cannot take the change.
 */
export function changeHive(
  volume: NtfsVolume,
  path: string,
  changes: readonly HiveChange[],
  overlay: Overlay,
  avoid: (lcn: number, clusters: number) => boolean,
): HiveWork | undefined {
  const hive = hiveOnDisk(volume, path);
  if (hive === undefined) return undefined;
  const plan = planEdit({ source: hive.source, logs: hive.logs }, changes);
  const records = [hive.file, ...hive.logs.map(({ file }) => file)].map(({ reference }) => reference.record);
  // Sizes and runs change with every edit: the file is read anew before each.
  const file = (index: number): NtfsFile => {
    const found = volume.file(records[index]!);
    if (found === undefined) throw new RecoveryError('RECOVERY_CHECK', `file record ${records[index]}`);
    return found;
  };
  const previews: EditPreview[] = [];
  plan.files.forEach(({ sizeBefore, sizeAfter }, i) => {
    if (sizeAfter > sizeBefore) previews.push(growFile(volume, file(i), sizeAfter, { avoid }));
  });
  inOrder(plan, overlay, (write) => previews.push(overwriteData(volume, file(write.file), '', write.offset, write.new, { avoid })));
  return { path, plan, entries: plan.entriesApplied, previews };
}

/** The same for a hive on a FAT volume (the boot store of UEFI systems), which has no log of its own to be judged. */
export function changeHiveOnFat(volume: FatVolume, path: string, changes: readonly HiveChange[], overlay: Overlay): HiveWork | undefined {
  const entry = volume.lookup(path);
  if (entry === undefined || entry.isDirectory) return undefined;
  const logEntries = LOG_SUFFIXES.flatMap((suffix) => {
    const log = volume.lookup(`${path}${suffix}`);
    return log === undefined || log.isDirectory || log.sizeBytes === 0 ? [] : [log];
  });
  const logs: HiveLogFile[] = logEntries.map((log) => ({ name: log.name, source: volume.open(log) }));
  const plan = planEdit({ source: volume.open(entry), logs }, changes);
  const entries: FatEntry[] = [entry, ...logEntries];
  plan.files.forEach(({ sizeBefore, sizeAfter }, i) => {
    if (sizeAfter > sizeBefore) entries[i] = volume.grow(entries[i]!, sizeAfter);
  });
  inOrder(plan, overlay, (write) => volume.overwrite(entries[write.file]!, write.offset, write.new));
  return { path, plan, entries: plan.entriesApplied, previews: [] };
}

/** Writes in the plan's order, a barrier before each stage. */
function inOrder(plan: HivePlan, overlay: Overlay, write: (write: HivePlan['writes'][number]) => void): void {
  let stage: number | undefined;
  for (const one of plan.writes) {
    if (one.stage !== stage) overlay.barrier();
    stage = one.stage;
    write(one);
  }
  overlay.barrier();
}
