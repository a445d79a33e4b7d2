import type { HttpResponseMessage } from '@winmedic/capture';
import { noteDate } from '../clock.ts';
import { isWindowsServer, vendorOf, WINRM_SCHEMES } from '../http-rungs.ts';
import { say } from '../text.ts';
import type { AttemptDraft } from './draft.ts';
import type { Exchange, HttpTalk } from './exchanges.ts';
import { hasHoles, msBetween, placeOf } from './place.ts';

/** A request without answer for so long was not answered: as long as a live attempt waits, and the longest operation time-out in use (60 s) for operations. */
const SILENT_MS = 10_000;
/** The client itself gave up; a host that answers Identify or a token at all does so within milliseconds. */
const GAVE_UP_MS = 3000;
const SILENT_OPERATION_MS = 60_000;
/** Statuses of http.sys, proxies and other servers, which say nothing about a login and do not wait for one. */
const NOT_ABOUT_LOGIN: ReadonlySet<number> = new Set([301, 302, 303, 307, 308, 403, 404, 405, 407, 410, 501, 502, 503, 504]);

/** How a request without answer ended; undefined when the capture does not show it. */
export function lostHow(
  { talk, request, response }: Exchange,
  end: bigint | undefined,
): 'reset' | 'closed' | 'timeout' | 'not-http' | undefined {
  if (request === undefined || response !== undefined) return undefined;
  const { conversation } = talk;
  const wrong = conversation.messages.some(
    (message) => message.layer === 'http' && message.kind === 'not-this' && message.from === 'server',
  );
  if (wrong) return 'not-http';
  const { tcp } = conversation;
  if (tcp === undefined || hasHoles(talk) || conversation.messages.some((message) => message.from === 'server' && message.at > request.at))
    return undefined;
  const isOver = tcp.fin.client + tcp.rst.client + tcp.fin.server + tcp.rst.server > 0;
  // A host that closes after the client did only answers its FIN.
  const gaveUp = tcp.fin.client + tcp.rst.client > 0 && tcp.rst.server === 0;
  const waited = msBetween(request.at, isOver ? tcp.last : (end ?? tcp.last));
  const asksMuch = request.body.seenBytes > 0 && request.body.envelope?.body !== 'Identify';
  if (waited >= (asksMuch ? SILENT_OPERATION_MS : gaveUp ? GAVE_UP_MS : SILENT_MS)) return 'timeout';
  if (conversation.unknown.includes('cut')) return undefined;
  if (tcp.rst.server > 0) return 'reset';
  return tcp.fin.server > 0 ? 'closed' : undefined;
}

const LOST_WORDS = {
  reset: say('the connection was reset (RST) instead of an answer', '応答の代わりに接続がリセットされた (RST)'),
  closed: say('the connection was closed (FIN) without an answer', '応答なしで接続が閉じられた (FIN)'),
  timeout: say('no answer in time', '時間内に応答なし'),
  'not-http': say('an answer that is not HTTP', 'HTTP ではない応答'),
} as const;

/**
 * Rungs `http`, `wsman` and what is offered, as a live attempt sets them, out of the first answers.
 * @returns false when the ladder ends there.
 */
