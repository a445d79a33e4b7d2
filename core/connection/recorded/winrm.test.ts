import { describe, expect, it } from 'vitest';
import {
  attemptOf,
  attemptsOf,
  BODY,
  basic,
  datagrams,
  dns,
  kerberos,
  ntlmLogin,
  offers,
  properties,
  RESPONSE_BYTE,
  request,
  response,
  SCHEMES,
  START,
  soap,
  talk,
  type2,
  type3,
  verdictOf,
} from './test-conversations.ts';

const ALICE = type3('alice', 'CORP');
const fault = (code: number) =>
  soap({ body: 'Fault', fault: { codes: [code], wsmanCode: code, soapCode: 'Sender', soapSubcode: 'AccessDenied' } });
const rungs = (attempt: ReturnType<typeof attemptOf>) => Object.fromEntries(attempt.rungs.map(({ name, verdict }) => [name, verdict]));

describe('both cases of the troubleshooting guide', () => {
  it.each([401, 500])('login accepted, then %i to a clear body: AllowUnencrypted', (status) => {
    const attempt = attemptOf(
      talk({}, request(undefined, soap()), SCHEMES, ...ntlmLogin(ALICE, response(200)), request(undefined, soap()), response(status)),
    );
    expect(properties(attempt)).toMatchObject({
      'login.result': 'accepted',
      'request.clear': 'true',
      'client.seals': 'false',
      'request.result': 'status',
      'request.status': String(status),
      'request.body': 'empty',
    });
    expect(verdictOf(attempt)).toEqual({ failed: 'rights', cause: 'winrm-allowunencrypted-false', grade: 'likely' });
  });

  it('401 to the last token: the login, with user and domain as they were sent', () => {
    const attempt = attemptOf(talk({}, request(undefined, soap()), SCHEMES, ...ntlmLogin(ALICE, SCHEMES)));
    expect(properties(attempt)).toMatchObject({
      'login.result': 'rejected',
      'login.step': 'last',
      'login.token': 'false',
      'user.domainIs': 'domain',
    });
    expect(attempt.account).toMatchObject({
      typed: 'CORP\\alice',
      sent: { user: 'alice', domain: 'CORP', workstation: 'SCANNER' },
      checks: 1,
    });
    expect(verdictOf(attempt)).toEqual({ failed: 'login', cause: 'login-rejected', grade: 'likely' });
  });
});

