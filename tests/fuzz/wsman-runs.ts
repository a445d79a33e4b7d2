import { Secret } from '@winmedic/gss';
import { NtlmError, ntlmInitiator } from '@winmedic/ntlm';
import { MECHANISM_OID, SpnegoError, spnegoInitiator } from '@winmedic/spnego';
import {
  ConnectionLost,
  type HttpLogin,
  type HttpRequest,
  type HttpResponse,
  type HttpTransport,
  isSealedType,
  LIMITS,
  type SessionApi,
  WsmanClient,
  WsmanError,
  WsmanSession,
  wmi,
} from '@winmedic/wsman';
import { mutateDer } from './der-mutations.ts';
import { mutateBinary } from './ntlm-kind.ts';
import type { Random } from './random.ts';
import { spnegoSides } from './spnego-kind.ts';
import { mutateText } from './text-mutations.ts';
import { type Counts, checkPrototypes, checkSane, isDocumented, randomBytes } from './wire.ts';
import { ANSWERS } from './wsman-seeds.ts';

const CREDENTIAL = { user: 'alice', domain: 'CORP', password: new Secret('Pass-w0rd!') };
const ANSWER_TEXTS = Object.values(ANSWERS);
const STATUSES = [200, 200, 401, 401, 401, 500, 500, 100, 204, 301, 302, 400, 403, 404, 405, 407, 413, 502, 503, 599, 0];
const SCHEMES = [
  'Negotiate',
  'NTLM',
  'Kerberos',
  'Basic realm="WSMAN"',
  'CredSSP',
  'Digest a="b, c"',
  'Negotiate =',
  'nonsense',
  '',
  ',,,',
  '"',
];
const TYPES = [
  'application/soap+xml;charset=UTF-8',
  'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"',
  'multipart/x-multi-encrypted;protocol="application/HTTP-CredSSP-session-encrypted";boundary="Encrypted Boundary"',
  'text/html',
  '',
];

/** Does this request prove a password? The third message of NTLM, bare or inside SPNEGO, and Basic. */
function proves({ headers }: HttpRequest): boolean {
  const value = headers['Authorization'] ?? '';
  if (value.startsWith('Basic ')) return true;
  return Buffer.from(value.split(' ')[1] ?? '', 'base64').includes(Buffer.from('NTLMSSP\0\x03\0\0\0', 'latin1'));
}

/** A service that logs in as it should for a while, and then answers anything. */
class HostileService implements HttpTransport {
  readonly secure: boolean;
  readonly requests: HttpRequest[] = [];
  proofs = 0;
  readonly #random: Random;
  readonly #acceptor;
  readonly #honest: number;

  constructor(random: Random) {
    this.#random = random;
    this.secure = random.below(2) === 0;
    this.#acceptor = spnegoSides(random, random.below(2) === 0).acceptor;
    this.#honest = random.below(5);
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const random = this.#random;
    this.requests.push(request);
    if (proves(request) && request.body.length === 0) this.proofs++;
    const headers: [string, string][] = [];
    if (random.below(30) === 0)
      throw random.below(2)
        ? new ConnectionLost(random.pick(['reset', 'closed', 'timeout', 'not-http'] as const))
        : new Error('another error');
    const token = await this.#token(request);
    const honest = this.requests.length <= this.#honest;
    const status = honest && token !== undefined ? (token.done ? 200 : 401) : random.pick(STATUSES);
    if (token?.bytes !== undefined) headers.push(['WWW-Authenticate', `${token.scheme} ${Buffer.from(token.bytes).toString('base64')}`]);
    for (let n = random.below(4) === 0 ? random.pick([1, 50, 10_000]) : random.below(3); n > 0; n--)
      headers.push(['WWW-Authenticate', random.pick(SCHEMES)]);
    if (status === 401) headers.push(['www-authenticate', random.pick(['Negotiate', 'NTLM', 'Basic', 'Kerberos'])]);
    headers.push(['Content-Type', random.pick(TYPES)]);
    if (random.below(4) === 0)
      headers.push([random.pick(['Via', 'Location', 'Server', 'X-Cache', '__proto__']), random.pick(['x', '', '__proto__'])]);
    const text = Buffer.from(random.pick(ANSWER_TEXTS));
    const body = random.below(3) === 0 ? new Uint8Array() : random.below(2) ? mutateText(text, random).bytes : request.body;
    return { status, statusText: '', headers, body };
  }

  async #token(request: HttpRequest): Promise<{ bytes?: Uint8Array; scheme: string; done: boolean } | undefined> {
    const [scheme = '', value] = (request.headers['Authorization'] ?? '').split(' ');
    const random = this.#random;
    if (value === undefined) return undefined;
    try {
      const bytes = await this.#acceptor.step(Buffer.from(value, 'base64'));
      const changed =
        bytes !== undefined && random.below(4) === 0
          ? (random.below(2) ? mutateDer(bytes, random) : mutateBinary(bytes, random)).bytes
          : bytes;
      return { ...(changed && { bytes: changed }), scheme, done: this.#acceptor.complete };
    } catch {
      // Refused, or nothing this acceptor knows: the token comes back as it was now and then.
      return random.below(2) ? { bytes: Buffer.from(value, 'base64'), scheme, done: false } : { scheme, done: false };
    }
  }

  close(): void {}
}

