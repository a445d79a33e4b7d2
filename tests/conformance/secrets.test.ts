import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { keytabFromPassword, writeKeytab } from '@winmedic/kerberos';
import { type Kdc, startKdc } from '@winmedic/labs/kdc';
import { type HostDouble, issueCertificate, startHost } from '@winmedic/labs/windows-host';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMAND } from '../../apps/cli/src/test-command.ts';
import { addKerberosKeys, addNtlmKeys, type KdcExchange, startTap, type Tap } from './secrets-derived.ts';
import { Needles } from './secrets-needles.ts';
import { coresStayHere, observe, type Seen, type Surroundings } from './secrets-observe.ts';

/** Passwords and what is derived from them must stand nowhere but on the wire, whatever becomes of the command. */

/** Plain part first: it survives every kind of escaping. */
const PLAIN = 'Zq7xPassw0rdK4b1e';
const PASSWORD = `${PLAIN}"&<é!`;
const WRONG_PLAIN = 'Wr0ngQv8zSecretT3xt';
const WRONG = `${WRONG_PLAIN}"&<é!`;
const USER = 'CORP\\alice';
const REALM = 'CORP.EXAMPLE';
const SPN = 'HTTP/hv01.corp.example';
const CACHE = { NODE_COMPILE_CACHE: join(tmpdir(), 'winmedic-test-compile-cache') };
/**
 * Between the proof and what happens then. In the very moment of sending, registers of the processor hold parts of the message, and no process can
 * keep registers out of a core file.
 */
const SETTLE_MS = 200;
const DETAIL = ['--explain', '--bytes', '--verbose'];

const cores = coresStayHere();
if (!cores) console.log('skipped: core files; kernel.core_pattern leads out of the folder of the process');

let folder: string;
let double: HostDouble;
let echo: Server;
let kdc: Kdc;
let http: Tap;
let https: Tap;
const asked: KdcExchange[] = [];
const client = issueCertificate({ commonName: 'alice', upn: 'alice@corp.example', usage: 'client' });

