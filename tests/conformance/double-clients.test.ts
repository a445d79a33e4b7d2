import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AccountSpec, type HostDouble, issueCertificate, startHost, type WindowsHostSpec } from '@winmedic/labs/windows-host';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MitKdc, missingKdcPrograms } from './double-clients-kdc.ts';

/** Clients that are not ours against the host double: pypsrp, pywinrm and curl judge what it sends and seals. */

const VERSIONS = ['pypsrp==0.9.1', 'pyspnego==0.12.4', 'pywinrm==0.5.0', 'requests-credssp==2.0.0', 'requests_ntlm==1.3.0'];
const root = fileURLToPath(new URL('../..', import.meta.url));
const script = fileURLToPath(new URL('./double_clients.py', import.meta.url));

/** Python with the peers: the one of WINMEDIC_PYTHON_PEERS, or an environment of the suite's own; `undefined` when PyPI cannot be had. */
function pythonWithPeers(): string | undefined {
  const given = process.env['WINMEDIC_PYTHON_PEERS'];
  if (given !== undefined) return given;
  const folder = join(root, 'node_modules/.cache/winmedic-python-peers');
  const python = join(folder, 'bin/python');
  const complete = (): boolean => spawnSync(python, ['-c', 'import pypsrp, winrm, requests_credssp']).status === 0;
  if (complete()) return python;
  spawnSync('python3', ['-m', 'venv', folder], { timeout: 120_000 });
  spawnSync(python, ['-m', 'pip', 'install', '--quiet', ...VERSIONS], { timeout: 300_000 });
  // pywinrm's Kerberos needs a compiler and the headers of MIT Kerberos (Debian: libkrb5-dev); without them its test is skipped.
  spawnSync(python, ['-m', 'pip', 'install', '--quiet', 'pykerberos==1.2.4'], { timeout: 300_000 });
  return complete() ? python : undefined;
}

const python = pythonWithPeers();
const gssapi = spawnSync('/usr/bin/python3', ['-c', 'import gssapi, os; print(os.path.dirname(os.path.dirname(gssapi.__file__)))'], {
  encoding: 'utf8',
}).stdout.trim();
const kdcMissing = missingKdcPrograms();
const curl = spawnSync('curl', ['--version'], { encoding: 'utf8' }).stdout ?? '';

const PASSWORD = 'Conformance-Passw0rd!';
const ALICE: AccountSpec = { user: 'alice', domain: 'CORP', password: PASSWORD, upn: 'alice@corp.example' };
const LOCAL: AccountSpec = { user: 'operator', domain: 'HV01', password: PASSWORD };
const HOST = 'hv01.corp.example';

interface Result {
  readonly rows?: readonly (readonly string[])[];
  readonly output?: string;
  readonly code?: number;
  readonly envelope?: number;
  readonly error?: string;
  readonly text?: string;
}

function run(command: string, args: readonly string[], input: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env } });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.on('error', reject);
    child.on('close', (status) => (status === 0 ? resolve(out) : reject(new Error(`${command} ended with ${status}: ${err}`))));
    child.stdin.end(input);
  });
}

async function client(job: Readonly<Record<string, unknown>>, env: Readonly<Record<string, string>> = {}): Promise<Result> {
  return JSON.parse(await run(python as string, [script], JSON.stringify(job), env)) as Result;
}

async function withHost<T>(spec: WindowsHostSpec, use: (host: HostDouble, http: number, https: number) => Promise<T>): Promise<T> {
  const host = await startHost({ accounts: [ALICE, LOCAL], listeners: [{ transport: 'HTTP' }, { transport: 'HTTPS' }], ...spec });
  try {
    return await use(host, host.listeners[0]?.port ?? 0, host.listeners[1]?.port ?? 0);
  } finally {
    await host.close();
  }
}

const RUNNING = ['EventLog', 'Netlogon', 'vmcompute', 'vmms', 'WinRM'];