function loginOf(random: Random): HttpLogin {
  const bytes = randomBytes(random);
  const context = () => ntlmInitiator({ credential: CREDENTIAL, random: bytes });
  switch (random.below(5)) {
    case 0:
      return { scheme: 'NTLM', context };
    case 1:
      return { scheme: 'Basic', authorization: () => `Basic ${Buffer.from('alice:Pass-w0rd!').toString('base64')}` };
    case 2:
      return { scheme: 'Certificate' };
    default:
      return { scheme: 'Negotiate', context: () => spnegoInitiator({ mechanisms: [{ oid: MECHANISM_OID.ntlm, context }] }) };
  }
}

/** Requests of a session at most: the login, a probe and the messages sent here. */
const MAX_REQUESTS = LIMITS.loginSteps + 8;

/** A session ends in a result or a documented error, and proves its password once at most. */
export async function sessionRun(random: Random): Promise<Counts> {
  const service = new HostileService(random);
  const login = loginOf(random);
  let session: WsmanSession;
  try {
    session = new WsmanSession(service, {
      login,
      allowCleartext: random.below(2) === 0,
      seal: random.pick(['auto', 'always', 'never'] as const),
      firstTokenAtOnce: random.below(2) === 0,
    });
  } catch (error) {
    if (!isDocumented(error, [WsmanError])) throw error;
    return { refused: 1 };
  }
  let refused = 0;
  const tolerate = async (act: () => Promise<unknown>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      if (!isDocumented(error, [WsmanError, NtlmError, SpnegoError])) throw error;
      refused++;
    }
  };
  if (random.below(3) === 0) await tolerate(async () => checkSane({ ...(await session.probe()), response: undefined }, 10_000));
  const result = await session.login();
  const again = await session.login();
  if (result !== again) throw new Error('a second login in one session');
  if (service.proofs > 1) throw new Error(`${service.proofs} proofs of one password`);
  for (let n = 0; n < 3; n++) await tolerate(() => session.post('<s:Envelope/>', { last: n === 2 }));
  if (service.requests.length > MAX_REQUESTS) throw new Error(`${service.requests.length} requests in one session`);
  for (const request of service.requests) checkCleartext(request, service.secure, login);
  session.close();
  checkPrototypes();
  return { refused, [result.outcome]: 1 };
}

/** Whatever the service says, a body that should be sealed is. */
function checkCleartext(request: HttpRequest, secure: boolean, login: HttpLogin): void {
  if (secure || !('context' in login) || request.headers['WSMANIDENTIFY'] !== undefined || request.body.length === 0) return;
  const type = request.headers['Content-Type'] ?? '';
  const clear = Buffer.from(request.body).includes('<s:Envelope/>');
  if (clear && isSealedType(type)) throw new Error('a body said to be sealed that is not');
}

/** Requests after which the service is gone: an enumeration without end must not make a run without end. */
const MAX_POSTS = 60;
const TARGET = { resourceUri: wmi('root/cimv2', 'Win32_X'), selectors: new Map([['Name', 'x']]) };

/** A client of a service that answers anything: results, or documented errors. */
export async function clientRun(random: Random): Promise<Counts> {
  let posts = 0;
  const session: SessionApi = {
    state: 'accepted',
    roundTrips: 0,
    probe: () => Promise.reject(new WsmanError('WSMAN_LOST', 'gone')),
    login: () => Promise.reject(new WsmanError('WSMAN_LOST', 'gone')),
    post: async () => {
      if (++posts > MAX_POSTS) throw new WsmanError('WSMAN_LOST', 'gone');
      const text = Buffer.from(random.pick(ANSWER_TEXTS));
      const envelope = random.below(2) ? text : mutateText(text, random).bytes;
      return { status: random.pick([200, 500]), envelope, sealed: true };
    },
    close: () => {},
  };
  let slept = 0;
  const client = new WsmanClient(session, {
    sleep: async (ms) => {
      slept += ms;
    },
    random: () => random.next(),
  });
  let refused = 0;
  let done = 0;
  const acts: (() => Promise<unknown>)[] = [
    () => client.identify(),
    () => client.get(TARGET),
    () => client.put(TARGET, { properties: new Map([['A', 'b']]) }),
    () => client.delete(TARGET),
    () => client.invoke(TARGET, 'Start', new Map([['A', ['1', '2']]])),
    () => take(client.enumerate(TARGET, { mode: random.pick(['object', 'reference', 'objectAndReference'] as const) })),
    () => take(client.query('root/cimv2', 'select * from X')),
    async () => {
      const subscription = await client.subscribe(TARGET, {});
      await subscription.pull();
      await subscription.unsubscribe();
    },
    async () => {
      const shell = await client.openShell();
      const id = await shell.command('cmd', ['/c']);
      await shell.send(id, new Uint8Array(3), true);
      const output = await shell.receive(id);
      await shell.signal(id);
      await shell.delete();
      return output;
    },
  ];
  for (let n = 0; n < 3; n++) {
    try {
      checkSane(await random.pick(acts)(), 20_000);
      done++;
    } catch (error) {
      if (!isDocumented(error, [WsmanError])) throw error;
      refused++;
    }
  }
  if (!Number.isFinite(slept) || slept < 0) throw new Error('a pause that is no time');
  checkPrototypes();
  return { refused, done, posts };
}

async function take(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of items) if (++count > 500) break;
  return count;
}
