import { describe, expect, it } from 'vitest';
import { followStream } from './tell.ts';
import {
  attemptOf,
  attemptsOf,
  BODY,
  basic,
  failedOpening,
  hello,
  icmp,
  ntlmLogin,
  offers,
  properties,
  request,
  response,
  SCHEMES,
  START,
  talk,
  tls,
  type3,
  verdictOf,
} from './test-conversations.ts';
import { alertName } from './words.ts';

const SERVER_HELLO = tls('server', { kind: 'server-hello', version: 'TLSv1.2', cipherSuite: 0xc02f, helloRetry: false });
const alert = (from: 'client' | 'server', description: number, level = 2) =>
  tls(from, { kind: 'alert', level, description, encrypted: false });

describe('TCP', () => {
  it('refused, silent, and silent where other ports answer', () => {
    expect(verdictOf(attemptOf(failedOpening('refused')))).toEqual({ failed: 'tcp', cause: 'winrm-no-listener', grade: 'likely' });
    const silent = attemptOf(failedOpening('silent'));
    expect(properties(silent)).toMatchObject({ 'tcp.result': 'timeout' });
    expect(silent.properties.has('tcp.open')).toBe(false);
    expect(verdictOf(silent)).toMatchObject({ failed: 'tcp', cause: undefined });
    const { attempts } = attemptsOf([failedOpening('silent')], {
      accepted: [{ address: '192.0.2.10', port: 445, first: START, last: START }],
    });
    expect(attempts.map(verdictOf)).toEqual([{ failed: 'tcp', cause: 'winrm-firewall', grade: 'likely' }]);
  });

  it('one port that is silent beside says nothing of the host, several do', () => {
    const one = attemptsOf([failedOpening('silent'), failedOpening('silent', { port: 445, at: 20 })]).attempts;
    expect(one.map(verdictOf)).toEqual([{ failed: 'tcp', cause: undefined, grade: 'inconclusive' }]);
    const more = attemptsOf(
      [135, 445, 3389].map((port, n) => failedOpening('silent', { port, at: 20 + n })).concat(failedOpening('silent')),
    ).attempts;
    expect(more.map(verdictOf)).toEqual([{ failed: 'tcp', cause: 'host-silent', grade: 'likely' }]);
  });

  it('SYNs of a client that repeats a refused one are not silence where answers were not recorded', () => {
    const repeated = failedOpening('silent', { tcp: { syn: 3, last: START + 1_000_000_000n } });
    expect(attemptsOf([repeated], { endMs: 20_000 }).attempts[0]?.properties.has('tcp.result')).toBe(false);
    const longer = failedOpening('silent', { tcp: { syn: 3, last: START + 3_000_000_000n } });
    expect(attemptsOf([longer], { endMs: 20_000 }).attempts[0]?.properties.get('tcp.result')?.value).toBe('timeout');
  });

  it('one SYN at the end of the capture is not silence', () => {
    const once = failedOpening('silent', { tcp: { syn: 1, last: START } });
    expect(attemptsOf([once], { endMs: 100 }).attempts[0]?.properties.has('tcp.result')).toBe(false);
    // Of a capture without any answer nobody knows whether answers were recorded at all.
    expect(attemptsOf([once], { endMs: 10_000 }).attempts[0]?.properties.has('tcp.result')).toBe(false);
    const other = talk({ server: '192.0.2.11' }, request(), SCHEMES);
    const { attempts } = attemptsOf([once, other], { endMs: 10_000 });
    expect(attempts.map(({ properties }) => properties.get('tcp.result')?.value).sort()).toEqual(['open', 'timeout']);
    const oneWay = { ...once, unknown: ['server-side-missing'] as const };
    expect(attemptsOf([oneWay], { endMs: 10_000 }).attempts[0]?.properties.has('tcp.result')).toBe(false);
  });

  it.each([
    [0, 'no-route', 'route-missing'],
    [1, 'host-unreachable', 'route-missing'],
    [13, 'prohibited', 'winrm-firewall'],
  ])('ICMP code %i is %s', (code, route, cause) => {
    const { attempts } = attemptsOf([failedOpening('unreachable')], { unreachable: [icmp(code)] });
    expect(attempts[0]?.properties.get('route.result')?.value).toBe(route);
    expect(attempts.map(verdictOf)).toMatchObject([{ failed: 'route', cause }]);
  });

  it('ICMP about somebody else’s packets is not of this attempt', () => {
    const { attempts } = attemptsOf([failedOpening('unreachable')], {
      unreachable: [{ ...icmp(1), about: { ...icmp(1).about, destination: '192.0.2.99' } }],
    });
    expect(attempts[0]?.properties.has('route.result')).toBe(false);
  });

  it('one direction alone gives no failure', () => {
    const half = talk({ unknown: ['server-side-missing'], tcp: { opening: 'unknown', synAck: 0 } }, request(), request());
    expect(verdictOf(attemptOf(half))).toMatchObject({ failed: '', cause: undefined });
  });
});

