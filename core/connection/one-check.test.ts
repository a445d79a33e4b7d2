import { createSocket } from 'node:dgram';
import { keytabFromPassword, writeKeytab } from '@winmedic/kerberos';
import { startKdc } from '@winmedic/labs/kdc';
import { startHost } from '@winmedic/labs/windows-host';
import { afterEach, describe, expect, it } from 'vitest';
import { attemptConnection } from './attempt.ts';
import { attemptAll } from './attempt-all.ts';
import { type ConnectOptions, Secret } from './index.ts';
import { answer, properties, TestServers, walked } from './test-servers.ts';

const PASSWORD = 'Al1ce-Passw0rd!';
const REALM = 'CORP.EXAMPLE';
const KEY = 'key-of-the-host';
const servers = new TestServers();
const closing: { close(): unknown }[] = [];
afterEach(async () => {
  servers.close();
  for (const each of closing.splice(0)) await each.close();
});

type KdcSpec = Parameters<typeof startKdc>[0];

async function realm(spec: Partial<KdcSpec> = {}) {
  const kdc = await startKdc({
    realm: REALM,
    aliases: ['CORP'],
    principals: [
      { name: 'alice', password: PASSWORD },
      { name: 'HTTP/hv01.corp.example', password: KEY },
    ],
    ...spec,
  });
  closing.push(kdc);
  return { kdc, tried: () => [...kdc.checks.values()].reduce((sum, { tried }) => sum + tried, 0) };
}

async function host() {
  const keytab = writeKeytab(keytabFromPassword({ realm: REALM, name: ['HTTP', 'hv01.corp.example'], password: KEY }));
  const started = await startHost({ keytab, accounts: [{ user: 'alice', domain: 'CORP', password: PASSWORD }] });
  closing.push(started);
  return { port: started.listeners[0]?.port ?? 0, checks: started.counters.checks };
}

function options(kdcs: readonly string[], password = PASSWORD): ConnectOptions {
  return {
    credential: { kind: 'password', typed: 'CORP\\alice', password: () => new Secret(password) },
    kerberos: { config: '', kdcs },
    lookUp: async () => [{ address: '127.0.0.1', family: 4 }],
    times: { connectMs: 2000, answerMs: 3000 },
    otherPorts: [],
  };
}

/** The one password check a host sees for a ticket is none: it is counted where the KDC counts it. */
function failures(checks: ReadonlyMap<string, { readonly failed: number }>): number {
  return [...checks.values()].reduce((sum, { failed }) => sum + failed, 0);
}

describe('Kerberos over a run', () => {
  it.each([
    ['right', PASSWORD],
    ['wrong', 'Wrong-Passw0rd!'],
  ])('asks the KDC once about a password that is %s, whatever the number of hosts', async (_, password) => {
    const { kdc, tried } = await realm();
    const hosts = await Promise.all(Array.from({ length: 12 }, host));
    const targets = hosts.map(({ port }) => `http://hv01.corp.example:${port}`);
    const { attempts, checks } = await attemptAll(targets, options([`127.0.0.1:${kdc.port}`], password));
    expect(tried()).toBe(1);
    expect(checks).toEqual(new Map([['alice', 1]]));
    const right = password === PASSWORD;
    expect(attempts.filter((attempt) => attempt.properties.get('login.result')?.value === 'accepted').length).toBe(right ? 12 : 0);
    expect(attempts.reduce((sum, { account }) => sum + (account?.checks ?? 0), 0)).toBe(1);
    expect(hosts.reduce((sum, each) => sum + failures(each.checks), 0)).toBe(0);
  });

  it('proves the password over TCP: an answer too large for UDP costs no second check', async () => {
    for (const password of [PASSWORD, 'Wrong-Passw0rd!']) {
      const { kdc, tried } = await realm({ maxUdpReply: 10 });
      const { port } = await host();
      const attempt = await attemptConnection(`http://hv01.corp.example:${port}`, options([`127.0.0.1:${kdc.port}`], password));
      expect(tried()).toBe(1);
      expect(attempt.account?.checks).toBe(1);
    }
  });

  it('does not prove it to a second KDC when the first takes it and stays silent', async () => {
    const { kdc, tried } = await realm();
    const { port } = await host();
    // Answers what costs nothing, over UDP, and swallows what comes over TCP.
    let swallowed = 0;
    const mute = await servers.tcp((socket) => socket.once('data', () => swallowed++));
    const relay = createSocket('udp4');
    await new Promise<void>((resolve) => relay.bind(mute, '127.0.0.1', resolve));
    closing.push(relay);
    relay.on('message', async (message, { port: from, address }) => {
      relay.send(await kdc.transport()(REALM, new Uint8Array(message)), from, address);
    });
    const attempt = await attemptConnection(`http://hv01.corp.example:${port}`, options([`127.0.0.1:${mute}`, `127.0.0.1:${kdc.port}`]));
    expect(swallowed).toBe(1);
    expect(tried()).toBe(0);
    expect(attempt.account?.checks).toBe(1);
    expect(properties(attempt, 'login.result')).not.toEqual({ 'login.result': 'accepted' });
  }, 15_000);
});

