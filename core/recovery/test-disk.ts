import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isoToTicks } from '@winmedic/bytes';
import { binary, dword, type HiveDescription, seal, sz, type WriteHiveKey, writeDirtyHive, writeHive } from '@winmedic/labs/hive-writer';
import { type WriteEntry, type WrittenNtfs, writeNtfs } from '@winmedic/labs/ntfs-writer';

/** FILETIME ticks of a time in UTC. */
export const ticks = (iso: string): bigint => isoToTicks(iso) as bigint;

const DRIVERS = 'Windows\\System32\\drivers\\CrowdStrike';
/** The faulty channel file, one from before and the corrected one. */
export const FILES = {
  older: `${DRIVERS}\\C-00000291-00000000-00000029.sys`,
  faulty: `${DRIVERS}\\C-00000291-00000000-00000032.sys`,
  fixed: `${DRIVERS}\\C-00000291-00000000-00000033.sys`,
} as const;

/** What a test wants different. */
export interface DiskSpec {
  /** Build in SOFTWARE; `null` leaves the value out. */
  readonly build?: string | null;
  readonly more?: readonly WriteEntry[];
  readonly logFile?: Uint8Array;
  /** Start value of CSAgent that only the log of the hive has. */
  readonly start?: number;
  readonly volume?: Partial<Parameters<typeof writeNtfs>[0]>;
  readonly lsnOfFaulty?: bigint;
  /** SYSTEM is clean, and flag 0x1 of its base block says that transactions are not closed. */
  readonly transactions?: boolean;
}

const TIME = ticks('2024-07-19T04:10:00Z');

function systemHive(start: number) {
  const base: HiveDescription = {
    sequence: 20,
    savedAt: TIME,
    root: {
      name: 'ROOT',
      keys: [
        { name: 'Select', values: [dword('Current', 1), dword('Default', 1)] },
        {
          name: 'ControlSet001',
          keys: [
            {
              name: 'Services',
              keys: [
                { name: 'CSAgent', values: [dword('Start', 1), sz('ImagePath', 'csagent.sys')] },
                { name: 'stornvme', values: [dword('Start', 3)] },
              ],
            },
            { name: 'Control', keys: [{ name: 'ComputerName', keys: [{ name: 'ComputerName', values: [sz('ComputerName', 'FS01')] }] }] },
          ],
        },
      ],
    },
  };
  const service = 'ControlSet001\\Services\\CSAgent';
  return writeDirtyHive(base, [
    [{ do: 'set', path: service, value: dword('Start', start) }],
    [
      {
        do: 'add-key',
        path: service,
        key: { name: 'Sim', values: Array.from({ length: 40 }, (_, i) => sz(`value ${i}`, 'x'.repeat(200))) },
      },
    ],
  ]);
}

/** The hive after its logs were replayed, with transactions that are not closed. */
function openTransactions({ after }: ReturnType<typeof systemHive>): { hive: Uint8Array; log1: Uint8Array; log2: Uint8Array } {
  new DataView(after.buffer, after.byteOffset).setUint32(144, 1, true);
  seal(after);
  return { hive: after, log1: new Uint8Array(0), log2: new Uint8Array(0) };
}

function softwareHive(build: string | null) {
  const values = build === null ? [] : [sz('CurrentBuildNumber', build)];
  return writeDirtyHive(
    {
      savedAt: TIME,
      root: { name: 'ROOT', keys: [{ name: 'Microsoft', keys: [{ name: 'Windows NT', keys: [{ name: 'CurrentVersion', values }] }] }] },
    },
    [[{ do: 'set', path: 'Microsoft', value: dword('late', 1) }]],
  );
}

