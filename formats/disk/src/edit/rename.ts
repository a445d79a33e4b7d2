import { DiskError } from '../errors.ts';
import type { NtfsVolume } from '../ntfs/types.ts';
import type { EditPreview } from './types.ts';

/** signature */
export function renameInPlace(_volume: NtfsVolume, _path: string, _newName: string): EditPreview {
  throw new DiskError('EDIT_READ_ONLY', 'not there yet');
}
