import type { Language, Localized } from '@winmedic/knowledge/model';

/** Errors of the command line itself. Codes are stable; `{name}` is filled from the details. */
const TEXTS = {
  CLI_ZONE: {
    en: 'unknown time zone "{value}". Use an IANA name such as Asia/Tokyo, or +09:00.',
    ja: 'タイムゾーン「{value}」が分かりません。Asia/Tokyo などの IANA 名か +09:00 を指定してください。',
  },
  CLI_UNKNOWN_OPTION: {
    en: 'unknown option {value}. {near}`winmedic {verb}--help` lists the options.',
    ja: 'オプション {value} はありません。{near}`winmedic {verb}--help` で一覧を確認できます。',
  },
  CLI_UNKNOWN_VERB: {
    en: 'unknown verb "{value}". {near}`winmedic {verb}--help` lists the verbs.',
    ja: '「{value}」という操作はありません。{near}`winmedic {verb}--help` で一覧を確認できます。',
  },
  CLI_MISSING_ARGUMENT: {
    en: 'something is missing: {value}. `winmedic {verb}--help` shows examples.',
    ja: '指定が足りません: {value}。`winmedic {verb}--help` に例があります。',
  },
  CLI_INVALID_VALUE: { en: '{option}: "{value}" is not usable here. {hint}', ja: '{option}: 「{value}」は使えません。{hint}' },
  CLI_TIME: {
    en: '{option}: "{value}" is not a time. Use 2018-07-06, 2018-07-06T06:04:29 or 2018-07-06T06:04:29+09:00.',
    ja: '{option}: 「{value}」は時刻として読めません。2018-07-06、2018-07-06T06:04:29、2018-07-06T06:04:29+09:00 の形で指定してください。',
  },
  CLI_WHERE: {
    en: '--where "{value}" cannot be read. {hint}Form: Field=value, Field!=value, Field|contains=value, Field=[a,b].',
    ja: '--where「{value}」を読めません。{hint}形式: Field=値、Field!=値、Field|contains=値、Field=[a,b]。',
  },
  CLI_FILE: { en: 'cannot read {value}: {hint}.', ja: '{value} を読めません: {hint}。' },
  CLI_PASSWORD: { en: 'no password from {value}: {hint}.', ja: '{value} からパスワードを取得できません: {hint}。' },
  CLI_USER_COLON: {
    en: '--user must not hold a colon: no Windows name does, and a password does not belong on the command line. Use --password-file, --password-env, --password-command or the prompt.',
    ja: '--user にコロンは使えません。Windows の名前には含まれず、パスワードをコマンドラインに書くべきでもありません。--password-file、--password-env、--password-command、または入力を使ってください。',
  },
  CLI_CONNECT: { en: '{value}: {hint}', ja: '{value}: {hint}' },
  CLI_CONFIRM: { en: 'nothing was written to {value}. {hint}', ja: '{value} には何も書き込んでいません。{hint}' },
  CLI_NOT_CONFIRMED: {
    en: 'not confirmed: nothing was written to {value}.',
    ja: '確認が得られなかったため、{value} には何も書き込んでいません。',
  },
  CLI_BINARY: {
    en: '{value} is no short text: give --out FILE, or send the output to a file or another command.',
    ja: '{value} は短いテキストではありません。--out FILE を指定するか、出力をファイルやほかのコマンドに渡してください。',
  },
  CLI_WRITE: { en: 'cannot write {value}: {hint}.', ja: '{value} に書き込めません: {hint}。' },
  CLI_EXISTS: {
    en: '{value} exists: nothing was written. Give --yes to replace it, or another name.',
    ja: '{value} は既に存在するため、何も書き込んでいません。置き換えるには --yes を、または別の名前を指定してください。',
  },
  CLI_SAME_FILE: {
    en: '{value} is the input itself: nothing was written. Give another name for the result; the input stays as it is.',
    ja: '{value} は入力そのものであるため、何も書き込んでいません。出力には別の名前を指定してください。入力は変更しません。',
  },
  CLI_NO_CAPTURE: {
    en: '{value} is no packet capture: nothing was written. {hint}',
    ja: '{value} はパケット キャプチャではないため、何も書き込んでいません。{hint}',
  },
  CLI_STREAM: { en: 'no capture has the stream {value}. {hint}', ja: 'ストリーム {value} のあるキャプチャはありません。{hint}' },
  CLI_STDIN_EMPTY: {
    en: 'nothing was given. Pass a code, or paste the text of an event on standard input.',
    ja: '入力がありません。コードを指定するか、イベントの本文を標準入力に貼り付けてください。',
  },
  CLI_NO_STOPS_TO_COUNT: {
    en: 'no stop of one kind was found that could be counted. {hint}Or give counts: --before 5/12 --after 0/30.',
    ja: '数えられる停止が見つかりません。{hint}--before 5/12 --after 0/30 のように件数でも指定できます。',
  },
  CLI_PACK: {
    en: 'the cause pack {value} was refused and nothing of it is used:\n{hint}',
    ja: '仮説パック {value} は受け付けられず、内容は一切使いません:\n{hint}',
  },
  CLI_INTERNAL: {
    en: 'unexpected error: {value}. Please report it with the command line.',
    ja: '予期しないエラーです: {value}。コマンドラインとともに報告してください。',
  },
} as const satisfies Record<string, Localized>;