describe('TLS', () => {
  const https = (...said: Parameters<typeof talk>[1][]) => talk({ port: 5986 }, hello(), ...said);

  it('a client that does not know the CA', () => {
    const attempt = attemptOf(https(SERVER_HELLO, alert('client', 48)));
    expect(properties(attempt)).toMatchObject({
      'tls.result': 'ok',
      'tls.trust': 'unknown-issuer',
      'target.transport': 'https',
      'tls.version': 'TLSv1.2',
    });
    expect(verdictOf(attempt)).toMatchObject({ failed: 'tls', cause: 'tls-untrusted-issuer' });
  });

  it.each([
    [45, 'tls-certificate-dates'],
    [44, 'tls-certificate-unfit'],
  ])('alert %i of a client names the problem', (description, cause) => {
    expect(verdictOf(attemptOf(https(SERVER_HELLO, alert('client', description))))).toMatchObject({ failed: 'tls', cause });
  });

  it('alert 42 leaves it open', () => {
    const attempt = attemptOf(https(SERVER_HELLO, alert('client', 42)));
    expect(attempt.properties.has('tls.trust')).toBe(false);
    expect(verdictOf(attempt)).toMatchObject({ failed: 'tls', cause: undefined, grade: 'inconclusive' });
  });

  it('alerts of the server, and of a client that refuses what it chose', () => {
    expect(verdictOf(attemptOf(https(alert('server', 40))))).toMatchObject({ failed: 'tls', cause: 'tls-no-common-cipher' });
    expect(properties(attemptOf(https(SERVER_HELLO, alert('client', 70))))).toMatchObject({ 'tls.result': 'unsupported' });
    const warned = attemptOf(
      https(
        alert('server', 112, 1),
        SERVER_HELLO,
        tls('client', { kind: 'application-data' }),
        tls('server', { kind: 'application-data' }),
      ),
    );
    expect(properties(warned)).toMatchObject({ 'tls.result': 'ok' });
    expect(alertName(112)).toBe('112 unrecognized_name');
    expect(alertName(200)).toBe('200');
  });

  it('works with an older version, or with none', () => {
    const failed = (version: string, at: number) => talk({ port: 5986, at }, hello(version), alert('server', 70));
    const older = attemptOf(
      failed('TLSv1.3', 0),
      talk(
        { port: 5986, at: 100 },
        hello('TLSv1.1'),
        tls('server', { kind: 'server-hello', version: 'TLSv1.1', cipherSuite: 1, helloRetry: false }),
      ),
    );
    expect(properties(older)).toMatchObject({ 'tls.result': 'alert', 'tls.alert': '70', 'tls.worksWith': 'TLSv1.1' });
    expect(properties(attemptOf(failed('TLSv1.3', 0), failed('TLSv1.2', 100)))['tls.worksWith']).toBe('');
    expect(attemptOf(failed('TLSv1.3', 0)).properties.has('tls.worksWith')).toBe(false);
  });

  it('everything above is not visible, and no cause', () => {
    const attempt = attemptOf(
      https(SERVER_HELLO, tls('client', { kind: 'application-data' }), tls('server', { kind: 'application-data' })),
    );
    expect(attempt.rungs.map(({ name, verdict }) => [name, verdict]).slice(3)).toEqual([
      ['tls', 'passed'],
      ...['http', 'wsman', 'schemes', 'login', 'rights', 'namespace', 'role'].map((name) => [name, 'skipped']),
    ]);
    expect(attempt.notChecked.length).toBeGreaterThan(5);
    expect(verdictOf(attempt)).toMatchObject({ failed: '', cause: undefined });
  });

  it('plain HTTP in answer, and TLS on a port asked in plain HTTP', () => {
    const plain = attemptOf(https(tls('server', { kind: 'not-this', looksLike: 'http' } as never)));
    expect(verdictOf(plain)).toEqual({ failed: 'tls', cause: 'transport-mismatch', grade: 'confirmed' });
    const clear = attemptOf(
      talk({ port: 5986, tcp: { fin: { client: 0, server: 0 }, rst: { client: 0, server: 1 } } }, request()),
      talk({ port: 5986, at: 100 }, hello(), SERVER_HELLO),
    );
    expect(properties(clear)).toMatchObject({ 'target.transport': 'http', 'tls.result': 'ok', 'http.result': 'reset' });
    expect(verdictOf(clear)).toEqual({ failed: 'http', cause: 'transport-mismatch', grade: 'confirmed' });
  });
});