export function httpRungs(
  draft: AttemptDraft,
  talks: readonly HttpTalk[],
  captureEnd: (exchange: Exchange) => bigint | undefined,
): boolean {
  const all = inOrder(
    talks.flatMap(({ free, logins, operations }) => [...free, ...logins.flatMap(({ exchanges }) => exchanges), ...operations]),
  ).filter(isMeant);
  const answered = all.filter((exchange): exchange is Exchange & { response: HttpResponseMessage } => exchange.response !== undefined);
  const [any] = answered;
  const [asked] = all;
  const tried = triedOf(asked?.request);
  if (any === undefined) {
    const last = all.at(-1);
    const how = last === undefined ? undefined : lostHow(last, captureEnd(last));
    if (how === undefined || last?.request === undefined) {
      const why = say('no answer of the server is in the capture', 'サーバーの応答がキャプチャに含まれていない');
      draft.hide('http', why);
      return false;
    }
    draft.see(placeOf(last.talk, last.request));
    draft.set('http.result', how);
    draft.rung('http', { verdict: 'failed', tried, observed: LOST_WORDS[how], expected: say('an HTTP answer', 'HTTP の応答') });
    return false;
  }
  const proxy = all.some(
    ({ request }) =>
      request !== undefined &&
      (/^[a-z]+:\/\//i.test(request.target) || request.method === 'CONNECT' || request.authorization?.proxy === true),
  );
  if (asked?.request !== undefined) {
    draft.see(placeOf(asked.talk, asked.request));
    draft.set('http.proxy', proxy);
  }
  draft.see(placeOf(any.talk, any.response));
  draft.set('http.result', 'response');
  const free = freeAnswer(any, answered, talks);
  noteAnswer(draft, free ?? any, free !== undefined);
  noteOffered(draft, answered);
  return end(draft, talks, free, any, answered, tried);
}

function triedOf(request: Exchange['request']): ReturnType<typeof say> {
  if (request === undefined) return say('a request that is not in the capture', 'キャプチャに含まれていない要求');
  const words = `${request.method} ${request.target.split('?')[0]?.slice(0, 100) ?? ''}`;
  return say(words, words);
}

/** WS-Management is POST alone (DSP0226 annex H): a browser or scanner that looks at the port is told nothing about it. */
function isMeant({ request }: Exchange): boolean {
  return request === undefined || request.method === 'POST' || request.method === 'CONNECT';
}

function inOrder(exchanges: readonly Exchange[]): Exchange[] {
  const at = ({ request, response }: Exchange) => (request ?? response)?.at ?? 0n;
  return [...exchanges].sort((a, b) => (at(a) < at(b) ? -1 : at(a) > at(b) ? 1 : 0));
}

type Answered = Exchange & { readonly response: HttpResponseMessage };

/**
 * The first answer that no login decided: to a request without one, to the first token of NTLM, or one that has nothing to do with it. One in the middle of a
 * connection whose beginning is missing is none.
 */
function freeAnswer(first: Answered, answered: readonly Answered[], talks: readonly HttpTalk[]): Answered | undefined {
  // Of an answer alone nobody knows what it was asked for: a path that does not exist says nothing about /wsman.
  if (NOT_ABOUT_LOGIN.has(first.response.status) && first.request !== undefined) return first;
  const free = new Set(talks.flatMap((each) => each.free));
  return answered.find(
    (exchange) =>
      exchange.request !== undefined &&
      (free.has(exchange) || (exchange.response.status === 401 && exchange.request.authorization?.token?.ntlm?.kind === 'negotiate')),
  );
}

function noteAnswer(draft: AttemptDraft, { talk, response }: Answered, isFree: boolean): void {
  draft.see(placeOf(talk, response));
  const { server, status, body, partial } = response;
  // What WS-Management itself answers is no status of a web server.
  if (isFree && body.envelope === undefined) draft.set('http.status', status);
  if (server !== '' || partial !== true) {
    draft.set('http.server', server);
    draft.set('http.windows', isWindowsServer(server));
    draft.ladder.portrait.server = server;
  }
  noteDate(draft.ladder, headerOf(response, 'date'));
  if (!isFree || partial === true) return;
  draft.set('http.via', headerOf(response, 'via'));
  draft.set('http.contentType', body.type);
  draft.set('http.body', body.state === 'sealed' ? 'other' : body.kind);
  draft.set(
    'http.location',
    headerOf(response, 'location')
      .replace(/^([a-z]+:\/\/)[^/@]*@/i, '$1')
      .replace(/\?.*$/s, ''),
  );
}

function headerOf({ headers }: HttpResponseMessage, name: string): string {
  return headers.find(([key]) => key.toLowerCase() === name)?.[1] ?? '';
}

/** A 401 in the middle of a handshake names only the scheme that is being used: what is offered stands in one without a token. */
function noteOffered(draft: AttemptDraft, answered: readonly Answered[]): void {
  const found = answered.find(
    ({ response }) =>
      response.status === 401 &&
      response.partial !== true &&
      response.challenges.every(({ tokenChars, proxy }) => proxy || tokenChars === 0),
  );
  if (found === undefined) return;
  const offered = [...new Set(found.response.challenges.filter(({ proxy }) => !proxy).map(({ scheme }) => scheme))];
  draft.see(placeOf(found.talk, found.response));
  draft.set('schemes.offered', offered);
  draft.ladder.portrait.schemes = offered;
}

function end(
  draft: AttemptDraft,
  talks: readonly HttpTalk[],
  free: Answered | undefined,
  any: Answered,
  answered: readonly Answered[],
  tried: ReturnType<typeof say>,
): boolean {
  const shown = free ?? any;
  const { status, server, partial } = shown.response;
  draft.see(placeOf(shown.talk, shown.response));
  const name = server === '' ? say('no Server header', 'Server ヘッダーなし') : say(`Server: ${server}`, `Server: ${server}`);
  const seen = say(`${status}, ${name.en}`, `${status}、${name.ja}`);
  const windows = isWindowsServer(server);
  const openwsman = /^openwsman\b/i.test(server.trim());
  const offered = draft.ladder.portrait.schemes ?? [];
  const own = offered.some((scheme) => WINRM_SCHEMES.includes(scheme.toLowerCase()) && scheme.toLowerCase() !== 'basic');
  const speaks = answered.some(({ response }) => response.body.envelope !== undefined || response.body.state === 'sealed');
  const login = talks.some(({ logins }) =>
    logins.some(({ outcome, challenge, kerberos }) => outcome === 'accepted' || challenge !== undefined || kerberos !== undefined),
  );
  if (openwsman) draft.set('wsman.vendor', 'openwsman');
  const identity = answered.map(({ response }) => response.body.envelope?.identity).find((each) => each !== undefined);
  if (identity !== undefined) {
    draft.set('wsman.result', 'identified');
    draft.set('wsman.vendor', vendorOf(identity.vendor));
    draft.ladder.portrait.vendor = identity.vendor;
    if (!/^OS: 0\.0\.0\b/.test(identity.product)) draft.ladder.portrait.product = identity.product;
  } else if (offered.length > 0) draft.set('wsman.result', 'challenged');
  if (!windows && !own && !speaks && !login && !openwsman && identity === undefined) {
    // Cut or strange answers do not show what else the server is.
    if (partial === true || free === undefined) {
      draft.hide('http', say('the capture does not show which service answers', 'どのサービスの応答かキャプチャから分からない'));
      return false;
    }
    draft.set('wsman.result', 'none');
    draft.rung('http', {
      verdict: 'failed',
      tried,
      observed: say(
        `${seen.en}; not Windows' HTTP service, and no sign of WS-Management`,
        `${seen.ja}。Windows の HTTP サービスではなく、WS-Management の形跡もない`,
      ),
      expected: say(
        'Server: Microsoft-HTTPAPI/2.0, or another WS-Management service',
        'Server: Microsoft-HTTPAPI/2.0、または他の WS-Management サービス',
      ),
    });
    return false;
  }
  draft.rung('http', { verdict: windows ? 'passed' : 'warned', tried, observed: seen });
  const wsmanTried = say('WS-Management of the answers', '応答の WS-Management');
  if (identity !== undefined || offered.length > 0 || speaks || login) {
    const list = offered.join(', ');
    const words =
      identity !== undefined
        ? say(`IdentifyResponse of ${identity.vendor}`, `${identity.vendor} の IdentifyResponse`)
        : offered.length > 0
          ? say(`401, offers ${list}`, `401、提示: ${list}`)
          : say('messages of WS-Management', 'WS-Management のメッセージ');
    draft.rung('wsman', { verdict: 'passed', tried: wsmanTried, observed: words });
    return true;
  }
  if (free === undefined || partial === true || !isFinal(status)) {
    draft.hide('wsman', say('the capture does not show it', 'キャプチャに含まれていない'));
    return true;
  }
  draft.set('wsman.result', 'none');
  draft.rung('wsman', {
    verdict: 'failed',
    tried: wsmanTried,
    observed: say(`${status}, neither an IdentifyResponse nor a challenge`, `${status}。IdentifyResponse も認証要求もない`),
    expected: say('an IdentifyResponse, or 401 with the schemes', 'IdentifyResponse、または認証方式を示す 401'),
  });
  return false;
}

/** Statuses with which http.sys itself ends a request, so that WS-Management never saw it. */
function isFinal(status: number): boolean {
  return NOT_ABOUT_LOGIN.has(status) || status === 400 || status === 401;
}
