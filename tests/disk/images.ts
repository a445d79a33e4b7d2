import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { writeNtfs } from '@winmedic/labs/ntfs-writer';
import { BOOT_ENTRY, bootStore } from './boot-store.ts';
import { noise } from './bytes.ts';
import { CHANNEL_FILE, type Content, type ContentFile, DUMP, windowsContent } from './content.ts';
import { CRASH } from './evidence.ts';
import { BUILDS, HOST } from './hives.ts';
import type { DiskFacts, DiskImage, DiskOptions, DiskPartition, ExpectedFile } from './options.ts';
import { canMount, missingTools, must, tool } from './tools.ts';
import { saveImage, type VolumeSpec, volumeByLabs, volumeByTools } from './volume.ts';

export type * from './options.ts';

const MIB = 1 << 20;
const SECTOR = 512;
const DISK = 512 * MIB;

/** Tools without which no disk is made (packages ntfs-3g, gdisk, dosfstools, mtools, attr). */
export const MISSING_TOOLS = missingTools('mkntfs', 'ntfsinfo', 'sgdisk', 'mkfs.fat', 'mmd', 'mcopy', 'setfattr');

/** GPT types by the numbers of sgdisk, and places in MiB; the last partition leaves room for the second table. */
const GPT_LAYOUT = [
  { role: 'efi', code: 'ef00', name: 'EFI system partition', from: 1, size: 48 },
  { role: 'reserved', code: '0c01', name: 'Microsoft reserved partition', from: 49, size: 16 },
  { role: 'windows', code: '0700', name: 'Basic data partition', from: 65, size: 400 },
  { role: 'recovery', code: '2700', name: '', from: 465, size: 32 },
] as const;
const MBR_LAYOUT = [
  { role: 'system-reserved', from: 1, size: 60, active: true },
  { role: 'windows', from: 61, size: 440, active: false },
] as const;

/** What an image leaves out, and how much is copied at once. */
const ZEROS = Buffer.alloc(256 * 1024);

/** Copies a file into another at an offset and leaves zeros out. */
function copyInto(disk: string, offset: number, from: string): void {
  const [target, source] = [openSync(disk, 'r+'), openSync(from, 'r')];
  const chunk = Buffer.alloc(ZEROS.length);
  for (let at = 0; ; ) {
    const count = readSync(source, chunk, 0, chunk.length, at);
    if (count === 0) break;
    const part = chunk.subarray(0, count);
    if (!ZEROS.subarray(0, count).equals(part)) writeSync(target, part, 0, count, offset + at);
    at += count;
  }
  closeSync(source);
  closeSync(target);
}

/** The EFI system partition: FAT32 with the boot manager and the BCD store. */
function efiVolume(path: string, sizeBytes: number, scratch: string, options: DiskOptions): void {
  writeFileSync(path, new Uint8Array());
  truncateSync(path, sizeBytes);
  must('mkfs.fat', ['--invariant', '-F', '32', '-s', '1', '-n', 'SYSTEM', '-i', '291A0719', path]);
  must('mmd', ['-i', path, '::EFI', '::EFI/Microsoft', '::EFI/Microsoft/Boot', '::EFI/Boot', '::EFI/Microsoft/Boot/ja-JP']);
  const put = (name: string, bytes: Uint8Array): void => {
    const file = join(scratch, 'efi.bin');
    writeFileSync(file, bytes);
    must('mcopy', ['-o', '-i', path, file, `::${name}`]);
    rmSync(file);
  };
  put('EFI/Microsoft/Boot/bootmgfw.efi', noise('bootmgfw', 400_000));
  put('EFI/Boot/bootx64.efi', noise('bootmgfw', 400_000));
  put('EFI/Microsoft/Boot/ja-JP/bootmgfw.efi.mui', noise('mui', 70_000));
  put('EFI/Microsoft/Boot/BCD', bootStore('uefi', options.safeBoot));
  put('EFI/Microsoft/Boot/BCD.LOG', new Uint8Array());
}

