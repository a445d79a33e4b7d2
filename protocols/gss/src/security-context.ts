import type { Secret } from './secret.ts';

/**
 * One side of an authentication exchange and the protection of messages afterwards: the contract NTLM, Kerberos, SPNEGO and CredSSP meet,
 * and that WS-Management and DCE RPC build on (GSS-API, RFC 2743, without its C form). No sockets: tokens in, tokens out.
 */
export interface SecurityContext {
  /** `NTLM`, `Kerberos`, `SPNEGO`, `CredSSP`. */
  readonly mechanism: string;
  /** Nothing more is expected from the peer; {@link protection} may be used. */
  readonly complete: boolean;
  /**
   * The keys are agreed and {@link protection} may be used although the peer's last word is still expected: SPNEGO waits for a mechListMIC.
   * CredSSP must seal at that point. Absent: the same as {@link complete}.
   */
  readonly established?: boolean;
  /**
   * Takes the peer's token (absent for the initiator's first step) and gives the next one to send, `undefined` when there is none.
   * Rejects with the package's error class when the peer's token is not acceptable or the peer refused.
   */
  step(token?: Uint8Array): Promise<Uint8Array | undefined>;
  /** Message protection with the negotiated keys. Throws `…_NOT_READY` before the exchange is complete, or when sealing was not agreed. */
  readonly protection: MessageProtection;
  /** Accepting side, complete: who the peer proved to be. */
  readonly peer?: PeerIdentity;
}

/** Parts of a message that are covered by the signature and not encrypted (DCE RPC: header and trailer around the stub data). */
export interface Cover {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** A sealed message: what stands before the data (NTLM signature, Kerberos token header, TLS record) and the data itself. */
export interface Sealed {
  readonly header: Uint8Array;
  readonly data: Uint8Array;
}

/** Sealing and signing. Sequence numbers count inside: messages must be given in the order in which they are sent or were received. */
export interface MessageProtection {
  /** Encrypts and signs. With `cover` the signature also covers the parts around the data. */
  seal(data: Uint8Array, cover?: Cover): Sealed;
  /** Decrypts and verifies. @throws the package's error class, code `…_BAD_MIC`, when the signature is wrong. */
  unseal(sealed: Sealed, cover?: Cover): Uint8Array;
  /** Signature alone (SPNEGO mechListMIC, DCE RPC packet integrity). @throws `…_NOT_READY` when neither signing nor sealing was agreed. */
  sign(data: Uint8Array): Uint8Array;
  /** @throws the package's error class, code `…_BAD_MIC`; `…_NOT_READY` as {@link sign}: a signature that protects nothing is none. */
  verify(data: Uint8Array, signature: Uint8Array): void;
  /** Bytes of {@link Sealed.header} for data of this length: DCE RPC must announce it before sealing. @throws as {@link seal} does. */
  headerLength(dataLength: number): number;
  /** Bytes of what {@link sign} gives: DCE RPC must announce it before signing. Absent: 16, as NTLM's (MS-NLMP 2.2.2.9). Throws as {@link sign} does. */
  readonly signatureLength?: number;
  /**
   * NTLM alone: puts the cipher stream of one direction back to where it was before the last signature; sequence numbers stay. SPNEGO calls it
   * after it has made (`sent`) or verified (`received`) a mechListMIC (MS-SPNG 3.2.5.1, 3.3.5.1).
   */
  rewindCipher?(direction: 'sent' | 'received'): void;
  /** Key of the session (NTLM exported session key, Kerberos context key), for protocols that derive from it. Never printed. */
  readonly sessionKey: Uint8Array;
}

/** Who logged on, as the mechanism names it. */
export interface PeerIdentity {
  readonly user: string;
  /** NetBIOS or DNS domain, Kerberos realm; empty when none was given. */
  readonly domain: string;
}

/** User name as it goes over the wire, with its password: see docs/reference on user-name forms. */
export interface PasswordCredential {
  /** What goes into the user field; a user principal name stands here whole, with an empty domain. */
  readonly user: string;
  readonly domain: string;
  readonly password: Secret;
}
