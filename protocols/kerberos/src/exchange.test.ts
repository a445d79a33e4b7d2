import { Secret } from '@winmedic/gss';
import { type Kdc, startKdc } from '@winmedic/labs/kdc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type KdcTransport,
  KerberosError,
  type KerberosInitiatorOptions,
  kerberosAcceptor,
  kerberosInitiator,
  kerberosLogin,
  kerberosParts,
  readGssKerberosToken,
  readKerberosMessage,
} from './index.ts';

let kdc: Kdc;
beforeAll(async () => {
  kdc = await startKdc({
    realm: 'CORP.EXAMPLE',
    principals: [
      { name: 'alice', password: 'Straße 1' },
      { name: 'HTTP/host.corp.example', password: 'of the host' },
      { name: 'HTTP/other.corp.example', password: 'of another host' },
    ],
  });
});
afterAll(() => kdc.close());

const PASSWORD = 'Straße 1';
const initiate = (more: Partial<KerberosInitiatorOptions> = {}) =>
  kerberosInitiator({
    credential: { kind: 'password', user: 'alice', realm: 'CORP.EXAMPLE', password: new Secret(PASSWORD) },
    servicePrincipalName: 'HTTP/host.corp.example',
    kdc: kdc.transport(),
    ...more,
  });
const keytab = () => kdc.keytab('HTTP/host.corp.example');
const bindings = (value: number) => new Uint8Array(16).fill(value);

async function failure(step: Promise<unknown>): Promise<KerberosError> {
  const error = await step.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(KerberosError);
  return error as KerberosError;
}

describe('the context', () => {
  it.each([17, 18, 23])('of encryption type %i without mutual authentication is complete with one token', async (etype) => {
    const initiator = initiate({ mutual: false, etypes: [etype] });
    const acceptor = kerberosAcceptor({ keytab: keytab() });
    expect(await acceptor.step(await initiator.step())).toBeUndefined();
    expect([initiator.complete, acceptor.complete]).toEqual([true, true]);
    expect(initiator.protection.unseal(acceptor.protection.seal(Uint8Array.of(9)))).toEqual(Uint8Array.of(9));
  });

  it.each([17, 18, 23])('of encryption type %i in DCE style takes three bare tokens', async (etype) => {
    const initiator = initiate({ dceStyle: true, etypes: [etype] });
    const acceptor = kerberosAcceptor({ keytab: keytab() });
    const first = await initiator.step();
    const second = await acceptor.step(first);
    expect(acceptor.complete).toBe(false);
    const third = await initiator.step(second);
    expect(
      [first, second, third].map((token) => readGssKerberosToken(token!)).map(({ framed, message }) => [framed, message?.kind]),
    ).toEqual([
      [false, 'AP-REQ'],
      [false, 'AP-REP'],
      [false, 'AP-REP'],
    ]);
    await acceptor.step(third);
    const cover = { before: Uint8Array.of(1, 2), after: Uint8Array.of(3) };
    expect(acceptor.protection.unseal(initiator.protection.seal(Uint8Array.of(7), cover), cover)).toEqual(Uint8Array.of(7));
  });

  it.each([
    [false, [18, 17, 20, 19, 23]],
    [true, [18, 17, 23]],
  ])('in DCE style (%s) offers the types that fit it', async (dceStyle, expected) => {
    const offered: (readonly number[])[] = [];
    const onExchange: KerberosInitiatorOptions['onExchange'] = ({ stage, request }) => {
      const message = stage === 'ap' ? undefined : readKerberosMessage(request);
      if (message?.kind === 'AS-REQ' || message?.kind === 'TGS-REQ') offered.push(message.etypes);
    };
    await initiate({ dceStyle, onExchange }).step();
    expect(offered).toEqual([expected, expected, expected]);
  });

  it('gives no protection and no peer before it is complete, and takes no token after', async () => {
    const initiator = initiate();
    const acceptor = kerberosAcceptor({ keytab: keytab() });
    for (const ask of [() => initiator.protection, () => acceptor.protection, () => acceptor.peer])
      expect(ask).toThrow(expect.objectContaining({ code: 'KERBEROS_NOT_READY' }));
    await initiator.step(await acceptor.step(await initiator.step()));
    expect((await failure(initiator.step(Uint8Array.of(1)))).code).toBe('KERBEROS_DONE');
    expect((await failure(acceptor.step(Uint8Array.of(1)))).code).toBe('KERBEROS_DONE');
  });

  it('hands out every exchange and never the password', async () => {
    const seen: Uint8Array[] = [];
    const initiator = initiate({ onExchange: ({ request, reply }) => seen.push(request, reply ?? new Uint8Array()) });
    const acceptor = kerberosAcceptor({ keytab: keytab() });
    await initiator.step(await acceptor.step(await initiator.step()));
    expect(seen).toHaveLength(8);
    for (const bytes of seen)
      for (const encoding of ['utf8', 'utf16le'] as const) expect(Buffer.from(bytes).includes(Buffer.from(PASSWORD, encoding))).toBe(false);
  });

  it.each([
    [{ servicePrincipalName: 'host' }, 'KERBEROS_USAGE'],
    [{ servicePrincipalName: 'HTTP/' }, 'KERBEROS_USAGE'],
    [{ channelBindings: new Uint8Array(8) }, 'KERBEROS_USAGE'],
    [{ etypes: [3] }, 'KERBEROS_ETYPE'],
  ])('of %j is refused at once', (more, code) => {
    expect(() => initiate(more)).toThrow(expect.objectContaining({ code }));
  });
});

