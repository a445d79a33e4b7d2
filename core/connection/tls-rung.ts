import type { TLSSocket } from 'node:tls';
import type { CertificateView } from '../model/connection.ts';
import { judgeCertificate } from './certificate.ts';
import { dial } from './dial.ts';
import type { Ladder, RungEnd } from './ladder.ts';
import { speaksHttp } from './speaks-http.ts';
import type { OpenPort } from './tcp-rung.ts';
import { say } from './text.ts';
import { type HandshakeResult, handshake } from './tls-handshake.ts';

/** Versions tried when the handshake fails, highest first. */
const VERSIONS = ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1'] as const;

/** What the rung may use. */
export interface TlsRungOptions {
  readonly timeoutMs: number;
  readonly ca: readonly string[];
  readonly pins: readonly string[];
  readonly insecure: boolean;
  readonly client?: { readonly certificate: string; readonly key: string };
  readonly signal?: AbortSignal;
}

/** An open TLS connection and the certificate it rests on. */
export interface TlsPassed {
  socket?: TLSSocket;
  certificate?: Uint8Array;
  view?: CertificateView;
}

/**
 * Rung `tls`: shakes hands without deciding on trust, then judges chain, name and dates. Fails on a certificate that is not trusted unless
 * it is pinned or that was asked for: nothing is sent over such a connection.
 */
export async function tlsRung(ladder: Ladder, open: OpenPort, options: TlsRungOptions, passed: TlsPassed): Promise<RungEnd> {
  const { host } = ladder.target;
  const tried = say(
    `TLS handshake with ${host}${options.client === undefined ? '' : ', with the client certificate'}`,
    `${host} と TLS ハンドシェイク${options.client === undefined ? '' : ' (クライアント証明書あり)'}`,
  );
  ladder.set('tls.clientCertificate', options.client === undefined ? 'none' : 'used');
  ladder.say({ direction: 'sent', layer: 'tls', text: say('ClientHello', 'ClientHello'), fields: [['server_name', host]] });
  const hand = await handshake(open.socket, { ...options, host });
  ladder.set('tls.result', hand.result);
  if (hand.result !== 'ok') return await broken(ladder, open, options, hand, tried);
  ladder.set('tls.version', hand.version);
  let view: CertificateView;
  try {
    view = judgeCertificate(hand.chain, host, options.ca, Date.now());
  } catch {
    hand.socket.destroy();
    ladder.set('tls.trust', 'unreadable');
    return { verdict: 'failed', tried, observed: say('the certificate cannot be read', '証明書を読み取れない') };
  }
  Object.assign(passed, { socket: hand.socket, certificate: hand.chain.leaf, view });
  ladder.portrait.certificate = view;
  ladder.set('tls.trust', view.problems.length === 0 ? 'ok' : view.problems);
  ladder.set('tls.names', view.names);
  ladder.set('tls.expiresInDays', Math.floor((Number(view.notAfter / 1_000_000n) - Date.now()) / 86_400_000));
  const words = certificateWords(view);
  ladder.say({
    direction: 'received',
    layer: 'tls',
    text: say(`${hand.version}, certificate ${words.en}`, `${hand.version}、証明書 ${words.ja}`),
    fields: [['version', hand.version], ...certificateFields(view)],
  });
  return judge(ladder, options, hand.version, view, tried, () => hand.socket.destroy());
}

function judge(
  ladder: Ladder,
  options: TlsRungOptions,
  version: string,
  view: CertificateView,
  tried: RungEnd['tried'],
  stop: () => void,
): RungEnd {
  const words = certificateWords(view);
  const observed = say(`${version}; ${words.en}`, `${version}。${words.ja}`);
  ladder.notChecked.push(say('whether the certificate was revoked', '証明書が失効していないか'));
  const pinned = options.pins.some((pin) => pin.replaceAll(':', '').toLowerCase() === view.sha256);
  if (options.pins.length > 0 && !pinned && !options.insecure) {
    stop();
    return {
      verdict: 'failed',
      tried,
      observed: say(
        `${observed.en}; not the pinned certificate (SHA-256 ${view.sha256})`,
        `${observed.ja}。固定した証明書ではない (SHA-256 ${view.sha256})`,
      ),
      expected: say('the pinned certificate', '固定した証明書'),
    };
  }
  if (view.problems.length === 0) return { verdict: 'passed', tried, observed };
  if (pinned)
    return {
      verdict: 'passed',
      tried,
      observed: say(`${observed.en}; trusted because it is pinned`, `${observed.ja}。固定してあるため信頼`),
    };
  if (options.insecure)
    return {
      verdict: 'warned',
      tried,
      observed: say(
        `${observed.en}; went on although it is not trusted, as asked for`,
        `${observed.ja}。信頼されていないが、指定により続行`,
      ),
    };
  stop();
  return {
    verdict: 'failed',
    tried,
    observed,
    expected: say(
      `a certificate trusted for ${ladder.target.host} (or its SHA-256 pinned: ${view.sha256})`,
      `${ladder.target.host} として信頼できる証明書 (または SHA-256 の固定: ${view.sha256})`,
    ),
  };
}

