import { KeptBytes } from './body-bytes.ts';
import { HeaderLines } from './header-lines.ts';
import { LineReader } from './http-lines.ts';
import { looksLike } from './http-lookalike.ts';
import { MAX_HEAD, MessageDraft, type OpenRequest } from './http-message.ts';
import { readStartLine, START_BYTES, startsHttp } from './http-start.ts';
import { latin1 } from './latin1.ts';
import { recogniseTls } from './tls-records.ts';
import type { DissectContext, HttpResponseMessage, Place, Side, StreamDissector, StreamProtocol } from './types.ts';

/** Ports on which whatever is no HTTP is worth telling: web servers, WinRM and its compatibility listener, proxies. */
const HTTP_PORTS: ReadonlySet<number> = new Set([80, 5985, 47001, 8080]);
/** Bytes after which first bytes that are no HTTP are looked at for what they are. */
const FIRST_BYTES = 64;
/** Bytes of a body that pass unseen at a time: of a body that breaks off, at most these are not counted. */
const SKIP_STEP = 256 * 1024;
/** Pipelined requests that wait for their answers, and answers without a request: browsers that pipelined sent eight. */
const MAX_WAITING = 256;
/** Bytes of a chunk: more than any disk holds is no length. */
const MAX_CHUNK = 2 ** 45;

type State =
  | 'first' // the first bytes of this side: is it HTTP?
  | 'start' // between messages, or looking for the next one after bytes that are none
  | 'head'
  | 'doubt' // a body, or the next message: the head does not tell for certain
  | 'body'
  | 'chunk-size'
  | 'chunk'
  | 'chunk-end'
  | 'trailers'
  | 'off';

interface HttpSide {
  state: State;
  readonly lines: LineReader;
  readonly doubt: KeptBytes;
  draft: MessageDraft | undefined;
  /** Bytes to come of the body or the chunk; Infinity until the connection closes. */
  left: number;
  /** Length of the body as told; of chunks, those so far. */
  declared: number | undefined;
  /** Nothing of the message is missing so far. */
  whole: boolean;
  /** Bytes of the body that {@link DissectContext.skip} was asked for and that have not passed. */
  skipping: number;
  /** A message of it was begun, or it was told that it is something else. */
  told: boolean;
  /** The beginning of this side is not in the capture. */
  headless: boolean;
  bytes: number;
}

function newSide(): HttpSide {
  return {
    state: 'first',
    lines: new LineReader(MAX_HEAD),
    doubt: new KeptBytes(FIRST_BYTES),
    draft: undefined,
    left: 0,
    declared: undefined,
    whole: true,
    skipping: 0,
    told: false,
    headless: false,
    bytes: 0,
  };
}

/** HTTP/1.0 and 1.1 (RFC 9112), both sides of one connection. */
class HttpDissector implements StreamDissector {
  readonly #context: DissectContext;
  readonly #sides: Readonly<Record<Side, HttpSide>> = { client: newSide(), server: newSide() };
  /** Requests without an answer yet, oldest first. */
  readonly #requests: OpenRequest[] = [];
  /** Answers whose request had not come: it may still, when packets of the other side came late. */
  readonly #early: { -readonly [key in keyof HttpResponseMessage]: HttpResponseMessage[key] }[] = [];
  #messages = 0;
  #lines: HeaderLines | undefined;
  /** Answers may be missing before the next one. */
  #lostAnswers = false;

  constructor(context: DissectContext) {
    this.#context = context;
  }

  data(name: Side, bytes: Uint8Array, place: Place): void {
    const side = this.#sides[name];
    side.bytes += bytes.length;
    this.#run(name, side, bytes, place);
    const { draft } = side;
    // A body that ends with the connection is counted as it comes: its end may lie inside of what was to be skipped.
    const counted = side.left !== Number.POSITIVE_INFINITY && (side.state === 'body' || side.state === 'chunk');
    if (counted && draft?.body.indifferent && side.skipping === 0) {
      side.skipping = Math.min(side.left, SKIP_STEP);
      this.#context.skip(name, side.skipping);
    }
  }

  skipped(name: Side, length: number, place: Place): void {
    const side = this.#sides[name];
    const { draft } = side;
    side.skipping = Math.max(0, side.skipping - length);
    if (draft === undefined || (side.state !== 'body' && side.state !== 'chunk')) return;
    const passed = Math.min(length, side.left);
    draft.body.pass(passed);
    this.#took(name, side, passed, place);
  }

