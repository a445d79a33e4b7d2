import { describe, expect, it } from 'vitest';
import {
  attemptOf,
  attemptsOf,
  failedOpening,
  hello,
  properties,
  rdp,
  rpc,
  talk,
  tls,
  type1,
  type2,
  type3,
  verdictOf,
} from './test-conversations.ts';

const EPM = 'e1af8308-5d1f-11c9-91a4-08002b14a0fa';
const ACTIVATOR = '000001a0-0000-0000-c000-000000000046';
const bind = (interfaceId: string, level = 6, callId = 1) =>
  rpc('client', { kind: 'bind', contexts: [{ id: 0, interfaceId, version: '0.0' }], auth: { type: 10, level, token: type1() } }, callId);
const ack = (results: readonly object[] = [{ result: 0, reason: 0 }]) =>
  rpc('server', { kind: 'bind-ack', results, secondaryAddress: '', auth: { type: 10, level: 6, token: type2() } });
const auth3 = (level = 6) => rpc('client', { kind: 'auth3', auth: { type: 10, level, token: type3('alice', 'CORP') } });
const create = (level = 6) =>
  rpc('client', { kind: 'request', opnum: 4, interfaceId: ACTIVATOR, stubBytes: 10, sealed: false, auth: { type: 10, level } }, 2);
const created = (more: object) =>
  rpc('server', { kind: 'response', opnum: 4, interfaceId: ACTIVATOR, stubBytes: 10, sealed: false, ...more }, 2);
const activation = (level: number, ...answer: Parameters<typeof talk>[1][]) =>
  talk({ port: 135 }, bind(ACTIVATOR, level), ack(), auth3(level), create(level), ...answer);

describe('DCOM', () => {
  it('activated, and the port that was named answers, refuses or is silent', () => {
    const fine = activation(5, created({ hresult: 0, activation: { ports: [49_670], bindings: [], results: [0] } }));
    const open = attemptOf(fine, talk({ port: 49_670, at: 200 }, rpc('client', { kind: 'bind', contexts: [] })));
    expect(properties(open)).toMatchObject({
      'dcom.hresult': '0x0',
      'dcom.level': '5',
      'dcom.port': '49670',
      'dcom.portResult': 'open',
      'login.result': 'accepted',
      'user.domainIs': 'domain',
    });
    expect(verdictOf(open)).toMatchObject({ failed: '', cause: undefined });
    const silent = attemptOf(fine, failedOpening('silent', { port: 49_670, at: 200 }));
    expect(verdictOf(silent)).toEqual({ failed: 'namespace', cause: 'dcom-rpc-blocked', grade: 'likely' });
    const unseen = attemptOf(fine);
    expect(unseen.properties.has('dcom.portResult')).toBe(false);
    expect(verdictOf(unseen)).toMatchObject({ failed: '', cause: undefined });
  });

  it.each([
    [2, 'dcom-hardening'],
    [5, 'dcom-access-denied'],
  ])('access denied at level %i', (level, cause) => {
    expect(verdictOf(attemptOf(activation(level, created({ hresult: 0x80070005 }))))).toEqual({ failed: 'rights', cause, grade: 'likely' });
  });

  it('a sealed answer hides the result', () => {
    const attempt = attemptOf(activation(6, created({ sealed: true })));
    expect(attempt.properties.has('dcom.hresult')).toBe(false);
    expect(attempt.rungs.find(({ name }) => name === 'rights')?.verdict).toBe('skipped');
    expect(verdictOf(attempt)).toMatchObject({ failed: '', cause: undefined });
  });

  it('fault 5 to the first call is the login; no answer is not known', () => {
    const refused = attemptOf(activation(6, rpc('server', { kind: 'fault', status: 5, interfaceId: ACTIVATOR }, 2)));
    expect(properties(refused)).toMatchObject({ 'login.result': 'rejected', 'login.step': 'last', 'dcom.fault': '0x5' });
    expect(attemptOf(activation(6)).properties.has('login.result')).toBe(false);
  });

  it('a rejected bind of DCOM, but not of a further transfer syntax', () => {
    const rejected = attemptOf(talk({ port: 135 }, bind(ACTIVATOR), ack([{ result: 2, reason: 1 }])));
    expect(verdictOf(rejected)).toMatchObject({ failed: 'login', cause: 'dcom-not-offered' });
    const both = attemptOf(
      talk(
        { port: 135 },
        bind(ACTIVATOR),
        ack([
          { result: 0, reason: 0 },
          { result: 2, reason: 2 },
        ]),
      ),
    );
    expect(both.properties.has('dcom.bind')).toBe(false);
  });

  it('the endpoint mapper: silent, refused, answers, faults; other calls to it say nothing', () => {
    expect(verdictOf(attemptOf(failedOpening('silent', { port: 135 })))).toMatchObject({ failed: 'tcp', cause: 'dcom-rpc-blocked' });
    const call = (opnum: number) => rpc('client', { kind: 'request', opnum, interfaceId: `{${EPM}}`, stubBytes: 1, sealed: false }, 2);
    const fault = rpc('server', { kind: 'fault', status: 0x1c010002, interfaceId: EPM }, 2);
    expect(properties(attemptOf(talk({ port: 135 }, bind(EPM), ack(), call(3), fault)))['dcom.epm']).toBe('fault');
    expect(attemptOf(talk({ port: 135 }, bind(EPM), ack(), call(42), fault)).properties.has('dcom.epm')).toBe(false);
    const twice = attemptOf(talk({ port: 135 }, bind(EPM), ack(), bind(EPM, 6, 3), rpc('server', { kind: 'bind-nak', reason: 0 }, 3)));
    expect(verdictOf(twice)).toMatchObject({ failed: '', cause: undefined });
  });

  it('is no attempt on other ports', () => {
    expect(attemptsOf([talk({ port: 49_670 }, bind(ACTIVATOR))]).attempts).toEqual([]);
  });
});