async function broken(
  ladder: Ladder,
  open: OpenPort,
  options: TlsRungOptions,
  hand: Exclude<HandshakeResult, { result: 'ok' }>,
  tried: RungEnd['tried'],
): Promise<RungEnd> {
  if (hand.alert !== undefined) ladder.set('tls.alert', hand.alert);
  const words = {
    reset: say('the connection was reset in the handshake (RST)', 'ハンドシェイク中に接続がリセットされた (RST)'),
    closed: say('the connection was closed in the handshake (FIN)', 'ハンドシェイク中に接続が閉じられた (FIN)'),
    alert: say(`the server refused with alert ${hand.alert}`, `サーバーがアラート ${hand.alert} で拒否`),
    timeout: say(`no answer to the ClientHello within ${options.timeoutMs} ms`, `ClientHello に ${options.timeoutMs} ミリ秒応答なし`),
    'not-tls': say('the answer is not TLS', '応答が TLS ではない'),
    unsupported: say(
      `this client refused what the server chose (${hand.code})`,
      `サーバーが選んだ方式をこのクライアントが拒否 (${hand.code})`,
    ),
  }[hand.result];
  ladder.say({
    direction: 'received',
    layer: 'tls',
    text: words,
    fields: [['result', hand.result], ...(hand.alert === undefined ? [] : [['alert', String(hand.alert)] as const])],
  });
  const expected = say('a completed handshake', 'ハンドシェイクの完了');
  if (hand.result === 'not-tls') {
    const plain = await plainAnswer(ladder, open, options);
    return { verdict: 'failed', tried, observed: say(`${words.en}${plain.en}`, `${words.ja}${plain.ja}`), expected };
  }
  if (hand.result === 'timeout') return { verdict: 'failed', tried, observed: words, expected };
  const works = await worksWith(ladder, open, options);
  ladder.set('tls.worksWith', works);
  const more = works === '' ? say('no version works', 'どのバージョンでも不成立') : say(`${works} works`, `${works} なら成立`);
  return { verdict: 'failed', tried, observed: say(`${words.en}; ${more.en}`, `${words.ja}。${more.ja}`), expected };
}

/** What does not speak TLS may speak HTTP: asked in clear on a connection of its own, without anything of the user. */
async function plainAnswer(ladder: Ladder, open: OpenPort, options: TlsRungOptions): Promise<RungEnd['observed']> {
  const speaks = await speaksHttp(open.address, ladder.port, options.timeoutMs, options.signal);
  if (speaks === undefined) return say('', '');
  ladder.set('http.result', speaks ? 'response' : 'not-http');
  return speaks ? say('; the port answers plain HTTP', '。ポートは平文の HTTP に応答する') : say('; nor is it HTTP', '。HTTP でもない');
}

/** Asks with one version after the other, each on a connection of its own; nothing is sent over it. */
async function worksWith(ladder: Ladder, open: OpenPort, options: TlsRungOptions): Promise<string> {
  for (const only of VERSIONS) {
    const dialled = await dial(open.address, ladder.port, options.timeoutMs, options.signal);
    if (dialled.result !== 'open') return '';
    const hand = await handshake(dialled.socket, { host: ladder.target.host, timeoutMs: options.timeoutMs, ca: options.ca, only });
    if (hand.result !== 'ok') continue;
    hand.socket.destroy();
    return hand.version;
  }
  return '';
}

/** Problems of a certificate, by the names of the property `tls.trust`. */
const PROBLEM_JA: Readonly<Record<string, string>> = {
  'self-signed': '自己署名',
  'unknown-issuer': '発行者が不明',
  expired: '期限切れ',
  'not-yet-valid': '有効期間前',
  'name-mismatch': '名前の不一致',
  'weak-key': '弱い鍵または署名',
  'wrong-usage': 'サーバー用ではない',
  revoked: '失効',
  unreadable: '読み取り不能',
};

/** A certificate in one line. */
export function certificateWords(view: CertificateView) {
  const until = dayOf(view.notAfter);
  const wrong = view.problems.join(', ');
  const wrongJa = view.problems.map((problem) => PROBLEM_JA[problem] ?? problem).join('、');
  return say(
    `${view.subject}, issued by ${view.selfSigned ? 'itself' : view.issuer}, valid until ${until}${wrong === '' ? '' : `; not trusted: ${wrong}`}`,
    `${view.subject}、発行者 ${view.selfSigned ? '自分自身' : view.issuer}、有効期限 ${until}${wrong === '' ? '' : `。信頼できない理由: ${wrongJa}`}`,
  );
}

/** A certificate as decoded fields. */
export function certificateFields(view: CertificateView): readonly (readonly [string, string])[] {
  return [
    ['subject', view.subject],
    ['issuer', view.issuer],
    ['names', view.names.join(', ')],
    ['notBefore', dayOf(view.notBefore)],
    ['notAfter', dayOf(view.notAfter)],
    ['sha256', view.sha256],
    ['problems', view.problems.join(', ')],
  ];
}

function dayOf(at: bigint): string {
  return new Date(Number(at / 1_000_000n)).toISOString().slice(0, 10);
}
