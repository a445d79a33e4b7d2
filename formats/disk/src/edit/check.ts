import type { NtfsVolume } from '../ntfs/types.ts';
import { checkDirectories } from './check-directories.ts';
import { checkRecords } from './check-records.ts';
import { CheckState } from './check-state.ts';
import type { CheckOptions, CheckResult } from './types.ts';

/**
 * Checks a whole volume without changing it, as chkdsk does when it only reads: copies of the boot sector and of the first records, every record in use and
 * its attributes, clusters against $Bitmap, and with `deep` the tree of every directory against the records. Trees of other indexes ($Secure, $ObjId …) and
 * contents of files are not looked at. Memory: a bit for each cluster and nine bytes for each record.
 * @returns counts and findings; no finding of severity `error` means that nothing contradicts itself.
 */
export function checkVolume(volume: NtfsVolume, options: CheckOptions = {}): CheckResult {
  volume.refresh();
  const state = new CheckState(volume, options);
  const whole = checkRecords(state) && (options.deep === false || checkDirectories(state));
  if (!whole) state.findings.error('CHECK_STOPPED', 'check of the volume');
  else options.onProgress?.(state.total, state.total);
  const { records, directories, entries, clustersUsed, findings } = state;
  return { records, directories, entries, clustersUsed, findings: findings.list() };
}
