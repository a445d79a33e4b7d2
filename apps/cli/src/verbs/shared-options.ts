import type { OptionSpec } from '../spec.ts';

/** Time selection, the same words for every verb. */
export const TIME_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--since <time>',
    text: {
      en: 'only from this time on (2018-07-06 or 2018-07-06T06:04:29+09:00)',
      ja: 'この時刻以降のみ(2018-07-06 または 2018-07-06T06:04:29+09:00)',
    },
  },
  {
    flags: '--until <time>',
    text: { en: 'only before this time; a day includes the whole day', ja: 'この時刻より前のみ。日付だけならその日全体を含む' },
  },
];

/** How evidence is read. */
export const EVIDENCE_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--recover',
    text: {
      en: 'also carve deleted records from slack (marked, lower trust)',
      ja: '空き領域に残る削除済みレコードも取り出す(信頼度を下げて表示)',
    },
  },
  {
    flags: '--no-hash',
    text: {
      en: 'skip the SHA-256 of the inputs (faster on very large files)',
      ja: '入力の SHA-256 を計算しない(巨大なファイルで高速化)',
    },
  },
];

/** Facts that logs cannot give. */
export const FACT_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--fact <name=value@time>',
    repeat: true,
    value: 'fact',
    text: {
      en: 'a fact with the time it held: rdp.nla=off@2018-06-20..2018-07-12. Without a time it means "now" and cannot judge an earlier stop',
      ja: '事実とその期間: rdp.nla=off@2018-06-20..2018-07-12。時刻なしは「現在」とみなし、過去の停止の判定には使わない',
    },
  },
  {
    flags: '--facts <file>',
    repeat: true,
    value: 'file',
    text: { en: 'facts from a YAML or JSON file', ja: 'YAML または JSON ファイルから事実を読み込む' },
  },
];

/** Which volume of a disk, and keys that people have for encrypted ones. */
export const DISK_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--volume <n>',
    text: {
      en: 'partition number on the disk (default: the one with a Windows)',
      ja: 'ディスク上のパーティション番号 (既定: Windows があるもの)',
    },
  },
  {
    flags: '--recovery-key <file>',
    repeat: true,
    value: 'file',
    text: {
      en: "BitLocker recovery keys: a key list or a single key, matched by key ID ('-' is standard input)",
      ja: 'BitLocker 回復キーの一覧または 1 件のキー。キー ID で照合 (- は標準入力)',
    },
  },
  {
    flags: '--startup-key <file>',
    repeat: true,
    value: 'file',
    text: { en: 'BitLocker startup key (.BEK)', ja: 'BitLocker スタートアップ キー (.BEK)' },
  },
];
