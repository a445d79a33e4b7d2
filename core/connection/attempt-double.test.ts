import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keytabFromPassword, writeKeytab } from '@winmedic/kerberos';
import { startKdc } from '@winmedic/labs/kdc';
import { startFleet, startHost } from '@winmedic/labs/windows-host';
import { afterEach, describe, expect, it } from 'vitest';
import { issueCertificate } from '../../labs/src/certificates/index.ts';
import type { ConnectionAttempt } from '../model/connection.ts';
import { attemptConnection } from './attempt.ts';
import { attemptAll } from './attempt-all.ts';
import { CredentialBudget } from './credential-budget.ts';
import { type ConnectOptions, Secret } from './index.ts';
import { properties, walked } from './test-servers.ts';

type Spec = Parameters<typeof startHost>[0];
type Host = Awaited<ReturnType<typeof startHost>>;

const PASSWORD = 'Al1ce-Passw0rd!';
const accounts: NonNullable<Spec['accounts']> = [
  { user: 'alice', domain: 'CORP', password: PASSWORD, upn: 'alice@corp.example', rights: 'admin' },
  { user: 'local', domain: 'HV01', password: PASSWORD, rights: 'admin' },
  { user: 'filtered', domain: 'HV01', password: PASSWORD, rights: 'filtered' },
  { user: 'nobody', domain: 'CORP', password: PASSWORD, rights: 'none' },
  { user: 'reader', domain: 'CORP', password: PASSWORD, rights: 'no-hyper-v' },
  { user: 'outside', domain: 'CORP', password: PASSWORD, rights: 'no-namespace' },
];
const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((each) => each.close()));
});

async function start(spec: Spec = {}): Promise<Host> {
  const host = await startHost({ accounts, ...spec });
  closing.push(host);
  return host;
}

function asUser(typed: string, password = PASSWORD): ConnectOptions {
  return {
    credential: { kind: 'password', typed, password: () => new Secret(password) },
    times: { connectMs: 2000, answerMs: 3000 },
    otherPorts: [],
    kerberos: { config: '[libdefaults]\ndns_lookup_kdc = false\n' },
  };
}

function url(host: Host): string {
  const [first] = host.listeners;
  return `${first?.transport.toLowerCase()}://${host.address}:${first?.port}`;
}

/** What the host counted: logins tried and failed, over all spellings. */
function counted(host: Host): { tried: number; failed: number } {
  const all = [...host.counters.checks.values()];
  return { tried: all.reduce((sum, { tried }) => sum + tried, 0), failed: all.reduce((sum, { failed }) => sum + failed, 0) };
}

