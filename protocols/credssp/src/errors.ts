import { WireError, type WireErrorPlace } from '@winmedic/bytes';

/** Codes of {@link CredsspError}. */
export const CREDSSP_ERROR_CODES = [
  /** The TLS handshake or a TLS record failed; `cause` holds what TLS said. */
  'CREDSSP_TLS',
  /** A TSRequest or TSCredentials that cannot be read. */
  'CREDSSP_MESSAGE',
  /** Larger than any real message. */
  'CREDSSP_LIMIT',
  /** A message without the part that belongs to this stage, or a step too many. */
  'CREDSSP_SEQUENCE',
  /** The peer proved another public key than that of the TLS session: somebody is in between, or the versions do not agree. */
  'CREDSSP_PUBLIC_KEY',
  /** The server speaks an older version than is accepted; nothing was proved to it. */
  'CREDSSP_OLD_VERSION',
  /** The server told why it refuses: {@link CredsspError.ntstatus}. */
  'CREDSSP_ERROR_CODE',
  /** The peer ended the exchange without a reason. */
  'CREDSSP_REFUSED',
  /** Protection was asked for before the exchange was complete. */
  'CREDSSP_NOT_READY',
  /** A TLS record with a wrong authentication tag. */
  'CREDSSP_BAD_MIC',
  /** TLS records have no signatures without data and no session key to hand out. */
  'CREDSSP_UNSUPPORTED',
] as const;

/** Code of a {@link CredsspError}. */
export type CredsspErrorCode = (typeof CREDSSP_ERROR_CODES)[number];

/**
 * Stage of an exchange: TLS tunnel, login inside it, binding to the server's key, delegation of the credential. NTLM's last message and the proof
 * of the key travel together, so the client's login ends only when the server has answered to both: a refused password is stage `negotiate`.
 */
export type CredsspStage = 'tls' | 'negotiate' | 'public-key' | 'credentials';

/** The one error class of this package. Match on `code`. */
export class CredsspError extends WireError<CredsspErrorCode> {
  override readonly name = 'CredsspError';
  /** Status of the server, unsigned, with `CREDSSP_ERROR_CODE` (MS-ERREF 2.3). */
  readonly ntstatus: number | undefined;
  /** Where it happened; absent for messages parsed outside an exchange. */
  readonly stage: CredsspStage | undefined;

  constructor(
    code: CredsspErrorCode,
    what: string,
    where: WireErrorPlace & { readonly ntstatus?: number; readonly stage?: CredsspStage } = {},
  ) {
    super(code, what, where);
    this.ntstatus = where.ntstatus;
    this.stage = where.stage;
  }
}
