import type { BlockDevice } from '../block/types.ts';
import { DiskError } from '../errors.ts';
import type { NtfsOptions, NtfsVolume } from './types.ts';

/**
 * Opens an NTFS volume; reads the boot sector and the first record of $MFT only.
 * @param device the volume, first byte to last sector.
 * @throws {DiskError} NTFS_NOT_NTFS, NTFS_GEOMETRY, NTFS_NO_MFT; what the device throws is passed on.
 */
export function openNtfs(_device: BlockDevice, _options: NtfsOptions = {}): NtfsVolume {
  throw new DiskError('NTFS_NOT_NTFS', 'volume');
}
