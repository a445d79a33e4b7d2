import { FormatError } from '@winmedic/bytes';

/** Codes of {@link HiveError}: an input that cannot be read at all, a write that is refused, or a wrong call. */
export const HIVE_ERROR_CODES = [
  /** No bytes. */
  'HIVE_EMPTY',
  /** No base block and no hive bin. */
  'HIVE_NOT_HIVE',
  /** Larger than {@link HiveLimits.maxHiveBytes}. */
  'HIVE_TOO_LARGE',
  /** The new data needs more bytes than the value holds, or more is to be added or removed than a limit allows. */
  'HIVE_EDIT_SIZE',
  /** Key or value to be edited does not exist. */
  'HIVE_EDIT_NOT_FOUND',
  /** Key or value to be created exists. */
  'HIVE_EDIT_EXISTS',
  /** The name of a key or value to be created is empty, too long, or holds a NUL. */
  'HIVE_EDIT_NAME',
  /** A dirty or damaged hive is not edited: replay it first, or salvage by reading. */
  'HIVE_EDIT_STATE',
  /** The undo record does not fit the file: it was changed since. */
  'HIVE_UNDO_MISMATCH',
] as const;

/** Code of a {@link HiveError}. Everything else that goes wrong is a damage told through `onDamage`. */
export type HiveErrorCode = (typeof HIVE_ERROR_CODES)[number];

/** Codes of damages reported while reading. */
export const HIVE_DAMAGE_CODES = [
  'HIVE_BASE_BLOCK',
  'HIVE_BASE_CHECKSUM',
  'HIVE_VERSION',
  /** The file ends before the hive bins data does. */
  'HIVE_TRUNCATED',
  'HIVE_BIN',
  'HIVE_CELL',
  'HIVE_ROOT',
  'HIVE_KEY',
  'HIVE_SUBKEY_LIST',
  'HIVE_VALUE_LIST',
  'HIVE_VALUE',
  'HIVE_DATA',
  /** Keys or lists point at themselves. */
  'HIVE_LOOP',
  /** A key met twice under one parent. */
  'HIVE_DUPLICATE_KEY',
  'HIVE_LIMIT',
  /** Dirty, and no transaction log was given. */
  'HIVE_DIRTY_NO_LOGS',
  /** A log that belongs to another hive, or is older than the hive. */
  'HIVE_LOG_FOREIGN',
  /** A log whose entries stop before they should (gap, wrong hash, odd size, cut). */
  'HIVE_LOG_BROKEN',
  /** Further damages are counted, not reported. */
  'HIVE_DAMAGES_CAPPED',
] as const;

/** Code of one damage. */
export type HiveDamageCode = (typeof HIVE_DAMAGE_CODES)[number];

/** The one error class of this package. Match on `code`. */
export class HiveError extends FormatError<HiveErrorCode> {
  override readonly name = 'HiveError';
}
