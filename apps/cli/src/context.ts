import { writeSync } from 'node:fs';
import type { Language } from '@winmedic/knowledge/model';
import { CliError } from './errors.ts';
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
  readonly out: (text: string) => Promise<void>;
  /** Talk to the person: stderr, dropped by `--quiet`. */
  readonly talk: (text: string) => void;
}

/** Language from `--lang`, then WINMEDIC_LANG, LC_ALL, LC_MESSAGES, LANG; English otherwise. */
export function chooseLanguage(argv: readonly string[], env: NodeJS.ProcessEnv): Language {
  const index = argv.indexOf('--lang');
  const given = index >= 0 ? argv[index + 1] : argv.find((word) => word.startsWith('--lang='))?.slice('--lang='.length);
  const named = given ?? env['WINMEDIC_LANG'] ?? env['LC_ALL'] ?? env['LC_MESSAGES'] ?? env['LANG'] ?? '';
  return /^ja\b|^ja_/i.test(named) ? 'ja' : 'en';
}

/** Zone from `--utc`, `--tz`, WINMEDIC_TZ, then this machine. Throws CLI_ZONE for a name nobody knows. */
export function chooseZone(options: Options, env: NodeJS.ProcessEnv): string {
  if (options['utc']) return 'UTC';
  const zone = (options['tz'] as string | undefined) ?? env['WINMEDIC_TZ'] ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    throw new CliError('CLI_ZONE', { value: zone });
  }
}

/** Writes to stdout and waits when the reader is slower; a closed pipe (`| head`) ends the program quietly. */
export function stdoutWriter(): (text: string) => Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return (text) =>
    new Promise((resolve) => {
      if (process.stdout.write(text)) resolve();
      else process.stdout.once('drain', resolve);
    });
}

/**
 * Writes to stdout and returns when the bytes are handed over: for output made inside a callback that cannot wait. A closed pipe ends the
 * program quietly.
 */
export function writeStdoutSync(text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(1, bytes, done);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') process.exit(0);
      if (code !== 'EAGAIN') throw error;
      // A slow reader: wait a little instead of piling up output in memory.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/** Builds the context of one run. */
export function makeContext(lang: Language, options: Options, argv: readonly string[], signal: AbortSignal): Context {
  const terminal = process.stdout.isTTY === true;
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
    commandLine: ['winmedic', ...argv].map((word) => (/^[\w@%+=:,./\\-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' '),
    signal,
    out: stdoutWriter(),
    talk: (text) => {
      if (!quiet) process.stderr.write(`${text}\n`);
    },
  };
}
