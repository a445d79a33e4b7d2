import { Secret } from '@winmedic/gss';
import {
  KerberosError,
  type KerberosExchange,
  kerberosAcceptor,
  kerberosInitiator,
  kerberosLogin,
  kerberosTcpFrame,
  kerberosTcpMessages,
  parseKdcAddress,
  parseKrb5Conf,
  readCredentialCache,
  readGssKerberosToken,
  readKerberosMessage,
  readKeytab,
  readPerMessageToken,
  realmOfHost,
  writeCredentialCache,
  writeKeytab,
} from '@winmedic/kerberos';
import { kerberosMessageWords, tokenWords } from '../../core/connection/token-words.ts';
import { answererOf } from '../../labs/src/kdc/answer.ts';
import type { KdcSpec } from '../../labs/src/kdc/index.ts';
import { mutateDer } from './der-mutations.ts';
import type { Kind } from './kind.ts';
import { mutateBinary } from './ntlm-kind.ts';
import type { Random } from './random.ts';
import { talkChanged } from './sides.ts';
import { mutateText } from './text-mutations.ts';
import { type Counts, checkSane, corpusFiles, isDocumented, run, survives, type WireSeed, wireKind } from './wire.ts';

const REALM = 'CORP.EXAMPLE';
const SPN = 'HTTP/hv01.corp.example';
const PASSWORD = 'Pass-w0rd!';
const SPEC: KdcSpec = {
  realm: REALM,
  principals: [
    { name: 'alice', password: PASSWORD, enterprise: ['alice@corp.example'] },
    { name: 'bob', password: 'Other-w0rd!' },
    { name: 'off', password: PASSWORD, state: 'disabled' },
    { name: SPN, password: 'Service-w0rd!' },
  ],
  trusts: [{ realm: 'OTHER.EXAMPLE', hostSuffixes: ['other.example'], userSuffixes: ['other.example'], password: 'Trust-w0rd!' }],
};
const kdc = answererOf(SPEC);
const keytab = { entries: kdc.accounts.find(SPN.split('/'), false)?.keys ?? [], damages: [] };
const otherKeytab = { entries: keytab.entries.map((entry) => ({ ...entry, key: entry.key.map((byte) => byte ^ 1) })), damages: [] };
/** Pre-authentications one login may cost, whatever a KDC answers. */
const MAX_CHECKS = 1;
const KRB5_CONF = `[libdefaults]
  default_realm = CORP.EXAMPLE
  kdc_timesync = 1
[realms]
  CORP.EXAMPLE = {
    kdc = dc1.corp.example:88
    kdc = tcp/[fe80::1]:88
    admin_server = dc1.corp.example
  }
[domain_realm]
  .corp.example = CORP.EXAMPLE
  corp.example = CORP.EXAMPLE
`;

/** Kerberos: messages, tokens, files, and logins with changed messages of KDC and service. */
export async function kerberosKind(): Promise<Kind> {
  const { messages, tokens, cache } = await recorded();
  const message = (name: string, bytes: Uint8Array): WireSeed => ({ name, bytes, change: mutateDer, read: readMessage });
  const token = (name: string, bytes: Uint8Array): WireSeed => ({
    name,
    bytes,
    change: (input, random) => (random.below(2) ? mutateDer(input, random) : mutateBinary(input, random)),
    read: readToken,
  });
  const corpus = corpusFiles('pyspnego', (name) => /^(krb_|initial_context_token_krb)/.test(name));
  return wireKind(
    'kerberos',
    [
      ...messages.map(([name, bytes]) => message(name, bytes)),
      ...corpus.filter(({ name }) => name.includes(' krb_')).map(({ name, bytes }) => message(name, bytes)),
      ...tokens.map(([name, bytes]) => token(name, bytes)),
      ...corpus.filter(({ name }) => name.includes('initial')).map(({ name, bytes }) => token(name, bytes)),
      {
        name: 'TCP stream',
        bytes: Buffer.concat(messages.map(([, bytes]) => kerberosTcpFrame(bytes))),
        change: mutateBinary,
        read: readStream,
      },
      { name: 'ticket cache', bytes: cache, change: mutateBinary, read: readCache },
      {
        name: 'keytab',
        bytes: writeKeytab(keytab.entries),
        change: mutateBinary,
        read: (input) => survives(() => readKeytab(input), input.length, KerberosError),
      },
      { name: 'krb5.conf', bytes: Buffer.from(KRB5_CONF), change: mutateText, read: readConf },
      run('login, KDC changed', changedKdc),
      run('login, service changed', changedService),
      run('KDC asked with changed requests', changedRequests),
    ],
    { maxMs: 10_000 },
  );
}

function transport(change: (reply: Uint8Array) => Uint8Array = (reply) => reply) {
  return async (_: string, message: Uint8Array) => change(kdc.answer(message));
}

