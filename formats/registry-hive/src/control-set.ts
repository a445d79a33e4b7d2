import type { Hive } from './types.ts';

/** Names of the control sets (`ControlSet001` …); only the SYSTEM hive has any. */
export function controlSets({ root }: Hive): string[] {
  return [...(root?.subkeys() ?? [])].map(({ name }) => name).filter((name) => /^ControlSet\d{3}$/i.test(name));
}

/**
 * Name of the control set that a SYSTEM hive's Windows uses as `CurrentControlSet`: the one `Select\Current` names, or without that value the only one there
 * is. In a file there is no `CurrentControlSet`: Windows makes that link when it loads the hive.
 * @returns `undefined` when the set that is named does not exist, or none is named and there is not exactly one.
 * @source Microsoft Learn, "HKLM\SYSTEM\CurrentControlSet Registry Tree"
 */
export function currentControlSet(hive: Hive): string | undefined {
  const current = hive.key('Select')?.value('Current')?.number();
  if (current !== undefined) {
    const name = `ControlSet${String(current).padStart(3, '0')}`;
    return hive.key(name) === undefined ? undefined : name;
  }
  const sets = controlSets(hive);
  return sets.length === 1 ? sets[0] : undefined;
}
