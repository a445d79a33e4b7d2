import type { VerbSpec } from '../spec.ts';
import { DISK_OPTIONS, EVIDENCE_OPTIONS, FACT_OPTIONS } from './shared-options.ts';

/** `winmedic diagnose`. */
export const diagnose: VerbSpec = {
  name: 'diagnose',
  args: '<paths...>',
  summary: {
    en: 'Say why a server stopped or refused a connection, from logs, captures and traces: verdict, evidence, what to do',
    ja: 'ログ、キャプチャ、トレースから、サーバー停止や接続拒否の原因を判定(結論・証拠・棄却した仮説・対処)',
  },
  details: {
    en: [
      'Paths are files, folders or zip archives: EVTX logs, Event Viewer CSV or XML, or the pasted text of events. Each is recognised by its content.',
      'Packet captures (pcap, pcapng, NetMon, also as .gz), event traces (ETL, tracerpt or netsh trace text) and logs of tools show who tried to manage a host and why it failed: WinRM, WMI over DCOM, RDP. What they do not show is said, never guessed; --explain tells the conversation in words. No secret in them is printed.',
      'A verdict is confirmed, likely or inconclusive. Confirmed needs every required observation; what logs cannot show (policy, NLA, BMC, hypervisor, cloud) is given with --fact NAME=VALUE@TIME. `winmedic explain NAME` tells what a fact means and how to get it.',
      'A file of --facts is a YAML or JSON list; each entry has fact, value, and at, or from and to (times as with --fact), and may have host and source.',
      'Nothing leaves this machine.',
    ].join('\n'),
    ja: [
      '指定できるのはファイル、フォルダー、zip です。EVTX、イベント ビューアーの CSV・XML、貼り付けたイベント本文を、名前ではなく内容で判別します。',
      'パケット キャプチャ(pcap、pcapng、NetMon、.gz も可)、イベント トレース(ETL、tracerpt や netsh trace のテキスト)、ツールのログからは、ホストの管理(WinRM、DCOM 経由の WMI、RDP)を試みた経過と失敗の原因が分かります。記録から分からないことは推測せずに示します。--explain で通信の内容を言葉で示します。記録に含まれる秘密は表示しません。',
      '結論は「確定」「有力」「判定不能」のいずれかです。「確定」には必須の証拠がすべて必要です。ログに残らないもの(ポリシー、NLA、BMC、ハイパーバイザー、クラウド)は --fact 名前=値@時刻 で与えます。`winmedic explain 名前` で意味と調べ方を確認できます。',
      '--facts のファイルは YAML または JSON のリストです。各項目に fact、value と、at または from・to(--fact と同じ時刻)を書きます。host と source も書けます。',
      'データがこの端末の外に出ることはありません。',
    ].join('\n'),
  },
  examples: [
    { command: 'winmedic diagnose ./logs', text: { en: 'why did the server stop?', ja: 'サーバーはなぜ停止したのか' } },
    {
      command:
        'winmedic diagnose logs.zip --fact policy.shutdown-without-logon=1@2018-06-20..2018-07-12 --fact rdp.nla=off@2018-06-20..2018-07-12',
      text: { en: 'with what you know of the settings at that time', ja: '当時の設定が分かっている場合' },
    },
    {
      command: 'winmedic diagnose trace.pcapng Security.evtx --explain',
      text: {
        en: 'why was the login refused? client side from the capture, server side from its log',
        ja: 'ログオンはなぜ拒否されたのか(キャプチャとサーバーのログを突き合わせ)',
      },
    },
    {
      command: 'winmedic diagnose ./logs --html report.html --lang ja --tz Asia/Tokyo',
      text: { en: 'a page to send or print, in Japanese', ja: '送付・印刷用の日本語レポートを作成' },
    },
  ],
  options: [
    ...FACT_OPTIONS,
    {
      flags: '--pack <file>',
      repeat: true,
      value: 'file',
      text: {
        en: 'add causes of your own (YAML, see docs/reference/cause-packs.md)',
        ja: '独自の仮説を追加(YAML、docs/reference/cause-packs.md 参照)',
      },
    },
    {
      flags: '--html <file>',
      value: 'file',
      text: { en: 'write one self-contained page', ja: '1 ファイル完結の HTML レポートを書き出す' },
    },
    { flags: '--md <file>', value: 'file', text: { en: 'write Markdown', ja: 'Markdown を書き出す' } },
    {
      flags: '--host <name>',
      repeat: true,
      text: {
        en: 'host that was meant: in a capture a failed look-up of its name counts as an attempt',
        ja: '接続先のホスト名。キャプチャ内でこの名前の解決に失敗していれば、接続の試行とみなす',
      },
    },
    {
      flags: '--explain',
      text: { en: 'also the conversations of captures and traces, in words', ja: 'キャプチャとトレースの通信の内容も言葉で表示' },
    },
    { flags: '--verbose', text: { en: 'every cause considered, not only the important ones', ja: '検討した仮説をすべて表示' } },
    {
      flags: '--exit-code',
      text: { en: 'exit with 1 when a stop or a refused connection got a verdict', ja: '結論の出た停止または接続拒否があれば終了コード 1' },
    },
    ...EVIDENCE_OPTIONS,
    ...DISK_OPTIONS,
  ],
  load: () => import('./diagnose.ts'),
};
