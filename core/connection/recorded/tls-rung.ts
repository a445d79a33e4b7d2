import type { Message, TlsMessage } from '@winmedic/capture';
import type { Localized } from '@winmedic/knowledge/model';
import type { CertificateView } from '../../model/connection.ts';
import { judgeCertificate } from '../certificate.ts';
import { say } from '../text.ts';
import { certificateWords } from '../tls-rung.ts';
import type { AttemptDraft } from './draft.ts';
import { hasHoles, placeOf, startOf, type Talk } from './place.ts';
import type { Stretch } from './stretches.ts';
import { alertName } from './words.ts';

/** A server that is asked and says nothing for so long does not answer. */
const SILENT_NS = 10_000_000_000n;
const GAVE_UP_NS = 3_000_000_000n;
/**
 * Alerts of a client about the certificate, with the problem they name (RFC 8446 section 6.2). 42 and 46 leave it open: OpenSSL sends 42 for a wrong name, Go
 * for anything.
 */
const CERTIFICATE_ALERTS: ReadonlyMap<number, string> = new Map([
  [42, ''],
  [43, 'wrong-usage'],
  [44, 'revoked'],
  [45, 'expired'],
  [46, ''],
  [48, 'unknown-issuer'],
]);
/** Alerts of a client that refuses what the server chose: handshake_failure, illegal_parameter, protocol_version, insufficient_security. */
const REFUSED_CHOICE: ReadonlySet<number> = new Set([40, 47, 70, 71]);

/** What one connection shows of its handshake. */
interface Shake {
  readonly talk: Talk;
  /** The first thing of a client that wants TLS. */
  readonly asked?: Pick<Message, 'at' | 'frame'>;
  readonly hello?: Extract<TlsMessage, { kind: 'client-hello' }>;
  readonly answer?: Extract<TlsMessage, { kind: 'server-hello' }>;
  readonly certificate?: Extract<TlsMessage, { kind: 'certificate' }>;
  readonly asksClient: boolean;
  readonly clientCertificate: boolean;
  readonly alert?: Extract<TlsMessage, { kind: 'alert' }>;
  readonly data: { readonly client: boolean; readonly server: boolean };
  /** An answer that is not TLS. */
  readonly plain?: { readonly at: bigint; readonly frame: number; readonly looksLike: string };
}

/** Does this conversation speak TLS, or try to? */
export function triesTls({ conversation }: Talk): boolean {
  return conversation.messages.some(isHello);
}

/** A ClientHello, also one on a port of HTTP that nobody answered with TLS. */
function isHello(message: Message): boolean {
  if (message.from !== 'client') return false;
  return message.layer === 'tls'
    ? message.kind === 'client-hello'
    : message.layer === 'http' && message.kind === 'not-this' && message.looksLike === 'tls';
}

/** Did the server begin a handshake? Then the port speaks TLS. */
export function speaksTls({ conversation }: Talk): boolean {
  const { messages } = conversation;
  return (
    messages.some(({ layer, kind }) => layer === 'tls' && kind === 'server-hello') &&
    !messages.some(({ layer, kind }) => layer === 'tls' && kind === 'alert')
  );
}

function shakeOf(talk: Talk): Shake {
  const out: { -readonly [K in keyof Shake]: Shake[K] } = {
    talk,
    asksClient: false,
    clientCertificate: false,
    data: { client: false, server: false },
  };
  for (const message of talk.conversation.messages) {
    if (message.layer !== 'tls') {
      // Something else in answer to a ClientHello.
      if (isHello(message)) out.asked ??= message;
      else if (message.layer === 'http' && message.from === 'server' && out.asked !== undefined && out.answer === undefined) {
        const looksLike = message.kind === 'response' ? 'http' : message.kind === 'not-this' ? message.looksLike : '';
        out.plain ??= { at: message.at, frame: message.frame, looksLike };
      }
      continue;
    }
    switch (message.kind) {
      case 'not-this':
        if (message.from === 'server') out.plain ??= message;
        break;
      case 'client-hello':
        out.hello ??= message;
        out.asked ??= message;
        break;
      case 'server-hello':
        out.answer = message;
        break;
      case 'certificate':
        if (message.from === 'server') out.certificate ??= message;
        else if (message.chain.length > 0) out.clientCertificate = true;
        break;
      case 'certificate-request':
        out.asksClient = true;
        break;
      case 'application-data':
        out.data = { ...out.data, [message.from]: true };
        break;
      case 'alert':
        // Warnings, and the fatal ones that only close, decide nothing.
        if (!message.encrypted && message.level === 2 && message.description !== 0) out.alert ??= message;
    }
  }
  return out;
}

