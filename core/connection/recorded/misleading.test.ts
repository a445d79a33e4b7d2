import { describe, expect, it } from 'vitest';
import {
  attemptOf,
  attemptsOf,
  auth,
  BODY,
  datagrams,
  dns,
  failedOpening,
  kerberos,
  ntlmLogin,
  offers,
  properties,
  request,
  response,
  rpc,
  SCHEMES,
  START,
  soap,
  talk,
  type1,
  type3,
  verdictOf,
} from './test-conversations.ts';

const ALICE = type3('alice', 'CORP');
/** A Negotiate header of which the snap length left the scheme and a length. */
const CUT_TOKEN = { scheme: 'Negotiate', proxy: false, tokenChars: 0 } as const;

describe('messages of a login that are cut off or missing', () => {
  it('a challenge cut off by the snap length is no refusal of the scheme', () => {
    const attempt = attemptOf(
      talk(
        { unknown: ['sliced'] },
        request(auth('Negotiate', type1())),
        response(401, [], BODY.empty, { partial: true }),
        request(CUT_TOKEN, BODY.sealed, { partial: true }),
        response(200, [], BODY.sealed, { partial: true }),
      ),
    );
    expect(properties(attempt)['login.result']).not.toBe('refused-scheme');
    expect(verdictOf(attempt)).toMatchObject({ failed: '', cause: undefined });
  });

  it('a 401 that follows a hole is not the answer to the first token', () => {
    const login = [request(auth('Negotiate', type1())), SCHEMES] as const;
    expect(properties(attemptOf(talk({}, ...login)))['login.result']).toBe('refused-scheme');
    const attempt = attemptOf(talk({ unknown: ['gap'] }, ...login));
    expect(attempt.properties.has('login.result')).toBe(false);
    expect(verdictOf(attempt)).toMatchObject({ failed: '', cause: undefined });
  });

  it('CredSSP tokens that are cut off may be more than handshake', () => {
    const hello = { scheme: 'CredSSP', proxy: false, tokenChars: 8, tls: { contentType: 22, version: 'TLSv1.2' } } as const;
    const { tls: _, ...cut } = hello;
    const end = (last: typeof cut | typeof hello) =>
      properties(attemptOf(talk({}, request(hello), response(401, [hello]), request(last), response(401, offers('CredSSP')))));
    expect(end(hello)).toMatchObject({ 'login.result': 'rejected', 'login.step': 'tls' });
    expect(end(cut)['login.step']).toBeUndefined();
  });

  it('cut headers of a 401 are not a server without schemes', () => {
    const attempt = attemptOf(talk({ unknown: ['sliced'] }, request(undefined, soap()), response(401, [], BODY.empty, { partial: true })));
    expect(attempt.rungs.filter(({ verdict }) => verdict === 'failed')).toEqual([]);
  });
});

describe('answers without what they answer', () => {
  it('a 404 alone says nothing of /wsman', () => {
    expect(verdictOf(attemptOf(talk({ unknown: ['late-start'] }, response(404))))).toMatchObject({ failed: '', cause: undefined });
    expect(verdictOf(attemptOf(talk({}, request(), response(404)))).cause).toBe('winrm-url-prefix');
  });

  it('a denial is one whatever was asked for', () => {
    const denied = soap({ body: 'Fault', fault: { codes: [0x80041003], hresult: 0x80041003, soapCode: 'Sender', soapSubcode: '' } });
    const attempt = attemptOf(
      talk({ unknown: ['client-side-missing'] }, response(200, [], soap({ body: 'EnumerateResponse' })), response(500, [], denied)),
    );
    expect(attempt.rungs.find(({ verdict }) => verdict === 'failed')?.name).toBe('namespace');
    expect(attempt.properties.has('namespace.name')).toBe(false);
  });

  it('a request that was too large is said also where it was not recorded', () => {
    const attempt = attemptOf(talk({ unknown: ['gap'] }, response(200, [], BODY.sealed), response(413)));
    expect(properties(attempt)).toMatchObject({ 'limit.status': '413', 'request.status': '413' });
  });
});

