import { writeFileSync } from 'node:fs';
import type { Context } from './context.ts';
import { CliError, fileErrorText } from './errors.ts';
import { spelledOut } from './safe-text.ts';

/** Writes a report file and says so; false, with the reason on stderr, when it cannot be written: the answer is printed all the same. */
export function writeReport(context: Context, path: string, text: string): boolean {
  try {
    writeFileSync(path, text);
  } catch (error) {
    const failure = new CliError('CLI_WRITE', { value: path, hint: fileErrorText(error) });
    context.complain(spelledOut(`winmedic: ${failure.code} ${failure.text(context.lang)}`));
    return false;
  }
  context.talk(spelledOut(`${context.lang === 'ja' ? '書き出し' : 'wrote'}: ${path}`));
  return true;
}
