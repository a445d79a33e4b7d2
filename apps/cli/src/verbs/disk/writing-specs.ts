import type { VerbSpec } from '../../spec.ts';
import { REPORT_OPTIONS, VERBOSE, VOLUME_OPTIONS, WRITE_OPTIONS } from './options.ts';

const hive: VerbSpec = {
  name: 'disk hive',
  args: '<disk> <hive>',
  summary: {
    en: 'Read a registry hive with its logs replayed, or change it',
    ja: 'レジストリ ハイブをログを反映した状態で表示、または変更',
  },
  details: {
    en: [
      'HIVE is SYSTEM, SOFTWARE, SAM, SECURITY, DEFAULT, BCD or the path of a hive on the volume, followed by the key: SYSTEM\\CurrentControlSet\\Services\\CSAgent. Logs are replayed in memory; without a writing option nothing is written.',
      'Data of --set: dword:4, qword:1, sz:text, expand:%SystemRoot%\\x, multi:a;b, hex:0102ff, hex(7):6100.',
      'In the boot store BCD only --safeboot writes.',
    ].join('\n'),
    ja: [
      'HIVE は SYSTEM、SOFTWARE、SAM、SECURITY、DEFAULT、BCD、またはボリューム上のハイブのパスに、キーを続けたものです: SYSTEM\\CurrentControlSet\\Services\\CSAgent。ログはメモリ上で反映し、書き込みオプションがなければ何も書き込みません。',
      '--set のデータ: dword:4、qword:1、sz:文字列、expand:%SystemRoot%\\x、multi:a;b、hex:0102ff、hex(7):6100。',
      'BCD ストアへの書き込みは --safeboot のみです。',
    ].join('\n'),
  },
  examples: [
    {
      command: 'winmedic disk hive server.vhdx "SYSTEM\\CurrentControlSet\\Services\\CSAgent"',
      text: { en: 'values and subkeys of a key', ja: 'キーの値とサブキーを表示' },
    },
    {
      command: 'winmedic disk hive server.vhdx SYSTEM --replay',
      text: { en: 'write the replayed logs into the hive', ja: 'ログをハイブに反映して書き込む' },
    },
    {
      command: 'winmedic disk hive server.vhdx SYSTEM --service CSAgent --start disabled --dry-run',
      text: { en: 'what disabling a driver would change', ja: 'ドライバーを無効にする場合の変更内容を確認' },
    },
    { command: 'winmedic disk hive server.vhdx BCD --safeboot clear', text: { en: 'leave safe mode', ja: 'セーフ モードでの起動を解除' } },
  ],
  options: [
    {
      flags: '--replay',
      text: {
        en: 'write what the logs hold, and leave the hive needing none',
        ja: 'ログの内容をハイブに書き込み、ログを必要としない状態にする',
      },
    },
    {
      flags: '--set <name=type:data>',
      repeat: true,
      text: { en: 'give a value of the key this data (empty name: default value)', ja: 'キーの値を設定 (名前が空なら既定の値)' },
    },
    { flags: '--delete-value <name>', repeat: true, text: { en: 'remove a value of the key', ja: 'キーの値を削除' } },
    { flags: '--delete-key', text: { en: 'remove the key with everything below it', ja: 'キーとその下のすべてを削除' } },
    {
      flags: '--service <name>',
      text: { en: 'a service or driver (with --start; HIVE is SYSTEM)', ja: 'サービスまたはドライバー (--start とともに。HIVE は SYSTEM)' },
    },
    {
      flags: '--start <type>',
      choices: ['boot', 'system', 'auto', 'manual', 'disabled'],
      text: { en: 'start type for --service', ja: '--service のスタートアップの種類' },
    },
    {
      flags: '--safeboot <mode>',
      choices: ['clear', 'minimal', 'network'],
      text: { en: 'safe boot of the boot store (HIVE is BCD)', ja: 'BCD ストアのセーフ ブート (HIVE は BCD)' },
    },
    ...WRITE_OPTIONS,
    ...VOLUME_OPTIONS,
    VERBOSE,
  ],
  load: () => import('./hive.ts'),
};

const quarantine: VerbSpec = {
  name: 'disk quarantine',
  args: '<disk> <paths...>',
  summary: {
    en: 'Rename files in place so that nothing loads them, or give names back',
    ja: 'ファイルをその場で改名して隔離、または隔離を解除',
  },
  details: {
    en: 'Paths are exact, from the root of the volume. The last character of the name becomes "_"; nothing else of the file changes. --restore gives the name back: from the journal, or as --as says.',
    ja: 'パスはボリュームのルートからの正確なものを指定します。名前の最後の文字が「_」になるだけで、ファイルのほかの部分は変わりません。--restore は、ジャーナルの記録または --as の指定に従って名前を元に戻します。',
  },
  examples: [
    {
      command: 'winmedic disk quarantine server.vhdx "Windows\\System32\\drivers\\bad.sys"',
      text: { en: 'put one driver aside', ja: 'ドライバーを 1 つ隔離' },
    },
    {
      command: 'winmedic disk quarantine server.vhdx "Windows\\System32\\drivers\\bad.sy_" --restore --as bad.sys',
      text: { en: 'take it back', ja: '元に戻す' },
    },
  ],
  options: [
    { flags: '--restore', text: { en: 'give the names back', ja: '名前を元に戻す' } },
    { flags: '--as <name>', text: { en: 'the name a single file had', ja: '1 つのファイルの元の名前' } },
    ...WRITE_OPTIONS,
    ...VOLUME_OPTIONS,
    VERBOSE,
  ],
  load: () => import('./quarantine.ts'),
};