describe('RDP', () => {
  const negotiate = (protocols: number, confirm: object) =>
    talk(
      { port: 3389 },
      rdp('client', { kind: 'request', protocols, flags: 0, cookie: '' }),
      rdp('server', { kind: 'confirm', ...confirm }),
      hello(),
      tls('server', { kind: 'application-data' }),
    );

  it('NLA off: TLS although the client offered CredSSP', () => {
    const attempt = attemptOf(negotiate(0xb, { selected: 1, flags: 0 }));
    expect(properties(attempt)).toMatchObject({
      'rdp.nla': 'off',
      'rdp.logonScreen': 'true',
      'rdp.security': 'tls',
      'rdp.result': 'answered',
    });
  });

  it('CredSSP chosen does not tell whether it is required', () => {
    const attempt = attemptOf(negotiate(3, { selected: 2, flags: 0 }));
    expect(properties(attempt)['rdp.security']).toBe('credssp');
    expect(attempt.properties.has('rdp.nla')).toBe(false);
    expect(attempt.properties.has('rdp.logonScreen')).toBe(false);
    expect(verdictOf(attempt)).toMatchObject({ failed: '', cause: undefined });
  });

  it('required: a client without CredSSP is refused, one that asks again is not', () => {
    const refused = attemptOf(negotiate(1, { failure: 5 }));
    expect(properties(refused)).toMatchObject({ 'rdp.nla': 'required', 'rdp.failure': '5', 'rdp.logonScreen': 'false' });
    expect(verdictOf(refused)).toMatchObject({ failed: 'schemes', cause: 'rdp-client-without-nla' });
    const again = attemptOf(negotiate(1, { failure: 5 }), negotiate(3, { selected: 2, flags: 0 }));
    expect(verdictOf(again)).toMatchObject({ failed: '' });
  });

  it('refused, and something else on the port', () => {
    expect(verdictOf(attemptOf(failedOpening('refused', { port: 3389 })))).toMatchObject({ failed: 'tcp', cause: 'rdp-not-listening' });
    const ssh = attemptOf(
      talk(
        { port: 3389 },
        rdp('client', { kind: 'request', protocols: 3, cookie: '' }),
        rdp('server', { kind: 'not-this', looksLike: 'ssh' }),
      ),
    );
    expect(verdictOf(ssh)).toEqual({ failed: 'tls', cause: 'port-not-rdp', grade: 'confirmed' });
  });
});
