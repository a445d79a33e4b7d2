import { credsspInitiator } from '@winmedic/credssp';
import { CLSID_WBEM_LEVEL1_LOGIN, IID_WBEM_LEVEL1_LOGIN, RpcConnection, remoteCreateInstance } from '@winmedic/dcerpc';
import { channelBindingHash, Secret, type SecurityContext, tlsServerEndPoint } from '@winmedic/gss';
import { NEGOTIATE_FLAGS, type NtlmInitiator, ntlmInitiator, parseNtlmMessage } from '@winmedic/ntlm';
import { ACTION, isSealedType, MUTUAL_PROFILE, parseEnvelope, RESOURCE, readInstanceAnswer, sealBody, unsealBody } from '@winmedic/wsman';
import { describe, expect, it } from 'vitest';
import { dial } from '../dcom-host/test-dial.ts';
import { type AccountSpec, type HostDouble, issueCertificate, NTSTATUS, type WindowsHostSpec } from './index.ts';
import { requestOf } from './test-ask.ts';
import { login, withHost } from './test-http.ts';

const PASSWORD = 'Unit-Passw0rd!';
const alice: AccountSpec = { user: 'alice', domain: 'CORP', password: PASSWORD, upn: 'alice@corp.example' };
const local: AccountSpec = { user: 'operator', domain: 'HV01', password: PASSWORD };
const accounts = [alice, local];
const HTTPS: WindowsHostSpec = { accounts, listeners: [{ transport: 'HTTPS' }] };
const config = requestOf(ACTION.get, RESOURCE.config, { kind: 'get' });
const SOAP = { 'Content-Type': 'application/soap+xml;charset=UTF-8' };

type Options = Partial<Parameters<typeof ntlmInitiator>[0]> & {
  readonly user?: string;
  readonly domain?: string;
  readonly password?: string;
};

function ntlm({ user = 'alice', domain = 'CORP', password = PASSWORD, ...options }: Options = {}): NtlmInitiator {
  return ntlmInitiator({ credential: { user, domain, password: new Secret(password) }, ...options });
}