/** A bare NTFS volume of a crashed server: three channel files, dirty hives, logs of the transactional registry. */
export function damagedVolume(spec: DiskSpec = {}): WrittenNtfs {
  const config = 'Windows\\System32\\config';
  const system = spec.transactions === true ? openTransactions(systemHive(1)) : systemHive(spec.start ?? 1);
  const software = softwareHive(spec.build === undefined ? '17763' : spec.build);
  const at = (path: string, time: string, data = 'x'.repeat(3000), more: Partial<WriteEntry> = {}): WriteEntry => ({
    path,
    content: data,
    times: ticks(time),
    ...more,
  });
  const hive = (name: string, { hive: bytes, log1, log2 }: { hive: Uint8Array; log1: Uint8Array; log2: Uint8Array }): WriteEntry[] => [
    { path: `${config}\\${name}`, content: bytes },
    { path: `${config}\\${name}.LOG1`, content: log1 },
    { path: `${config}\\${name}.LOG2`, content: log2 },
  ];
  return writeNtfs({
    sizeBytes: 24 << 20,
    label: 'OSDisk',
    time: TIME,
    ...(spec.logFile && { logFile: spec.logFile }),
    ...spec.volume,
    entries: [
      at(FILES.older, '2024-07-19T04:08:59.9999999Z'),
      at(FILES.faulty, '2024-07-19T04:09:00Z', 'x'.repeat(3000), {
        dosName: 'C-0000~2.SYS',
        ...(spec.lsnOfFaulty !== undefined && { lsn: spec.lsnOfFaulty }),
      }),
      at(FILES.fixed, '2024-07-19T05:27:00Z'),
      ...Array.from({ length: 60 }, (_, i) =>
        at(`${DRIVERS}\\C-${String(i).padStart(8, '0')}-00000000-00000001.sys`, '2024-07-10T01:00:00Z', 'y'),
      ),
      ...hive('SYSTEM', system),
      ...hive('SOFTWARE', software),
      at(`${config}\\TxR\\{47a6a166-a514-11e3-a94b-ec0d9a05c860}.TxR.0.regtrans-ms`, '2024-07-01T00:00:00Z'),
      at(`${config}\\TxR\\{47a6a166-a514-11e3-a94b-ec0d9a05c860}.TxR.blf`, '2024-07-01T00:00:00Z'),
      at(`${config}\\TxR\\{47a6a167-a514-11e3-a94b-ec0d9a05c860}.TM.blf`, '2024-07-01T00:00:00Z'),
      ...(spec.more ?? []),
    ],
  });
}

/** Identifier of the Windows entry in a made boot store. */
export const WINDOWS_ENTRY = '{733b62e5-f608-11eb-825c-c112f60133ab}';
const PE = '{733b62e6-f608-11eb-825c-c112f60133ab}';

/** A boot store with the safe boot number of the Windows entry, and of one of Windows PE. */
export function bootStore(windows?: number, windowsPe?: number): Uint8Array {
  const integer = (value: number): Uint8Array => Uint8Array.of(value, 0, 0, 0, 0, 0, 0, 0);
  const object = (name: string, type: number, elements: readonly WriteHiveKey[]): WriteHiveKey => ({
    name,
    keys: [
      { name: 'Description', values: [dword('Type', type)] },
      { name: 'Elements', keys: elements },
    ],
  });
  const safeBoot = (value: number | undefined): WriteHiveKey[] =>
    value === undefined ? [] : [{ name: '25000080', values: [binary('Element', integer(value))] }];
  return writeHive({
    minorVersion: 3,
    root: {
      name: 'NewStoreRoot',
      keys: [
        {
          name: 'Objects',
          keys: [
            object('{9dea862c-5cdd-4e70-acc1-f32b344d4795}', 0x1010_0002, [{ name: '23000003', values: [sz('Element', WINDOWS_ENTRY)] }]),
            object(WINDOWS_ENTRY, 0x1020_0003, safeBoot(windows)),
            object(PE, 0x1020_0003, [{ name: '26000022', values: [binary('Element', Uint8Array.of(1))] }, ...safeBoot(windowsPe)]),
          ],
        },
      ],
    },
  });
}

/** All bytes of a written image. */
export function bytesOf({ image }: WrittenNtfs): Uint8Array {
  const bytes = new Uint8Array(image.sizeBytes);
  image.readAt(0, bytes);
  return bytes;
}

/** Folder for the images of a test file; `dispose` removes it. */
export function imageFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'winmedic-recovery-'));
  let number = 0;
  return {
    folder,
    image(bytes: Uint8Array): string {
      const path = join(folder, `disk ${number++}.raw`);
      writeFileSync(path, bytes);
      return path;
    },
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}
