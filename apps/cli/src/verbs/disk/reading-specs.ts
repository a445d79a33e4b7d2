import type { VerbSpec } from '../../spec.ts';
import { REPORT_OPTIONS, VERBOSE, VOLUME_OPTIONS } from './options.ts';

const inspect: VerbSpec = {
  name: 'disk inspect',
  args: '<disk>',
  summary: {
    en: 'Say which Windows a disk holds, its state, and what stands against a repair',
    ja: 'ディスク上の Windows とその状態、修復を妨げるものを表示',
  },
  details: {
    en: [
      'DISK is a raw image, a block device, a VHD or VHDX (with parents), a qcow2 or VMDK (through qemu-img, reading only), or a single volume. Nothing is mounted and nothing is written.',
      'Keys of BitLocker volumes come from key lists (CSV of Active Directory or Entra, output of manage-bde, the text file of Windows), WINMEDIC_RECOVERY_KEY, or a hidden prompt; never from the command line. They are matched by key ID and never shown.',
    ].join('\n'),
    ja: [
      'DISK は raw イメージ、ブロック デバイス、VHD・VHDX (親ディスクつきも可)、qcow2・VMDK (qemu-img 経由、読み取りのみ)、または単独のボリュームです。マウントも書き込みも行いません。',
      'BitLocker の回復キーは、キーの一覧 (Active Directory・Entra の CSV、manage-bde の出力、Windows が保存したテキスト)、WINMEDIC_RECOVERY_KEY、または画面に表示されない入力で渡します。コマンドラインには書きません。キー ID で照合し、表示することはありません。',
    ].join('\n'),
  },
  examples: [
    { command: 'winmedic disk inspect server.vhdx', text: { en: 'an image', ja: 'イメージを調査' } },
    {
      command: 'winmedic disk inspect /dev/sdb --recovery-key keys.csv',
      text: { en: 'an attached disk with BitLocker', ja: 'BitLocker で保護された接続済みディスクを調査' },
    },
    {
      command: 'winmedic disk inspect server.vhdx --html disk.html --lang ja',
      text: { en: 'a page to send, in Japanese', ja: '送付用の日本語ページを作成' },
    },
  ],
  options: [...VOLUME_OPTIONS, ...REPORT_OPTIONS, VERBOSE],
  load: () => import('./inspect.ts'),
};

const ls: VerbSpec = {
  name: 'disk ls',
  args: '<disk> [path]',
  summary: { en: 'List a folder of a volume', ja: 'ボリューム上のフォルダーの一覧を表示' },
  examples: [
    {
      command: 'winmedic disk ls server.vhdx "Windows\\System32\\drivers\\CrowdStrike" -l',
      text: { en: 'files with times and sizes', ja: '時刻とサイズつきの一覧' },
    },
    { command: 'winmedic disk ls server.vhdx --volume 1', text: { en: 'the root of partition 1', ja: 'パーティション 1 のルート' } },
  ],
  options: [
    {
      flags: '-l, --long',
      text: { en: 'attributes, size, times, short name, streams', ja: '属性、サイズ、時刻、短い名前、ストリームも表示' },
    },
    ...VOLUME_OPTIONS,
  ],
  load: () => import('./ls.ts'),
};

const cat: VerbSpec = {
  name: 'disk cat',
  args: '<disk> <path>',
  summary: { en: 'Read a file of a volume', ja: 'ボリューム上のファイルを読み取る' },
  details: {
    en: 'Writes the bytes to standard output or to a new file. A file whose content is not on the disk as it is (EFS, CompactOS, deduplicated or in the cloud) is refused with a code.',
    ja: 'バイト列を標準出力または新しいファイルに書き出します。内容がそのままディスク上にないファイル (EFS、CompactOS、重複除去、クラウド) は、コードとともに拒否します。',
  },
  examples: [
    {
      command: 'winmedic disk cat server.vhdx "Windows\\MEMORY.DMP" --out memory.dmp',
      text: { en: 'copy a dump out', ja: 'ダンプを取り出す' },
    },
    {
      command: 'winmedic disk cat server.vhdx "Windows\\Panther\\setupact.log" | less',
      text: { en: 'read a log', ja: 'ログを読む' },
    },
  ],
  options: [
    { flags: '--stream <name>', text: { en: 'a named stream of the file', ja: '名前つきストリーム' } },
    { flags: '--out <file>', value: 'file', text: { en: 'write to this new file', ja: '新しいファイルに書き出す' } },
    ...VOLUME_OPTIONS,
  ],
  load: () => import('./cat.ts'),
};

