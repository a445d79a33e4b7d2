import { DiskAccessError } from './errors.ts';
import type { OpenedDisk } from './open-disk.ts';
import type { DiskVolume } from './volume.ts';
import { windowsVolume } from './windows.ts';

/**
 * The volume to read files from: as {@link windowsVolume}, and the only NTFS volume of a disk without a Windows.
 * @throws {DiskAccessError} and {DiskError} as {@link windowsVolume}.
 */
export function ntfsVolume(disk: OpenedDisk, number?: number): DiskVolume {
  try {
    return windowsVolume(disk, number);
  } catch (error) {
    if (number !== undefined || !(error instanceof DiskAccessError) || error.code !== 'DISK_NO_WINDOWS') throw error;
    const [only, ...others] = disk.volumes.filter((volume) => volume.readable && volume.ntfs !== undefined);
    if (only === undefined || others.length > 0) throw error;
    return only;
  }
}
