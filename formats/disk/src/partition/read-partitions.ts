import { type ByteSource, type Damage, type DamageReport, damageReporter, readUpTo, viewOf } from '@winmedic/bytes';
import type { BlockDevice } from '../block/types.ts';
import type { PartitionDamageCode } from './codes.ts';
import { findGpt, gptTable } from './gpt.ts';
import { isExtended, type Mbr, mbrPartitions, mbrSectorBytes, parseMbr } from './mbr.ts';
import { LDM_TYPES, STORAGE_SPACES_TYPE } from './type-names.ts';
import type { Partition, PartitionTable } from './types.ts';
import { latin, recogniseVolume, VOLUME_HEAD_BYTES } from './volume-kind.ts';

/** Options of {@link readPartitions}. */
export interface PartitionOptions {
  readonly onDamage?: (damage: Damage) => void;
}

/** Damages told of one table: a table of thousands of bad entries says nothing more after these. */
const MOST_DAMAGES = 64;

type Report = DamageReport<PartitionDamageCode>;

/**
 * How a disk is divided. The sector size of the device is taken as a hint: a raw file does not know its own, and the table is looked for with 512 and 4096
 * bytes too. Overlapping partitions and those beyond the end are told and listed. A disk on which nothing is recognised is `none` without partitions.
 * Never throws for what the disk holds; what the device throws is passed on.
 */
export function readPartitions(device: BlockDevice, options: PartitionOptions = {}): PartitionTable {
  const report: Report = damageReporter(options.onDamage, MOST_DAMAGES);
  const table = readTable(device, report);
  if (table.sectorBytes !== device.sectorBytes) {
    report('PARTITION_SECTOR_SIZE', 0, 'sector size', table.sectorBytes, device.sectorBytes);
  }
  checkPlaces(device, table.partitions, report);
  const composite = compositeOf(device, table, report);
  return composite === undefined ? table : { ...table, composite };
}

function readTable(device: BlockDevice, report: Report): PartitionTable {
  const head = readUpTo(device, 0, VOLUME_HEAD_BYTES);
  const kind = recogniseVolume(head);
  const mbr = parseMbr(head);
  const sizes = [...new Set([device.sectorBytes, 512, 4096])];
  const gpt = findGpt(device, sizes);
  const named = kind === 'ntfs' || kind === 'bitlocker' || kind === 'exfat' || kind === 'refs';

  if (!named && mbr?.protective === true) {
    const hybrid = mbr.entries.some(({ type }) => type !== 0xee);
    if (gpt !== undefined) return { scheme: 'gpt', hybrid, ...gptTable(device, gpt, report) };
    report('PARTITION_GPT_LOST', device.sectorBytes, 'GPT that the MBR announces');
    const copies = { primary: 'damaged', backup: 'damaged' } as const;
    return { scheme: 'gpt', hybrid, sectorBytes: device.sectorBytes, partitions: [], copies };
  }
  if (!named && mbr?.plausible === true && mbr.entries.length > 0) {
    if (gpt !== undefined)
      report(
        'PARTITION_GPT_STALE',
        gpt.primary === undefined ? gpt.backupAt : gpt.sectorBytes,
        'GPT beside an MBR that does not announce it',
      );
    return mbrTable(device, mbr, sizes, report);
  }
  // A backup alone may be left over from before the disk was formatted without a table.
  if (gpt !== undefined && (gpt.primary !== undefined || kind === 'empty' || kind === 'unknown')) {
    report('PARTITION_PROTECTIVE', 0, 'protective MBR');
    return { scheme: 'gpt', hybrid: false, ...gptTable(device, gpt, report) };
  }
  if (kind !== 'empty' && kind !== 'unknown') return wholeVolume(device, head);
  const backup = ntfsBackup(device);
  if (backup !== undefined) return wholeVolume(device, backup);
  // Without anything in use, the mark alone is an initialised disk; with impossible slots it is boot code of something unknown, or a damaged table.
  if (
    mbr !== undefined &&
    (mbr.entries.length === 0 || mbr.entries.some(({ start, count }) => start > 0 && (start + count) * 512 <= device.sizeBytes))
  ) {
    if (!mbr.plausible) report('PARTITION_ENTRY', 446, 'MBR entries');
    return mbrTable(device, mbr, sizes, report);
  }
  report('PARTITION_NOT_FOUND', 0, 'partition table or volume');
  return { scheme: 'none', sectorBytes: device.sectorBytes, partitions: [], hybrid: false };
}

