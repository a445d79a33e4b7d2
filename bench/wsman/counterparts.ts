import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ACTION, NS, type WsmanInstance, writeInstance, XmlWriter } from '@winmedic/wsman';
import { DOMAIN, type DoubleSpec, type DoubleState, PASSWORD, USER } from './double.ts';

/** A server that counts what it was asked. */
export interface Counterpart {
  readonly addresses: readonly { readonly address: string; readonly port: number }[];
  /** `DOMAIN\user`. */
  readonly user: string;
  readonly password: string;
  /** HTTP requests so far. */
  requests(): Promise<number>;
  close(): void;
}

/** Host doubles in a process of their own. */
export async function startDoubles(spec: DoubleSpec): Promise<Counterpart> {
  const child = fork(join(import.meta.dirname, 'double.ts'), [JSON.stringify(spec)]);
  const over = new AbortController();
  child.once('exit', () => over.abort());
  // Rejects when the double ends first.
  const told = async (): Promise<DoubleState> => (await once(child, 'message', { signal: over.signal }))[0] as DoubleState;
  const { addresses } = await told();
  return {
    addresses,
    user: `${DOMAIN}\\${USER}`,
    password: PASSWORD,
    requests: async () => {
      child.send('counters');
      const { requests, clearBodies, failedLogins } = await told();
      if (clearBodies > 0 || failedLogins > 0) throw new Error(`${clearBodies} unsealed bodies, ${failedLogins} failed logins`);
      return requests;
    },
    close: () => void child.kill(),
  };
}

const SERVER = fileURLToPath(new URL('../../tests/conformance/labs/gss_winrm_server.py', import.meta.url));
const GSS = { domain: 'VM', user: 'wmuser' } as const;

/** Is GSS-API with NTLM there (Debian: python3-gssapi gss-ntlmssp)? */
export function gssObstacle(): string | undefined {
  if (!existsSync('/usr/bin/python3') || spawnSync('/usr/bin/python3', ['-c', 'import gssapi']).status !== 0)
    return 'python3-gssapi is not installed';
  const ask = 'import gssapi; print([m.dotted_form for m in gssapi.raw.indicate_mechs()])';
  const mechanisms = spawnSync('/usr/bin/python3', ['-c', ask], { encoding: 'utf8' }).stdout;
  return mechanisms.includes('1.3.6.1.4.1.311.2.2.10') ? undefined : 'gss-ntlmssp is not installed';
}

/** The WinRM-like server of the conformance suite over the system's GSS-API: its NTLM and its sealing are not the project's. */
export async function startGss(folder: string, rows: readonly WsmanInstance[]): Promise<Counterpart> {
  const users = join(folder, 'ntlm-users');
  writeFileSync(users, `${GSS.domain}:${GSS.user}:${PASSWORD}\n`, { mode: 0o600 });
  const answers = join(folder, 'answers.json');
  writeFileSync(answers, JSON.stringify({ [ACTION.enumerate]: enumerateAnswer(rows) }));
  const port = await freePort();
  const args = [
    SERVER,
    '--port',
    `${port}`,
    '--schemes',
    'Negotiate',
    '--user-file',
    users,
    '--keytab',
    join(folder, 'none'),
    '--answers',
    answers,
  ];
  const child = spawn('/usr/bin/python3', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  let requests = 0;
  lines.on('line', () => requests++);
  await Promise.race([once(lines, 'line'), ended(child)]);
  requests = 0;
  return {
    addresses: [{ address: '127.0.0.1', port }],
    user: `${GSS.domain}\\${GSS.user}`,
    password: PASSWORD,
    requests: async () => {
      // Its lines may still be on their way.
      await new Promise((resolve) => setTimeout(resolve, 100));
      return requests;
    },
    close: () => void child.kill(),
  };
}

async function ended(child: ChildProcess): Promise<never> {
  await once(child, 'exit');
  throw new Error('the GSS counterpart ended');
}

/** An optimised enumeration (DSP0226), whole in one answer; any Enumerate gets it. */
function enumerateAnswer(rows: readonly WsmanInstance[]): string {
  const writer = new XmlWriter();
  writer.open('n:EnumerateResponse', [
    ['xmlns:n', NS.n],
    ['xmlns:w', NS.w],
  ]);
  writer.leaf('n:EnumerationContext', '').open('w:Items');
  for (const row of rows) writeInstance(writer, row);
  writer.close().leaf('w:EndOfSequence', '').close();
  return writer.toString();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