describe('a healthy host', () => {
  it('tells much about itself before any login', async () => {
    const host = await start();
    const attempt = await attemptConnection(url(host), {});
    expect(walked(attempt)).toEqual({
      name: 'passed',
      route: 'passed',
      tcp: 'passed',
      tls: 'skipped',
      http: 'passed',
      wsman: 'passed',
      schemes: 'passed',
      login: 'skipped',
      rights: 'skipped',
      namespace: 'skipped',
      role: 'skipped',
    });
    expect(attempt.portrait).toMatchObject({
      computerName: 'HV01',
      dnsComputerName: 'hv01.corp.example',
      domain: 'CORP',
      build: '10.0.20348',
      schemes: ['Negotiate', 'Kerberos'],
      server: 'Microsoft-HTTPAPI/2.0',
    });
    expect(attempt.portrait.clock?.skewSeconds).toBe(0);
    expect(counted(host).tried).toBe(0);
  });

  it('is read with everything sealed, over one check', async () => {
    const host = await start();
    const attempt = await attemptConnection(url(host), asUser('CORP\\alice'));
    expect(walked(attempt)).toMatchObject({ login: 'passed', rights: 'passed', namespace: 'passed', role: 'passed' });
    expect(attempt.account).toMatchObject({ form: 'down-level', checks: 1, mechanism: 'ntlm', sent: { user: 'alice', domain: 'CORP' } });
    expect(counted(host)).toEqual({ tried: 1, failed: 0 });
    expect(host.counters.clearBodies).toBe(0);
    expect(attempt.portrait.product).toContain('10.0.20348');
    expect(attempt.rungs.every((rung) => rung.messages.every((index) => attempt.conversation[index]?.rung === rung.name))).toBe(true);
  });

  it.each([
    [
      'HTTPS with strict channel binding',
      { listeners: [{ transport: 'HTTPS' }], auth: { cbtHardeningLevel: 'Strict' } },
      { insecure: true },
    ],
    ['CredSSP', { auth: { credSsp: true } }, { auth: 'CredSSP' }],
    [
      'Basic over HTTPS',
      { listeners: [{ transport: 'HTTPS' }], auth: { basic: true } },
      { auth: 'Basic', insecure: true, typed: '.\\local' },
    ],
  ] as const)('lets in by %s', async (_, spec, { typed = 'alice@corp.example', ...options }: ConnectOptions & { typed?: string }) => {
    const host = await start(spec as Spec);
    const attempt = await attemptConnection(url(host), { ...asUser(typed), ...options });
    expect(properties(attempt, 'login.result', 'failedRung')).toEqual({ 'login.result': 'accepted', failedRung: '' });
    expect(attempt.account?.checks).toBe(1);
  });

  it('lets in by a client certificate, without any password', async () => {
    const client = issueCertificate({ commonName: 'alice', usage: 'client', upn: 'alice@corp.example' });
    const server = issueCertificate({ commonName: 'hv01', names: ['127.0.0.1'] });
    const host = await start({
      listeners: [{ transport: 'HTTPS', tls: { key: server.key, cert: server.cert, clientCa: client.cert } }],
      auth: { certificate: true },
      accounts: [{ ...(accounts[0] as (typeof accounts)[number]), certificate: client.sha256 }],
    });
    const attempt = await attemptConnection(url(host), {
      ca: [server.cert],
      credential: { kind: 'certificate', certificate: client.cert, key: () => new Secret(client.key) },
    });
    expect(properties(attempt, 'login.mechanism', 'login.result', 'tls.trust', 'failedRung')).toEqual({
      'login.mechanism': 'certificate',
      'login.result': 'accepted',
      'tls.trust': 'ok',
      failedRung: '',
    });
  });
});

describe('user names', () => {
  it.each([
    'alice',
    'CORP\\alice',
    'corp.example\\alice',
    'alice@corp.example',
    'alice@CORP',
    'alice\\CORP',
    'CORP@alice',
    '.\\local',
    'local@hv01',
    'HV01\\local',
  ])('sends %s in the right fields at once', async (typed) => {
    const host = await start();
    expect(properties(await attemptConnection(url(host), { ...asUser(typed), loginOnly: true }), 'login.result')).toEqual({
      'login.result': 'accepted',
    });
    expect(counted(host)).toEqual({ tried: 1, failed: 0 });
  });

  it('tries further forms only when told, and says which one was accepted', async () => {
    const host = await start();
    expect((await attemptConnection(url(host), asUser('local'))).properties.get('login.result')?.value).toBe('rejected');
    expect(counted(host)).toEqual({ tried: 1, failed: 1 });
    const attempt = await attemptConnection(url(host), { ...asUser('local'), tryForms: 2 });
    expect(attempt.properties.get('login.result')?.value).toBe('accepted');
    expect(attempt.properties.get('user.acceptedForm')?.value).not.toBe('');
    expect(attempt.account?.checks).toBeLessThanOrEqual(3);
  });

  it('never sends Basic or a clear message over HTTP unless told', async () => {
    const host = await start({ auth: { basic: true, allowUnencrypted: true } });
    const held = await attemptConnection(url(host), { ...asUser('local'), auth: 'Basic' });
    expect(properties(held, 'login.held', 'failedRung')).toEqual({ 'login.held': 'cleartext', failedRung: 'login' });
    expect(counted(host).tried).toBe(0);
    const allowed = await attemptConnection(url(host), { ...asUser('local'), auth: 'Basic', allowCleartext: true });
    expect(properties(allowed, 'request.clear', 'failedRung')).toEqual({ 'request.clear': 'true', failedRung: '' });
  });
});

