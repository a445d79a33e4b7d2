import {
  binary,
  type DirtyHive,
  dword,
  expandSz,
  type HiveChange,
  type HiveDescription,
  multiSz,
  sz,
  writeDirtyHive,
  writeHive,
} from '@winmedic/labs/hive-writer';
import { hostDescriptions } from '@winmedic/labs/host-state';
import { SERVER_2012R2, SERVER_2016, SERVER_2019, type WindowsBuild } from '@winmedic/labs/scenarios';
import { noise, ticks } from './bytes.ts';
import type { DiskOptions, ExpectedValue } from './options.ts';

/** Builds by the names of the options. */
export const BUILDS: Readonly<Record<NonNullable<DiskOptions['build']>, WindowsBuild>> = {
  'server-2012r2': SERVER_2012R2,
  'server-2016': SERVER_2016,
  'server-2019': SERVER_2019,
};

/** Name of the host and when it was installed and last written to. */
export const HOST = {
  computer: 'FS01',
  installedAt: ticks('2021-02-03T04:05:06Z'),
  lastShutdown: ticks('2024-07-15T17:59:01.5Z'),
  newestAt: ticks('2024-07-19T04:10:00Z'),
} as const;

const SERVICES = 'SYSTEM\\CurrentControlSet\\Services';

/** A hive with its logs; an unused log is empty. */
export interface HiveFiles {
  readonly name: string;
  readonly hive: Uint8Array;
  readonly log1: Uint8Array;
  readonly log2: Uint8Array;
  readonly dirty: boolean;
}

/** Hives of a host, with values by which a reader that ignores the logs is found out. */
export interface HostHiveFiles {
  readonly hives: readonly HiveFiles[];
  readonly values: readonly ExpectedValue[];
}

/** Keys that make a hive of some size, as thousands of services and classes do. */
function filler(prefix: string, count: number): NonNullable<HiveDescription['root']['keys']>[number] {
  return {
    name: prefix,
    keys: Array.from({ length: count }, (_, i) => ({
      name: `${prefix} ${String(i).padStart(5, '0')}`,
      values: [sz('Description', `${prefix} of number ${i}`), dword('Number', i), binary('Data', noise(`${prefix} ${i}`, 40 + (i % 90)))],
    })),
  };
}

/** What the minutes before the crash wrote: settings, and what makes the hive grow by some hundred kilobytes or by few pages. */
function batches(settings: readonly HiveChange[], kind: NonNullable<DiskOptions['hives']>): HiveChange[][] {
  const at = HOST.newestAt;
  const written: HiveChange[][] = settings.map((each) => [each]);
  const [keys, sizeBytes] = kind === 'growing' ? [12, 30_000] : kind === 'growing-little' ? [2, 5000] : [0, 0];
  for (let i = 0; i < keys; i++) {
    written.push([
      {
        do: 'add-key',
        path: '',
        at,
        key: { name: `Written before the crash ${i}`, values: [binary('data', noise(`growth ${i}`, sizeBytes)), dword('n', i)] },
      },
    ]);
  }
  return written;
}

function made(
  name: string,
  description: HiveDescription,
  settings: readonly HiveChange[],
  kind: NonNullable<DiskOptions['hives']>,
): HiveFiles {
  if (kind === 'clean') {
    const hive = writeHive({ ...description, changes: [...(description.changes ?? []), ...settings] });
    return { name, hive, log1: new Uint8Array(), log2: new Uint8Array(), dirty: false };
  }
  const written = batches(settings, kind);
  // Windows writes to one log, then to the other; the primary file stays behind both.
  const { hive, log1, log2 }: DirtyHive = writeDirtyHive(description, written, { splitAt: Math.ceil(written.length / 2), firstLog: 2 });
  return { name, hive, log1, log2, dirty: true };
}

