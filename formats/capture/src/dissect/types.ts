import type { Damage } from '@winmedic/bytes';
import type { GssKerberosToken, KerberosMessage } from '@winmedic/kerberos/messages';
import type { NtlmMessage } from '@winmedic/ntlm/messages';
import type { NegTokenInit, NegTokenResp } from '@winmedic/spnego/messages';
import type { WsmanFault } from '@winmedic/wsman/messages';

/** Which end of a conversation. */
export type Side = 'client' | 'server';

/** Protocols that are looked into. `smb` is SMB 1, 2 and 3; `rpc` is DCE RPC over TCP; over SMB pipes it is `smb` with messages of layer `rpc`. */
export type ProtocolName = 'http' | 'tls' | 'rpc' | 'smb' | 'rdp' | 'credssp' | 'kerberos' | 'ldap' | 'dns' | 'icmp' | 'mail';

/** What all messages have. */
export interface MessageBase {
  /** Number of the frame with the last byte of it (as Wireshark reports a reassembled message). */
  readonly frame: number;
  /** Time of that frame, ns since 1970. */
  readonly at: bigint;
  readonly from: Side;
  /** Bytes of the message on the wire as far as seen, without TCP; bodies with their head. */
  readonly bytes: number;
  /** What of it could not be read. */
  readonly damages?: readonly Damage[];
  /** Only the beginning was captured: fields that stand later are absent, not empty. */
  readonly partial?: boolean;
}

/**
 * A token of an authentication package, taken apart by the parsers of `protocols/*`. SECRET: `raw`, the responses, MIC and session key inside `ntlm` and the
 * ciphertexts of Kerberos never leave the process; show only what is named in docs/explanation (names, flags, versions, times, lengths).
 */
export interface AuthToken {
  readonly raw: Uint8Array;
  /** What it is outermost: `recogniseToken`; `credssp` inside TLS cannot be read. */
  readonly kind: 'spnego' | 'ntlm' | 'kerberos' | 'unknown';
  readonly spnego?: NegTokenInit | NegTokenResp;
  /** NTLM message, bare or inside SPNEGO. */
  readonly ntlm?: NtlmMessage;
  /** Kerberos token, bare or inside SPNEGO. */
  readonly kerberos?: GssKerberosToken;
  /** The token could not be read: code of the parser's error. */
  readonly error?: string;
}

/** Body of an HTTP message. */
export interface HttpBody {
  /** Content-Length, or the length of all chunks; absent when it went on until the connection closed and that is not in the capture. */
  readonly declaredBytes?: number;
  /** Bytes of it that were seen. */
  readonly seenBytes: number;
  /** Media type without parameters, lower case; empty without one. */
  readonly type: string;
  /** `sealed`: multipart/encrypted or x-multi-encrypted; `compressed`: a Content-Encoding that is not undone; `none`: no body. */
  readonly state: 'none' | 'clear' | 'sealed' | 'compressed';
  readonly kind: 'empty' | 'soap' | 'html' | 'other';
  /** `protocol` parameter of a sealed body: `application/HTTP-SPNEGO-session-encrypted` … */
  readonly sealedBy?: string;
  /** OriginalContent's type and Length of the first part of a sealed body. */
  readonly original?: { readonly type: string; readonly lengthBytes: number };
  /** WS-Management envelope in clear. */
  readonly envelope?: EnvelopeView;
}

/** What decides in a WS-Management envelope (DSP0226, MS-WSMV). Values of elements beside these are not kept: they may be anybody's data. */
export interface EnvelopeView {
  readonly action: string;
  readonly resourceUri: string;
  readonly messageId: string;
  readonly relatesTo: string;
  readonly to: string;
  /** Names of selectors, without values. */
  readonly selectors: readonly string[];
  readonly operationTimeoutMs?: number;
  readonly maxEnvelopeBytes?: number;
  /** Local name of the first element of the Body. */
  readonly body: string;
  readonly fault?: WsmanFault;
  /** IdentifyResponse: ProductVendor, ProductVersion, ProtocolVersion. */
  readonly identity?: { readonly vendor: string; readonly product: string; readonly protocol: string };
}

