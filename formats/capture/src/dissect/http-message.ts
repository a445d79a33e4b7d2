import type { Damage } from '@winmedic/bytes';
import { BodyReader } from './body.ts';
import type { HeaderLines } from './header-lines.ts';
import { type AuthReading, readAuthorization, readChallenges } from './http-auth.ts';
import type { StartLine } from './http-start.ts';
import { latin1, pooledWord, type Word } from './latin1.ts';
import type { HttpRequestMessage, HttpResponseMessage, Place, Side } from './types.ts';

/** Bytes of a head: Windows' own limit for a request line with its headers is 16 KiB, with registry settings up to 64 KiB. */
export const MAX_HEAD = 64 * 1024;
/** Headers of a head, trailers as well. */
const MAX_HEADERS = 256;
/** Headers about the length that are kept beyond these. */
const MAX_FRAMING = 8;
/** Damages of one message: each names another fault, and many of one kind say no more than a few. */
const MAX_DAMAGES = 16;
/** Headers whose values are credentials. */
const SECRET: readonly string[] = ['authorization', 'proxy-authorization', 'cookie', 'set-cookie'];
/** Headers that say where the body ends; they are read even when there are too many others. */
const FRAMING: readonly string[] = ['content-length', 'transfer-encoding'];

/** A length in bytes. */
const DIGITS = /^\d{1,15}$/;
/** Bytes of a header's name. */
const MAX_NAME = 256;
const NO_NAME: Word = { text: '', lower: '' };

/** Where the body of a message ends (RFC 9112 section 6.3). `either`: Content-Length was there with several values. */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'either'; readonly least: number; readonly most: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' };

/** A request that answers may belong to. */
export interface OpenRequest {
  /** Frame of its last byte so far, and of the end of its head. */
  frame: number;
  readonly headFrame: number;
  readonly method: string;
  /** It asks to go on with another protocol (RFC 9110 section 7.8); lower case. */
  readonly upgrade: string;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** One message while it is being read. */
export class MessageDraft {
  readonly start: StartLine;
  readonly #lines: HeaderLines | undefined;
  /** As they are handed out: values of credentials are empty. */
  readonly #headers: [name: string, value: string][] = [];
  /** Their names in lower case. */
  readonly #names: string[] = [];
  /** Logins of the requests, by the number of their header. */
  readonly #logins: { readonly header: number; value: string }[] = [];
  readonly #damages: Damage[] = [];
  #encodings = '';
  #body: BodyReader | undefined;
  #headBytes = 0;
  #last: 'kept' | 'dropped' = 'dropped';

  /** Bytes of it so far. */
  bytes = 0;
  /** Frame of its last byte so far. */
  place: Place;
  /** Request that this one is, or that it answers. */
  request: OpenRequest | undefined;
  /** {@link request} was looked for. */
  paired = false;

  /** @param lines of the connection, once headers may come again. */
  constructor(start: StartLine, place: Place, lines: HeaderLines | undefined) {
    this.#lines = lines;
    this.start = start;
    this.place = place;
  }

