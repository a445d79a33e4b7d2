/** A registry address taken apart: `reg:HKLM\SYSTEM\CurrentControlSet\Control\Lsa!LmCompatibilityLevel`. */
export interface RegistryAddress {
  readonly address: string;
  /** `HKLM\SYSTEM`, `BCD` …: which hive. */
  readonly root: string;
  /** Key names below the root; `*` stands for any one. */
  readonly path: readonly string[];
  /** Value name (`*`: any; empty: the default value); `undefined` when the key itself is meant. */
  readonly value: string | undefined;
}

/** Roots whose hives are read. The boot store has a name of its own: its hive is mounted under HKLM\BCD00000000. */
export const HIVE_ROOTS = ['HKLM\\SYSTEM', 'HKLM\\SOFTWARE', 'HKLM\\SECURITY', 'HKLM\\SAM', 'BCD'] as const;
/** Root of a hive that is read. */
export type HiveRoot = (typeof HIVE_ROOTS)[number];

/** Takes a `reg:` address apart; `undefined` for other schemes and other hives (those of users). */
export function parseRegistryAddress(address: string): RegistryAddress | undefined {
  if (!/^reg:/i.test(address)) return undefined;
  const text = address.slice(4);
  const root = HIVE_ROOTS.find((one) => text.toUpperCase().startsWith(`${one}\\`));
  if (root === undefined) return undefined;
  // A value name may hold `!`, a key name of ours never does.
  const mark = text.indexOf('!');
  const keys = (mark < 0 ? text : text.slice(0, mark)).slice(root.length + 1);
  return { address, root, path: keys.split('\\').filter((part) => part !== ''), value: mark < 0 ? undefined : text.slice(mark + 1) };
}
