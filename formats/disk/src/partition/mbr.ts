import { type ByteSource, type DamageReport, readUpTo, viewOf } from '@winmedic/bytes';
import type { PartitionDamageCode } from './codes.ts';
import { mbrTypeName } from './type-names.ts';
import type { Partition } from './types.ts';
import { recogniseVolume, VOLUME_HEAD_BYTES } from './volume-kind.ts';

/*
 * Master boot record. @source UEFI Specification 2.10, 5.2.1 (legacy MBR) and 5.2.3 (protective MBR); extended boot records: Microsoft TechNet "How Basic
 * Disks and Volumes Work".
 */

/** Logical partitions of one disk: Windows gives letters to 24; a chain of more than 128 is a loop or an attack. */
const MOST_LOGICAL = 128;

/** One slot of a table of four. */
interface MbrEntry {
  readonly slot: number;
  readonly flag: number;
  readonly type: number;
  readonly start: number;
  readonly count: number;
}

/** A sector that ends with 55 AA, read as an MBR. */
export interface Mbr {
  readonly signature: number;
  /** Slots that are in use (type and length not zero). */
  readonly entries: readonly MbrEntry[];
  /** Every slot is empty or has a possible flag (0 or 0x80), type, beginning and length: boot code and text at this place are not. */
  readonly plausible: boolean;
  /** Type 0xEE is there: a GPT follows. */
  readonly protective: boolean;
}

/** The first sector as an MBR; undefined without its mark. */
export function parseMbr(sector: Uint8Array): Mbr | undefined {
  if (sector.length < 512 || sector[510] !== 0x55 || sector[511] !== 0xaa) return undefined;
  const all = slots(sector);
  const entries = all.filter(({ type, count }) => type !== 0 && count > 0);
  return {
    signature: viewOf(sector).getUint32(440, true),
    entries,
    plausible: all.every(
      ({ flag, type, start, count }) => (type === 0 ? flag === 0 : flag === 0 || flag === 0x80) && (count === 0 || start > 0),
    ),
    protective: entries.some(({ type }) => type === 0xee),
  };
}

function slots(sector: Uint8Array): MbrEntry[] {
  const view = viewOf(sector);
  return [0, 1, 2, 3].map((slot) => {
    const at = 446 + slot * 16;
    return {
      slot: slot + 1,
      flag: view.getUint8(at),
      type: view.getUint8(at + 4),
      start: view.getUint32(at + 8, true),
      count: view.getUint32(at + 12, true),
    };
  });
}

/** A partition that holds a chain of logical ones. */
export function isExtended(type: number): boolean {
  return type === 0x05 || type === 0x0f || type === 0x85;
}

/**
 * The sector size an MBR counts in, which it does not say: the first of the sizes with which most of its partitions begin with something known.
 */
export function mbrSectorBytes(device: ByteSource, mbr: Mbr, sectorSizes: readonly number[]): number {
  let best = sectorSizes[0] ?? 512;
  let most = 0;
  for (const sectorBytes of sectorSizes) {
    const known = mbr.entries.filter(({ type, start }) => beginsKnown(device, start * sectorBytes, isExtended(type))).length;
    if (known > most) {
      most = known;
      best = sectorBytes;
    }
  }
  return best;
}

function beginsKnown(device: ByteSource, offset: number, extended: boolean): boolean {
  if (extended) return parseMbr(readUpTo(device, offset, 512))?.plausible === true;
  const kind = recogniseVolume(readUpTo(device, offset, VOLUME_HEAD_BYTES));
  return kind !== 'unknown' && kind !== 'empty';
}

/** Partitions of an MBR: the slots, then the logical ones from number 5 on. Damages of the chain are told. */
export function mbrPartitions(device: ByteSource, mbr: Mbr, sectorBytes: number, report: DamageReport<PartitionDamageCode>): Partition[] {
  const partitions = mbr.entries.map((entry) => partition(entry, entry.slot, entry.start, sectorBytes));
  const chains = mbr.entries.filter(({ type }) => isExtended(type));
  let number = 5;
  for (const chain of chains) {
    for (const { entry, start } of logical(device, chain, sectorBytes, report, MOST_LOGICAL - (number - 5))) {
      partitions.push(partition(entry, number++, start, sectorBytes));
    }
  }
  return partitions;
}

function partition(entry: MbrEntry, number: number, start: number, sectorBytes: number): Partition {
  return {
    number,
    offset: start * sectorBytes,
    sizeBytes: entry.count * sectorBytes,
    type: `0x${entry.type.toString(16).padStart(2, '0')}`,
    typeName: mbrTypeName(entry.type),
    attributes: BigInt(entry.flag),
  };
}

/** Follows the chain of one extended partition: each record names a logical partition, relative to itself, and the next record, relative to the extended partition. */
function* logical(
  device: ByteSource,
  chain: MbrEntry,
  sectorBytes: number,
  report: DamageReport<PartitionDamageCode>,
  most: number,
): Generator<{ readonly entry: MbrEntry; readonly start: number }> {
  const seen = new Set<number>();
  let at: number | undefined = chain.start;
  while (at !== undefined) {
    const offset = at * sectorBytes;
    if (seen.has(at)) return report('PARTITION_EXTENDED', offset, 'chain of extended boot records that returns to itself');
    if (seen.size >= most) return report('PARTITION_EXTENDED', offset, 'number of extended boot records', most, 'more');
    if (at < chain.start || at >= chain.start + chain.count)
      return report('PARTITION_EXTENDED', offset, 'extended boot record outside its partition');
    seen.add(at);
    const record = readUpTo(device, offset, 512);
    if (record.length < 512 || record[510] !== 0x55 || record[511] !== 0xaa)
      return report('PARTITION_EXTENDED', offset, 'extended boot record');
    const [here, next] = slots(record);
    if (here !== undefined && here.type !== 0 && here.count > 0) yield { entry: here, start: at + here.start };
    at = next !== undefined && isExtended(next.type) && next.count > 0 ? chain.start + next.start : undefined;
  }
}