describe('logins', () => {
  it('sees user and domain in each other’s field', () => {
    const attempt = attemptOf(talk({}, ...ntlmLogin(type3('CORP', 'alice'), SCHEMES)));
    expect(properties(attempt)).toMatchObject({ 'user.swapped': 'true', 'user.domainIs': 'other' });
    expect(verdictOf(attempt).cause).toBe('username-form');
  });

  it('concludes nothing from names that a redaction took out', () => {
    const message = type3('xxxxx', 'xxxx', 64, 'xxxxxxx');
    const blanked = attemptOf(talk({}, ...ntlmLogin(type3('\0\0\0\0\0', '\0\0\0\0', 64, '\0\0'), SCHEMES)));
    expect(blanked.properties.has('user.domainIs')).toBe(false);
    const attempt = attemptOf(talk({}, ...ntlmLogin(message, SCHEMES)));
    for (const name of ['user.form', 'user.domainIs', 'user.isLocal', 'user.swapped'] as const)
      expect(attempt.properties.has(name)).toBe(false);
    expect(verdictOf(attempt)).toEqual({ failed: 'login', cause: 'login-rejected', grade: 'likely' });
    // A user who is called so, of a domain with a name.
    expect(properties(attemptOf(talk({}, ...ntlmLogin(type3('xxxxx', 'CORP'), SCHEMES))))).toMatchObject({ 'user.domainIs': 'domain' });
  });

  it('tells a local account, a workgroup, and NTLM version 1', () => {
    const local = properties(attemptOf(talk({}, ...ntlmLogin(type3('admin', 'HV01'), response(200), type2({ domain: 'HV01' })))));
    expect(local).toMatchObject({ 'user.isLocal': 'true', 'user.hostInDomain': 'false', 'user.domainIs': 'computer' });
    const old = attemptOf(talk({}, ...ntlmLogin(type3('alice', 'CORP', 24), SCHEMES)));
    expect(old.properties.get('ntlm.response')?.value).toBe('v1');
    expect(verdictOf(old).cause).toBe('lm-compat-mismatch');
  });

  it('never says that a form of the name was proven: nobody knows whether the password was the same', () => {
    const { attempts } = attemptsOf([
      talk({}, ...ntlmLogin(type3('alice', ''), SCHEMES)),
      talk({ at: 1000 }, ...ntlmLogin(ALICE, response(200))),
    ]);
    expect(attempts.map(({ account }) => account?.typed)).toEqual(['alice', 'CORP\\alice']);
    for (const attempt of attempts) expect(attempt.properties.has('user.acceptedForm')).toBe(false);
  });

  it('takes the challenge’s clock against that of the capture', () => {
    const attempt = attemptOf(talk({}, ...ntlmLogin(ALICE, response(200), type2({ skewSeconds: -900 }))));
    expect(Number(attempt.properties.get('clock.skewSeconds')?.value)).toBe(-900);
    expect(attempt.portrait).toMatchObject({ computerName: 'HV01', build: '10.0.20348', clock: { from: 'ntlm' } });
  });

  it('does not take the first token for a login', () => {
    const attempt = attemptOf(talk({}, ...ntlmLogin(ALICE, response(200)).slice(0, 2)));
    expect(attempt.properties.has('login.result')).toBe(false);
    expect(attempt.properties.has('client.scheme')).toBe(false);
    expect(attempt.portrait.computerName).toBe('HV01');
  });

  it('Basic: offered and rejected, not offered, accepted; the password is not there to be shown', () => {
    const body = soap();
    const rejected = attemptOf(talk({}, request(basic('bob'), body), response(401, offers('Basic'))));
    expect(properties(rejected)).toMatchObject({ 'login.result': 'rejected', 'client.scheme': 'Basic', 'schemes.usable': 'true' });
    const off = attemptOf(talk({}, request(basic('bob'), body), SCHEMES));
    expect(properties(off)).toMatchObject({ 'login.result': 'refused-scheme', 'schemes.usable': 'false' });
    expect(verdictOf(off)).toEqual({ failed: 'schemes', cause: 'winrm-basic-disabled', grade: 'confirmed' });
    const fine = attemptOf(talk({}, request(basic('bob'), body), response(200, [], soap({ body: 'EnumerateResponse' }))));
    expect(properties(fine)).toMatchObject({ 'login.result': 'accepted', 'request.result': 'ok', 'request.clear': 'true' });
    expect(verdictOf(fine)).toMatchObject({ failed: '', cause: undefined });
  });

  it('CredSSP refused within its handshake', () => {
    const raw = Uint8Array.of(22, 3, 3, 0, 0);
    const token = {
      scheme: 'CredSSP',
      proxy: false,
      tokenChars: 8,
      token: { raw, kind: 'unknown' as const },
      tls: { contentType: 22, version: 'TLSv1.2' },
    };
    const attempt = attemptOf(
      talk(
        {},
        request(),
        response(401, offers('CredSSP')),
        request(token),
        response(401, [token]),
        request(token),
        response(401, offers('CredSSP')),
      ),
    );
    expect(properties(attempt)).toMatchObject({ 'client.scheme': 'CredSSP', 'login.result': 'rejected', 'login.step': 'tls' });
    expect(attempt.properties.has('login.mechanism')).toBe(false);
  });

  it('a login that breaks off is dropped; one that the capture does not end is not known', () => {
    const login = ntlmLogin(ALICE, response(200)).slice(0, 3);
    const reset = attemptOf(talk({ tcp: { rst: { client: 0, server: 1 }, fin: { client: 0, server: 0 } } }, ...login));
    expect(properties(reset)).toMatchObject({ 'login.result': 'dropped' });
    const cut = attemptOf(talk({ unknown: ['cut'], tcp: { fin: { client: 0, server: 0 } } }, ...login));
    expect(cut.properties.has('login.result')).toBe(false);
    expect(verdictOf(cut)).toMatchObject({ failed: '', cause: undefined });
  });
});