/** `Authorization` or one challenge of `WWW-Authenticate` (and their proxy forms). */
export interface HttpAuth {
  /** As written: `Negotiate`, `NTLM`, `Kerberos`, `Basic`, `CredSSP`, `Digest` … */
  readonly scheme: string;
  /** `Proxy-…` header. */
  readonly proxy: boolean;
  readonly token?: AuthToken;
  /** Length of the token as sent, characters. */
  readonly tokenChars: number;
  /** Basic: the name before the first colon. The password is never kept. */
  readonly basicUser?: string;
  /** Realm of a challenge. */
  readonly realm?: string;
  /** CredSSP: type and version of the first TLS record inside the token. */
  readonly tls?: {
    readonly contentType: number;
    readonly version: string;
    readonly alert?: { readonly level: number; readonly description: number };
  };
}

/** HTTP/1.x request (RFC 9112). */
export interface HttpRequestMessage extends MessageBase {
  readonly layer: 'http';
  readonly kind: 'request';
  readonly method: string;
  /** Request target as sent. Userinfo and queries are kept: they belong to the evidence, see {@link redact}. */
  readonly target: string;
  readonly version: string;
  readonly host: string;
  readonly userAgent: string;
  /** All headers in order, names as sent; values of Authorization, Proxy-Authorization, Cookie and Set-Cookie are empty. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly authorization?: HttpAuth;
  readonly body: HttpBody;
}

/** HTTP/1.x response. */
export interface HttpResponseMessage extends MessageBase {
  readonly layer: 'http';
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly version: string;
  readonly server: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Challenges of WWW-Authenticate and Proxy-Authenticate in order, one for each scheme. */
  readonly challenges: readonly HttpAuth[];
  readonly body: HttpBody;
  /** Frame of the request it answers; absent when that is not in the capture. */
  readonly requestFrame?: number;
}

/** Bytes on an HTTP port that are no HTTP. */
export interface NotProtocolMessage extends MessageBase {
  readonly layer: 'http' | 'tls' | 'rdp' | 'rpc';
  readonly kind: 'not-this';
  /** What they look like, when recognised: `tls`, `http`, `ssh`, `smtp` …; empty otherwise. */
  readonly looksLike: string;
}

/** TLS messages in clear (RFC 8446, RFC 5246); what is encrypted is only counted. */
export type TlsMessage = MessageBase & { readonly layer: 'tls' } & (
    | {
        readonly kind: 'client-hello';
        /** Highest version offered, supported_versions looked at: `TLSv1.2`. */
        readonly version: string;
        readonly versions: readonly string[];
        readonly serverName: string;
        readonly alpn: readonly string[];
        readonly cipherSuites: readonly number[];
      }
    | { readonly kind: 'server-hello'; readonly version: string; readonly cipherSuite: number; readonly helloRetry: boolean }
    /** Certificates as DER, the host's first; empty list: the client had none. Up to TLS 1.2. */
    | { readonly kind: 'certificate'; readonly chain: readonly Uint8Array[] }
    | { readonly kind: 'certificate-request' }
    /** `level` 1 warning, 2 fatal; `encrypted`: neither is known. */
    | { readonly kind: 'alert'; readonly level: number; readonly description: number; readonly encrypted: boolean }
    /** The handshake is over on this side: first application data record (TLS 1.3: may still be handshake). */
    | { readonly kind: 'application-data' }
  );

/** DCE RPC (C706, MS-RPCE), over TCP or SMB pipes. One message per PDU; fragments of one call are one message. */
export type RpcMessage = MessageBase & {
  readonly layer: 'rpc';
  readonly callId: number;
  /** SMB pipe it went through; absent on TCP. */
  readonly pipe?: string;
  readonly auth?: { readonly type: number; readonly level: number; readonly token?: AuthToken };
} & (
    | {
        readonly kind: 'bind' | 'alter-context';
        readonly contexts: readonly { readonly id: number; readonly interfaceId: string; readonly version: string }[];
      }
    | {
        readonly kind: 'bind-ack' | 'alter-context-ack';
        readonly results: readonly { readonly result: number; readonly reason: number }[];
        readonly secondaryAddress: string;
      }
    | { readonly kind: 'bind-nak'; readonly reason: number }
    | { readonly kind: 'auth3' }
    | {
        readonly kind: 'request';
        readonly opnum: number;
        /** Of the context as bound in this conversation; empty when the bind is not in the capture. */
        readonly interfaceId: string;
        readonly stubBytes: number;
        readonly sealed: boolean;
        readonly activation?: { readonly clsid: string; readonly interfaces: readonly string[] };
        readonly map?: { readonly interfaceId: string };
      }
    | {
        readonly kind: 'response';
        readonly opnum?: number;
        readonly interfaceId: string;
        readonly stubBytes: number;
        readonly sealed: boolean;
        /** Result of an ORPC call, a call of the OXID resolver, ept_map or ept_lookup in clear (last 4 bytes of the stub), unsigned: HRESULT or status. */
        readonly hresult?: number;
        /** ept_map / ept_lookup: endpoints given, `interfaceId` of the tower. */
        readonly endpoints?: readonly {
          readonly interfaceId: string;
          readonly protocol: string;
          readonly address: string;
          readonly port?: number;
          readonly pipe?: string;
        }[];
        /** RemoteCreateInstance: TCP ports of the bindings of the resolver, and result of each interface. */
        readonly activation?: {
          readonly ports: readonly number[];
          readonly bindings: readonly string[];
          readonly results: readonly number[];
        };
        /** RemQueryInterface of an object: result of each interface asked for, unsigned. */
        readonly queryInterface?: readonly number[];
      }
    | { readonly kind: 'fault'; readonly status: number; readonly opnum?: number; readonly interfaceId: string }
    | { readonly kind: 'other'; readonly pduType: number }
  );

/** SMB 1, 2 and 3 (MS-CIFS, MS-SMB2): headers and session set-up. */
export interface SmbMessage extends MessageBase {
  readonly layer: 'smb';
  readonly kind: 'request' | 'response';
  readonly dialect: 1 | 2 | 3;
  readonly command: number;
  /** NTSTATUS of a response, unsigned. SMB 1 with DOS errors: absent. */
  readonly status?: number;
  /** Dialect chosen (negotiate response), 0x0311 … */
  readonly dialectRevision?: number;
  readonly signingRequired?: boolean;
  /** Share of a tree connect, `\\host\IPC$`; name of a create. */
  readonly path?: string;
  readonly token?: AuthToken;
}

/** LDAP bind (RFC 4511). */
export interface LdapMessage extends MessageBase {
  readonly layer: 'ldap';
  readonly kind: 'bind-request' | 'bind-response';
  readonly mechanism?: string;
  readonly name?: string;
  readonly resultCode?: number;
  /** diagnosticMessage: Active Directory's hides a Win32 error in hex (`data 52e`). */
  readonly diagnostic?: string;
  readonly token?: AuthToken;
}

/** SMTP, IMAP, POP3: only their NTLM or GSSAPI tokens are looked at. */
export interface MailMessage extends MessageBase {
  readonly layer: 'mail';
  readonly kind: 'auth';
  readonly token: AuthToken;
}

/** RDP's X.224 negotiation (MS-RDPBCGR 2.2.1.1, 2.2.1.2). */
export type RdpMessage = MessageBase & { readonly layer: 'rdp' } & (
    | { readonly kind: 'request'; readonly protocols?: number; readonly flags?: number; readonly cookie: string }
    /** Neither: an old server without the negotiation (Standard RDP Security). */
    | { readonly kind: 'confirm'; readonly selected?: number; readonly flags?: number; readonly failure?: number }
  );

/** CredSSP's TSRequest outside TLS (MS-CSSP 2.2.1): seen only where something else opened the TLS. */
export interface CredsspMessage extends MessageBase {
  readonly layer: 'credssp';
  readonly kind: 'ts-request';
  readonly version: number;
  readonly errorCode?: number;
  readonly tokens: readonly AuthToken[];
}

/** Kerberos with a KDC, over TCP or UDP. */
export interface KerberosWireMessage extends MessageBase {
  readonly layer: 'kerberos';
  readonly kind: 'message';
  readonly message: KerberosMessage;
}

/** DNS question or answer (RFC 1035). */
export interface DnsMessage extends MessageBase {
  readonly layer: 'dns';
  readonly kind: 'question' | 'answer';
  readonly id: number;
  readonly name: string;
  /** TYPE of the question: 1 A, 28 AAAA, 33 SRV, 5 CNAME … */
  readonly type: number;
  readonly rcode?: number;
  /** Addresses, names or `priority weight port target`, the first 64. */
  readonly answers?: readonly { readonly name: string; readonly type: number; readonly value: string }[];
}

/** ICMP or ICMPv6 destination unreachable (RFC 792, RFC 4443). */
export interface IcmpMessage extends MessageBase {
  readonly layer: 'icmp';
  readonly kind: 'unreachable';
  readonly version: 4 | 6;
  readonly code: number;
  /** Who says so. */
  readonly by: string;
  /** The packet it speaks of. */
  readonly about: {
    readonly source: string;
    readonly destination: string;
    readonly protocol: number;
    readonly sourcePort?: number;
    readonly destinationPort?: number;
  };
}

/** Any message of a conversation. */
export type Message =
  | HttpRequestMessage
  | HttpResponseMessage
  | NotProtocolMessage
  | TlsMessage
  | RpcMessage
  | SmbMessage
  | LdapMessage
  | MailMessage
  | RdpMessage
  | CredsspMessage
  | KerberosWireMessage
  | DnsMessage
  | IcmpMessage;

/** Frame a piece of data came with. */
export interface Place {
  readonly frame: number;
  readonly at: bigint;
}

/** What a dissector may do; one for each conversation. */
export interface DissectContext {
  readonly client: { readonly address: string; readonly port: number };
  readonly server: { readonly address: string; readonly port: number };
  /** Adds a message to the conversation. */
  emit(message: Message): void;
  /**
   * The next `length` bytes of this side are not needed (a large body): they are neither kept nor handed over, and {@link StreamDissector.skipped} is called
   * when they passed. `Infinity`: nothing more of this side.
   */
  skip(side: Side, length: number): void;
  /** Another protocol goes on from the next byte of both sides (RDP or SMTP turning into TLS, CONNECT of a proxy). */
  become(protocol: ProtocolName): void;
  /** A port other conversations will use (endpoint mapper, activation): flows to it are RPC. */
  expectRpc(address: string, port: number): void;
}

/**
 * Reads one conversation of one protocol from its bytes in order. Keeps what it needs of incomplete messages itself, up to its own caps; never throws for bad
 * input: what cannot be read becomes a damage of the message or ends its side with `skip(side, Infinity)`.
 */
export interface StreamDissector {
  /** The next bytes of one side; the view is valid during the call only. */
  data(side: Side, bytes: Uint8Array, place: Place): void;
  /** Bytes of this side that the capture does not have. */
  gap(side: Side, length: number, place: Place): void;
  /** Bytes that {@link DissectContext.skip} asked for have passed. */
  skipped?(side: Side, length: number, place: Place): void;
  /** No more of this side. */
  end(side: Side, how: 'fin' | 'rst' | 'end-of-capture', place: Place): void;
}

/** A protocol over TCP. */
export interface StreamProtocol {
  readonly name: ProtocolName;
  /**
   * Do the first bytes of this side belong to it? `more`: not enough yet (asked again with more, up to 64 bytes). Ports are a hint only.
   */
  recognise(side: Side, first: Uint8Array, ports: { readonly client: number; readonly server: number }): 'yes' | 'no' | 'more';
  open(context: DissectContext): StreamDissector;
}

/** A protocol over UDP: one datagram at a time. @returns the message; undefined when it is something else. */
export interface DatagramProtocol {
  readonly name: ProtocolName;
  /** Server ports whose datagrams are looked at. */
  readonly ports: readonly number[];
  read(bytes: Uint8Array, side: Side, place: Place): Message | undefined;
}
