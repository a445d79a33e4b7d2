import { createHash } from 'node:crypto';
import { isoToTicks } from '@winmedic/bytes';
import {
  type EditPreview,
  type FoundFile,
  type NtfsVolume,
  quarantineFile,
  quarantineName,
  resetLogFile,
  setVolumeDirty,
  undeleteFile,
} from '@winmedic/disk';
import type { QuarantineStep, ServiceStep } from '@winmedic/knowledge/model';
import { currentControlSet, type Hive, type HiveChange } from '@winmedic/registry-hive';
import { CONFIG_FOLDER } from '../disk/windows.ts';
import type { RepairAction } from '../model/disk.ts';
import { RecoveryError } from './errors.ts';
import { actionsOf, noWork, type StepWork } from './request.ts';

/** Files hashed for the report up to this length; channel files and drivers are far smaller. */
const MAX_HASHED = 64 << 20;

/**
 * Renames the files of a selection in place; those of the same pattern outside the time are told. Files that were renamed by an earlier repair count as
 * done.
 */
export function quarantine(volume: NtfsVolume, step: QuarantineStep): StepWork {
  const { folder, glob, modifiedFrom, modifiedBefore } = step.quarantine;
  const from = ticks(modifiedFrom);
  const before = ticks(modifiedBefore);
  const all = [...volume.find({ below: folder, glob, shallow: true })].filter(({ file }) => !file.isDirectory);
  const previews: EditPreview[] = [];
  const actions: RepairAction[] = [];
  for (const found of all) {
    const { modified } = found.file.times;
    const why = from !== undefined && modified < from ? 'older' : before !== undefined && modified >= before ? 'newer' : undefined;
    if (why !== undefined) {
      actions.push({ kind: 'kept', path: found.path, modified, why });
      continue;
    }
    actions.push({ kind: 'quarantined', to: quarantinedPath(found.path), ...identity(volume, found) });
    previews.push(quarantineFile(volume, found.path));
  }
  if (previews.length > 0)
    return { outcome: 'planned', actions: [...actions, ...actionsOf(previews)], refusals: [], previews: on(volume, previews) };
  const done = [...volume.find({ below: folder, glob: quarantineName(glob), shallow: true })].filter(
    ({ file }) => (from === undefined || file.times.modified >= from) && (before === undefined || file.times.modified < before),
  );
  if (done.length > 0 || step.required !== true) {
    const told = done.map(({ path }): RepairAction => ({ kind: 'present', path }));
    return noWork('nothing', { actions: [...actions, ...told] });
  }
  return noWork('refused', {
    actions,
    refusals: [{ code: 'RECOVERY_NOTHING_FOUND', what: `${folder}\\${glob}`, because: [] }],
  });
}

/** A bound in time. A text that is no time must never become "no bound". */
function ticks(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  const value = isoToTicks(text);
  if (value === undefined) throw new TypeError(`no time: ${text}`);
  return value;
}

/** Renames files that were named one by one. */
export function quarantineNamed(volume: NtfsVolume, paths: readonly string[]): StepWork {
  const previews: EditPreview[] = [];
  const actions: RepairAction[] = [];
  for (const path of paths) {
    const file = volume.lookup(path);
    if (file === undefined) throw new RecoveryError('RECOVERY_NOTHING_FOUND', path);
    const real = volume.pathOf(file) ?? path;
    actions.push({ kind: 'quarantined', to: quarantinedPath(real), ...identity(volume, { path: real, file }) });
    previews.push(quarantineFile(volume, real));
  }
  return { outcome: 'planned', actions: [...actions, ...actionsOf(previews)], refusals: [], previews: on(volume, previews) };
}

/** Gives quarantined files their names back. `names`: path as it is now, and the name it had. */
export function restore(volume: NtfsVolume, names: readonly { readonly path: string; readonly name: string }[]): StepWork {
  const previews: EditPreview[] = [];
  const actions: RepairAction[] = [];
  for (const { path, name } of names) {
    const now = path.slice(path.lastIndexOf('\\') + 1);
    if (quarantineName(name).toLowerCase() !== now.toLowerCase()) throw new RecoveryError('RECOVERY_NOT_QUARANTINED', path, { need: name });
    actions.push({ kind: 'restored', path, to: `${path.slice(0, path.lastIndexOf('\\') + 1)}${name}` });
    previews.push(undeleteFile(volume, path, name));
  }
  return { outcome: 'planned', actions: [...actions, ...actionsOf(previews)], refusals: [], previews: on(volume, previews) };
}

