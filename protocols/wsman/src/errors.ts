import { WireError, type WireErrorPlace } from '@winmedic/bytes';
import type { WsmanFault } from './fault.ts';

/** Codes of {@link WsmanError}; their texts are in knowledge/damages/wsman.yaml. */
export type WsmanErrorCode =
  | 'WSMAN_XML'
  | 'WSMAN_XML_DTD'
  | 'WSMAN_XML_LIMIT'
  | 'WSMAN_XML_ENCODING'
  | 'WSMAN_ENVELOPE'
  | 'WSMAN_VALUE'
  | 'WSMAN_MULTIPART'
  | 'WSMAN_LENGTH'
  | 'WSMAN_CLEARTEXT'
  | 'WSMAN_CLEAR_ANSWER'
  | 'WSMAN_NO_SEALING'
  | 'WSMAN_NOT_LOGGED_IN'
  | 'WSMAN_LOGIN_INCOMPLETE'
  | 'WSMAN_LOST'
  | 'WSMAN_UNAUTHORIZED'
  | 'WSMAN_EMPTY'
  | 'WSMAN_TOO_LARGE'
  | 'WSMAN_NOT_SOAP'
  | 'WSMAN_STATUS'
  | 'WSMAN_FAULT'
  | 'WSMAN_ENDLESS'
  | 'WSMAN_BUSY';

/** What an HTTP body holds, decided by its first bytes and its media type, never by its words. */
export type BodyKind = 'empty' | 'soap' | 'html' | 'sealed' | 'other';

/** What a {@link WsmanError} knows besides its code. */
export interface WsmanErrorDetail extends WireErrorPlace {
  /** HTTP status of the answer that ended it. */
  readonly status?: number;
  readonly body?: BodyKind;
  /** With `WSMAN_FAULT`. */
  readonly fault?: WsmanFault;
}

/** The one error class of this package. Match on `code`; it never carries secrets, tokens or bodies. */
export class WsmanError extends WireError<WsmanErrorCode> {
  override readonly name = 'WsmanError';
  readonly status: number | undefined;
  readonly body: BodyKind | undefined;
  readonly fault: WsmanFault | undefined;

  constructor(code: WsmanErrorCode, what: string, detail: WsmanErrorDetail = {}) {
    super(code, what, detail);
    this.status = detail.status;
    this.body = detail.body;
    this.fault = detail.fault;
  }
}