/**
 * Rung `tls` out of what is in clear. Issuers are judged by the client's alert alone: which ones it trusts the capture does not show.
 * @returns how it ended; `hidden`: not in the capture.
 */
export function tlsRung(
  draft: AttemptDraft,
  stretch: Stretch,
  captureEnd: (talk: Talk) => bigint | undefined,
): 'passed' | 'failed' | 'hidden' {
  const shakes = stretch.talks
    .map(shakeOf)
    .filter(({ asked, answer, plain }) => asked !== undefined || answer !== undefined || plain !== undefined);
  // A program that tried another version after a failure got through: that is how it ended. Else the first failure counts, and what was tried after it.
  const shake = shakes.find(({ data }) => data.client && data.server) ?? shakes[0];
  const why = say('the capture does not show the TLS handshake', 'キャプチャに TLS ハンドシェイクが含まれていない');
  if (shake === undefined) {
    draft.hide('tls', why);
    return 'hidden';
  }
  const name = shake.hello?.serverName ?? '';
  const tried = say(`TLS handshake${name === '' ? '' : ` for ${name}`}`, `TLS ハンドシェイク${name === '' ? '' : ` (${name})`}`);
  if (shake.answer !== undefined) {
    draft.see(placeOf(shake.talk, shake.answer));
    draft.set('tls.version', shake.answer.version);
  }
  const view = noteCertificate(draft, shake);
  if (shake.clientCertificate) draft.set('tls.clientCertificate', 'used');
  else if (shake.asksClient) draft.set('tls.clientCertificate', 'requested');
  // From TLS 1.3 on the request is encrypted.
  else if (shake.certificate !== undefined && shake.data.server && shake.answer?.version !== 'TLSv1.3')
    draft.set('tls.clientCertificate', 'none');
  const seen = view === undefined ? say('', '') : certificateWords(view);
  const version = shake.answer?.version ?? '';
  const words = say([version, seen.en].filter(Boolean).join('; '), [version, seen.ja].filter(Boolean).join('。'));
  const broken = brokenHow(draft, shake, view, captureEnd(shake.talk));
  if (broken === undefined) {
    if (!shake.data.client || !shake.data.server) {
      if (view !== undefined && view.problems.length > 0 && closedByClient(shake)) return leftAlone(draft, shake, view, tried, words);
      draft.hide('tls', say('the capture does not show how the handshake ended', 'ハンドシェイクの結果がキャプチャに含まれていない'));
      return 'hidden';
    }
    draft.set('tls.result', 'ok');
    if (view !== undefined && view.problems.length > 0) draft.set('tls.trust', view.problems);
    draft.rung('tls', { verdict: 'passed', tried, observed: words });
    return 'passed';
  }
  noteOthers(draft, shakes, shake);
  draft.rung('tls', {
    verdict: 'failed',
    tried,
    observed: say([words.en, broken.en].filter(Boolean).join('; '), [words.ja, broken.ja].filter(Boolean).join('。')),
    expected: say('a completed handshake', 'ハンドシェイクの完了'),
  });
  return 'failed';
}

/** The client closed after the handshake and sent nothing. */
function closedByClient({ talk, data }: Shake): boolean {
  const { tcp } = talk.conversation;
  return !data.client && tcp !== undefined && tcp.fin.client + tcp.rst.client > 0 && !hasHoles(talk);
}

/**
 * Windows clients break off without an alert when they do not accept a certificate (WinHTTP), but so does a probe that only wanted to see it: what is wrong
 * with the certificate is said, and not that this was why.
 */
function leftAlone(draft: AttemptDraft, { talk, certificate }: Shake, view: CertificateView, tried: Localized, words: Localized): 'hidden' {
  if (certificate !== undefined) draft.see(placeOf(talk, certificate));
  draft.set('tls.result', 'ok');
  draft.set('tls.trust', view.problems);
  draft.rung('tls', {
    verdict: 'warned',
    tried,
    observed: say(`${words.en}; the client closed the connection and sent nothing`, `${words.ja}。クライアントは何も送らずに接続を閉じた`),
  });
  return 'hidden';
}

/** Versions tried after the failure: the one that was answered, or that none was. */
function noteOthers(draft: AttemptDraft, shakes: readonly Shake[], shake: Shake): void {
  const result = draft.get('tls.result');
  if (result !== 'reset' && result !== 'closed' && result !== 'alert' && result !== 'unsupported') return;
  const others = shakes.filter((each) => each !== shake);
  const works = others.find(({ answer, alert }) => answer !== undefined && alert === undefined);
  if (works?.answer !== undefined) {
    draft.see(placeOf(works.talk, works.answer));
    draft.set('tls.worksWith', works.answer.version);
    return;
  }
  const tried = new Set(shakes.flatMap(({ hello }) => (hello === undefined ? [] : [hello.version])));
  const allFailed = shakes.every(({ talk, alert }) => alert !== undefined || (!hasHoles(talk) && serverEnded(talk)));
  if (tried.size >= 2 && allFailed) draft.set('tls.worksWith', '');
}

