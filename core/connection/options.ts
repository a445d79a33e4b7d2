import type { Secret } from '@winmedic/gss';
import type { ConnectionAttempt, ConnectionVia, LoginSchemeName } from '../model/connection.ts';
import type { CredentialBudget } from './credential-budget.ts';
import type { KerberosSettings } from './kerberos-settings.ts';

/** Who logs in, and what proves it. Secrets are asked for only when they are needed, and only once per run when the caller remembers. */
export type ConnectCredential =
  /** User name as typed, in any form ({@link userNameForms}); the password is asked for right before it is used. */
  | { readonly kind: 'password'; readonly typed: string; readonly password: () => Secret | Promise<Secret> }
  /** Kerberos tickets of a file; without a path that of KRB5CCNAME. No credential check is caused by it. */
  | { readonly kind: 'ticket-cache'; readonly path?: string }
  /** Kerberos keys of a file for the principal typed (`user@REALM`). */
  | { readonly kind: 'keytab'; readonly typed: string; readonly path: string }
  /** TLS client authentication: PEM certificate (with its chain) and PEM key; only over HTTPS. */
  | { readonly kind: 'certificate'; readonly certificate: string; readonly key: () => Secret | Promise<Secret> };

/** Time limits in milliseconds. */
export interface ConnectTimes {
  /** Until a port accepts; default 5000 (a dead host must not hold a slot). */
  readonly connectMs: number;
  /** Until the first byte of an answer; default 10000. */
  readonly answerMs: number;
  /** For one host in total; default 60000. */
  readonly hostMs: number;
}

/** Host name to addresses, best first; rejects with Node's error codes (`ENOTFOUND`, `EAI_AGAIN` …). */
export type LookUp = (name: string) => Promise<readonly { readonly address: string; readonly family: 4 | 6 }[]>;

/** What is tried, how, and what must not be done. */
export interface ConnectOptions {
  /** Default `winrm`. */
  readonly via?: ConnectionVia;
  /** HTTPS on 5986 (or the port given). Default: HTTP on 5985, and HTTPS when 5985 does not accept and 5986 does. */
  readonly https?: boolean;
  /** Absent: nothing but the free facts is asked. */
  readonly credential?: ConnectCredential;
  /** `auto` (default): Kerberos when it can work, else NTLM, both through Negotiate. */
  readonly auth?: 'auto' | LoginSchemeName;
  /** Certificate authorities to trust besides the system's: PEM texts. */
  readonly ca?: readonly string[];
  /** SHA-256 of server certificates trusted whatever else is wrong with them: hex, colons allowed. */
  readonly pins?: readonly string[];
  /** Go on although the certificate is not trusted; said in the attempt. */
  readonly insecure?: boolean;
  /** Let a password or unencrypted SOAP go over HTTP; said in the attempt. */
  readonly allowCleartext?: boolean;
  /** LmCompatibilityLevel of this client, default 3 (NTLMv2 only). */
  readonly ntlmLevel?: 0 | 1 | 2 | 3 | 4 | 5;
  /** Leave the channel binding out of the login over HTTPS, to reproduce what other clients do. */
  readonly withoutChannelBinding?: boolean;
  /** Send messages unencrypted over HTTP after the login, to reproduce what other clients do; needs {@link allowCleartext}. */
  readonly withoutSealing?: boolean;
  /** Further user-name forms after a rejected one; each may cost one bad attempt at the account. Default 0. */
  readonly tryForms?: number;
  /** Shared by a whole run; made for this attempt when absent. */
  readonly budget?: CredentialBudget;
  /** Also ask the RDP port (default 3389) how it negotiates. */
  readonly rdp?: boolean | { readonly port: number };
  readonly kerberos?: KerberosSettings;
  readonly times?: Partial<ConnectTimes>;
  /** Ask nothing after the login. */
  readonly loginOnly?: boolean;
  /** Other ports of the host looked at when its own does not accept; default 5985, 5986, 80, 443, 135, 445, 3389. */
  readonly otherPorts?: readonly number[];
  readonly lookUp?: LookUp;
  /** Keep the conversation on the wire; default true. It is the largest part of an attempt: about 100 KB of memory for each host. */
  readonly conversation?: boolean;
  readonly signal?: AbortSignal;
}

/** Options of a run over many hosts. */
export interface ConnectAllOptions extends ConnectOptions {
  /** Hosts at the same time, default 16. */
  readonly concurrency?: number;
  /** Called after each finished attempt. */
  readonly onProgress?: (done: number, total: number, attempt: ConnectionAttempt) => void;
}
