import type { Language, Localized } from '@winmedic/knowledge/model';

/** Errors of the command line itself. Codes are stable; `{name}` is filled from the details. */
const TEXTS = {
  CLI_ZONE: { en: 'unknown time zone "{value}". Use an IANA name such as Asia/Tokyo, or +09:00.', ja: 'タイムゾーン「{value}」が分かりません。Asia/Tokyo などの IANA 名か +09:00 を指定してください。' },
  CLI_UNKNOWN_OPTION: { en: 'unknown option {value}. `winmedic {verb} --help` lists the options.', ja: 'オプション {value} はありません。`winmedic {verb} --help` で一覧を確認できます。' },
  CLI_UNKNOWN_VERB: { en: 'unknown verb "{value}". `winmedic --help` lists the verbs.', ja: '「{value}」という操作はありません。`winmedic --help` で一覧を確認できます。' },
  CLI_MISSING_ARGUMENT: { en: 'something is missing: {value}. `winmedic {verb} --help` shows examples.', ja: '指定が足りません: {value}。`winmedic {verb} --help` に例があります。' },
  CLI_INVALID_VALUE: { en: '{option}: "{value}" is not usable here. {hint}', ja: '{option}: 「{value}」は使えません。{hint}' },
  CLI_TIME: { en: '{option}: "{value}" is not a time. Use 2018-07-06, 2018-07-06T06:04:29 or 2018-07-06T06:04:29+09:00.', ja: '{option}: 「{value}」は時刻として読めません。2018-07-06、2018-07-06T06:04:29、2018-07-06T06:04:29+09:00 の形で指定してください。' },
  CLI_WHERE: { en: '--where "{value}" cannot be read. Form: Field=value, Field!=value, Field|contains=value, Field=[a,b]. {hint}', ja: '--where「{value}」を読めません。形式: Field=値、Field!=値、Field|contains=値、Field=[a,b]。{hint}' },
  CLI_FILE: { en: 'cannot read {value}: {hint}', ja: '{value} を読めません: {hint}' },
  CLI_WRITE: { en: 'cannot write {value}: {hint}', ja: '{value} に書き込めません: {hint}' },
  CLI_STDIN_EMPTY: { en: 'nothing was given. Pass a code, or paste the text of an event on standard input.', ja: '入力がありません。コードを指定するか、イベントの本文を標準入力に貼り付けてください。' },
  CLI_NO_STOPS_TO_COUNT: { en: 'no stop of one kind was found that could be counted. Give counts: --before 5/12 --after 0/30.', ja: '数えられる停止が見つかりません。--before 5/12 --after 0/30 のように件数で指定してください。' },
  CLI_PACK: { en: 'the cause pack {value} was refused and nothing of it is used:\n{hint}', ja: '仮説パック {value} は受け付けられず、内容は一切使いません:\n{hint}' },
  CLI_INTERNAL: { en: 'unexpected error: {value}. Please report it with the command line.', ja: '予期しないエラーです: {value}。コマンドラインとともに報告してください。' },
} as const satisfies Record<string, Localized>;

/** Stable codes of {@link CliError}. */
export type CliErrorCode = keyof typeof TEXTS;

/** A request that cannot be carried out; shown as `winmedic: CODE text`, exit code 2. */
export class CliError extends Error {
  readonly code: CliErrorCode;
  readonly details: Readonly<Record<string, string>>;

  constructor(code: CliErrorCode, details: Readonly<Record<string, string>> = {}) {
    super(code);
    this.name = 'CliError';
    this.code = code;
    this.details = details;
  }

  /** The text in the given language. */
  text(lang: Language): string {
    return TEXTS[this.code][lang].replaceAll(/\{(\w+)\}/g, (_, name: string) => this.details[name] ?? '');
  }
}
