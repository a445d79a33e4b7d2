/** Small disks with a damaged Windows on them, in every container and under every table: what the fuzzing of whole repairs begins with. */
import { isoToTicks } from '@winmedic/bytes';
import { writeBitLocker } from '@winmedic/labs/bitlocker-writer';
import { writeVhd, writeVhdx } from '@winmedic/labs/container-writer';
import { assembleDisk, GPT_TYPE, gptPieces, mbrPieces } from '@winmedic/labs/disk-writer';
import { writeEvtx } from '@winmedic/labs/evtx-writer';
import { binary, dword, sz, type WriteHiveKey, writeDirtyHive, writeHive } from '@winmedic/labs/hive-writer';
import { hostDescriptions, TROUBLE_A } from '@winmedic/labs/host-state';
import { LogWriter } from '@winmedic/labs/logfile-writer';
import { type WriteEntry, type WriteNtfs, type WrittenNtfs, writeNtfs } from '@winmedic/labs/ntfs-writer';
import { writeFat } from '../../labs/src/fat-writer/index.ts';
import { crcRegion, ntfsRegions, type Region } from './disk-regions.ts';

const MIB = 1 << 20;
const LOG_BYTES = 256 << 10;
const FOLDER = 'Windows\\System32\\drivers\\CrowdStrike';
const CONFIG = 'Windows\\System32\\config';
const SECTOR = 512;
/** Where partitions begin, in sectors. */
const ESP_AT = 128;
const ESP_SECTORS = 1024;
const WINDOWS_AT = 2048;

/** A disk to begin with. Regions lie on the virtual disk, in the clear. */
export interface DiskSeed {
  readonly name: string;
  /** The file: a raw disk or a container. */
  readonly bytes: Uint8Array;
  readonly regions: readonly Region[];
  /** Regions of the file itself: tables, headers of containers. */
  readonly outer: readonly Region[];
  readonly startupKeys: ReadonlyMap<string, Uint8Array>;
}

/** All seeds. */
export function diskSeeds(): DiskSeed[] {
  const dirty = windows({ hives: 'dirty' });
  const [gpt, mbr] = [gptDisk(dirty), mbrDisk(windows({ hives: 'clean', boot: true }))];
  const secret = writeBitLocker(dirty.image.bytes(), {
    method: 'aes-xts-128',
    protectors: [{ kind: 'startup-key' }, { kind: 'sealed', type: 0x0100 }],
  });
  const locked = gptDisk(dirty, secret.volume);
  const none = new Map<string, Uint8Array>();
  const plain = { startupKeys: none, outer: [] };
  return [
    { name: 'GPT, dirty hives', ...gpt, startupKeys: none },
    { name: 'GPT, pending log', ...gptDisk(windows({ hives: 'old', log: pendingLog() })), startupKeys: none },
    { name: 'MBR, boot store on NTFS', ...mbr, startupKeys: none },
    { name: 'bare volume', bytes: dirty.image.bytes(), regions: ntfsRegions(dirty), ...plain },
    { name: 'VHD', bytes: writeVhd({ variant: 'dynamic', disk: gpt.bytes, blockBytes: MIB }), regions: gpt.regions, ...plain },
    { name: 'VHDX', bytes: writeVhdx({ variant: 'dynamic', disk: gpt.bytes }), regions: gpt.regions, ...plain },
    { name: 'BitLocker', bytes: locked.bytes, regions: gpt.regions, outer: locked.outer, startupKeys: secret.startupKeys },
  ];
}

