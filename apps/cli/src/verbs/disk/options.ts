import type { OptionSpec } from '../../spec.ts';
import { DISK_OPTIONS } from '../shared-options.ts';

/** Which volume, and the keys of encrypted ones: every disk verb that looks into volumes. */
export const VOLUME_OPTIONS: readonly OptionSpec[] = [
  ...DISK_OPTIONS,
  {
    flags: '--vmk-file <file>',
    value: 'file',
    text: { en: 'raw volume master key: 32 bytes or hexadecimal digits', ja: 'ボリューム マスター キー (32 バイトまたは 16 進数)' },
  },
  {
    flags: '--fvek-file <file>',
    value: 'file',
    text: { en: 'raw volume encryption key: bytes or hexadecimal digits', ja: 'ボリューム暗号化キー (バイト列または 16 進数)' },
  },
  {
    flags: '--password-file <file>',
    value: 'file',
    text: {
      en: "password of a volume that has one: first line of a file ('-' is standard input)",
      ja: 'パスワードで保護されたボリュームのパスワード: ファイルの 1 行目 (- は標準入力)',
    },
  },
];

/** Consent to writing, and where the undo journal goes. */
export const WRITE_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--dry-run',
    text: {
      en: 'show every block that would change, with hashes; write nothing',
      ja: '変更されるブロックをハッシュとともに表示し、何も書き込まない',
    },
  },
  {
    flags: '--yes',
    text: {
      en: 'write without asking; otherwise the name of the disk has to be typed',
      ja: '確認なしで書き込む (指定がなければディスク名の入力が必要)',
    },
  },
  {
    flags: '--journal <file>',
    value: 'file',
    text: {
      en: 'file of the undo journal (default: beside the image; for a device in the current folder)',
      ja: '取り消し用ジャーナルのファイル (既定: イメージと同じ場所、デバイスでは現在のフォルダー)',
    },
  },
];

/** Reports as files. */
export const REPORT_OPTIONS: readonly OptionSpec[] = [
  { flags: '--html <file>', value: 'file', text: { en: 'write one self-contained page', ja: '1 ファイル完結の HTML ページを書き出す' } },
  { flags: '--md <file>', value: 'file', text: { en: 'write Markdown', ja: 'Markdown を書き出す' } },
];

/** Long lists whole. */
export const VERBOSE: OptionSpec = { flags: '--verbose', text: { en: 'long lists whole', ja: '長い一覧を省略せずに表示' } };
