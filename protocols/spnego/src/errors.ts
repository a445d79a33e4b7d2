import { WireError } from '@winmedic/bytes';

/** Codes of {@link SpnegoError}. */
export const SPNEGO_ERROR_CODES = [
  /** The token is no SPNEGO token, or a damaged one. */
  'SPNEGO_TOKEN',
  /** More bytes or mechanisms than any real token has. */
  'SPNEGO_LIMIT',
  /** No mechanism of ours could start, or the sides have none in common. */
  'SPNEGO_NO_MECHANISM',
  /** The peer chose what was not offered, or sent a token that does not belong here. */
  'SPNEGO_SEQUENCE',
  /** The peer answered `reject`. */
  'SPNEGO_REJECTED',
  /** The mechListMIC is wrong or missing although it was demanded: somebody may have changed the list of mechanisms. */
  'SPNEGO_BAD_MIC',
  /** Protection was asked for before a mechanism was complete. */
  'SPNEGO_NOT_READY',
] as const;

/** Code of a {@link SpnegoError}. */
export type SpnegoErrorCode = (typeof SPNEGO_ERROR_CODES)[number];

/** The one error class of this package. Match on `code`; `cause` holds what the mechanism or the DER reader threw. */
export class SpnegoError extends WireError<SpnegoErrorCode> {
  override readonly name = 'SpnegoError';
}
