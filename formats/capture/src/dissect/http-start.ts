import { latin1 } from './latin1.ts';

/** Bytes after which it is decided whether a message of HTTP begins: the longest method known here and a blank. */
export const START_BYTES = 16;

/** Methods of HTTP, WebDAV, DeltaV, BITS, Configuration Manager and RPC over HTTP (MS-RPCH). Others are found by their whole request line. */
const METHODS: readonly string[] = [
  ...['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'],
  ...['PROPFIND', 'PROPPATCH', 'MKCOL', 'COPY', 'MOVE', 'LOCK', 'UNLOCK', 'SEARCH', 'REPORT', 'MERGE', 'CHECKOUT', 'MKACTIVITY', 'ACL'],
  ...['SUBSCRIBE', 'UNSUBSCRIBE', 'NOTIFY', 'POLL', 'BMOVE', 'BCOPY', 'BPROPPATCH', 'BITS_POST', 'CCM_POST'],
  ...['RPC_IN_DATA', 'RPC_OUT_DATA', 'RDG_IN_DATA', 'RDG_OUT_DATA'],
];
const STARTS: readonly string[] = ['HTTP/1.', ...METHODS.map((method) => `${method} `)];

/** First line of a message (RFC 9112 sections 3 and 4). */
export type StartLine =
  | { readonly kind: 'request'; readonly method: string; readonly target: string; readonly version: string }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string; readonly version: string };

/** First letters of {@link STARTS}. */
const LETTERS: ReadonlySet<number | undefined> = new Set(STARTS.map((start) => start.charCodeAt(0)));

/** Do the first bytes, from `from` on, begin a message? Empty lines before it are allowed (RFC 9112 section 2.2). `more`: too few bytes to tell. */
export function startsHttp(first: Uint8Array, from = 0): 'yes' | 'no' | 'more' {
  let at = from;
  while (first[at] === 0x0d || first[at] === 0x0a) at++;
  if (at < first.length && !LETTERS.has(first[at])) return 'no';
  const text = latin1(first, at, Math.min(first.length, at + START_BYTES));
  if (STARTS.some((start) => text.startsWith(start))) return 'yes';
  return STARTS.some((start) => start.startsWith(text)) ? 'more' : 'no';
}

/** Reads a first line; `undefined` when it is none of HTTP/1.x. */
export function readStartLine(line: Uint8Array): StartLine | undefined {
  // 'HTTP/1.1 200' is the shortest answer, 'GET / HTTP/1.1' about the shortest request.
  if (line.length < 12) return undefined;
  const text = latin1(line);
  if (text.startsWith('HTTP/1.')) {
    const match = /^HTTP\/(1\.\d) {1,8}(\d{3})(?: (.*))?$/.exec(text);
    return match === null ? undefined : { kind: 'response', version: match[1]!, status: Number(match[2]), reason: (match[3] ?? '').trim() };
  }
  const version = /[ \t]HTTP\/(1\.\d)[ \t]{0,8}$/.exec(text.slice(-20))?.[1];
  const method = /^[A-Za-z][A-Za-z0-9_-]{0,31}(?= )/.exec(text)?.[0];
  if (version === undefined || method === undefined) return undefined;
  const target = text.slice(method.length, text.lastIndexOf('HTTP/')).trim();
  return target === '' ? undefined : { kind: 'request', method, target, version };
}
