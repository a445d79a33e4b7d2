import type {
  AuthToken,
  CaptureSummary,
  Conversation,
  DnsMessage,
  HttpAuth,
  HttpBody,
  HttpRequestMessage,
  HttpResponseMessage,
  IcmpMessage,
  KerberosWireMessage,
  Message,
  RdpMessage,
  RpcMessage,
  TcpFacts,
  TlsMessage,
} from '@winmedic/capture';
import type { KerberosMessage } from '@winmedic/kerberos/messages';
import { loadKnowledge } from '@winmedic/knowledge';
import {
  AV_ID,
  flagsOf,
  parseNtlmMessage,
  textPair,
  timestampPair,
  writeAuthenticate,
  writeChallenge,
  writeNegotiate,
} from '@winmedic/ntlm/messages';
import { diagnoseConnection } from '../../diagnosis/index.ts';
import type { ConnectionAttempt, ConnectionDiagnosis } from '../../model/connection.ts';
import type { CaptureObservation } from '../../model/conversation.ts';
import { recordedAttempts } from './recorded-attempts.ts';
import type { RecordedAttempts, RecordedOptions } from './types.ts';

/** Begin of every test capture, ns since 1970: 2026-11-21 12:00:00 UTC. */
export const START = 1_795_262_400_000_000_000n;
const MS = 1_000_000n;
/** FILETIME ticks of a moment. */
const ticksOf = (ns: bigint) => ns / 100n + 116_444_736_000_000_000n;

/** Whatever the layers of a message have beside their place. */
type Bare<T> = T extends unknown ? Omit<T, 'frame' | 'at' | 'from' | 'bytes'> : never;

/** How a connection is made. */
export interface Made {
  readonly port?: number;
  readonly client?: string;
  readonly server?: string;
  /** Milliseconds after {@link START}. */
  readonly at?: number;
  readonly tcp?: Partial<TcpFacts>;
  readonly unknown?: Conversation['unknown'];
  readonly more?: Partial<Conversation>;
}

let streams = 0;

/** A TCP connection on which these were said, 10 ms after each other, each in a frame of its own. */
export function talk(
  made: Made,
  ...said: readonly (readonly [from: Message['from'], message: Bare<Message>, waitMs?: number])[]
): Conversation {
  const first = START + BigInt(made.at ?? 0) * MS;
  let at = first + 5n * MS;
  let frame = 3;
  const messages = said.map(([from, message, waitMs = 10]) => {
    at += BigInt(waitMs) * MS;
    return { ...message, from, at, frame: ++frame, bytes: 1 } as Message;
  });
  const last = made.tcp?.last ?? at + 5n * MS;
  streams++;
  return {
    transport: 'tcp',
    stream: streams,
    client: { address: made.client ?? '192.0.2.50', port: 50_000 + streams },
    server: { address: made.server ?? '192.0.2.10', port: made.port ?? 5985 },
    clientKnownBy: 'syn',
    tcp: {
      packets: 10,
      bytes: { client: 100, server: 100 },
      syn: 1,
      synAck: 1,
      rst: { client: 0, server: 0 },
      fin: { client: 1, server: 1 },
      retransmissions: 0,
      duplicates: 0,
      lost: 0,
      zeroWindow: 0,
      handshakeNs: 2_000_000,
      first,
      opening: 'open',
      firstFrame: 1,
      ...made.tcp,
      last,
    },
    first,
    last,
    protocols: [],
    messages,
    unknown: made.unknown ?? [],
    tunnels: [],
    vlans: [],
    interfaces: [0],
    ...made.more,
  };
}

/** An opening that failed. */
export function failedOpening(opening: 'refused' | 'silent' | 'unreachable', made: Made = {}): Conversation {
  const first = START + BigInt(made.at ?? 0) * MS;
  const silent = opening === 'silent';
  return talk({
    ...made,
    tcp: {
      opening,
      syn: silent ? 5 : 1,
      synAck: 0,
      rst: { client: 0, server: opening === 'refused' ? 1 : 0 },
      fin: { client: 0, server: 0 },
      last: first + (silent ? 15_000n : 1n) * MS,
      bytes: { client: 0, server: 0 },
      ...made.tcp,
    },
  });
}

/** A datagram conversation. */
export function datagrams(port: number, made: Made, ...said: Parameters<typeof talk>[1][]): Conversation {
  const { tcp: _, ...rest } = talk({ ...made, port }, ...said);
  return { ...rest, transport: 'udp' };
}

const EMPTY: HttpBody = { seenBytes: 0, type: '', state: 'none', kind: 'empty' };
/** A body in clear, sealed, or an envelope. */
export const BODY = {
  empty: EMPTY,
  html: { seenBytes: 50, declaredBytes: 50, type: 'text/html', state: 'clear', kind: 'html' },
  sealed: {
    seenBytes: 500,
    declaredBytes: 500,
    type: 'multipart/encrypted',
    state: 'sealed',
    kind: 'other',
    sealedBy: 'application/HTTP-SPNEGO-session-encrypted',
  },
} as const satisfies Record<string, HttpBody>;

