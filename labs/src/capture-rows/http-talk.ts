import { createHash } from 'node:crypto';
import { Secret, type SecurityContext } from '@winmedic/gss';
import { type KerberosExchange, kerberosAcceptor, kerberosInitiator, keytabFromPassword } from '@winmedic/kerberos';
import { type NtlmAccount, type NtlmFlag, ntHash, ntlmAcceptor, ntlmInitiator } from '@winmedic/ntlm';
import { MECHANISM_OID, spnegoAcceptor, spnegoInitiator } from '@winmedic/spnego';
import { ACTION, type SealingScheme, sealBody, wmi, writeRequest } from '@winmedic/wsman';
import { inOrder, joined, kerberosFrame, type Side, TcpConversation, udpExchange, type WritePacket } from '../capture-writer/index.ts';
import { ACCOUNTS, ROW_HOST, ROW_PASSWORD } from '../connection-rows/common.ts';
import { ROW_REALM } from '../connection-rows/world.ts';
import { answererOf } from '../kdc/answer.ts';
import { CAPTURE_CLIENT, CAPTURE_DC, CAPTURE_SERVER, nameExchange } from './capture-of.ts';

/** When the captures written by hand begin: 2026-02-03 04:05:06 UTC. */
export const CAPTURE_START = BigInt(Date.UTC(2026, 1, 3, 4, 5, 6)) * 1_000_000n;
const FILETIME_EPOCH = 116_444_736_000_000_000n;
/** What Windows' own client calls itself, and a Java client that knows NTLM but no encryption of messages. */
export const WINDOWS_CLIENT = 'Microsoft WinRM Client';
export const JAVA_CLIENT = 'Apache-HttpClient/4.5.13 (Java/1.8.0_392)';
const SOAP = 'application/soap+xml;charset=UTF-8';
/** Schemes of a host with defaults. */
const USUAL: readonly string[] = ['Negotiate', 'Kerberos'];

/** Random bytes that are the same in every run. */
function seeded(seed: string): (length: number) => Uint8Array {
  let turn = 0;
  return (length) => {
    const out = new Uint8Array(length);
    for (let at = 0; at < length; at += 32) {
      const block = createHash('sha256').update(`${seed} ${turn++}`).digest();
      out.set(block.subarray(0, Math.min(32, length - at)), at);
    }
    return out;
  };
}

/** Body and headers of one message. */
export interface HttpPart {
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly type?: string;
  readonly body?: Uint8Array | string;
  /** Server header of an answer, default that of http.sys; empty: none. */
  readonly server?: string;
  /** Reason phrase; WinRM's is empty. */
  readonly reason?: string;
}

/** Where an HTTP conversation runs. */
export interface HttpTalkOptions {
  readonly start?: bigint;
  readonly clientPort?: number;
  readonly port?: number;
  readonly userAgent?: string;
  /** Milliseconds until the server accepts, beyond a round trip. */
  readonly slowBy?: number;
}

/** HTTP of one client with the host, request by request. */
export class HttpTalk {
  readonly tcp: TcpConversation;
  readonly #userAgent: string;
  readonly #port: number;
  readonly #start: bigint;

  constructor({ start = CAPTURE_START, clientPort = 50_100, port = 5985, userAgent = WINDOWS_CLIENT, slowBy = 0 }: HttpTalkOptions = {}) {
    this.tcp = new TcpConversation({
      client: { address: CAPTURE_CLIENT, port: clientPort },
      server: { address: CAPTURE_SERVER, port },
      start,
      ttl: { client: 128, server: 128 },
    }).open({ slowBy });
    this.#userAgent = userAgent;
    this.#port = port;
    this.#start = start;
  }