function mbrTable(device: ByteSource, mbr: Mbr, sizes: readonly number[], report: Report): PartitionTable {
  const sectorBytes = mbrSectorBytes(device, mbr, sizes);
  const diskId = `0x${mbr.signature.toString(16).padStart(8, '0')}`;
  return { scheme: 'mbr', sectorBytes, diskId, partitions: mbrPartitions(device, mbr, sectorBytes, report), hybrid: false };
}

/** A volume without a table: one partition covers all. @param boot its boot sector, which may know the sector size. */
function wholeVolume(device: BlockDevice, boot: Uint8Array): PartitionTable {
  const said = boot.length >= 13 ? viewOf(boot).getUint16(11, true) : 0;
  const ownSize = boot[510] === 0x55 && boot[511] === 0xaa && (said === 512 || said === 1024 || said === 2048 || said === 4096);
  const whole: Partition = { number: 1, offset: 0, sizeBytes: device.sizeBytes, type: 'none', typeName: 'Whole disk', attributes: 0n };
  return { scheme: 'none', sectorBytes: ownSize ? said : device.sectorBytes, partitions: [whole], hybrid: false };
}

/** The copy of an NTFS boot sector at the end of a volume whose first sector is gone, when it fits a volume of just this size. */
function ntfsBackup(device: BlockDevice): Uint8Array | undefined {
  for (const sectorBytes of [512, 4096]) {
    const at = (Math.floor(device.sizeBytes / sectorBytes) - 1) * sectorBytes;
    const sector = at > 0 ? readUpTo(device, at, 512) : new Uint8Array(0);
    if (sector.length < 512 || recogniseVolume(sector) !== 'ntfs') continue;
    const view = viewOf(sector);
    // The total does not count the sector of the copy itself.
    if (view.getUint16(11, true) === sectorBytes && view.getBigUint64(40, true) * BigInt(sectorBytes) === BigInt(at)) return sector;
  }
  return undefined;
}

/** Tells partitions that end behind the disk or lie over each other. */
function checkPlaces(device: ByteSource, partitions: readonly Partition[], report: Report): void {
  for (const { number, offset, sizeBytes } of partitions) {
    if (offset + sizeBytes > device.sizeBytes)
      report('PARTITION_BEYOND', offset, `partition ${number}`, offset + sizeBytes, device.sizeBytes);
  }
  // A container of logical partitions lies over them by design.
  const real = partitions.filter(({ type }) => !(type.startsWith('0x') && isExtended(Number(type)))).sort((a, b) => a.offset - b.offset);
  let before: Partition | undefined;
  for (const next of real) {
    if (before !== undefined && next.offset < before.offset + before.sizeBytes) {
      report(
        'PARTITION_OVERLAP',
        next.offset,
        `partitions ${before.number} and ${next.number}`,
        before.offset + before.sizeBytes,
        next.offset,
      );
    }
    if (before === undefined || next.offset + next.sizeBytes > before.offset + before.sizeBytes) before = next;
  }
}

/**
 * Whether the disk belongs to a group of disks.
 * @source Linux-NTFS "LDM": a dynamic MBR disk has type 0x42 and the private header in sector 6, with a copy in the last sector; turned back to a basic disk
 * it loses them. DiskPart `set id`: GUIDs of LDM on GPT.
 */
function compositeOf(device: ByteSource, table: PartitionTable, report: Report): PartitionTable['composite'] {
  const { partitions, scheme, sectorBytes } = table;
  if (partitions.some(({ type }) => type === STORAGE_SPACES_TYPE)) return 'storage-spaces';
  const typed = partitions.some(({ type }) => LDM_TYPES.has(type));
  if (scheme !== 'mbr') return typed ? 'dynamic' : undefined;
  const places = [6 * sectorBytes, device.sizeBytes - 512];
  const headed = places.some((at) => at > 0 && latin(readUpTo(device, at, 8), 0, 8) === 'PRIVHEAD');
  // Where they disagree, the disk is not taken for a plain one: a wrong refusal costs less than a wrong write.
  if (typed !== headed) report('PARTITION_LDM', 6 * sectorBytes, 'private header of LDM', typed ? 'PRIVHEAD' : 'type 0x42', 'none');
  return typed || headed ? 'dynamic' : undefined;
}