/** Logs of the transactional registry of the hives, as Microsoft's script selects them; those of the transaction manager itself (`.TM.`) stay. */
const TXR_LOG = /\.txr\.(?:\d+\.regtrans-ms|blf)$/i;

/** Puts the logs of the transactional registry aside. @source Azure/repair-script-library, win-crowdstrike-fix-bootloop-v2.ps1 */
export function putTxrAside(volume: NtfsVolume): StepWork {
  const folder = `${CONFIG_FOLDER}\\TxR`;
  const directory = volume.lookup(folder);
  if (directory === undefined || !directory.isDirectory) return noWork('nothing', { actions: [{ kind: 'absent', what: folder }] });
  const names = new Map(
    [...volume.entries(directory)].filter(({ name }) => TXR_LOG.test(name)).map((entry) => [entry.reference.record, entry.name]),
  );
  if (names.size === 0) return noWork('nothing');
  const actions: RepairAction[] = [];
  const previews: EditPreview[] = [];
  for (const [record, name] of names) {
    const file = volume.file(record);
    if (file === undefined || file.isDirectory) continue;
    const path = `${folder}\\${name}`;
    actions.push({ kind: 'quarantined', to: quarantinedPath(path), path, modified: file.times.modified, sizeBytes: file.sizeBytes });
    previews.push(quarantineFile(volume, path));
  }
  return { outcome: 'planned', actions: [...actions, ...actionsOf(previews)], refusals: [], previews: on(volume, previews) };
}

/** Changes of the SYSTEM hive that give services a start type, with what they are now; services that are not there are passed over. */
export function serviceChanges(system: Hive, step: ServiceStep): { readonly changes: HiveChange[]; readonly actions: RepairAction[] } {
  const set = currentControlSet(system);
  if (set === undefined) throw new RecoveryError('RECOVERY_NOTHING_FOUND', 'SYSTEM\\Select');
  const changes: HiveChange[] = [];
  const actions: RepairAction[] = [];
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, step.start, true);
  for (const service of step.services) {
    const key = `${set}\\Services\\${service}`;
    const found = system.key(key);
    const start = found?.value('Start');
    if (found === undefined || start === undefined) {
      actions.push({ kind: 'absent', what: key });
      continue;
    }
    if (start.number() !== BigInt(step.start)) {
      changes.push({ key, value: 'Start', data, type: 4 });
      actions.push({ kind: 'value', path: 'SYSTEM', key, value: 'Start', from: String(start.number() ?? '?'), to: String(step.start) });
    }
    if (step.clearStartOverride === true && system.key(`${key}\\StartOverride`) !== undefined) {
      changes.push({ op: 'delete-key', key: `${key}\\StartOverride` });
      actions.push({ kind: 'value', path: 'SYSTEM', key: `${key}\\StartOverride`, value: '', from: 'StartOverride' });
    }
  }
  return { changes, actions };
}

/** Empties the log of the volume and has Windows check it at the next boot: what was pending is lost. */
export function resetLog(volume: NtfsVolume): StepWork {
  const previews = [resetLogFile(volume), setVolumeDirty(volume, true)];
  return { outcome: 'planned', actions: actionsOf(previews), refusals: [], previews: on(volume, previews) };
}

function on(volume: NtfsVolume, previews: readonly EditPreview[]): StepWork['previews'] {
  return previews.map((preview) => ({ ...preview, volume }));
}

function quarantinedPath(path: string): string {
  const at = path.lastIndexOf('\\') + 1;
  return path.slice(0, at) + quarantineName(path.slice(at));
}

/** Path, time, size and hash of a file: what the report keeps of it. */
function identity(volume: NtfsVolume, { path, file }: FoundFile) {
  const data = file.sizeBytes <= MAX_HASHED ? volume.open(file) : undefined;
  const bytes = data === undefined ? undefined : new Uint8Array(file.sizeBytes);
  const whole = bytes !== undefined && data!.readAt(0, bytes) === bytes.length;
  return {
    path,
    modified: file.times.modified,
    sizeBytes: file.sizeBytes,
    ...(whole ? { sha256: createHash('sha256').update(bytes).digest('hex') } : {}),
  };
}