const basic = (user: string, password = PASSWORD) => ({ Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` });
const statuses = (host: HostDouble) => host.counters.logons.map((logon) => logon.status);

describe('schemes', () => {
  it('are Negotiate and Kerberos by default, each on a line of its own', async () => {
    await withHost({}, async (_, http) => {
      const got = await http.post();
      expect([got.status, got.challenges, got.headers.server]).toEqual([401, ['Negotiate', 'Kerberos'], 'Microsoft-HTTPAPI/2.0']);
    });
  });

  it('are those that are enabled', async () => {
    await withHost({ auth: { basic: true, credSsp: true, kerberos: false } }, async (_, http) => {
      expect((await http.post()).challenges).toEqual(['Negotiate', 'Basic realm="WSMAN"', 'CredSSP']);
      expect((await http.post({ headers: { Authorization: 'Kerberos YII=' } })).status).toBe(401);
      expect((await http.post({ headers: { Authorization: 'Negotiate !!!' } })).status).toBe(401);
    });
  });
});

describe('NTLM', () => {
  it('logs in, seals both ways and stays with the connection', async () => {
    await withHost({ accounts }, async (host, http) => {
      const context = ntlm();
      expect((await login(http, context)).status).toBe(200);
      for (let i = 0; i < 3; i++) {
        const sealed = sealBody(context.protection, 'Negotiate', Buffer.from(config));
        const got = await http.post({ headers: { 'Content-Type': sealed.contentType }, body: sealed.body });
        const type = got.headers['content-type'] ?? '';
        expect([got.status, isSealedType(type)]).toEqual([200, true]);
        const clear = unsealBody(type, got.body, context.protection);
        expect(readInstanceAnswer(parseEnvelope(clear)).class).toBe('Config');
      }
      expect(host.counters).toMatchObject({ connections: 1, clearBodies: 0, requests: 5 });
      expect([...host.counters.checks]).toEqual([['corp\\alice', { tried: 1, failed: 0 }]]);
    });
  });

  it('tells names, build and clock of the host in its challenge', async () => {
    await withHost({ accounts, clockSkewSeconds: 900, build: '10.0.17763' }, async (_, http) => {
      const first = await ntlm().step();
      const got = await http.post({ headers: { Authorization: `Negotiate ${Buffer.from(first ?? []).toString('base64')}` } });
      const message = parseNtlmMessage(new Uint8Array(Buffer.from(got.challenges[0]?.slice(10) ?? '', 'base64')));
      expect(message).toMatchObject({ kind: 'challenge', version: { major: 10, build: 17763 } });
      expect(JSON.stringify(message, (_, value) => (typeof value === 'bigint' ? String(value) : value))).toContain('hv01.corp.example');
    });
  });

  it('answers a tampered body with 400 and ends the connection', async () => {
    await withHost({ accounts }, async (host, http) => {
      const context = ntlm();
      await login(http, context);
      const sealed = sealBody(context.protection, 'Negotiate', Buffer.from(config));
      const body = new Uint8Array(sealed.body);
      body[body.length - 40] = (body[body.length - 40] as number) ^ 1;
      const got = await http.post({ headers: { 'Content-Type': sealed.contentType }, body });
      expect([got.status, got.headers.connection]).toEqual([400, 'close']);
      expect((await http.post()).status).toBe(401);
      expect(host.counters.connections).toBe(2);
    });
  });

  it.each([
    [500, []],
    [401, ['Negotiate', 'Kerberos']],
  ] as const)('clear SOAP after a good login gets %i without a body', async (status, challenges) => {
    await withHost({ accounts, auth: { clearBodyStatus: status } }, async (host, http) => {
      await login(http, ntlm());
      const got = await http.post({ headers: SOAP, body: config });
      expect([got.status, got.body.length, got.challenges]).toEqual([status, 0, challenges]);
      expect(host.counters.clearBodies).toBe(1);
    });
  });

  it('clear SOAP is taken with AllowUnencrypted and over HTTPS', async () => {
    for (const spec of [{ accounts, auth: { allowUnencrypted: true } }, HTTPS])
      await withHost(spec, async (_, connection) => {
        await login(connection, ntlm());
        expect((await connection.post({ headers: SOAP, body: config })).status).toBe(200);
      });
  });

  it.each([
    [{ user: 'alice', domain: 'CORP' }, 0],
    [{ user: 'ALICE', domain: 'corp.example' }, 0],
    [{ user: 'alice@corp.example', domain: '' }, 0],
    [{ user: 'alice', domain: '' }, 0],
    [{ user: 'operator', domain: 'HV01' }, 0],
    [{ user: 'operator', domain: '' }, 0],
    [{ user: 'operator', domain: '.' }, 0],
    [{ user: 'operator', domain: 'CORP' }, NTSTATUS.noSuchUser],
    [{ user: 'CORP', domain: 'alice' }, NTSTATUS.noSuchUser],
    [{ user: 'alice', domain: 'HV01' }, NTSTATUS.noSuchUser],
    [{ user: 'alice', domain: 'OTHER' }, NTSTATUS.noSuchUser],
    [{ user: 'alice', domain: 'CORP', password: 'wrong' }, NTSTATUS.wrongPassword],
  ])('%j gives %i', async (who, status) => {
    await withHost({ accounts }, async (host, http) => {
      const got = await login(http, ntlm(who));
      expect([got.status, statuses(host)]).toEqual([status === 0 ? 200 : 401, [status]]);
      if (status !== 0) expect(got.challenges).toEqual(['Negotiate', 'Kerberos']);
      const key = `${who.domain}\\${who.user}`.toLowerCase();
      expect([...host.counters.checks]).toEqual([[key, { tried: 1, failed: status === 0 ? 0 : 1 }]]);
    });
  });

  it('an unknown domain is refused when the host is set so', async () => {
    await withHost({ accounts, auth: { unknownDomain: 'refuse' } }, async (_, http) => {
      expect((await login(http, ntlm({ user: 'operator', domain: '.' }))).status).toBe(401);
    });
  });

  it.each([
    ['disabled', NTSTATUS.disabled],
    ['locked', NTSTATUS.lockedOut],
    ['expired', NTSTATUS.accountExpired],
    ['must-change', NTSTATUS.mustChange],
  ] as const)('an account that is %s is refused with the right password', async (state, status) => {
    await withHost({ accounts: [{ ...alice, state }] }, async (host, http) => {
      expect((await login(http, ntlm())).status).toBe(401);
      expect(statuses(host)).toEqual([status]);
    });
  });

  it('bad passwords lock the account, and the right one helps no more', async () => {
    await withHost({ accounts: [{ ...alice, lockoutThreshold: 3 }] }, async (host, http) => {
      for (let i = 0; i < 3; i++) await login(http, ntlm({ password: 'wrong' }));
      expect((await login(http, ntlm())).status).toBe(401);
      const { wrongPassword, lockedOut } = NTSTATUS;
      expect(statuses(host)).toEqual([wrongPassword, wrongPassword, wrongPassword, lockedOut]);
      expect(host.counters.checks.get('corp\\alice')).toEqual({ tried: 4, failed: 4 });
    });
  });

  it('the type 1 message is answered without a token when NTLM is blocked', async () => {
    await withHost({ accounts, auth: { ntlmBlocked: true } }, async (host, http) => {
      const got = await login(http, ntlm());
      expect([got.status, got.challenges]).toEqual([401, ['Negotiate', 'Kerberos']]);
      expect(host.counters.checks.size).toBe(0);
    });
  });

  it('the challenge of a weak host lacks 128-bit keys and extended session security', async () => {
    await withHost({ accounts, auth: { ntlmStrong: false } }, async (_, http) => {
      const weak = ntlm();
      expect((await login(http, weak)).status).toBe(200);
      const {
        NTLMSSP_NEGOTIATE_128: keys128,
        NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY: ess,
        NTLMSSP_NEGOTIATE_NTLM: always,
      } = NEGOTIATE_FLAGS;
      expect((weak.challenge?.flags ?? 0) & (keys128 | ess | always)).toBe(always);
      await expect(login(http, ntlm({ requireEss: true }))).rejects.toMatchObject({ code: 'NTLM_WEAK' });
    });
  });

  it('NTLMv1 is refused at level 5 and taken at level 3', async () => {
    for (const [level, status] of [
      [5, 401],
      [3, 200],
    ] as const)
      await withHost({ accounts, auth: { lmCompatibilityLevel: level } }, async (_, http) => {
        expect((await login(http, ntlm({ level: 2 }))).status).toBe(status);
      });
  });
});

describe('CredSSP', () => {
  const spec: WindowsHostSpec = { accounts: [alice, { ...local, state: 'must-change' }], auth: { credSsp: true } };
  const delegate = (user: string, domain: string, password = PASSWORD): SecurityContext => {
    const credential = { user, domain, password: new Secret(password) };
    return credsspInitiator({ credential, context: () => ntlmInitiator({ credential }) });
  };

  it('logs in with one check of the password and seals', async () => {
    await withHost(spec, async (host, http) => {
      const context = delegate('alice', 'CORP');
      expect((await login(http, context, 'CredSSP')).status).toBe(200);
      const sealed = sealBody(context.protection, 'CredSSP', Buffer.from(config));
      const got = await http.post({ headers: { 'Content-Type': sealed.contentType }, body: sealed.body });
      const clear = unsealBody(got.headers['content-type'] ?? '', got.body, context.protection);
      expect(readInstanceAnswer(parseEnvelope(clear)).class).toBe('Config');
      expect([...host.counters.checks]).toEqual([['corp\\alice', { tried: 1, failed: 0 }]]);
    });
  });

  it.each([
    ['alice', 'CORP', 'wrong', NTSTATUS.logonFailure, NTSTATUS.wrongPassword],
    ['nobody', 'CORP', PASSWORD, NTSTATUS.logonFailure, NTSTATUS.noSuchUser],
    ['operator', 'HV01', PASSWORD, NTSTATUS.mustChange, NTSTATUS.mustChange],
  ])('%s\\%s with %s is refused with the status the client may know', async (user, domain, password, told, logged) => {
    await withHost(spec, async (host, http) => {
      const ended = await login(http, delegate(user, domain, password), 'CredSSP').catch((error: unknown) => error);
      expect(ended).toMatchObject({ code: 'CREDSSP_ERROR_CODE', ntstatus: told });
      expect(statuses(host)).toEqual([logged]);
    });
  });
});

describe('CredSSP that ends early', () => {
  const credential = { user: 'alice', domain: 'CORP', password: new Secret(PASSWORD) };
  it.each([
    ['tls', 1],
    ['negotiate', 3],
  ] as const)('at %s gets 401 without a token, and no password was checked', async (credSspStops, requests) => {
    await withHost({ accounts, auth: { credSsp: true, credSspStops } }, async (host, http) => {
      const got = await login(http, credsspInitiator({ credential, context: () => ntlmInitiator({ credential }) }), 'CredSSP');
      expect([got.status, got.challenges, host.counters.requests]).toEqual([401, ['Negotiate', 'Kerberos', 'CredSSP'], requests]);
      expect(host.counters.checks.size).toBe(0);
    });
  });
});

describe('DCOM', () => {
  it('checks the same accounts and counts in the same place', async () => {
    await withHost({ accounts: [alice, { ...local, rights: 'filtered' }], dcom: {} }, async (host) => {
      const activate = async (context: SecurityContext) => {
        const connection = new RpcConnection(await dial(host.address, host.dcomPort ?? 0));
        const auth = { type: 'ntlm', level: 'privacy', context } as const;
        const reply = await remoteCreateInstance(connection, { clsid: CLSID_WBEM_LEVEL1_LOGIN, iids: [IID_WBEM_LEVEL1_LOGIN], auth });
        connection.close();
        return reply.hresult;
      };
      expect(await activate(ntlm())).toBe(0);
      expect(await activate(ntlm({ user: 'operator', domain: 'HV01' }))).toBe(0x80070005);
      await expect(activate(ntlm({ password: 'wrong' }))).rejects.toThrow();
      expect([...host.counters.checks]).toEqual([
        ['corp\\alice', { tried: 2, failed: 1 }],
        ['hv01\\operator', { tried: 1, failed: 0 }],
      ]);
    });
  });
});

describe('channel binding', () => {
  const bound = (host: HostDouble): Uint8Array =>
    channelBindingHash(tlsServerEndPoint(host.listeners[0]?.certificate ?? new Uint8Array()) ?? new Uint8Array());
  it.each([
    ['Strict', 'right', 200],
    ['Strict', 'none', 401],
    ['Strict', 'wrong', 401],
    ['Relaxed', 'right', 200],
    ['Relaxed', 'none', 200],
    ['Relaxed', 'wrong', 401],
    ['None', 'wrong', 200],
  ] as const)('%s, a binding that is %s: %i', async (level, binding, status) => {
    await withHost({ ...HTTPS, auth: { cbtHardeningLevel: level } }, async (host, https) => {
      const channelBindings = { right: bound(host), wrong: new Uint8Array(16).fill(7), none: undefined }[binding];
      const got = await login(https, ntlm(channelBindings === undefined ? {} : { channelBindings }));
      expect(got.status).toBe(status);
      expect(statuses(host)).toEqual([status === 200 ? 0 : NTSTATUS.badBindings]);
    });
  });
});

describe('Basic', () => {
  const spec: WindowsHostSpec = { accounts, auth: { basic: true }, listeners: [{ transport: 'HTTPS' }] };

  it('is for local accounts', async () => {
    await withHost(spec, async (host, https) => {
      for (const [user, status] of [
        ['operator', 200],
        ['HV01\\operator', 200],
        ['CORP\\alice', 401],
        ['alice@corp.example', 401],
      ] as const)
        expect([user, (await https.post({ headers: { ...basic(user), ...SOAP }, body: config })).status]).toEqual([user, status]);
      expect([...host.counters.checks.values()].map((count) => count.tried)).toEqual([1, 1, 1, 1]);
    });
  });

  it('checks the same header once on a connection, and a wrong one each time', async () => {
    await withHost(spec, async (host, https) => {
      for (let i = 0; i < 3; i++) await https.post({ headers: basic('operator') });
      expect(host.counters.checks.get('\\operator')).toEqual({ tried: 1, failed: 0 });
      for (let i = 0; i < 2; i++) expect((await https.post({ headers: basic('operator', 'wrong') })).status).toBe(401);
      expect(host.counters.checks.get('\\operator')).toEqual({ tried: 3, failed: 2 });
    });
  });

  it('is offered and refused unchecked over HTTP unless clear text is allowed', async () => {
    await withHost({ accounts, auth: { basic: true } }, async (host, http) => {
      const got = await http.post({ headers: basic('operator') });
      expect([got.status, got.challenges.at(-1), host.counters.checks.size]).toEqual([401, 'Basic realm="WSMAN"', 0]);
    });
    await withHost({ accounts, auth: { basic: true, allowUnencrypted: true } }, async (_, http) => {
      expect((await http.post({ headers: { ...basic('operator'), ...SOAP }, body: config })).status).toBe(200);
    });
  });
});

describe('client certificates', () => {
  const mine = issueCertificate({ commonName: 'operator', keyType: 'ecdsa', usage: 'client', upn: 'operator@localhost' });
  const spec: WindowsHostSpec = { ...HTTPS, accounts: [{ ...local, certificate: mine.sha256 }], auth: { certificate: true } };
  const headers = { Authorization: MUTUAL_PROFILE, ...SOAP };

  it('log in as the account they are mapped to', async () => {
    await withHost(
      spec,
      async (host, https) => {
        expect((await https.post({ headers, body: config })).status).toBe(200);
        expect(host.counters.logons).toEqual([{ id: 4624, user: 'operator', domain: 'HV01', scheme: 'Certificate', status: 0 }]);
        expect(host.counters.checks.size).toBe(0);
      },
      { cert: mine.cert, key: mine.key },
    );
  });

  it('are refused when nobody is mapped to them, and nothing is offered without one', async () => {
    const foreign = issueCertificate({ commonName: 'operator', keyType: 'ecdsa', usage: 'client' });
    await withHost(spec, async (_, https) => expect((await https.post({ headers, body: config })).status).toBe(401), {
      cert: foreign.cert,
      key: foreign.key,
    });
    await withHost(spec, async (_, https) => expect((await https.post({ headers, body: config })).status).toBe(401));
  });

  it('break the connection with TLS 1.3 when the host is set so, not with TLS 1.2', async () => {
    const broken: WindowsHostSpec = { ...spec, fault: 'tls13-client-certificate' };
    const tls = { cert: mine.cert, key: mine.key };
    await withHost(broken, async (_, https) => expect(https.post({ headers, body: config })).rejects.toThrow(/ECONNRESET|hang up/), tls);
    await withHost(broken, async (_, https) => expect((await https.post({ headers, body: config })).status).toBe(200), {
      ...tls,
      maxVersion: 'TLSv1.2',
    });
  });
});
