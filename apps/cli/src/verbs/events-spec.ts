import type { VerbSpec } from '../spec.ts';
import { DISK_OPTIONS, TIME_OPTIONS } from './shared-options.ts';

/** `winmedic events`. */
export const events: VerbSpec = {
  name: 'events',
  args: '<files...>',
  summary: {
    en: 'Search, count and export records of event logs, events of traces and conversations of captures',
    ja: 'イベント ログのレコード、トレースのイベント、キャプチャの通信を検索・集計・書き出し',
  },
  details: {
    en: [
      'Conditions are decided on the binary record, so that large logs answer at reading speed. All given conditions must hold.',
      '--where takes Field=value, Field!=value, Field=[a,b] (any of them) and Sigma modifiers: Field|contains=, |startswith=, |endswith=, |re=, |cidr=, |gt=, |gte=, |lt=, |lte=, |exists=true, and |all, |cased with them. * and ? are wildcards. Fields are the data fields of the event (`Data[0]` when unnamed) and Provider, EventID, Channel, Computer, Level, UserSid, RecordId.',
      'Packet captures (pcap, pcapng, NetMon, packets in ETL) give one line for each conversation of a known protocol: the protocol is the provider, Capture the channel, and fields such as Server, ServerPort, Status, User, Domain, Opening can be asked for with --where. Event traces (ETL, tracerpt XML or CSV, netsh trace text) give one line for each event. --follow tells one conversation in words. Responses, passwords and keys are never printed.',
      'Damaged places are reported on stderr and never lose the rest; the last line reconciles read, shown, filtered and damaged records.',
    ].join('\n'),
    ja: [
      '条件はバイナリのレコード上で判定するため、大きなログでも読み取り速度で答えます。条件はすべて満たす必要があります。',
      '--where の形式は Field=値、Field!=値、Field=[a,b](いずれか)と Sigma の修飾子です: Field|contains=、|startswith=、|endswith=、|re=、|cidr=、|gt=、|gte=、|lt=、|lte=、|exists=true、これらに |all、|cased。* と ? はワイルドカードです。Field はイベントのデータ項目(名前なしは `Data[0]`)と Provider、EventID、Channel、Computer、Level、UserSid、RecordId です。',
      'パケット キャプチャ(pcap、pcapng、NetMon、ETL 内のパケット)は、既知のプロトコルの通信ごとに 1 行で示します。プロバイダーはプロトコル、チャネルは Capture で、Server、ServerPort、Status、User、Domain、Opening などの項目を --where で指定できます。イベント トレース(ETL、tracerpt の XML・CSV、netsh trace のテキスト)は、イベントごとに 1 行です。--follow で 1 つの通信を言葉で示します。認証の応答、パスワード、鍵は表示しません。',
      '破損箇所は標準エラーに報告し、残りは失いません。最後の行に、読み取り・表示・除外・破損の件数を示します。',
    ].join('\n'),
  },
  examples: [
    {
      command: 'winmedic events System.evtx --ids 1074,6008,41',
      text: { en: 'who asked for shutdowns, and which were dirty', ja: '停止を要求したもの、異常停止だったもの' },
    },
    {
      command: "winmedic events Security.evtx --ids 4625 --where 'LogonType=[2,10]' --since 2018-07-01",
      text: { en: 'failed logons typed on a screen', ja: '画面で入力されたログオン失敗' },
    },
    { command: 'winmedic events *.evtx --count-by id --json', text: { en: 'how many of each event id', ja: 'イベント ID ごとの件数' } },
    {
      command: "winmedic events trace.pcapng --where 'ServerPort=5985'",
      text: { en: 'every WinRM conversation of a capture', ja: 'キャプチャ内の WinRM の通信' },
    },
    {
      command: 'winmedic events trace.pcapng --follow 3',
      text: { en: 'one of them in words', ja: 'そのうち 1 つの内容を言葉で表示' },
    },
    {
      command: 'winmedic events Security.evtx --format xml --recover > all.xml',
      text: { en: 'everything, with deleted records, as XML', ja: '削除済みを含む全件を XML で出力' },
    },
  ],
  options: [
    {
      flags: '--ids <list>',
      text: {
        en: 'event ids, comma-separated; ranges such as 18500-18620',
        ja: 'イベント ID(コンマ区切り、18500-18620 のような範囲も可)',
      },
    },
    { flags: '--providers <list>', text: { en: 'providers, comma-separated', ja: 'プロバイダー(コンマ区切り)' } },
    { flags: '--channels <list>', text: { en: 'channels, comma-separated', ja: 'チャネル(コンマ区切り)' } },
    { flags: '--computers <list>', text: { en: 'computers, comma-separated', ja: 'コンピューター(コンマ区切り)' } },
    {
      flags: '--levels <list>',
      text: {
        en: 'levels: 1 critical, 2 error, 3 warning, 4 information, 5 verbose',
        ja: 'レベル: 1 重大、2 エラー、3 警告、4 情報、5 詳細',
      },
    },
    { flags: '--where <condition>', repeat: true, text: { en: 'condition on a field; may be repeated', ja: '項目の条件。複数指定可' } },
    ...TIME_OPTIONS,
    {
      flags: '--follow <stream>',
      text: {
        en: 'one conversation of a capture in words: 3, or udp:1 (numbers as in Wireshark)',
        ja: 'キャプチャ内の 1 つの通信を言葉で表示: 3、または udp:1(番号は Wireshark と同じ)',
      },
    },
    {
      flags: '--count-by <key>',
      choices: ['id', 'provider', 'channel'],
      text: { en: 'count instead of listing, most frequent first', ja: '一覧の代わりに多い順で集計' },
    },
    {
      flags: '--format <format>',
      choices: ['table', 'jsonl', 'xml', 'csv'],
      text: { en: 'form of the output (default: table; with --json: jsonl)', ja: '出力形式(既定: table、--json なら jsonl)' },
    },
    {
      flags: '--limit <n>',
      text: { en: 'stop after so many records; with --count-by: show so many rows', ja: '指定件数で打ち切る。--count-by では表示する行数' },
    },
    {
      flags: '--recover',
      text: {
        en: 'also carve deleted records from slack (marked, lower trust)',
        ja: '空き領域に残る削除済みレコードも取り出す(信頼度を下げて表示)',
      },
    },
    ...DISK_OPTIONS,
  ],
  load: () => import('./events.ts'),
};
