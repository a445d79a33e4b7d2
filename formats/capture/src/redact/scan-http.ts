import { readStartLine } from '../dissect/http-start.ts';
import { type Keep, MAX_UNIT_BYTES, type ScanContext, type Scanner } from './scanner.ts';
import { redactSoap } from './soap.ts';
import { redactToken } from './tokens.ts';

/** Largest head that is understood; servers refuse heads of this size. */
const MAX_HEAD_BYTES = 64 * 1024;
/** Parts of a sealed body: WinRM sends one for each 16 KiB. */
const MAX_PARTS = 1000;

/** Headers whose values say what decides; values of all others are masked. */
const OPEN_HEADERS: ReadonlySet<string> = new Set([
  ...[
    'host',
    'user-agent',
    'server',
    'content-type',
    'content-length',
    'transfer-encoding',
    'content-encoding',
    'connection',
    'proxy-connection',
  ],
  ...[
    'date',
    'via',
    'accept',
    'accept-encoding',
    'accept-language',
    'soapaction',
    'wsmanidentify',
    'keep-alive',
    'expect',
    'allow',
    'upgrade',
  ],
  ...['persistent-auth', 'retry-after', 'cache-control', 'x-powered-by', 'microsoftwsman-auth'],
]);
const TOKEN_HEADERS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'www-authenticate', 'proxy-authenticate']);
const COOKIE_HEADERS: ReadonlySet<string> = new Set(['cookie', 'set-cookie', 'set-cookie2']);
const MASK = 0x78;

function latin(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0) & 0xff);
}

interface Body {
  readonly kind: 'length' | 'chunked' | 'trailer';
  readonly length: number;
  readonly how: 'soap' | 'sealed' | 'none';
  readonly boundary: string;
}

/** HTTP/1.x (RFC 9112): heads with masked values, SOAP bodies without content, the heads of sealed parts. */
export class HttpScanner implements Scanner {
  readonly #context: ScanContext;
  #body: Body | undefined;
  #searched = 0;

  constructor(context: ScanContext) {
    this.#context = context;
  }

