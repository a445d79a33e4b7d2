import { DiskError } from '../errors.ts';
import type { Run } from '../ntfs/types.ts';

/** signature */
export function encodeRuns(_runs: readonly Run[]): Uint8Array {
  throw new DiskError('EDIT_READ_ONLY', 'not there yet');
}
