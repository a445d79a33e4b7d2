import { DiskError } from '../errors.ts';
import type { NtfsVolume } from '../ntfs/types.ts';
import type { EditPreview } from './types.ts';

/** signature */
export function setVolumeDirty(_volume: NtfsVolume, _dirty: boolean): EditPreview {
  throw new DiskError('EDIT_READ_ONLY', 'not there yet');
}
/** signature */
export function resetLogFile(_volume: NtfsVolume): EditPreview {
  throw new DiskError('EDIT_READ_ONLY', 'not there yet');
}