function gptDisk(volume: WrittenNtfs, bytes: Uint8Array = volume.image.bytes()): Pick<DiskSeed, 'bytes' | 'regions' | 'outer'> {
  const fat = writeFat({
    kind: 'FAT12',
    clusters: 900,
    files: [
      folder('EFI        ', [folder('MICROS~1   ', [folder('BOOT       ', [{ short: 'BCD        ', data: bootStore() }])], 'Microsoft')]),
    ],
  });
  const sizeBytes = WINDOWS_AT * SECTOR + bytes.length + 64 * SECTOR;
  const pieces = gptPieces({
    sizeBytes,
    partitions: [
      { type: GPT_TYPE.efiSystem, firstLba: ESP_AT, lastLba: ESP_AT + ESP_SECTORS - 1 },
      { type: GPT_TYPE.basicData, firstLba: WINDOWS_AT, lastLba: WINDOWS_AT + bytes.length / SECTOR - 1, name: 'Windows' },
    ],
  });
  const disk = assembleDisk(sizeBytes, pieces, [
    { offset: ESP_AT * SECTOR, bytes: fat.bytes },
    { offset: WINDOWS_AT * SECTOR, bytes },
  ]);
  const [mbr, header, entries, backupEntries, backup] = pieces;
  const esp = ESP_AT * SECTOR;
  const outer: Region[] = [
    { name: 'MBR', kind: 'plain', offset: mbr.offset + 440, sizeBytes: 72 },
    crcRegion('GPT header', header.offset, 92, 16),
    { name: 'GPT entries', kind: 'plain', offset: entries.offset, sizeBytes: 512 },
    { name: 'backup GPT entries', kind: 'plain', offset: backupEntries.offset, sizeBytes: 512 },
    crcRegion('backup GPT header', backup.offset, 92, 16),
    { name: 'FAT boot sector', kind: 'plain', offset: esp, sizeBytes: 96 },
    { name: 'FAT', kind: 'plain', offset: esp + fat.table.offset, sizeBytes: 64 },
    { name: 'FAT folders and store', kind: 'plain', offset: esp + fat.data, sizeBytes: 8192 },
  ];
  return { bytes: disk, regions: [...ntfsRegions(volume, WINDOWS_AT * SECTOR), ...outer], outer };
}

function mbrDisk(volume: WrittenNtfs): Pick<DiskSeed, 'bytes' | 'regions' | 'outer'> {
  const bytes = volume.image.bytes();
  const pieces = mbrPieces({
    slots: [
      { type: 7, start: WINDOWS_AT, count: bytes.length / SECTOR, active: true },
      { type: 0x0f, start: 256, count: 512 },
    ],
    logical: [{ record: 0, type: 0x0b, start: 64, count: 128 }],
  });
  const disk = assembleDisk(WINDOWS_AT * SECTOR + bytes.length, pieces, [{ offset: WINDOWS_AT * SECTOR, bytes }]);
  const outer = pieces.map(({ offset }): Region => ({ name: 'MBR', kind: 'plain', offset: offset + 440, sizeBytes: 72 }));
  return { bytes: disk, regions: [...ntfsRegions(volume, WINDOWS_AT * SECTOR), ...outer], outer };
}

const folder = (short: string, files: Parameters<typeof writeFat>[0]['files'], long?: string): { short: string; files: typeof files } => ({
  short,
  files,
  ...(long !== undefined && { long }),
});

interface WindowsOptions {
  readonly hives: 'clean' | 'dirty' | 'old';
  readonly boot?: boolean;
  readonly log?: Uint8Array;
}

function windows({ hives, boot = false, log }: WindowsOptions): WrittenNtfs {
  const bytes = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i * 7 + size) & 0xff);
  const time = (text: string): bigint => isoToTicks(text)!;
  const channel = (number: number, at: string): WriteEntry => ({
    path: `${FOLDER}\\C-00000291-00000000-${String(number).padStart(8, '0')}.sys`,
    dosName: `C-0000~${number}.SYS`,
    content: bytes(number === 32 ? 4100 : 60),
    times: time(at),
  });
  const entries: WriteEntry[] = [
    { path: FOLDER, directory: true, entriesPerBlock: 6 },
    channel(29, '2024-07-18T05:27:00Z'),
    channel(31, '2024-07-19T04:30:00Z'),
    channel(32, '2024-07-19T04:09:11Z'),
    channel(33, '2024-07-19T05:27:00Z'),
    ...Array.from({ length: 12 }, (_, i) => ({ path: `${FOLDER}\\C-000002${i + 10}-00000000-00000001.sys`, content: bytes(50) })),
    ...hiveFiles('SYSTEM', hives),
    ...hiveFiles('SOFTWARE', hives),
    { path: `${CONFIG}\\TxR\\{1}.TxR.0.regtrans-ms`, content: bytes(5000), dosName: '{1}TXR~1.REG' },
    { path: `${CONFIG}\\TxR\\{1}.TxR.blf`, content: bytes(5000) },
    { path: `${CONFIG}\\TxR\\{1}.TM.blf`, content: bytes(900) },
    { path: 'hiberfil.sys', content: { data: new Uint8Array(4096), resident: false } },
    { path: 'Windows\\Minidump\\a.dmp', content: bytes(5000) },
    { path: 'Windows\\System32\\winevt\\Logs\\System.evtx', content: systemLog() },
    ...(boot ? [{ path: 'Boot\\BCD', content: bootStore() }] : []),
  ];
  const options: WriteNtfs = { sizeBytes: 3 * MIB, logFileBytes: LOG_BYTES, entries, lsn: 0x900n };
  return writeNtfs(log === undefined ? options : { ...options, logFile: log });
}

