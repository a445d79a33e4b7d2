import { DiskError } from '../errors.ts';
import type { NtfsFile, NtfsVolume } from '../ntfs/types.ts';
import type { EditPreview } from './types.ts';

/** signature */
export function overwriteData(_volume: NtfsVolume, _file: NtfsFile, _stream: string, _offset: number, _bytes: Uint8Array): EditPreview {
  throw new DiskError('EDIT_READ_ONLY', 'not there yet');
}
