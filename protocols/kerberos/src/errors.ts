import { WireError, type WireErrorPlace } from '@winmedic/bytes';

/** Codes of {@link KerberosError}. */
export type KerberosErrorCode =
  | 'KERBEROS_MESSAGE' // bytes are no Kerberos message, or one with impossible values
  | 'KERBEROS_KDC_ERROR' // the KDC answered KRB-ERROR: see krbError and stage
  | 'KERBEROS_AP_ERROR' // the service answered KRB-ERROR, or this acceptor refuses: see krbError
  | 'KERBEROS_TRANSPORT' // the KDC could not be asked: cause holds what the transport threw
  | 'KERBEROS_REPLY_MISMATCH' // an answer does not belong to the request (nonce, name, time)
  | 'KERBEROS_PASSWORD' // the answer cannot be decrypted with the key of the password or keytab
  | 'KERBEROS_ETYPE' // no encryption type in common, or one that is not supported
  | 'KERBEROS_NO_KEY' // the keytab has no key for it
  | 'KERBEROS_NO_TICKET' // the cache holds no usable ticket
  | 'KERBEROS_REFERRAL_LOOP' // referrals went in a circle or too far
  | 'KERBEROS_KEY_PARAMETERS' // iterations or salt outside what is accepted
  | 'KERBEROS_BAD_MIC' // checksum of a message or token is wrong
  | 'KERBEROS_SEQUENCE' // a message came out of order or twice
  | 'KERBEROS_CHANNEL_BINDING' // the initiator's channel binding is missing or another one
  | 'KERBEROS_NOT_READY' // protection was asked for before the exchange was complete
  | 'KERBEROS_DONE' // a token came after the exchange was complete
  | 'KERBEROS_COVER' // signed-only parts around the data are not possible with this encryption type
  | 'KERBEROS_USAGE' // an option cannot be used
  | 'KERBEROS_NOT_KEYTAB' // the file is no keytab
  | 'KERBEROS_NOT_CACHE'; // the file is no credential cache

/** Exchange in which an error happened: with the KDC for a ticket-granting ticket, with the KDC for a service ticket, with the service. */
export type KerberosStage = 'as' | 'tgs' | 'ap';

/** What a {@link KerberosError} knows besides its place. */
export interface KerberosErrorDetail extends WireErrorPlace {
  readonly krbError?: number;
  readonly ntstatus?: number;
  readonly stage?: KerberosStage;
  readonly skewSeconds?: number;
  readonly realm?: string;
  readonly credentialChecks?: number;
  readonly token?: Uint8Array;
}

/** The one error class of this package. Never carries passwords, keys or ciphertext. */
export class KerberosError extends WireError<KerberosErrorCode> {
  override readonly name = 'KerberosError';
  /** Error number of the KRB-ERROR (RFC 4120 section 7.5.9). */
  readonly krbError: number | undefined;
  /** NTSTATUS of the error data, unsigned (MS-KILE 2.2.2). */
  readonly ntstatus: number | undefined;
  readonly stage: KerberosStage | undefined;
  /** Clock of whoever answered minus ours, whole seconds. */
  readonly skewSeconds: number | undefined;
  /** Realm whose KDC was asked. */
  readonly realm: string | undefined;
  /** Encrypted timestamps sent until then: checks of the password at the domain. */
  readonly credentialChecks: number | undefined;
  /** Acceptor: the KRB-ERROR in GSS framing that tells the peer why; may be sent, does not have to. */
  readonly token: Uint8Array | undefined;

  constructor(code: KerberosErrorCode, what: string, detail: KerberosErrorDetail = {}) {
    super(code, what, detail);
    this.krbError = detail.krbError;
    this.ntstatus = detail.ntstatus;
    this.stage = detail.stage;
    this.skewSeconds = detail.skewSeconds;
    this.realm = detail.realm;
    this.credentialChecks = detail.credentialChecks;
    this.token = detail.token;
  }
}
