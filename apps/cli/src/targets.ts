import { readFileSync } from 'node:fs';
import { parseTarget } from '@winmedic/core/connection';
import type { Localized } from '@winmedic/knowledge/model';
import { CliError, fileErrorText } from './errors.ts';

/** Hosts of one run; more are a list given by mistake. */
const MAX_TARGETS = 100_000;

const FORMS: Localized = {
  en: 'Forms: host, host:port, [address]:port, http(s)://host:port/wsman. One host each: no ranges, no networks, no user name or password.',
  ja: '形式: ホスト、ホスト:ポート、[アドレス]:ポート、http(s)://ホスト:ポート/wsman。1 つに 1 台です。範囲、ネットワーク、ユーザー名、パスワードは書けません。',
};
const TOO_MANY: Localized = { en: `At most ${MAX_TARGETS} hosts.`, ja: `ホストは ${MAX_TARGETS} 台までです。` };
const NONE: Localized = { en: 'a host, or --targets <file>', ja: 'ホスト、または --targets <file>' };

/**
 * The hosts of the command line and of files (one per line or in the first column of a CSV; empty lines and `#` are left out), each once.
 * @throws CliError for a file that cannot be read and for what is no host.
 */
export function targetsOf(args: readonly string[], files: readonly string[], verb: string): string[] {
  const listed = files.flatMap((path) => linesOf(path));
  const targets = [...new Set([...args, ...listed])];
  if (targets.length === 0) throw new CliError('CLI_MISSING_ARGUMENT', { verb: `${verb} `, value: NONE });
  if (targets.length > MAX_TARGETS)
    throw new CliError('CLI_INVALID_VALUE', { option: '--targets', value: `${targets.length}`, hint: TOO_MANY });
  for (const target of targets) {
    try {
      parseTarget(target);
    } catch {
      // What stands before an @ may be a password: it is not repeated.
      throw new CliError('CLI_INVALID_VALUE', { option: verb, value: target.replace(/^(https?:\/\/)?.*@/is, '$1…@'), hint: FORMS });
    }
  }
  return targets;
}

function linesOf(path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw new CliError('CLI_FILE', { value: path, hint: fileErrorText(error) });
  }
  return text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((line) => (line.split(/[,;\t]/, 1)[0] ?? '').trim().replace(/^"(.*)"$/, '$1'))
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** Port numbers of `3389,3390-3395`. @throws CliError */
export function portsOf(lists: readonly string[], option: string): number[] {
  const hint: Localized = { en: 'Form: 3389,3390-3395.', ja: '形式: 3389,3390-3395。' };
  const ports = lists.flatMap((list) =>
    list.split(',').flatMap((part) => {
      const [, from = '', to = from] = /^\s*(\d{1,5})(?:-(\d{1,5}))?\s*$/.exec(part) ?? [];
      const [low, high] = [Number(from), Number(to)];
      if (from === '' || low < 1 || high > 65_535 || high < low) throw new CliError('CLI_INVALID_VALUE', { option, value: list, hint });
      return Array.from({ length: high - low + 1 }, (_, i) => low + i);
    }),
  );
  return [...new Set(ports)];
}
