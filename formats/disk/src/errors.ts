import { WireError, type WireErrorPlace } from '@winmedic/bytes';
import { BITLOCKER_DAMAGE_CODES, BITLOCKER_ERROR_CODES } from './bitlocker/codes.ts';
import { BLOCK_DAMAGE_CODES, BLOCK_ERROR_CODES } from './block/codes.ts';
import { CONTAINER_DAMAGE_CODES, CONTAINER_ERROR_CODES } from './container/codes.ts';
import { EDIT_DAMAGE_CODES, EDIT_ERROR_CODES } from './edit/codes.ts';
import { FAT_DAMAGE_CODES, FAT_ERROR_CODES } from './fat/codes.ts';
import { JOURNAL_DAMAGE_CODES, JOURNAL_ERROR_CODES } from './journal/codes.ts';
import { LOGFILE_DAMAGE_CODES, LOGFILE_ERROR_CODES } from './logfile/codes.ts';
import { NTFS_DAMAGE_CODES, NTFS_ERROR_CODES } from './ntfs/codes.ts';
import { PARTITION_DAMAGE_CODES, PARTITION_ERROR_CODES } from './partition/codes.ts';

/** Codes of {@link DiskError}. */
export const DISK_ERROR_CODES = [
  ...BLOCK_ERROR_CODES,
  ...JOURNAL_ERROR_CODES,
  ...PARTITION_ERROR_CODES,
  ...CONTAINER_ERROR_CODES,
  ...NTFS_ERROR_CODES,
  ...LOGFILE_ERROR_CODES,
  ...BITLOCKER_ERROR_CODES,
  ...EDIT_ERROR_CODES,
  ...FAT_ERROR_CODES,
] as const;

/** Code of a {@link DiskError}: input that cannot be used at all, or a write that is refused. Everything else is a damage. */
export type DiskErrorCode = (typeof DISK_ERROR_CODES)[number];

/** Codes of damages reported through `onDamage`. */
export const DISK_DAMAGE_CODES = [
  ...BLOCK_DAMAGE_CODES,
  ...JOURNAL_DAMAGE_CODES,
  ...PARTITION_DAMAGE_CODES,
  ...CONTAINER_DAMAGE_CODES,
  ...NTFS_DAMAGE_CODES,
  ...LOGFILE_DAMAGE_CODES,
  ...BITLOCKER_DAMAGE_CODES,
  ...EDIT_DAMAGE_CODES,
  ...FAT_DAMAGE_CODES,
] as const;

/** Code of one damage. */
export type DiskDamageCode = (typeof DISK_DAMAGE_CODES)[number];

/** The one error class of this package. Match on `code`; `what`, `offset`, `need` and `have` say where and why. Never carries keys. */
export class DiskError extends WireError<DiskErrorCode> {
  override readonly name = 'DiskError';

  /** @param code stable code. @param what what was being read or done. @param where offset, need and have. */
  constructor(code: DiskErrorCode, what: string, where: WireErrorPlace = {}) {
    super(code, what, where);
  }
}
