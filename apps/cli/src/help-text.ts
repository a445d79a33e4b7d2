import type { Language } from '@winmedic/knowledge/model';

/** Words of the help pages. */
export interface HelpWords {
  readonly description: string;
  readonly helpOption: string;
  readonly versionOption: string;
  readonly helpCommandText: string;
  readonly examples: string;
  /** `[options]` of the usage line. */
  readonly options: string;
  /** Usage after the name of the command itself. */
  readonly usage: string;
  /** First examples, for the help of the command itself. */
  readonly firstExamples: string;
  readonly exitCodes: string;
  readonly environment: string;
  readonly start: string;
  /** Commander's titles in this language. */
  readonly titles: Readonly<Record<string, string>>;
}

/** Both languages; a missing word is a compile error. */
export const HELP: Readonly<Record<Language, HelpWords>> = {
  en: {
    description: 'Diagnosis and recovery of Windows servers, from any machine.',
    helpOption: 'examples and options (--help: with details)',
    versionOption: 'version',
    helpCommandText: 'Help of a verb, with details',
    examples: 'Examples:',
    options: '[options]',
    usage: '<verb> [options] [arguments]',
    firstExamples: [
      '  # why did the server stop?',
      '  winmedic diagnose ./logs',
      '  # what keeps this disk from booting, and can it be repaired?',
      '  winmedic disk inspect server.vhdx',
      '  # what does this code mean?',
      '  winmedic explain 0x500ff',
      '  # which records are in this log?',
      '  winmedic events System.evtx --count-by id',
    ].join('\n'),
    exitCodes: [
      'Exit codes:',
      '  0    done',
      '  1    done, something was found (connect; other verbs only with --exit-code)',
      '  2    could not be done',
      '  3    done in part: some inputs could not be read, or are damaged',
      '  4    a volume is locked: no key fits',
      '  130  interrupted',
    ].join('\n'),
    environment: [
      'Environment:',
      '  WINMEDIC_LANG, LC_ALL, LC_MESSAGES, LANG  language, when --lang is not given',
      '  WINMEDIC_TZ                               time zone, when --tz and --utc are not given',
      '  NO_COLOR                                  no colour, when --color is not given',
      '  WINMEDIC_PASSWORD                         password for connect, when no other source is named',
      '  WINMEDIC_RECOVERY_KEY                     BitLocker recovery keys for disk verbs, besides --recovery-key',
      '  KRB5_CONFIG, KRB5CCNAME                   Kerberos configuration and ticket cache',
    ].join('\n'),
    start: 'First step:  winmedic diagnose FOLDER-WITH-LOGS\nHelp of a verb:  winmedic diagnose --help',
    titles: { 'Commands:': 'Verbs:' },
  },
  ja: {
    description: 'Windows サーバーの診断と復旧を、どの端末からでも行います。',
    helpOption: '例とオプションを表示(--help は詳細つき)',
    versionOption: 'バージョンを表示',
    helpCommandText: '操作のヘルプを詳細つきで表示',
    examples: '例:',
    options: '[オプション]',
    usage: '<操作> [オプション] [引数]',
    firstExamples: [
      '  # サーバーはなぜ停止したのか',
      '  winmedic diagnose ./logs',
      '  # このディスクが起動しない理由は何か、修復できるか',
      '  winmedic disk inspect server.vhdx',
      '  # このコードの意味は何か',
      '  winmedic explain 0x500ff',
      '  # このログにはどのレコードがあるか',
      '  winmedic events System.evtx --count-by id',
    ].join('\n'),
    exitCodes: [
      '終了コード:',
      '  0    完了',
      '  1    完了、指摘あり(connect、またはほかの操作で --exit-code 指定時)',
      '  2    実行できず',
      '  3    一部のみ完了(読めない入力、または破損あり)',
      '  4    ボリュームがロックされたまま(合うキーなし)',
      '  130  中断',
    ].join('\n'),
    environment: [
      '環境変数:',
      '  WINMEDIC_LANG, LC_ALL, LC_MESSAGES, LANG  表示言語(--lang がないとき)',
      '  WINMEDIC_TZ                               タイムゾーン(--tz も --utc もないとき)',
      '  NO_COLOR                                  色なし(--color がないとき)',
      '  WINMEDIC_PASSWORD                         connect のパスワード(ほかの取得元の指定がないとき)',
      '  WINMEDIC_RECOVERY_KEY                     disk の BitLocker 回復キー(--recovery-key に追加)',
      '  KRB5_CONFIG, KRB5CCNAME                   Kerberos の設定とチケット キャッシュ',
    ].join('\n'),
    start: '最初の一歩:  winmedic diagnose ログのフォルダー\n操作ごとのヘルプ:  winmedic diagnose --help',
    titles: { 'Usage:': '使い方:', 'Options:': 'オプション:', 'Commands:': '操作:', 'Arguments:': '引数:' },
  },
};
