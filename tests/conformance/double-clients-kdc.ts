import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Programs of MIT Kerberos (Debian: krb5-kdc krb5-admin-server krb5-user). */
const PROGRAMS = ['krb5kdc', 'kdb5_util', 'kadmin.local', 'kinit'];

/** Which of the programs are not installed. */
export function missingKdcPrograms(): string[] {
  return PROGRAMS.filter((name) => !['/usr/sbin', '/usr/bin'].some((folder) => existsSync(join(folder, name))));
}

/** An MIT KDC on loopback with one user and one service, in a folder of its own; needs no root. */
export class MitKdc {
  readonly folder = mkdtempSync(join(tmpdir(), 'wm-mit-kdc-'));
  /** Environment for its clients. */
  readonly environment: Readonly<Record<string, string>>;
  readonly keytab: Uint8Array;
  readonly #process: ChildProcess;

  private constructor(port: number, options: { realm: string; user: string; password: string; service: string }) {
    const { realm, user, password, service } = options;
    const path = (name: string): string => join(this.folder, name);
    writeFileSync(
      path('krb5.conf'),
      `[libdefaults]\n default_realm = ${realm}\n dns_lookup_kdc = false\n rdns = false\n dns_canonicalize_hostname = false\n` +
        `[realms]\n ${realm} = {\n  kdc = 127.0.0.1:${port}\n }\n[domain_realm]\n ${service.split('/')[1]} = ${realm}\n`,
    );
    writeFileSync(
      path('kdc.conf'),
      `[kdcdefaults]\n kdc_listen = 127.0.0.1:${port}\n kdc_tcp_listen = 127.0.0.1:${port}\n[realms]\n ${realm} = {\n` +
        `  database_name = ${path('principal')}\n  key_stash_file = ${path('stash')}\n  supported_enctypes = aes256-cts:normal\n }\n`,
    );
    this.environment = {
      KRB5_CONFIG: path('krb5.conf'),
      KRB5_KDC_PROFILE: path('kdc.conf'),
      KRB5CCNAME: `FILE:${path('ccache')}`,
    };
    this.#run('kdb5_util', ['create', '-s', '-r', realm, '-P', 'masterpw']);
    this.#run(
      'kadmin.local',
      [],
      `addprinc -pw ${password} ${user}\naddprinc -randkey ${service}\nktadd -k ${path('keytab')} ${service}\n`,
    );
    this.keytab = new Uint8Array(readFileSync(path('keytab')));
    this.#process = spawn('krb5kdc', ['-n'], { env: this.#env(), stdio: 'ignore' });
  }

  /** Starts it on a free port, waits until it answers and gets the user's ticket into the cache of {@link environment}. */
  static async start(options: { realm: string; user: string; password: string; service: string }): Promise<MitKdc> {
    const port = await freePort();
    const kdc = new MitKdc(port, options);
    await accepting(port);
    kdc.#run('kinit', [`${options.user}@${options.realm}`], `${options.password}\n`);
    return kdc;
  }

  close(): void {
    this.#process.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #env(): NodeJS.ProcessEnv {
    return { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/bin`, ...this.environment };
  }

  #run(command: string, args: readonly string[], input = ''): void {
    const { status, stderr, error } = spawnSync(command, args, { env: this.#env(), input, encoding: 'utf8', timeout: 30_000 });
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function accepting(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the KDC does not listen on ${port}`);
}