const find: VerbSpec = {
  name: 'disk find',
  args: '<disk> <glob>',
  summary: { en: 'Find files by name and time, also deleted ones', ja: '名前と時刻でファイルを検索 (削除済みも可)' },
  details: {
    en: "GLOB is compared with names, or with paths when it holds a backslash: *, ?, **. Times are of the file's $STANDARD_INFORMATION; a day means the whole day in the zone of the run.",
    ja: 'GLOB は名前と照合し、円記号 (\\) を含む場合はパスと照合します: *、?、**。時刻は $STANDARD_INFORMATION のものです。日付だけの指定は、実行時のタイムゾーンでその日全体を表します。',
  },
  examples: [
    {
      command:
        'winmedic disk find server.vhdx "C-00000291*.sys" --below "Windows\\System32\\drivers\\CrowdStrike" --modified-from 2024-07-19T04:09:00Z --modified-before 2024-07-19T05:27:00Z',
      text: { en: 'files of a pattern and a time', ja: '名前と時刻の両方で絞り込む' },
    },
    {
      command: 'winmedic disk find server.vhdx "*.sys" --modified-from 2024-07-18 --below "Windows\\System32\\drivers"',
      text: { en: 'drivers that changed lately', ja: '最近変更されたドライバー' },
    },
  ],
  options: [
    { flags: '--below <folder>', text: { en: 'only below this folder', ja: 'このフォルダー以下のみ' } },
    { flags: '--modified-from <time>', text: { en: 'changed at this time or later', ja: 'この時刻以降に変更されたもの' } },
    {
      flags: '--modified-before <time>',
      text: {
        en: 'changed before this time (a day: before it begins)',
        ja: 'この時刻より前に変更されたもの (日付だけならその日の開始より前)',
      },
    },
    {
      flags: '--deleted',
      text: { en: 'also deleted files whose record is still there', ja: 'レコードが残っている削除済みファイルも表示' },
    },
    { flags: '--shallow', text: { en: 'only directly in the folder', ja: 'フォルダー直下のみ' } },
    { flags: '-l, --long', text: { en: 'attributes, size, times', ja: '属性、サイズ、時刻も表示' } },
    ...VOLUME_OPTIONS,
  ],
  load: () => import('./find.ts'),
};

const verify: VerbSpec = {
  name: 'disk verify',
  args: '<disk>',
  summary: {
    en: 'Check file system and hives, and how the disk stands to the undo journal',
    ja: 'ファイル システムとハイブを検査し、取り消し用ジャーナルとの関係を確認',
  },
  examples: [
    {
      command: 'winmedic disk verify server.vhdx',
      text: { en: 'every record, folder and hive', ja: 'すべてのレコード、フォルダー、ハイブを検査' },
    },
    {
      command: 'winmedic disk verify /dev/sdb --quick',
      text: { en: 'without folders and without every key', ja: 'フォルダーと個々のキーの検査を省略' },
    },
  ],
  options: [
    {
      flags: '--quick',
      text: {
        en: 'without the trees of folders and without every key of the hives',
        ja: 'フォルダーのインデックスとハイブの全キーの検査を省略',
      },
    },
    {
      flags: '--journal <file>',
      value: 'file',
      text: { en: 'undo journal (default: the newest beside the disk)', ja: '取り消し用ジャーナル (既定: ディスクのそばにある最新のもの)' },
    },
    ...VOLUME_OPTIONS,
    VERBOSE,
  ],
  load: () => import('./verify.ts'),
};

/** Verbs that never write. */
export const READING_VERBS: readonly VerbSpec[] = [inspect, ls, cat, find, verify];
