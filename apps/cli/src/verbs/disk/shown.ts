import { FormatError } from '@winmedic/bytes';
import type { InputProblem } from '@winmedic/core/model';
import { readingCode, reportMeta, talkProblems } from '../../case.ts';
import type { Context } from '../../context.ts';
import type { Options } from '../../spec.ts';
import { writeReport } from '../../write-report.ts';

/** Options of a text for a terminal. */
export function people(context: Context, options: Options, started: number) {
  const { lang, width, colour, unicode } = context;
  return { ...reportMeta(context, started), lang, width, colour, unicode, verbose: options['verbose'] === true };
}

/** Writes the reports asked for; false when one could not be written. */
export function writeFiles(context: Context, options: Options, makers: Readonly<Record<'html' | 'md', () => string>>): boolean {
  let written = true;
  for (const name of ['html', 'md'] as const) {
    const path = options[name];
    if (typeof path === 'string') written = writeReport(context, path, makers[name]()) && written;
  }
  return written;
}

/** Tells the problems of a list on stderr, for output that does not contain them, and gives the exit code they mean. */
export function toldCode(context: Context, problems: readonly InputProblem[]): number {
  talkProblems(context, problems);
  return readingCode(problems, true);
}

/** Words of a command line that can be pasted again in a shell of Unix or Windows. */
export function commandOf(...words: readonly string[]): string {
  const bare = process.platform === 'win32' ? /^[\w@%+=:,./\\-]+$/ : /^[\w@%+=:,./-]+$/;
  return words.map((word) => (bare.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}

/** A path on the volume without the letter of the drive and the first separator: `C:\Windows` is `Windows`. */
export function onVolume(path: string): string {
  return path.replace(/^[a-z]:(?=[\\/]|$)/i, '').replace(/^[\\/]+/, '');
}

/** True for errors that readers of formats throw. */
export function isFormatError(error: unknown): error is FormatError<string> {
  return error instanceof FormatError;
}