const repair: VerbSpec = {
  name: 'disk repair',
  args: '[disk]',
  summary: {
    en: 'Repair a Windows that does not boot, by a recipe, with undo',
    ja: '起動しない Windows をレシピに従って修復 (取り消し可能)',
  },
  details: {
    en: [
      'The plan is made and checked in memory, and judged block by block against the log of the volume. Any doubt refuses the whole. Writing begins with an undo journal, and every block is read back.',
      '--auto reads dumps, event logs and hives on the disk in place and proposes recipes; it writes nothing.',
      '--reset-log empties the log of the volume: changes of files that Windows had not finished are lost. Only when a pending record stands against the repair and Windows cannot replay it.',
    ].join('\n'),
    ja: [
      '計画はメモリ上で作成・検査し、ブロックごとにボリュームのログと照合します。疑いがあれば全体を拒否します。書き込みは取り消し用ジャーナルの作成から始め、すべてのブロックを読み直して確認します。',
      '--auto はディスク上のダンプ、イベント ログ、ハイブをその場で読み、レシピを提案します。何も書き込みません。',
      '--reset-log はボリュームのログを空にします。Windows が完了していないファイルの変更は失われます。保留中のレコードが修復を妨げ、Windows に反映させられない場合だけ使用してください。',
    ].join('\n'),
  },
  examples: [
    {
      command: 'winmedic disk repair server.vhdx --auto',
      text: { en: 'what does the evidence speak for?', ja: '証拠から適したレシピを提案' },
    },
    {
      command: 'winmedic disk repair server.vhdx --for crowdstrike-291 --dry-run',
      text: { en: 'every block that would change', ja: '変更されるすべてのブロックを表示' },
    },
    {
      command: 'winmedic disk repair server.vhdx --for crowdstrike-291 --yes --html repair.html',
      text: { en: 'repair and keep a report', ja: '修復してレポートを残す' },
    },
    { command: 'winmedic disk repair --list', text: { en: 'the recipes there are', ja: 'レシピの一覧' } },
  ],
  options: [
    { flags: '--for <recipe>', value: 'recipe', text: { en: 'carry out this recipe', ja: 'このレシピを実行' } },
    { flags: '--auto', text: { en: 'propose recipes from the evidence on the disk', ja: 'ディスク上の証拠からレシピを提案' } },
    { flags: '--list', text: { en: 'list the recipes', ja: 'レシピの一覧を表示' } },
    { flags: '--with <step>', repeat: true, text: { en: 'also a step that is done only when asked for', ja: '指定時のみ行う手順も実行' } },
    { flags: '--without <step>', repeat: true, text: { en: 'leave a step out', ja: '手順を省略' } },
    { flags: '--reset-log', text: { en: 'empty the log of the volume (see --help)', ja: 'ボリュームのログを空にする (--help 参照)' } },
    ...WRITE_OPTIONS,
    ...REPORT_OPTIONS,
    ...VOLUME_OPTIONS,
    VERBOSE,
  ],
  load: () => import('./repair.ts'),
};

const undo: VerbSpec = {
  name: 'disk undo',
  args: '<disk>',
  summary: { en: 'Undo a repair bit for bit, or finish an interrupted one', ja: '修復をビット単位で取り消す、または中断された修復を完了' },
  details: {
    en: 'Refused when anything else wrote to one of the changed places since, or when Windows ran since and is hibernated or left records pending in its log. The bytes of the disk itself are put back, for which no keys are needed; a key of an encrypted volume only lets that last question be asked.',
    ja: '変更した箇所にほかの書き込みがあった場合や、その後に Windows が動作して休止状態にあるかログに未処理の記録を残している場合は拒否します。ディスク上のバイト列をそのまま戻すため、キーは不要です。暗号化されたボリュームのキーは、その後の Windows の動作を確認するためだけに使います。',
  },
  examples: [
    { command: 'winmedic disk undo server.vhdx', text: { en: 'the newest repair', ja: '最新の修復を取り消す' } },
    {
      command: 'winmedic disk undo server.vhdx --finish --journal server.vhdx.winmedic-undo',
      text: { en: 'carry an interrupted repair to its end', ja: '中断された修復を最後まで行う' },
    },
  ],
  options: [
    { flags: '--finish', text: { en: 'roll an interrupted repair forward instead of back', ja: '中断された修復を取り消さずに完了' } },
    ...WRITE_OPTIONS.map((option) =>
      option.flags.startsWith('--journal')
        ? {
            ...option,
            text: {
              en: 'undo journal (default: the newest beside the disk)',
              ja: '取り消し用ジャーナル (既定: ディスクのそばにある最新のもの)',
            },
          }
        : option,
    ),
    ...VOLUME_OPTIONS.filter(({ flags }) => !flags.startsWith('--volume')),
    VERBOSE,
  ],
  load: () => import('./undo.ts'),
};

/** Verbs that write, with consent. */
export const WRITING_VERBS: readonly VerbSpec[] = [repair, quarantine, hive, undo];
