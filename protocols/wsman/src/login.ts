import type { SecurityContext } from '@winmedic/gss';

/** Authentication schemes of WinRM as they stand in WWW-Authenticate (MS-WSMV 2.2.9.1, MS-NTHT); `Certificate` is TLS client authentication. */
export type SchemeName = 'Basic' | 'Negotiate' | 'Kerberos' | 'NTLM' | 'CredSSP' | 'Certificate';

/** How to log in, with the secrets inside closures. */
export type HttpLogin =
  /** A fresh context for each login; the session seals with it over HTTP (and over HTTPS for CredSSP). */
  | { readonly scheme: 'Negotiate' | 'Kerberos' | 'NTLM' | 'CredSSP'; readonly context: () => SecurityContext }
  /** The value of the Authorization header, made when it is sent. */
  | { readonly scheme: 'Basic'; readonly authorization: () => string }
  /** The transport's TLS already carries the client certificate. */
  | { readonly scheme: 'Certificate' };

/** One request of the login with its answer, for the ladder and for `--explain`. */
export interface LoginStep {
  readonly scheme: SchemeName;
  /** Token as sent and received (without base64); the caller removes secrets before it shows them. */
  readonly sent?: Uint8Array;
  readonly received?: Uint8Array;
  /** Length of the Authorization header's value. */
  readonly headerLength: number;
  readonly status: number;
  /** Schemes of the answer's WWW-Authenticate, each once. */
  readonly offered: readonly string[];
  readonly ms: number;
}

/** How a login ended. It never throws for what a server answers. */
export interface LoginResult {
  /**
   * `accepted`: the context is complete and the server did not answer 401; `rejected`: 401 after the last token; `not-offered`: the scheme
   * is not in WWW-Authenticate or its first token was answered without one; `failed`: the context refused (no ticket, bad MIC, TLS);
   * `dropped`: the connection broke; `unexpected`: another status (503, 404, 400 …).
   */
  readonly outcome: 'accepted' | 'rejected' | 'not-offered' | 'failed' | 'dropped' | 'unexpected';
  readonly status?: number;
  readonly steps: readonly LoginStep[];
  /** Schemes of the last WWW-Authenticate. */
  readonly offered: readonly string[];
  /** What the context or the transport threw. */
  readonly error?: Error;
}
