import { FormatError } from '@winmedic/bytes';

/** Codes of {@link PeError}: an input that is no PE image. */
export const PE_ERROR_CODES = [
  'PE_EMPTY',
  /** No `MZ`, no `PE` header behind it (a DOS or 16-bit program), or a header that is not of an image. */
  'PE_NOT_IMAGE',
  /** The file ends within its headers. */
  'PE_HEADER_TRUNCATED',
] as const;

/** Code of a {@link PeError}. Everything else that goes wrong is a damage told through `onDamage`. */
export type PeErrorCode = (typeof PE_ERROR_CODES)[number];

/** Codes of damages reported while reading. */
export const PE_DAMAGE_CODES = [
  /** The file ends before what its headers promise. */
  'PE_TRUNCATED',
  'PE_RESOURCES',
  'PE_VERSION_INFO',
  'PE_LIMIT',
] as const;

/** Code of one damage. */
export type PeDamageCode = (typeof PE_DAMAGE_CODES)[number];

/** The one error class of this package. Match on `code`. */
export class PeError extends FormatError<PeErrorCode> {
  override readonly name = 'PeError';
}
