import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How a program is run. */
export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  /** Called once the program runs; the process is ended when it has not ended by itself in time. */
  readonly during?: (pid: number) => Promise<void>;
  readonly input?: string;
  /** Core files may be written. */
  readonly cores?: boolean;
}

/** Everything a run left behind and showed. */
export interface Seen {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** stdout, stderr, the command lines of the process and its children, the environment of its children, and each file it wrote. */
  readonly places: ReadonlyMap<string, Buffer>;
  text(place: string): string;
}

const MAX_MS = 60_000;
/** The state of the processes is looked at this often. */
const LOOK_MS = 15;

/** Where Linux writes core files: into the folder of the process, or not at all as far as a test can see. */
export function coresStayHere(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim();
    return pattern !== '' && !pattern.startsWith('|') && !pattern.includes('/');
  } catch {
    return false;
  }
}

/** Runs a program in an empty folder of its own and collects what can be seen of it from the outside. */
export async function observe(command: readonly string[], { env, during, input, cores }: Surroundings = {}): Promise<Seen> {
  const cwd = mkdtempSync(join(tmpdir(), 'winmedic-secrets-'));
  try {
    const line = cores ? ['/bin/sh', '-c', 'ulimit -c unlimited; exec "$0" "$@"', ...command] : command;
    const child = spawn(line[0] as string, line.slice(1), {
      cwd,
      env: { PATH: process.env['PATH'] ?? '', TZ: 'UTC', LANG: 'C', HOME: cwd, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    const places = new Map<string, Buffer>();
    child.stdout.on('data', (piece: Buffer) => out.push(piece));
    child.stderr.on('data', (piece: Buffer) => err.push(piece));
    child.stdin.on('error', () => {});
    child.stdin.end(input ?? '');
    const pid = child.pid as number;
    const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve({ code, signal }));
    });
    const looking = setInterval(() => look(pid, places), LOOK_MS);
    const late = setTimeout(() => child.kill('SIGKILL'), MAX_MS);
    try {
      look(pid, places);
      if (during !== undefined) await during(pid);
      const { code, signal } = await ended;
      places.set('stdout', Buffer.concat(out));
      places.set('stderr', Buffer.concat(err));
      for (const entry of readdirSync(cwd, { recursive: true, withFileTypes: true }))
        if (entry.isFile()) places.set(`file ${entry.name}`, readFileSync(join(entry.parentPath, entry.name)));
      return { code, signal, places, text: (place) => places.get(place)?.toString('utf8') ?? '' };
    } finally {
      clearInterval(looking);
      clearTimeout(late);
      child.kill('SIGKILL');
    }
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

/** Notes command lines of the process and of everything it started, and the environment of the latter. */
function look(pid: number, places: Map<string, Buffer>): void {
  if (process.platform !== 'linux') return;
  note(places, `argv ${pid}`, `/proc/${pid}/cmdline`);
  for (const child of children(pid)) {
    note(places, `argv of child ${child}`, `/proc/${child}/cmdline`);
    note(places, `environment of child ${child}`, `/proc/${child}/environ`);
    for (const grandchild of children(child)) {
      note(places, `argv of child ${grandchild}`, `/proc/${grandchild}/cmdline`);
      note(places, `environment of child ${grandchild}`, `/proc/${grandchild}/environ`);
    }
  }
}

function children(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** A process shows one command line before and another one after `exec`: both are kept. */
function note(places: Map<string, Buffer>, place: string, path: string): void {
  try {
    const bytes = readFileSync(path);
    const before = places.get(place) ?? Buffer.alloc(0);
    if (bytes.length > 0 && !before.includes(bytes)) places.set(place, Buffer.concat([before, bytes]));
  } catch {
    // It has ended in the meantime.
  }
}
