import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, truncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { COMMAND, EXAMPLE, EXAMPLE_SYSTEM, environment, logOf, type Ran, ROOT, TestFolder, winmedic, zipOf } from './test-command.ts';

const folder = new TestFolder();
afterAll(() => folder.dispose());

const windows = process.platform === 'win32';
const python = !windows && spawnSync('python3', ['-c', 'import pty']).status === 0;

/** Runs the command on a terminal of its own: `columns` wide; Ctrl-C is typed when `interruptAt` was seen. Output of both streams is one. */
const TERMINAL = `
import fcntl, os, pty, select, struct, sys, termios
columns, marker, command = int(sys.argv[1]), sys.argv[2].encode(), sys.argv[3:]
pid, fd = pty.fork()
if pid == 0:
    import time; time.sleep(0.2)
    os.execv(command[0], command)
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 40, columns, 0, 0))
out, typed = b'', False
while True:
    try: piece = os.read(fd, 65536)
    except OSError: break
    if not piece: break
    out += piece
    if marker and not typed and marker in out:
        os.write(fd, b'\\x03'); typed = True
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.stdout.buffer.write(out)
sys.exit(status if status >= 0 else 128 - status)
`;

function onTerminal(args: readonly string[], { columns = 100, interruptAt = '', env = {} as Record<string, string> } = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn('python3', ['-c', TERMINAL, String(columns), interruptAt, ...COMMAND, ...args], {
      cwd: ROOT,
      env: environment({ TERM: 'xterm', LANG: 'C.UTF-8', ...env }),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const out: Buffer[] = [];
    child.stdout.on('data', (piece: Buffer) => out.push(piece));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out: Buffer.concat(out).toString('utf8'), err: '' }));
  });
}

function shell(line: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const command = COMMAND.map((word) => `'${word}'`).join(' ');
    const child = spawn('bash', ['-c', `set -o pipefail; winmedic() { ${command} "$@"; }; ${line}`], {
      cwd: ROOT,
      env: environment(env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (piece: Buffer) => out.push(piece));
    child.stderr.on('data', (piece: Buffer) => err.push(piece));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out: Buffer.concat(out).toString('utf8'), err: Buffer.concat(err).toString('utf8') }));
  });
}

/** A log that takes long to scan and no room on the disk. */
function endless(name: string): string {
  const path = folder.file(name, logOf([{ id: 1 }]));
  truncateSync(path, 2 ** 36);
  return path;
}