/** An envelope in clear. */
export function soap(envelope: Partial<NonNullable<HttpBody['envelope']>> = {}): HttpBody {
  return {
    seenBytes: 400,
    declaredBytes: 400,
    type: 'application/soap+xml',
    state: 'clear',
    kind: 'soap',
    envelope: {
      action: 'http://x/Enumerate',
      resourceUri: '',
      messageId: '',
      relatesTo: '',
      to: '',
      selectors: [],
      body: 'Enumerate',
      ...envelope,
    },
  };
}

/** A request to `/wsman`. */
export function request(
  authorization?: HttpAuth,
  body: HttpBody = EMPTY,
  more: Partial<HttpRequestMessage> = {},
): ['client', Bare<HttpRequestMessage>] {
  return [
    'client',
    {
      layer: 'http',
      kind: 'request',
      method: 'POST',
      target: '/wsman',
      version: '1.1',
      host: 'hv01.corp.example:5985',
      userAgent: 'test client',
      headers: [['Content-Type', body.type]],
      ...(authorization && { authorization }),
      body,
      ...more,
    },
  ];
}

/** An answer of http.sys. */
export function response(
  status: number,
  challenges: readonly HttpAuth[] = [],
  body: HttpBody = EMPTY,
  more: Partial<HttpResponseMessage> = {},
): ['server', Bare<HttpResponseMessage>] {
  return [
    'server',
    {
      layer: 'http',
      kind: 'response',
      status,
      reason: '',
      version: '1.1',
      server: 'Microsoft-HTTPAPI/2.0',
      headers: [],
      challenges,
      body,
      ...more,
    },
  ];
}

/** A scheme without a token. */
export function offers(...schemes: string[]): HttpAuth[] {
  return schemes.map((scheme) => ({ scheme, proxy: false, tokenChars: 0 }));
}

/** A scheme with a token. */
export function auth(scheme: string, token: AuthToken): HttpAuth {
  return { scheme, proxy: false, token, tokenChars: Math.ceil(token.raw.length / 3) * 4 };
}

/** Basic of this user; the reader never keeps the password. */
export function basic(basicUser: string): HttpAuth {
  return { scheme: 'Basic', proxy: false, tokenChars: 20, basicUser };
}

const FLAGS = flagsOf(
  'NTLMSSP_NEGOTIATE_UNICODE',
  'NTLMSSP_NEGOTIATE_NTLM',
  'NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY',
  'NTLMSSP_NEGOTIATE_128',
  'NTLMSSP_NEGOTIATE_TARGET_INFO',
  'NTLMSSP_NEGOTIATE_VERSION',
);
const VERSION = { major: 10, minor: 0, build: 20_348, revision: 15 };

function ntlm(raw: Uint8Array): AuthToken {
  return { raw, kind: 'ntlm', ntlm: parseNtlmMessage(raw) };
}

/** NTLM type 1. */
export function type1(): AuthToken {
  return ntlm(writeNegotiate({ flags: FLAGS, version: VERSION }));
}

/** NTLM type 2 of HV01, in the domain CORP unless told otherwise. */
export function type2(
  names: { readonly domain?: string; readonly dnsDomain?: string; readonly computer?: string; readonly skewSeconds?: number } = {},
): AuthToken {
  const { domain = 'CORP', dnsDomain = 'corp.example', computer = 'HV01', skewSeconds = 0 } = names;
  return ntlm(
    writeChallenge({
      flags: FLAGS,
      targetName: domain,
      serverChallenge: new Uint8Array(8),
      version: VERSION,
      targetInfo: [
        textPair(AV_ID.MsvAvNbDomainName, domain),
        textPair(AV_ID.MsvAvNbComputerName, computer),
        textPair(AV_ID.MsvAvDnsDomainName, dnsDomain),
        textPair(AV_ID.MsvAvDnsComputerName, `${computer.toLowerCase()}.${dnsDomain}`),
        timestampPair(ticksOf(START + BigInt(skewSeconds) * 1_000_000_000n)),
      ],
    }),
  );
}

/** Bytes that stand for a response: they must appear nowhere. */
export const RESPONSE_BYTE = 0xa7;

/** NTLM type 3. @param length of the NT response: 24 is v1. */
export function type3(user: string, domain: string, length = 64, workstation = 'SCANNER'): AuthToken {
  const ntResponse = new Uint8Array(length).fill(RESPONSE_BYTE);
  return ntlm(writeAuthenticate({ flags: FLAGS, user, domain, workstation, lmResponse: new Uint8Array(24), ntResponse, version: VERSION }));
}

