import { findHive, type HivePlace, openPlace, parseHiveData, readHiveKey } from '@winmedic/core/disk';
import { hiveStep, ioOf, type KeyWish, safebootStep, serviceStep } from '@winmedic/core/recovery';
import type { Localized } from '@winmedic/knowledge/model';
import { hiveKeyToJson, hiveKeyToText } from '@winmedic/report';
import { readingCode, reportMeta } from '../../case.ts';
import type { Context } from '../../context.ts';
import { CliError } from '../../errors.ts';
import type { Options, VerbRun } from '../../spec.ts';
import { carryOut } from './carry-out.ts';
import { withDisk } from './open.ts';
import { commandOf, people } from './shown.ts';

const STARTS = { boot: 0, system: 1, auto: 2, manual: 3, disabled: 4 } as const;

const FORM_OF_SET: Localized = {
  en: 'Form: NAME=dword:4, qword:1, sz:text, expand:text, multi:a;b, hex:0102, hex(7):6100.',
  ja: '形式: 名前=dword:4、qword:1、sz:文字列、expand:文字列、multi:a;b、hex:0102、hex(7):6100。',
};
const TOGETHER: Localized = { en: '--service and --start are needed together.', ja: '--service と --start は両方必要です。' };
const NOT_TOGETHER: Localized = {
  en: 'Give only one kind of change: the key, --service, or --safeboot.',
  ja: '変更は、キー、--service、--safeboot のいずれか 1 種類だけを指定してください。',
};
const ONLY_BCD: Localized = { en: 'It goes with the hive BCD, without a key.', ja: 'ハイブ BCD (キーなし) とあわせて指定してください。' };
const ONLY_SYSTEM: Localized = {
  en: 'It goes with the hive SYSTEM, without a key.',
  ja: 'ハイブ SYSTEM (キーなし) とあわせて指定してください。',
};
const NOT_BCD: Localized = { en: 'In the boot store only --safeboot writes.', ja: 'BCD ストアへの書き込みは --safeboot のみです。' };
const NEEDS_KEY: Localized = { en: 'Name a key behind the hive.', ja: 'ハイブの後にキーを指定してください。' };

const texts = (options: Options, name: string): readonly string[] => (options[name] as readonly string[] | undefined) ?? [];

/** What the options want of the key. @throws CliError for data that cannot be read. */
function wishesOf(options: Options): KeyWish[] {
  const sets = texts(options, 'set').map((text): KeyWish => {
    // Names of values may hold an equals sign; the first one that a form of data follows ends the name.
    const match = /^([\s\S]*?)=((?:dword|qword|sz|expand|multi|hex)(?:\([0-9a-f]+\))?:[\s\S]*)$/i.exec(text);
    const data = match === null ? undefined : parseHiveData(match[2] ?? '');
    if (match === null || data === undefined) throw new CliError('CLI_INVALID_VALUE', { option: '--set', value: text, hint: FORM_OF_SET });
    return { kind: 'set', name: match[1] ?? '', data };
  });
  return [
    ...sets,
    ...texts(options, 'deleteValue').map((name): KeyWish => ({ kind: 'delete-value', name })),
    ...(options['deleteKey'] === true ? [{ kind: 'delete-key' } as const] : []),
  ];
}

/** Reads a key of a hive, or changes it. */
export const run: VerbRun = async (context, [path = '', name = ''], options) => {
  const wishes = wishesOf(options);
  const service = options['service'] as string | undefined;
  const start = options['start'] as keyof typeof STARTS | undefined;
  const safeboot = options['safeboot'] as 'clear' | 'minimal' | 'network' | undefined;
  const wrong = (option: string, value: string, hint: Localized): never => {
    throw new CliError('CLI_INVALID_VALUE', { option, value, hint });
  };
  if ((service === undefined) !== (start === undefined))
    wrong(service === undefined ? '--start' : '--service', start ?? service ?? '', TOGETHER);
  if ([wishes.length > 0, service !== undefined, safeboot !== undefined].filter(Boolean).length > 1) wrong('disk hive', name, NOT_TOGETHER);
  if (wishes.length === 0 && service === undefined && safeboot === undefined && options['replay'] !== true)
    return show(context, path, name, options);

  const purpose = commandOf(
    'hive',
    name,
    ...(options['replay'] === true ? ['--replay'] : []),
    ...texts(options, 'set').flatMap((text) => ['--set', text]),
    ...texts(options, 'deleteValue').flatMap((text) => ['--delete-value', text]),
    ...(options['deleteKey'] === true ? ['--delete-key'] : []),
    ...(service === undefined || start === undefined ? [] : ['--service', service, '--start', start]),
    ...(safeboot === undefined ? [] : ['--safeboot', safeboot]),
  );
  return carryOut(context, path, options, ({ disk, volume }) => {
    // --volume is that of the Windows; the boot store lies on another.
    const place = findHive(disk, name, safeboot === undefined ? volume : undefined);
    const request = { purpose, volume: place.volume.number };
    if (safeboot !== undefined) {
      if (!place.bootStore || place.key !== '') wrong('--safeboot', safeboot, ONLY_BCD);
      return { request: { purpose, ...(volume !== undefined && { volume }), steps: [safebootStep(safeboot)] } };
    }
    if (place.bootStore) wrong('disk hive', name, NOT_BCD);
    if (service !== undefined && start !== undefined) {
      if (!isSystem(place) || place.key !== '') wrong('--service', service, ONLY_SYSTEM);
      return { request: { ...request, steps: [serviceStep(place, service, STARTS[start])] } };
    }
    if (wishes.length > 0 && place.key === '') wrong('disk hive', name, NEEDS_KEY);
    return { request: { ...request, steps: [hiveStep(place, wishes)] } };
  });
};

const isSystem = ({ path }: HivePlace): boolean => /(?:^|[\\/])SYSTEM$/i.test(path);

/** Shows the key, logs replayed in memory. */
function show(context: Context, path: string, name: string, options: Options): Promise<number> {
  return withDisk(context, path, options, async ({ disk, problems, volume, started }) => {
    const { report: read, left } = context.sync(() => {
      const place = findHive(disk, name, volume);
      return readHiveKey(
        disk,
        place,
        openPlace(place, (damage) => problems.damage(place.path, damage)),
      );
    });
    const report = { ...read, problems: problems.list(), io: ioOf(disk, started) };
    if (context.json) await context.outJson(hiveKeyToJson(report, reportMeta(context, started)));
    else await context.out(hiveKeyToText(report, people(context, options, started)));
    if (left.values + left.subkeys > 0)
      context.complain(
        context.lang === 'ja'
          ? `表示していない値 ${left.values} 件、サブキー ${left.subkeys} 件`
          : `not shown: ${left.values} values, ${left.subkeys} subkeys`,
      );
    return readingCode(report.problems, true);
  });
}