describe('operations', () => {
  const after = (...said: Parameters<typeof talk>[1][]) => attemptOf(talk({}, ...ntlmLogin(ALICE, response(200)), ...said));

  it('sealed: served or not is all that is known', () => {
    const fine = after(request(undefined, BODY.sealed), response(200, [], BODY.sealed));
    expect(properties(fine)).toMatchObject({ 'request.result': 'ok', 'request.clear': 'false', 'client.seals': 'true' });
    expect(rungs(fine)).toMatchObject({ rights: 'passed', namespace: 'skipped', role: 'skipped' });
    expect(verdictOf(fine)).toMatchObject({ failed: '', cause: undefined });
    const bad = after(request(undefined, BODY.sealed), response(500, [], BODY.sealed));
    expect(bad.properties.has('request.result')).toBe(false);
    expect(verdictOf(bad)).toEqual({ failed: 'rights', cause: undefined, grade: 'inconclusive' });
    const later = after(
      request(undefined, BODY.sealed),
      response(500, [], BODY.sealed),
      request(undefined, BODY.sealed),
      response(200, [], BODY.sealed),
    );
    expect(rungs(later).rights).toBe('passed');
  });

  it('a sealed answer to a clear body does not speak of AllowUnencrypted', () => {
    const attempt = attemptOf(talk({}, ...ntlmLogin(ALICE, response(500, [], BODY.sealed), type2(), soap())));
    expect(attempt.properties.has('request.clear')).toBe(false);
    expect(verdictOf(attempt).cause).toBeUndefined();
  });

  it('access denied, quotas, and a time-out that is no error', () => {
    const denied = after(request(undefined, soap()), response(500, [], fault(5)));
    expect(properties(denied)).toMatchObject({ 'request.result': 'denied', 'request.fault': '0x5' });
    expect(verdictOf(denied).cause).toBe('not-admin');
    expect(verdictOf(after(request(undefined, soap()), response(500, [], fault(0x803381a6)))).cause).toBe('winrm-quota');
    const repeated = after(
      request(undefined, soap()),
      response(500, [], fault(0x80338029)),
      request(undefined, soap()),
      response(200, [], soap({ body: 'PullResponse' })),
    );
    expect(properties(repeated)).toMatchObject({ 'request.result': 'ok', 'fault.codes': '' });
    expect(verdictOf(repeated)).toMatchObject({ failed: '', cause: undefined });
  });

  it('413 and Identify, which needs no right', () => {
    const identity = soap({
      body: 'IdentifyResponse',
      identity: { vendor: 'Microsoft Corporation', product: 'OS: 10.0.20348', protocol: '' },
    });
    const attempt = after(
      request(undefined, soap({ action: '', body: 'Identify' })),
      response(200, [], identity),
      request(undefined, BODY.sealed),
      response(413),
    );
    expect(properties(attempt)).toMatchObject({ 'limit.status': '413', 'request.status': '413', 'wsman.result': 'identified' });
    expect(verdictOf(attempt)).toMatchObject({ failed: 'rights', cause: 'envelope-too-large' });
    expect(rungs(after(request(undefined, soap({ action: '', body: 'Identify' })), response(200, [], identity))).rights).toBe('skipped');
  });

  it('a namespace that WMI refuses', () => {
    const asked = soap({ resourceUri: 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/virtualization/v2/*' });
    const attempt = after(request(undefined, asked), response(500, [], fault(0x80338104)));
    expect(properties(attempt)).toMatchObject({
      'request.result': 'ok',
      'namespace.name': 'root/virtualization/v2',
      'namespace.result': 'denied',
    });
    expect(verdictOf(attempt)).toMatchObject({ failed: 'namespace' });
  });
});

describe('HTTP', () => {
  it('404, 503 and another web server', () => {
    expect(verdictOf(attemptOf(talk({}, request(), response(404))))).toMatchObject({ failed: 'wsman', cause: 'winrm-url-prefix' });
    expect(verdictOf(attemptOf(talk({}, request(), response(503))))).toMatchObject({ failed: 'wsman', cause: 'winrm-queue-unavailable' });
    const nginx = attemptOf(talk({ port: 80 }, request(), response(405, [], BODY.html, { server: 'nginx' })));
    expect(verdictOf(nginx)).toEqual({ failed: 'http', cause: 'winrm-port80-conflict', grade: 'confirmed' });
  });

  it('a service open to everybody is no other web server', () => {
    const attempt = attemptOf(talk({}, request(undefined, soap()), response(200, [], soap({ body: 'X_OUTPUT' }), { server: '' })));
    expect(attempt.properties.has('http.status')).toBe(false);
    expect(verdictOf(attempt)).toMatchObject({ failed: '', cause: undefined });
  });

  it('web pages are no attempt, and a browser on the port says nothing of WS-Management', () => {
    expect(
      attemptsOf([talk({ port: 80 }, request(undefined, BODY.empty, { target: '/', method: 'GET' }), response(404))]).attempts,
    ).toEqual([]);
    const get = attemptOf(talk({}, request(undefined, BODY.empty, { target: '/', method: 'GET' }), response(404)));
    expect(verdictOf(get)).toMatchObject({ failed: '', cause: undefined });
  });

  it.each([
    ['reset', { rst: { client: 0, server: 1 }, fin: { client: 0, server: 0 } }],
    ['closed', { rst: { client: 0, server: 0 }, fin: { client: 0, server: 1 } }],
  ] as const)('no answer: %s', (how, tcp) => {
    const attempt = attemptOf(talk({ tcp }, request()));
    expect(properties(attempt)['http.result']).toBe(how);
    expect(verdictOf(attempt)).toMatchObject({ failed: 'http', cause: 'connection-broken' });
  });

  it.each(['gap', 'server-side-missing', 'sliced'] as const)('no answer in a capture with %s says nothing', (unknown) => {
    const attempt = attemptOf(talk({ unknown: [unknown], tcp: { rst: { client: 0, server: 1 } } }, request()));
    expect(attempt.properties.has('http.result')).toBe(false);
    expect(verdictOf(attempt)).toMatchObject({ failed: '', cause: undefined });
  });

  it('waits for an answer as long as the capture goes on', () => {
    const open = { tcp: { fin: { client: 0, server: 0 } } };
    expect(attemptsOf([talk(open, request())], { endMs: 2000 }).attempts[0]?.properties.has('http.result')).toBe(false);
    expect(attemptsOf([talk(open, request())], { endMs: 20_000 }).attempts[0]?.properties.get('http.result')?.value).toBe('timeout');
  });
});

describe('Kerberos beside', () => {
  const SPN = { type: 2, parts: ['HTTP', 'hv01.corp.example'] };
  const kdc = (at: number, ...said: Parameters<typeof talk>[1][]) => talk({ at, port: 88, server: '192.0.2.5' }, ...said);
  const krbError = (error: number, serverTime = Number(START / 1_000_000n)) =>
    kerberos('server', {
      kind: 'KRB-ERROR',
      error,
      serverTime,
      realm: 'CORP.EXAMPLE',
      service: SPN,
      preAuthentication: [],
      ntstatus: undefined,
    } as never);
  const tgs = kerberos('client', {
    kind: 'TGS-REQ',
    realm: 'CORP.EXAMPLE',
    service: SPN,
    etypes: [],
    preAuthentication: [],
    client: undefined,
  } as never);
  const asReq = kerberos('client', {
    kind: 'AS-REQ',
    realm: 'CORP.EXAMPLE',
    client: { type: 1, parts: ['alice'] },
    service: { type: 2, parts: ['krbtgt', 'CORP.EXAMPLE'] },
    etypes: [],
    preAuthentication: [],
  } as never);
  const asked = talk({}, request(), SCHEMES);

  it('an unknown service name of this host', () => {
    const attempt = attemptOf(asked, kdc(100, tgs, krbError(7)));
    expect(properties(attempt)).toMatchObject({
      'kerberos.stage': 'tgs',
      'kerberos.error': '7',
      'kerberos.spn': 'HTTP/hv01.corp.example',
      'login.step': 'kdc',
    });
    expect(verdictOf(attempt)).toEqual({ failed: 'login', cause: 'kerberos-spn-or-unsupported', grade: 'confirmed' });
  });

  it('a wrong password at the KDC, after the host named its schemes', () => {
    const attempt = attemptOf(asked, kdc(100, asReq, krbError(25), asReq, krbError(24)));
    expect(properties(attempt)).toMatchObject({ 'kerberos.error': '24', 'login.result': 'rejected' });
    expect(attempt.account?.typed).toBe('alice@CORP.EXAMPLE');
  });

  it('takes the clock of the KDC from its error', () => {
    const attempt = attemptOf(asked, kdc(100, tgs, krbError(37, Number(START / 1_000_000n) + 1_200_000)));
    expect(Number(properties(attempt)['clock.skewAbs'])).toBeGreaterThan(1190);
    expect(verdictOf(attempt)).toMatchObject({ cause: 'clock-skew', grade: 'confirmed' });
  });

  it('is not of this attempt: another host, another time, a login that was made', () => {
    const other = kerberos('client', {
      kind: 'TGS-REQ',
      realm: 'CORP.EXAMPLE',
      service: { type: 2, parts: ['HTTP', 'other.corp.example'] },
      etypes: [],
      preAuthentication: [],
      client: undefined,
    } as never);
    expect(attemptOf(asked, kdc(100, other, krbError(7))).properties.has('kerberos.error')).toBe(false);
    expect(attemptOf(asked, kdc(50_000, asReq, krbError(24))).properties.has('kerberos.error')).toBe(false);
    const ntlm = attemptOf(talk({}, request(), SCHEMES, ...ntlmLogin(ALICE, response(200))), kdc(100, asReq, krbError(24)));
    expect(ntlm.properties.has('kerberos.error')).toBe(false);
    expect(verdictOf(ntlm)).toMatchObject({ failed: '', cause: undefined });
  });
});

describe('names', () => {
  it('takes the name from the Host header and its look-up', () => {
    const lookUp = datagrams(
      53,
      { at: -50, server: '192.0.2.5' },
      dns('question', 'hv01.corp.example'),
      dns('answer', 'hv01.corp.example', { rcode: 0, answers: [{ name: 'hv01.corp.example', type: 1, value: '192.0.2.10' }] }),
    );
    const attempt = attemptOf(lookUp, talk({}, request(), SCHEMES));
    expect(attempt).toMatchObject({ host: 'hv01.corp.example', target: 'hv01.corp.example', from: 'capture' });
    expect(properties(attempt)).toMatchObject({ 'name.result': 'resolved', 'name.addresses': '192.0.2.10', 'target.kind': 'fqdn' });
  });

  it('does not know the kind of a target nobody named', () => {
    const attempt = attemptOf(talk({}, request(undefined, BODY.empty, { host: '' }), SCHEMES));
    expect(attempt.host).toBe('192.0.2.10');
    expect(attempt.properties.has('target.kind')).toBe(false);
    expect(attempt.properties.has('name.result')).toBe(false);
  });

  it('a name that was meant and that no server knows', () => {
    const lookUp = datagrams(53, { server: '192.0.2.5' }, dns('question', 'hv09'), dns('answer', 'hv09', { rcode: 3 }));
    expect(attemptsOf([lookUp]).attempts).toEqual([]);
    const { attempts } = attemptsOf([lookUp], { hosts: ['hv09'] });
    expect(attempts.map(verdictOf)).toEqual([{ failed: 'name', cause: 'name-not-found', grade: 'confirmed' }]);
  });

  it('two questions at once, for A and AAAA, are no repetition', () => {
    const pair = datagrams(53, { server: '192.0.2.5' }, dns('question', 'hv09'), dns('question', 'hv09', { type: 28 }));
    expect(attemptsOf([pair], { hosts: ['hv09'] }).attempts).toEqual([]);
  });
});

describe('what is shown', () => {
  it('gives each property the file and frame it was seen in', () => {
    const attempt = attemptOf(talk({}, request(), SCHEMES));
    expect(attempt.properties.get('schemes.offered')?.origin).toEqual({ sourceId: 'S1', path: 'case.pcap', frame: 5 });
    expect(attempt.properties.get('schemes.offered')?.time).toEqual({ kind: 'instant', at: START + 25_000_000n });
  });

  it('has words in both languages for each message and rung, and no response of NTLM', () => {
    const attempt = attemptOf(talk({}, request(undefined, soap()), SCHEMES, ...ntlmLogin(ALICE, SCHEMES)));
    const texts = [
      ...attempt.conversation.map(({ text }) => text),
      ...attempt.rungs.flatMap(({ tried, observed }) => [tried, observed]),
      ...attempt.notChecked,
    ];
    for (const { en, ja } of texts) expect(en !== '' && ja !== '').toBe(true);
    const shown = JSON.stringify(attempt, (_, value) => (typeof value === 'bigint' ? String(value) : value));
    const response = Buffer.alloc(64, RESPONSE_BYTE);
    for (const secret of [response.toString('hex'), response.toString('base64').slice(0, 40), 'TlRMTVNT'])
      expect(shown).not.toContain(secret);
    expect(attempt.conversation.some(({ bytes }) => bytes !== undefined)).toBe(false);
  });

  it('keeps nothing endless', () => {
    const long = 'x'.repeat(20_000);
    const attempt = attemptOf(
      talk(
        {},
        request(undefined, soap({ resourceUri: long })),
        response(401, offers(...Array.from({ length: 500 }, (_, n) => `${long}${n}`)), BODY.empty, { server: long }),
        ...ntlmLogin(type3(long, long), SCHEMES),
      ),
    );
    const longest = Math.max(...[...attempt.properties.values()].map(({ value }) => value.length));
    expect(longest).toBeLessThan(110_000);
    expect(attempt.account?.typed.length).toBeLessThan(1100);
    expect(attempt.portrait.server?.length).toBeLessThan(1100);
    expect(attempt.portrait.schemes).toHaveLength(100);
    for (const { text, fields } of attempt.conversation) {
      expect(text.en.length).toBeLessThan(1100);
      for (const [, value] of fields) expect(value.length).toBeLessThan(1100);
    }
  });

  it('names in notChecked what a capture cannot show', () => {
    const attempt = attemptOf(
      talk({}, ...ntlmLogin(ALICE, response(200)), request(undefined, BODY.sealed), response(200, [], BODY.sealed)),
    );
    expect(attempt.notChecked.map(({ en }) => en)).toEqual(expect.arrayContaining(['role: not visible here (shown by a live attempt)']));
  });
});