  scan(bytes: Uint8Array, keep: Keep): number {
    if (this.#body !== undefined) return this.#scanBody(this.#body, bytes, keep);
    let blank = 0;
    while (bytes[blank] === 0x0d || bytes[blank] === 0x0a) blank++;
    if (blank > 0) return blank;
    const end = this.#headEnd(bytes);
    if (end === undefined) return bytes.length > MAX_HEAD_BYTES ? -1 : 0;
    this.#searched = 0;
    return this.#head(bytes.subarray(0, end), keep) ? end : -1;
  }

  #headEnd(bytes: Uint8Array): number | undefined {
    for (let at = Math.max(0, this.#searched - 3); at < bytes.length; at++) {
      if (bytes[at] !== 0x0a) continue;
      if (bytes[at + 1] === 0x0a) return at + 2;
      if (bytes[at + 1] === 0x0d && bytes[at + 2] === 0x0a) return at + 3;
    }
    this.#searched = bytes.length;
    return undefined;
  }

  #head(head: Uint8Array, keep: Keep): boolean {
    const out = head.slice();
    const text = latin(head);
    const firstEnd = text.indexOf('\n');
    const start = readStartLine(head.subarray(0, text[firstEnd - 1] === '\r' ? firstEnd - 1 : firstEnd));
    if (start === undefined) return false;
    if (start.kind === 'request') maskTarget(out, text, firstEnd, start.target);
    let type = '';
    let length: number | undefined;
    let chunked = false;
    let encoded = false;
    for (let at = firstEnd + 1; at < text.length; ) {
      const newline = text.indexOf('\n', at);
      const lineEnd = newline < 0 ? text.length : newline;
      const line = text.slice(at, text[lineEnd - 1] === '\r' ? lineEnd - 1 : lineEnd);
      const colon = line.indexOf(':');
      // A folded line continues a value that may be anything.
      if (colon < 0 || line[0] === ' ' || line[0] === '\t') out.fill(MASK, at, at + line.length);
      else {
        const name = line.slice(0, colon).trim().toLowerCase();
        const lead = (/^[ \t]{0,64}/.exec(line.slice(colon + 1)) as RegExpExecArray)[0].length;
        const from = at + colon + 1 + lead;
        const value = line.slice(colon + 1 + lead);
        if (TOKEN_HEADERS.has(name)) this.#tokens(out, from, value);
        else if (COOKIE_HEADERS.has(name)) {
          this.#context.secrets.remove('cookie', bytesOf(value));
          out.fill(MASK, from, at + line.length);
        } else if (!OPEN_HEADERS.has(name)) out.fill(MASK, from, at + line.length);
        if (name === 'content-type') type = value;
        else if (name === 'content-length') length = /^\d{1,15}$/.test(value.trim()) ? Number(value) : length;
        else if (name === 'transfer-encoding') chunked = /chunked/i.test(value);
        else if (name === 'content-encoding') encoded = !/^identity$/i.test(value.trim());
      }
      at = lineEnd + 1;
    }
    keep(0, out);
    this.#context.count('http-head');
    const noBody = start.kind === 'response' && (start.status < 200 || start.status === 204 || start.status === 304);
    if (noBody) this.#body = undefined;
    else if (chunked) this.#body = { kind: 'chunked', length: 0, how: 'none', boundary: '' };
    else if (length !== undefined && length > 0) {
      const sealed = /^multipart\/(?:x-multi-)?encrypted\b/i.test(type);
      const soap = /^(?:application\/(?:soap\+)?xml|text\/xml)\b/i.test(type) && !encoded;
      const boundary = /boundary="?([^";]{1,70})"?/i.exec(type)?.[1] ?? '';
      const how = length > MAX_UNIT_BYTES ? 'none' : sealed && boundary !== '' ? 'sealed' : soap ? 'soap' : 'none';
      this.#body = { kind: 'length', length, how, boundary };
    } else this.#body = undefined;
    return true;
  }

  /** One or more challenges, or one set of credentials: schemes stay, tokens are taken apart. */
  #tokens(out: Uint8Array, from: number, value: string): void {
    const { secrets, names } = this.#context;
    const single = /^([A-Za-z][\w-]{0,31})( +)([A-Za-z0-9+/]{4,}={0,2})\s*$/.exec(value);
    if (single === null) {
      // Names of schemes and quoted realms are open; anything else, Digest's answers among it, is not.
      const open =
        /^[\w-]{1,32}(?: +(?:realm|charset)="[^"]{0,200}")?(?:, *(?:[\w-]{1,32} +)?(?:[\w-]{1,32}|(?:realm|charset)="[^"]{0,200}"))*\s*$/.test(
          value,
        );
      if (open) return;
      const scheme = (/^[\w-]{0,32}/.exec(value) as RegExpExecArray)[0].length;
      secrets.remove('authorization', bytesOf(value.slice(scheme).trim()));
      for (let i = scheme; i < value.length; i++) if (value[i] !== ' ') out[from + i] = MASK;
      return;
    }
    const [, scheme = '', space = '', text = ''] = single;
    const at = from + scheme.length + space.length;
    const binary = decodeBase64(text);
    if (binary === undefined) {
      secrets.remove('authorization', bytesOf(text));
      out.fill(MASK, at, at + text.length);
    } else if (/^basic$/i.test(scheme)) {
      secrets.remove('basic', bytesOf(text), binary);
      out.fill(MASK, at, at + text.length);
    } else if (/^(?:negotiate|ntlm|kerberos)$/i.test(scheme)) {
      const { bytes, removed } = redactToken(binary, names);
      secrets.removeRanges(binary, removed, (start, end) => bytesOf(text.slice(Math.ceil(start / 3) * 4, Math.floor(end / 3) * 4)));
      out.set(bytesOf(encodeBase64(bytes)), at);
      this.#context.count('token');
    } else {
      // CredSSP carries TLS, others are unknown: the first 5 bytes tell a TLS record and its version.
      const open = /^credssp$/i.test(scheme) ? 5 : 0;
      const shown = new Uint8Array(binary.length);
      shown.set(binary.subarray(0, open));
      secrets.remove('authorization', bytesOf(text.slice(Math.ceil(open / 3) * 4)), binary.subarray(open));
      out.set(bytesOf(encodeBase64(shown)), at);
    }
  }

  #scanBody(body: Body, bytes: Uint8Array, keep: Keep): number {
    if (body.kind === 'chunked') return this.#chunk(bytes, keep);
    if (body.kind === 'trailer') return this.#trailer(bytes, keep);
    if (body.how === 'none') {
      this.#body = undefined;
      return body.length;
    }
    if (bytes.length < body.length) return 0;
    this.#body = undefined;
    const content = bytes.subarray(0, body.length);
    if (body.how === 'soap') {
      keep(0, redactSoap(content));
      this.#context.count('soap');
    } else this.#sealed(content, body.boundary, keep);
    return body.length;
  }

  /** Chunk sizes stay, content and extensions go (RFC 9112 section 7.1). */
  #chunk(bytes: Uint8Array, keep: Keep): number {
    const newline = bytes.indexOf(0x0a);
    if (newline < 0) return bytes.length > 1024 ? -1 : 0;
    const size = /^[0-9A-Fa-f]{1,12}/.exec(latin(bytes.subarray(0, newline)))?.[0];
    if (size === undefined) return -1;
    const crlf = newline > 0 && bytes[newline - 1] === 0x0d;
    keep(0, bytesOf(size.padEnd(crlf ? newline - 1 : newline, ' ')));
    const length = Number.parseInt(size, 16);
    const lineEnd = bytes.subarray(crlf ? newline - 1 : newline, newline + 1).slice();
    keep(newline + 1 - lineEnd.length, lineEnd);
    if (length === 0) {
      this.#body = { kind: 'trailer', length: 0, how: 'none', boundary: '' };
      return newline + 1;
    }
    // The end of the line behind the data is known without looking: with it the framing stays readable.
    keep(newline + 1 + length, lineEnd);
    return newline + 1 + length + lineEnd.length;
  }

  /** Trailers are masked; the empty line behind them ends the message. */
  #trailer(bytes: Uint8Array, keep: Keep): number {
    const newline = bytes.indexOf(0x0a);
    if (newline < 0) return bytes.length > MAX_HEAD_BYTES ? -1 : 0;
    const crlf = newline > 0 && bytes[newline - 1] === 0x0d;
    const text = newline - (crlf ? 1 : 0);
    if (text === 0) this.#body = undefined;
    const out = bytes.slice(0, newline + 1);
    out.fill(MASK, 0, text);
    keep(0, out);
    return newline + 1;
  }

  /** MS-WSMV 2.2.9.1: parts of headers and octets between boundaries. Headers stay, octets become zero. */
  #sealed(content: Uint8Array, boundary: string, keep: Keep): void {
    const mark = bytesOf(`--${boundary}`);
    let at = 0;
    for (let part = 0; part < MAX_PARTS && at < content.length; part++) {
      const found = indexOf(content, mark, at);
      if (found < 0) return;
      let line = found;
      for (;;) {
        const newline = content.indexOf(0x0a, line);
        if (newline < 0 || newline - line > 1024) break;
        const text = latin(content.subarray(line, newline));
        if (
          line !== found &&
          !/^[ \t]*(?:Content-Type|OriginalContent|Content-Length|Content-Transfer-Encoding)[ \t]*:[\x20-\x7e\t]*\r?$/i.test(text)
        )
          break;
        keep(line, content.subarray(line, newline + 1));
        this.#context.count('mime-head');
        line = newline + 1;
        if (/application\/octet-stream/i.test(text)) break;
      }
      at = Math.max(line, found + mark.length);
    }
  }
}