  /** The packets, after the question for the name of the host. */
  get packets(): readonly WritePacket[] {
    return inOrder(nameExchange(this.#start - 3_000_000n), this.tcp.packets);
  }

  /** POST /wsman. */
  ask({ headers = [], type, body = '' }: HttpPart = {}): this {
    const lines = [
      'POST /wsman HTTP/1.1',
      'Connection: Keep-Alive',
      ...(type === undefined ? [] : [`Content-Type: ${type}`]),
      `User-Agent: ${this.#userAgent}`,
      ...headers.map(([name, value]) => `${name}: ${value}`),
    ];
    return this.#send('client', [...lines], body, `Host: ${ROW_HOST}:${this.#port}`);
  }

  /** An answer of the host. */
  answer(status: number, { headers = [], type, body = '', server = 'Microsoft-HTTPAPI/2.0', reason = '' }: HttpPart = {}): this {
    const lines = [
      `HTTP/1.1 ${status} ${reason}`,
      ...(type === undefined ? [] : [`Content-Type: ${type}`]),
      ...(server === '' ? [] : [`Server: ${server}`]),
      ...headers.map(([name, value]) => `${name}: ${value}`),
    ];
    return this.#send('server', lines, body);
  }

  /** 401 that offers schemes, as WinRM writes it. */
  refuse(schemes: readonly string[] = USUAL): this {
    return this.answer(401, { headers: schemes.map((scheme) => ['WWW-Authenticate', scheme]) });
  }

  #send(from: Side, lines: readonly string[], body: Uint8Array | string, host?: string): this {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    const head = [...lines, `Content-Length: ${bytes.length}`, ...(host === undefined ? [] : [host]), '', ''].join('\r\n');
    this.tcp.wait(from === 'server' ? 2 : 1).send(from, joined(new TextEncoder().encode(head), bytes));
    return this;
  }
}

/** A login by NTLM. */
export interface NtlmStory {
  readonly user: string;
  readonly domain: string;
  readonly password?: string;
  /** Default `ADMIN-PC`. */
  readonly workstation?: string;
  /** LmCompatibilityLevel of the client, default 3. */
  readonly level?: 0 | 1 | 2 | 3 | 4 | 5;
  /** The host's. */
  readonly hostLevel?: number;
  /** `Negotiate` with SPNEGO (default), or with bare NTLM messages as Java clients send them. */
  readonly bare?: boolean;
  /** Flags the host does not grant. */
  readonly withhold?: readonly NtlmFlag[];
  /** Body the client sends with each of its messages; default none. */
  readonly body?: string;
  /** How the host answers the last message when it accepts: 200 with the last token (default), or nothing here. */
  readonly quiet?: boolean;
}

/** How a login ended, and what seals messages afterwards. */
export interface LoggedIn {
  readonly accepted: boolean;
  readonly client: SecurityContext;
  readonly server: SecurityContext;
  readonly scheme: SealingScheme;
}

/** The three messages of NTLM, proofs computed with the password of the rows; both ends are those of `protocols/ntlm`. */
export async function loginWithNtlm(talk: HttpTalk, story: NtlmStory): Promise<LoggedIn> {
  const { user, domain, password = ROW_PASSWORD, workstation = 'ADMIN-PC', level, hostLevel, bare = false, withhold, body } = story;
  const random = seeded(`${user} ${domain} ${password}`);
  const now = () => talk.tcp.now / 100n + FILETIME_EPOCH;
  const version = { major: 10, minor: 0, build: 17_763, revision: 15 };
  const ntlmOf = () =>
    ntlmInitiator({
      credential: { user, domain, password: new Secret(password) },
      workstation,
      servicePrincipalName: `HTTP/${ROW_HOST}`,
      version,
      now,
      random,
      ...(level === undefined ? {} : { level }),
    });
  const target = {
    netbiosComputer: 'HV01',
    netbiosDomain: 'CORP',
    dnsComputer: ROW_HOST,
    dnsDomain: 'corp.example',
    forest: 'corp.example',
    version: { major: 10, minor: 0, build: 20_348, revision: 15 },
  };
  const acceptor = ntlmAcceptor({
    target,
    lookUp: accountOf,
    now,
    random,
    ...(hostLevel === undefined ? {} : { lmCompatibilityLevel: hostLevel }),
    ...(withhold === undefined ? {} : { withhold }),
  });
  const client = bare ? ntlmOf() : spnegoInitiator({ mechanisms: [{ oid: MECHANISM_OID.ntlm, context: ntlmOf }] });
  const server = spnegoAcceptor({ mechanisms: [{ oid: MECHANISM_OID.ntlm, context: () => acceptor }], allowRaw: true });
  const part = (token: Uint8Array | undefined): HttpPart => ({
    headers: [['Authorization', `Negotiate ${base64(token)}`]],
    ...(body === undefined ? {} : { body, type: SOAP }),
  });
  const first = await client.step();
  talk.ask(part(first));
  const challenge = await server.step(first);
  talk.answer(401, { headers: [['WWW-Authenticate', `Negotiate ${base64(challenge)}`]] });
  const proof = await client.step(challenge);
  talk.ask(part(proof));
  try {
    const last = await server.step(proof);
    if (story.quiet !== true) talk.answer(200, last === undefined ? {} : { headers: [['WWW-Authenticate', `Negotiate ${base64(last)}`]] });
    if (!client.complete) await client.step(last);
    return { accepted: true, client, server, scheme: 'Negotiate' };
  } catch {
    talk.refuse();
    return { accepted: false, client, server, scheme: 'Negotiate' };
  }
}

/** Accounts of the rows as NTLM looks them up: by user and NetBIOS domain, or by user principal name. */
function accountOf(user: string, domain: string): NtlmAccount | undefined {
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
  const found = ACCOUNTS.find((account) =>
    domain === '' && user.includes('@') ? same(account.upn ?? '', user) : same(account.user, user) && same(account.domain, domain),
  );
  return found === undefined ? undefined : { ntHash: ntHash(new Secret(found.password)) };
}

function base64(token: Uint8Array | undefined): string {
  return Buffer.from(token ?? new Uint8Array()).toString('base64');
}

/** Exchanges with the KDC as packets: over UDP, those that prove a password over TCP. */
function kdcPackets(exchanges: readonly KerberosExchange[], start: bigint): WritePacket[] {
  let at = start;
  return exchanges
    .filter(({ stage }) => stage !== 'ap')
    .flatMap(({ request, reply }, i) => {
      at += 4_000_000n;
      const ends = { client: { address: CAPTURE_CLIENT, port: 50_200 + i }, server: { address: CAPTURE_DC, port: 88 }, start: at };
      if (i % 2 === 0)
        return udpExchange(ends, [
          { from: 'client' as const, bytes: request },
          ...(reply === undefined ? [] : [{ from: 'server' as const, bytes: reply }]),
        ]);
      const tcp = new TcpConversation(ends).open().send('client', kerberosFrame(request));
      if (reply !== undefined) tcp.send('server', kerberosFrame(reply));
      return [...tcp.close().packets];
    });
}

/** A login by Kerberos with the scheme `Kerberos`; `kdc`: what went to the domain controller before. */
export async function loginWithKerberos(talk: HttpTalk): Promise<LoggedIn & { readonly kdc: readonly WritePacket[] }> {
  const now = () => Number(talk.tcp.now / 1_000_000n);
  const kdc = answererOf({
    realm: ROW_REALM.realm,
    aliases: ['CORP'],
    principals: [
      { name: 'alice', password: ROW_PASSWORD },
      { name: ROW_REALM.service, password: ROW_REALM.key },
    ],
    now,
  });
  const exchanges: KerberosExchange[] = [];
  const client = kerberosInitiator({
    credential: { kind: 'password', user: 'alice', realm: ROW_REALM.realm, password: new Secret(ROW_PASSWORD) },
    servicePrincipalName: ROW_REALM.service,
    kdc: async (_realm, message) => kdc.answer(message),
    now,
    onExchange: (exchange) => exchanges.push(exchange),
  });
  const entries = keytabFromPassword({ realm: ROW_REALM.realm, name: ROW_REALM.service.split('/'), password: ROW_REALM.key });
  const server = kerberosAcceptor({ keytab: { entries, damages: [] }, now });
  const token = await client.step();
  talk.ask({ headers: [['Authorization', `Kerberos ${base64(token)}`]] });
  const reply = await server.step(token);
  talk.answer(200, { headers: [['WWW-Authenticate', `Kerberos ${base64(reply)}`]] });
  await client.step(reply);
  return { accepted: true, client, server, scheme: 'Kerberos', kdc: kdcPackets(exchanges, CAPTURE_START - 40_000_000n) };
}

/** A request for the operating system, as WMI clients begin with. */
export const OS_REQUEST = {
  action: ACTION.enumerate,
  resourceUri: wmi('root/cimv2', 'Win32_OperatingSystem'),
  messageId: 'uuid:00000000-0000-4000-8000-000000000001',
} as const;

/** The envelope of a request to enumerate a class. */
export function enumerateEnvelope(resourceUri: string = OS_REQUEST.resourceUri): string {
  return writeRequest({
    ...OS_REQUEST,
    resourceUri,
    selectors: new Map(),
    options: new Map(),
    to: `http://${ROW_HOST}:5985/wsman`,
    maxEnvelopeSize: 512_000,
    operationTimeoutMs: 60_000,
    operation: { kind: 'enumerate', optimize: true, maxElements: 20, mode: 'object' },
  });
}

/** One sealed request and its sealed answer; both envelopes are not to be seen in the capture. */
export function sealedExchange(talk: HttpTalk, login: LoggedIn, answer: { readonly status: number; readonly envelope: string }): void {
  const text = new TextEncoder();
  const request = sealBody(login.client.protection, login.scheme, text.encode(enumerateEnvelope()));
  talk.ask({ type: request.contentType, body: request.body });
  const reply = sealBody(login.server.protection, login.scheme, text.encode(answer.envelope));
  talk.answer(answer.status, { type: reply.contentType, body: reply.body });
}
