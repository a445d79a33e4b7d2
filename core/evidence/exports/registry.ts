import type { InstantNs } from '../../model/observation.ts';
import { looksSecret, withoutSecret } from './secret.ts';
import type { Sink } from './sink.ts';

/** Longest key path, characters; the registry allows 255 for a key name and 512 levels. */
const MAX_KEY = 32_767;

const ROOTS: ReadonlyMap<string, string> = new Map([
  ['hkey_local_machine', 'HKLM'],
  ['hklm', 'HKLM'],
  ['machine', 'HKLM'],
  ['hkey_current_user', 'HKCU'],
  ['hkcu', 'HKCU'],
  ['hkey_users', 'HKU'],
  ['hku', 'HKU'],
  ['hkey_classes_root', 'HKCR'],
  ['hkcr', 'HKCR'],
  ['hkey_current_config', 'HKCC'],
  ['hkcc', 'HKCC'],
]);

/**
 * A key as tools write it (`HKEY_LOCAL_MACHINE\SYSTEM\…`, `MACHINE\System\…`) with the short name of its root. Control sets stay as written:
 * which one is current is not to be seen in a path. `undefined` when it is no key, or cannot be an address (`!` in a name).
 */
export function registryKey(text: string): string | undefined {
  if (text.length > MAX_KEY || text.includes('!')) return undefined;
  const parts = text.split('\\').filter((part) => part !== '');
  const root = ROOTS.get((parts[0] ?? '').toLowerCase());
  if (root === undefined) return undefined;
  return [root, ...parts.slice(1)].join('\\');
}

/** Number of a registry value type, as `hex(7):` and security templates give it. @source winnt.h REG_* */
export const VALUE_TYPES: ReadonlyMap<number, string> = new Map([
  [0, 'REG_NONE'],
  [1, 'REG_SZ'],
  [2, 'REG_EXPAND_SZ'],
  [3, 'REG_BINARY'],
  [4, 'REG_DWORD'],
  [5, 'REG_DWORD_BIG_ENDIAN'],
  [6, 'REG_LINK'],
  [7, 'REG_MULTI_SZ'],
  [8, 'REG_RESOURCE_LIST'],
  [9, 'REG_FULL_RESOURCE_DESCRIPTOR'],
  [10, 'REG_RESOURCE_REQUIREMENTS_LIST'],
  [11, 'REG_QWORD'],
]);

/** Types whose data is text. */
export const TEXT_TYPES: ReadonlySet<string> = new Set(['REG_SZ', 'REG_EXPAND_SZ', 'REG_MULTI_SZ', 'REG_LINK']);

/** A value with its type; `name` empty for the default value. */
export interface RegistryValue {
  readonly name: string;
  readonly type: string;
  readonly value: string | readonly string[] | null;
  readonly line: number;
}

/** Is anything asked of this key? */
export function concernsKey(sink: Sink, key: string): boolean {
  return sink.wanted === undefined || sink.wanted.concerns(`reg:${key}`);
}

/** Passes a key on: that it exists, and its values as far as they are asked for. */
export function addKey(sink: Sink, key: string, line: number): void {
  const address = `reg:${key}`;
  if (sink.wanted === undefined || sink.wanted.has(address)) sink.state(address, '', { line, key });
}

/** Passes a value on if it is asked for. */
export function addValue(sink: Sink, key: string, { name, type, value, line }: RegistryValue, byPolicy = false, until?: InstantNs): void {
  const address = `reg:${key}!${name}`;
  if (sink.wanted !== undefined && !sink.wanted.has(address)) return;
  // Numbers of such a name are lengths, ages and switches; a text may be the password of an automatic logon.
  const kept = typeof value === 'string' && TEXT_TYPES.has(type) && looksSecret(name) ? withoutSecret(value) : value;
  sink.state(address, kept, { line, valueType: type, key: `${key}!${name}`, byPolicy, ...(until !== undefined && { until }) });
}