describe('sealed faults', () => {
  const op = (status: number, waitMs = 10) => {
    const [from, message] = response(status, [], BODY.sealed);
    return [request(undefined, BODY.sealed), [from, message, waitMs] as const] as const;
  };
  const failed = (attempt: ReturnType<typeof attemptOf>) => attempt.rungs.find(({ verdict }) => verdict === 'failed')?.name;

  it('one that comes at once after the login is a failure', () => {
    expect(failed(attemptOf(talk({}, ...ntlmLogin(ALICE, response(200)), ...op(500))))).toBe('rights');
  });

  it.each([
    ['one that came after the time an operation waits', [], 60_000],
    ['one in a capture that began later', ['late-start'], 10],
    ['one beside answers that are missing', ['gap'], 10],
  ] as const)('%s may be the time-out of an operation that waits', (_, unknown, waitMs) => {
    const attempt = attemptOf(talk({ unknown }, ...ntlmLogin(ALICE, response(200)), ...op(500, waitMs)));
    expect(failed(attempt)).toBeUndefined();
    expect(attempt.notChecked.map(({ en }) => en).join('\n')).toContain('sealed faults alone');
  });
});

describe('what ended well, or was never meant', () => {
  const OPERATIONS = [request(undefined, BODY.sealed), response(200, [], BODY.sealed)] as const;
  const fine = (at: number) => talk({ at }, request(undefined, soap()), SCHEMES, ...ntlmLogin(ALICE, response(200)), ...OPERATIONS);

  it('a program that sends something else to the port is no attempt', () => {
    const json = { ...BODY.html, type: 'application/json', kind: 'other' } as const;
    const posts = (answer: ReturnType<typeof response>) =>
      attemptsOf([talk({}, request(undefined, json, { target: '/api' }), answer)]).attempts;
    expect(posts(response(204, [], BODY.empty, { server: 'influx' }))).toEqual([]);
    expect(posts(response(401, offers('Basic')))).toEqual([]);
    const other = request(undefined, { ...BODY.html, type: 'application/soap+xml' }, { target: '/custom' });
    expect(attemptsOf([talk({}, other, response(404))]).attempts).toHaveLength(1);
  });

  it('503 and a login a minute later are two attempts', () => {
    const { attempts } = attemptsOf([talk({}, request(undefined, soap()), response(503)), fine(60_000)]);
    expect(attempts.map(verdictOf)).toEqual([
      { failed: 'wsman', cause: 'winrm-queue-unavailable', grade: 'likely' },
      { failed: '', cause: undefined, grade: 'confirmed' },
    ]);
  });

  it('a proxy that passed the login on is no cause', () => {
    const absolute = { target: 'http://hv01.corp.example:5985/wsman' };
    const asks = response(407, [{ scheme: 'Basic', proxy: true, tokenChars: 0 }], BODY.html, { server: 'squid' });
    const [from, first] = request({ scheme: 'Basic', proxy: true, tokenChars: 20 }, soap(), absolute);
    expect(verdictOf(attemptOf(talk({ port: 8080 }, request(undefined, soap(), absolute), asks))).cause).toBe('http-proxy-in-between');
    const passed = attemptOf(
      talk(
        { port: 8080 },
        request(undefined, soap(), absolute),
        asks,
        [from, first],
        SCHEMES,
        ...ntlmLogin(ALICE, response(200)),
        ...OPERATIONS,
      ),
    );
    expect(verdictOf(passed)).toEqual({ failed: '', cause: undefined, grade: 'confirmed' });
  });

  it('a bind of DCOM that is accepted at the second try was not refused', () => {
    const contexts = [{ interfaceId: '000001a0-0000-0000-c000-000000000046' }];
    const refused = talk({ port: 135 }, rpc('client', { kind: 'bind', contexts }), rpc('server', { kind: 'bind-nak', reason: 0 }));
    const results = [{ result: 0, reason: 0 }];
    const again = talk({ port: 135, at: 100 }, rpc('client', { kind: 'bind', contexts }), rpc('server', { kind: 'bind-ack', results }));
    expect(verdictOf(attemptOf(refused)).failed).toBe('login');
    expect(verdictOf(attemptOf(refused, again)).failed).toBe('');
  });
});

