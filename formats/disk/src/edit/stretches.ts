import type { BlockDevice } from '../block/types.ts';
import { stretches } from '../ntfs/stretches.ts';
import type { NtfsVolume, Run } from '../ntfs/types.ts';

/** Bytes on the volume. */
export interface Stretch {
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Clusters of the volume as the boot sector counts them, at most what the device has: everything beyond is outside the volume. */
export function clusterCount(volume: NtfsVolume): number {
  const { totalSectors, sectorBytes, clusterBytes } = volume.boot;
  return Math.floor(Math.min(totalSectors * sectorBytes, volume.device.sizeBytes) / clusterBytes);
}

/**
 * Where a part of a stream lies on the volume, neighbouring stretches joined.
 * @returns undefined when a part of it is sparse, not allocated, or outside the volume.
 */
export function stretchesOf(volume: NtfsVolume, runs: readonly Run[], offset: number, sizeBytes: number): Stretch[] | undefined {
  const { clusterBytes } = volume.boot;
  const end = clusterCount(volume) * clusterBytes;
  const { parts, whole } = stretches(runs, clusterBytes, offset, sizeBytes);
  const found: Stretch[] = [];
  for (const part of parts) {
    if (part.at === undefined || part.at + part.sizeBytes > end) return undefined;
    found.push({ offset: part.at, sizeBytes: part.sizeBytes });
  }
  return whole ? found : undefined;
}

/** The bytes of stretches, one behind the other; undefined when the device ends before. */
export function readStretches(device: BlockDevice, places: readonly Stretch[]): Uint8Array | undefined {
  const bytes = new Uint8Array(places.reduce((sum, stretch) => sum + stretch.sizeBytes, 0));
  let at = 0;
  for (const { offset, sizeBytes } of places) {
    if (device.readAt(offset, bytes.subarray(at, at + sizeBytes)) !== sizeBytes) return undefined;
    at += sizeBytes;
  }
  return bytes;
}

/** The stretch widened to whole sectors of the device, which are what is written. */
export function wholeSectors(device: BlockDevice, stretch: Stretch): Stretch {
  const sector = device.sectorBytes;
  const offset = Math.floor(stretch.offset / sector) * sector;
  return { offset, sizeBytes: Math.ceil((stretch.offset + stretch.sizeBytes) / sector) * sector - offset };
}
