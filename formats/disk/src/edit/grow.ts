import { DiskError } from '../errors.ts';
import type { NtfsFile, NtfsVolume } from '../ntfs/types.ts';
import type { EditPreview, GrowOptions } from './types.ts';

/** signature */
export function growFile(_volume: NtfsVolume, _file: NtfsFile, _newSize: number, _options: GrowOptions = {}): EditPreview {
  throw new DiskError('EDIT_READ_ONLY', 'not there yet');
}
