import { type ByteSource, readUpTo, viewOf } from '@winmedic/bytes';
import type { BlockDevice } from '../block/types.ts';
import { DiskError } from '../errors.ts';
import type { Tell } from './damages.ts';
import { MAX_CLUSTER_BYTES, MAX_INDEX_BYTES, MAX_RECORD_BYTES, MIN_INDEX_BYTES, MIN_RECORD_BYTES } from './limits.ts';
import { count64, isPowerOfTwo } from './numbers.ts';
import type { NtfsBoot } from './types.ts';

/** Bytes of a boot sector that are looked at, whatever the sector size. */
const BOOT_BYTES = 512;
/** The fields between the jump and the boot code, which both copies share; the code itself is exchanged by tools without touching the copy. */
const FIELDS = { from: 3, to: 0x54 } as const;

type Facts = Omit<NtfsBoot, 'from' | 'copies'>;

/** A sector as a boot sector: its facts; the impossible field; or `none` without the mark of NTFS. */
function facts(sector: Uint8Array): Facts | { readonly impossible: string; readonly have: number } | 'none' {
  if (sector.length < BOOT_BYTES || !hasMark(sector)) return 'none';
  const view = viewOf(sector);
  const sectorBytes = view.getUint16(11, true);
  if (!isPowerOfTwo(sectorBytes, 512, 4096)) return { impossible: 'bytes per sector', have: sectorBytes };
  // Above 0x80 it is the negative power of two, used for clusters of more than 64 KiB.
  const perCluster = view.getUint8(13);
  const clusterBytes = sectorBytes * (perCluster <= 0x80 ? perCluster : 2 ** (256 - perCluster));
  if (!isPowerOfTwo(clusterBytes, 512, MAX_CLUSTER_BYTES)) return { impossible: 'sectors per cluster', have: perCluster };
  const totalSectors = count64(view, 0x28);
  if (totalSectors <= 0 || totalSectors * sectorBytes > Number.MAX_SAFE_INTEGER) return { impossible: 'total sectors', have: totalSectors };
  const clusters = Math.floor((totalSectors * sectorBytes) / clusterBytes);
  const mftCluster = count64(view, 0x30);
  if (mftCluster <= 0 || mftCluster >= clusters) return { impossible: '$MFT cluster', have: mftCluster };
  const mirrorCluster = count64(view, 0x38);
  const recordBytes = unitBytes(view.getInt8(0x40), clusterBytes);
  if (!isPowerOfTwo(recordBytes, MIN_RECORD_BYTES, MAX_RECORD_BYTES)) return { impossible: 'record size', have: view.getInt8(0x40) };
  const indexBytes = unitBytes(view.getInt8(0x44), clusterBytes);
  if (!isPowerOfTwo(indexBytes, MIN_INDEX_BYTES, MAX_INDEX_BYTES)) return { impossible: 'index block size', have: view.getInt8(0x44) };
  const serial = view.getBigUint64(0x48, true).toString(16).toUpperCase().padStart(16, '0');
  return { sectorBytes, clusterBytes, recordBytes, indexBytes, totalSectors, mftCluster, mirrorCluster, serial };
}

/** The OEM name `NTFS    `. The mark 0x55AA at the end is not asked for: BIOSes want it, NTFS does not. */
function hasMark(sector: Uint8Array): boolean {
  return [0x4e, 0x54, 0x46, 0x53, 0x20, 0x20, 0x20, 0x20].every((byte, i) => sector[3 + i] === byte);
}

/** Positive: clusters; negative: power of two in bytes. */
function unitBytes(field: number, clusterBytes: number): number {
  return field > 0 ? field * clusterBytes : 2 ** -field;
}

/**
 * Reads the boot sector, and its copy in the last sector of the volume (the one behind `total sectors`); where a partition is longer than its volume, in
 * the last sector of the partition.
 * @throws {DiskError} NTFS_NOT_NTFS, NTFS_GEOMETRY
 * @source Linux-NTFS documentation, "$Boot"; Microsoft Learn, "How NTFS Works" (BPB and extended BPB fields)
 */
export function readBoot(device: BlockDevice, source: ByteSource, tell: Tell): NtfsBoot {
  const first = readUpTo(source, 0, BOOT_BYTES);
  const main = facts(first);
  if (main !== 'none' && !('impossible' in main)) {
    const ends = [main.totalSectors * main.sectorBytes, lastSector(source.sizeBytes, main.sectorBytes)];
    for (const end of ends) {
      if (end < main.sectorBytes || end + BOOT_BYTES > source.sizeBytes) continue;
      const copy = readUpTo(source, end, BOOT_BYTES);
      if (copy.length < BOOT_BYTES || !hasMark(copy)) continue;
      const equal = first.subarray(FIELDS.from, FIELDS.to).every((byte, i) => byte === copy[FIELDS.from + i]);
      if (!equal) tell('NTFS_BOOT_COPY', end, 'copy of the boot sector', 'equal', 'different');
      return { ...main, from: 'boot', copies: equal ? 'equal' : 'differ' };
    }
    tell('NTFS_BOOT_COPY', ends[0]!, 'copy of the boot sector', 'NTFS', 'nothing');
    return { ...main, from: 'boot', copies: 'one-only' };
  }
  for (const sectorBytes of new Set([device.sectorBytes, 512, 4096])) {
    const end = lastSector(source.sizeBytes, sectorBytes);
    if (end <= 0) continue;
    const copy = facts(readUpTo(source, end, BOOT_BYTES));
    // A copy that says another size is left over from another volume.
    if (copy === 'none' || 'impossible' in copy || copy.totalSectors * copy.sectorBytes !== end) continue;
    tell('NTFS_BOOT', 0, 'boot sector', 'NTFS', main === 'none' ? 'no NTFS mark' : main.impossible);
    return { ...copy, from: 'backup', copies: 'one-only' };
  }
  if (main === 'none') throw new DiskError('NTFS_NOT_NTFS', 'boot sector', { offset: 0 });
  throw new DiskError('NTFS_GEOMETRY', main.impossible, { offset: 0, need: 'possible', have: main.have });
}

function lastSector(sizeBytes: number, sectorBytes: number): number {
  return Math.floor(sizeBytes / sectorBytes) * sectorBytes - sectorBytes;
}
