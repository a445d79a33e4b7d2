import { createHash } from 'node:crypto';
import { Secret, type SecurityContext } from '@winmedic/gss';
import { type KerberosExchange, kerberosAcceptor, kerberosInitiator, keytabFromPassword } from '@winmedic/kerberos';
import { type NtlmAcceptor, type NtlmAccount, type NtlmInitiator, ntHash, ntlmAcceptor, ntlmInitiator } from '@winmedic/ntlm';
import { MECHANISM_OID, spnegoAcceptor, spnegoInitiator } from '@winmedic/spnego';
import { type SealingScheme, sealBody } from '@winmedic/wsman';
import { kerberosFrame, TcpConversation, udpExchange, type WritePacket } from '../capture-writer/index.ts';
import { ACCOUNTS, ROW_HOST, ROW_PASSWORD } from '../connection-rows/common.ts';
import { ROW_REALM } from '../connection-rows/world.ts';
import { answererOf } from '../kdc/answer.ts';
import { CAPTURE_CLIENT, CAPTURE_DC } from './capture-of.ts';
import { CAPTURE_START, enumerateEnvelope, type HttpPart, type HttpTalk, SOAP } from './http-talk.ts';

const FILETIME_EPOCH = 116_444_736_000_000_000n;

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

/** What both ends of an NTLM login need: the clock of the capture, and random bytes that are the same in every run. */
export interface NtlmEnd {
  /** Nanoseconds since 1970. */
  readonly now: () => bigint;
  readonly seed: string;
}

/** The client's end, a Windows 10 by its version. */
export function clientNtlm(
  end: NtlmEnd & {
    readonly user: string;
    readonly domain: string;
    readonly password: string;
    readonly workstation?: string;
    readonly level?: 0 | 1 | 2 | 3 | 4 | 5;
    readonly service?: string;
    readonly sealing?: boolean;
  },
): NtlmInitiator {
  const { user, domain, password, workstation = 'ADMIN-PC', level, service = 'HTTP', sealing = true } = end;
  return ntlmInitiator({
    credential: { user, domain, password: new Secret(password) },
    workstation,
    servicePrincipalName: `${service}/${ROW_HOST}`,
    version: { major: 10, minor: 0, build: 17_763, revision: 15 },
    now: filetime(end.now),
    random: seeded(`client ${end.seed}`),
    sealing,
    ...(level === undefined ? {} : { level }),
  });
}

/** The host's end: HV01 of CORP, Windows Server 2022 by its version, with the accounts of the rows. */
export function hostNtlm(end: NtlmEnd & { readonly lmCompatibilityLevel?: number }): NtlmAcceptor {
  return ntlmAcceptor({
    target: {
      netbiosComputer: 'HV01',
      netbiosDomain: 'CORP',
      dnsComputer: ROW_HOST,
      dnsDomain: 'corp.example',
      forest: 'corp.example',
      version: { major: 10, minor: 0, build: 20_348, revision: 15 },
    },
    lookUp: accountOf,
    now: filetime(end.now),
    random: seeded(`host ${end.seed}`),
    ...(end.lmCompatibilityLevel === undefined ? {} : { lmCompatibilityLevel: end.lmCompatibilityLevel }),
  });
}

function filetime(now: () => bigint): () => bigint {
  return () => now() / 100n + FILETIME_EPOCH;
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
  const { user, domain, password = ROW_PASSWORD, workstation, level, hostLevel, bare = false, body } = story;
  const ends = { now: () => talk.tcp.now, seed: `${user} ${domain} ${password}` };
  const ntlmOf = () =>
    clientNtlm({
      ...ends,
      user,
      domain,
      password,
      ...(workstation === undefined ? {} : { workstation }),
      ...(level === undefined ? {} : { level }),
    });
  const acceptor = hostNtlm({ ...ends, ...(hostLevel === undefined ? {} : { lmCompatibilityLevel: hostLevel }) });
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

/** One sealed request and its sealed answer; both envelopes are not to be seen in the capture. */
export function sealedExchange(talk: HttpTalk, login: LoggedIn, answer: { readonly status: number; readonly envelope: string }): void {
  const text = new TextEncoder();
  const request = sealBody(login.client.protection, login.scheme, text.encode(enumerateEnvelope()));
  talk.ask({ type: request.contentType, body: request.body });
  const reply = sealBody(login.server.protection, login.scheme, text.encode(answer.envelope));
  talk.answer(answer.status, { type: reply.contentType, body: reply.body });
}