describe('what fails, and where', () => {
  it.each([
    [
      'login',
      'CORP\\alice',
      { password: 'wrong-password' },
      {},
      { 'login.result': 'rejected', 'login.step': 'last', 'login.token': 'false' },
    ],
    ['rights', '.\\filtered', {}, {}, { 'request.result': 'denied', 'request.fault': '0x5', 'user.isLocal': 'true' }],
    ['rights', 'nobody', {}, {}, { 'request.result': 'denied', 'request.fault': '0x5', 'user.isLocal': 'false' }],
    ['namespace', 'reader', {}, {}, { 'namespace.result': 'denied', 'namespace.cimv2': 'ok', 'request.result': 'ok' }],
    ['namespace', 'outside', {}, {}, { 'namespace.result': 'denied', 'namespace.cimv2': 'denied', 'request.result': 'ok' }],
    ['', 'alice', {}, { roles: [] }, { 'namespace.result': 'missing', 'role.result': 'absent' }],
    ['', 'alice', {}, { roles: ['hyper-v-v1'] }, { 'namespace.name': 'root/virtualization', 'role.result': 'old-namespace' }],
    [
      'login',
      'alice',
      {},
      { auth: { ntlmBlocked: true } },
      { 'login.result': 'refused-scheme', 'login.step': 'first', 'login.token': 'false' },
    ],
    ['login', 'alice', { ntlmLevel: 1 }, { auth: { lmCompatibilityLevel: 5 } }, { 'ntlm.response': 'v1', 'login.result': 'rejected' }],
    [
      'schemes',
      'alice',
      { auth: 'Basic' },
      {},
      { 'schemes.usable': 'false', 'schemes.offered': 'Negotiate,Kerberos', 'login.result': 'not-tried' },
    ],
    [
      'login',
      'alice',
      { auth: 'CredSSP', password: 'wrong-password' },
      { auth: { credSsp: true } },
      { 'login.result': 'rejected', 'login.ntstatus': expect.stringMatching(/^0xc000006[ad]$/), 'login.step': 'last' },
    ],
    [
      'rights',
      'alice',
      { allowCleartext: true, withoutSealing: true },
      {},
      { 'request.clear': 'true', 'request.result': 'status', 'request.body': 'empty' },
    ],
    ['wsman', 'alice', {}, { fault: 'service-503' }, { 'http.status': '503', 'http.windows': 'true' }],
    ['http', 'alice', {}, { fault: 'proxy-html' }, { 'http.windows': 'false' }],
    ['rights', 'alice', {}, { fault: 'operations-quota' }, { 'fault.codes': '0x803381a6' }],
    ['rights', 'alice', {}, { fault: 'wmi-broken' }, { 'fault.wmi': '0x80041014' }],
  ] as const)(
    '%s: %s %j %j',
    async (rung, typed, { password = PASSWORD, ...options }: ConnectOptions & { password?: string }, spec, expected) => {
      const host = await start(spec as Spec);
      const attempt = await attemptConnection(url(host), { ...asUser(typed, password), ...options });
      expect(properties(attempt, 'failedRung', ...Object.keys(expected))).toMatchObject({ failedRung: rung, ...expected });
      expect(counted(host).tried).toBeLessThanOrEqual(1);
    },
  );

  it('shows that a missing channel binding is what a strict host refuses', async () => {
    const host = await start({ listeners: [{ transport: 'HTTPS' }], auth: { cbtHardeningLevel: 'Strict' } });
    const attempt = await attemptConnection(url(host), { ...asUser('alice'), insecure: true, withoutChannelBinding: true });
    expect(properties(attempt, 'ntlm.cbt', 'login.result')).toEqual({ 'ntlm.cbt': 'zero', 'login.result': 'rejected' });
  });
});

describe('DCOM and RDP', () => {
  it.each([
    ['', {}, PASSWORD, { 'dcom.hresult': '0x0', 'dcom.portResult': 'open', 'dcom.level': '6' }],
    ['login', {}, 'wrong-password', { 'login.result': 'rejected', 'dcom.fault': '0x5' }],
    ['rights', { activation: 'access-denied' }, PASSWORD, { 'dcom.hresult': '0x80070005' }],
    ['namespace', { dynamicPortClosed: true }, PASSWORD, { 'dcom.portResult': 'refused' }],
  ] as const)('activates WMI: %s %j', async (rung, dcom, password, expected) => {
    const host = await start({ dcom });
    const attempt = await attemptConnection(`${host.address}:${host.dcomPort}`, { ...asUser('alice', password), via: 'dcom' });
    expect(properties(attempt, 'failedRung', 'dcom.epm', ...Object.keys(expected))).toMatchObject({
      failedRung: rung,
      'dcom.epm': 'ok',
      ...expected,
    });
    expect(attempt.account?.checks).toBe(1);
    expect(counted(host).tried).toBe(1);
  });

  it('tells by negotiation alone whether a logon screen is shown', async () => {
    for (const [nla, logonScreen] of [
      ['required', 'false'],
      ['optional', 'true'],
      ['off', 'true'],
    ] as const) {
      const host = await start({ rdp: { nla } });
      const attempt = await attemptConnection(`${host.address}:${host.rdpPort}`, { via: 'rdp' });
      expect(properties(attempt, 'rdp.nla', 'rdp.logonScreen', 'failedRung')).toEqual({
        'rdp.nla': nla,
        'rdp.logonScreen': logonScreen,
        failedRung: '',
      });
      expect(attempt.portrait.rdp?.certificate?.sha256).toMatch(/^[0-9a-f]{64}$/);
    }
  });
});

