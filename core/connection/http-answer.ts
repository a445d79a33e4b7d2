import type { HttpResponse } from '@winmedic/wsman';

/** Status line and headers; http.sys itself limits them to 64 KiB in total. */
const MAX_HEAD = 65_536;
/** MaxEnvelopeSizekb asked for is 500; text of a web page in its place is smaller still. */
const MAX_BODY = 32 * 1024 * 1024;
/** Headers of one answer; more than any server sends. */
const MAX_HEADERS = 256;
/** Interim answers (1xx) before the real one. */
const MAX_INTERIM = 8;
/** Chunks of one answer: the largest body in pieces of 336 bytes; servers send kilobytes, and smaller ones only cost time. */
const MAX_CHUNKS = 100_000;
/** Digits of a chunk size and its extensions. */
const MAX_CHUNK_LINE = 1024;
const CR = 13;
const LF = 10;

/** What arrived is no HTTP/1 answer, or one beyond every limit. */
export class NotHttp extends Error {
  override readonly name = 'NotHttp';
}

type State =
  | { readonly at: 'head' }
  | { readonly at: 'length'; readonly need: number }
  | { readonly at: 'chunk-size' }
  | { readonly at: 'chunk'; readonly need: number }
  | { readonly at: 'trailer' }
  | { readonly at: 'until-close' };

/**
 * Reads one HTTP/1.0 or 1.1 answer (RFC 9112) from pieces as they arrive. Own framing, since node:http refuses answers that a diagnosis must be able to
 * see, and hides whether a connection was closed or reset.
 */
export class HttpAnswerReader {
  /** What has come and is not taken yet stands from `#from` to `#to`. */
  #store: Buffer = Buffer.alloc(0);
  #from = 0;
  #to = 0;
  /** Bytes of it in which the end that is looked for was not found: an answer that comes byte by byte is searched once. */
  #searched = 0;
  #state: State = { at: 'head' };
  #status = 0;
  #statusText = '';
  #headers: (readonly [string, string])[] = [];
  /** Grows by doubling: a list of pieces would hold a record for each chunk of one byte. */
  #body: Buffer = Buffer.alloc(0);
  #bodyLength = 0;
  #interim = 0;
  #chunks = 0;
  #trailers = 0;
  #keepAlive = false;
  #done = false;

  /** Did anything arrive? */
  get begun(): boolean {
    return this.#to > this.#from || this.#state.at !== 'head' || this.#interim > 0;
  }

  /** Complete, and the server keeps the connection open. */
  get keepsAlive(): boolean {
    return this.#keepAlive;
  }

  /** Takes a piece. @returns true when the answer is complete. @throws NotHttp */
  push(piece: Uint8Array): boolean {
    this.#append(piece);
    while (!this.#done && this.#advance());
    return this.#done;
  }

  #append(piece: Uint8Array): void {
    const left = this.#left;
    if (left.length === 0) [this.#from, this.#to] = [0, 0];
    if (this.#to + piece.length > this.#store.length) {
      this.#store = Buffer.alloc(2 * (left.length + piece.length));
      this.#store.set(left);
      [this.#from, this.#to] = [0, left.length];
    }
    this.#store.set(piece, this.#to);
    this.#to += piece.length;
  }

  get #left(): Buffer {
    return this.#store.subarray(this.#from, this.#to);
  }

  #consume(length: number): void {
    this.#from += length;
    this.#searched = 0;
  }