/** Stable codes of {@link CliError}. */
export type CliErrorCode = keyof typeof TEXTS;

/** What fills the places of a text: the same in both languages (what the user typed), or a text in each. */
export type ErrorDetails = Readonly<Record<string, string | Localized>>;

/** A request that cannot be carried out; shown as `winmedic: CODE text`, exit code 2. */
export class CliError extends Error {
  readonly code: CliErrorCode;
  readonly details: ErrorDetails;

  constructor(code: CliErrorCode, details: ErrorDetails = {}) {
    super(code);
    this.name = 'CliError';
    this.code = code;
    this.details = details;
  }

  /** The text in the given language. */
  text(lang: Language): string {
    const { details } = this;
    const filled = TEXTS[this.code][lang].replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const detail = Object.hasOwn(details, name) ? details[name] : undefined;
      return typeof detail === 'object' ? detail[lang] : (detail ?? '');
    });
    return filled.trimEnd();
  }
}

/** Codes that mean that a volume stays locked: exit code 4. */
export const LOCKED_CODES: ReadonlySet<string> = new Set([
  'BITLOCKER_LOCKED',
  'BITLOCKER_KEY',
  'BITLOCKER_RECOVERY_PASSWORD',
  'DISK_KEY_FILE',
]);

const FILE_ERRORS: Readonly<Record<string, Localized>> = {
  ENOENT: { en: 'there is no such file or folder', ja: 'ファイルまたはフォルダーがありません' },
  ENOTDIR: { en: 'a part of the path is not a folder', ja: 'パスの途中がフォルダーではありません' },
  EISDIR: { en: 'it is a folder', ja: 'フォルダーです' },
  EACCES: { en: 'no permission', ja: 'アクセス権がありません' },
  EPERM: { en: 'no permission', ja: 'アクセス権がありません' },
  EROFS: { en: 'the file system is read-only', ja: '読み取り専用のファイル システムです' },
  ENOSPC: { en: 'no space left', ja: '空き容量がありません' },
  EBUSY: { en: 'it is in use', ja: '使用中です' },
};

/** What an error of the file system means; its own code for those without a text. */
export function fileErrorText(error: unknown): Localized {
  const { code = '', message = String(error) } = error as NodeJS.ErrnoException;
  const known = Object.hasOwn(FILE_ERRORS, code) ? FILE_ERRORS[code] : undefined;
  return known ?? { en: code || message, ja: code || message };
}
