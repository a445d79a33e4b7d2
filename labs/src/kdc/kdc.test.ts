import { createSocket } from 'node:dgram';
import { createConnection } from 'node:net';
import { Secret } from '@winmedic/gss';
import {
  type KdcTransport,
  KerberosError,
  type KerberosInitiatorOptions,
  kerberosAcceptor,
  kerberosInitiator,
  kerberosLogin,
  kerberosTcpFrame,
  kerberosTcpMessages,
  readKerberosMessage,
} from '@winmedic/kerberos';
import { afterEach, describe, expect, it } from 'vitest';
import { type Kdc, type KdcSpec, startKdc } from './index.ts';

const running: Kdc[] = [];
afterEach(async () => {
  for (const kdc of running.splice(0)) await kdc.close();
});

async function start(more: Partial<KdcSpec> = {}): Promise<Kdc> {
  const kdc = await startKdc({
    realm: 'CORP.EXAMPLE',
    principals: [
      { name: 'alice', password: 'right', enterprise: ['alice@corp.example', 'Alice.Smith@example.com'] },
      { name: 'locked', password: 'right', state: 'locked' },
      { name: 'disabled', password: 'right', state: 'disabled' },
      { name: 'expired', password: 'right', state: 'expired' },
      { name: 'must', password: 'right', state: 'must-change' },
      { name: 'HTTP/host.corp.example', password: 'of the host' },
    ],
    ...more,
  });
  running.push(kdc);
  return kdc;
}

const login = (kdc: Kdc, user = 'alice', password = 'right', more: Partial<KerberosInitiatorOptions> = {}) =>
  kerberosInitiator({
    credential: { kind: 'password', user, realm: 'CORP.EXAMPLE', password: new Secret(password) },
    servicePrincipalName: 'HTTP/host.corp.example',
    kdc: kdc.transport(),
    ...more,
  });

const failure = async (step: Promise<unknown>): Promise<KerberosError> => {
  const error = await step.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(KerberosError);
  return error as KerberosError;
};

describe('a login', () => {
  it.each([17, 18, 19, 20, 23])('with encryption type %i reaches the service and costs one check', async (etype) => {
    const kdc = await start({ etypes: [etype] });
    const initiator = login(kdc);
    const acceptor = kerberosAcceptor({ keytab: kdc.keytab('HTTP/host.corp.example') });
    const answer = await acceptor.step(await initiator.step());
    expect(await initiator.step(answer)).toBeUndefined();
    expect([initiator.complete, acceptor.complete, acceptor.peer]).toEqual([true, true, { user: 'alice', domain: 'CORP.EXAMPLE' }]);
    expect(acceptor.protection.unseal(initiator.protection.seal(Uint8Array.of(1, 2, 3)))).toEqual(Uint8Array.of(1, 2, 3));
    expect(initiator.credentialChecks).toBe(1);
    expect(kdc.checks.get('alice')).toEqual({ tried: 1, failed: 0 });
  });

  it.each(['alice@corp.example', 'ALICE.SMITH@EXAMPLE.COM'])('by the principal name %s gives the account', async (user) => {
    const kdc = await start();
    const initiator = login(kdc, user);
    await initiator.step();
    expect(initiator.ticket?.client).toBe('alice@CORP.EXAMPLE');
  });

  it.each(['CORP', 'corp.example'])('in the realm as %s calls it ends in the realm itself', async (realm) => {
    const kdc = await start({ aliases: ['CORP'] });
    const initiator = login(kdc, 'alice', 'right', {
      credential: { kind: 'password', user: 'alice', realm, password: new Secret('right') },
    });
    await initiator.step();
    expect(initiator.ticket?.service).toBe('HTTP/host.corp.example@CORP.EXAMPLE');
  });

  it('without pre-authentication costs no check, and a wrong password is found here', async () => {
    const kdc = await start({ requirePreauth: false });
    const error = await failure(login(kdc, 'alice', 'wrong').step());
    expect([error.code, error.credentialChecks, kdc.checks.get('alice')]).toEqual(['KERBEROS_PASSWORD', 0, { tried: 0, failed: 0 }]);
    await login(kdc).step();
  });

  it('once serves many hosts from its cache', async () => {
    const kdc = await start();
    const { cache, credentialChecks } = await kerberosLogin({
      credential: { kind: 'password', user: 'alice', realm: 'CORP.EXAMPLE', password: new Secret('right') },
      kdc: kdc.transport(),
    });
    for (let host = 0; host < 5; host++) await login(kdc, '', '', { credential: { kind: 'cache', cache } }).step();
    expect([credentialChecks, kdc.checks.get('alice')]).toEqual([1, { tried: 1, failed: 0 }]);
  });
});