function serverEnded({ conversation: { tcp } }: Talk): boolean {
  return tcp !== undefined && tcp.rst.server + tcp.fin.server > 0;
}

function brokenHow(draft: AttemptDraft, shake: Shake, view: CertificateView | undefined, end: bigint | undefined) {
  const { talk, alert, plain, hello, answer, data } = shake;
  if (plain !== undefined) {
    draft.see(placeOf(talk, plain));
    draft.set('tls.result', 'not-tls');
    draft.set('http.result', plain.looksLike === 'http' ? 'response' : 'not-http');
    return plain.looksLike === 'http'
      ? say('the answer is not TLS; the port answers plain HTTP', '応答が TLS ではない。ポートは平文の HTTP に応答する')
      : say('the answer is not TLS', '応答が TLS ではない');
  }
  if (alert !== undefined && !(data.client && data.server)) {
    draft.see(placeOf(talk, alert));
    if (alert.from === 'server') {
      draft.set('tls.result', 'alert');
      draft.set('tls.alert', alert.description);
      return say(
        `the server refused with alert ${alertName(alert.description)}`,
        `サーバーがアラート ${alertName(alert.description)} で拒否`,
      );
    }
    return refusedByClient(draft, alert.description, view);
  }
  const { tcp } = talk.conversation;
  if (answer !== undefined || hello === undefined || tcp === undefined || hasHoles(talk)) return undefined;
  draft.see(startOf(talk));
  if (tcp.rst.server > 0) {
    draft.set('tls.result', 'reset');
    return say('the connection was reset in the handshake (RST)', 'ハンドシェイク中に接続がリセットされた (RST)');
  }
  // When both closed, who was first is not known: a client that gives up waits for a while.
  if (tcp.fin.server > 0 && (tcp.fin.client === 0 || tcp.last - hello.at < GAVE_UP_NS)) {
    draft.set('tls.result', 'closed');
    return say('the connection was closed in the handshake (FIN)', 'ハンドシェイク中に接続が閉じられた (FIN)');
  }
  const until = tcp.fin.client + tcp.rst.client > 0 ? tcp.last : (end ?? tcp.last);
  if (until - hello.at < SILENT_NS || tcp.bytes.server > 0) return undefined;
  draft.set('tls.result', 'timeout');
  return say('no answer to the ClientHello', 'ClientHello に応答なし');
}

/** The handshake of the server was fine; the client did not like what it saw. */
function refusedByClient(draft: AttemptDraft, description: number, view: CertificateView | undefined) {
  const name = alertName(description);
  const problem = CERTIFICATE_ALERTS.get(description);
  if (problem === undefined) {
    if (!REFUSED_CHOICE.has(description)) return say(`the client broke off with alert ${name}`, `クライアントがアラート ${name} で中断`);
    draft.set('tls.result', 'unsupported');
    return say(`the client refused what the server chose (alert ${name})`, `サーバーが選んだ方式をクライアントが拒否 (アラート ${name})`);
  }
  draft.set('tls.result', 'ok');
  const named = problem === 'unknown-issuer' && view?.selfSigned === true ? 'self-signed' : problem;
  const problems = [...new Set([...(named === '' ? [] : [named]), ...(view?.problems ?? [])])];
  if (problems.length > 0) draft.set('tls.trust', problems);
  return say(`the client does not accept the certificate (alert ${name})`, `クライアントが証明書を受け入れない (アラート ${name})`);
}

/** Reads the certificate; without the name that was used its names are not judged, and never its issuer. */
function noteCertificate(draft: AttemptDraft, { talk, certificate }: Shake): CertificateView | undefined {
  const [leaf, ...others] = certificate?.chain ?? [];
  if (certificate === undefined || leaf === undefined) return undefined;
  draft.see(placeOf(talk, certificate));
  const { target, targetKnown } = draft.start;
  let view: CertificateView;
  try {
    view = judgeCertificate(
      { leaf, others, verifyError: undefined },
      targetKnown ? target.host : undefined,
      [],
      Number(certificate.at / 1_000_000n),
    );
  } catch {
    draft.set('tls.trust', 'unreadable');
    return undefined;
  }
  draft.ladder.portrait.certificate = view;
  draft.set('tls.names', view.names);
  draft.set('tls.expiresInDays', Math.floor(Number((view.notAfter - certificate.at) / 1_000_000n) / 86_400_000));
  return view;
}