/** The four messages of NTLM in Negotiate, and the answer to the last. */
export function ntlmLogin(
  account: AuthToken,
  answer: ReturnType<typeof response>,
  challenge = type2(),
  body: HttpBody = EMPTY,
): Parameters<typeof talk>[1][] {
  return [
    request(auth('Negotiate', type1())),
    response(401, [auth('Negotiate', challenge)]),
    request(auth('Negotiate', account), body),
    answer,
  ];
}

/** The schemes of a default WinRM service. */
export const SCHEMES = response(401, offers('Negotiate', 'Kerberos'));

/** A TLS message. */
export function tls(
  from: Message['from'],
  message: TlsMessage extends infer T ? (T extends unknown ? Omit<Bare<T>, 'layer'> : never) : never,
): [Message['from'], Bare<Message>] {
  return [from, { layer: 'tls', ...message } as Bare<Message>];
}

/** ClientHello for the host's name. */
export function hello(version = 'TLSv1.2'): [Message['from'], Bare<Message>] {
  return tls('client', { kind: 'client-hello', version, versions: [version], serverName: 'hv01.corp.example', alpn: [], cipherSuites: [] });
}

/** An RPC message. */
export function rpc(from: Message['from'], message: object, callId = 1): [Message['from'], Bare<RpcMessage>] {
  return [from, { layer: 'rpc', callId, ...message } as Bare<RpcMessage>];
}

/** An RDP message. */
export function rdp(from: Message['from'], message: object): [Message['from'], Bare<RdpMessage>] {
  return [from, { layer: 'rdp', ...message } as Bare<RdpMessage>];
}

/** A Kerberos message. */
export function kerberos(from: Message['from'], message: Partial<KerberosMessage>): [Message['from'], Bare<KerberosWireMessage>] {
  return [from, { layer: 'kerberos', kind: 'message', message: message as KerberosMessage }];
}

/** A DNS message about an address. */
export function dns(kind: DnsMessage['kind'], name: string, more: Partial<DnsMessage> = {}): [Message['from'], Bare<DnsMessage>] {
  return [kind === 'question' ? 'client' : 'server', { layer: 'dns', kind, id: 1, name, type: 1, ...more }];
}

/** Destination unreachable about packets of the client to the host. */
export function icmp(code: number): IcmpMessage {
  return {
    layer: 'icmp',
    kind: 'unreachable',
    version: 4,
    code,
    by: '192.0.2.1',
    from: 'server',
    at: START,
    frame: 2,
    bytes: 1,
    about: { source: '192.0.2.50', destination: '192.0.2.10', protocol: 6, destinationPort: 5985 },
  };
}

/** Attempts of a capture that holds these, and goes on for a minute after the last. */
export function attemptsOf(
  conversations: readonly Conversation[],
  options: RecordedOptions & {
    readonly unreachable?: readonly IcmpMessage[];
    readonly accepted?: CaptureObservation['accepted'];
    readonly endMs?: number;
  } = {},
): RecordedAttempts {
  const sorted = [...conversations].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const last = conversations.reduce((latest, each) => (each.last > latest ? each.last : latest), START);
  const capture = {
    first: START,
    last: options.endMs === undefined ? last + 60_000n * MS : START + BigInt(options.endMs) * MS,
  } as Partial<CaptureSummary> as CaptureSummary;
  return recordedAttempts(
    {
      conversations: sorted.map((conversation) => ({ sourceId: 'S1', path: 'case.pcap', conversation })),
      captures: [
        {
          sourceId: 'S1',
          path: 'case.pcap',
          capture,
          tcpStreams: conversations.length,
          udpStreams: 0,
          conversations: conversations.length,
          kept: conversations.length,
          limits: new Map(),
          unreachable: options.unreachable ?? [],
          ...(options.accepted && { accepted: options.accepted }),
        },
      ],
    },
    options,
  );
}

/** The one attempt of a capture. */
export function attemptOf(...conversations: readonly Conversation[]): ConnectionAttempt {
  const { attempts } = attemptsOf(conversations);
  if (attempts.length !== 1) throw new Error(`${attempts.length} attempts`);
  return attempts[0] as ConnectionAttempt;
}

/** Properties by name. */
export function properties(attempt: ConnectionAttempt): Record<string, string> {
  return Object.fromEntries([...attempt.properties].map(([name, { value }]) => [name, value]));
}

/** Name of the rung that failed and id of the cause that is named, with its grade. */
export function verdictOf(attempt: ConnectionAttempt): {
  failed: string;
  cause: string | undefined;
  grade: ConnectionDiagnosis['verdict']['grade'];
} {
  const { verdict } = diagnoseConnection(attempt, loadKnowledge());
  return {
    failed: attempt.rungs.find((rung) => rung.verdict === 'failed')?.name ?? '',
    cause: verdict.cause?.cause.id,
    grade: verdict.grade,
  };
}
