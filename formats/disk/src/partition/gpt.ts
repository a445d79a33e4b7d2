import { type ByteSource, crc32, type DamageReport, decodeUtf16, formatGuid, readUpTo, viewOf } from '@winmedic/bytes';
import type { PartitionDamageCode } from './codes.ts';
import { gptTypeName } from './type-names.ts';
import type { Partition, PartitionTable } from './types.ts';

/*
 * GUID partition table. @source UEFI Specification 2.10, 5.3.2 (header) and 5.3.3 (entries).
 */

/** Smallest header; it may fill its sector. */
const LEAST_HEADER = 92;

/** Bytes of an entry: 128 x 2^n. No tool makes larger ones than a sector of 4096 bytes. */
const LEAST_ENTRY = 128;
const MOST_ENTRY = 4096;

/** Entries: Windows makes 128 and sgdisk up to some thousands when asked; a table of more than 4 MiB is none. */
const MOST_ARRAY_BYTES = 0x40_0000;

interface GptHeader {
  readonly lba: number;
  readonly alternate: bigint;
  readonly firstUsable: bigint;
  readonly lastUsable: bigint;
  readonly diskId: string;
  readonly entriesLba: bigint;
  readonly count: number;
  readonly entryBytes: number;
  readonly arrayCrc: number;
}

/** One copy: header whole by its CRC, and the array when that is whole too. */
interface GptCopy {
  readonly header: GptHeader;
  readonly array: Uint8Array;
  /** CRC of the array is right. */
  readonly whole: boolean;
}

/** What was found of a GPT. */
export interface Gpt {
  readonly sectorBytes: number;
  readonly primary: GptCopy | undefined;
  readonly backup: GptCopy | undefined;
  /** Where the backup should be, in bytes; beyond the end of a truncated image. */
  readonly backupAt: number;
}

/** Looks for a GPT with each of the sector sizes: the primary header first, then the backup in the last sector. Reports nothing. */
export function findGpt(device: ByteSource, sectorSizes: readonly number[]): Gpt | undefined {
  for (const sectorBytes of sectorSizes) {
    const primary = readCopy(device, 1, sectorBytes);
    if (primary === undefined) continue;
    const { alternate } = primary.header;
    const backupAt = Number(alternate) * sectorBytes;
    const backup =
      alternate > 1n && backupAt + sectorBytes <= device.sizeBytes ? readCopy(device, Number(alternate), sectorBytes) : undefined;
    return { sectorBytes, primary, backup, backupAt };
  }
  for (const sectorBytes of sectorSizes) {
    const last = Math.floor(device.sizeBytes / sectorBytes) - 1;
    const backup = last > 1 ? readCopy(device, last, sectorBytes) : undefined;
    if (backup !== undefined) return { sectorBytes, primary: undefined, backup, backupAt: last * sectorBytes };
  }
  return undefined;
}

/** `EFI PART`. */
const SIGNATURE = 0x5452_4150_2049_4645n;

function readCopy(device: ByteSource, lba: number, sectorBytes: number): GptCopy | undefined {
  const sector = readUpTo(device, lba * sectorBytes, sectorBytes);
  if (sector.length < LEAST_HEADER) return undefined;
  const view = viewOf(sector);
  if (view.getBigUint64(0, true) !== SIGNATURE) return undefined;
  const headerBytes = view.getUint32(12, true);
  if (headerBytes < LEAST_HEADER || headerBytes > sector.length) return undefined;
  const crc = view.getUint32(16, true);
  const copy = sector.slice(0, headerBytes);
  copy.fill(0, 16, 20);
  if (crc32(copy) !== crc || view.getBigUint64(24, true) !== BigInt(lba)) return undefined;
  const header: GptHeader = {
    lba,
    alternate: view.getBigUint64(32, true),
    firstUsable: view.getBigUint64(40, true),
    lastUsable: view.getBigUint64(48, true),
    diskId: formatGuid(sector, 56),
    entriesLba: view.getBigUint64(72, true),
    count: view.getUint32(80, true),
    entryBytes: view.getUint32(84, true),
    arrayCrc: view.getUint32(88, true),
  };
  const { entryBytes, count } = header;
  if (entryBytes < LEAST_ENTRY || entryBytes > MOST_ENTRY || entryBytes % 8 !== 0 || count * entryBytes > MOST_ARRAY_BYTES)
    return undefined;
  const at = header.entriesLba * BigInt(sectorBytes);
  const array = at < BigInt(device.sizeBytes) ? readUpTo(device, Number(at), count * entryBytes) : new Uint8Array(0);
  return { header, array, whole: array.length === count * entryBytes && crc32(array) === header.arrayCrc };
}

