import type { VerbSpec } from '../spec.ts';

/** `winmedic redact`. */
export const redact: VerbSpec = {
  name: 'redact',
  args: '<input> <output>',
  summary: {
    en: 'Write a packet capture again without secrets, and prove it, before it is passed on',
    ja: 'パケット キャプチャから秘密を取り除いて書き出し、取り除けたことを確認(外部に渡す前に)',
  },
  details: {
    en: [
      'Removed: NTLM responses, session keys and MICs, passwords of Basic, other Authorization values, cookies, ciphertexts of Kerberos, signatures of SMB and RPC, and every payload that is not understood (it becomes zero). Kept: headers, times and lengths of all packets, and what a diagnosis needs: names of users and hosts, flags, versions, statuses, error codes. `winmedic diagnose` reaches the same verdicts with the result.',
      '--names also removes user, domain and workstation from NTLM messages and the user from RDP. Addresses, names of hosts, DNS and Kerberos names stay: who must not learn them must not get the capture. Without the names of the accounts nothing can be said about their form any more.',
      'The result is read again: if one of the secrets found is still in it, it is thrown away (CAPTURE_REDACT_PROOF). It gets its name only after that; an existing file is replaced only with --yes. pcap stays pcap, pcapng and NetMon become pcapng; .gz is unpacked.',
    ].join('\n'),
    ja: [
      '取り除くもの: NTLM の応答・セッション鍵・MIC、Basic のパスワード、そのほかの Authorization の値、Cookie、Kerberos の暗号文、SMB と RPC の署名、解釈できないすべての内容(0 で埋めます)。残すもの: 全パケットのヘッダー・時刻・長さと、診断に必要なもの(ユーザー名、ホスト名、フラグ、バージョン、状態コード、エラー コード)。結果を `winmedic diagnose` で診断しても、結論は同じです。',
      '--names では、NTLM メッセージのユーザー名・ドメイン・ワークステーションと RDP のユーザー名も取り除きます。アドレス、ホスト名、DNS と Kerberos の名前は残ります。それらを知られてはならない相手には、キャプチャを渡さないでください。アカウント名を取り除くと、ユーザー名の形式については判定できなくなります。',
      '結果は読み直して確認し、見つけた秘密が 1 つでも残っていれば破棄します(CAPTURE_REDACT_PROOF)。出力の名前が付くのは確認の後です。既存のファイルは --yes を指定したときだけ置き換えます。pcap は pcap のまま、pcapng と NetMon は pcapng になります。.gz は展開します。',
    ].join('\n'),
  },
  examples: [
    {
      command: 'winmedic redact trace.pcapng trace-redacted.pcapng',
      text: {
        en: 'a capture for the support, without passwords and hashes',
        ja: 'パスワードやハッシュを含まない、サポート提出用のキャプチャ',
      },
    },
    {
      command: 'winmedic redact trace.pcapng.gz public.pcapng --names',
      text: { en: 'without the names of the accounts as well', ja: 'アカウント名も取り除く' },
    },
  ],
  options: [
    {
      flags: '--names',
      text: {
        en: 'also remove user, domain and workstation of NTLM, and the user of RDP',
        ja: 'NTLM のユーザー名・ドメイン・ワークステーションと RDP のユーザー名も取り除く',
      },
    },
    { flags: '--yes', text: { en: 'replace the output when it exists', ja: '出力ファイルが既にあれば置き換える' } },
  ],
  load: () => import('./redact.ts'),
};
