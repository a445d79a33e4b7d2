/** Shapes of what {@link readKerberosMessage} gives. Times are milliseconds since 1970; ciphertext and keys appear as lengths only. */

/** A principal's name without its realm (RFC 4120 section 5.2.2). */
export interface PrincipalName {
  /** Name type: 1 principal, 2 service and instance, 3 service and host, 10 enterprise (RFC 4120 section 6.2, RFC 6806 section 5). */
  readonly type: number;
  readonly parts: readonly string[];
}

/** An EncryptedData (RFC 4120 section 5.2.9) without its content. */
export interface EncryptedPart {
  readonly etype: number;
  readonly kvno: number | undefined;
  readonly length: number;
}

/** A Ticket (RFC 4120 section 5.3). */
export interface TicketView {
  readonly realm: string;
  readonly service: PrincipalName;
  readonly encrypted: EncryptedPart;
}

/** What the KDC says about a key of the client: encryption type, salt and parameters (RFC 4120 section 5.2.7.5). */
export interface EtypeInfoEntry {
  readonly etype: number;
  /** Absent: the default salt, realm and name. */
  readonly salt: string | undefined;
  /** Length of the parameters as sent; `iterations` is theirs for AES. */
  readonly iterations: number | undefined;
}

/** One element of METHOD-DATA or of the pre-authentication data of a request or reply (RFC 4120 section 5.2.7). */
export interface PaDataView {
  readonly type: number;
  /** Name in the registry of RFC 4120 section 7.5.2 and MS-KILE, `undefined` for others. */
  readonly name: string | undefined;
  readonly length: number;
  /** PA-ETYPE-INFO2 (19) or PA-ETYPE-INFO (11). */
  readonly etypes?: readonly EtypeInfoEntry[];
  /** PA-ENC-TIMESTAMP (2). */
  readonly encrypted?: EncryptedPart;
  /** PA-PW-SALT (3) with 12 bytes: the NTSTATUS of KERB-EXT-ERROR (MS-KILE 2.2.1), unsigned. */
  readonly ntstatus?: number;
  /** PA-PAC-REQUEST (128). */
  readonly includePac?: boolean;
}

/** AS-REQ or TGS-REQ (RFC 4120 section 5.4.1). */
export interface KdcRequest {
  readonly kind: 'AS-REQ' | 'TGS-REQ';
  readonly preAuthentication: readonly PaDataView[];
  /** The AP-REQ inside a TGS-REQ. */
  readonly apRequest: ApRequest | undefined;
  /** KDCOptions, bit 0 the highest. */
  readonly options: number;
  readonly client: PrincipalName | undefined;
  readonly realm: string;
  readonly service: PrincipalName | undefined;
  readonly till: number | undefined;
  readonly nonce: number;
  readonly etypes: readonly number[];
  readonly additionalTickets: number;
}

/** AS-REP or TGS-REP (RFC 4120 section 5.4.2). */
export interface KdcReply {
  readonly kind: 'AS-REP' | 'TGS-REP';
  readonly preAuthentication: readonly PaDataView[];
  readonly clientRealm: string;
  readonly client: PrincipalName;
  readonly ticket: TicketView;
  readonly encrypted: EncryptedPart;
}

/** AP-REQ (RFC 4120 section 5.5.1). */
export interface ApRequest {
  readonly kind: 'AP-REQ';
  readonly useSessionKey: boolean;
  readonly mutualRequired: boolean;
  readonly ticket: TicketView;
  readonly authenticator: EncryptedPart;
}

/** AP-REP (RFC 4120 section 5.5.2). */
export interface ApReply {
  readonly kind: 'AP-REP';
  readonly encrypted: EncryptedPart;
}

/** KRB-ERROR (RFC 4120 section 5.9.1). */
export interface KrbErrorMessage {
  readonly kind: 'KRB-ERROR';
  readonly error: number;
  /** Name in RFC 4120 section 7.5.9 and its extensions, `undefined` for other numbers. */
  readonly errorName: string | undefined;
  /** Clock of the sender, whole milliseconds. */
  readonly serverTime: number;
  readonly clientTime: number | undefined;
  readonly clientRealm: string | undefined;
  readonly client: PrincipalName | undefined;
  readonly realm: string;
  readonly service: PrincipalName;
  /** Free text of the sender; never used to decide. */
  readonly text: string | undefined;
  /** METHOD-DATA of the error data; empty when there is none or it is something else. */
  readonly preAuthentication: readonly PaDataView[];
  /** NTSTATUS of the error data, unsigned (MS-KILE 2.2.1, 2.2.2). */
  readonly ntstatus: number | undefined;
  /** Bytes of the error data. */
  readonly dataLength: number;
}

/** Any message a capture reader meets. `OTHER` is one whose content is not looked into (KRB-SAFE, KRB-PRIV, KRB-CRED). */
export type KerberosMessage =
  | KdcRequest
  | KdcReply
  | ApRequest
  | ApReply
  | KrbErrorMessage
  | { readonly kind: 'OTHER'; readonly messageType: number };

/** An initial context token of the Kerberos mechanism (RFC 4121 section 4.1, RFC 4120 inside). */
export interface GssKerberosToken {
  /** False for the bare messages of DCE style. */
  readonly framed: boolean;
  /** Object identifier of the mechanism when framed: Kerberos, Microsoft's older one, or user-to-user. */
  readonly mechanism: string | undefined;
  /** TOK_ID as a big-endian number: 0x0100 AP-REQ, 0x0200 AP-REP, 0x0300 KRB-ERROR; `undefined` without framing. */
  readonly tokenId: number | undefined;
  /** Absent for user-to-user tokens (0x0400, 0x0401). */
  readonly message: KerberosMessage | undefined;
}

/** Header of a per-message token (RFC 4121 section 4.2, RFC 4757 section 7). */
export interface PerMessageToken {
  readonly kind: 'wrap' | 'mic';
  /** `cfx` is RFC 4121, `v1` the older one with GSS framing (RC4, DES). */
  readonly format: 'cfx' | 'v1';
  readonly sentByAcceptor: boolean | undefined;
  readonly sealed: boolean;
  readonly acceptorSubkey: boolean | undefined;
  /** Extra count and right rotation count of a CFX wrap token. */
  readonly ec: number | undefined;
  readonly rrc: number | undefined;
  /** Sequence number of CFX; encrypted in v1. */
  readonly sequence: bigint | undefined;
  /** Bytes of header that WinRM and DCE RPC put before the data: as far as they can be told from the token alone. */
  readonly headerLength: number | undefined;
}
