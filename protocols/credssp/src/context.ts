import type { PasswordCredential, PeerIdentity, SecurityContext } from '@winmedic/gss';
import type { CredsspStage } from './errors.ts';
import type { TsCredentialsView } from './ts-credentials.ts';

/** TLS versions of the tunnel. TLS 1.0 and 1.1 are not spoken: hosts that have nothing newer need an update (diagnosis: stage `tls`). */
export type CredsspTlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** Options of {@link credsspInitiator}. */
export interface CredsspInitiatorOptions {
  /** What is delegated: the host gets this password in clear inside the tunnel. That is what CredSSP is for. */
  readonly credential: PasswordCredential;
  /** A fresh login inside the tunnel: SPNEGO, or bare NTLM. */
  readonly context: () => SecurityContext;
  readonly tls?: {
    /** Default `TLSv1.2`. */
    readonly minVersion?: CredsspTlsVersion;
    /**
     * Default `TLSv1.2`, which every supported Windows speaks. With TLS 1.3 the client says the last word of the handshake, and a server over
     * HTTP may have nothing to answer to it, which looks like a refusal.
     */
    readonly maxVersion?: CredsspTlsVersion;
    /**
     * Check the certificate's chain and name; default false, as MS-CSSP 3.1.5 step 1 allows: Windows uses a self-signed certificate here. The
     * server's key is proved by the login instead (public-key stage), before the credential is sent.
     */
    readonly rejectUnauthorized?: boolean;
    /** PEM certificates to trust, and the name to check, with `rejectUnauthorized`. */
    readonly ca?: string;
    readonly servername?: string;
  };
  /**
   * Lowest version of the server that is gone on with; below 5 the proof of its key does not hold against CVE-2018-0886 (MS-CSSP section 5.1). A lower
   * one rejects with `CREDSSP_OLD_VERSION` as soon as it is known, before the login inside answers a challenge. Default 5.
   */
  readonly minimumVersion?: number;
}

/** Options of {@link credsspAcceptor}. */
export interface CredsspAcceptorOptions {
  /** A fresh login inside the tunnel. */
  readonly context: () => SecurityContext;
  /** PEM key and certificate of the tunnel; RSA or elliptic curve. */
  readonly tls: {
    readonly key: string;
    readonly cert: string;
    readonly minVersion?: CredsspTlsVersion;
    /** Default `TLSv1.3`. */
    readonly maxVersion?: CredsspTlsVersion;
  };
  /** Version to speak; default 6. Unpatched hosts (before CVE-2018-0886) speak 2, 3 or 4. */
  readonly version?: 2 | 3 | 4 | 5 | 6;
  /** Status told to the client when the login inside fails; default 0xC000006D (STATUS_LOGON_FAILURE). Versions 2 and 5 tell none. */
  readonly statusOf?: (error: unknown) => number;
}

/** A CredSSP exchange: tokens are TLS records, message protection is the tunnel. */
export interface CredsspContext extends SecurityContext {
  readonly mechanism: 'CredSSP';
  /** How far it came: what the diagnosis names. */
  readonly stage: CredsspStage;
  /** The login inside, once it has begun. */
  readonly inner?: SecurityContext;
  /** The tunnel, once it stands. */
  readonly tunnel?: { readonly version: CredsspTlsVersion; readonly cipher: string };
}

/** The client's side. */
export interface CredsspInitiator extends CredsspContext {
  /** DER, once the tunnel stands. */
  readonly serverCertificate?: Uint8Array;
  /** Version the server answered, as it stands in its TSRequest. */
  readonly serverVersion?: number;
}

/** The server's side. */
export interface CredsspAcceptor extends CredsspContext {
  readonly peer?: PeerIdentity;
  readonly clientVersion?: number;
  /** What the client delegated, without its secret. */
  readonly delegated?: TsCredentialsView;
  /** Why the login inside was refused. The token that tells it is still to be sent; a further step rejects. */
  readonly refused?: Error;
}
