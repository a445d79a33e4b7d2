import { isoToTicks, memorySource } from '@winmedic/bytes';
import { dword, expandSz, filetime, qword, sz, type WriteHiveKey, type WriteHiveValue, writeHive } from '@winmedic/labs/hive-writer';
import { type Hive, openHive } from '@winmedic/registry-hive';
import { describe, expect, it } from 'vitest';
import { identifyWindows } from './system.ts';

/** A hive with values at paths. */
function hiveOf(values: Readonly<Record<string, readonly WriteHiveValue[]>>): Hive {
  interface Node {
    readonly keys: Map<string, Node>;
    values: readonly WriteHiveValue[];
  }
  const root: Node = { keys: new Map(), values: [] };
  for (const [path, list] of Object.entries(values)) {
    let at = root;
    for (const name of path.split('\\')) {
      const next = at.keys.get(name) ?? { keys: new Map(), values: [] };
      at.keys.set(name, next);
      at = next;
    }
    at.values = list;
  }
  const written = ({ keys, values: own }: Node, name: string): WriteHiveKey => ({
    name,
    values: own,
    keys: [...keys].map(([child, node]) => written(node, child)),
  });
  return openHive(memorySource(writeHive({ root: written(root, 'R') })));
}

const VERSION = 'Microsoft\\Windows NT\\CurrentVersion';
const INSTALLED = isoToTicks('2021-09-01T10:20:30Z')!;
const SHUT_DOWN = isoToTicks('2024-07-18T22:00:00Z')!;
const SOFTWARE = hiveOf({
  [VERSION]: [
    sz('ProductName', 'Windows Server 2022 Standard'),
    sz('EditionID', 'ServerStandard'),
    sz('CurrentBuildNumber', '20348'),
    sz('CurrentBuild', '9600'),
    dword('UBR', 2582),
    sz('DisplayVersion', '21H2'),
    sz('ReleaseId', '2009'),
    dword('InstallDate', 1_630_491_630),
    qword('InstallTime', INSTALLED),
    sz('InstallationType', 'Server Core'),
  ],
});
const SYSTEM = hiveOf({
  Select: [dword('Current', 2)],
  ControlSet001: [],
  'ControlSet001\\Control\\ComputerName\\ComputerName': [sz('ComputerName', 'OLD')],
  'ControlSet002\\Control\\ComputerName\\ComputerName': [sz('ComputerName', 'RDS01')],
  'ControlSet002\\Control\\Windows': [filetime('ShutdownTime', SHUT_DOWN)],
  'ControlSet002\\Control\\TimeZoneInformation': [sz('TimeZoneKeyName', 'Tokyo Standard Time')],
  'ControlSet002\\Control\\CrashControl': [
    dword('CrashDumpEnabled', 7),
    expandSz('DumpFile', '%SystemRoot%\\MEMORY.DMP'),
    expandSz('MinidumpDir', '%SystemRoot%\\Minidump'),
    dword('AutoReboot', 1),
    dword('Overwrite', 0),
  ],
  'ControlSet002\\Services\\CSAgent': [dword('Start', 1)],
  'ControlSet002\\Services\\TermService': [dword('Start', 3)],
  'ControlSet002\\Services\\Odd': [sz('Start', '2')],
});

describe('identifyWindows', () => {
  it('reads which Windows it is, each with its place', () => {
    const found = identifyWindows(SOFTWARE, SYSTEM, ['csagent', 'Missing', 'Odd', '', 'TermService\\..']);
    const software = (value: unknown, name: string) => ({ value, hive: 'SOFTWARE', key: VERSION, name });
    const system = (value: unknown, path: string, name: string) => ({ value, hive: 'SYSTEM', key: `ControlSet002\\${path}`, name });
    expect(found).toEqual({
      productName: software('Windows Server 2022 Standard', 'ProductName'),
      edition: software('ServerStandard', 'EditionID'),
      build: software(20348, 'CurrentBuildNumber'),
      revision: software(2582, 'UBR'),
      version: software('21H2', 'DisplayVersion'),
      installedAt: software(INSTALLED, 'InstallTime'),
      installationType: software('Server Core', 'InstallationType'),
      computerName: system('RDS01', 'Control\\ComputerName\\ComputerName', 'ComputerName'),
      controlSet: 'ControlSet002',
      shutDownAt: system(SHUT_DOWN, 'Control\\Windows', 'ShutdownTime'),
      timeZone: system('Tokyo Standard Time', 'Control\\TimeZoneInformation', 'TimeZoneKeyName'),
      services: new Map([['csagent', system(1, 'Services\\CSAgent', 'Start')]]),
      crashControl: {
        dumpKind: system(7, 'Control\\CrashControl', 'CrashDumpEnabled'),
        dumpFile: system('%SystemRoot%\\MEMORY.DMP', 'Control\\CrashControl', 'DumpFile'),
        smallDumpFolder: system('%SystemRoot%\\Minidump', 'Control\\CrashControl', 'MinidumpDir'),
        autoReboot: system(true, 'Control\\CrashControl', 'AutoReboot'),
        overwrite: system(false, 'Control\\CrashControl', 'Overwrite'),
      },
    });
  });

  it('takes what older versions have instead', () => {
    const old = hiveOf({ [VERSION]: [sz('CurrentBuild', '14393'), sz('ReleaseId', '1607'), dword('InstallDate', 1_630_491_630)] });
    const { build, version, installedAt } = identifyWindows(old, undefined);
    expect([build?.value, build?.name, version?.value, installedAt?.value]).toEqual([
      14393,
      'CurrentBuild',
      '1607',
      isoToTicks('2021-09-01T10:20:30Z'),
    ]);
  });

  it('leaves out what is not there or cannot be right', () => {
    const odd = hiveOf({
      [VERSION]: [
        sz('CurrentBuildNumber', '20348 (patched)'),
        sz('ProductName', ' '),
        sz('UBR', '5'),
        dword('InstallDate', 0),
        qword('InstallTime', 0n),
      ],
    });
    expect(identifyWindows(odd, undefined)).toEqual({ services: new Map(), crashControl: {} });
    expect(identifyWindows(undefined, undefined, ['TermService'])).toEqual({ services: new Map(), crashControl: {} });
    const noSet = hiveOf({ Select: [dword('Current', 9)], 'ControlSet001\\Services\\TermService': [dword('Start', 2)] });
    expect(identifyWindows(undefined, noSet, ['TermService'])).toEqual({ services: new Map(), crashControl: {} });
  });
});
