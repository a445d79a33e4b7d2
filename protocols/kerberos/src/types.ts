import type { PeerIdentity, Secret, SecurityContext } from '@winmedic/gss';
import type { CredentialCache } from './credential-cache.ts';
import type { KerberosStage } from './errors.ts';
import type { Keytab } from './keytab.ts';

/**
 * Asks a KDC of the realm: one message out, one back, both without the length prefix of TCP. UDP or TCP, which KDC and how often is the
 * transport's matter; an answer KRB-ERROR 52 (response too big) over UDP must be repeated over TCP by it.
 */
export type KdcTransport = (realm: string, message: Uint8Array) => Promise<Uint8Array>;

/** What the client proves itself with. */
export type KerberosCredential =
  | {
      readonly kind: 'password';
      /** With `@` an enterprise name (user principal name, RFC 6806 section 5), else a plain principal name. */
      readonly user: string;
      /** Realm whose KDC is asked first. */
      readonly realm: string;
      readonly password: Secret;
    }
  | {
      readonly kind: 'keytab';
      readonly keytab: Keytab;
      /** Principal without realm (`HTTP/host`, `user`); the first of the keytab when absent. */
      readonly user?: string;
      readonly realm?: string;
    }
  | {
      /** A service ticket in the cache is used as it is, else a ticket-granting ticket asks for one. */
      readonly kind: 'cache';
      readonly cache: CredentialCache;
    };

/** Options of {@link kerberosLogin}. */
export interface KerberosLoginOptions {
  readonly credential: Exclude<KerberosCredential, { kind: 'cache' }>;
  readonly kdc: KdcTransport;
  readonly now?: () => number;
  readonly random?: (length: number) => Uint8Array;
  readonly etypes?: readonly number[];
  readonly onExchange?: (exchange: KerberosExchange) => void;
}

/** What a login with the KDC gave. */
export interface KerberosLogin {
  /** Holds the ticket-granting ticket: a credential of kind `cache` for any number of initiators, without another check of the password. */
  readonly cache: CredentialCache;
  readonly credentialChecks: number;
  /** Clock of the KDC minus ours, whole seconds. */
  readonly skewSeconds: number;
}

/**
 * One exchange, for the ladder and for `--explain`. Both messages as they went: those of the KDC without length prefix, the tokens of `ap` with
 * their GSS framing (`readGssKerberosToken`).
 */
export interface KerberosExchange {
  readonly stage: KerberosStage;
  /** Realm whose KDC was asked; that of the ticket for `ap`. */
  readonly realm: string;
  readonly request: Uint8Array;
  /** Absent when no answer came. */
  readonly reply?: Uint8Array;
}

/** Options of {@link kerberosInitiator}. */
export interface KerberosInitiatorOptions {
  readonly credential: KerberosCredential;
  /** `HTTP/host.example`; never changed by name resolution. */
  readonly servicePrincipalName: string;
  /** Realm of the service when it is known (krb5.conf, domain_realm); else the client's realm is asked and referrals are followed. */
  readonly serviceRealm?: string;
  readonly kdc: KdcTransport;
  /** 16 bytes of `channelBindingHash`. */
  readonly channelBindings?: Uint8Array;
  /** The service must prove itself too; default true. */
  readonly mutual?: boolean;
  /** Three legs without GSS framing, as DCE RPC uses it. */
  readonly dceStyle?: boolean;
  /** Ask for encryption of messages; default true. DCE RPC asks for it at level privacy alone (MS-RPCE 3.3.1.5.2.2). */
  readonly sealing?: boolean;
  /** Delegation is not offered. */
  readonly delegate?: false;
  /** Milliseconds since 1970; default `Date.now`. */
  readonly now?: () => number;
  /** Random bytes; default those of node:crypto. */
  readonly random?: (length: number) => Uint8Array;
  /** Encryption types offered, best first; default 18, 17, 20, 19, 23, in DCE style those that can sign parts around the data: 18, 17, 23. */
  readonly etypes?: readonly number[];
  readonly onExchange?: (exchange: KerberosExchange) => void;
}

/** The client's side. */
export interface KerberosInitiator extends SecurityContext {
  readonly mechanism: 'Kerberos';
  /** Encrypted timestamps sent so far: each is a check of the password at the domain that may count towards a lockout. */
  readonly credentialChecks: number;
  /** Clock of the KDC (or of the service, when it said so) minus ours in whole seconds; `undefined` while unknown. */
  readonly skewSeconds: number | undefined;
  /** The service ticket in use, once there is one. */
  readonly ticket: ServiceTicket | undefined;
}

/** What may be told about a service ticket. Times in milliseconds since 1970. */
export interface ServiceTicket {
  readonly client: string;
  readonly service: string;
  readonly endTime: number;
  /** Encryption type of the session key and of the ticket itself. */
  readonly sessionEtype: number;
  readonly ticketEtype: number;
  /** Bytes of the ticket as sent. */
  readonly length: number;
  readonly fromCache: boolean;
}

/** Options of {@link kerberosAcceptor}. */
export interface KerberosAcceptorOptions {
  readonly keytab: Keytab;
  /** 16 bytes of `channelBindingHash` of this side's certificate. */
  readonly channelBindings?: Uint8Array;
  /**
   * `none` (default): not looked at; `relaxed`: wrong only when the initiator sent another one; `strict`: must be there and equal
   * (CbtHardeningLevel, MS-WSMV 2.2.4.34).
   */
  readonly bindings?: 'none' | 'relaxed' | 'strict';
  readonly now?: () => number;
  /** Accepted difference of clocks, default 300 (RFC 4120 section 5.5.1 leaves it to the site; 5 minutes is the default of Windows and MIT). */
  readonly maxSkewSeconds?: number;
  readonly random?: (length: number) => Uint8Array;
}

/** The service's side. A refused token may be followed by another one: the context starts anew. */
export interface KerberosAcceptor extends SecurityContext {
  readonly mechanism: 'Kerberos';
  /** Who the initiator is, by the ticket. Throws KERBEROS_NOT_READY before the exchange is complete. */
  readonly peer: PeerIdentity;
}
