import { WireError, type WireErrorPlace } from '@winmedic/bytes';

/** Codes of {@link DcerpcError}. */
export const DCERPC_ERROR_CODES = [
  /** A protocol data unit that cannot be read: version, lengths, type, byte order. */
  'DCERPC_BAD_PDU',
  /** Data inside a call (NDR, towers, object references) that cannot be read. */
  'DCERPC_BAD_DATA',
  /** More fragments, bytes or entries than this package takes. */
  'DCERPC_LIMIT',
  /** The peer closed the connection before its answer was complete. */
  'DCERPC_CLOSED',
  /** The server refused the bind; {@link DcerpcError.status} is the reason. */
  'DCERPC_BIND_NAK',
  /** The server took the bind and refused the interface; {@link DcerpcError.status} is the reason. */
  'DCERPC_REJECTED',
  /** The call ended with a fault; {@link DcerpcError.status} is its status. */
  'DCERPC_FAULT',
  /** The authentication package did not accept the peer's token; the cause says why. */
  'DCERPC_LOGIN',
  /** The signature of an answer is wrong, or an answer that must be protected is not. */
  'DCERPC_BAD_MIC',
  /** Another kind of message, or one of another call, than the exchange awaits. */
  'DCERPC_UNEXPECTED',
  /** A call before a bind, or with options that do not fit each other: a mistake of the caller. */
  'DCERPC_USAGE',
] as const;

/** Code of a {@link DcerpcError}. */
export type DcerpcErrorCode = (typeof DCERPC_ERROR_CODES)[number];

/** Where a {@link DcerpcError} happened, and the number the peer gave. */
export interface DcerpcErrorPlace extends WireErrorPlace {
  readonly status?: number;
}

/** The one error class of this package. Match on `code`. */
export class DcerpcError extends WireError<DcerpcErrorCode> {
  override readonly name = 'DcerpcError';
  /** Reason of a bind_nak, reason of a rejection, status of a fault: unsigned. */
  readonly status: number | undefined;

  constructor(code: DcerpcErrorCode, what: string, where: DcerpcErrorPlace = {}) {
    super(code, what, where);
    this.status = where.status;
  }
}
