import { AUDIT_AREAS } from '@winmedic/report';
import type { VerbSpec } from '../spec.ts';
import { DISK_OPTIONS, EVIDENCE_OPTIONS } from './shared-options.ts';

/** `winmedic audit`. */
export const audit: VerbSpec = {
  name: 'audit',
  args: '<paths...>',
  summary: {
    en: 'Say which settings expose a host or break its management, from registry hives and exported text',
    ja: 'レジストリ ハイブと書き出したテキストから、ホストを露出させる設定や管理を妨げる設定を指摘',
  },
  details: {
    en: [
      'Paths are files, folders or zip archives: the hives SYSTEM and SOFTWARE with their LOG1 and LOG2, or text such as reg query, winrm get winrm/config, secedit /export, sc query, systeminfo. Each is recognised by its content.',
      'Findings that need several settings come first and name the setting to change first. What could not be checked is told with what would be needed; there is no score. Nothing is run on the host.',
      '--compare gives the state before, PATHS the state after; --host A --against B compares two hosts of one evidence.',
    ].join('\n'),
    ja: [
      '指定できるのはファイル、フォルダー、zip です。ハイブ SYSTEM・SOFTWARE とその LOG1・LOG2、または reg query、winrm get winrm/config、secedit /export、sc query、systeminfo などの出力を、名前ではなく内容で判別します。',
      '複数の設定が組み合わさった指摘を先に示し、最初に変更すべき設定を挙げます。確認できなかったものは必要なものとともに示し、点数は付けません。ホスト上では何も実行しません。',
      '--compare に変更前、PATHS に変更後の状態を指定します。--host A --against B は、同じ証拠の中の 2 台を比べます。',
    ].join('\n'),
  },
  examples: [
    { command: 'winmedic audit ./config', text: { en: 'hives copied from System32\\config', ja: 'System32\\config からコピーしたハイブ' } },
    {
      command: 'winmedic audit ./after --compare ./before',
      text: { en: 'what changed, and whether it is better', ja: '何が変わり、改善したかどうか' },
    },
    {
      command: 'winmedic audit hosts.zip --only winrm,rdp --html audit.html --lang ja',
      text: { en: 'two areas, as a page to send or print, in Japanese', ja: '2 つの分野を、送付・印刷用の日本語ページに' },
    },
    {
      command: 'winmedic audit ./config --junit audit.xml --exit-code',
      text: { en: 'in a build: fails when something is risky', ja: 'ビルドで使用(危険な設定があれば失敗)' },
    },
  ],
  options: [
    {
      flags: '--only <area>',
      repeat: true,
      choices: AUDIT_AREAS,
      text: { en: 'only settings of these areas, separated by commas', ja: 'この分野の設定のみ(コンマ区切り)' },
    },
    { flags: '--risky', text: { en: 'only findings and what could not be decided', ja: '指摘と、判定できなかったもののみ' } },
    {
      flags: '--compare <path>',
      repeat: true,
      value: 'file',
      text: { en: 'the state before: files or folders; may be repeated', ja: '変更前の状態(ファイルまたはフォルダー)。複数指定可' },
    },
    { flags: '--host <name>', text: { en: 'only this host', ja: 'このホストのみ' } },
    { flags: '--against <name>', text: { en: 'compare --host with this host', ja: '--host のホストをこのホストと比較' } },
    { flags: '--html <file>', value: 'file', text: { en: 'write one self-contained page', ja: '1 ファイル完結の HTML ページを書き出す' } },
    { flags: '--md <file>', value: 'file', text: { en: 'write Markdown', ja: 'Markdown を書き出す' } },
    {
      flags: '--junit <file>',
      value: 'file',
      text: { en: 'write JUnit XML: risky fails, not checked is skipped', ja: 'JUnit XML を書き出す(危険は failure、未確認は skipped)' },
    },
    { flags: '--csv <file>', value: 'file', text: { en: 'write CSV, one row per setting', ja: 'CSV を書き出す(設定ごとに 1 行)' } },
    {
      flags: '--verbose',
      text: { en: 'also what is not risky, and every setting that was not checked', ja: '問題のない設定と、未確認の設定もすべて表示' },
    },
    {
      flags: '--exit-code',
      text: {
        en: 'exit with 1 when a setting is risky or a combined finding holds',
        ja: '危険な設定または該当する組み合わせがあれば終了コード 1',
      },
    },
    ...DISK_OPTIONS,
    ...EVIDENCE_OPTIONS.filter(({ flags }) => flags === '--no-hash'),
  ],
  load: () => import('./audit.ts'),
};