  gap(name: Side, length: number, place: Place): void {
    const side = this.#sides[name];
    if (side.state === 'off') return;
    side.skipping = Math.max(0, side.skipping - length);
    if (side.state === 'doubt') this.#settleAsBody(name, side, place);
    const { draft } = side;
    if (draft && (side.state === 'body' || side.state === 'chunk') && length <= side.left) {
      draft.body.lost();
      side.whole = false;
      side.left -= length;
      draft.place = place;
      if (side.left === 0) this.#bodyPart(name, side);
      return;
    }
    side.headless ||= side.bytes === 0;
    side.whole = false;
    draft?.body.lost();
    this.#finish(name, side);
    // Whole messages may be in the hole.
    if (name === 'server') this.#lostAnswers = true;
    side.doubt.clear();
    side.state = 'start';
  }

  end(name: Side, how: 'fin' | 'rst' | 'end-of-capture', place: Place): void {
    const side = this.#sides[name];
    if (side.state === 'off') return;
    if (side.state === 'first') this.#first(name, side, place, true);
    if (side.state === 'doubt') {
      if (side.doubt.length === 0 && side.declared === 0) this.#finish(name, side);
      else this.#settleAsBody(name, side, place);
    }
    const { draft } = side;
    if (draft) {
      const closed = side.state === 'body' && side.left === Number.POSITIVE_INFINITY && how === 'fin' && side.whole;
      if (closed) {
        // The end of the connection is the end of the message.
        side.declared = draft.body.seenBytes;
        draft.place = place;
      } else side.whole = false;
      this.#finish(name, side);
    }
    side.state = 'off';
    side.lines.reset();
    // Nothing on this side was HTTP. When the capture starts late, this may be the middle of a body: the conversation says whether it does.
    // One byte alone is a probe of TCP that keeps the connection alive.
    if (side.bytes > 1 && !side.told && !side.headless) this.#notThis(name, side, '', place);
  }

