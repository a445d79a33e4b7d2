import type { Localized } from '@winmedic/knowledge/model';
import { askLine, canAsk } from '../../ask-line.ts';
import type { Context } from '../../context.ts';
import { CliError } from '../../errors.ts';
import { spelledOut } from '../../safe-text.ts';
import type { Options } from '../../spec.ts';

const NEEDED: Localized = {
  en: 'Give --yes to write, or --dry-run to see every block; without a terminal nobody can be asked.',
  ja: '書き込むには --yes、すべてのブロックを確認するには --dry-run を指定してください。端末がないため確認を求められません。',
};

/**
 * Consent to writing to a disk: `--yes`, or the name of the disk typed as it was given.
 * @throws CliError CLI_CONFIRM where nobody can be asked, CLI_NOT_CONFIRMED when something else was typed; the reason of the signal.
 */
export async function consent(context: Context, path: string, options: Options): Promise<void> {
  if (options['yes'] === true) return;
  if (context.json || !canAsk()) throw new CliError('CLI_CONFIRM', { value: path, hint: NEEDED });
  const name = spelledOut(path);
  const question =
    context.lang === 'ja'
      ? `このディスクに書き込むには、その名前 ${name} を入力してください (ほかの入力では何も書き込みません): `
      : `Type the name of the disk, ${name}, to write to it (anything else leaves it as it is): `;
  const typed = await askLine(question, context.signal, false);
  if (typed?.trim() !== path) throw new CliError('CLI_NOT_CONFIRMED', { value: path });
}
