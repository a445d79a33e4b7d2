import type { Damage } from '@winmedic/bytes';
import { BodyReader } from './body.ts';
import { type AuthReading, readAuthorization, readChallenges } from './http-auth.ts';
import { latin1 } from './http-lines.ts';
import type { StartLine } from './http-start.ts';
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

/** One message while it is being read. */
export class MessageDraft {
  readonly start: StartLine;
  readonly #headers: [name: string, value: string][] = [];
  readonly #damages: Damage[] = [];
  readonly #lengths: string[] = [];
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

  constructor(start: StartLine, place: Place) {
    this.start = start;
    this.place = place;
  }

  /** First header of a name in lower case; empty without one. */
  header(name: string): string {
    return this.#headers.find(([each]) => each.toLowerCase() === name)?.[1] ?? '';
  }

  damage(damage: Damage): void {
    if (this.#damages.length < MAX_DAMAGES && !this.#damages.some(({ code }) => code === damage.code)) this.#damages.push(damage);
  }

  /** A line of the head, or of the trailers, that is not empty. @param over it was cut. */
  headerLine(line: Uint8Array, over: boolean): void {
    this.#headBytes += line.length + 2;
    const folded = line[0] === 0x20 || line[0] === 0x09;
    const colon = line.indexOf(0x3a);
    const name = folded || colon < 0 ? '' : latin1(line.subarray(0, Math.min(colon, 256))).trim();
    const full = over || this.#headBytes > MAX_HEAD || (!folded && this.#headers.length >= MAX_HEADERS);
    if (full) this.damage({ code: 'CAPTURE_HTTP_HEAD_LIMIT', offset: this.bytes, what: 'head', need: MAX_HEAD, have: this.#headBytes });
    const framing = FRAMING.includes(name.toLowerCase()) && this.#headers.length < MAX_HEADERS + MAX_FRAMING;
    if (full && (over || !framing)) {
      this.#last = 'dropped';
      return;
    }
    if (folded) {
      // Obsolete line folding (RFC 9112 section 5.2): one blank for the line end.
      const last = this.#headers.at(-1);
      if (last && this.#last === 'kept') last[1] = `${last[1]} ${latin1(line).trim()}`.trim();
      return;
    }
    if (name === '') {
      this.#last = 'dropped';
      this.damage({ code: 'CAPTURE_HTTP_HEAD', offset: this.bytes, what: 'header', need: 'a name and a colon' });
      return;
    }
    this.#headers.push([name, latin1(line.subarray(colon + 1)).trim()]);
    this.#last = 'kept';
  }

  /** The head is over: says where the body ends, by the headers and by the request that is answered. */
  framing(): Framing {
    for (const [name, value] of this.#headers) {
      if (name.toLowerCase() === 'content-length') this.#lengths.push(...value.split(',', 8).map((each) => each.trim()));
      if (name.toLowerCase() === 'transfer-encoding') this.#encodings += `,${value.toLowerCase()}`;
    }
    const { start } = this;
    if (start.kind === 'response') {
      const { status } = start;
      if (this.request?.method === 'HEAD' || status < 200 || status === 204 || status === 304) return { kind: 'none' };
      if (this.request?.method === 'CONNECT' && status < 300) return { kind: 'none' };
    }
    const chunked = /(?:^|[,\s])chunked\s*$/.test(this.#encodings.slice(-64));
    const lengths = [...new Set(this.#lengths)];
    const numbers = lengths.filter((each) => /^\d{1,15}$/.test(each)).map(Number);
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
    const codings = this.#encodings.split(',').map((each) => each.trim());
    // A coding besides the chunks is as little undone as that of the content.
    const coding = codings.find((each) => each !== '' && each !== 'chunked' && each !== 'identity') ?? this.header('content-encoding');
    this.#body = new BodyReader(this.header('content-type'), coding);
    return this.#body;
  }

  /**
   * The message as far as it was seen.
   * @param declaredBytes length of the body as told or as it turned out. @param whole nothing of it is missing.
   */
  finish(from: Side, declaredBytes: number | undefined, whole: boolean): HttpRequestMessage | HttpResponseMessage {
    const { start, place } = this;
    const { body, damages } = this.body.finish(declaredBytes, whole);
    const auths = this.#authentication();
    for (const damage of [...damages, ...auths.flatMap((each) => each.damages)]) this.damage(damage);
    const shared = {
      layer: 'http',
      frame: place.frame,
      at: place.at,
      from,
      bytes: this.bytes,
      version: start.version,
      headers: this.#headers.map(([name, value]) => [name, SECRET.includes(name.toLowerCase()) ? '' : value] as const),
      body,
      ...(this.#damages.length > 0 ? { damages: this.#damages } : {}),
      ...(whole ? {} : { partial: true }),
    } as const;
    if (start.kind === 'request') {
      // A login at the host counts more than one at a proxy before it.
      const authorization = (auths.find(({ auth }) => !auth.proxy) ?? auths[0])?.auth;
      return {
        ...shared,
        kind: 'request',
        method: start.method,
        target: start.target,
        host: this.header('host'),
        userAgent: this.header('user-agent'),
        ...(authorization === undefined ? {} : { authorization }),
      };
    }
    return {
      ...shared,
      kind: 'response',
      status: start.status,
      reason: start.reason,
      server: this.header('server'),
      challenges: auths.map(({ auth }) => auth),
      ...(this.request === undefined ? {} : { requestFrame: this.request.frame }),
    };
  }

  #authentication(): AuthReading[] {
    const name = this.start.kind === 'request' ? 'authorization' : 'authenticate';
    const [own, proxy] = this.start.kind === 'request' ? [name, `proxy-${name}`] : [`www-${name}`, `proxy-${name}`];
    return this.#headers.flatMap(([each, value]) => {
      const lower = each.toLowerCase();
      if ((lower !== own && lower !== proxy) || value === '') return [];
      const isProxy = lower === proxy;
      return this.start.kind === 'request' ? [readAuthorization(value, isProxy)] : readChallenges(value, isProxy);
    });
  }
}