  /** The connection was closed in order. @returns true when that completes the answer. */
  end(): boolean {
    if (this.#state.at === 'until-close') this.#done = true;
    return this.#done;
  }

  /** The complete answer. */
  answer(): HttpResponse {
    return {
      status: this.#status,
      statusText: this.#statusText,
      headers: this.#headers,
      body: new Uint8Array(this.#body.subarray(0, this.#bodyLength)),
    };
  }

  /** One step; false when more bytes are needed. */
  #advance(): boolean {
    const state = this.#state;
    switch (state.at) {
      case 'head':
        return this.#head();
      case 'length':
      case 'until-close': {
        const left = this.#to - this.#from;
        const take = state.at === 'length' ? Math.min(state.need, left) : left;
        this.#take(take);
        if (state.at === 'until-close') return false;
        this.#state = { at: 'length', need: state.need - take };
        this.#done = state.need === take;
        return false;
      }
      case 'chunk-size': {
        const line = this.#line(MAX_CHUNK_LINE);
        if (line === undefined) return false;
        const size = /^([0-9a-f]{1,8})\s*(?:;|$)/i.exec(line);
        if (size === null) throw new NotHttp('chunk size');
        if (++this.#chunks > MAX_CHUNKS) throw new NotHttp('number of chunks');
        const need = Number.parseInt(size[1] as string, 16);
        this.#state = need === 0 ? { at: 'trailer' } : { at: 'chunk', need };
        return true;
      }
      case 'chunk': {
        const take = Math.min(state.need, this.#to - this.#from);
        this.#take(take);
        this.#state = { at: 'chunk', need: state.need - take };
        if (state.need > take) return false;
        const line = this.#line(2);
        if (line === undefined) return false;
        if (line !== '') throw new NotHttp('end of a chunk');
        this.#state = { at: 'chunk-size' };
        return true;
      }
      case 'trailer': {
        const line = this.#line(MAX_HEAD);
        if (line === undefined) return false;
        this.#done = line === '';
        if (++this.#trailers > MAX_HEADERS) throw new NotHttp('number of trailers');
        return !this.#done;
      }
    }
  }

  #take(length: number): void {
    const end = this.#bodyLength + length;
    if (end > MAX_BODY) throw new NotHttp('body beyond every limit');
    if (end > this.#body.length) {
      const bigger = Buffer.alloc(Math.max(end, Math.min(MAX_BODY, 2 * this.#body.length)));
      this.#body.copy(bigger, 0, 0, this.#bodyLength);
      this.#body = bigger;
    }
    this.#store.copy(this.#body, this.#bodyLength, this.#from, this.#from + length);
    this.#bodyLength = end;
    this.#consume(length);
  }

  #line(limit: number): string | undefined {
    const left = this.#left;
    const end = left.indexOf(LF, this.#searched);
    if (end < 0) {
      this.#searched = left.length;
      if (left.length > limit) throw new NotHttp('line');
      return undefined;
    }
    const line = left.toString('latin1', 0, end > 0 && left[end - 1] === CR ? end - 1 : end);
    this.#consume(end + 1);
    return line;
  }

  #head(): boolean {
    // Whatever does not begin like an answer never becomes one; waiting for its end would only cost time.
    const left = this.#left;
    const start = left.toString('latin1', 0, 5);
    if (!'HTTP/'.startsWith(start)) throw new NotHttp('status line');
    const end = headEnd(left, this.#searched);
    if (end === undefined) {
      this.#searched = left.length;
      if (left.length > MAX_HEAD) throw new NotHttp('headers beyond every limit');
      return false;
    }
    const [first = '', ...lines] = left.toString('latin1', 0, end.length).split(/\r?\n/);
    this.#consume(end.next);
    const status = /^HTTP\/1\.([01]) (\d{3})(?: (.*))?$/.exec(first);
    if (status === null) throw new NotHttp('status line');
    this.#status = Number(status[2]);
    this.#statusText = status[3] ?? '';
    if (this.#status < 200 && this.#status !== 101) {
      if (++this.#interim > MAX_INTERIM) throw new NotHttp('interim answers');
      return true;
    }
    this.#headers = readHeaders(lines);
    this.#frame(status[1] === '0');
    return true;
  }

  #frame(http10: boolean): void {
    const values = (name: string) => this.#headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value.toLowerCase());
    const connection = values('connection').join(',');
    const encodings = values('transfer-encoding').join(',');
    const lengths = [...new Set(values('content-length'))];
    this.#keepAlive = http10 ? connection.includes('keep-alive') : !connection.includes('close');
    if (encodings.includes('chunked')) this.#state = { at: 'chunk-size' };
    else if (lengths.length > 1 || (lengths[0] !== undefined && !/^\d{1,10}$/.test(lengths[0]))) throw new NotHttp('Content-Length');
    else if (this.#status === 204 || this.#status === 304 || lengths[0] === '0') this.#done = true;
    else if (lengths[0] !== undefined) this.#state = { at: 'length', need: Number(lengths[0]) };
    else {
      this.#keepAlive = false;
      this.#state = { at: 'until-close' };
    }
  }
}

/** @param searched bytes that hold no whole end. */
function headEnd(buffer: Buffer, searched: number): { length: number; next: number } | undefined {
  const from = Math.max(0, searched - 3);
  const crlf = buffer.indexOf('\r\n\r\n', from);
  const lf = buffer.indexOf('\n\n', from);
  if (crlf >= 0 && (lf < 0 || crlf < lf)) return { length: crlf, next: crlf + 4 };
  return lf >= 0 ? { length: lf, next: lf + 2 } : undefined;
}

function readHeaders(lines: readonly string[]): (readonly [string, string])[] {
  if (lines.length > MAX_HEADERS) throw new NotHttp('number of headers');
  const headers: [string, string][] = [];
  for (const line of lines) {
    const last = headers.at(-1);
    if (/^[ \t]/.test(line) && last !== undefined) {
      last[1] = `${last[1]} ${line.trim()}`;
      continue;
    }
    const colon = line.indexOf(':');
    if (colon <= 0) throw new NotHttp('header');
    headers.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()]);
  }
  return headers;
}