describe('channel bindings', () => {
  it.each([
    ['none', undefined, 'accepted'],
    ['none', 2, 'accepted'],
    ['relaxed', undefined, 'accepted'],
    ['relaxed', 1, 'accepted'],
    ['relaxed', 2, 'KERBEROS_CHANNEL_BINDING'],
    ['strict', undefined, 'KERBEROS_CHANNEL_BINDING'],
    ['strict', 1, 'accepted'],
    ['strict', 2, 'KERBEROS_CHANNEL_BINDING'],
  ] as const)('%s with %s sent: %s', async (mode, sent, expected) => {
    const initiator = initiate(sent === undefined ? {} : { channelBindings: bindings(sent) });
    const acceptor = kerberosAcceptor({ keytab: keytab(), bindings: mode, channelBindings: bindings(1) });
    const token = await initiator.step();
    const result = await acceptor.step(token).then(
      () => 'accepted',
      (error: KerberosError) => error.code,
    );
    expect(result).toBe(expected);
  });

  it('that are to be checked must be known', () => {
    expect(() => kerberosAcceptor({ keytab: keytab(), bindings: 'strict' })).toThrow(expect.objectContaining({ code: 'KERBEROS_USAGE' }));
  });
});

describe('the service refuses', () => {
  const refusal = async (acceptor: ReturnType<typeof kerberosAcceptor>, initiator = initiate()) => {
    const error = await failure(acceptor.step(await initiator.step()));
    return { error, answer: await failure(initiator.step(error.token)) };
  };

  it('a ticket for the key of another account with error 41, and the client hears it', async () => {
    const { error, answer } = await refusal(kerberosAcceptor({ keytab: kdc.keytab('HTTP/other.corp.example') }));
    expect([error.code, error.krbError, answer.code, answer.krbError, answer.stage]).toEqual([
      'KERBEROS_AP_ERROR',
      41,
      'KERBEROS_AP_ERROR',
      41,
      'ap',
    ]);
  });

  it('a ticket of a type it has no key for with error 45', async () => {
    const { entries } = keytab();
    const { answer } = await refusal(kerberosAcceptor({ keytab: { entries: entries.filter(({ etype }) => etype === 23), damages: [] } }));
    expect(answer.krbError).toBe(45);
  });

  it('a ticket that is over with error 32', async () => {
    // A KDC that is eleven hours late: its tickets of ten hours have been over for one.
    const late = await startKdc({
      realm: 'CORP.EXAMPLE',
      clockSkewSeconds: -11 * 3600,
      principals: [
        { name: 'alice', password: PASSWORD },
        { name: 'HTTP/host.corp.example', password: 'of the host' },
      ],
    });
    try {
      const initiator = initiate({ kdc: late.transport() });
      const acceptor = kerberosAcceptor({ keytab: keytab() });
      const skewed = await failure(acceptor.step(await initiator.step()));
      const error = await failure(acceptor.step(await initiator.step(skewed.token)));
      expect([skewed.krbError, error.krbError]).toEqual([37, 32]);
    } finally {
      await late.close();
    }
  });

  it('to be offered a ticket that the cache knows is over', async () => {
    const { cache } = await kerberosLogin({
      credential: { kind: 'password', user: 'alice', realm: 'CORP.EXAMPLE', password: new Secret(PASSWORD) },
      kdc: kdc.transport(),
    });
    const old = await failure(initiate({ credential: { kind: 'cache', cache }, now: () => Date.now() + 11 * 3600 * 1000 }).step());
    expect([old.code, old.what]).toEqual(['KERBEROS_NO_TICKET', 'expired ticket-granting ticket']);
  });

  it('the same authenticator twice with error 34, also on another connection', async () => {
    const shared = keytab();
    const token = await initiate().step();
    await kerberosAcceptor({ keytab: shared }).step(token);
    expect((await failure(kerberosAcceptor({ keytab: shared }).step(token))).krbError).toBe(34);
  });

  it('a clock that is off with error 37; the client tries once more with the time it was told, without the KDC', async () => {
    const kdcRequests: string[] = [];
    const counting: KdcTransport = (realm, message) => {
      kdcRequests.push(realm);
      return kdc.transport()(realm, message);
    };
    const initiator = initiate({ kdc: counting });
    const acceptor = kerberosAcceptor({ keytab: keytab(), now: () => Date.now() + 900_000 });
    const refused = await failure(acceptor.step(await initiator.step()));
    expect(refused.krbError).toBe(37);
    const asked = kdcRequests.length;
    const second = await initiator.step(refused.token);
    await initiator.step(await acceptor.step(second));
    expect([initiator.complete, initiator.credentialChecks, kdcRequests.length - asked]).toEqual([true, 1, 0]);
    expect(initiator.skewSeconds).toBeGreaterThanOrEqual(899);
  });

  it('and when the time it told does not help either, that is the end', async () => {
    let jump = 0;
    const initiator = initiate();
    const acceptor = kerberosAcceptor({
      keytab: keytab(),
      now: () => {
        jump += 3_600_000;
        return Date.now() + jump;
      },
    });
    const first = await failure(acceptor.step(await initiator.step()));
    const second = await failure(acceptor.step(await initiator.step(first.token)));
    const error = await failure(initiator.step(second.token));
    expect(error).toMatchObject({ code: 'KERBEROS_AP_ERROR', krbError: 37, stage: 'ap' });
    expect(error.skewSeconds).toBeGreaterThan(3600);
  });

  it('and another token may follow', async () => {
    const acceptor = kerberosAcceptor({ keytab: keytab() });
    await failure(acceptor.step(Uint8Array.of(0x60, 0)));
    const initiator = initiate();
    await initiator.step(await acceptor.step(await initiator.step()));
    expect(acceptor.peer.user).toBe('alice');
  });
});

