import type { trafficEn } from './words-en.ts';

const n3 = (n: number): string => n.toLocaleString('ja');

/** キャプチャとトレースの用語。 */
export const trafficJa: typeof trafficEn = {
  frame: (n) => `フレーム ${n}`,
  stream: (transport, n) => `${transport} ストリーム ${n}`,
  section: '接続',
  sectionCoverage: 'キャプチャとトレースの記録範囲',
  noFault: (n) => `通信 ${n3(n)} 件に異常は見つかりませんでした。`,
  noFaultAttempts: (n) => `接続の試行 ${n3(n)} 件に異常は見つかりませんでした。`,
  noAttempt: (n) =>
    n === 0
      ? '記録の中に、Windows ホストを管理する通信 (WinRM、DCOM 経由の WMI、RDP) はありません。'
      : `通信 ${n3(n)} 件を確認しましたが、Windows ホストを管理する接続 (WinRM、DCOM 経由の WMI、RDP) はありません。`,
  noStop: '証拠のログに停止はありません。',
  packets: (n) => `パケット ${n3(n)} 個`,
  streams: (tcp, udp) => `TCP ストリーム ${n3(tcp)}、UDP ストリーム ${n3(udp)}`,
  considered: (kept, all) => `通信 ${n3(all)} 件のうち ${n3(kept)} 件が対象`,
  records: (n) => `レコード ${n3(n)} 件`,
  build: (build) => `記録した Windows ${build}`,
  sliced: (n) => `記録時に切り詰められたパケット ${n3(n)} 個`,
  oneSided: (n) => `片方向のみの通信 ${n3(n)} 件`,
  late: (n) => `開始部分のない通信 ${n3(n)} 件`,
  lost: (n) => `記録に欠落のある通信 ${n3(n)} 件`,
  dropped: (n) => `記録側で失われたパケット ${n3(n)} 個`,
  cut: 'ファイルが途中で終了',
  damaged: (n) => `破損 ${n3(n)} 件 (「入力の問題」を参照)`,
  limit: (name, n) => `上限「${name}」に ${n3(n)} 回到達`,
  eventsLost: (events, buffers) => `記録中にイベント ${n3(events)} 件、バッファー ${n3(buffers)} 個を損失: 「ない」ことは証拠にならない`,
  providers: (list) => `プロバイダー: ${list}`,
  recordedTwice: (n) => `2 か所で記録された通信です。内容はストリーム ${n} にあります。`,
  started: '最初のパケット',
  ended: '最後のパケット',
  ends: 'クライアントとサーバー',
  file: 'ファイル',
  protocols: 'プロトコル',
  traffic: (packets, client, server) =>
    `パケット ${n3(packets)} 個、クライアントから ${n3(client)} バイト、サーバーから ${n3(server)} バイト`,
  told: 'やり取りの内容',
  nothingTold: '既知のプロトコルのやり取りはありません。',
};
