import type { Hive, HiveChange } from '@winmedic/registry-hive';
import { type HiveData, hiveDataText } from '../disk/hive-data.ts';
import type { RepairAction } from '../model/disk.ts';

/**
 * Changes that give a value of a key that exists its type and data: in place where the room suffices, else the value is made anew. None when it is so already.
 */
export function valueChanges(hive: Hive, key: string, value: string, { type, data }: HiveData): HiveChange[] {
  const now = hive.key(key)?.value(value);
  const made: HiveChange = { op: 'create-value', key, value, type, data };
  if (now === undefined) return [made];
  const old = now.data();
  if (now.type === type && old.length === data.length && old.every((byte, i) => byte === data[i])) return [];
  return data.length <= now.sizeBytes ? [{ op: 'set', key, value, type, data }] : [{ op: 'delete-value', key, value }, made];
}

/** Changes of a hive as they are told: what each value was and will be. A value that is removed and made again is told once. */
export function hiveActions(path: string, hive: Hive, changes: readonly HiveChange[]): RepairAction[] {
  return changes.flatMap((change, i): RepairAction[] => {
    const { key } = change;
    if (change.op === 'create-key') return [{ kind: 'value', path, key, value: '', to: key }];
    if (change.op === 'delete-key') return [{ kind: 'value', path, key, value: '', from: key.slice(key.lastIndexOf('\\') + 1) }];
    const { value } = change;
    const now = hive.key(key)?.value(value);
    const from = now === undefined ? {} : { from: hiveDataText({ type: now.type, data: now.data() }) };
    if (change.op === 'delete-value') {
      const next = changes[i + 1];
      const remade = next?.op === 'create-value' && next.key === key && next.value === value;
      return remade ? [] : [{ kind: 'value', path, key, value, ...from }];
    }
    return [{ kind: 'value', path, key, value, ...from, to: hiveDataText({ type: change.type ?? now?.type ?? 0, data: change.data }) }];
  });
}
