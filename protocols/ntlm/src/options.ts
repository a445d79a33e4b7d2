import type { PasswordCredential, PeerIdentity, Secret, SecurityContext } from '@winmedic/gss';
import type { NtlmFlag } from './flags.ts';
import type { NtlmChallenge, NtlmVersion } from './types.ts';

/** An account whose password is known only by its NT hash. */
export interface NtHashCredential {
  readonly user: string;
  readonly domain: string;
  /** 32 hexadecimal digits. */
  readonly ntHash: Secret;
}

/** Options of {@link ntlmInitiator}. */
export interface NtlmInitiatorOptions {
  /** An empty user with an empty password asks for an anonymous login. */
  readonly credential: PasswordCredential | NtHashCredential;
  /** Result of `channelBindingHash`, 16 bytes. Absent: the response says "no binding" (16 zero bytes). */
  readonly channelBindings?: Uint8Array;
  /**
   * LmCompatibilityLevel of this client: 0 LM and NTLMv1 without extended session security, 1 the same with it when the server offers it,
   * 2 NTLMv1 alone, 3 to 5 NTLMv2 alone. Default 3.
   */
  readonly level?: 0 | 1 | 2 | 3 | 4 | 5;
  /** Service principal name for MsvAvTargetName: `HTTP/host.example`. */
  readonly servicePrincipalName?: string;
  /** NetBIOS name of this machine. Default: none is sent. */
  readonly workstation?: string;
  /** Clock, FILETIME ticks; used when the challenge has no timestamp. */
  readonly now?: () => bigint;
  /** Source of random bytes. Default: `node:crypto`. */
  readonly random?: (length: number) => Uint8Array;
  /** What is said of this system. Default 10.0, build 0. */
  readonly version?: NtlmVersion;
  /** Ask for encryption of messages. Default true. */
  readonly sealing?: boolean;
  /** Reject with `NTLM_WEAK` a challenge without extended session security. Default false. */
  readonly requireEss?: boolean;
  /** Reject with `NTLM_WEAK` a challenge without 128-bit keys, as Windows 7 and later do (MS-NLMP note 38). Default false. */
  readonly require128?: boolean;
}

/** The client's side of a login. */
export interface NtlmInitiator extends SecurityContext {
  readonly mechanism: 'NTLM';
  /** The server's challenge once it came: names, build and clock of the host. */
  readonly challenge?: NtlmChallenge;
  /** What went into which field of the AUTHENTICATE message, once it was made. */
  readonly sent?: { readonly user: string; readonly domain: string; readonly workstation: string };
}

/** What the accepting side says of itself in the challenge. An empty name is left out. */
export interface NtlmTarget {
  readonly netbiosComputer: string;
  /** The computer's own name when it belongs to a workgroup. */
  readonly netbiosDomain: string;
  readonly dnsComputer?: string;
  readonly dnsDomain?: string;
  readonly forest?: string;
  readonly version?: NtlmVersion;
}

/** An account as the accepting side knows it. */
export interface NtlmAccount {
  /** MD4 of the UTF-16LE password, 16 bytes. */
  readonly ntHash: Uint8Array;
  /** LM hash, 16 bytes, where one is stored: without it LM responses are wrong. */
  readonly lmHash?: Uint8Array;
  /** The password is checked, then the login fails with this NTSTATUS: 0xC0000234 locked out, 0xC0000072 disabled … */
  readonly refused?: number;
}

/** How one credential check ended. `anonymous` was no check of a password. */
export type NtlmCheckOutcome =
  | 'accepted'
  | 'anonymous'
  | 'unknown-user'
  | 'wrong-password'
  | 'refused'
  | 'level'
  | 'bindings'
  | 'mic'
  | 'clock';

/** One AUTHENTICATE message that was judged. */
export interface NtlmCheck {
  readonly user: string;
  readonly domain: string;
  readonly workstation: string;
  readonly outcome: NtlmCheckOutcome;
}

/** Options of {@link ntlmAcceptor}. */
export interface NtlmAcceptorOptions {
  readonly target: NtlmTarget;
  /** Finds the account of these names as sent, to be compared without case; a local account for an unknown domain, if that is wanted. `undefined`: none. */
  readonly lookUp: (user: string, domain: string) => NtlmAccount | undefined | Promise<NtlmAccount | undefined>;
  /** Hash of this TLS connection's binding, 16 bytes. */
  readonly channelBindings?: Uint8Array;
  /**
   * `none`: not looked at; `relaxed`: a binding that was sent must fit; `strict`: it must be sent and fit. Without {@link channelBindings}
   * nothing can be compared and only `strict` refuses a response without one. Default `none`.
   */
  readonly bindings?: 'none' | 'relaxed' | 'strict';
  /** LmCompatibilityLevel: 4 refuses LM, 5 refuses LM and NTLMv1. Default 3. */
  readonly lmCompatibilityLevel?: number;
  /** Clock, FILETIME ticks. */
  readonly now?: () => bigint;
  /** How far the clock is ahead, seconds; added to {@link now}. */
  readonly clockSkewSeconds?: number;
  /** Refuse an NTLMv2 response whose time is further away than this, seconds (MaxLifetime; 36 hours up to Windows Server 2008 R2). Default: not checked. */
  readonly maxLifetimeSeconds?: number;
  /** Flags not to grant although the client asks for them: `NTLMSSP_NEGOTIATE_128`, `NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY` … */
  readonly withhold?: readonly NtlmFlag[];
  /** Grant session keys from the LM hash to clients without extended session security; accounts need an `lmHash`. Default false. */
  readonly lmKeys?: boolean;
  /** Put MsvAvTimestamp into the challenge, as Windows Vista and later do; without it clients send no MIC. Default true. */
  readonly timestamp?: boolean;
  /** Accept anonymous logins. Default false. */
  readonly anonymous?: boolean;
  /** Source of random bytes. Default: `node:crypto`. */
  readonly random?: (length: number) => Uint8Array;
  /** Told of every AUTHENTICATE message that was judged, before {@link SecurityContext.step} settles. */
  readonly onCheck?: (check: NtlmCheck) => void;
}

/** The accepting side of a login. {@link SecurityContext.step} rejects when the login fails. */
export interface NtlmAcceptor extends SecurityContext {
  readonly mechanism: 'NTLM';
  readonly peer?: PeerIdentity & { readonly workstation: string };
}