describe('grouping', () => {
  const login = (at: number, account = type3('alice', 'CORP'), answer = SCHEMES) => talk({ at }, ...ntlmLogin(account, answer));

  it('connections of one program are one attempt; a pause, another account or outcome begins another', () => {
    expect(attemptsOf([talk({}, request(), SCHEMES), login(1000), login(2000)]).attempts).toHaveLength(1);
    expect(attemptsOf([login(0), login(1000, type3('bob', 'CORP'))]).attempts).toHaveLength(2);
    expect(
      attemptsOf([login(0), login(1000, type3('alice', 'CORP'), response(200))]).attempts.map((each) => verdictOf(each).failed),
    ).toEqual(['login', '']);
    expect(attemptsOf([failedOpening('refused'), login(60_000, type3('alice', 'CORP'), response(200))]).attempts).toHaveLength(2);
  });

  it('folds equal ones and counts them; another client or outcome stays', () => {
    const rejected = [request(basic('bob')), response(401, offers('Basic'))] as const;
    const many = Array.from({ length: 300 }, (_, n) => talk({ at: n * 200_000 }, ...rejected));
    const { attempts, notes } = attemptsOf([...many, talk({ at: 400_000, client: '192.0.2.51' }, ...rejected)]);
    expect(attempts).toHaveLength(2);
    expect(notes).toMatchObject([{ kind: 'folded', attempt: 0, count: 299 }]);
  });

  it('finds the one that is different among thousands', () => {
    const many = Array.from({ length: 3000 }, (_, n) => talk({ at: n * 200_000 }, request(), SCHEMES));
    const { attempts, notes } = attemptsOf([...many, failedOpening('refused', { at: 3000 * 200_000 })]);
    expect(attempts.map((each) => verdictOf(each).failed)).toEqual(['', 'tcp']);
    expect(notes).toMatchObject([
      { kind: 'folded', attempt: 0, count: 999 },
      { kind: 'left-out', count: 2000 },
    ]);
  });

  it('keeps failed attempts when there are more than are told', () => {
    const servers = Array.from({ length: 400 }, (_, n) => failedOpening('refused', { server: `198.51.100.${n % 200}`, at: n * 300_000 }));
    const fine = Array.from({ length: 250 }, (_, n) => talk({ server: `203.0.113.${n}`, at: n }, request(), SCHEMES));
    const { attempts, notes } = attemptsOf([...fine, ...servers]);
    expect(attempts).toHaveLength(200);
    expect(attempts.every((each) => verdictOf(each).failed === 'tcp')).toBe(true);
    expect(notes.find(({ kind }) => kind === 'left-out')?.count).toBe(250);
  });

  it('counts what was recorded at two places once', () => {
    const one = { ...login(0), isn: { client: 7, server: 8 } };
    const { attempts, notes } = attemptsOf([one, { ...one, stream: 99, messages: [], sameAs: one.stream }]);
    expect(attempts).toHaveLength(1);
    expect(notes).toMatchObject([{ kind: 'twice', count: 1 }]);
    expect(attempts[0]?.account?.checks).toBe(1);
  });
});

describe('following a stream', () => {
  it('tells what TCP did and what was said, in both languages', () => {
    const conversation = talk(
      {
        unknown: ['gap'],
        tcp: { retransmissions: 5, duplicates: 2, lost: 1, zeroWindow: 1, rst: { client: 0, server: 1 }, fin: { client: 0, server: 0 } },
      },
      request(),
      SCHEMES,
      request(undefined, BODY.sealed),
    );
    const told = followStream(conversation);
    const texts = told.map(({ text }) => text.en);
    expect(texts[0]).toMatch(/^SYN to 192\.0\.2\.10:5985$/);
    for (const part of [
      'accepted after 2 ms',
      'bytes are missing',
      '3 segments were sent again',
      '1 holes',
      'full receive buffer',
      'the server reset',
      '401 after 10 ms',
    ])
      expect(texts.some((text) => text.includes(part))).toBe(true);
    expect(told.every(({ text }) => text.ja !== '')).toBe(true);
    expect(followStream(failedOpening('silent')).map(({ text }) => text.en)).toContain('no answer to 5 SYN within 15000 ms');
  });
});
