import { unixMsToTicks } from '@winmedic/bytes';
import { assembleDisk, GPT_TYPE, gptPieces } from '@winmedic/labs/disk-writer';
import { writeDump } from '@winmedic/labs/dump-writer';
import { binary, dword, sz, type WriteHiveKey, writeHive } from '@winmedic/labs/hive-writer';
import { type HostHives, type HostSettings, hostHives } from '@winmedic/labs/host-state';
import { type WriteEntry, type WriteNtfs, type WrittenNtfs, writeNtfs } from '@winmedic/labs/ntfs-writer';
import { boot, ENGLISH, Host, type ScenarioFile, SERVER_2016, stopDirty } from '@winmedic/labs/scenarios';

/** FILETIME ticks of a UTC time. */
export const ticks = (time: string): bigint => unixMsToTicks(Date.parse(time));

/** A file with one time for all four. */
export const file = (path: string, content: Uint8Array | string, time?: bigint): WriteEntry => ({
  path,
  content,
  ...(time !== undefined && { times: time }),
});

const MIB = 1 << 20;
const INSTALLED = ticks('2021-02-03T04:05:06Z');

/** What lies on the volume of a test's Windows. */
export interface TestWindows {
  readonly logs?: readonly ScenarioFile[];
  /** A host whose hives are made, or the hives. */
  readonly hives?: HostSettings | HostHives;
  readonly entries?: readonly WriteEntry[];
  readonly sizeBytes?: number;
  readonly volume?: Partial<WriteNtfs>;
}

/** A volume with a Windows: hives, logs where Windows keeps them, and further files. */
export function windowsVolume(windows: TestWindows): Uint8Array {
  return writeWindows(windows).image.bytes();
}

/** {@link windowsVolume} with the places of its files. */
export function writeWindows({ logs = [], hives = {}, entries = [], sizeBytes = 12 * MIB, volume = {} }: TestWindows): WrittenNtfs {
  const { SYSTEM, SOFTWARE } = 'SYSTEM' in hives ? hives : hostHives(hives);
  return writeNtfs({
    sizeBytes,
    time: INSTALLED,
    ...volume,
    entries: [
      file('Windows\\System32\\config\\SYSTEM', SYSTEM),
      file('Windows\\System32\\config\\SOFTWARE', SOFTWARE),
      ...logs.map(({ name, bytes }) => file(`Windows\\System32\\winevt\\Logs\\${name.split('/').at(-1)}`, bytes)),
      ...entries,
    ],
  });
}

/** A disk with a GPT and these volumes, one after the other from 1 MiB on. */
export function gptDisk(...volumes: readonly Uint8Array[]): Uint8Array {
  let at = MIB;
  const placed = volumes.map((bytes) => {
    const offset = at;
    at += bytes.length;
    return { offset, bytes };
  });
  const sizeBytes = at + MIB;
  const partitions = placed.map(({ offset, bytes }) => ({
    type: GPT_TYPE.basicData,
    firstLba: offset / 512,
    lastLba: (offset + bytes.length) / 512 - 1,
  }));
  return assembleDisk(sizeBytes, gptPieces({ sizeBytes, partitions }), placed);
}

/** The crash of 2024-07-19: its time and what its small dump says. */
export const CRASH_TIME = ticks('2024-07-19T04:10:00.5Z');
const AGENT = 0xfffff801_6e8f_0000n;
const KERNEL = 0xfffff801_6a00_0000n;
const FAULT = AGENT + 0xe35a1n;
const PARAMETERS = [0xffff9c8e_0000_008an, 0n, FAULT, 0n] as const;