/** The five hives of `System32\config`. */
export function hostHiveFiles(build: WindowsBuild, kind: NonNullable<DiskOptions['hives']> = 'dirty'): HostHiveFiles {
  const agent = [
    dword('Type', 2),
    dword('Start', 1),
    dword('ErrorControl', 1),
    expandSz('ImagePath', '\\SystemRoot\\system32\\drivers\\CrowdStrike\\csagent.sys'),
    sz('DisplayName', 'CrowdStrike Falcon'),
    sz('Group', 'FSFilter Activity Monitor'),
    multiSz('DependOnService', ['FltMgr']),
  ];
  const boot = [
    dword('Type', 1),
    dword('Start', 0),
    dword('ErrorControl', 1),
    expandSz('ImagePath', 'system32\\drivers\\CrowdStrike\\CSBoot.sys'),
  ];
  const host = hostDescriptions({
    computer: HOST.computer,
    domain: 'example.jp',
    build,
    installedAt: HOST.installedAt,
    lastShutdown: HOST.lastShutdown,
    newestAt: HOST.newestAt,
    values: { [`${SERVICES}\\CSAgent`]: agent, [`${SERVICES}\\CSBoot`]: boot },
  });
  const { newestAt: at, installedAt } = HOST;
  const withFiller = (each: HiveDescription, count: number): HiveDescription => ({
    ...each,
    root: { ...each.root, keys: [...(each.root.keys ?? []), filler('Filler', count)] },
  });
  const set = (path: string, name: string, value: number): HiveChange => ({ do: 'set', path, value: dword(name, value), at });
  const small = (name: string, top: string): HiveDescription => ({
    fileName: `\\SystemRoot\\System32\\Config\\${name}`,
    savedAt: installedAt,
    sequence: 90,
    root: { name: 'ROOT', lastWritten: installedAt, keys: [{ name: top, values: [binary('C', noise(name, 120))] }] },
  });
  const hives = [
    made(
      'SYSTEM',
      withFiller(host.SYSTEM, 1500),
      [
        set('ControlSet001\\Services\\Tcpip\\Parameters', 'WrittenBeforeCrash', 291),
        set('ControlSet001\\Services\\CSAgent', 'CSFalconLoaded', 1),
        set('ControlSet001\\Control\\CrashControl', 'MinidumpsCount', 7),
      ],
      kind,
    ),
    made(
      'SOFTWARE',
      withFiller(host.SOFTWARE, 2500),
      [set('Microsoft\\Windows NT\\CurrentVersion', 'WrittenBeforeCrash', 292), set('Microsoft\\Ole', 'n', 1)],
      kind,
    ),
    made('SAM', small('SAM', 'SAM'), [set('SAM', 'n', 1), set('SAM', 'n', 2)], kind),
    made('SECURITY', small('SECURITY', 'Policy'), [set('Policy', 'n', 1), set('Policy', 'n', 3)], kind),
    made('DEFAULT', small('DEFAULT', 'Control Panel'), [set('Control Panel', 'n', 1), set('Control Panel', 'n', 4)], kind),
  ];
  const before = (value: number | undefined, replayed: number): number | undefined => (kind === 'clean' ? replayed : value);
  return {
    hives,
    values: [
      { hive: 'SYSTEM', key: 'ControlSet001\\Services\\CSAgent', name: 'Start', raw: 1, replayed: 1 },
      { hive: 'SYSTEM', key: 'ControlSet001\\Services\\CSAgent', name: 'CSFalconLoaded', raw: before(undefined, 1), replayed: 1 },
      {
        hive: 'SYSTEM',
        key: 'ControlSet001\\Services\\Tcpip\\Parameters',
        name: 'WrittenBeforeCrash',
        raw: before(undefined, 291),
        replayed: 291,
      },
      { hive: 'SYSTEM', key: 'ControlSet001\\Control\\CrashControl', name: 'MinidumpsCount', raw: before(5, 7), replayed: 7 },
      {
        hive: 'SOFTWARE',
        key: 'Microsoft\\Windows NT\\CurrentVersion',
        name: 'WrittenBeforeCrash',
        raw: before(undefined, 292),
        replayed: 292,
      },
      { hive: 'SAM', key: 'SAM', name: 'n', raw: before(undefined, 2), replayed: 2 },
    ],
  };
}
