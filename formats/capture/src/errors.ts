import { WireError, type WireErrorPlace } from '@winmedic/bytes';
import { DISSECT_DAMAGE_CODES } from './dissect/codes.ts';
import { CAPTURE_FILE_DAMAGE_CODES, CAPTURE_FILE_ERROR_CODES } from './file/codes.ts';
import { FLOW_DAMAGE_CODES } from './flow/codes.ts';
import { LINK_DAMAGE_CODES } from './link/codes.ts';

/** Codes of {@link CaptureError}. */
export const CAPTURE_ERROR_CODES = [...CAPTURE_FILE_ERROR_CODES] as const;
/** Code of a {@link CaptureError}: an input that cannot be used at all. Everything else is a damage. */
export type CaptureErrorCode = (typeof CAPTURE_ERROR_CODES)[number];

/** Codes of damages reported through `onDamage`. */
export const CAPTURE_DAMAGE_CODES = [
  ...CAPTURE_FILE_DAMAGE_CODES,
  ...LINK_DAMAGE_CODES,
  ...FLOW_DAMAGE_CODES,
  ...DISSECT_DAMAGE_CODES,
] as const;
/** Code of one damage. */
export type CaptureDamageCode = (typeof CAPTURE_DAMAGE_CODES)[number];

/** The one error class of this package. Match on `code`; `what`, `offset`, `need` and `have` say where and why. Never carries secrets. */
export class CaptureError extends WireError<CaptureErrorCode> {
  override readonly name = 'CaptureError';

  /** @param code stable code. @param what what was being read. @param where offset, need and have. */
  constructor(code: CaptureErrorCode, what: string, where: WireErrorPlace = {}) {
    super(code, what, where);
  }
}
