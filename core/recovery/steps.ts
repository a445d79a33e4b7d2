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
import type { FileSelection, QuarantineStep, ServiceStep } from '@winmedic/knowledge/model';
import type { Hive, HiveChange } from '@winmedic/registry-hive';
import { nextControlSet } from '../disk/control-set.ts';
import { CONFIG_FOLDER } from '../disk/windows.ts';
import type { RepairAction } from '../model/disk.ts';
import { RecoveryError } from './errors.ts';
import { actionsOf, noWork, type StepWork } from './request.ts';

/** Files hashed for the report up to this length; channel files and drivers are far smaller. */
const MAX_HASHED = 64 << 20;

/** A file of a selection's folder and pattern; `why`: it lies outside the time, on this side. */
export interface SelectedFile {
  readonly found: FoundFile;
  readonly why?: 'older' | 'newer';
}

/** Files of the folder and pattern of a selection, those outside its time marked. */
export function selectFiles(volume: NtfsVolume, { folder, glob, modifiedFrom, modifiedBefore }: FileSelection): SelectedFile[] {
  const from = ticks(modifiedFrom);
  const before = ticks(modifiedBefore);
  return [...volume.find({ below: folder, glob, shallow: true })]
    .filter(({ file }) => !file.isDirectory)
    .map((found) => {
      const { modified } = found.file.times;
      const why = from !== undefined && modified < from ? 'older' : before !== undefined && modified >= before ? 'newer' : undefined;
      return { found, ...(why && { why }) };
    });
}

/**
 * Renames the files of a selection in place; those of the same pattern outside the time are told. Files that were renamed by an earlier repair count as
 * done.
 */
export function quarantine(volume: NtfsVolume, step: QuarantineStep): StepWork {
  const { folder, glob } = step.quarantine;
  const previews: EditPreview[] = [];
  const actions: RepairAction[] = [];
  for (const { found, why } of selectFiles(volume, step.quarantine)) {
    if (why !== undefined) {
      actions.push({ kind: 'kept', path: found.path, modified: found.file.times.modified, why });
      continue;
    }
    actions.push({ kind: 'quarantined', to: quarantinedPath(found.path), ...identity(volume, found) });
    previews.push(quarantineFile(volume, found.path));
  }
  if (previews.length > 0)
    return { outcome: 'planned', actions: [...actions, ...actionsOf(previews)], refusals: [], previews: on(volume, previews) };
  const done = selectFiles(volume, { ...step.quarantine, glob: quarantineName(glob) }).filter(({ why }) => why === undefined);
  if (done.length > 0 || step.required !== true) {
    const told = done.map(({ found }): RepairAction => ({ kind: 'present', path: found.path }));
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

/** Folder of the logs of the transactional registry. */
const TXR_FOLDER = `${CONFIG_FOLDER}\\TxR`;

/** Logs of the transactional registry that would be put aside. */
export function txrLogs(volume: NtfsVolume): FoundFile[] {
  const directory = volume.lookup(TXR_FOLDER);
  if (directory === undefined || !directory.isDirectory) return [];
  const names = new Map(
    [...volume.entries(directory)].filter(({ name }) => TXR_LOG.test(name)).map((entry) => [entry.reference.record, entry.name]),
  );
  return [...names].flatMap(([record, name]) => {
    const file = volume.file(record);
    return file === undefined || file.isDirectory ? [] : [{ path: `${TXR_FOLDER}\\${name}`, file }];
  });
}

/** Puts the logs of the transactional registry aside. @source Azure/repair-script-library, win-crowdstrike-fix-bootloop-v2.ps1 */
export function putTxrAside(volume: NtfsVolume): StepWork {
  const directory = volume.lookup(TXR_FOLDER);
  if (directory === undefined || !directory.isDirectory) return noWork('nothing', { actions: [{ kind: 'absent', what: TXR_FOLDER }] });
  const logs = txrLogs(volume);
  if (logs.length === 0) return noWork('nothing');
  const actions = logs.map(
    ({ path, file }): RepairAction => ({
      kind: 'quarantined',
      to: quarantinedPath(path),
      path,
      modified: file.times.modified,
      sizeBytes: file.sizeBytes,
    }),
  );
  const previews = logs.map(({ path }) => quarantineFile(volume, path));
  return { outcome: 'planned', actions: [...actions, ...actionsOf(previews)], refusals: [], previews: on(volume, previews) };
}

/** Changes of the SYSTEM hive that give services a start type, with what they are now; services that are not there are passed over. */
export function serviceChanges(system: Hive, step: ServiceStep): { readonly changes: HiveChange[]; readonly actions: RepairAction[] } {
  const set = nextControlSet(system);
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
