/**
 * A small disk of a server that stops again and again, made in memory without any tool: MBR, a system volume with a boot store, a Windows volume with
 * channel files, dirty hives, logs of the transactional registry and a small dump. For the demonstration and the tests of the command line.
 */
import { isoToTicks } from '@winmedic/bytes';
import { type WriteProtector, type WrittenBitLocker, writeBitLocker } from '@winmedic/labs/bitlocker-writer';
import { assembleDisk, mbrPieces } from '@winmedic/labs/disk-writer';
import { writeDump } from '@winmedic/labs/dump-writer';
import { binary, dword, multiSz, sz, type WriteHiveKey, writeDirtyHive, writeHive } from '@winmedic/labs/hive-writer';
import { type WriteEntry, type WriteNtfs, writeNtfs } from '@winmedic/labs/ntfs-writer';

const SECTOR = 512;
const MIB = 1 << 20;
const SYSTEM_VOLUME = { offset: MIB, sizeBytes: 4 * MIB } as const;
const WINDOWS_VOLUME = { offset: 5 * MIB, sizeBytes: 24 * MIB } as const;
const CONFIG = 'Windows\\System32\\config';
const DRIVERS = 'Windows\\System32\\drivers\\CrowdStrike';

/** Channel files: from before the faulty time, the faulty one, and the corrected one. */
export const CHANNEL_FILES = {
  older: `${DRIVERS}\\C-00000291-00000000-00000029.sys`,
  faulty: `${DRIVERS}\\C-00000291-00000000-00000032.sys`,
  fixed: `${DRIVERS}\\C-00000291-00000000-00000033.sys`,
} as const;

/** What is different from the disk of the demonstration. */
export interface DemoDisk {
  /** Encrypts the Windows volume. */
  readonly protectors?: readonly WriteProtector[];
  readonly windows?: Partial<WriteNtfs>;
  readonly more?: readonly WriteEntry[];
  readonly safeboot?: boolean;
}

const ticks = (iso: string): bigint => isoToTicks(iso) as bigint;
const CRASHED = ticks('2024-07-19T04:12:00Z');

function systemHive() {
  const service = 'ControlSet001\\Services\\CSAgent';
  return writeDirtyHive(
    {
      sequence: 20,
      savedAt: CRASHED,
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
                  {
                    name: 'CSAgent',
                    values: [dword('Start', 1), sz('ImagePath', '\\??\\C:\\Windows\\system32\\drivers\\CrowdStrike\\csagent.sys')],
                  },
                  { name: 'stornvme', values: [dword('Start', 0)] },
                ],
              },
              {
                name: 'Control',
                keys: [
                  { name: 'ComputerName', keys: [{ name: 'ComputerName', values: [sz('ComputerName', 'FS01')] }] },
                  { name: 'TimeZoneInformation', values: [sz('TimeZoneKeyName', 'Tokyo Standard Time')] },
                ],
              },
            ],
          },
        ],
      },
    },
    [
      [{ do: 'set', path: service, value: dword('Start', 1) }],
      [
        {
          do: 'add-key',
          path: service,
          key: { name: 'Sim', values: Array.from({ length: 40 }, (_, i) => sz(`value ${i}`, 'x'.repeat(200))) },
        },
      ],
    ],
  );
}

function softwareHive() {
  const version = [
    sz('CurrentBuildNumber', '17763'),
    dword('UBR', 6054),
    sz('ProductName', 'Windows Server 2019 Standard'),
    sz('EditionID', 'ServerStandard'),
    sz('InstallationType', 'Server'),
  ];
  const current: WriteHiveKey = { name: 'Microsoft', keys: [{ name: 'Windows NT', keys: [{ name: 'CurrentVersion', values: version }] }] };
  return writeDirtyHive({ savedAt: CRASHED, root: { name: 'ROOT', keys: [current] } }, [
    [{ do: 'set', path: 'Microsoft', value: dword('late', 1) }],
  ]);
}

/** Elements by their numbers. @source Microsoft, BCD reference: BcdLibraryElementTypes, BcdBootMgrElementTypes, BcdOSLoaderElementTypes */
function bootStore(safeboot: boolean): Uint8Array {
  const manager = '{9dea862c-5cdd-4e70-acc1-f32b344d4795}';
  const windows = '{5f3a7c0e-1c4b-4d8e-9f60-0a1b2c3d4e5f}';
  const element = (name: string, value: { readonly type: number; readonly data: Uint8Array }): WriteHiveKey => ({
    name,
    values: [{ name: 'Element', type: value.type, data: value.data }],
  });
  const object = (name: string, type: number, elements: readonly WriteHiveKey[]): WriteHiveKey => ({
    name,
    keys: [
      { name: 'Description', values: [dword('Type', type)] },
      { name: 'Elements', keys: elements },
    ],
  });
  const minimal = element('25000080', binary('', new Uint8Array(8)));
  return writeHive({
    savedAt: CRASHED,
    root: {
      name: 'NewStoreRoot',
      keys: [
        {
          name: 'Objects',
          keys: [
            object(windows, 0x1020_0003, [
              element('12000002', sz('', '\\Windows\\system32\\winload.exe')),
              element('12000004', sz('', 'Windows Server')),
              element('22000002', sz('', '\\Windows')),
              ...(safeboot ? [minimal] : []),
            ]),
            object(manager, 0x1010_0002, [element('23000003', sz('', windows)), element('24000001', multiSz('', [windows]))]),
          ],
        },
      ],
    },
  });
}