/** What both libraries must have got. */
function expectAnswers(library: string, result: Result): void {
  expect(result).toMatchObject({ code: 0, output: expect.stringContaining(`from ${library}`) });
  if (library === 'pypsrp') expect(result.rows).toEqual(RUNNING.map((name) => [name, 'Running']));
}

describe.skipIf(python === undefined)('pypsrp and pywinrm against the host double', () => {
  const LIBRARIES = ['pypsrp', 'pywinrm'] as const;

  it.each(LIBRARIES)('%s: NTLM over HTTP, sealed, one check of the password', async (library) => {
    await withHost({}, async (host, port) => {
      const result = await client({ library, auth: 'ntlm', ssl: false, port, username: 'CORP\\alice', password: PASSWORD });
      expectAnswers(library, result);
      if (library === 'pypsrp') expect(result.envelope).toBe(512_000);
      expect(host.counters.clearBodies).toBe(0);
      expect([...host.counters.checks]).toEqual([['corp\\alice', { tried: 1, failed: 0 }]]);
      expect(host.counters.openShells).toBe(0);
      expect(host.counters.openEnumerations).toBe(0);
    });
  });

  it('pypsrp: Negotiate (SPNEGO with NTLM inside) over HTTP, sealed', async () => {
    await withHost({}, async (host, port) => {
      const job = { library: 'pypsrp', auth: 'negotiate', ssl: false, port, username: 'alice@corp.example', password: PASSWORD };
      expectAnswers('pypsrp', await client(job));
      expect(host.counters.clearBodies).toBe(0);
    });
  });

  it.each(LIBRARIES)('%s: NTLM over HTTPS with channel binding strict', async (library) => {
    await withHost({ auth: { cbtHardeningLevel: 'Strict' } }, async (_, __, port) => {
      expectAnswers(library, await client({ library, auth: 'ntlm', ssl: true, port, username: 'CORP\\alice', password: PASSWORD }));
    });
  });

  it.each(LIBRARIES.flatMap((library) => [false, true].map((ssl) => [library, ssl] as const)))(
    '%s: CredSSP, HTTPS %s, sealed',
    async (library, ssl) => {
      await withHost({ auth: { credSsp: true } }, async (host, http, https) => {
        const port = ssl ? https : http;
        // pypsrp seals over HTTPS only when it is told to.
        const job = { library, auth: 'credssp', ssl, port, username: 'CORP\\alice', password: PASSWORD, encryption: 'always' };
        expectAnswers(library, await client(job));
        expect([...host.counters.checks]).toEqual([['corp\\alice', { tried: 1, failed: 0 }]]);
        expect(host.counters.clearBodies).toBe(0);
      });
    },
  );

  it.each(LIBRARIES)('%s: Basic over HTTPS for a local account, refused for one of the domain', async (library) => {
    await withHost({ auth: { basic: true } }, async (_, __, port) => {
      expectAnswers(library, await client({ library, auth: 'basic', ssl: true, port, username: 'operator', password: PASSWORD }));
      const refused = await client({ library, auth: 'basic', ssl: true, port, username: 'CORP\\alice', password: PASSWORD });
      expect(refused.error).toMatch(/AuthenticationError|InvalidCredentialsError/);
    });
  });

  it.each(LIBRARIES)('%s: client certificate', async (library) => {
    const folder = mkdtempSync(join(tmpdir(), 'wm-client-certificate-'));
    const ca = issueCertificate({ commonName: 'Client CA', authority: true });
    const mine = issueCertificate({ commonName: 'operator', issuer: ca, usage: 'client', upn: 'operator@localhost' });
    const foreign = issueCertificate({ commonName: 'operator', issuer: ca, usage: 'client' });
    for (const [name, made] of Object.entries({ mine, foreign })) {
      writeFileSync(join(folder, `${name}.pem`), made.cert);
      writeFileSync(join(folder, `${name}.key`), made.key, { mode: 0o600 });
    }
    const files = (name: string) => ({ certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) });
    try {
      await withHost({ auth: { certificate: true }, accounts: [{ ...LOCAL, certificate: mine.sha256 }] }, async (_, __, port) => {
        expectAnswers(library, await client({ library, auth: 'certificate', ssl: true, port, ...files('mine') }));
        const refused = await client({ library, auth: 'certificate', ssl: true, port, ...files('foreign') });
        expect(refused.error).toMatch(/AuthenticationError|InvalidCredentialsError|WinRMTransportError/);
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each(LIBRARIES)('%s: a wrong password is refused and counted once', async (library) => {
    await withHost({}, async (host, port) => {
      const refused = await client({ library, auth: 'ntlm', ssl: false, port, username: 'CORP\\alice', password: 'wrong' });
      expect(refused.error).toMatch(/AuthenticationError|InvalidCredentialsError/);
      expect([...host.counters.checks]).toEqual([['corp\\alice', { tried: 1, failed: 1 }]]);
      expect(host.counters.logons.at(-1)).toMatchObject({ id: 4625, status: 0xc000006a });
    });
  });

  it('pypsrp: clear SOAP over HTTP is refused after a good login', async () => {
    await withHost({}, async (host, port) => {
      const job = { library: 'pypsrp', auth: 'ntlm', ssl: false, port, username: 'CORP\\alice', password: PASSWORD, encryption: 'never' };
      expect((await client(job)).error).toBe('WinRMTransportError');
      expect(host.counters.clearBodies).toBeGreaterThan(0);
      expect(host.counters.checks.get('corp\\alice')).toEqual({ tried: 1, failed: 0 });
    });
  });

  it('pypsrp: the fault of an account without rights is read as code 5', async () => {
    await withHost({ accounts: [{ ...ALICE, rights: 'none' }] }, async (_, port) => {
      const job = { library: 'pypsrp', auth: 'ntlm', ssl: false, port, username: 'CORP\\alice', password: PASSWORD };
      expect(await client(job)).toMatchObject({
        error: expect.stringMatching(/WSManFaultError|AuthenticationError/),
        text: expect.stringContaining('5'),
      });
    });
  });
});

describe.skipIf(python === undefined || gssapi === '' || kdcMissing.length > 0)('Kerberos clients over MIT against the host double', () => {
  let kdc: MitKdc;
  let keytab: Uint8Array;
  beforeAll(async () => {
    kdc = await MitKdc.start({ realm: 'CORP.EXAMPLE', user: 'alice', password: PASSWORD, service: `HTTP/${HOST}` });
    keytab = kdc.keytab;
  });
  afterAll(() => kdc?.close());

  it.each(['kerberos', 'negotiate'])('pypsrp: %s over HTTP, sealed, no password checked at the host', async (auth) => {
    await withHost({ keytab }, async (host, port) => {
      const result = await client({ library: 'pypsrp', auth, ssl: false, port, hostname: HOST, gssapi }, kdc.environment);
      expectAnswers('pypsrp', result);
      expect(host.counters.clearBodies).toBe(0);
      expect(host.counters.checks.size).toBe(0);
      expect(host.counters.logons).toContainEqual({ id: 4624, user: 'alice', domain: 'CORP.EXAMPLE', scheme: 'Kerberos', status: 0 });
    });
  });

  it('pypsrp: Kerberos over HTTPS with channel binding strict', async () => {
    await withHost({ keytab, auth: { cbtHardeningLevel: 'Strict' } }, async (_, __, port) => {
      expectAnswers(
        'pypsrp',
        await client({ library: 'pypsrp', auth: 'kerberos', ssl: true, port, hostname: HOST, gssapi }, kdc.environment),
      );
    });
  });

  it('pypsrp: a service key that is not the ticket’s is refused', async () => {
    await withHost({ keytab, fault: 'ap-err-modified' }, async (host, port) => {
      const result = await client({ library: 'pypsrp', auth: 'kerberos', ssl: false, port, hostname: HOST, gssapi }, kdc.environment);
      // MIT calls KRB_AP_ERR_MODIFIED so; what counts is that the client got the token and the host let nobody in.
      expect(result.text).toMatch(/Message stream modified|AuthenticationError|Failed to authenticate/);
      expect([host.counters.requests > 0, host.counters.logons]).toEqual([true, []]);
    });
  });

  it.skipIf(python === undefined || spawnSync(python, ['-c', 'import kerberos']).status !== 0)(
    'pywinrm: Kerberos over HTTP, sealed',
    async () => {
      await withHost({ keytab }, async (host, port) => {
        const job = { library: 'pywinrm', auth: 'kerberos', ssl: false, port, hostname: HOST, username: 'alice@CORP.EXAMPLE' };
        expectAnswers('pywinrm', await client(job, kdc.environment));
        expect(host.counters.clearBodies).toBe(0);
      });
    },
  );

  it.skipIf(!/GSS-API/.test(curl))('curl --negotiate logs in with the ticket', async () => {
    await withHost({ keytab }, async (host, _, port) => {
      const url = `https://${HOST}:${port}/wsman`;
      const args = ['-sk', '--negotiate', '-u', ':', '--resolve', `${HOST}:${port}:127.0.0.1`, '-H', SOAP, '--data-binary', IDENTIFY, url];
      expect(await run('curl', args, '', kdc.environment)).toContain('OS: 10.0.20348');
      expect(host.counters.checks.size).toBe(0);
    });
  });
});

const SOAP = 'Content-Type: application/soap+xml;charset=UTF-8';
const IDENTIFY =
  '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"><s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>';

describe.skipIf(curl === '')('curl against the host double', () => {
  it('Basic over HTTPS', async () => {
    await withHost({ auth: { basic: true } }, async (host, _, port) => {
      const folder = mkdtempSync(join(tmpdir(), 'wm-curl-'));
      writeFileSync(join(folder, 'config'), `user = "operator:${PASSWORD}"\n`, { mode: 0o600 });
      const args = ['-sk', '-K', join(folder, 'config'), '-H', SOAP, '--data-binary', IDENTIFY, `https://127.0.0.1:${port}/wsman`];
      expect(await run('curl', args, '')).toContain('OS: 10.0.20348');
      expect(host.counters.checks.get('\\operator')).toEqual({ tried: 1, failed: 0 });
      rmSync(folder, { recursive: true });
    });
  });

  it.skipIf(!/GSS-API/.test(curl) || !gssNtlm())('--negotiate with NTLM of gss-ntlmssp', async () => {
    await withHost({}, async (host, _, port) => {
      const folder = mkdtempSync(join(tmpdir(), 'wm-curl-'));
      writeFileSync(join(folder, 'users'), `CORP:alice:${PASSWORD}\n`, { mode: 0o600 });
      const args = ['-sk', '--negotiate', '-u', ':', '-H', SOAP, '--data-binary', IDENTIFY, `https://127.0.0.1:${port}/wsman`];
      const answer = await run('curl', args, '', { NTLM_USER_FILE: join(folder, 'users'), KRB5CCNAME: `FILE:${join(folder, 'none')}` });
      expect(answer).toContain('OS: 10.0.20348');
      expect(host.counters.checks.get('corp\\alice')).toEqual({ tried: 1, failed: 0 });
      rmSync(folder, { recursive: true });
    });
  });

  it('--ntlm finds no scheme of that name, as on Windows', async () => {
    await withHost({}, async (host, _, port) => {
      const args = [
        '-sk',
        '-o',
        '/dev/null',
        '-w',
        '%{http_code}',
        '--ntlm',
        '-u',
        'CORP\\alice:x',
        '-d',
        '',
        `https://127.0.0.1:${port}/wsman`,
      ];
      expect(await run('curl', args, '')).toBe('401');
      expect(host.counters.checks.size).toBe(0);
    });
  });
});

/** Is the GSS mechanism of NTLM installed (Debian: gss-ntlmssp)? */
function gssNtlm(): boolean {
  return ['/etc/gss/mech.d/mech.ntlmssp.conf', '/etc/gss/mech.d/ntlmssp.conf'].some((path) => existsSync(path));
}