/** The partition of older disks that holds the boot manager: NTFS, never the Windows volume. */
function systemReserved(path: string, sizeBytes: number, hiddenSectors: number, options: DiskOptions): void {
  const { image } = writeNtfs({
    sizeBytes,
    label: 'System Reserved',
    hiddenSectors,
    time: HOST.installedAt,
    serial: 0x2910_7190_0000_0001n,
    entries: [
      { path: 'Boot\\BCD', content: bootStore('bios', options.safeBoot), dosAttributes: 0x26 },
      { path: 'Boot\\BCD.LOG', content: '' },
      { path: 'Boot\\ja-JP\\bootmgr.exe.mui', content: noise('mui', 70_000) },
      { path: 'bootmgr', content: noise('bootmgr', 380_000), dosAttributes: 0x27 },
      { path: 'System Volume Information', directory: true },
    ],
  });
  saveImage(image, path);
}

/** The recovery partition: NTFS with a Windows of its own that is not the one to be repaired. */
function recoveryVolume(path: string, sizeBytes: number, hiddenSectors: number): void {
  const { image } = writeNtfs({
    sizeBytes,
    label: 'Recovery',
    hiddenSectors,
    time: HOST.installedAt,
    serial: 0x2910_7190_0000_0002n,
    entries: [
      { path: 'Recovery\\WindowsRE\\Winre.wim', content: noise('winre', 2_000_000), dosAttributes: 0x26 },
      { path: 'Recovery\\WindowsRE\\ReAgent.xml', content: '<WindowsRE version="2.0"></WindowsRE>' },
      { path: 'System Volume Information', directory: true },
    ],
  });
  saveImage(image, path);
}

/** A partition table of the BIOS kind in the first sector; chs fields say "beyond". */
function writeMbr(disk: string, partitions: readonly DiskPartition[], active: number): void {
  const sector = Buffer.alloc(SECTOR);
  sector.writeUInt32LE(0x2407_1929, 440);
  partitions.forEach(({ offset, sizeBytes, number }, i) => {
    const at = 446 + 16 * i;
    sector[at] = number === active ? 0x80 : 0;
    sector.set([0xfe, 0xff, 0xff, 0x07, 0xfe, 0xff, 0xff], at + 1);
    sector.writeUInt32LE(offset / SECTOR, at + 8);
    sector.writeUInt32LE(sizeBytes / SECTOR, at + 12);
  });
  sector.writeUInt16LE(0xaa55, 510);
  const file = openSync(disk, 'r+');
  writeSync(file, sector, 0, sector.length, 0);
  closeSync(file);
}

function writeGpt(disk: string): void {
  const guid = (i: number): string => `29107190-0000-4000-8000-00000000000${i}`;
  const args = ['-o', '-U', guid(0)];
  GPT_LAYOUT.forEach(({ code, name, from, size }, i) => {
    const n = i + 1;
    args.push(
      '-n',
      `${n}:${(from * MIB) / SECTOR}:${((from + size) * MIB) / SECTOR - 1}`,
      '-t',
      `${n}:${code}`,
      '-u',
      `${n}:${guid(n)}`,
      '-c',
      `${n}:${name}`,
    );
  });
  must('sgdisk', [...args, disk]);
}

function expectedFile(file: ContentFile): ExpectedFile {
  return {
    path: file.path,
    sizeBytes: file.bytes.length,
    sha256: createHash('sha256').update(file.bytes).digest('hex'),
    modified: file.modified,
    ...(file.dosName === undefined ? {} : { dosName: file.dosName }),
  };
}

function factsOf(content: Content, options: DiskOptions): DiskFacts {
  const build = BUILDS[options.build ?? 'server-2019'];
  const files = content.files.flatMap((file) => [
    expectedFile(file),
    ...(file.links ?? []).map((path) => expectedFile({ path, bytes: file.bytes, modified: file.modified })),
  ]);
  const at = (path: string): ExpectedFile | undefined => files.find((each) => each.path === path);
  return {
    computer: HOST.computer,
    productName: build.name,
    build: build.build,
    installedAt: HOST.installedAt,
    faulty: at(CHANNEL_FILE.faulty),
    good: [at(CHANNEL_FILE.older), at(CHANNEL_FILE.corrected)].filter((each) => each !== undefined),
    files,
    hives: content.hives,
    values: content.values,
    transactionLogs: content.transactionLogs,
    dump: { path: DUMP, ...CRASH },
    bugChecks: content.bugChecks,
    boot:
      options.table === 'mbr'
        ? { defaultEntry: BOOT_ENTRY.id, description: BOOT_ENTRY.description, path: 'Boot\\BCD' }
        : { defaultEntry: BOOT_ENTRY.id, description: BOOT_ENTRY.description, path: 'EFI\\Microsoft\\Boot\\BCD' },
  };
}

