import { challengesOf, type HttpRequest, type HttpResponse, headerOf, isSealedType } from '@winmedic/wsman';
import type { HttpExchange } from './http-transport.ts';
import type { Ladder } from './ladder.ts';
import { say } from './text.ts';
import { credsspWords, type TokenWords, tokenWords } from './token-words.ts';

/** Bytes of a body that are kept for `--bytes`. */
const MAX_SHOWN = 16_384;
const REMOVED = '[removed]';

/** Puts an exchange into the conversation: one message each way, tokens explained, secrets out. Bodies that are sealed are not shown. */
export function sayExchange(ladder: Ladder, { request, response, lost, ms }: HttpExchange): void {
  sayRequest(ladder, request);
  if (response !== undefined) sayResponse(ladder, response, ms);
  else if (lost !== undefined) {
    const how = {
      reset: say('the connection was reset (RST)', '接続がリセットされた (RST)'),
      closed: say('the connection was closed (FIN)', '接続が閉じられた (FIN)'),
      timeout: say('no answer in time', '時間内に応答なし'),
      'not-http': say('an answer that is not HTTP', 'HTTP ではない応答'),
    }[lost];
    ladder.say({
      direction: 'received',
      layer: 'tcp',
      text: say(`${how.en} after ${ms} ms`, `${how.ja} (${ms} ミリ秒後)`),
      fields: [
        ['result', lost],
        ['ms', String(ms)],
      ],
    });
  }
}

function sayRequest(ladder: Ladder, request: HttpRequest): void {
  const header = Object.entries(request.headers).find(([name]) => name.toLowerCase() === 'authorization')?.[1];
  const authorization = header === undefined ? undefined : takeApart(header);
  const type = Object.entries(request.headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  const body = bodyWords(type, request.body.length);
  const login =
    authorization?.words?.text ??
    (authorization === undefined
      ? undefined
      : say(`${authorization.scheme}, credential not shown`, `${authorization.scheme}、資格情報は非表示`));
  const lines = Object.entries(request.headers).map(
    ([name, value]) => `${name}: ${name.toLowerCase() === 'authorization' ? authorization?.shown : value}`,
  );
  ladder.say({
    direction: 'sent',
    layer: authorization?.words?.layer ?? 'http',
    text: say(
      [`${request.method} ${request.path}`, login?.en, body.en].filter(Boolean).join(', '),
      [`${request.method} ${request.path}`, login?.ja, body.ja].filter(Boolean).join('、'),
    ),
    fields: [
      ...(authorization === undefined ? [] : [['Authorization', authorization.scheme] as const]),
      ['body', `${request.body.length} ${type}`.trim()],
      ...(authorization?.words?.fields ?? []),
    ],
    bytes: shownBytes(`${request.method} ${request.path} HTTP/1.1`, lines, type, request.body),
  });
}

function sayResponse(ladder: Ladder, response: HttpResponse, ms: number): void {
  const challenges = challengesOf(response);
  const words = challenges.flatMap(({ scheme, token }) => (token === undefined ? [] : [explain(scheme, Buffer.from(token, 'base64'))]))[0];
  const schemes = [...new Set(challenges.map(({ scheme }) => scheme))].join(', ');
  const type = headerOf(response, 'content-type');
  const body = bodyWords(type, response.body.length);
  const lines = response.headers.map(
    ([name, value]) => `${name}: ${/^(www|proxy)-authenticate$|^authentication-info$/i.test(name) ? safeChallenge(value) : value}`,
  );
  const offered = words?.text ?? (schemes === '' ? undefined : say(`offers ${schemes}`, `提示: ${schemes}`));
  ladder.say({
    direction: 'received',
    layer: words?.layer ?? 'http',
    text: say(
      [`${response.status} after ${ms} ms`, offered?.en, body.en].filter(Boolean).join(', '),
      [`${response.status} (${ms} ミリ秒)`, offered?.ja, body.ja].filter(Boolean).join('、'),
    ),
    fields: [
      ['status', String(response.status)],
      ['Server', headerOf(response, 'server')],
      ...(schemes === '' ? [] : [['WWW-Authenticate', schemes] as const]),
      ['body', `${response.body.length} ${type}`.trim()],
      ...(words?.fields ?? []),
    ],
    bytes: shownBytes(`HTTP/1.1 ${response.status} ${response.statusText}`, lines, type, response.body),
  });
}

function bodyWords(type: string, length: number) {
  if (length === 0) return say('no body', '本文なし');
  if (isSealedType(type)) return say(`${length} bytes, sealed`, `${length} バイト (暗号化済み)`);
  const media = type.split(';')[0]?.trim() ?? '';
  return say(`${length} bytes in clear${media === '' ? '' : `, ${media}`}`, `${length} バイト (平文)${media === '' ? '' : `、${media}`}`);
}

interface Authorization {
  readonly scheme: string;
  readonly words?: TokenWords;
  readonly shown: string;
}

function takeApart(header: string): Authorization {
  const space = header.indexOf(' ');
  const scheme = space < 0 ? header : header.slice(0, space);
  const rest = space < 0 ? '' : header.slice(space + 1).trim();
  if (space < 0 || /^basic$/i.test(scheme) || !/^[A-Za-z0-9+/]+=*$/.test(rest))
    return { scheme, shown: space < 0 ? scheme : `${scheme} ${REMOVED}` };
  const words = explain(scheme, Buffer.from(rest, 'base64'));
  return { scheme, words, shown: `${scheme} ${Buffer.from(words.bytes).toString('base64')}` };
}

function explain(scheme: string, token: Uint8Array): TokenWords {
  return /^credssp$/i.test(scheme) ? credsspWords(token) : tokenWords(new Uint8Array(token));
}

/** A WWW-Authenticate line whose tokens are replaced by what may be shown of them. */
function safeChallenge(value: string): string {
  return value.replace(/\b([A-Za-z]+) ([A-Za-z0-9+/]{16,}=*)/g, (_, scheme: string, token: string) => {
    const { bytes } = explain(scheme, Buffer.from(token, 'base64'));
    return `${scheme} ${Buffer.from(bytes).toString('base64')}`;
  });
}

function shownBytes(first: string, lines: readonly string[], type: string, body: Uint8Array): Uint8Array {
  const head = Buffer.from(`${[first, ...lines].join('\r\n')}\r\n\r\n`, 'latin1');
  if (body.length === 0) return new Uint8Array(head);
  const rest = isSealedType(type) ? Buffer.from(`[${body.length} bytes, sealed]`) : body.subarray(0, MAX_SHOWN);
  return new Uint8Array(Buffer.concat([head, rest]));
}