describe('the client refuses', () => {
  it('an answer that another service made', async () => {
    const [one, two] = [initiate(), initiate()];
    const acceptor = kerberosAcceptor({ keytab: keytab() });
    await one.step();
    const answer = await acceptor.step(await two.step());
    expect((await failure(one.step(answer))).code).toBe('KERBEROS_BAD_MIC');
  });

  it('an answer that is changed or empty', async () => {
    for (const change of [
      (token: Uint8Array) => token.map((byte, i) => (i === token.length - 1 ? byte ^ 1 : byte)),
      () => new Uint8Array(),
    ]) {
      const initiator = initiate();
      const answer = await kerberosAcceptor({ keytab: keytab() }).step(await initiator.step());
      await failure(initiator.step(change(answer!)));
      expect(initiator.complete).toBe(false);
    }
  });

  it('replies of the KDC that belong to another request', async () => {
    let kept: Uint8Array | undefined;
    const replaying: KdcTransport = async (realm, message) => {
      const reply = await kdc.transport()(realm, message);
      if (kerberosParts.readWire(reply).messageType !== kerberosParts.MESSAGE.asRep) return reply;
      kept ??= reply;
      return kept;
    };
    await initiate({ kdc: replaying }).step();
    const error = await failure(initiate({ kdc: replaying }).step());
    expect([error.code, error.stage, error.what]).toEqual(['KERBEROS_REPLY_MISMATCH', 'as', 'nonce of an answer']);
  });

  it('a KDC that cannot be reached, with what the transport said', async () => {
    const error = await failure(initiate({ kdc: () => Promise.reject(new Error('ECONNREFUSED')) }).step());
    expect([error.code, error.stage, error.realm, (error.cause as Error).message]).toEqual([
      'KERBEROS_TRANSPORT',
      'as',
      'CORP.EXAMPLE',
      'ECONNREFUSED',
    ]);
  });

  it('iterations that would keep it busy for minutes', async () => {
    const greedy: KdcTransport = async (_realm, message) => {
      const request = kerberosParts.readWire(message);
      expect(request.messageType).toBe(kerberosParts.MESSAGE.asReq);
      return kerberosParts.writeError({
        error: 25,
        serverTime: Date.now(),
        clientTime: undefined,
        clientRealm: undefined,
        client: undefined,
        realm: 'CORP.EXAMPLE',
        service: { type: 2, parts: ['krbtgt', 'CORP.EXAMPLE'] },
        text: undefined,
        data: kerberosParts.writePaData([
          { type: 19, value: kerberosParts.writeEtypeInfo2([{ etype: 18, salt: 'salt', iterations: 0x7fff_ffff }]) },
          { type: 2, value: new Uint8Array() },
        ]),
      });
    };
    const initiator = initiate({ kdc: greedy });
    expect([(await failure(initiator.step())).code, initiator.credentialChecks]).toEqual(['KERBEROS_KEY_PARAMETERS', 0]);
  });

  it('to show its secrets', async () => {
    const error = await failure(
      initiate({ credential: { kind: 'password', user: 'alice', realm: 'CORP.EXAMPLE', password: new Secret('wrong-pass') } }).step(),
    );
    expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain('wrong-pass');
  });
});