/** The table of a GPT; its damages are told. */
export function gptTable(
  device: ByteSource,
  gpt: Gpt,
  report: DamageReport<PartitionDamageCode>,
): Pick<PartitionTable, 'sectorBytes' | 'diskId' | 'partitions' | 'copies'> {
  const { primary, backup, sectorBytes, backupAt } = gpt;
  const lastAt = (Math.floor(device.sizeBytes / sectorBytes) - 1) * sectorBytes;
  const missing = primary !== undefined && backupAt > lastAt;
  if (primary?.whole !== true) {
    report('PARTITION_GPT_COPY', sectorBytes, primary === undefined ? 'primary GPT header' : 'primary GPT entries');
  }
  if (missing) report('PARTITION_TRUNCATED', backupAt, 'backup GPT header', backupAt + sectorBytes, device.sizeBytes);
  else if (backup?.whole !== true) {
    report('PARTITION_GPT_COPY', backupAt, backup === undefined ? 'backup GPT header' : 'backup GPT entries');
  }
  if (!missing && backupAt !== lastAt) report('PARTITION_GPT_PLACE', backupAt, 'backup GPT header', lastAt, backupAt);
  const differs = primary?.whole === true && backup?.whole === true && !sameTable(primary, backup);
  if (differs) report('PARTITION_GPT_DIFFER', backupAt, 'backup GPT');
  // Whole before damaged, primary before backup.
  const copy = [primary, backup].find((one) => one?.whole === true) ?? primary ?? backup;
  return {
    sectorBytes,
    ...(copy === undefined ? {} : { diskId: copy.header.diskId }),
    partitions: copy === undefined ? [] : entries(copy, sectorBytes, report),
    copies: {
      primary: primary?.whole === true ? 'ok' : 'damaged',
      backup: missing ? 'missing' : backup?.whole !== true ? 'damaged' : differs ? 'differs' : 'ok',
    },
  };
}

/** Whether two copies say the same: the disk, its usable part, and every entry. */
function sameTable(primary: GptCopy, backup: GptCopy): boolean {
  const a = primary.header;
  const b = backup.header;
  return (
    a.diskId === b.diskId &&
    a.firstUsable === b.firstUsable &&
    a.lastUsable === b.lastUsable &&
    a.entryBytes === b.entryBytes &&
    a.count === b.count &&
    b.alternate === BigInt(a.lba) &&
    primary.array.every((byte, at) => byte === backup.array[at])
  );
}

function entries(copy: GptCopy, sectorBytes: number, report: DamageReport<PartitionDamageCode>): Partition[] {
  const { entryBytes, entriesLba } = copy.header;
  const { array } = copy;
  const view = viewOf(array);
  const partitions: Partition[] = [];
  for (let at = 0, number = 1; at + entryBytes <= array.length; at += entryBytes, number++) {
    if (view.getBigUint64(at, true) === 0n && view.getBigUint64(at + 8, true) === 0n) continue;
    const first = view.getBigUint64(at + 32, true);
    const last = view.getBigUint64(at + 40, true);
    const end = (last + 1n) * BigInt(sectorBytes);
    if (last < first || first === 0n || end > BigInt(Number.MAX_SAFE_INTEGER)) {
      report('PARTITION_ENTRY', Number(entriesLba) * sectorBytes + at, `GPT entry ${number}`, `last LBA from ${first}`, `${last}`);
      continue;
    }
    const type = formatGuid(array, at);
    const offset = Number(first) * sectorBytes;
    partitions.push({
      number,
      offset,
      sizeBytes: Number(end) - offset,
      type,
      typeName: gptTypeName(type),
      id: formatGuid(array, at + 16),
      name: nameAt(array, at + 56),
      attributes: view.getBigUint64(at + 48, true),
    });
  }
  return partitions;
}

/** 36 UTF-16 units, up to the first zero. */
function nameAt(array: Uint8Array, at: number): string {
  const text = decodeUtf16(array, at, 36);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
