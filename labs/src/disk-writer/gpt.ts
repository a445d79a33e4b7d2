import { crc32, encodeUtf16, parseGuid } from '@winmedic/bytes';
import type { DiskPiece } from './assemble.ts';
import { type MbrSlot, mbrSector } from './mbr.ts';

/** GUIDs of partition types. @source PARTITION_INFORMATION_GPT, learn.microsoft.com */
export const GPT_TYPE = {
  efiSystem: '{c12a7328-f81f-11d2-ba4b-00a0c93ec93b}',
  microsoftReserved: '{e3c9e316-0b5c-4db8-817d-f92df00215ae}',
  basicData: '{ebd0a0a2-b9e5-4433-87c0-68b6b72699c7}',
  recovery: '{de94bba4-06d1-4d40-a16a-bfd50179d6ac}',
  ldmMetadata: '{5808c8aa-7e8f-42e0-85d2-e1e90434cfb3}',
  ldmData: '{af9b60a0-1431-4f62-bc68-3311714a69ad}',
  storageSpaces: '{e75caf8f-f680-4cee-afa3-b001e56efc2d}',
} as const;

/** A partition to be written. */
export interface WriteGptPartition {
  /** Slot from 1; default the next free one. */
  readonly number?: number;
  readonly type: string;
  readonly id?: string;
  readonly name?: string;
  readonly firstLba: number;
  readonly lastLba: number;
  readonly attributes?: bigint;
}

/** A GPT to be written. */
export interface WriteGpt {
  readonly sizeBytes: number;
  readonly sectorBytes?: number;
  readonly diskId?: string;
  readonly partitions: readonly WriteGptPartition[];
  /** Entries and bytes of one; default 128 of 128. */
  readonly count?: number;
  readonly entryBytes?: number;
  /** Real partitions that the MBR names beside the protective one. */
  readonly hybrid?: readonly MbrSlot[];
  /** LBA of the backup header; default the last sector. */
  readonly backupLba?: number;
}

/**
 * Protective MBR, primary header and entries, backup entries and header, in this order.
 * @source UEFI Specification 2.10, 5.2.3, 5.3.2, 5.3.3
 */
export function gptPieces(
  gpt: WriteGpt,
): readonly [mbr: DiskPiece, header: DiskPiece, entries: DiskPiece, backupEntries: DiskPiece, backup: DiskPiece] {
  const sector = gpt.sectorBytes ?? 512;
  const count = gpt.count ?? 128;
  const entryBytes = gpt.entryBytes ?? 128;
  const entries = new Uint8Array(count * entryBytes);
  const view = new DataView(entries.buffer);
  for (const [index, partition] of gpt.partitions.entries()) {
    const at = ((partition.number ?? index + 1) - 1) * entryBytes;
    entries.set(guid(partition.type), at);
    entries.set(guid(partition.id ?? `{00000000-0000-4000-8000-${String(index + 1).padStart(12, '0')}}`), at + 16);
    view.setBigUint64(at + 32, BigInt(partition.firstLba), true);
    view.setBigUint64(at + 40, BigInt(partition.lastLba), true);
    view.setBigUint64(at + 48, partition.attributes ?? 0n, true);
    entries.set(encodeUtf16(partition.name ?? '').subarray(0, 72), at + 56);
  }
  const arraySectors = Math.ceil(entries.length / sector);
  const last = gpt.backupLba ?? Math.floor(gpt.sizeBytes / sector) - 1;
  const header = (lba: number, alternate: number, entriesLba: number): Uint8Array => {
    const bytes = new Uint8Array(sector);
    const fields = new DataView(bytes.buffer);
    bytes.set(new TextEncoder().encode('EFI PART'));
    fields.setUint32(8, 0x0001_0000, true);
    fields.setUint32(12, 92, true);
    fields.setBigUint64(24, BigInt(lba), true);
    fields.setBigUint64(32, BigInt(alternate), true);
    fields.setBigUint64(40, BigInt(2 + arraySectors), true);
    fields.setBigUint64(48, BigInt(last - arraySectors - 1), true);
    bytes.set(guid(gpt.diskId ?? '{11111111-2222-4333-8444-555555555555}'), 56);
    fields.setBigUint64(72, BigInt(entriesLba), true);
    fields.setUint32(80, count, true);
    fields.setUint32(84, entryBytes, true);
    fields.setUint32(88, crc32(entries), true);
    fields.setUint32(16, crc32(bytes.subarray(0, 92)), true);
    return bytes;
  };
  const protective: MbrSlot = { type: 0xee, start: 1, count: Math.min(last, 0xffff_ffff) };
  return [
    { offset: 0, bytes: mbrSector({ slots: [protective, ...(gpt.hybrid ?? [])], signature: 0 }) },
    { offset: sector, bytes: header(1, last, 2) },
    { offset: 2 * sector, bytes: entries },
    { offset: (last - arraySectors) * sector, bytes: entries },
    { offset: last * sector, bytes: header(last, 1, last - arraySectors) },
  ];
}

function guid(text: string): Uint8Array {
  const bytes = parseGuid(text);
  if (bytes === undefined) throw new TypeError(`not a GUID: ${text}`);
  return bytes;
}
