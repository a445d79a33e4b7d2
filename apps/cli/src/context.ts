import { writeSync } from 'node:fs';
import type { Language } from '@winmedic/knowledge/model';
import { CliError, fileErrorText } from './errors.ts';
import { type Interrupts, interruptible } from './interrupt.ts';
import { spelledOut } from './safe-text.ts';
import type { Options } from './spec.ts';

/** What a verb needs to know about its surroundings. */
export interface Context {
  readonly lang: Language;
  /** IANA name or `+09:00`. */
  readonly zone: string;
  /** Colour on stdout. */
  readonly colour: boolean;
  /** Columns of the terminal, or 100 in a pipe. */
  readonly width: number;
  /** stdout is a terminal. */
  readonly terminal: boolean;
  readonly unicode: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
  /** The command line as typed, for "how this report was made"; values of secrets never stand on the command line. */
  readonly commandLine: string;
  /** Set when the user interrupts. */
  readonly signal: AbortSignal;
  /** Runs work that does not return to the event loop so that Ctrl-C ends it at once. */
  readonly sync: <T>(work: () => T) => T;
  /** Runs work that must not stop half way, and says whether an interrupt came meanwhile. */
  readonly uninterrupted: Interrupts['hold'];
  readonly out: (text: string) => Promise<void>;
  /** Prints one JSON value and a line end; indented on a terminal. */
  readonly outJson: (value: unknown) => Promise<void>;
  /** Talk to the person: stderr, dropped by `--quiet`. */
  readonly talk: (text: string) => void;
  /** What makes the exit code differ from 0: stderr, never dropped. */
  readonly complain: (text: string) => void;
}

/** Language from the last `--lang`, then WINMEDIC_LANG, LC_ALL, LC_MESSAGES, LANG (an empty one counts as unset); English otherwise. */
export function chooseLanguage(argv: readonly string[], env: NodeJS.ProcessEnv): Language {
  let given: string | undefined;
  for (const [index, word] of argv.entries()) {
    if (word === '--') break;
    if (word === '--lang') given = argv[index + 1];
    else if (word.startsWith('--lang=')) given = word.slice('--lang='.length);
  }
  const named = given || env['WINMEDIC_LANG'] || env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '';
  return /^ja(?![a-z])/i.test(named) ? 'ja' : 'en';
}

/** Zone from `--utc`, `--tz`, WINMEDIC_TZ, then this machine. Throws CLI_ZONE for a name nobody knows. */
export function chooseZone(options: Options, env: NodeJS.ProcessEnv): string {
  if (options['utc']) return 'UTC';
  const zone = (options['tz'] as string | undefined) || env['WINMEDIC_TZ'] || Intl.DateTimeFormat().resolvedOptions().timeZone;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    throw new CliError('CLI_ZONE', { value: zone });
  }
}

/** Ends the program when stdout cannot be written: quietly when the reader is gone (`| head`), else with CLI_WRITE. */
export function stdoutFailed(error: unknown, lang: Language): never {
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0);
  const failure = new CliError('CLI_WRITE', { value: 'stdout', hint: fileErrorText(error) });
  process.stderr.write(`winmedic: ${failure.code} ${failure.text(lang)}\n`);
  process.exit(2);
}

/** Writes to stdout and waits when the reader is slower; an interrupt ends the waiting. */
function stdoutWriter(signal: AbortSignal): (text: string) => Promise<void> {
  return (text) =>
    new Promise((resolve) => {
      if (process.stdout.write(text) || signal.aborted) return resolve();
      process.stdout.once('drain', resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
}

/** Writes to stdout and returns when the bytes are handed over: for output made inside a callback that cannot wait. */
export function writeStdoutSync({ lang, signal }: Context, text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) {
    signal.throwIfAborted();
    try {
      done += writeSync(1, bytes, done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') stdoutFailed(error, lang);
      // A slow reader: wait a little instead of piling up output in memory.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/** A word of the command line so that it can be pasted again: a shell of Unix drops a bare backslash (`CORP\alice`), Windows keeps it. */
function quoted(word: string): string {
  const bare = process.platform === 'win32' ? /^[\w@%+=:,./\\-]+$/ : /^[\w@%+=:,./-]+$/;
  return bare.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Builds the context of one run. */
export function makeContext(lang: Language, options: Options, argv: readonly string[], interrupts: Interrupts): Context {
  const { abort } = interrupts;
  const { signal } = abort;
  const terminal = process.stdout.isTTY === true;
  const out = stdoutWriter(signal);
  const complain = (text: string): void => {
    process.stderr.write(`${text}\n`);
  };
  const wish = options['color'] ?? (process.env['NO_COLOR'] ? 'never' : 'auto');
  const quiet = options['quiet'] === true;
  return {
    lang,
    zone: chooseZone(options, process.env),
    colour: wish === 'always' || (wish === 'auto' && terminal && process.env['TERM'] !== 'dumb'),
    width: terminal ? Math.min(Math.max(process.stdout.columns ?? 100, 60), 160) : 100,
    terminal,
    unicode: process.platform !== 'win32' || Boolean(process.env['WT_SESSION']) || !terminal,
    quiet,
    json: options['json'] === true,
    commandLine: ['winmedic', ...argv].map(quoted).join(' '),
    signal,
    sync: (work) => interruptible(work, abort),
    uninterrupted: (work) => interrupts.hold(work),
    out,
    outJson: (value) => {
      const text = JSON.stringify(value, null, terminal ? 2 : undefined);
      return out(`${terminal ? spelledOut(text) : text}\n`);
    },
    talk: quiet ? () => {} : complain,
    complain,
  };
}
