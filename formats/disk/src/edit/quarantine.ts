import { DiskError } from '../errors.ts';
import type { NtfsVolume } from '../ntfs/types.ts';
import type { EditPreview } from './types.ts';

/** signature */
export function quarantineName(_name: string): string {
  throw new DiskError('EDIT_READ_ONLY', 'not there yet');
}
/** signature */
export function quarantineFile(_volume: NtfsVolume, _path: string): EditPreview {
  throw new DiskError('EDIT_READ_ONLY', 'not there yet');
}
/** signature */
export function undeleteFile(_volume: NtfsVolume, _path: string, _originalName: string): EditPreview {
  throw new DiskError('EDIT_READ_ONLY', 'not there yet');
}