/** Small dump of a stop in `csagent.sys` ({@link AGENT_IMAGE}). */
export function agentDump(time = CRASH_TIME): Uint8Array {
  return writeDump({
    kind: 'triage',
    code: 0x50,
    parameters: PARAMETERS,
    systemTime: time,
    build: SERVER_2016.build,
    modules: [
      { path: '\\SystemRoot\\system32\\ntoskrnl.exe', base: KERNEL, sizeBytes: 0xab_7000, timeDateStamp: 7 },
      { path: '\\SystemRoot\\system32\\drivers\\CrowdStrike\\csagent.sys', base: AGENT, ...AGENT_IMAGE },
    ],
    instructionPointer: FAULT,
    stackPointer: 0xffffd08a_2b3c_1000n,
    stack: [FAULT, KERNEL + 0x17_0000n],
  });
}
/** What identifies the driver of {@link agentDump}. */
export const AGENT_IMAGE = { sizeBytes: 0x16_0000, timeDateStamp: 0x1234_5678 } as const;

/** Logs of a host that stops with 0x50 at {@link CRASH_TIME} (or at the times given) and starts again after each. */
export function crashLogs(computer = 'FS01', times: readonly bigint[] = [CRASH_TIME]): readonly ScenarioFile[] {
  const host = new Host({ computer, build: SERVER_2016, texts: ENGLISH, biasMinutes: -540, seed: 291, bootedAt: '2024-07-16 03:00:12.3' });
  for (const [i, time] of times.entries()) {
    const bugCheck = { code: 0x50, parameters: PARAMETERS, reportId: `071924-87${18 + i}-01`, dump: 162 } as const;
    boot(host, host.after(time, 38), stopDirty(host, time, { bugCheck }));
  }
  return host.files();
}

/** Settings of the hives of the host of {@link crashLogs}. */
export const CRASHED: HostSettings = {
  computer: 'FS01',
  build: SERVER_2016,
  installedAt: INSTALLED,
  newestAt: ticks('2024-07-19T04:09:30Z'),
  services: { CSAgent: 1 },
};

/** A channel file 291 last written at a time, and its folder last changed then. */
export function channelFiles(...times: readonly (readonly [name: string, time: string])[]): WriteEntry[] {
  const FOLDER = 'Windows\\System32\\drivers\\CrowdStrike';
  const newest = times.map(([, time]) => ticks(time)).reduce((a, b) => (b > a ? b : a));
  return [
    { path: FOLDER, directory: true, times: newest },
    ...times.map(([name, time]) => file(`${FOLDER}\\${name}`, new Uint8Array(41_004), ticks(time))),
  ];
}

const BOOT_ENTRY = '{5f3a7c0e-1c4b-4d8e-9f60-0a1b2c3d4e5f}';

/** A boot store with one Windows. @param safeBoot number of the kind of safe boot. */
export function bootStore(safeBoot?: number, writtenAt = INSTALLED): Uint8Array {
  const number = (value: number): Uint8Array => Uint8Array.of(value, 0, 0, 0, 0, 0, 0, 0);
  const element = (name: string, value: WriteHiveKey['values']): WriteHiveKey => ({ name, lastWritten: writtenAt, values: value ?? [] });
  const object = (name: string, type: number, elements: readonly WriteHiveKey[]): WriteHiveKey => ({
    name,
    lastWritten: writtenAt,
    keys: [
      { name: 'Description', lastWritten: writtenAt, values: [dword('Type', type)] },
      { name: 'Elements', lastWritten: writtenAt, keys: elements },
    ],
  });
  return writeHive({
    root: {
      name: 'NewStoreRoot',
      lastWritten: writtenAt,
      keys: [
        { name: 'Description', lastWritten: writtenAt, values: [sz('KeyName', 'BCD00000000')] },
        {
          name: 'Objects',
          lastWritten: writtenAt,
          keys: [
            object('{9dea862c-5cdd-4e70-acc1-f32b344d4795}', 0x1010_0002, [element('23000003', [sz('Element', BOOT_ENTRY)])]),
            object(BOOT_ENTRY, 0x1020_0003, [
              element('12000004', [sz('Element', 'Windows Server')]),
              ...(safeBoot === undefined ? [] : [element('25000080', [binary('Element', number(safeBoot))])]),
            ]),
          ],
        },
      ],
    },
  });
}
