/**
 * Hives of made-up hosts: small, but with the keys that Windows keeps its settings, its name and its build in. Made for tests of the audit and of the
 * diagnosis, so each key can have its own last-written time.
 */
import type { HiveDescription } from '../hive-writer/index.ts';
import { writeHive } from '../hive-writer/index.ts';
import type { FullSettings } from './defaults.ts';
import { withDefaults } from './defaults.ts';
import type { KeyTable } from './key-table.ts';
import type { HostSettings } from './settings.ts';
import { softwareKeys } from './software.ts';
import { systemKeys } from './system.ts';

export type { HostSettings, StoredNumber } from './settings.ts';
export { SAFE, TROUBLE_A } from './settings.ts';

/** Hives by the name of their file in `System32\config`. */
export interface HostHives<T = Uint8Array> {
  readonly SYSTEM: T;
  readonly SOFTWARE: T;
}

/** Descriptions of a host's hives, for `writeHive` or, with later changes, for `writeDirtyHive`. */
export function hostDescriptions(settings: HostSettings = {}): HostHives<HiveDescription> {
  const full = withDefaults(settings);
  const describe = (hive: 'SYSTEM' | 'SOFTWARE', table: KeyTable): HiveDescription => {
    const current = `ControlSet${String(full.controlSet).padStart(3, '0')}`;
    const below = (path: string): string | undefined => {
      const [first = '', ...rest] = path.split('\\');
      if (first.toUpperCase() !== hive) return undefined;
      return rest.map((part, i) => (i === 0 && part.toUpperCase() === 'CURRENTCONTROLSET' ? current : part)).join('\\');
    };
    for (const [path, values] of Object.entries(full.values)) {
      const key = below(path);
      if (key !== undefined) table.put(key, values, full.settingsAt);
    }
    for (const [path, time] of Object.entries(full.written)) {
      const key = below(path);
      if (key !== undefined) table.date(key, time);
    }
    return {
      root: table.tree(),
      minorVersion: full.minorVersion,
      savedAt: savedAt(full),
      fileName: `\\SystemRoot\\System32\\Config\\${hive}`,
      sequence: 40,
      changes: full.changes[hive] ?? [],
    };
  };
  return { SYSTEM: describe('SYSTEM', systemKeys(full)), SOFTWARE: describe('SOFTWARE', softwareKeys(full)) };
}

/** Clean hives of a host. */
export function hostHives(settings: HostSettings = {}): HostHives {
  const { SYSTEM, SOFTWARE } = hostDescriptions(settings);
  return { SYSTEM: writeHive(SYSTEM), SOFTWARE: writeHive(SOFTWARE) };
}

/** Windows 8.1 and newer leave the base block's time as it was when the hive was made. @source msuhanov/regf "Base block", note 9 */
function savedAt({ build, installedAt, newestAt }: FullSettings): bigint {
  return build.build >= 9600 ? installedAt : newestAt;
}
