import { readFileSync } from 'node:fs';
import type { Damage } from '@winmedic/bytes';
import { type DiskKeys, rawKeyFrom, recoveryKeysFrom, startupKeyFrom } from '@winmedic/core/disk';
import type { Localized } from '@winmedic/knowledge/model';
import type { Context } from './context.ts';
import { CliError, fileErrorText } from './errors.ts';
import { passwordFrom, shieldMemory } from './password.ts';
import type { Options } from './spec.ts';

/** Variable with recovery keys, removed from the environment once it was read. */
const VARIABLE = 'WINMEDIC_RECOVERY_KEY';

const ONE_RAW: Localized = {
  en: 'Give only one of --vmk-file and --fvek-file.',
  ja: '--vmk-file と --fvek-file はどちらか一方だけを指定してください。',
};
const ONE_STDIN: Localized = { en: 'Standard input can be read only once.', ja: '標準入力は 1 回だけ指定できます。' };
const VOLUME: Localized = { en: 'The number of a partition is needed.', ja: 'パーティションの番号を指定してください。' };

/** Partition number of `--volume`. @throws CliError */
export function volumeOption(options: Options): number | undefined {
  const text = options['volume'];
  if (typeof text !== 'string') return undefined;
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new CliError('CLI_INVALID_VALUE', { option: '--volume', value: text, hint: VOLUME });
  return Number(text);
}

const texts = (options: Options, name: string): readonly string[] => {
  const value = options[name];
  return typeof value === 'string' ? [value] : Array.isArray(value) ? value : [];
};

function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path === '-' ? 0 : path);
  } catch (error) {
    throw new CliError('CLI_FILE', { value: path === '-' ? 'stdin' : path, hint: fileErrorText(error) });
  }
}

/**
 * The keys given by options and by the environment; undefined: none. Memory is shielded before the first is read.
 * @throws CliError for what does not go together or cannot be read; {DiskAccessError} DISK_KEY_FILE for a file that holds no such key.
 */
export async function keysOf(
  context: Context,
  options: Options,
  onDamage: (path: string, damage: Damage) => void,
): Promise<DiskKeys | undefined> {
  const variable = process.env[VARIABLE];
  delete process.env[VARIABLE];
  const lists = texts(options, 'recoveryKey');
  const startups = texts(options, 'startupKey');
  const raws = (['vmk', 'fvek'] as const).flatMap((kind) => texts(options, `${kind}File`).map((path) => ({ kind, path })));
  const [password] = texts(options, 'passwordFile');
  if (raws.length > 1) throw new CliError('CLI_INVALID_VALUE', { option: '--fvek-file', value: raws[1]!.path, hint: ONE_RAW });
  if ([...lists, ...startups, password].filter((path) => path === '-').length > 1)
    throw new CliError('CLI_INVALID_VALUE', { option: '--recovery-key', value: '-', hint: ONE_STDIN });
  const [raw] = raws;
  if (variable === undefined && lists.length + startups.length === 0 && raw === undefined && password === undefined) return undefined;
  shieldMemory();
  const number = volumeOption(options);
  const recovery = [
    ...lists.flatMap((path) => recoveryKeysFrom(bytesOf(path), path, (damage) => onDamage(path, damage))),
    ...(variable === undefined ? [] : recoveryKeysFrom(variable, VARIABLE, (damage) => onDamage(VARIABLE, damage))),
  ];
  return {
    ...(recovery.length > 0 && { recovery }),
    ...(startups.length > 0 && { startup: startups.map((path) => startupKeyFrom(bytesOf(path), path)) }),
    ...(raw && { raw: { secret: rawKeyFrom(raw.kind, bytesOf(raw.path), raw.path), ...(number !== undefined && { volume: number }) } }),
    ...(password !== undefined && { password: (await passwordFrom({ file: password }, password, context)()).reveal() }),
  };
}