const hostile = folder.file(
  'hostile.evtx',
  logOf([
    {
      id: 1074,
      provider: 'User32',
      computer: 'RDS\u001b[2J\u202e01',
      fields: { param1: 'a\u001b]0;owned\u0007b', param2: 'line\r\nbreak', param4: '0x\u009b31m' },
    },
  ]),
);
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const ACTING = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of the command itself
const COLOUR = /\u001b\[[\d;]*m/g;

describe.concurrent('in a pipe', () => {
  it.each([
    ['diagnose', EXAMPLE],
    ['events', EXAMPLE_SYSTEM, '--ids', '1074'],
    ['timeline', EXAMPLE_SYSTEM, '--around', '2018-07-06'],
    ['experiment', '--before', '5/12', '--after', '0/30'],
    ['diagnose', 'nothing-here'],
  ])('%s writes no escape sequence and no carriage return', async (...args) => {
    const { out, err } = await winmedic(args);
    for (const acting of ['\u001b', '\r']) expect(out + err).not.toContain(acting);
  });

  it('colours only when told to', async () => {
    expect((await winmedic(['diagnose', EXAMPLE_SYSTEM, '--color', 'always'], { env: { NO_COLOR: '1' } })).out).toMatch(COLOUR);
    expect((await winmedic(['diagnose', EXAMPLE_SYSTEM, '--color', 'auto'])).out).not.toMatch(COLOUR);
  });

  it.skipIf(windows)('ends quietly when the reader is gone', async () => {
    for (const line of [
      'winmedic events examples/ja-rds-power-off',
      'winmedic events examples/ja-rds-power-off --format xml',
      'winmedic timeline examples/ja-rds-power-off',
      'winmedic diagnose examples/ja-rds-power-off --verbose',
      'winmedic --help',
    ]) {
      const { code, out, err } = await shell(`${line} --quiet | head -1`.replace('--help --quiet', '--help'));
      expect({ code, err, line }).toEqual({ code: 0, err: '', line });
      expect(out.trimEnd().split('\n')).toHaveLength(1);
    }
    const both = await shell('winmedic events examples/ja-rds-power-off 2>&1 | head -1');
    expect(both).toMatchObject({ code: 0, err: '' });
  });

  it.skipIf(!existsSync('/dev/full'))('says when the disk is full', async () => {
    for (const line of ['winmedic events examples/ja-rds-power-off', 'winmedic diagnose examples/ja-rds-power-off']) {
      const { code, err } = await shell(`${line} --quiet --lang ja > /dev/full`);
      expect(code).toBe(2);
      expect(err).toContain('winmedic: CLI_WRITE stdout に書き込めません: 空き容量がありません。');
    }
  });

  it('is quiet on stderr with --quiet and keeps its output', async () => {
    const args = ['events', EXAMPLE_SYSTEM, '--ids', '1074'];
    const [loud, quiet] = await Promise.all([winmedic(args), winmedic([...args, '--quiet'])]);
    expect(loud.err).not.toBe('');
    expect(quiet).toEqual({ code: 0, out: loud.out, err: '' });
  });

  it('spells out what in a record could act on a terminal', async () => {
    for (const args of [
      ['events', hostile],
      ['timeline', hostile],
      ['diagnose', hostile],
      ['events', hostile, '--count-by', 'provider'],
    ]) {
      const { code, out, err } = await winmedic(args);
      expect(code).toBe(0);
      expect(out + err).not.toMatch(ACTING);
    }
    // JSON in a pipe is for programs: escapes by its own rules, the value as it was.
    const { out } = await winmedic(['events', hostile, '--json']);
    expect(out).not.toContain('\u001b');
    expect(JSON.parse(out)).toMatchObject({ Event: { EventData: { param2: 'line\r\nbreak' } } });
  });
});

describe.skipIf(!python).concurrent('on a terminal', () => {
  it('shows the verdict first, in the width there is', async () => {
    const { code, out } = await onTerminal(['diagnose', EXAMPLE_SYSTEM, '--lang', 'ja', '--quiet'], { columns: 60 });
    expect(code).toBe(0);
    expect(out.replaceAll(COLOUR, '')).toMatch(/^結論/);
    const { displayWidth } = await import('@winmedic/report');
    const wide = out
      .replaceAll(COLOUR, '')
      .split('\r\n')
      .filter((line) => displayWidth(line) > 60);
    // Commands to copy and sources stay whole.
    for (const line of wide) expect(line.trim()).not.toMatch(/[。、]/);
    expect(out).toMatch(COLOUR);
  });

  it('breaks an explanation at the width there is', async () => {
    const { displayWidth } = await import('@winmedic/report');
    for (const lang of ['en', 'ja']) {
      const { out } = await onTerminal(['explain', '0x500ff', '--lang', lang], { columns: 60 });
      const lines = out.trimEnd().split('\r\n');
      expect(lines.length).toBeGreaterThan(5);
      for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(60);
    }
  });

  it('honours NO_COLOR and cuts tables to the line', async () => {
    const { out } = await onTerminal(['events', EXAMPLE_SYSTEM, '--ids', '1074', '--quiet'], { columns: 60, env: { NO_COLOR: '1' } });
    const lines = out.split('\r\n').filter(Boolean);
    expect(lines).toHaveLength(7);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(60);
    expect(out).not.toContain('\u001b');
  });

  it.each([['table'], ['jsonl'], ['xml'], ['csv']])('lets no record act as %s', async (format) => {
    const { code, out } = await onTerminal(['events', hostile, '--format', format, '--quiet']);
    expect(code).toBe(0);
    expect(out.replaceAll('\r\n', '\n')).not.toMatch(ACTING);
    expect(out).toContain('RDS');
    if (format === 'jsonl') expect(JSON.parse(out)).toMatchObject({ Event: { System: { Computer: 'RDS\u001b[2J\u202e01' } } });
  });

  it('shows progress and wipes it', async () => {
    const path = folder.file('slow.evtx', logOf([{ id: 1 }]));
    truncateSync(path, 2 ** 32);
    const { out } = await onTerminal(['events', path, '--count-by', 'id']);
    expect(out).toMatch(/ \d+ % .*slow\.evtx/);
    expect(out.lastIndexOf('\r\u001b[2K')).toBeGreaterThan(out.lastIndexOf('slow.evtx\r'));
  });

  it.each([['events', '--count-by', 'id'], ['events'], ['diagnose', '--no-hash'], ['diagnose'], ['timeline', '--no-hash']])(
    'ends at Ctrl-C and leaves a clean line: %s %s',
    async (verb, ...more) => {
      const path = endless(`endless-${[verb, ...more].join('')}.evtx`);
      const started = Date.now();
      const { code, out } = await onTerminal([verb, path, ...more], { interruptAt: ' %' });
      expect(code).toBe(130);
      expect(Date.now() - started).toBeLessThan(20_000);
      expect(out.endsWith('\r\u001b[2K')).toBe(true);
    },
  );

  it('asks for the text on a terminal and ends at Ctrl-C', async () => {
    const { code, out } = await onTerminal(['explain', '--lang', 'ja'], { interruptAt: 'Ctrl-D' });
    expect(code).toBe(130);
    expect(out).toContain('イベントの本文を貼り付け');
  });
});

describe.skipIf(windows)('an interrupt', () => {
  const big = new Uint8Array(120 << 20);
  big.set(logOf([{ id: 1 }]));
  const path = windows ? '' : folder.file('big.zip', zipOf([{ name: 'a.evtx', bytes: big }]));

  it.each(['SIGINT', 'SIGTERM'] as const)('by %s ends with 130 and leaves no temporary folder', async (signal) => {
    const temp = folder.at(`temp-${signal}`);
    mkdirSync(temp);
    const [file = '', ...rest] = COMMAND;
    const child: ChildProcess = spawn(file, [...rest, 'diagnose', path], { env: environment({ TMPDIR: temp }), stdio: 'ignore' });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    for (let waited = 0; waited < 10_000 && readdirSync(temp).length === 0; waited += 10) await sleep(10);
    expect(readdirSync(temp)).toHaveLength(1);
    child.kill(signal);
    expect(await ended).toBe(130);
    expect(readdirSync(temp)).toEqual([]);
  });
});