  #run(name: Side, side: HttpSide, bytes: Uint8Array, place: Place): void {
    let at = 0;
    while (at < bytes.length && side.state !== 'off') at = this.#step(name, side, bytes, at, place);
  }

  /** @returns the index of what was not taken. */
  #step(name: Side, side: HttpSide, bytes: Uint8Array, at: number, place: Place): number {
    if (side.state === 'first' && side.doubt.length === 0 && startsHttp(bytes, at) === 'yes') side.state = 'start';
    switch (side.state) {
      case 'off':
        return bytes.length;
      case 'first':
      case 'doubt': {
        const end = at + side.doubt.add(bytes.subarray(at, at + (side.state === 'first' ? FIRST_BYTES : START_BYTES) - side.doubt.length));
        if (side.state === 'first') this.#first(name, side, place, false);
        else this.#doubt(name, side, place);
        return end;
      }
      case 'body':
      case 'chunk': {
        const end = Math.min(bytes.length, at + side.left);
        side.draft?.body.add(bytes.subarray(at, end), side.state === 'body' && end - at === side.left);
        this.#took(name, side, end - at, place);
        return end;
      }
      default: {
        const next = side.lines.take(bytes, at);
        const end = next < 0 ? bytes.length : next;
        if (side.draft) {
          side.draft.bytes += end - at;
          side.draft.place = place;
        }
        if (next >= 0) this.#line(name, side, place);
        return end;
      }
    }
  }

  /** Bytes of the body have passed. */
  #took(name: Side, side: HttpSide, length: number, place: Place): void {
    side.left -= length;
    if (side.draft) {
      side.draft.bytes += length;
      side.draft.place = place;
    }
    if (side.left === 0) this.#bodyPart(name, side);
  }

  /** The body, or one chunk of it, is over. */
  #bodyPart(name: Side, side: HttpSide): void {
    if (side.state === 'chunk') side.state = 'chunk-end';
    else this.#finish(name, side);
  }

  #line(name: Side, side: HttpSide, place: Place): void {
    const { lines, draft } = side;
    const { source, from, to, over } = lines;
    if (draft === undefined) {
      const start = over || to === from ? undefined : readStartLine(lines.line);
      if (start === undefined) return;
      this.#settleOther(name);
      // A connection with one exchange has nothing to gain.
      if (++this.#messages === 3) this.#lines = new HeaderLines();
      side.draft = new MessageDraft(start, place, this.#lines);
      side.draft.bytes = side.lines.size;
      side.whole = true;
      side.declared = undefined;
      side.state = 'head';
      side.told = true;
      return;
    }
    switch (side.state) {
      case 'head':
        if (to > from || over) draft.headerLine(source, from, to, over);
        else this.#headOver(name, side, draft);
        return;
      case 'chunk-size':
        this.#chunkSize(name, side, draft, lines.line);
        return;
      case 'chunk-end':
        // CR LF behind the data of a chunk; anything else and the size was wrong.
        if (to === from) side.state = 'chunk-size';
        else this.#chunkDamage(name, side, draft, 'end of a chunk');
        return;
      default:
        if (to > from) draft.headerLine(source, from, to, over);
        else this.#finish(name, side);
    }
  }

  #headOver(name: Side, side: HttpSide, draft: MessageDraft): void {
    this.#pair(draft);
    const framing = draft.framing();
    const unsure = draft.start.kind === 'response' && draft.request === undefined;
    switch (framing.kind) {
      case 'none':
        side.declared = 0;
        this.#finish(name, side);
        break;
      case 'chunked':
        side.declared = 0;
        side.state = 'chunk-size';
        break;
      case 'until-close':
        // Some servers forget the length of an empty body, and the request may have been a HEAD.
        side.left = Number.POSITIVE_INFINITY;
        side.state = 'doubt';
        break;
      case 'either':
        // OMI sends 752 and 0 before a body of none. What follows tells.
        side.left = framing.most;
        side.declared = framing.least;
        side.state = 'doubt';
        break;
      case 'length':
        side.left = framing.bytes;
        side.declared = framing.bytes;
        if (framing.bytes === 0) this.#finish(name, side);
        else side.state = unsure ? 'doubt' : 'body';
    }
    this.#goOn(draft);
  }

  /** Another protocol follows on both sides, when the answer says so. */
  #goOn({ start, request }: MessageDraft): void {
    if (start.kind !== 'response' || request === undefined) return;
    const connected = request.method === 'CONNECT' && start.status >= 200 && start.status < 300;
    const switched = start.status === 101;
    if (!connected && !switched) return;
    for (const side of Object.values(this.#sides)) side.state = 'off';
    // Through a proxy goes TLS; what else there is, the reader of TLS says.
    if (connected || request.upgrade.includes('tls')) this.#context.become('tls');
    else for (const name of ['client', 'server'] as const) this.#context.skip(name, Number.POSITIVE_INFINITY);
  }

  /** A request waits for its answer; an answer takes the oldest request that waits. */
  #pair(draft: MessageDraft): void {
    const { start, place } = draft;
    draft.paired = true;
    if (start.kind === 'request') {
      const request = { frame: place.frame, headFrame: place.frame, method: start.method, upgrade: draft.header('upgrade').toLowerCase() };
      draft.request = request;
      const early = this.#early.findIndex(({ frame }) => frame > place.frame);
      const [answer] = early < 0 ? [] : this.#early.splice(early, 1);
      if (answer) answer.requestFrame = place.frame;
      else if (this.#requests.length < MAX_WAITING) this.#requests.push(request);
      return;
    }
    if (this.#lostAnswers) {
      // Clients that do not pipeline have asked again only after the lost answers.
      while (this.#requests[1] && this.#requests[1].headFrame < place.frame) this.#requests.shift();
      this.#lostAnswers = false;
    }
    const [request] = this.#requests;
    // What was asked later is not answered here.
    if (request === undefined || request.headFrame > place.frame) return;
    draft.request = request;
    // The answers of 1xx are followed by the one that counts (RFC 9110 section 15.2).
    if (start.status >= 200 || start.status === 101) this.#requests.shift();
  }

  #chunkSize(name: Side, side: HttpSide, draft: MessageDraft, line: Uint8Array): void {
    const size = Number.parseInt(/^[ \t]{0,8}([0-9a-f]{1,16})[ \t]{0,8}(?:;|$)/i.exec(latin1(line.subarray(0, 64)))?.[1] ?? '', 16);
    if (!(size <= MAX_CHUNK)) {
      this.#chunkDamage(name, side, draft, 'size of a chunk');
      return;
    }
    side.declared = (side.declared ?? 0) + size;
    side.left = size;
    side.state = size === 0 ? 'trailers' : 'chunk';
  }

  #chunkDamage(name: Side, side: HttpSide, draft: MessageDraft, what: string): void {
    draft.damage({ code: 'CAPTURE_HTTP_CHUNK', offset: draft.bytes, what });
    side.whole = false;
    this.#finish(name, side);
  }

  /** The first bytes of a side: the beginning of a message, another protocol, or the middle of something. */
  #first(name: Side, side: HttpSide, place: Place, last: boolean): void {
    const found = startsHttp(side.doubt.bytes);
    if (found !== 'yes' && side.doubt.length < FIRST_BYTES && !last) return;
    const first = side.doubt.take();
    const other = found === 'yes' ? '' : looksLike(first);
    side.state = 'start';
    if (other === '' || other === 'http') {
      this.#run(name, side, first, place);
      return;
    }
    this.#notThis(name, side, other, place);
    side.state = 'off';
    this.#context.skip(name, Number.POSITIVE_INFINITY);
  }

  #notThis(from: Side, side: HttpSide, other: string, place: Place): void {
    side.told = true;
    this.#context.emit({ layer: 'http', kind: 'not-this', looksLike: other, frame: place.frame, at: place.at, from, bytes: side.bytes });
  }

  #doubt(name: Side, side: HttpSide, place: Place): void {
    const found = startsHttp(side.doubt.bytes);
    if (found === 'no' || (found === 'more' && side.doubt.length >= START_BYTES)) this.#settleAsBody(name, side, place);
    else if (found === 'yes') {
      const next = side.doubt.take();
      if (side.left === Number.POSITIVE_INFINITY || side.draft?.request === undefined) side.declared = 0;
      this.#finish(name, side);
      this.#run(name, side, next, place);
    }
  }

  /** A side that asks again has its answer: one that may be empty is. */
  #settleOther(name: Side): void {
    const other: Side = name === 'client' ? 'server' : 'client';
    const side = this.#sides[other];
    if (side.state === 'doubt' && side.doubt.length === 0 && side.declared === 0) this.#finish(other, side);
  }

  /** What stands behind the head is a body. */
  #settleAsBody(name: Side, side: HttpSide, place: Place): void {
    const first = side.doubt.take();
    if (first.length > 0 && side.left !== Number.POSITIVE_INFINITY) side.declared = side.left;
    side.state = 'body';
    this.#run(name, side, first, place);
  }

  #finish(name: Side, side: HttpSide): void {
    const { draft } = side;
    // The length of a body is known when its last chunk has come.
    const inChunks = side.state === 'chunk-size' || side.state === 'chunk' || side.state === 'chunk-end';
    side.state = 'start';
    side.lines.reset();
    side.draft = undefined;
    if (draft === undefined) return;
    // A message that ends in its head takes its place in the order as well.
    if (!draft.paired) this.#pair(draft);
    const message = draft.finish(name, inChunks ? undefined : side.declared, side.whole);
    if (message.kind === 'request') {
      if (draft.request) draft.request.frame = message.frame;
    } else if (draft.request === undefined && message.status >= 200 && this.#early.length < MAX_WAITING) this.#early.push(message);
    this.#context.emit(message);
  }
}

/** HTTP on any port; on the ports of HTTP also what is none, so that it can be told. */
export const HTTP: StreamProtocol = {
  name: 'http',
  recognise(side, first, ports) {
    const found = startsHttp(first);
    if (found === 'yes') return isOtherText(first) || speaker(first) !== side ? 'no' : 'yes';
    if (!HTTP_PORTS.has(ports.server)) return found;
    // TLS has a reader of its own on every port.
    const tls = recogniseTls(first);
    return tls === 'yes' ? 'no' : found === 'more' || tls === 'more' ? 'more' : 'yes';
  },
  open: (context) => new HttpDissector(context),
};

/** Clients ask and servers answer: tells which end is which when the capture starts late. */
function speaker(first: Uint8Array): Side {
  return latin1(first).trimStart().startsWith('HTTP/') ? 'server' : 'client';
}

/** Protocols with methods like those of HTTP: RTSP, SIP. Known when the first line is whole. */
function isOtherText(first: Uint8Array): boolean {
  const end = first.indexOf(0x0a, 2);
  return end >= 12 && readStartLine(first.subarray(first[0] === 0x0d ? 2 : 0, first[end - 1] === 0x0d ? end - 1 : end)) === undefined;
}
