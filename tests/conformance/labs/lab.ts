import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the repository. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** File by which gss-ntlmssp makes itself known to the GSS-API library. */
export const NTLM_MECHANISM = '/etc/gss/mech.d/mech.ntlmssp.conf';

/** What a command printed. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Why a counterpart cannot be started here: not root, no network namespaces, or programs that are not installed. Empty when it can. */
export function obstacles(programs: readonly string[], pythonModules: readonly string[] = []): string[] {
  const missing: string[] = [];
  if (process.platform !== 'linux') return ['needs Linux'];
  if (process.getuid?.() !== 0) missing.push('needs root');
  else if (!has('ip')) missing.push('iproute2 is not installed');
  else {
    const name = `wmprobe${process.pid}`;
    const made = spawnSync('ip', ['netns', 'add', name]);
    spawnSync('ip', ['netns', 'del', name]);
    if (made.status !== 0) missing.push('network namespaces cannot be made here');
  }
  for (const program of programs) if (!has(program)) missing.push(`${program} is not installed`);
  for (const module of pythonModules)
    if (spawnSync('/usr/bin/python3', ['-c', `import ${module}`]).status !== 0) missing.push(`Python module ${module} is not installed`);
  return missing;
}

function has(program: string): boolean {
  return ['/usr/bin', '/usr/sbin', '/bin', '/sbin'].some((folder) => existsSync(join(folder, program))) || existsSync(program);
}

/**
 * A network namespace of its own with loopback only, a folder for its files, and the processes started in it. Nothing in it can reach
 * the outside; several may exist at once.
 */
export class Lab {
  readonly name: string;
  readonly folder: string;
  readonly #processes: ChildProcess[] = [];
  readonly #environment: Record<string, string> = {};
  readonly #covers: (readonly [inside: string, over: string])[] = [];

  constructor(kind: string, hosts: readonly string[], nameserver?: string) {
    this.folder = mkdtempSync(join(tmpdir(), `wm-${kind}-`));
    // Samba's children run as other users and walk through it.
    chmodSync(this.folder, 0o755);
    this.name = `wm${kind}${process.pid}`;
    mkdirSync(`/etc/netns/${this.name}`, { recursive: true });
    writeFileSync(`/etc/netns/${this.name}/hosts`, `${hosts.join('\n')}\n`);
    if (nameserver !== undefined) writeFileSync(`/etc/netns/${this.name}/resolv.conf`, `nameserver ${nameserver}\n`);
    this.#must('ip', ['netns', 'add', this.name]);
    this.run('ip', ['link', 'set', 'lo', 'up']);
  }

  /** Path of a file of this lab. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes a file of this lab; secrets get mode 600. */
  write(name: string, text: string | Uint8Array, secret = false): string {
    const path = this.path(name);
    writeFileSync(path, text, secret ? { mode: 0o600 } : {});
    return path;
  }

  /** What a process of {@link start} printed so far. */
  log(name: string): string {
    return readFileSync(this.path(`${name}.log`), 'utf8');
  }

  /**
   * Lays an empty folder of this lab over one of the machine, for the processes of this lab alone: programs that keep their pid and sockets at
   * a fixed place can then run in several labs at once.
   */
  cover(over: string): void {
    const inside = this.path(over.replaceAll('/', '_'));
    mkdirSync(inside, { recursive: true });
    mkdirSync(over, { recursive: true });
    this.#covers.push([inside, over]);
  }

  /** Arguments of `ip` that run a command inside; each run has a mount namespace of its own. */
  #inside(command: string, args: readonly string[]): string[] {
    const enter = ['netns', 'exec', this.name];
    if (this.#covers.length === 0) return [...enter, command, ...args];
    const mounts = this.#covers.map(([inside, over]) => `mount --bind '${inside}' '${over}'`).join(' && ');
    return [...enter, 'sh', '-c', `${mounts} && exec "$0" "$@"`, command, ...args];
  }

  /** Environment of every process of this lab. */
  set(name: string, value: string): void {
    this.#environment[name] = value;
  }

  /** Runs a command inside and waits. */
  run(command: string, args: readonly string[], options: { input?: string; env?: Record<string, string>; timeoutMs?: number } = {}): Ran {
    const { status, stdout, stderr, error } = spawnSync('ip', this.#inside(command, args), {
      input: options.input ?? '',
      encoding: 'utf8',
      env: { ...process.env, ...this.#environment, ...options.env },
      timeout: options.timeoutMs ?? 60_000,
      maxBuffer: 64 << 20,
    });
    if (error) throw error;
    return { status, stdout, stderr };
  }

  /** Runs a command inside that has to succeed. */
  must(command: string, args: readonly string[], options: Parameters<Lab['run']>[2] = {}): string {
    const { status, stdout, stderr } = this.run(command, args, options);
    if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr || stdout}`);
    return stdout;
  }

  /** Starts a process inside; its output goes to `<name>.log`. */
  start(name: string, command: string, args: readonly string[], env: Record<string, string> = {}): void {
    const log = openSync(this.path(`${name}.log`), 'w');
    const options: SpawnOptions = {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...this.#environment, ...env },
      detached: true,
    };
    this.#processes.push(spawn('ip', this.#inside(command, args), options));
  }

  /** Waits until a TCP port inside accepts. */
  async listening(port: number, address = '127.0.0.1', timeoutMs = 20_000): Promise<void> {
    const end = Date.now() + timeoutMs;
    while (Date.now() < end) {
      const { stdout } = this.run('ss', ['-Hltn', `sport = :${port}`]);
      if (
        stdout
          .split('\n')
          .some((line) => line.includes(`${address}:${port} `) || line.includes(`*:${port} `) || line.includes(`0.0.0.0:${port} `))
      )
        return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`nothing listens on ${address}:${port} of ${this.name}`);
  }

  /**
   * Runs a TypeScript file of this repository inside, with the sources of the packages, and gives what it printed as JSON.
   * @param options `clock`: how wrong its clock is, as faketime writes it: `-15m`.
   */
  client<T>(script: string, args: readonly string[], options: Parameters<Lab['run']>[2] & { clock?: string } = {}): T {
    const { clock, ...rest } = options;
    const wrong = clock === undefined ? [] : ['faketime', '-f', clock];
    const [command = '', ...all] = [
      ...wrong,
      process.execPath,
      '--conditions=@winmedic/source',
      '--no-warnings',
      join(root, script),
      ...args,
    ];
    const { status, stdout, stderr } = this.run(command, all, rest);
    if (status !== 0) throw new Error(`${script} ended with ${status}: ${stderr || stdout}`);
    return JSON.parse(stdout) as T;
  }

  /** Ends every process and removes the namespace and the folder. */
  close(): void {
    for (const child of this.#processes) {
      if (child.pid === undefined) continue;
      try {
        process.kill(-child.pid, 'SIGTERM');
      } catch {
        // Already gone.
      }
    }
    for (const signal of ['-TERM', '-KILL']) {
      const pids = spawnSync('ip', ['netns', 'pids', this.name], { encoding: 'utf8' }).stdout.split(/\s+/).filter(Boolean);
      if (pids.length === 0) break;
      spawnSync('kill', [signal, ...pids]);
      spawnSync('sleep', ['0.3']);
    }
    spawnSync('ip', ['netns', 'del', this.name]);
    rmSync(`/etc/netns/${this.name}`, { recursive: true, force: true });
    rmSync(this.folder, { recursive: true, force: true });
  }

  #must(command: string, args: readonly string[]): void {
    const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  }
}