describe('a refusal', () => {
  it.each([
    ['alice', 'wrong', 24, undefined, 1],
    ['nobody', 'right', 6, undefined, 0],
    ['locked', 'right', 18, 0xc0000234, 0],
    ['disabled', 'right', 18, 0xc0000072, 0],
    ['expired', 'right', 18, 0xc0000193, 0],
    ['must', 'right', 23, 0xc0000224, 1],
  ])('of %s with "%s" is error %i', async (user, password, krbError, ntstatus, checks) => {
    const kdc = await start();
    const error = await failure(login(kdc, user, password).step());
    expect(error).toMatchObject({
      code: 'KERBEROS_KDC_ERROR',
      krbError,
      ntstatus,
      stage: 'as',
      realm: 'CORP.EXAMPLE',
      credentialChecks: checks,
    });
    expect(kdc.checks.get(user)?.tried ?? 0).toBe(checks);
  });

  it('of a service that has no principal is error 7 of the second exchange', async () => {
    const kdc = await start();
    const error = await failure(login(kdc, 'alice', 'right', { servicePrincipalName: 'HTTP/192.0.2.1' }).step());
    expect(error).toMatchObject({ krbError: 7, stage: 'tgs' });
  });

  it('for want of a common encryption type is error 14', async () => {
    const kdc = await start({ etypes: [18] });
    expect(await failure(login(kdc, 'alice', 'right', { etypes: [23] }).step())).toMatchObject({ krbError: 14, credentialChecks: 0 });
  });

  it('in another realm is error 68 and followed where it names one', async () => {
    const there = await start({
      realm: 'THERE.EXAMPLE',
      principals: [{ name: 'bob', password: 'right', enterprise: ['bob@there.example'] }],
    });
    const here = await start({ trusts: [{ realm: 'THERE.EXAMPLE', userSuffixes: ['there.example'], password: 'between' }] });
    const asked: string[] = [];
    const kdc: KdcTransport = (realm, message) => {
      asked.push(realm);
      return (realm === 'THERE.EXAMPLE' ? there : here).transport()(realm, message);
    };
    const error = await failure(login(here, 'bob@there.example', 'wrong', { kdc }).step());
    expect([error.krbError, error.realm, asked]).toEqual([24, 'THERE.EXAMPLE', ['CORP.EXAMPLE', 'THERE.EXAMPLE', 'THERE.EXAMPLE']]);
    const misled = login(here, 'alice', 'right', {
      credential: { kind: 'password', user: 'alice', realm: 'ELSEWHERE', password: new Secret('right') },
    });
    await misled.step();
    expect(misled.ticket?.client).toBe('alice@CORP.EXAMPLE');
  });

  it('locks an account after as many bad passwords as it was told', async () => {
    const kdc = await start({ principals: [{ name: 'eve', password: 'right', lockoutThreshold: 2 }] });
    for (const expected of [24, 24, 18]) expect((await failure(login(kdc, 'eve', 'wrong').step())).krbError).toBe(expected);
    expect(kdc.checks.get('eve')).toEqual({ tried: 2, failed: 2 });
  });
});

describe('clocks', () => {
  it.each([900, -900, 86_400])('%i seconds apart: the time in the first answer is used, with one check', async (clockSkewSeconds) => {
    const kdc = await start({ clockSkewSeconds });
    const initiator = login(kdc);
    await initiator.step();
    expect(initiator.skewSeconds).toBeGreaterThanOrEqual(clockSkewSeconds - 1);
    expect(initiator.skewSeconds).toBeLessThanOrEqual(clockSkewSeconds + 1);
    expect(kdc.checks.get('alice')).toEqual({ tried: 1, failed: 0 });
  });

  it('that jump between two answers are error 37, told and not tried again', async () => {
    let requests = 0;
    const kdc = await start({ now: () => Date.now() + (requests++ < 1 ? 0 : 3_600_000) });
    const error = await failure(login(kdc).step());
    expect(error).toMatchObject({ krbError: 37, stage: 'as', credentialChecks: 1 });
    expect(error.skewSeconds).toBeGreaterThan(3590);
  });

  it('wrong in a cache are put right by the KDC, without a password', async () => {
    const kdc = await start({ clockSkewSeconds: 900 });
    const { cache } = await kerberosLogin({
      credential: { kind: 'password', user: 'alice', realm: 'CORP.EXAMPLE', password: new Secret('right') },
      kdc: kdc.transport(),
    });
    const errors: number[] = [];
    const late = login(kdc, '', '', {
      credential: { kind: 'cache', cache: { ...cache, kdcOffset: 0 } },
      onExchange({ reply }) {
        const message = reply && readKerberosMessage(reply);
        if (message?.kind === 'KRB-ERROR') errors.push(message.error);
      },
    });
    await late.step();
    expect(errors).toEqual([37]);
    expect(late.skewSeconds).toBeGreaterThan(890);
    expect(kdc.checks.get('alice')?.tried).toBe(1);
  });
});

