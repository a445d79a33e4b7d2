import type { BlockDevice } from '../block/types.ts';
import { runAt } from '../ntfs/runs.ts';
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
  const clusters = clusterCount(volume);
  const found: { offset: number; sizeBytes: number }[] = [];
  let at = offset;
  for (let left = sizeBytes, i = runAt(runs, Math.floor(offset / clusterBytes)); left > 0; i++) {
    const run = runs[i];
    if (run?.lcn === undefined || run.lcn + run.clusters > clusters || run.vcn * clusterBytes > at) return undefined;
    const inside = at - run.vcn * clusterBytes;
    const part = Math.min(left, run.clusters * clusterBytes - inside);
    if (part <= 0) return undefined;
    const last = found.at(-1);
    const place = run.lcn * clusterBytes + inside;
    if (last && last.offset + last.sizeBytes === place) last.sizeBytes += part;
    else found.push({ offset: place, sizeBytes: part });
    at += part;
    left -= part;
  }
  return found;
}

/** The bytes of stretches, one behind the other; undefined when the device ends before. */
export function readStretches(device: BlockDevice, stretches: readonly Stretch[]): Uint8Array | undefined {
  const bytes = new Uint8Array(stretches.reduce((sum, stretch) => sum + stretch.sizeBytes, 0));
  let at = 0;
  for (const { offset, sizeBytes } of stretches) {
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