describe('what stands above a login', () => {
  it('is unreached after one that failed', async () => {
    const { port } = await host();
    const attempt = await attemptConnection(`http://hv01.corp.example:${port}`, { ...options([], 'wrong'), auth: 'NTLM' });
    expect(walked(attempt)).toMatchObject({ login: 'failed' });
    for (const name of ['rights', 'namespace', 'role'])
      expect(attempt.rungs.find((rung) => rung.name === name)?.verdict, name).toBe('unreached');
  });

  it.each(['', '@', '\\', ' '])('nothing is sent for the user name %j', async (typed) => {
    const { port, checks } = await host();
    const attempt = await attemptConnection(`http://hv01.corp.example:${port}`, {
      ...options([]),
      credential: { kind: 'password', typed, password: () => new Secret(PASSWORD) },
    });
    expect(properties(attempt, 'login.result')).toEqual({ 'login.result': 'not-tried' });
    expect(checks.size).toBe(0);
  });
});

describe('the other transport on the same port', () => {
  const quick = { times: { connectMs: 1000, answerMs: 1000 }, otherPorts: [] };

  it('is found when HTTPS is asked of plain HTTP, and HTTP of TLS', async () => {
    const { port } = await host();
    const plain = await attemptConnection(`https://127.0.0.1:${port}`, quick);
    expect(properties(plain, 'tls.result', 'http.result')).toEqual({ 'tls.result': 'not-tls', 'http.result': 'response' });
    const secure = await startHost({ listeners: [{ transport: 'HTTPS' }] });
    closing.push(secure);
    const over = await attemptConnection(`http://127.0.0.1:${secure.listeners[0]?.port}`, quick);
    expect(over.properties.get('tls.result')?.value).toBe('ok');
    expect(over.properties.get('failedRung')?.value).toBe('http');
  });

  it('is neither where something else greets', async () => {
    const port = await servers.tcp((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'));
    const attempt = await attemptConnection(`https://127.0.0.1:${port}`, quick);
    expect(properties(attempt, 'http.result')).toEqual({ 'http.result': 'not-http' });
  });

  it('stays unknown where nothing answers', async () => {
    let count = 0;
    const port = await servers.tcp((socket) => {
      if (count++ === 0) socket.write('not a TLS record');
    });
    const attempt = await attemptConnection(`https://127.0.0.1:${port}`, quick);
    expect(properties(attempt, 'tls.result', 'http.result')).toEqual({ 'tls.result': 'not-tls' });
  });
});

it('repeats an operation that has not finished in time, and does not call that a failure', async () => {
  const slow = await startHost({ fault: 'operation-timeout', accounts: [{ user: 'alice', domain: 'CORP', password: PASSWORD }] });
  closing.push(slow);
  const attempt = await attemptConnection(`http://127.0.0.1:${slow.listeners[0]?.port}`, { ...options([]), auth: 'NTLM' });
  expect(attempt.rungs.find(({ name }) => name === 'rights')?.verdict).toBe('passed');
  expect(attempt.rungs.find(({ name }) => name === 'rights')?.observed.en).toContain('0x80338029');
  expect(attempt.properties.get('failedRung')?.value).toBe('');
});

it('says that the login was dropped when its connection is refused', async () => {
  let count = 0;
  const challenge =
    'HTTP/1.1 401 Unauthorized\r\nServer: Microsoft-HTTPAPI/2.0\r\nWWW-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n';
  const port = await servers.tcp((socket) => (count++ === 0 ? answer(challenge)(socket) : socket.resetAndDestroy()));
  const attempt = await attemptConnection(`http://127.0.0.1:${port}`, { ...options([]), auth: 'NTLM' });
  expect(properties(attempt, 'login.result', 'login.step')).toEqual({ 'login.result': 'dropped', 'login.step': 'first' });
  expect(attempt.account?.checks).toBe(0);
});

it('takes Openwsman for a WS-Management service, not for a web server in its place', async () => {
  const challenge =
    'HTTP/1.1 401 Unauthorized\r\nServer: Openwsman/2.8\r\nWWW-Authenticate: Basic realm="OPENWSMAN"\r\nContent-Length: 0\r\n\r\n';
  const port = await servers.tcp(answer(challenge));
  const attempt = await attemptConnection(`http://127.0.0.1:${port}`, { ...options([]), auth: 'NTLM' });
  expect(properties(attempt, 'wsman.', 'failedRung')).toEqual({
    'wsman.vendor': 'openwsman',
    'wsman.result': 'challenged',
    failedRung: 'schemes',
  });
});
