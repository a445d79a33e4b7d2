import type { OpenedDisk } from '../disk/open-disk.ts';
import type { DiskVolume } from '../disk/volume.ts';

/**
 * What tells a disk from others, as `name=value`: kept in the journal for people
 * (what decides at undo are the bytes). Never the container's id, which a write changes.
 */
export function identityOf(disk: OpenedDisk, volume: DiskVolume): string[] {
  const { diskId, scheme } = disk.table;
  return [
    `scheme=${scheme}`,
    ...(diskId === undefined ? [] : [`disk=${diskId}`]),
    `volume=${volume.number}@${volume.partition.offset}+${volume.partition.sizeBytes}`,
    ...(volume.ntfs === undefined ? [] : [`serial=${volume.ntfs.boot.serial}`]),
  ];
}
