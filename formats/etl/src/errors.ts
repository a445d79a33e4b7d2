import { WireError, type WireErrorPlace } from '@winmedic/bytes';

/** Codes of {@link EtlError}. */
export const ETL_ERROR_CODES = ['ETL_FORMAT'] as const;
/** Code of an {@link EtlError}: an input that cannot be used at all. Everything else is a damage. */
export type EtlErrorCode = (typeof ETL_ERROR_CODES)[number];

/** Codes of damages reported through `onDamage` and {@link EtlPacketSummary}. */
export const ETL_DAMAGE_CODES = [
  'ETL_HEADER',
  'ETL_CLOCK',
  'ETL_BUFFER',
  'ETL_CUT',
  'ETL_RECORD',
  'ETL_COMPRESSED',
  'ETL_LIMIT',
  'ETL_ORDER',
  'ETL_PACKET',
] as const;
/** Code of one damage. */
export type EtlDamageCode = (typeof ETL_DAMAGE_CODES)[number];

/** The one error class of this package. Match on `code`; `what`, `offset`, `need` and `have` say where and why. */
export class EtlError extends WireError<EtlErrorCode> {
  override readonly name = 'EtlError';

  /** @param code stable code. @param what what was being read. @param where offset, need and have. */
  constructor(code: EtlErrorCode, what: string, where: WireErrorPlace = {}) {
    super(code, what, where);
  }
}