function smallDump(): Uint8Array {
  const kernel = 0xfffff801_6a00_0000n;
  const agent = 0xfffff801_6e8f_0000n;
  const fault = agent + 0xe35a1n;
  const module = (path: string, base: bigint, sizeBytes: number) => ({ path, base, sizeBytes, checksum: 0, timeDateStamp: 0x5f00_0000 });
  return writeDump({
    kind: 'triage',
    code: 0x50,
    parameters: [0xffff9c8e_0000_008an, 0n, fault, 0n],
    systemTime: CRASHED,
    upTime: 600_000_000n,
    build: 17763,
    processors: 4,
    productType: 3,
    modules: [
      module('\\SystemRoot\\system32\\ntoskrnl.exe', kernel, 0xab_7000),
      module('\\SystemRoot\\system32\\drivers\\CrowdStrike\\csagent.sys', agent, 0x16_0000),
    ],
    instructionPointer: fault,
    stackPointer: 0xffffd08a_2b3c_1000n,
    stack: [fault, agent + 0xd_afa8n, kernel + 0x1b_fe00n],
  });
}

function windowsVolume({ windows, more }: DemoDisk): Uint8Array {
  const file = (path: string, time: string, content: string, rest: Partial<WriteEntry> = {}): WriteEntry => ({
    path,
    content,
    times: ticks(time),
    ...rest,
  });
  const hive = (name: string, { hive: bytes, log1, log2 }: ReturnType<typeof writeDirtyHive>): WriteEntry[] => [
    { path: `${CONFIG}\\${name}`, content: bytes },
    { path: `${CONFIG}\\${name}.LOG1`, content: log1 },
    { path: `${CONFIG}\\${name}.LOG2`, content: log2 },
  ];
  const { image } = writeNtfs({
    sizeBytes: WINDOWS_VOLUME.sizeBytes,
    label: 'Windows',
    hiddenSectors: WINDOWS_VOLUME.offset / SECTOR,
    time: CRASHED,
    ...windows,
    entries: [
      file(CHANNEL_FILES.older, '2024-07-19T04:08:59.9999999Z', 'x'.repeat(3000)),
      file(CHANNEL_FILES.faulty, '2024-07-19T04:09:00Z', 'x'.repeat(3000), { dosName: 'C-0000~2.SYS' }),
      file(CHANNEL_FILES.fixed, '2024-07-19T05:27:00Z', 'x'.repeat(3000)),
      ...Array.from({ length: 60 }, (_, i) =>
        file(`${DRIVERS}\\C-${String(i).padStart(8, '0')}-00000000-00000001.sys`, '2024-07-10T01:00:00Z', 'y'),
      ),
      ...hive('SYSTEM', systemHive()),
      ...hive('SOFTWARE', softwareHive()),
      file(`${CONFIG}\\TxR\\{47a6a166-a514-11e3-a94b-ec0d9a05c860}.TxR.0.regtrans-ms`, '2024-07-01T00:00:00Z', 'x'.repeat(3000)),
      file(`${CONFIG}\\TxR\\{47a6a166-a514-11e3-a94b-ec0d9a05c860}.TxR.blf`, '2024-07-01T00:00:00Z', 'x'.repeat(3000)),
      { path: 'Windows\\Minidump\\071924-8718-01.dmp', content: smallDump(), times: CRASHED },
      file('Windows\\Panther\\setup.log', '2021-03-04T05:06:07Z', 'Installation finished.\r\n設定が完了しました。\r\n'),
      ...(more ?? []),
    ],
  });
  const bytes = new Uint8Array(image.sizeBytes);
  image.readAt(0, bytes);
  return bytes;
}

/** The bytes of the disk; with protectors also what opens it. */
export function demoDisk(spec: DemoDisk = {}): { readonly bytes: Uint8Array; readonly bitlocker?: WrittenBitLocker } {
  const system = writeNtfs({
    sizeBytes: SYSTEM_VOLUME.sizeBytes,
    label: 'System Reserved',
    serial: 0x6e5d_4c3b_2a19_0807n,
    hiddenSectors: SYSTEM_VOLUME.offset / SECTOR,
    time: CRASHED,
    entries: [{ path: 'Boot\\BCD', content: bootStore(spec.safeboot === true) }],
  });
  const systemBytes = new Uint8Array(system.image.sizeBytes);
  system.image.readAt(0, systemBytes);
  const plain = windowsVolume(spec);
  const bitlocker = spec.protectors && writeBitLocker(plain, { method: 'aes-xts-128', protectors: spec.protectors });
  const slot = ({ offset, sizeBytes }: typeof SYSTEM_VOLUME | typeof WINDOWS_VOLUME, active: boolean) => ({
    type: 0x07,
    start: offset / SECTOR,
    count: sizeBytes / SECTOR,
    active,
  });
  const bytes = assembleDisk(
    30 * MIB,
    mbrPieces({ slots: [slot(SYSTEM_VOLUME, true), slot(WINDOWS_VOLUME, false)] }),
    [{ offset: SYSTEM_VOLUME.offset, bytes: systemBytes }],
    [{ offset: WINDOWS_VOLUME.offset, bytes: bitlocker?.volume ?? plain }],
  );
  return { bytes, ...(bitlocker && { bitlocker }) };
}
