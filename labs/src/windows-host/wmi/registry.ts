import type { ResolvedSpec } from '../resolved.ts';
import { type CimMethod, type CimNamespace, type CimValue, defineClass, defineNamespace } from './model.ts';

/** Handles of the roots as StdRegProv takes them (win32 documentation). */
const HKLM = '2147483650';
const SUCCESS = 0;
const NOT_FOUND = 2;

/** Values of keys below HKEY_LOCAL_MACHINE: numbers are REG_DWORD, texts REG_SZ. */
type Keys = ReadonlyMap<string, Readonly<Record<string, number | string>>>;

/** StdRegProv over a small registry: EnumKey, GetDWORDValue, GetStringValue. It is in root/cimv2 and root/default. */
export function registry(namespace: string, spec: ResolvedSpec): CimNamespace {
  const keys = keysOf(spec);
  const value =
    (out: 'uValue' | 'sValue', type: 'number' | 'string'): CimMethod =>
    (_, parameters) => {
      const found = keyOf(keys, parameters)?.[parameters.get('sValueName')?.[0] ?? ''];
      return new Map<string, CimValue>([
        ...(found !== undefined && typeof found === type ? ([[out, found]] as const) : []),
        ['ReturnValue', found === undefined ? NOT_FOUND : typeof found === type ? SUCCESS : 1],
      ]);
    };
  const enumerate: CimMethod = (_, parameters) => {
    if (keyOf(keys, parameters) === undefined) return new Map([['ReturnValue', NOT_FOUND]]);
    const prefix = `${pathOf(parameters)}\\`;
    const names = new Map<string, string>();
    for (const path of keys.keys()) {
      if (!path.toLowerCase().startsWith(prefix)) continue;
      const [name = ''] = path.slice(prefix.length).split('\\');
      names.set(name.toLowerCase(), name);
    }
    return new Map<string, CimValue>([
      ['sNames', names.size === 0 ? null : [...names.values()]],
      ['ReturnValue', SUCCESS],
    ]);
  };
  return defineNamespace(namespace, [
    defineClass(namespace, 'StdRegProv', [], () => [], {
      methods: { EnumKey: enumerate, GetDWORDValue: value('uValue', 'number'), GetStringValue: value('sValue', 'string') },
    }),
  ]);
}

function pathOf(parameters: ReadonlyMap<string, readonly string[]>): string {
  return (parameters.get('sSubKeyName')?.[0] ?? '').replace(/^\\+|\\+$/g, '').toLowerCase();
}

function keyOf(keys: Keys, parameters: ReadonlyMap<string, readonly string[]>): Readonly<Record<string, number | string>> | undefined {
  if ((parameters.get('hDefKey')?.[0] ?? HKLM) !== HKLM) return undefined;
  const wanted = pathOf(parameters);
  for (const [path, values] of keys) if (path.toLowerCase() === wanted) return values;
  const inner = [...keys.keys()].some((path) => path.toLowerCase().startsWith(`${wanted}\\`));
  return inner || wanted === '' ? {} : undefined;
}

function keysOf(spec: ResolvedSpec): Keys {
  const build = spec.build.split('.')[2] ?? '';
  return new Map<string, Record<string, number | string>>([
    ['SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion', { CurrentBuildNumber: build, ProductName: 'Windows Server', UBR: 1 }],
    [
      'SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System',
      { EnableLUA: 1, LocalAccountTokenFilterPolicy: spec.accounts.some((a) => a.rights === 'filtered') ? 0 : 1 },
    ],
    ['SYSTEM\\CurrentControlSet\\Control\\ComputerName\\ComputerName', { ComputerName: spec.name }],
    ['SYSTEM\\CurrentControlSet\\Control\\Lsa', { LmCompatibilityLevel: spec.auth.lmCompatibilityLevel }],
    ['SYSTEM\\CurrentControlSet\\Control\\Terminal Server', { fDenyTSConnections: spec.rdp === undefined ? 1 : 0 }],
    [
      'SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp',
      { PortNumber: spec.rdp?.port ?? 3389, UserAuthentication: spec.rdp?.nla === 'off' ? 0 : 1 },
    ],
    ['SYSTEM\\CurrentControlSet\\Services\\vmms', { Start: 2 }],
    ['SYSTEM\\CurrentControlSet\\Services\\WinRM', { Start: 2 }],
  ]);
}