function hiveFiles(name: 'SYSTEM' | 'SOFTWARE', how: 'clean' | 'dirty' | 'old'): WriteEntry[] {
  const description = hostDescriptions(TROUBLE_A)[name];
  const services: WriteHiveKey = { name: 'CSAgent', values: [dword('Start', 1), sz('ImagePath', 'CSAgent.sys')] };
  const withAgent = { ...description, root: name === 'SYSTEM' ? withService(description.root, services) : description.root };
  if (how === 'clean') return [{ path: `${CONFIG}\\${name}`, content: writeHive(withAgent) }];
  const format = how === 'dirty' ? ('new' as const) : ('old' as const);
  const path = name === 'SYSTEM' ? 'Select' : 'Microsoft';
  const batches = Array.from({ length: 3 }, (_, i) => [{ do: 'set', path, value: sz(`Later${i}`, 'y'.repeat(300 * i)) } as const]);
  const { hive, log1, log2 } = writeDirtyHive(withAgent, batches, format === 'new' ? { format, splitAt: 2 } : { format });
  return [
    { path: `${CONFIG}\\${name}`, content: { data: hive, fragments: [1, 2] } },
    { path: `${CONFIG}\\${name}.LOG1`, content: log1 },
    { path: `${CONFIG}\\${name}.LOG2`, content: log2 },
  ];
}

function withService(root: WriteHiveKey, service: WriteHiveKey): WriteHiveKey {
  const into = (key: WriteHiveKey): WriteHiveKey =>
    key.name.toLowerCase() === 'services'
      ? { ...key, keys: [...(key.keys ?? []), service] }
      : /^controlset/i.test(key.name)
        ? { ...key, keys: (key.keys ?? []).map(into) }
        : key;
  return { ...root, keys: (root.keys ?? []).map(into) };
}

function bootStore(): Uint8Array {
  const element = (name: string, value: WriteHiveKey['values']): WriteHiveKey => ({ name, ...(value && { values: value }) });
  const object = (name: string, type: number, elements: readonly WriteHiveKey[]): WriteHiveKey => ({
    name,
    keys: [
      { name: 'Description', values: [dword('Type', type)] },
      { name: 'Elements', keys: elements },
    ],
  });
  const id = '{5f3a7c0e-1c4b-4d8e-9f60-0a1b2c3d4e5f}';
  return writeHive({
    root: {
      name: 'NewStoreRoot',
      keys: [
        {
          name: 'Objects',
          keys: [
            object('{9dea862c-5cdd-4e70-acc1-f32b344d4795}', 0x1010_0002, [element('23000003', [sz('Element', id)])]),
            object(id, 0x1020_0003, [
              element('12000004', [sz('Element', 'Windows Server')]),
              element('25000080', [binary('Element', new Uint8Array(8))]),
            ]),
          ],
        },
      ],
    },
  });
}

function systemLog(): Uint8Array {
  const system = { provider: 'EventLog', eventId: 6008, channel: 'System', computer: 'HOST' };
  return writeEvtx([{ timeTicks: isoToTicks('2024-07-19T05:00:00Z')!, system, data: { kind: 'none' } }]);
}

/** Records that touch the records of the first files, and clusters. */
function pendingLog(): Uint8Array {
  const log = new LogWriter({ sizeBytes: LOG_BYTES, version: '2.0', client: '1.0' });
  log.append(2, 0, 0n, new Uint8Array(0x70));
  log.checkpoint({
    attributes: [
      { target: 0x18, record: 0, type: 0x80 },
      { target: 0x68, record: 6, type: 0x80 },
    ],
  });
  for (let i = 0; i < 12; i++) {
    const transaction = 0x18 + (i % 3) * 0x28;
    const [target, redo, undo] = i % 2 === 0 ? ([0x18, 0x07, 0x07] as const) : ([0x68, 0x15, 0x16] as const);
    log.record({ redo, undo, transaction, target, vcn: i, lcns: [8 + i], redoData: new Uint8Array(8 + i), undoData: new Uint8Array(8) });
    if (i % 4 === 3) log.end(transaction);
  }
  return log.write().bytes();
}