describe('Kerberos', () => {
  const REALM = 'CORP.EXAMPLE';
  const SPN = 'HTTP/hv01.corp.example';

  async function realm(spec: Spec = {}, kdcSpec: object = {}) {
    const kdc = await startKdc({
      realm: REALM,
      principals: [
        { name: 'alice', password: PASSWORD },
        { name: 'off', password: PASSWORD, state: 'disabled' },
        { name: SPN, password: 'key-of-the-host' },
      ],
      ...kdcSpec,
    });
    closing.push(kdc);
    const keytab = writeKeytab(keytabFromPassword({ realm: REALM, name: SPN.split('/'), password: 'key-of-the-host' }));
    const host = await start({ keytab, ...spec });
    const run = (typed: string, password = PASSWORD, options: ConnectOptions = {}, name = 'hv01.corp.example') =>
      attemptConnection(`http://${name}:${host.listeners[0]?.port}`, {
        ...asUser(typed, password),
        lookUp: async () => [{ address: host.address, family: 4 }],
        kerberos: { kdcs: [`127.0.0.1:${kdc.port}`], config: '' },
        ...options,
      });
    return { kdc, host, run, checks: () => [...kdc.checks.values()].reduce((sum, { tried }) => sum + tried, counted(host).tried) };
  }

  it('is taken by itself when it can work', async () => {
    const { run, checks } = await realm();
    const attempt = await run('alice');
    expect(properties(attempt, 'login.mechanism', 'kerberos.spn', 'failedRung')).toEqual({
      'login.mechanism': 'kerberos',
      'kerberos.spn': SPN,
      failedRung: '',
    });
    expect(checks()).toBe(1);
  });

  it.each([
    ['alice', 'wrong-password', '24', 1],
    ['bob@corp.example', PASSWORD, '6', 0],
    ['CORP\\off', PASSWORD, '18', 0],
  ] as const)('does not ask with NTLM what the domain has answered: %s %s', async (typed, password, error, expected) => {
    const { run, checks, host } = await realm();
    const attempt = await run(typed, password);
    expect(properties(attempt, 'kerberos.error', 'failedRung', 'login.step')).toEqual({
      'kerberos.error': error,
      failedRung: 'login',
      'login.step': 'kdc',
    });
    expect(checks()).toBe(expected);
    expect(counted(host).tried).toBe(0);
  });

  it('sees without a check that a bare name is a local account', async () => {
    const { run, checks, host } = await realm();
    const attempt = await run('local');
    expect(properties(attempt, 'login.result', 'user.isLocal')).toEqual({ 'login.result': 'accepted', 'user.isLocal': 'true' });
    expect([checks(), counted(host)]).toEqual([1, { tried: 1, failed: 0 }]);
  });

  it('takes a keytab, whose check is counted too, and refuses files that are none', async () => {
    const { run, checks } = await realm();
    const folder = mkdtempSync(join(tmpdir(), 'winmedic-'));
    closing.push({ close: async () => rmSync(folder, { recursive: true }) });
    const path = join(folder, 'alice.keytab');
    writeFileSync(path, writeKeytab(keytabFromPassword({ realm: REALM, name: ['alice'], password: PASSWORD })));
    const attempt = await run('', '', { credential: { kind: 'keytab', typed: 'alice@CORP.EXAMPLE', path } });
    expect(properties(attempt, 'login.mechanism', 'failedRung')).toEqual({ 'login.mechanism': 'kerberos', failedRung: '' });
    expect([checks(), attempt.account?.checks]).toEqual([1, 1]);
    const none = join(folder, 'none');
    writeFileSync(none, 'text');
    await expect(run('', '', { credential: { kind: 'keytab', typed: 'alice@CORP.EXAMPLE', path: none } })).rejects.toMatchObject({
      code: 'CONNECT_KEYTAB',
    });
    for (const cache of [none, join(folder, 'missing')])
      await expect(run('', '', { credential: { kind: 'ticket-cache', path: cache } })).rejects.toMatchObject({ code: 'CONNECT_CACHE' });
  });

  it('goes over to NTLM when the host has no service principal name of that name, and says so', async () => {
    const { run } = await realm();
    const attempt = await run('alice', PASSWORD, {}, 'alias.corp.example');
    expect(properties(attempt, 'kerberos.error', 'kerberos.stage', 'login.mechanism', 'name.isTarget', 'failedRung')).toEqual({
      'kerberos.error': '7',
      'kerberos.stage': 'tgs',
      'login.mechanism': 'ntlm',
      'name.isTarget': 'false',
      failedRung: '',
    });
    const alone = await run('alice', PASSWORD, { auth: 'Kerberos' }, 'alias.corp.example');
    expect(alone.properties.get('failedRung')?.value).toBe('login');
  });

  it('tells a ticket that the host cannot read', async () => {
    const { run } = await realm({ fault: 'ap-err-modified' });
    expect(properties(await run('alice'), 'kerberos.error', 'kerberos.stage', 'login.result')).toEqual({
      'kerberos.error': '41',
      'kerberos.stage': 'ap',
      'login.result': 'rejected',
    });
  });

  it.each([
    ['not-found', { config: '[libdefaults]\ndns_lookup_kdc = false\n' }, 'schemes'],
    ['unreachable', { config: '', kdcs: ['127.0.0.1:1'] }, 'login'],
  ] as const)('tells a KDC that is %s', async (kdc, kerberos, rung) => {
    const { run } = await realm();
    const attempt = await run('alice', PASSWORD, { auth: 'Kerberos', kerberos });
    expect(properties(attempt, 'kerberos.kdc', 'failedRung')).toEqual({ 'kerberos.kdc': kdc, failedRung: rung });
    expect(attempt.account?.checks).toBe(0);
  });
});

