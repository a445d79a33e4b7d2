import { WireError } from '@winmedic/bytes';

/** Codes of {@link RdpError}. */
export const RDP_ERROR_CODES = [
  /** What came is no TPKT packet: another protocol owns the port. */
  'RDP_NOT_TPKT',
  /** A TPKT packet without the X.224 message that belongs here, or a damaged one. */
  'RDP_MESSAGE',
  /** More bytes than the message has yet: read on. */
  'RDP_TRUNCATED',
] as const;

/** Code of an {@link RdpError}. */
export type RdpErrorCode = (typeof RDP_ERROR_CODES)[number];

/** The one error class of this package. Match on `code`. */
export class RdpError extends WireError<RdpErrorCode> {
  override readonly name = 'RdpError';
}
