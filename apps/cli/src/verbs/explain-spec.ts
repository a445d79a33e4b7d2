import type { VerbSpec } from '../spec.ts';

/** `winmedic explain`. */
export const explain: VerbSpec = {
  name: 'explain',
  args: '[what...]',
  summary: {
    en: 'Say what an event id, a code or a pasted event message means, what it proves and what not',
    ja: 'イベント ID・コード・貼り付けたイベント本文の意味と、証明すること・しないことを説明',
  },
  details: {
    en: [
      'Understands event ids (1074, User32/1074), shutdown reason codes (0x500ff), NTSTATUS, Win32 and HRESULT codes, WSMan codes, stop codes, logon types, fact and cause names, settings by id or value name (rds-nla, UserAuthentication), combined findings, and the codes of winmedic itself (EVTX_CHUNK_CRC). Without an argument, or with -, the text on standard input is read: the message of an event in Japanese or English as a person would paste it. Text has lower trust than a log record.',
    ].join('\n'),
    ja: [
      'イベント ID(1074、User32/1074)、シャットダウン理由コード(0x500ff)、NTSTATUS、Win32・HRESULT、WSMan、停止コード、ログオンの種類、事実名・仮説名、設定の ID・値の名前(rds-nla、UserAuthentication)、組み合わせの指摘、winmedic 自身のコード(EVTX_CHUNK_CRC)を受け付けます。引数なし、または - のときは標準入力を読み、貼り付けられたイベント本文(日本語・英語)を解釈します。',
      'テキストはログのレコードより信頼度を下げて扱います。',
    ].join('\n'),
  },
  examples: [
    { command: 'winmedic explain 0x500ff', text: { en: 'a shutdown reason code', ja: 'シャットダウンの理由コード' } },
    { command: 'winmedic explain 4625 0xC000006A', text: { en: 'an event id and a status', ja: 'イベント ID と状態コード' } },
    { command: 'winmedic explain UserAuthentication', text: { en: 'a setting', ja: '設定' } },
    { command: 'winmedic explain < message.txt', text: { en: 'a message somebody posted', ja: '投稿されたイベント本文' } },
  ],
  options: [],
  load: () => import('./explain.ts'),
};
