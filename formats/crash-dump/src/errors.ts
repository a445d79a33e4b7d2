import { FormatError } from '@winmedic/bytes';

/** Codes of {@link DumpError}: an input that is no kernel dump. */
export const DUMP_ERROR_CODES = [
  'DUMP_EMPTY',
  /** Neither PAGEDU64 nor PAGEDUMP. */
  'DUMP_NOT_DUMP',
  /** A user-mode minidump (MDMP): a program's crash, not a stop of the machine. */
  'DUMP_USER_MODE',
  /** A page of zeros instead of a header: reserved, never written. */
  'DUMP_ZERO_FILLED',
  /** Compressed or encrypted; decompress or decrypt it first. */
  'DUMP_COMPRESSED',
  'DUMP_ENCRYPTED',
  /** The header itself is cut. */
  'DUMP_HEADER_TRUNCATED',
] as const;

/** Code of a {@link DumpError}. Everything else that goes wrong is a damage told through `onDamage`. */
export type DumpErrorCode = (typeof DUMP_ERROR_CODES)[number];

/** Codes of damages reported while reading. */
export const DUMP_DAMAGE_CODES = [
  /** The file ends before what the header promises. */
  'DUMP_TRUNCATED',
  'DUMP_HEADER_FIELD',
  /** Parts of the dump were zeroed. */
  'DUMP_ZEROED',
  'DUMP_MODULE_LIST',
  'DUMP_MODULE',
  'DUMP_UNLOADED_LIST',
  'DUMP_STACK',
  'DUMP_DATA_BLOCKS',
  /** A page on the way of a page-table walk is not in the dump. */
  'DUMP_PAGE_MISSING',
  'DUMP_PAGE_TABLE',
  'DUMP_PHYSICAL_RUNS',
  'DUMP_LOOP',
  'DUMP_LIMIT',
] as const;

/** Code of one damage. */
export type DumpDamageCode = (typeof DUMP_DAMAGE_CODES)[number];

/** The one error class of this package. Match on `code`. */
export class DumpError extends FormatError<DumpErrorCode> {
  override readonly name = 'DumpError';
}