/** A web server that gives back whatever it is sent, as error pages of proxies do. */
async function startEcho(): Promise<Server> {
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    if (authorization === undefined) return response.writeHead(401, { 'WWW-Authenticate': ['Basic realm="x"', 'NTLM', 'Negotiate'] }).end();
    const decoded = Buffer.from(authorization.split(' ')[1] ?? '', 'base64').toString();
    response.writeHead(502, {
      'Content-Type': 'text/html',
      Via: `1.1 ${authorization}`,
      Server: authorization,
      Location: `http://x/?${encodeURIComponent(decoded)}`,
    });
    response.end(
      `<html>${JSON.stringify([request.rawHeaders, decoded])} ${decoded.replaceAll('&', '&amp;').replaceAll('<', '&lt;')} ${decoded}</html>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'winmedic-secrets-kept-'));
  for (const [name, text] of [
    ['password', PASSWORD],
    ['wrong', WRONG],
    ['long', PASSWORD.repeat(300)],
    ['client.crt', client.cert],
    ['client.key', client.key],
  ] as const)
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  kdc = await startKdc({
    realm: REALM,
    principals: [
      { name: 'alice', password: PASSWORD },
      { name: SPN, password: 'Service-of-the-d0uble' },
    ],
    onRequest: (request, reply) => asked.push([request, reply]),
  });
  double = await startHost({
    accounts: [{ user: 'alice', domain: 'CORP', password: PASSWORD, upn: 'alice@corp.example', certificate: client.sha256 }],
    auth: { basic: true, credSsp: true, certificate: true, allowUnencrypted: true },
    listeners: [{ transport: 'HTTP' }, { transport: 'HTTPS' }],
    keytab: writeKeytab(kdc.keytab(SPN).entries),
  });
  const keytab = keytabFromPassword({ realm: REALM, name: ['alice'], password: PASSWORD, etypes: [18] });
  writeFileSync(join(folder, 'keytab'), writeKeytab(keytab), { mode: 0o600 });
  const port = (at: number): number => double.listeners[at]?.port ?? 0;
  [http, https] = [await startTap(port(0)), await startTap(port(1))];
  echo = await startEcho();
});

afterAll(async () => {
  await Promise.all([http?.close(), https?.close(), double?.close(), kdc?.close(), new Promise((resolve) => echo?.close(resolve))]);
  rmSync(folder, { recursive: true, force: true });
});

/** The command, with the password from a file unless told otherwise. */
function connect(
  args: readonly string[],
  surroundings: Surroundings = {},
  password: readonly string[] = ['--password-file', join(folder, 'password')],
): Promise<Seen> {
  return observe([...COMMAND, 'connect', ...args, ...password], {
    ...surroundings,
    env: { ...CACHE, WINMEDIC_DEBUG: '1', ...surroundings.env },
  });
}

function passwords(): Needles {
  return new Needles()
    .addText('password', PASSWORD)
    .addText('plain part of the password', PLAIN)
    .addText('wrong password', WRONG)
    .addText('plain part of the wrong password', WRONG_PLAIN);
}

/** Where what was found, by place; nothing when all is well. */
function leaks({ places }: Seen, needles: Needles, but: (place: string) => boolean = () => false): Record<string, string[]> {
  return Object.fromEntries(
    [...places]
      .filter(([place]) => !but(place))
      .map(([place, bytes]) => [place, needles.find(bytes)] as const)
      .filter(([, found]) => found.length > 0),
  );
}

/** Runs a login and looks for the password and for the keys NTLM derived from it on the wire. */
async function ntlmLogin(
  args: readonly string[],
  password: 'password' | 'wrong' = 'password',
  surroundings: Surroundings = {},
  tap = http,
): Promise<{ seen: Seen; found: Record<string, string[]>; logins: number }> {
  const before = tap.wires.length;
  const target = `${tap === https ? 'https' : 'http'}://127.0.0.1:${tap.port}`;
  const seen = await connect([target, '-u', USER, ...args], surroundings, ['--password-file', join(folder, password)]);
  const needles = passwords();
  const logins = addNtlmKeys(needles, tap.wires.slice(before), password === 'wrong' ? WRONG : PASSWORD);
  return { seen, found: leaks(seen, needles), logins };
}

describe('a login with NTLM keeps password and keys to itself', () => {
  it.each([
    ['in words', ['--auth', 'ntlm', ...DETAIL]],
    ['in Japanese', ['--auth', 'negotiate', ...DETAIL, '--lang', 'ja']],
    ['as JSON', ['--auth', 'negotiate', ...DETAIL, '--json']],
    ['in pages', [...DETAIL, '--html', 'out.html', '--md', 'out.md']],
  ])('accepted, %s', async (_, args) => {
    const { seen, found, logins } = await ntlmLogin(args);
    expect([seen.code, logins > 0]).toEqual([0, true]);
    expect(seen.text('stdout').length).toBeGreaterThan(500);
    expect(found).toEqual({});
  });

  it.each([
    ['in words', ['--auth', 'ntlm', ...DETAIL]],
    ['as JSON', ['--auth', 'negotiate', ...DETAIL, '--json']],
    ['in pages', [...DETAIL, '--html', 'out.html', '--md', 'out.md']],
    ['with further forms', [...DETAIL, '--try-forms', '2']],
  ])('refused, %s', async (_, args) => {
    const { seen, found, logins } = await ntlmLogin(args, 'wrong');
    expect([seen.code, logins > 0]).toEqual([1, true]);
    expect(found).toEqual({});
  });

  it('writes its pages where they are asked for', async () => {
    const { seen } = await ntlmLogin(['--html', 'out.html', '--md', 'out.md']);
    expect([...seen.places.keys()]).toEqual(expect.arrayContaining(['file out.html', 'file out.md']));
  });
});

describe('other schemes keep password and keys to themselves', () => {
  it.each([
    ['Basic over HTTPS', ['--auth', 'basic', '--insecure'], true],
    ['Basic over HTTP', ['--auth', 'basic', '--allow-cleartext'], false],
    ['Basic over HTTP, refused by the command', ['--auth', 'basic'], false],
    ['CredSSP over HTTP', ['--auth', 'credssp'], false],
    ['CredSSP over HTTPS', ['--auth', 'credssp', '--insecure'], true],
    ['Negotiate over HTTPS', ['--auth', 'negotiate', '--insecure'], true],
  ])('%s', async (_, args, secure) => {
    for (const password of ['password', 'wrong'] as const)
      for (const form of [[], ['--json'], ['--html', 'out.html', '--md', 'out.md']]) {
        const { found, seen } = await ntlmLogin([...args, ...DETAIL, ...form], password, {}, secure ? https : http);
        expect(seen.code).toBeLessThan(2);
        expect(found).toEqual({});
      }
  });

  it('a client certificate, its private key', async () => {
    const target = `https://127.0.0.1:${https.port}`;
    const der = client.privateKey.export({ type: 'pkcs8', format: 'der' });
    const needles = new Needles();
    // Exponent and primes stand behind the public parts.
    for (const at of [300, 700, 1000]) needles.addBytes(`private key at ${at}`, der.subarray(at, at + 32));
    const seen = await connect(
      [target, '--cert', join(folder, 'client.crt'), '--key', join(folder, 'client.key'), '--insecure', ...DETAIL, '--json'],
      {},
      [],
    );
    expect(seen.code).toBeLessThan(2);
    expect(leaks(seen, needles)).toEqual({});
  });

  it.each([
    ['a password', ['-u', `alice@${REALM}`], 'password'],
    ['a wrong password', ['-u', `alice@${REALM}`], 'wrong'],
    ['a keytab', ['-u', `alice@${REALM}`, '--keytab'], 'keytab'],
  ])('Kerberos with %s', async (_, user, secret) => {
    for (const form of [[], ['--json'], ['--html', 'out.html', '--md', 'out.md']]) {
      asked.length = 0;
      const before = http.wires.length;
      const path = join(folder, secret);
      const source = secret === 'keytab' ? [path] : ['--password-file', path];
      const seen = await observe(
        [
          ...COMMAND,
          'connect',
          `http://127.0.0.1:${http.port}`,
          '--auth',
          'kerberos',
          '--realm',
          REALM,
          '--kdc',
          `127.0.0.1:${kdc.port}`,
          '--spn',
          SPN,
          ...DETAIL,
          ...form,
          ...user,
          ...source,
        ],
        { env: { ...CACHE, WINMEDIC_DEBUG: '1', KRB5_CONFIG: '/nonexistent' } },
      );
      const needles = passwords();
      const passwordKeys = keytabFromPassword({
        realm: REALM,
        name: ['alice'],
        password: secret === 'wrong' ? WRONG : PASSWORD,
        etypes: [18, 17, 23],
      });
      const sessions = addKerberosKeys(needles, asked, http.wires.slice(before), passwordKeys);
      expect(sessions).toBe(secret === 'wrong' ? 0 : 2);
      expect(seen.code).toBe(secret === 'wrong' ? 1 : 0);
      expect(leaks(seen, needles)).toEqual({});
    }
  });

  it('not even when a server gives back what it was sent', async () => {
    const address = echo.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    for (const args of [
      ['--auth', 'basic', '--allow-cleartext'],
      ['--auth', 'ntlm'],
      ['--auth', 'negotiate'],
    ])
      for (const form of [[], ['--json'], ['--html', 'out.html', '--md', 'out.md']]) {
        const seen = await connect([`http://127.0.0.1:${port}`, '-u', USER, ...args, ...DETAIL, ...form]);
        expect(seen.code).toBe(1);
        expect(leaks(seen, passwords())).toEqual({});
      }
  });
});

describe('a wrong call does not repeat a password', () => {
  it.each([
    ['in the user name', ['hv01', '-u', `${USER}:${PASSWORD}`]],
    ['in a URL', [`http://alice:${PASSWORD}@hv01/`, '-u', USER]],
    ['in an option that does not exist', ['hv01', '-u', USER, '--password', PASSWORD]],
    ['in an option that does not exist, with an equals sign', ['hv01', '-u', USER, `--password=${PASSWORD}`]],
  ])('%s', async (_, args) => {
    const seen = await connect(args, {}, []);
    expect(seen.code).toBe(2);
    // What the user typed stands in the command line; nothing else may repeat it.
    expect(leaks(seen, passwords(), (place) => place.startsWith('argv'))).toEqual({});
  });

  it.each([
    ['a command that prints it and fails', ['--password-command', `cat FILE; exit 3`]],
    ['a command that does not end', ['--password-command', `cat FILE FILE FILE /dev/zero`]],
    ['a file much too long', ['--password-file', 'LONG']],
  ])('%s', async (_, args) => {
    const real = args.map((arg) => arg.replaceAll('FILE', join(folder, 'password')).replace('LONG', join(folder, 'long')));
    const seen = await connect([`http://127.0.0.1:${http.port}`, '-u', USER, '--auth', 'ntlm', ...real], {}, []);
    expect(seen.code).toBe(2);
    expect(leaks(seen, passwords())).toEqual({});
  });
});

describe('a password does not reach other processes', () => {
  it('from a command: neither command lines nor environments hold it', async () => {
    const command = `sleep 0.3; cat ${join(folder, 'password')}`;
    const seen = await connect([`http://127.0.0.1:${http.port}`, '-u', USER, '--auth', 'ntlm', '--password-command', command], {}, []);
    expect(seen.code).toBe(0);
    expect([...seen.places.keys()].filter((place) => place.startsWith('environment of child')).length).toBeGreaterThan(0);
    expect(leaks(seen, passwords())).toEqual({});
  });

  it('from a variable: the command takes it out of what is inherited', async () => {
    const { seen, found, logins } = await ntlmLoginFrom({ WINMEDIC_PASSWORD: PASSWORD });
    expect([seen.code, logins]).toEqual([0, 1]);
    expect(found).toEqual({});
  });
});

/** As {@link ntlmLogin}, with the password in the environment. */
async function ntlmLoginFrom(
  env: Readonly<Record<string, string>>,
): Promise<{ seen: Seen; found: Record<string, string[]>; logins: number }> {
  const before = http.wires.length;
  const seen = await connect([`http://127.0.0.1:${http.port}`, '-u', USER, '--auth', 'ntlm', ...DETAIL], { env }, []);
  const needles = passwords();
  const logins = addNtlmKeys(needles, http.wires.slice(before), PASSWORD);
  return { seen, found: leaks(seen, needles), logins };
}

describe('a command that comes to grief', () => {
  /** A module loaded before the command, which does something to it. */
  const preload = (name: string, source: string): Readonly<Record<string, string>> => {
    const path = join(folder, `${name}.mjs`);
    writeFileSync(path, source);
    return { NODE_OPTIONS: `--import=${path} --stack-trace-limit=100` };
  };

  /** Runs a login whose proof is never answered, and does something to the command then. */
  async function held(
    during: (pid: number) => void,
    surroundings: Surroundings = {},
  ): Promise<{ seen: Seen; found: Record<string, string[]>; logins: number }> {
    const tap = await startTap(double.listeners[0]?.port ?? 0, true);
    try {
      const seen = await connect(
        [`http://127.0.0.1:${tap.port}`, '-u', USER, '--auth', 'ntlm', '--timeout', '4', ...DETAIL],
        {
          ...surroundings,
          during: async (pid) => tap.proved.then(() => setTimeout(SETTLE_MS)).then(() => during(pid)),
          env: { WINMEDIC_PASSWORD: PASSWORD, ...surroundings.env },
        },
        [],
      );
      const needles = passwords();
      const logins = addNtlmKeys(needles, tap.wires, PASSWORD);
      return { seen, found: leaks(seen, needles), logins };
    } finally {
      await tap.close();
    }
  }

  it('by an error thrown where a token is written', async () => {
    const source = `import { Socket } from 'node:net';
      const write = Socket.prototype.write;
      Socket.prototype.write = function (bytes, ...rest) {
        const token = /Authorization: \\w+ (\\S+)/.exec(String(bytes))?.[1] ?? '';
        if (Buffer.from(token, 'base64').includes('NTLMSSP\\0\\x03')) throw new Error('thrown with ' + bytes);
        return write.call(this, bytes, ...rest);
      };`;
    const { seen, found } = await ntlmLogin(['--auth', 'ntlm', ...DETAIL], 'password', { env: preload('throws', source) });
    expect([seen.code, seen.text('stdout').includes('accepted in')]).toEqual([1, false]);
    expect(found).toEqual({});
  });

  it('by a rejection nobody handles', async () => {
    const source = `process.on('SIGUSR1', () => Promise.reject(new Error('from outside')));`;
    const { seen, found, logins } = await held((pid) => process.kill(pid, 'SIGUSR1'), { env: preload('rejects', source) });
    expect([seen.text('stderr').includes('from outside'), logins]).toEqual([true, 1]);
    expect(found).toEqual({});
  });

  it.skipIf(process.platform === 'win32')("by a signal that asks for Node's report", async () => {
    const env = { NODE_OPTIONS: '--report-on-signal --report-uncaught-exception --report-on-fatalerror' };
    const { seen, found, logins } = await held((pid) => process.kill(pid, 'SIGUSR2'), { env });
    const report = [...seen.places.keys()].find((place) => /^file report\..*\.json$/.test(place));
    expect(report).toBeDefined();
    expect(seen.text(report as string)).toContain('javascriptHeap');
    expect(logins).toBe(1);
    expect(found).toEqual({});
  });

  it.skipIf(!cores)('by a crash with a core file', async () => {
    const { seen, found, logins } = await held((pid) => process.kill(pid, 'SIGSEGV'), { cores: true });
    expect([seen.signal, logins]).toEqual(['SIGSEGV', 1]);
    expect([...seen.places.keys()].some((place) => place.startsWith('file core'))).toBe(true);
    expect(found).toEqual({});
  });

  it('by being stopped', async () => {
    const { found, logins } = await held((pid) => process.kill(pid, 'SIGTERM'));
    expect(logins).toBe(1);
    expect(found).toEqual({});
  });
});

describe('what is hidden would be found', () => {
  /** A program that shows its secret in one way. */
  async function careless(
    source: string,
    surroundings: Surroundings = {},
    args: readonly string[] = [],
  ): Promise<Record<string, string[]>> {
    const path = join(folder, 'careless.mjs');
    writeFileSync(
      path,
      `import { writeFileSync } from 'node:fs';\nimport { spawn } from 'node:child_process';\nconst secret = process.env.SECRET ?? '';\n${source}`,
    );
    const seen = await observe([process.execPath, path, ...args], { ...surroundings, env: { SECRET: PLAIN, ...surroundings.env } });
    return leaks(seen, new Needles().addText('secret', PLAIN).addText('session key', 'sixteen-byte-key'));
  }
  const utf16 = `Buffer.from(secret, 'utf16le')`;

  it.each([
    ['on stdout', 'process.stdout.write("x" + secret)', 'stdout', 'secret, UTF-8'],
    ['on stderr, in hexadecimal', `process.stderr.write(Buffer.from(secret).toString('hex'))`, 'stderr', 'secret, UTF-8, hex'],
    [
      'on stdout, in upper-case hexadecimal of UTF-16',
      `process.stdout.write(${utf16}.toString('hex').toUpperCase())`,
      'stdout',
      'secret, UTF-16LE, hex, upper case',
    ],
    [
      'in a file, in base64 behind a user',
      `writeFileSync('out', Buffer.from('ab:' + secret).toString('base64'))`,
      'file out',
      'secret, UTF-8, base64 0',
    ],
    [
      'in a file, in base64 behind another user',
      `writeFileSync('out', Buffer.from('a:' + secret + '!').toString('base64'))`,
      'file out',
      'secret, UTF-8, base64 2',
    ],
    ['in a file, as UTF-16', `writeFileSync('out', ${utf16})`, 'file out', 'secret, UTF-16LE'],
    [
      'in lines of a dump',
      `console.log(Buffer.from('....' + secret).toString('hex').match(/../g).join(' ').match(/.{1,48}/g).join('\\n'))`,
      'stdout',
      'secret, UTF-8, dump 0',
    ],
    ['in a stack', `setTimeout(() => Promise.reject(new Error('login with ' + secret)))`, 'stderr', 'secret, UTF-8'],
    ['in the report of Node', `process.report.writeReport('report.json')`, 'file report.json', 'secret, UTF-8'],
  ])('%s', async (_, source, place, label) => {
    expect((await careless(source))[place]).toContain(label);
  });

  it.skipIf(process.platform !== 'linux')('in command lines and environments of processes', async () => {
    expect(Object.keys(await careless('setTimeout(() => {}, 300)', {}, [PLAIN]))).toEqual([expect.stringMatching(/^argv \d+$/)]);
    const found = await careless(`spawn('/bin/sh', ['-c', 'sleep 0.3; : ' + secret])`);
    expect(Object.keys(found)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^argv of child/), expect.stringMatching(/^environment of child/)]),
    );
  });

  it.skipIf(!cores)('in a core file', async () => {
    const source = `const kept = Buffer.from('sixteen' + '-byte-' + 'key'); setTimeout(() => console.log(kept), 60_000); process.stdout.write('ready'); setTimeout(() => process.kill(process.pid, 'SIGSEGV'), 200);`;
    const found = await careless(source, { cores: true });
    const [core] = Object.keys(found).filter((place) => place.startsWith('file core'));
    expect(core).toBeDefined();
    expect(found[core as string]).toEqual(expect.arrayContaining(['secret, UTF-8', 'session key, UTF-8']));
  });
});