  /** First header of a name in lower case, none of those with credentials; empty without one. */
  header(name: string): string {
    const at = this.#names.indexOf(name);
    return at < 0 ? '' : (this.#headers[at] as [string, string])[1];
  }

  damage(damage: Damage): void {
    if (this.#damages.length < MAX_DAMAGES && !this.#damages.some(({ code }) => code === damage.code)) this.#damages.push(damage);
  }

  /** A line of the head, or of the trailers, that is not empty: `bytes` from `from` to `to`. @param over it was cut. */
  headerLine(bytes: Uint8Array, from: number, to: number, over: boolean): void {
    this.#headBytes += to - from + 2;
    const known = this.#lines?.find(bytes, from, to);
    if (known !== undefined && !over && this.#headBytes <= MAX_HEAD && this.#headers.length < MAX_HEADERS) {
      this.#headers.push(known.header);
      this.#names.push(known.lower);
      this.#last = 'kept';
      return;
    }
    const folded = bytes[from] === 0x20 || bytes[from] === 0x09;
    let colon = from;
    while (colon < to && bytes[colon] !== 0x3a) colon++;
    const name = folded || colon === to ? NO_NAME : nameOf(bytes, from, Math.min(colon, from + MAX_NAME));
    const full = over || this.#headBytes > MAX_HEAD || (!folded && this.#headers.length >= MAX_HEADERS);
    if (full) this.damage({ code: 'CAPTURE_HTTP_HEAD_LIMIT', offset: this.bytes, what: 'head', need: MAX_HEAD, have: this.#headBytes });
    if (full && (over || !FRAMING.includes(name.lower) || this.#headers.length >= MAX_HEADERS + MAX_FRAMING)) {
      this.#last = 'dropped';
      return;
    }
    if (folded) {
      if (this.#last === 'kept') this.#continue(latin1(bytes, from, to).trim());
      return;
    }
    if (name.text === '') {
      this.#last = 'dropped';
      this.damage({ code: 'CAPTURE_HTTP_HEAD', offset: this.bytes, what: 'header', need: 'a name and a colon' });
      return;
    }
    let start = colon + 1;
    while (start < to && (bytes[start] === 0x20 || bytes[start] === 0x09)) start++;
    const secret = SECRET.includes(name.lower);
    // Cookies are not even made a text of.
    if (secret && name.lower.endsWith('authorization')) {
      this.#logins.push({ header: this.#headers.length, value: latin1(bytes, start, to).trim() });
    }
    const header: [string, string] = [name.text, secret ? '' : latin1(bytes, start, to).trim()];
    if (!secret && !over) this.#lines?.keep(bytes, from, to, name, header);
    this.#headers.push(header);
    this.#names.push(name.lower);
    this.#last = 'kept';
  }

  /** Obsolete line folding (RFC 9112 section 5.2): one blank for the line end. */
  #continue(text: string): void {
    const last = this.#headers.length - 1;
    const header = this.#headers[last];
    const login = this.#logins.at(-1);
    if (login?.header === last) login.value = `${login.value} ${text}`.trim();
    else if (header && !SECRET.includes(this.#names[last] as string)) this.#headers[last] = [header[0], `${header[1]} ${text}`.trim()];
  }

  /** The head is over: says where the body ends, by the headers and by the request that is answered. */
  framing(): Framing {
    const lengths: string[] = [];
    for (let at = 0; at < this.#names.length; at++) {
      const name = this.#names[at];
      if (name !== 'content-length' && name !== 'transfer-encoding') continue;
      const [, value] = this.#headers[at] as [string, string];
      if (name === 'transfer-encoding') this.#encodings += `,${value.toLowerCase()}`;
      else if (!value.includes(',')) lengths.push(...(lengths.includes(value) ? [] : [value]));
      else for (const each of value.split(',', 8)) if (!lengths.includes(each.trim())) lengths.push(each.trim());
    }
    const { start } = this;
    if (start.kind === 'response') {
      const { status } = start;
      if (this.request?.method === 'HEAD' || status < 200 || status === 204 || status === 304) return { kind: 'none' };
      if (this.request?.method === 'CONNECT' && status < 300) return { kind: 'none' };
    }
    // Nearly always.
    if (lengths.length === 1 && this.#encodings === '' && DIGITS.test(lengths[0]!)) return { kind: 'length', bytes: Number(lengths[0]) };
    const chunked = this.#encodings !== '' && /(?:^|[,\s])chunked\s*$/.test(this.#encodings.slice(-64));
    const numbers = lengths.filter((each) => DIGITS.test(each)).map(Number);
    if (lengths.length > 1 || numbers.length < lengths.length || (chunked && lengths.length > 0))
      this.damage({
        code: 'CAPTURE_HTTP_LENGTH',
        offset: 0,
        what: 'Content-Length',
        have: lengths
          .map((each) => each.slice(0, 20))
          .join(' and ')
          .slice(0, 80),
      });
    if (chunked) return { kind: 'chunked' };
    if (numbers.length > 0) {
      const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
      return least === most ? { kind: 'length', bytes: most } : { kind: 'either', least, most };
    }
    return start.kind === 'request' ? { kind: 'none' } : { kind: 'until-close' };
  }

  /** Reader of the body; made with the first use, when the head is over. */
  get body(): BodyReader {
    if (this.#body) return this.#body;
    this.#body = new BodyReader(this.header('content-type'), this.#coding() ?? this.header('content-encoding'));
    return this.#body;
  }

  /** A coding of the transfer besides the chunks is as little undone as that of the content. */
  #coding(): string | undefined {
    if (this.#encodings === '') return undefined;
    const codings = this.#encodings.split(',').map((each) => each.trim());
    return codings.find((each) => each !== '' && each !== 'chunked' && each !== 'identity');
  }

  /**
   * The message as far as it was seen.
   * @param declaredBytes length of the body as told or as it turned out. @param whole nothing of it is missing.
   */
  finish(from: Side, declaredBytes: number | undefined, whole: boolean): HttpRequestMessage | HttpResponseMessage {
    const { start, place } = this;
    const { body, damages } = this.body.finish(declaredBytes, whole);
    const auths = this.#authentication();
    for (const damage of damages) this.damage(damage);
    for (const auth of auths) for (const damage of auth.damages) this.damage(damage);
    const { frame, at } = place;
    const { bytes } = this;
    const { version } = start;
    const headers = this.#headers;
    let message: Mutable<HttpRequestMessage> | Mutable<HttpResponseMessage>;
    if (start.kind === 'request') {
      const { method, target } = start;
      const host = this.header('host');
      const userAgent = this.header('user-agent');
      message = { layer: 'http', frame, at, from, bytes, version, headers, body, kind: 'request', method, target, host, userAgent };
      // A login at the host counts more than one at a proxy before it.
      const login = auths.find(({ auth }) => !auth.proxy) ?? auths[0];
      if (login !== undefined) message.authorization = login.auth;
    } else {
      const { status, reason } = start;
      const server = this.header('server');
      const challenges = auths.map(({ auth }) => auth);
      message = { layer: 'http', frame, at, from, bytes, version, headers, body, kind: 'response', status, reason, server, challenges };
      if (this.request !== undefined) message.requestFrame = this.request.frame;
    }
    if (this.#damages.length > 0) message.damages = this.#damages;
    if (!whole) message.partial = true;
    return message;
  }

  #authentication(): AuthReading[] {
    const readings: AuthReading[] = [];
    if (this.start.kind === 'request') {
      for (const { header, value } of this.#logins)
        if (value !== '') readings.push(readAuthorization(value, this.#names[header] === 'proxy-authorization'));
      return readings;
    }
    for (let at = 0; at < this.#names.length; at++) {
      const name = this.#names[at];
      if (name !== 'www-authenticate' && name !== 'proxy-authenticate') continue;
      const [, value] = this.#headers[at] as [string, string];
      if (value !== '') readings.push(...readChallenges(value, name === 'proxy-authenticate'));
    }
    return readings;
  }
}

/** Name of a header, without blanks around it. */
function nameOf(bytes: Uint8Array, from: number, to: number): Word {
  const name = pooledWord(bytes, from, to);
  const text = name.text.trim();
  return text.length === name.text.length ? name : { text, lower: text.toLowerCase() };
}
