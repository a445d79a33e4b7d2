import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { channelBindingHash, Secret, type SecurityContext, tlsServerEndPoint } from '@winmedic/gss';
import {
  type KerberosCredential,
  type KerberosInitiator,
  kerberosInitiator,
  kerberosLogin,
  readCredentialCache,
  readKeytab,
  type ServiceTicket,
  writeCredentialCache,
} from '@winmedic/kerberos';
import { ntlmInitiator } from '@winmedic/ntlm';
import { MECHANISM_OID, spnegoInitiator } from '@winmedic/spnego';
import { WsmanSession } from '@winmedic/wsman';
import { SocketTransport } from '../../../core/connection/http-transport.ts';
import { kdcTransport } from '../../../core/connection/kdc.ts';
import { giveResult, readInput } from './input.ts';

/** One login on a connection of its own, and messages after it. */
export interface SessionCase {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly scheme: 'Negotiate' | 'Kerberos' | 'NTLM';
  /** Mechanisms offered, best first; without `spnego` the first goes bare. */
  readonly mechanisms: readonly ('ntlm' | 'kerberos')[];
  readonly spnego: boolean;
  readonly user: string;
  readonly domain: string;
  readonly password: string;
  /** HTTPS, trusting this PEM certificate. */
  readonly ca?: string;
  /** Channel binding over HTTPS: that of the connection (default), none, or that of another certificate, as somebody in between would cause it. */
  readonly binding?: 'right' | 'none' | 'other';
  readonly level?: 0 | 1 | 2 | 3 | 4 | 5;
  readonly realm?: string;
  /** `host:port` of the KDC. */
  readonly kdc?: string;
  readonly etypes?: readonly number[];
  readonly cache?: string;
  readonly keytab?: string;
  /** Log in with the KDC first, write the ticket there, and go on with it. */
  readonly makeCache?: string;
  /** Bytes of padding in each message, with the action it goes to. */
  readonly messages: readonly (readonly [action: string, bytes: number])[];
}

/** What came of it. */
export interface SessionResult {
  /** As LoginResult has it; `threw` when anything rejected. */
  readonly outcome: string;
  readonly status?: number;
  readonly offered: readonly string[];
  /** Requests of the login. */
  readonly steps: number;
  /** Code of what the context threw, or whatever rejected. */
  readonly error?: string;
  readonly ticket?: ServiceTicket;
  /** Encrypted timestamps sent to the KDC. */
  readonly checks?: number;
  readonly answers: readonly {
    readonly status: number;
    readonly sealed: boolean;
    readonly asked: string;
    readonly answered: string;
    readonly bytes: number;
  }[];
}

function dial({ host, port, ca }: SessionCase): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = ca === undefined ? connect({ host, port, noDelay: true }) : connectTls({ host, port, ca, servername: host });
    socket.once('error', reject);
    socket.once(ca === undefined ? 'connect' : 'secureConnect', () => resolve(socket));
  });
}

const askKdc = (kdc: string) => {
  const [host = '', port] = kdc.split(':');
  return kdcTransport(async () => [{ host, port: Number(port ?? 88) }]);
};

async function credentialOf(asked: SessionCase): Promise<{ credential: KerberosCredential; checks: number }> {
  const { user, realm = '', password, cache, keytab, makeCache, kdc = '' } = asked;
  if (cache !== undefined) return { credential: { kind: 'cache', cache: readCredentialCache(readFileSync(cache)) }, checks: 0 };
  const credential: Exclude<KerberosCredential, { kind: 'cache' }> =
    keytab === undefined
      ? { kind: 'password', user, realm, password: new Secret(password) }
      : { kind: 'keytab', keytab: readKeytab(readFileSync(keytab)), user, realm };
  if (makeCache === undefined) return { credential, checks: 0 };
  const login = await kerberosLogin({ credential, kdc: askKdc(kdc) });
  writeFileSync(makeCache, writeCredentialCache(login.cache), { mode: 0o600 });
  return { credential: { kind: 'cache', cache: login.cache }, checks: login.credentialChecks };
}