/**
 * Makes the disk of a crashed Windows Server in a folder: a raw, sparse image of 512 MiB. The Windows volume holds what a repair of the incident of 2024-07-19
 * meets; the other partitions hold what it must not mistake for it. Contents are the same in every run; with `by: 'labs'` the Windows volume is so bit for bit.
 * @param folder an existing folder; files in it are overwritten. @throws {Error} when a tool fails.
 */
export function makeDisk(folder: string, options: DiskOptions = {}): DiskImage {
  const table = options.table ?? 'gpt';
  const by = options.by ?? (canMount() ? 'ntfs-3g' : 'labs');
  const layout = table === 'gpt' ? GPT_LAYOUT : MBR_LAYOUT;
  const partitions = layout.map(
    ({ role, from, size }, i): DiskPartition => ({ role, number: i + 1, offset: from * MIB, sizeBytes: size * MIB }),
  );
  const windows = partitions.find((each) => each.role === 'windows')!;
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'disk.raw');
  rmSync(path, { force: true });
  writeFileSync(path, new Uint8Array());
  truncateSync(path, DISK);
  if (table === 'gpt') writeGpt(path);
  else writeMbr(path, partitions, MBR_LAYOUT.findIndex((each) => each.active) + 1);

  const content = windowsContent(options);
  for (const partition of partitions) {
    if (partition.role === 'reserved') continue;
    const volume = join(folder, `${partition.role}.raw`);
    const hiddenSectors = partition.offset / SECTOR;
    if (partition.role === 'efi') efiVolume(volume, partition.sizeBytes, folder, options);
    else if (partition.role === 'system-reserved') systemReserved(volume, partition.sizeBytes, hiddenSectors, options);
    else if (partition.role === 'recovery') recoveryVolume(volume, partition.sizeBytes, hiddenSectors);
    else {
      const spec: VolumeSpec = { sizeBytes: partition.sizeBytes, label: 'OSDisk', hiddenSectors, content, options };
      if (by === 'ntfs-3g') volumeByTools(spec, volume, folder);
      else volumeByLabs(spec, volume);
    }
    copyInto(path, partition.offset, volume);
    rmSync(volume);
  }
  return { path, sizeBytes: DISK, table, by, partitions, windows, facts: factsOf(content, options) };
}

/** Copies one partition of a disk into a file of its own, sparse. */
export function extractPartition(disk: DiskImage, partition: DiskPartition, path: string): void {
  const [source, target] = [openSync(disk.path, 'r'), openSync(path, 'w')];
  const chunk = Buffer.alloc(ZEROS.length);
  for (let at = 0; at < partition.sizeBytes; at += chunk.length) {
    const count = readSync(source, chunk, 0, Math.min(chunk.length, partition.sizeBytes - at), partition.offset + at);
    const part = chunk.subarray(0, count);
    if (!ZEROS.subarray(0, count).equals(part)) writeSync(target, part, 0, count, at);
  }
  closeSync(source);
  closeSync(target);
  truncateSync(path, partition.sizeBytes);
}

/** Container formats qemu-img makes, with the options each is made with. */
const CONTAINERS = {
  vhdx: ['-O', 'vhdx'],
  'vhdx-fixed': ['-O', 'vhdx', '-o', 'subformat=fixed'],
  vhd: ['-O', 'vpc', '-o', 'force_size=on'],
  'vhd-fixed': ['-O', 'vpc', '-o', 'subformat=fixed,force_size=on'],
  qcow2: ['-O', 'qcow2'],
  vmdk: ['-O', 'vmdk'],
} as const;

/** Names of container formats. */
export type DiskContainer = keyof typeof CONTAINERS;

/** Whether qemu-img is there. */
export const CAN_CONVERT = missingTools('qemu-img').length === 0;

/** Converts a raw image beside it; returns the path of the container file. @throws {Error} when qemu-img fails. */
export function convertDisk(disk: DiskImage, to: DiskContainer): string {
  const path = `${disk.path}.${to}`;
  rmSync(path, { force: true });
  must('qemu-img', ['convert', '-f', 'raw', ...CONTAINERS[to], disk.path, path]);
  return path;
}

/** Whether a raw image and a container hold the same bytes. */
export function sameContents(raw: string, container: string): boolean {
  return tool('qemu-img', ['compare', '-f', 'raw', raw, container]).code === 0;
}
