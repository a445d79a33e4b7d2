import { DiskError } from '../errors.ts';
import type { NtfsVolume } from '../ntfs/types.ts';
import type { CheckFinding, CheckOptions, CheckResult, EditPreview } from './types.ts';

/** signature */
export function checkVolume(_volume: NtfsVolume, _options: CheckOptions = {}): CheckResult {
  throw new DiskError('EDIT_READ_ONLY', 'not there yet');
}
/** signature */
export function checkRename(_volume: NtfsVolume, _preview: EditPreview): readonly CheckFinding[] {
  throw new DiskError('EDIT_READ_ONLY', 'not there yet');
}