describe('referrals', () => {
  const trust = { password: 'between', hostSuffixes: ['.there.example'] };

  it('lead to a service of another realm', async () => {
    const there = await start({
      realm: 'THERE.EXAMPLE',
      principals: [{ name: 'HTTP/host.there.example', password: 'of the host' }],
      trusts: [{ realm: 'CORP.EXAMPLE', password: 'between' }],
    });
    const here = await start({ trusts: [{ ...trust, realm: 'THERE.EXAMPLE' }] });
    const kdc: KdcTransport = (realm, message) => (realm === 'THERE.EXAMPLE' ? there : here).transport()(realm, message);
    for (const serviceRealm of [undefined, 'THERE.EXAMPLE']) {
      const initiator = login(here, 'alice', 'right', {
        servicePrincipalName: 'HTTP/host.there.example',
        kdc,
        ...(serviceRealm === undefined ? {} : { serviceRealm }),
      });
      const acceptor = kerberosAcceptor({ keytab: there.keytab('HTTP/host.there.example') });
      await initiator.step(await acceptor.step(await initiator.step()));
      expect([initiator.complete, acceptor.peer.domain]).toEqual([true, 'CORP.EXAMPLE']);
    }
  });

  it('in a circle end', async () => {
    const other = await start({
      realm: 'THERE.EXAMPLE',
      principals: [],
      trusts: [{ realm: 'CORP.EXAMPLE', ...trust }],
    });
    const here = await start({ trusts: [{ ...trust, realm: 'THERE.EXAMPLE' }] });
    const kdc: KdcTransport = (realm, message) => (realm === 'THERE.EXAMPLE' ? other : here).transport()(realm, message);
    const error = await failure(login(here, 'alice', 'right', { servicePrincipalName: 'HTTP/host.there.example', kdc }).step());
    expect(error.code).toBe('KERBEROS_REFERRAL_LOOP');
  });
});

describe('over the network', () => {
  const tcp =
    (port: number): KdcTransport =>
    (_realm, message) =>
      new Promise((resolve, reject) => {
        const socket = createConnection({ host: '127.0.0.1', port }, () => {
          // In two parts, as networks do.
          const framed = kerberosTcpFrame(message);
          socket.write(framed.subarray(0, 3));
          setTimeout(() => socket.write(framed.subarray(3)), 5);
        });
        let stream = Buffer.alloc(0);
        socket.on('error', reject);
        socket.on('data', (chunk) => {
          stream = Buffer.concat([stream, chunk]);
          const [reply] = kerberosTcpMessages(stream).messages;
          if (reply === undefined) return;
          socket.destroy();
          resolve(Uint8Array.from(reply));
        });
      });
  const udp =
    (port: number): KdcTransport =>
    (_realm, message) =>
      new Promise((resolve) => {
        const socket = createSocket('udp4');
        socket.on('message', (reply) => {
          socket.close();
          resolve(Uint8Array.from(reply));
        });
        socket.send(message, port, '127.0.0.1');
      });

  it('answers over TCP and UDP', async () => {
    const kdc = await start();
    for (const transport of [tcp(kdc.port), udp(kdc.port)]) await login(kdc, 'alice', 'right', { kdc: transport }).step();
    expect(kdc.checks.get('alice')?.tried).toBe(2);
  });

  it('asks for TCP with error 52 when an answer is too big for UDP', async () => {
    const kdc = await start({ maxUdpReply: 100 });
    expect(await failure(login(kdc, 'alice', 'right', { kdc: udp(kdc.port) }).step())).toMatchObject({ krbError: 52, stage: 'as' });
    await login(kdc, 'alice', 'right', { kdc: tcp(kdc.port) }).step();
  });

  it('hangs up on what is no request', async () => {
    const kdc = await start();
    const socket = createConnection({ host: '127.0.0.1', port: kdc.port }, () => socket.write('GET / HTTP/1.1\r\n\r\n'));
    await new Promise((resolve) => socket.on('close', resolve));
  });
});
