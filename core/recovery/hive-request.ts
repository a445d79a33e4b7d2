import type { Localized } from '@winmedic/knowledge/model';
import { DiskAccessError } from '../disk/errors.ts';
import type { HiveData } from '../disk/hive-data.ts';
import { type HivePlace, openPlace, realKey } from '../disk/hive-key.ts';
import { CONFIG_FOLDER } from '../disk/windows.ts';
import { valueChanges } from './hive-changes.ts';
import type { RepairStep } from './request.ts';

/** What is to be done to a key. */
export type KeyWish =
  | { readonly kind: 'set'; readonly name: string; readonly data: HiveData }
  | { readonly kind: 'delete-value'; readonly name: string }
  | { readonly kind: 'delete-key' };

const TEXT = {
  replay: { en: 'Replay the logs of the hive and leave it needing none.', ja: 'ハイブのログを反映し、ログを必要としない状態にします。' },
  change: { en: 'Change the key of the hive.', ja: 'ハイブのキーを変更します。' },
  service: { en: 'Set the start type of the service.', ja: 'サービスのスタートアップの種類を設定します。' },
  safeboot: { en: 'Set safe boot in the boot store.', ja: 'BCD ストアのセーフ ブートを設定します。' },
} as const satisfies Record<string, Localized>;

/**
 * The step that does what is wanted to the key of a place; without any wish the logs are replayed.
 * @throws {DiskAccessError} DISK_NO_KEY; {HiveError} of a hive that cannot be read.
 */
export function hiveStep(place: HivePlace, wishes: readonly KeyWish[]): RepairStep {
  if (wishes.length === 0) return { id: 'hive', text: TEXT.replay, hive: place.path, changes: [] };
  const hive = openPlace(place);
  const key = realKey(hive, place.key);
  const found = hive.key(key);
  if (found === undefined) throw new DiskAccessError('DISK_NO_KEY', `${place.path}\\${key}`);
  const changes = wishes.flatMap((wish) => {
    if (wish.kind === 'set') return valueChanges(hive, found.path, wish.name, wish.data);
    if (wish.kind === 'delete-key') return [{ op: 'delete-key', key: found.path } as const];
    const value = found.value(wish.name);
    if (value === undefined) throw new DiskAccessError('DISK_NO_KEY', `${place.path}\\${found.path} ${wish.name}`);
    return [{ op: 'delete-value', key: found.path, value: value.name } as const];
  });
  return { id: 'hive', text: TEXT.change, hive: place.path, changes };
}

/** The step that gives a service a start type. @throws {DiskAccessError} DISK_NO_KEY when the service is not there. */
export function serviceStep(system: HivePlace, service: string, start: 0 | 1 | 2 | 3 | 4): RepairStep {
  const hive = openPlace(system);
  const key = realKey(hive, `CurrentControlSet\\Services\\${service}`);
  if (service.includes('\\') || hive.key(key)?.value('Start') === undefined)
    throw new DiskAccessError('DISK_NO_KEY', `${CONFIG_FOLDER}\\SYSTEM\\${key}`);
  return { id: 'service', text: TEXT.service, services: [service], start };
}

/** The step that sets or clears safe boot. */
export function safebootStep(safeboot: 'clear' | 'minimal' | 'network'): RepairStep {
  return { id: 'safeboot', text: TEXT.safeboot, safeboot };
}