function envelope(action: string, bytes: number, number: number): string {
  return (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing">' +
    `<s:Header><a:Action>${action}</a:Action><a:MessageID>uuid:${number}</a:MessageID></s:Header>` +
    `<s:Body><p:X xmlns:p="urn:x">${'é'.repeat(bytes >> 1)}${'x'.repeat(bytes & 1)}</p:X></s:Body></s:Envelope>`
  );
}

const digest = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

const codeOf = (error: unknown): string => `${(error as { code?: string }).code ?? error}`;

async function run(asked: SessionCase): Promise<SessionResult> {
  const socket = await dial(asked);
  const certificate = asked.ca === undefined ? undefined : new Uint8Array((socket as TLSSocket).getPeerCertificate(true).raw);
  const { binding = 'right' } = asked;
  const endPoint = certificate === undefined || binding === 'none' ? undefined : tlsServerEndPoint(certificate);
  if (endPoint !== undefined && binding === 'other') endPoint[endPoint.length - 1]! ^= 1;
  const bindings = endPoint === undefined ? {} : { channelBindings: channelBindingHash(endPoint) };
  const transport = new SocketTransport(socket, {
    hostHeader: `${asked.host}:${asked.port}`,
    secure: certificate !== undefined,
    ...(certificate === undefined ? {} : { certificate }),
  });
  const { kdc = '', etypes, level } = asked;
  const servicePrincipalName = `HTTP/${asked.host}`;
  let kerberos: KerberosInitiator | undefined;
  const ready = asked.mechanisms.includes('kerberos') ? await credentialOf(asked) : undefined;
  const contexts = {
    ntlm: (): SecurityContext =>
      ntlmInitiator({
        credential: { user: asked.user, domain: asked.domain, password: new Secret(asked.password) },
        servicePrincipalName,
        ...bindings,
        ...(level === undefined ? {} : { level }),
      }),
    kerberos: (): SecurityContext => {
      kerberos = kerberosInitiator({
        credential: (ready as { credential: KerberosCredential }).credential,
        servicePrincipalName,
        kdc: askKdc(kdc),
        ...bindings,
        ...(etypes === undefined ? {} : { etypes }),
      });
      return kerberos;
    },
  };
  const mechanisms = asked.mechanisms.map((name) => ({ oid: MECHANISM_OID[name], context: contexts[name] }));
  const context = asked.spnego ? () => spnegoInitiator({ mechanisms }) : (mechanisms[0] as { context: () => SecurityContext }).context;
  const session = new WsmanSession(transport, { login: { scheme: asked.scheme, context }, path: asked.path, firstTokenAtOnce: true });
  const { outcome, status, offered, steps, error } = await session.login();
  const answers: SessionResult['answers'][number][] = [];
  if (outcome === 'accepted')
    for (const [index, [action, bytes]] of asked.messages.entries()) {
      const text = envelope(action, bytes, index);
      const answer = await session.post(text);
      answers.push({
        status: answer.status,
        sealed: answer.sealed,
        asked: digest(text),
        answered: digest(answer.envelope),
        bytes: answer.envelope.length,
      });
    }
  session.close();
  return {
    outcome,
    offered,
    steps: steps.length,
    answers,
    ...(status === undefined ? {} : { status }),
    ...(error === undefined ? {} : { error: codeOf(error) }),
    ...(kerberos?.ticket === undefined ? {} : { ticket: kerberos.ticket }),
    ...(ready === undefined ? {} : { checks: ready.checks + (kerberos?.credentialChecks ?? 0) }),
  };
}

const results: SessionResult[] = [];
for (const asked of readInput<readonly SessionCase[]>())
  results.push(
    await run(asked).catch((error: unknown) => ({ outcome: 'threw', offered: [], steps: 0, answers: [], error: codeOf(error) })),
  );
giveResult(results);
