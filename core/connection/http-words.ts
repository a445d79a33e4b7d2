import { challengesOf, type HttpRequest, type HttpResponse, headerOf, isSealedType } from '@winmedic/wsman';
import type { WireMessage } from '../model/connection.ts';
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

/** A login header, as it is told. */
export interface LoginHeader {
  readonly scheme: string;
  /** Its token; absent when it is a secret that is not looked into (Basic). */
  readonly words?: Pick<TokenWords, 'layer' | 'text' | 'fields'>;
}

/** A request as it is told, live or from a capture. */
export interface RequestFacts {
  readonly method: string;
  readonly target: string;
  readonly login?: LoginHeader;
  /** Content-Type as sent. */
  readonly type: string;
  readonly bodyBytes: number;
  readonly sealed: boolean;
}

/** A request in words. */
export function requestWords({ method, target, login, type, bodyBytes, sealed }: RequestFacts): Omit<WireMessage, 'at' | 'rung' | 'bytes'> {
  const body = bodyWords(type, bodyBytes, sealed);
  const who =
    login?.words?.text ??
    (login === undefined ? undefined : say(`${login.scheme}, credential not shown`, `${login.scheme}、資格情報は非表示`));
  return {
    direction: 'sent',
    layer: login?.words?.layer ?? 'http',
    text: say(
      [`${method} ${target}`, who?.en, body.en].filter(Boolean).join(', '),
      [`${method} ${target}`, who?.ja, body.ja].filter(Boolean).join('、'),
    ),
    fields: [
      ...(login === undefined ? [] : [['Authorization', login.scheme] as const]),
      ['body', `${bodyBytes} ${type}`.trim()],
      ...(login?.words?.fields ?? []),
    ],
  };
}

/** An answer as it is told, live or from a capture. */
export interface ResponseFacts {
  readonly status: number;
  readonly server: string;
  /** Since the request; absent when that was not seen. */
  readonly ms?: number;
  /** Schemes of WWW-Authenticate, each once. */
  readonly schemes: readonly string[];
  /** Token of one of them. */
  readonly words?: Pick<TokenWords, 'layer' | 'text' | 'fields'>;
  readonly type: string;
  readonly bodyBytes: number;
  readonly sealed: boolean;
}

/** An answer in words. */
export function responseWords(facts: ResponseFacts): Omit<WireMessage, 'at' | 'rung' | 'bytes'> {
  const { status, ms, words, type, bodyBytes } = facts;
  const schemes = facts.schemes.join(', ');
  const body = bodyWords(type, bodyBytes, facts.sealed);
  const offered = words?.text ?? (schemes === '' ? undefined : say(`offers ${schemes}`, `提示: ${schemes}`));
  const first = ms === undefined ? say(`${status}`, `${status}`) : say(`${status} after ${ms} ms`, `${status} (${ms} ミリ秒)`);
  return {
    direction: 'received',
    layer: words?.layer ?? 'http',
    text: say([first.en, offered?.en, body.en].filter(Boolean).join(', '), [first.ja, offered?.ja, body.ja].filter(Boolean).join('、')),
    fields: [
      ['status', String(status)],
      ['Server', facts.server],
      ...(schemes === '' ? [] : [['WWW-Authenticate', schemes] as const]),
      ['body', `${bodyBytes} ${type}`.trim()],
      ...(words?.fields ?? []),
    ],
  };
}

function sayRequest(ladder: Ladder, request: HttpRequest): void {
  const header = Object.entries(request.headers).find(([name]) => name.toLowerCase() === 'authorization')?.[1];
  const authorization = header === undefined ? undefined : takeApart(header);
  const type = Object.entries(request.headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  const lines = Object.entries(request.headers).map(
    ([name, value]) => `${name}: ${name.toLowerCase() === 'authorization' ? authorization?.shown : value}`,
  );
  ladder.say({
    ...requestWords({
      method: request.method,
      target: request.path,
      ...(authorization === undefined ? {} : { login: authorization }),
      type,
      bodyBytes: request.body.length,
      sealed: isSealedType(type),
    }),
    bytes: shownBytes(`${request.method} ${request.path} HTTP/1.1`, lines, type, request.body),
  });
}

function sayResponse(ladder: Ladder, response: HttpResponse, ms: number): void {
  const challenges = challengesOf(response);
  const words = challenges.flatMap(({ scheme, token }) => (token === undefined ? [] : [explain(scheme, Buffer.from(token, 'base64'))]))[0];
  const type = headerOf(response, 'content-type');
  const lines = response.headers.map(
    ([name, value]) => `${name}: ${/^(www|proxy)-authenticate$|^authentication-info$/i.test(name) ? safeChallenge(value) : value}`,
  );
  ladder.say({
    ...responseWords({
      status: response.status,
      server: headerOf(response, 'server'),
      ms,
      schemes: [...new Set(challenges.map(({ scheme }) => scheme))],
      ...(words === undefined ? {} : { words }),
      type,
      bodyBytes: response.body.length,
      sealed: isSealedType(type),
    }),
    bytes: shownBytes(`HTTP/1.1 ${response.status} ${response.statusText}`, lines, type, response.body),
  });
}

function bodyWords(type: string, length: number, sealed: boolean) {
  if (length === 0) return say('no body', '本文なし');
  if (sealed) return say(`${length} bytes, sealed`, `${length} バイト (暗号化済み)`);
  const media = type.split(';')[0]?.trim() ?? '';
  return say(`${length} bytes in clear${media === '' ? '' : `, ${media}`}`, `${length} バイト (平文)${media === '' ? '' : `、${media}`}`);
}

interface Authorization extends LoginHeader {
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