async function recorded() {
  const exchanges: KerberosExchange[] = [];
  const onExchange = (exchange: KerberosExchange): void => void exchanges.push(exchange);
  const credential = { kind: 'password', user: 'alice', realm: REALM, password: new Secret(PASSWORD) } as const;
  const login = await kerberosLogin({ credential, kdc: transport(), onExchange });
  await kerberosLogin({ credential: { ...credential, user: 'off' }, kdc: transport(), onExchange }).catch(() => undefined);
  const initiator = kerberosInitiator({
    credential: { kind: 'cache', cache: login.cache },
    servicePrincipalName: SPN,
    kdc: transport(),
    onExchange,
  });
  const acceptor = kerberosAcceptor({ keytab });
  const request = (await initiator.step()) as Uint8Array;
  const answer = (await acceptor.step(request)) as Uint8Array;
  await initiator.step(answer);
  const { header, data } = initiator.protection.seal(Buffer.from('hello'));
  return {
    messages: exchanges.flatMap((exchange, i): [string, Uint8Array][] => [
      [`${exchange.stage} request ${i}`, exchange.request],
      ...(exchange.reply === undefined ? [] : [[`${exchange.stage} reply ${i}`, exchange.reply] as [string, Uint8Array]]),
    ]),
    tokens: [
      ['AP-REQ', request],
      ['AP-REP', answer],
      ['wrap', Buffer.concat([header, data])],
      ['mic', initiator.protection.sign(Buffer.from('hello'))],
    ] as [string, Uint8Array][],
    cache: writeCredentialCache(login.cache),
  };
}

function readMessage(bytes: Uint8Array): Counts {
  return survives(
    () => {
      const message = readKerberosMessage(bytes);
      return [message, kerberosMessageWords(message)];
    },
    bytes.length,
    KerberosError,
  );
}

function readToken(bytes: Uint8Array): Counts {
  checkSane(tokenWords(bytes), bytes.length);
  survives(() => readPerMessageToken(bytes), bytes.length, KerberosError);
  return survives(() => readGssKerberosToken(bytes), bytes.length, KerberosError);
}

function readStream(bytes: Uint8Array): Counts {
  return survives(
    () => {
      const { messages, used } = kerberosTcpMessages(bytes);
      if (used > bytes.length) throw new Error('more of a stream was used than there is');
      return messages.map((each) => each.length);
    },
    bytes.length,
    KerberosError,
  );
}

function readCache(bytes: Uint8Array): Counts {
  return survives(() => readCredentialCache(bytes), bytes.length, KerberosError);
}

/** A krb5.conf is a file of this machine: nothing in it throws. */
function readConf(bytes: Uint8Array): Counts {
  const text = Buffer.from(bytes).toString();
  const conf = parseKrb5Conf(text);
  checkSane(conf, bytes.length);
  for (const host of ['hv01.corp.example', '', '.', '__proto__', 'a.b.c.d.e.f']) realmOfHost(conf, host);
  for (const line of text.split('\n').slice(0, 50)) checkSane(parseKdcAddress(line.split('=').at(-1)?.trim() ?? ''), line.length + 1);
  return { read: 1 };
}

function documented(error: unknown): boolean {
  return isDocumented(error, [KerberosError]);
}

/** A KDC that answers nonsense: an error or a ticket, and never a second proof of the password. */
async function changedKdc(random: Random): Promise<Counts> {
  let requests = 0;
  const seen: Uint8Array[] = [];
  const right = random.below(2) === 0;
  const kdcTransport = transport((reply) => {
    if (++requests > 40) throw new Error('a login that goes on asking');
    seen.push(reply);
    if (random.below(3) > 0) return reply;
    if (random.below(5) === 0) return random.pick(seen);
    return mutateDer(reply, random).bytes;
  });
  const initiator = kerberosInitiator({
    credential: {
      kind: 'password',
      user: random.pick(['alice', 'alice@corp.example', 'off', 'x@other.example']),
      realm: REALM,
      password: new Secret(right ? PASSWORD : 'wrong'),
    },
    servicePrincipalName: random.pick([SPN, 'HTTP/x.other.example', 'HTTP/unknown']),
    kdc: kdcTransport,
  });
  let refused = 0;
  try {
    checkSane(await initiator.step(), 10_000);
    if (!right) throw new Error('a ticket with a wrong password');
  } catch (error) {
    if (!documented(error)) throw error;
    refused = 1;
  }
  if (requests > 40) throw new Error('a login that goes on asking');
  if (initiator.credentialChecks > MAX_CHECKS) throw new Error(`${initiator.credentialChecks} proofs of one password`);
  return { refused, tickets: 1 - refused };
}

let cached: Promise<Awaited<ReturnType<typeof kerberosLogin>>> | undefined;

async function changedService(random: Random): Promise<Counts> {
  cached ??= kerberosLogin({
    credential: { kind: 'password', user: 'alice', realm: REALM, password: new Secret(PASSWORD) },
    kdc: transport(),
  });
  const { cache } = await cached;
  const wrongPassword = random.below(2) === 0;
  const bindings = random.below(2) ? new Uint8Array(16).fill(7) : undefined;
  const dceStyle = random.below(4) === 0;
  return talkChanged(
    {
      initiator: kerberosInitiator({
        credential: { kind: 'cache', cache },
        servicePrincipalName: SPN,
        kdc: transport(),
        dceStyle,
        ...(bindings && { channelBindings: bindings }),
      }),
      acceptor: kerberosAcceptor({
        keytab: wrongPassword ? otherKeytab : keytab,
        ...(bindings && { channelBindings: bindings, bindings: random.pick(['none', 'relaxed', 'strict'] as const) }),
      }),
      wrongPassword,
      change: (token, by) => (by.below(2) ? mutateDer(token, by) : mutateBinary(token, by)),
      isDocumented: documented,
    },
    random,
  );
}

/** The KDC double answers whatever it is asked. */
async function changedRequests(random: Random): Promise<Counts> {
  let asked = 0;
  try {
    await kerberosLogin({
      credential: { kind: 'password', user: 'alice', realm: REALM, password: new Secret(PASSWORD) },
      kdc: async (_, message) => {
        asked++;
        return kdc.answer(random.below(2) ? mutateDer(message, random).bytes : message);
      },
    });
  } catch (error) {
    if (!documented(error)) throw error;
  }
  return { asked };
}
