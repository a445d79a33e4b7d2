import type { FatVolume, LogFile, NtfsVolume, Overlay } from '@winmedic/disk';
import { openHive } from '@winmedic/registry-hive';
import { readBootConfiguration, safeBootChanges } from '../disk/bcd.ts';
import { type BootStore, bootStores } from '../disk/boot-store.ts';
import type { OpenedDisk } from '../disk/open-disk.ts';
import type { Refusal, RepairAction } from '../model/disk.ts';
import { changeHive, changeHiveOnFat, type HiveWork } from './hive-work.ts';
import { judgeByLog } from './judge-log.ts';
import { blocksOf, noWork, type StepWork } from './request.ts';

/** Letters of a `safeboot` step to the mode of an entry; `clear` is none. */
const MODES = { clear: undefined, minimal: 'minimal', network: 'network' } as const;

/**
 * Sets or clears safe boot of the entries of Windows in every boot store of the disk: setting concerns the default entry only (or the only one), clearing
 * all of them, because a flag on any keeps a machine from starting normally.
 */
export function changeBootStores(disk: OpenedDisk, overlay: Overlay, mode: keyof typeof MODES): StepWork {
  const stores = bootStores(disk);
  if (stores.length === 0) return noWork('refused', { refusals: [{ code: 'RECOVERY_NO_BOOT_STORE', what: disk.path, because: [] }] });
  const actions: RepairAction[] = [];
  const refusals: Refusal[] = [];
  const changed: BootStore[] = [];
  for (const store of stores) {
    const hive = openHive(store.source, { logs: store.logs });
    const { entries, defaultObject } = readBootConfiguration(hive);
    const windows = entries.filter(({ kind, winPe }) => kind === 'windows' && winPe !== true);
    const chosen =
      mode === 'clear'
        ? windows
        : windows.filter(({ id }) => id === defaultObject || (defaultObject === undefined && windows.length === 1));
    if (chosen.length === 0) actions.push({ kind: 'absent', what: `${store.path}: Windows` });
    const changes = chosen.flatMap(({ id, description, safeBoot }) => {
      const made = safeBootChanges(hive, id, MODES[mode]) ?? [];
      if (made.length > 0)
        actions.push({
          kind: 'value',
          path: store.path,
          key: description === undefined ? id : `${description} ${id}`,
          value: 'safeboot',
          ...(safeBoot !== undefined && { from: String(safeBoot) }),
          ...(mode !== 'clear' && { to: mode }),
        });
      return made;
    });
    if (changes.length === 0) continue;
    changed.push(store);
    const { work, judged } = change(store, overlay, changes);
    refusals.push(...judged);
    if (work?.plan.replayed === true) actions.push({ kind: 'replayed', path: store.path, entries: work.entries, grownBy: 0 });
  }
  const outcome = refusals.length > 0 ? 'refused' : changed.length > 0 ? 'planned' : 'nothing';
  return { outcome, actions, refusals, previews: [], stores: changed };
}

/** Changes one store; on NTFS the log of its own volume decides, which need not be that of Windows. */
function change(
  store: BootStore,
  overlay: Overlay,
  changes: Parameters<typeof changeHive>[2],
): { readonly work: HiveWork | undefined; readonly judged: readonly Refusal[] } {
  const { volume, path } = store;
  if (store.on === 'fat') return { work: changeHiveOnFat(volume.fat as FatVolume, path, changes, overlay), judged: [] };
  const log = volume.logFile() as LogFile;
  const work = changeHive(volume.ntfs as NtfsVolume, path, changes, overlay, (lcn, clusters) => log.touchesClusters(lcn, clusters));
  return { work, judged: judgeByLog(log, blocksOf(work?.previews ?? [])).refusals };
}