describe('a name with several addresses', () => {
  const OPERATIONS = [request(undefined, BODY.sealed), response(200, [], BODY.sealed)] as const;
  const resolved = (...values: string[]) =>
    datagrams(
      53,
      { server: '192.0.2.20' },
      dns('question', 'hv01.corp.example'),
      dns('answer', 'hv01.corp.example', {
        rcode: 0,
        answers: values.map((value) => ({ name: 'hv01.corp.example', type: value.includes(':') ? 28 : 1, ttl: 60, value })),
      } as never),
    );
  const silent6 = failedOpening('silent', { at: 100, client: '2001:db8::50', server: '2001:db8::10' });
  const fine = talk({ at: 21_000 }, ...ntlmLogin(ALICE, response(200)), ...OPERATIONS);

  it.each([
    ['IPv6 without answer before IPv4', '2001:db8::10', silent6],
    ['a card that refuses before the other', '192.0.2.9', failedOpening('refused', { at: 20_000, server: '192.0.2.9' })],
  ])('%s is no failed attempt, and is said', (_, address, before) => {
    const { attempts } = attemptsOf([resolved(address, '192.0.2.10'), before, fine]);
    expect(attempts.map(verdictOf)).toEqual([{ failed: '', cause: undefined, grade: 'confirmed' }]);
    const tcp = attempts[0]?.rungs.find(({ name }) => name === 'tcp');
    expect(tcp).toMatchObject({ verdict: 'warned' });
    for (const text of [tcp?.observed.en, tcp?.observed.ja]) expect(text).toContain(address);
  });

  it('is one where nothing says that both are of one name, or that the client went on', () => {
    expect(attemptsOf([resolved('192.0.2.10'), silent6, fine]).attempts).toHaveLength(2);
    const later = talk({ at: 120_000 }, ...ntlmLogin(ALICE, response(200)), ...OPERATIONS);
    expect(attemptsOf([resolved('2001:db8::10', '192.0.2.10'), silent6, later]).attempts).toHaveLength(2);
    const other = talk({ at: 21_000, client: '192.0.2.51' }, ...ntlmLogin(ALICE, response(200)), ...OPERATIONS);
    const refused = failedOpening('refused', { at: 20_000, server: '192.0.2.9' });
    expect(attemptsOf([resolved('192.0.2.9', '192.0.2.10'), refused, other]).attempts).toHaveLength(2);
  });
});

describe('what a KDC said to the same client', () => {
  const asked = talk({}, request(undefined, soap()), SCHEMES);
  const KRBTGT = { type: 2, parts: ['krbtgt', 'CORP.EXAMPLE'] };
  const kdc = (at: number, user: string, error?: number) => {
    const client = { type: 1, parts: [user] };
    const common = { realm: 'CORP.EXAMPLE', client, service: KRBTGT, preAuthentication: [] };
    const ticket = { service: KRBTGT, realm: 'CORP.EXAMPLE', encrypted: { etype: 18, length: 9 } };
    return datagrams(
      88,
      { at, server: '192.0.2.20' },
      kerberos('client', { kind: 'AS-REQ', etypes: [], ...common } as never),
      kerberos(
        'server',
        error === undefined
          ? ({ kind: 'AS-REP', clientRealm: 'CORP.EXAMPLE', ticket, ...common } as never)
          : ({ kind: 'KRB-ERROR', error, serverTime: Number(START / 1_000_000n), ntstatus: undefined, ...common } as never),
      ),
    );
  };
  const errorOf = (...beside: ReturnType<typeof kdc>[]) => properties(attemptOf(asked, ...beside))['kerberos.error'];

  it('a wrong password right after the schemes were shown is of the attempt', () => {
    expect(errorOf(kdc(100, 'alice', 24))).toBe('24');
  });

  it('a ticket afterwards: it was mistyped once', () => {
    expect(errorOf(kdc(100, 'alice', 24), kdc(2000, 'alice'))).toBeUndefined();
    // Somebody else's ticket proves nothing.
    expect(errorOf(kdc(100, 'alice', 24), kdc(2000, 'zoe'))).toBe('24');
  });

  it('somebody else on the same computer, later or as well', () => {
    expect(errorOf(kdc(9000, 'zoe', 24))).toBeUndefined();
    expect(errorOf(kdc(100, 'alice', 24), kdc(200, 'zoe', 24))).toBeUndefined();
  });
});