/** Masks what may be a secret in a request target: user and password of an absolute one, and the query, except WinRM's version. */
function maskTarget(out: Uint8Array, text: string, firstEnd: number, target: string): void {
  const from = text.indexOf(target);
  if (from < 0 || from > firstEnd) return;
  const user = /^[a-z][a-z0-9+.-]{0,20}:\/\/([^/?#]{0,1000})@/i.exec(target);
  if (user !== null) out.fill(MASK, from + target.indexOf('://') + 3, from + user[0].length - 1);
  const query = target.search(/[?#;]/);
  if (query >= 0 && !/^\/wsman[^?]{0,200}\?PSVersion=[\d.]{1,20}$/i.test(target)) out.fill(MASK, from + query + 1, from + target.length);
}

function indexOf(bytes: Uint8Array, mark: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(mark[0] as number, from); at >= 0; at = bytes.indexOf(mark[0] as number, at + 1)) {
    if (at + mark.length > bytes.length) return -1;
    let same = 1;
    while (same < mark.length && bytes[at + same] === mark[same]) same++;
    if (same === mark.length) return at;
  }
  return -1;
}

/** Base64 (RFC 4648 section 4) that comes out the same when it is encoded again; undefined for anything else. */
function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  try {
    const bytes = bytesOf(atob(text));
    return encodeBase64(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}

function encodeBase64(bytes: Uint8Array): string {
  return btoa(latin(bytes));
}
