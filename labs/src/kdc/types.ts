import type { KdcTransport, Keytab } from '@winmedic/kerberos';

/** State of an account, as a domain controller tells it by its error number. */
export type PrincipalState = 'ok' | 'disabled' | 'locked' | 'expired' | 'must-change';

/** One principal of the KDC. */
export interface KdcPrincipal {
  /** Without realm: `alice`, `HTTP/host.example`. */
  readonly name: string;
  /** Keys of all encryption types are derived from it with the salt of the realm. */
  readonly password?: string;
  /** One key instead of a password. */
  readonly key?: { readonly etype: number; readonly bytes: Uint8Array };
  readonly state?: PrincipalState;
  /** User principal names that mean this principal too (NT-ENTERPRISE). */
  readonly enterprise?: readonly string[];
  /** Bad passwords until it is locked; absent or 0: never. */
  readonly lockoutThreshold?: number;
  /** Size of the PAC in its tickets, in bytes: that of a user in many groups. The PAC is zeros; absent: none. */
  readonly pacBytes?: number;
}

/** What the KDC is made of. */
export interface KdcSpec {
  readonly realm: string;
  /** Other names the realm is asked for by, such as the NetBIOS domain; answered with the realm's own, as domain controllers do. */
  readonly aliases?: readonly string[];
  readonly principals: readonly KdcPrincipal[];
  /** How far its clock is ahead. */
  readonly clockSkewSeconds?: number;
  /** Encryption types it knows, best first; default 18, 17, 23. */
  readonly etypes?: readonly number[];
  /** Default true. */
  readonly requirePreauth?: boolean;
  /** Services and users of other realms: host suffix or user suffix to realm and the key shared with it. */
  readonly trusts?: readonly {
    readonly realm: string;
    readonly hostSuffixes?: readonly string[];
    readonly userSuffixes?: readonly string[];
    readonly password: string;
  }[];
  /** Answers over UDP above this many bytes become KRB-ERROR 52. */
  readonly maxUdpReply?: number;
  /** Accepted difference of clocks in seconds, default 300. */
  readonly maxSkewSeconds?: number;
  /** Milliseconds since 1970 before the skew is added; default `Date.now`. */
  readonly now?: () => number;
  readonly onRequest?: (request: Uint8Array, reply: Uint8Array) => void;
}

/** What was counted at the KDC. */
export interface KdcChecks {
  /** Pre-authentications tried, and those whose password was wrong. */
  readonly tried: number;
  readonly failed: number;
}

/** A running KDC on loopback, TCP and UDP on the same port. */
export interface Kdc {
  readonly realm: string;
  readonly port: number;
  /** The same KDC without sockets. */
  transport(): KdcTransport;
  /** By principal name, as in the specification. */
  readonly checks: ReadonlyMap<string, KdcChecks>;
  /** Keys of a principal, for an acceptor. */
  keytab(...names: readonly string[]): Keytab;
  close(): Promise<void>;
}