describe('many hosts', () => {
  it('never tries a wrong password more than once, over 200 hosts', async () => {
    const hosts = await startFleet(200, () => ({ accounts }));
    closing.push({ close: async () => void (await Promise.all(hosts.map((host) => host.close()))) });
    const { attempts, checks } = await attemptAll(hosts.map(url), asUser('CORP\\alice', 'wrong-password'));
    expect(hosts.reduce((sum, host) => sum + counted(host).tried, 0)).toBe(1);
    expect(checks).toEqual(new Map([['alice', 1]]));
    const held = attempts.filter((attempt) => attempt.properties.get('login.held')?.value === 'rejected-elsewhere');
    expect(held.length).toBe(199);
    expect(held.every((attempt) => attempt.account?.held !== undefined && attempt.account.checks === 0)).toBe(true);
  });

  it('goes in parallel once the password was accepted', async () => {
    const hosts = await startFleet(30, () => ({ accounts }));
    closing.push({ close: async () => void (await Promise.all(hosts.map((host) => host.close()))) });
    let done = 0;
    const { attempts, checks } = await attemptAll(hosts.map(url), { ...asUser('alice'), onProgress: () => done++ });
    expect(attempts.map((attempt) => attempt.properties.get('failedRung')?.value)).toEqual(hosts.map(() => ''));
    expect([checks.get('alice'), done]).toEqual([30, 30]);
    expect(attempts.some((attempt) => attempt.properties.get('account.acceptedElsewhere')?.value === 'true')).toBe(true);
  });

  it('repeats alone what failed while others ran, without a further check', async () => {
    const hosts = [await start({ fault: 'silent' }), await start()];
    const { attempts } = await attemptAll(hosts.map(url), { ...asUser('alice', 'wrong-password'), times: { answerMs: 200 } });
    expect(properties(attempts[0] as ConnectionAttempt, 'parallel')).toEqual({
      'parallel.hosts': '2',
      'parallel.failedTogether': 'true',
      'parallel.alone': 'failed',
    });
    expect(hosts.reduce((sum, host) => sum + counted(host).tried, 0)).toBe(1);
  });

  it('keeps one budget over attempts that are made one by one', async () => {
    const host = await start();
    const budget = new CredentialBudget();
    await attemptConnection(url(host), { ...asUser('CORP\\alice', 'wrong-password'), budget });
    const second = await attemptConnection(url(host), { ...asUser('alice@corp.example'), budget });
    expect(second.properties.get('login.held')?.value).toBe('rejected-elsewhere');
    expect(counted(host)).toEqual({ tried: 1, failed: 1 });
  });
});
