import { randomUUID } from 'node:crypto';
import type { ShellOutput } from '@winmedic/wsman';
import { type Caller, userKey } from './caller.ts';
import type { ResolvedSpec } from './resolved.ts';
import { refuse } from './soap/faults.ts';

interface Shell {
  readonly id: string;
  readonly user: string;
  readonly commands: Map<string, Command>;
}

/** A command: what it has written and not yet handed out, and whether it waits for input. */
interface Command {
  readonly id: string;
  readonly out: { readonly stream: 'stdout' | 'stderr'; readonly data: Buffer }[];
  exitCode: number | undefined;
  /** `more` and `sort` without a file copy their input. */
  readonly readsInput: boolean;
  wake: () => void;
}

/** Longest command line a shell takes (cmd.exe: 8191 characters). */
const MAX_LINE = 8191;
/** Bytes of output that wait to be received; input beyond it is refused. */
const MAX_WAITING = 4 * 1024 * 1024;

/** Command shells (MS-WSMV 3.1.4.8 and following): a few commands that change nothing. */
export class Shells {
  readonly #shells = new Map<string, Shell>();
  readonly #spec: ResolvedSpec;

  constructor(spec: ResolvedSpec) {
    this.#spec = spec;
  }

  get size(): number {
    return this.#shells.size;
  }

  /** Commands a user has running, as MaxConcurrentOperationsPerUser counts them. */
  running(caller: Caller): number {
    let count = 0;
    for (const shell of this.#shells.values())
      if (shell.user === userKey(caller)) for (const command of shell.commands.values()) if (command.exitCode === undefined) count++;
    return count;
  }

  /** @returns its identifier. */
  create(caller: Caller): string {
    const user = userKey(caller);
    const { maxShellsPerUser } = this.#spec.limits;
    if ([...this.#shells.values()].filter((shell) => shell.user === user).length >= maxShellsPerUser) throw refuse.shells(maxShellsPerUser);
    const id = randomUUID().toUpperCase();
    this.#shells.set(id, { id, user, commands: new Map() });
    return id;
  }

  /** @returns the command's identifier. */
  run(caller: Caller, shellId: string, line: string, commandId: string | undefined): string {
    const shell = this.#find(caller, shellId);
    if (line.length > MAX_LINE) throw refuse.schema();
    const id = commandId ?? randomUUID().toUpperCase();
    shell.commands.set(id, { id, wake: () => {}, ...execute(line, this.#spec, caller) });
    return id;
  }

  send(caller: Caller, shellId: string, commandId: string | undefined, data: Uint8Array, end: boolean): void {
    const command = this.#command(caller, shellId, commandId);
    if (!command.readsInput || command.exitCode !== undefined) return;
    if (command.out.reduce((sum, piece) => sum + piece.data.length, data.length) > MAX_WAITING) throw refuse.schema();
    if (data.length > 0) command.out.push({ stream: 'stdout', data: Buffer.from(data) });
    if (end) command.exitCode = 0;
    command.wake();
  }

  /** Waits for output until the operation time-out, which is a fault. */
  async receive(
    caller: Caller,
    shellId: string,
    commandId: string | undefined,
    timeoutMs: number,
  ): Promise<ShellOutput & { readonly id: string }> {
    const command = this.#command(caller, shellId, commandId);
    if (command.out.length === 0 && command.exitCode === undefined) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        command.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (command.out.length === 0 && command.exitCode === undefined) throw refuse.timedOut();
    }
    const pieces = command.out.splice(0).map(({ stream, data }) => ({ stream, data: new Uint8Array(data), end: false }));
    if (command.exitCode === undefined) return { id: command.id, pieces, state: 'Running' };
    const ends = ['stdout', 'stderr'].map((stream) => ({ stream, data: new Uint8Array(), end: true }));
    return { id: command.id, pieces: [...pieces, ...ends], state: 'Done', exitCode: command.exitCode };
  }

  /** Terminate and Ctrl-C end a command; its identifier is gone then. */
  signal(caller: Caller, shellId: string, commandId: string | undefined): void {
    const shell = this.#find(caller, shellId);
    if (commandId === undefined) return;
    const command = shell.commands.get(commandId);
    if (command === undefined) return;
    command.exitCode ??= 1;
    command.wake();
    shell.commands.delete(commandId);
  }

  delete(caller: Caller, shellId: string): void {
    this.#find(caller, shellId);
    this.#shells.delete(shellId);
  }

  #find(caller: Caller, shellId: string): Shell {
    const shell = this.#shells.get(shellId);
    if (shell === undefined || shell.user !== userKey(caller)) throw refuse.noShell();
    return shell;
  }

  #command(caller: Caller, shellId: string, commandId: string | undefined): Command {
    const shell = this.#find(caller, shellId);
    const command = commandId === undefined ? [...shell.commands.values()].at(-1) : shell.commands.get(commandId);
    if (command === undefined) throw refuse.noShell();
    return command;
  }
}

function execute(line: string, spec: ResolvedSpec, caller: Caller): Pick<Command, 'out' | 'exitCode' | 'readsInput'> {
  const plain = line.trim().replace(/^"?(?:[a-z]:\\windows\\system32\\)?cmd(?:\.exe)?"?\s+\/c\s+/i, '');
  const [name = '', ...rest] = plain.split(/\s+/);
  const done = (text: string, exitCode = 0, stream: 'stdout' | 'stderr' = 'stdout') => ({
    out: [{ stream, data: Buffer.from(text) }],
    exitCode,
    readsInput: false,
  });
  switch (name.toLowerCase().replace(/\.exe$/, '')) {
    case 'echo':
      return done(`${plain.slice(name.length).replace(/^ /, '')}\r\n`);
    case 'hostname':
      return done(`${spec.name}\r\n`);
    case 'ver':
      return done(`\r\nMicrosoft Windows [Version ${spec.build}.1]\r\n`);
    case 'whoami':
      return done(`${caller.name.toLowerCase()}\r\n`);
    case 'exit':
      return done('', Number(rest.find((part) => /^\d{1,9}$/.test(part)) ?? 0));
    case 'more':
    case 'sort':
      return { out: [], exitCode: undefined, readsInput: true };
    default:
      return done(`'${name}' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n`, 1, 'stderr');
  }
}
