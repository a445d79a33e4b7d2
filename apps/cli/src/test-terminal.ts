import { spawn, spawnSync } from 'node:child_process';
import { COMMAND, environment, type Ran, ROOT } from './test-command.ts';

/** Whether {@link typed} can be used here. */
export const HAS_TERMINAL = process.platform !== 'win32' && spawnSync('python3', ['-c', 'import pty']).status === 0;

const TERMINAL = `
import os, pty, sys
marker, typed, command = sys.argv[1].encode(), sys.argv[2].encode().decode('unicode_escape').encode(), sys.argv[3:]
pid, fd = pty.fork()
if pid == 0: os.execv(command[0], command)
out, done = b'', False
while True:
    try: piece = os.read(fd, 65536)
    except OSError: break
    if not piece: break
    out += piece
    if not done and marker in out:
        os.write(fd, typed); done = True
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.stdout.buffer.write(out)
sys.exit(status if status >= 0 else 128 - status)
`;

/**
 * Runs the command on a terminal of its own and types when the question has been seen. Output of both streams is one.
 * @param keys what is typed, with the escapes of Python: `\r` ends a line, `\x03` is Ctrl-C.
 */
export function typed(question: string, keys: string, ...args: string[]): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn('python3', ['-c', TERMINAL, question, keys, ...COMMAND, ...args], {
      cwd: ROOT,
      env: environment({ TERM: 'dumb', LANG: 'C.UTF-8' }),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const out: Buffer[] = [];
    child.stdout.on('data', (piece: Buffer) => out.push(piece));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out: Buffer.concat(out).toString('utf8'), err: '' }));
  });
}
