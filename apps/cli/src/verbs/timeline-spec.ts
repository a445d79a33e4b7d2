import type { VerbSpec } from '../spec.ts';
import { DISK_OPTIONS, EVIDENCE_OPTIONS, FACT_OPTIONS, TIME_OPTIONS } from './shared-options.ts';

/** `winmedic timeline`. */
export const timeline: VerbSpec = {
  name: 'timeline',
  args: '<paths...>',
  summary: {
    en: 'All channels of one or many hosts in time order, with boots, stops, gaps and clock steps',
    ja: '全チャネルを時系列に表示(起動・停止・欠落・時計の変更つき)',
  },
  details: {
    en: 'Records are ordered by time, never by record number: Windows writes some records of a stop at the next boot. Gaps are missing record numbers; clearing and clock steps are lines of their own. Conversations of captures stand between the records (channel Capture), events of traces under the channel of their provider and /Trace.',
    ja: 'レコード番号ではなく時刻の順に並べます(停止時の一部の記録は次の起動時に書き込まれるため)。欠落はレコード番号の抜けです。ログの消去と時計の変更も行として示します。キャプチャの通信(チャネル Capture)とトレースのイベント(チャネルはプロバイダー名と /Trace)も、記録の間に示します。',
  },
  examples: [
    {
      command: 'winmedic timeline ./logs --around 2018-07-06T06:04:29+09:00',
      text: { en: 'ten minutes before and after a moment', ja: 'ある時刻の前後 10 分' },
    },
    {
      command: 'winmedic timeline ./logs --since 2018-07-05 --until 2018-07-06 --json',
      text: { en: 'two days as JSON lines', ja: '2 日分を JSON Lines で出力' },
    },
    {
      command: 'winmedic timeline Security.evtx trace.pcapng --channel Security --channel Capture',
      text: { en: 'logons beside what went over the wire', ja: 'ログオンの記録と通信を並べて表示' },
    },
  ],
  options: [
    {
      flags: '--around <time>',
      text: { en: 'only around this moment, or around a whole day', ja: 'この時刻(日付だけならその日全体)と前後のみ' },
    },
    {
      flags: '--window <duration>',
      text: { en: 'with --around: how far to each side (default 10m)', ja: '--around の前後の幅(既定 10m)' },
    },
    ...TIME_OPTIONS,
    { flags: '--host <name>', repeat: true, text: { en: 'only this host', ja: 'このホストのみ' } },
    {
      flags: '--channel <name>',
      repeat: true,
      text: { en: 'only this channel (a part of its name)', ja: 'このチャネルのみ(名前の一部で指定)' },
    },
    { flags: '--format <format>', choices: ['table', 'jsonl'], text: { en: 'form of the output', ja: '出力形式' } },
    ...FACT_OPTIONS,
    ...EVIDENCE_OPTIONS,
    ...DISK_OPTIONS,
  ],
  load: () => import('./timeline.ts'),
};
