import type { Language } from '@winmedic/knowledge/model';

/** Words of the help pages. */
export interface HelpWords {
  readonly description: string;
  readonly helpOption: string;
  readonly versionOption: string;
  readonly helpCommand: string;
  readonly helpCommandText: string;
  readonly examples: string;
  readonly exitCodes: string;
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
    helpCommand: 'help [verb]',
    helpCommandText: 'help of a verb',
    examples: 'Examples:',
    exitCodes: [
      'Exit codes:',
      '  0    done',
      '  1    done, something was found (only with --exit-code)',
      '  2    could not be done',
      '  3    done in part: some inputs could not be read',
      '  130  interrupted',
    ].join('\n'),
    start: 'First step:  winmedic diagnose FOLDER-WITH-LOGS\nHelp of a verb:  winmedic diagnose --help',
    titles: {},
  },
  ja: {
    description: 'Windows サーバーの診断と復旧を、どの端末からでも行います。',
    helpOption: '例とオプションを表示（--help は詳細つき）',
    versionOption: 'バージョンを表示',
    helpCommand: 'help [verb]',
    helpCommandText: '各操作のヘルプを表示',
    examples: '例:',
    exitCodes: [
      '終了コード:',
      '  0    完了',
      '  1    完了、指摘あり（--exit-code 指定時のみ）',
      '  2    実行できず',
      '  3    一部のみ完了（読めない入力あり）',
      '  130  中断',
    ].join('\n'),
    start: '最初の一歩:  winmedic diagnose ログのフォルダー\n操作ごとのヘルプ:  winmedic diagnose --help',
    titles: { 'Usage:': '使い方:', 'Options:': 'オプション:', 'Commands:': '操作:', 'Arguments:': '引数:' },
  },
};
