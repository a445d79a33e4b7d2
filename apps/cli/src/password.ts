import { execFile } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { Secret } from '@winmedic/core/connection';
import type { Localized } from '@winmedic/knowledge/model';
import { printable } from '@winmedic/report';
import { askLine, canAsk } from './ask-line.ts';
import type { Context } from './context.ts';
import { CliError, fileErrorText } from './errors.ts';

/** Where a password comes from; at most one may be given. Without one: the environment, else the prompt. */
export interface PasswordSource {
  /** First line of a file; `-` is standard input. */
  readonly file?: string;
  /** Name of an environment variable. */
  readonly env?: string;
  /** Command that prints it: the keychain's own tool. */
  readonly command?: string;
}

/** Variable read when no source is named. */
const DEFAULT_VARIABLE = 'WINMEDIC_PASSWORD';
/** Longer than any password Windows takes (256 characters), shorter than a file given by mistake. */
const MAX_BYTES = 4096;
/** A keychain may ask its owner first. */
const COMMAND_TIMEOUT_MS = 120_000;

const EMPTY: Localized = { en: 'it gives no password', ja: 'パスワードが得られませんでした' };
const NOT_TEXT: Localized = {
  en: 'it is neither UTF-8 nor UTF-16 with a byte order mark; a password guessed from it would count as a wrong one',
  ja: 'UTF-8 でも BOM 付き UTF-16 でもありません。推測したパスワードは誤ったパスワードとして数えられます',
};
const TOO_LONG: Localized = { en: 'it is too long for a password', ja: 'パスワードとしては長すぎます' };
const NO_TERMINAL: Localized = {
  en: 'there is no terminal to ask on; use --password-file, --password-env or --password-command',
  ja: '入力を求める端末がありません。--password-file、--password-env、--password-command のいずれかを使ってください',
};

/**
 * Keeps what is in memory out of core dumps and crash reports, as far as a process can for itself: Linux leaves all memory out with an empty
 * filter (core(5)); Node's reports leave the environment out.
 */
export function shieldMemory(): void {
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
  } catch {
    // Not Linux, or not allowed: nothing else can be done from inside.
  }
  if (process.report) Object.assign(process.report, { excludeEnv: true, reportOnFatalError: false, reportOnUncaughtException: false });
}

/**
 * A function that gives the password, the same one each time, and asks for it only when it is first needed. A variable it was taken from is
 * removed from the environment, so that no child process inherits it.
 * @throws CliError `CLI_PASSWORD`, which names the source and never its content.
 */
export function passwordFrom(source: PasswordSource, account: string, context: Context): () => Promise<Secret> {
  let known: Promise<Secret> | undefined;
  return () => {
    known ??= read(source, account, context);
    return known;
  };
}

async function read({ file, env, command }: PasswordSource, account: string, context: Context): Promise<Secret> {
  const name = env ?? DEFAULT_VARIABLE;
  const value = process.env[name];
  // Also when another source is named: that source's own process would inherit it.
  delete process.env[name];
  if (file !== undefined) return fromFile(file, context);
  if (command !== undefined) return fromCommand(command, context.signal);
  if (value !== undefined) return checked(value, name);
  if (env !== undefined) throw new CliError('CLI_PASSWORD', { value: env, hint: EMPTY });
  return prompt(account, context);
}

function fromFile(path: string, context: Context): Secret {
  let text: string;
  try {
    if (path !== '-' && process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0)
      context.talk(
        context.lang === 'ja'
          ? `注意: ${printable(path)} は所有者以外も読めます (chmod 600 で制限できます)。`
          : `note: ${printable(path)} can be read by others than its owner (chmod 600 restricts it).`,
      );
    const bytes = readFileSync(path === '-' ? 0 : path);
    if (bytes.length > MAX_BYTES) throw new CliError('CLI_PASSWORD', { value: path, hint: TOO_LONG });
    text = decoded(bytes, path);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError('CLI_PASSWORD', { value: path, hint: fileErrorText(error) });
  }
  return checked(text.split(/\r?\n/, 1)[0] ?? '', path);
}

/** The command runs in the user's shell, as git's credential helpers do; what it prints on stderr stays with it. */
function fromCommand(command: string, signal: AbortSignal): Promise<Secret> {
  const [shell, flag] = process.platform === 'win32' ? ['cmd.exe', '/c'] : ['/bin/sh', '-c'];
  return new Promise((resolve, reject) => {
    execFile(
      shell as string,
      [flag as string, command],
      { encoding: 'buffer', timeout: COMMAND_TIMEOUT_MS, maxBuffer: MAX_BYTES, signal, windowsHide: true },
      (error, stdout) => {
        const failed: Localized = { en: 'the command failed', ja: 'コマンドが失敗しました' };
        // Never the error's message: it may repeat what was printed.
        if (error) reject(new CliError('CLI_PASSWORD', { value: '--password-command', hint: failed }));
        else {
          try {
            resolve(checked(decoded(stdout, '--password-command').split(/\r?\n/, 1)[0] ?? '', '--password-command'));
          } catch (problem) {
            reject(problem);
          }
        }
      },
    );
  });
}

/** Windows PowerShell writes files as UTF-16. What is no text is refused: each wrong password may count towards a lockout. */
function decoded(bytes: Uint8Array, source: string): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new CliError('CLI_PASSWORD', { value: source, hint: NOT_TEXT });
  }
}

function checked(text: string, source: string | Localized): Secret {
  if (text === '') throw new CliError('CLI_PASSWORD', { value: source, hint: EMPTY });
  return new Secret(text);
}

/** The prompt as a source that can be named. */
function promptFor(account: string): Localized {
  return { en: `the prompt for ${account}`, ja: `${account} の入力` };
}

/** Asks on the terminal without echo. */
async function prompt(account: string, { lang, signal }: Context): Promise<Secret> {
  if (!canAsk()) throw new CliError('CLI_PASSWORD', { value: promptFor(account), hint: NO_TERMINAL });
  const question = lang === 'ja' ? `${printable(account)} のパスワード: ` : `Password of ${printable(account)}: `;
  const line = await askLine(question, signal, true);
  if (line === undefined) throw new CliError('CLI_PASSWORD', { value: account, hint: EMPTY });
  return checked(line, promptFor(account));
}
