import { type Damage, joinBytes } from '@winmedic/bytes';
import { KeptBytes } from './body-bytes.ts';
import { looksLike } from './http-lookalike.ts';
import { HANDSHAKE, isHandshakeStart, readHandshake, readSsl2Hello, type TlsParts } from './tls-handshake.ts';
import { MAX_RECORD, RECORD, RECORD_HEADER, readRecordHead, readSsl2Head, recogniseTls } from './tls-records.ts';
import type { DissectContext, Place, Side, StreamDissector, StreamProtocol } from './types.ts';

/** Bytes of one handshake message: chains of a few certificates with many names stay below half of it. */
const MAX_HANDSHAKE = 128 * 1024;
/** Bytes of a side whose records are walked after its first application data, so that the alert that ends a short connection is still seen. */
const WALKED_BYTES = 256 * 1024;
/** Alerts of one side that are kept: a connection ends with one or two. */
const MAX_ALERTS = 16;
/** Bytes after which first bytes that are no record are looked at for what they are. */
const FIRST_BYTES = 64;

interface TlsSide {
  state: 'first' | 'head' | 'record' | 'ssl2' | 'off';
  /** First bytes, header, or the record as far as it has come. */
  readonly kept: KeptBytes;
  /** Bytes of the record still to come. */
  left: number;
  type: number;
  /** The content of this record is needed. */
  wanted: boolean;
  /** Handshake messages, put together from records. */
  readonly handshake: KeptBytes;
  /** A message of the handshake was read, so more of them may be expected. */
  known: boolean;
  /** Handshake records of this side are not read (any more): encrypted, or not understood. */
  closed: boolean;
  alerts: number;
  /** Bytes passed since the first application data. */
  walked: number;
  sawData: boolean;
  damages: Damage[];
}

function newSide(): TlsSide {
  return {
    state: 'first',
    kept: new KeptBytes(MAX_RECORD),
    left: 0,
    type: 0,
    wanted: false,
    handshake: new KeptBytes(MAX_HANDSHAKE + MAX_RECORD),
    known: false,
    closed: false,
    alerts: 0,
    walked: 0,
    sawData: false,
    damages: [],
  };
}

/** What of TLS goes in clear: hellos, certificates up to TLS 1.2, alerts; and that there is application data (RFC 8446, RFC 5246). */
class TlsDissector implements StreamDissector {
  readonly #context: DissectContext;
  readonly #sides: Readonly<Record<Side, TlsSide>> = { client: newSide(), server: newSide() };

  /** The server chose a version up to TLS 1.2. */
  #encryptsAfterChange = false;

  constructor(context: DissectContext) {
    this.#context = context;
  }

  data(name: Side, bytes: Uint8Array, place: Place): void {
    const side = this.#sides[name];
    let at = 0;
    while (at < bytes.length && side.state !== 'off') at = this.#step(name, side, bytes, at, place);
    // Whole bodies beyond this piece need not be handed over.
    if (side.state === 'record' && !side.wanted && side.left > 0) this.#context.skip(name, side.left);
  }

  skipped(name: Side, length: number): void {
    const side = this.#sides[name];
    if (side.state === 'record' && !side.wanted) this.#pass(side, Math.min(length, side.left));
  }

  gap(name: Side, length: number, place: Place): void {
    const side = this.#sides[name];
    if (side.state === 'off') return;
    if (side.state === 'record' && !side.wanted && length <= side.left) {
      this.#pass(side, length);
      return;
    }
    // The records may be found again where the next piece begins; the handshake message that was on its way is lost.
    this.#finish(name, side, place);
    side.state = 'first';
    side.kept.clear();
    side.known = false;
  }

  end(name: Side, _how: 'fin' | 'rst' | 'end-of-capture', place: Place): void {
    const side = this.#sides[name];
    if (side.state === 'first' && side.kept.length > 0) this.#first(name, side, place, true);
    this.#finish(name, side, place);
    side.state = 'off';
    side.kept.clear();
  }

  /** @returns the index of what was not taken. */
  #step(name: Side, side: TlsSide, bytes: Uint8Array, at: number, place: Place): number {
    const want =
      side.state === 'first' ? FIRST_BYTES - side.kept.length : side.state === 'head' ? RECORD_HEADER - side.kept.length : side.left;
    const end = Math.min(bytes.length, at + want);
    if (side.state === 'record' && !side.wanted) {
      this.#pass(side, end - at);
      return end;
    }
    // What lies in the piece as a whole is read there.
    if (side.state !== 'first' && side.kept.length === 0 && end - at === want) {
      if (side.state === 'head') this.#head(name, side, bytes.subarray(at, end), place);
      else {
        side.left = 0;
        this.#record(name, side, bytes.subarray(at, end), place);
      }
      return end;
    }
    side.kept.add(bytes.subarray(at, end));
    if (side.state === 'first') this.#first(name, side, place, false);
    else if (side.state === 'head') {
      if (side.kept.length === RECORD_HEADER) this.#head(name, side, side.kept.take(), place);
    } else {
      side.left -= end - at;
      if (side.left === 0) this.#record(name, side, side.kept.take(), place);
    }
    return end;
  }

  /** The first bytes of a side, or those after a gap: a record, the hello of SSL 2, or something else. */
  #first(name: Side, side: TlsSide, place: Place, last: boolean): void {
    const first = side.kept.bytes;
    const found = recogniseTls(first);
    if (found === 'more' && !last) return;
    if (found === 'yes') {
      side.kept.take();
      const ssl2 = readRecordHead(first) === undefined ? readSsl2Head(first) : undefined;
      if (ssl2) {
        side.state = 'ssl2';
        side.left = ssl2.size;
      } else side.state = 'head';
      // What was taken to look at is read as what it is.
      let at = 0;
      while (at < first.length && !this.#isOff(side)) at = this.#step(name, side, first, at, place);
      return;
    }
    if (first.length < FIRST_BYTES && !last) return;
    // Bytes in the middle of a record look like nothing: only what is recognised is told.
    const other = looksLike(first);
    if (other !== '') this.#emit(name, place, { layer: 'tls', kind: 'not-this', looksLike: other }, first.length, side);
    this.#stop(name, side);
  }

  #isOff(side: TlsSide): boolean {
    return side.state === 'off';
  }

  #head(name: Side, side: TlsSide, bytes: Uint8Array, place: Place): void {
    const head = readRecordHead(bytes);
    if (head === undefined) {
      // What came before is whole; where the next record begins is unknown.
      this.#finish(name, side, place);
      this.#stop(name, side);
      return;
    }
    side.state = head.length === 0 ? 'head' : 'record';
    side.type = head.type;
    side.left = head.length;
    side.wanted = head.type === RECORD.alert || (head.type === RECORD.handshake && !side.closed);
    if (head.type === RECORD.applicationData && !side.sawData) {
      side.sawData = true;
      side.closed = true;
      this.#emit(name, place, { layer: 'tls', kind: 'application-data' }, RECORD_HEADER + head.length, side);
    }
    if (head.type === RECORD.changeCipherSpec) {
      // Up to TLS 1.2 everything behind it is encrypted. In TLS 1.3 it means nothing, and a second hello may follow (RFC 8446 appendix D.4). When the
      // answer is not in the capture, what follows must look like a handshake.
      side.closed ||= this.#encryptsAfterChange;
      side.known = false;
    }
    if (side.sawData && side.walked > WALKED_BYTES) this.#stop(name, side);
  }

  /** A part of a record's body that is not needed has passed. */
  #pass(side: TlsSide, length: number): void {
    side.left -= length;
    if (side.sawData) side.walked += length;
    if (side.left <= 0 && side.state === 'record') side.state = 'head';
  }

  /** A record that is needed is whole. */
  #record(name: Side, side: TlsSide, body: Uint8Array, place: Place): void {
    const { state } = side;
    side.state = 'head';
    if (state === 'ssl2') {
      const head = readSsl2Head(body);
      if (head === undefined) return;
      this.#emit(name, place, readSsl2Hello(body, head.version, head.cipherBytes), body.length, side);
      side.known = true;
      // SSL 2 itself goes on in records of its own; nobody is left who speaks it.
      if (head.version === 0x0002) this.#stop(name, side);
    } else if (side.type === RECORD.alert) this.#alerts(name, side, body, place);
    else this.#handshake(name, side, body, place);
  }

  #alerts(name: Side, side: TlsSide, body: Uint8Array, place: Place): void {
    // Two bytes are an alert in clear: encrypted ones are longer by their check, and in TLS 1.3 look like application data. Several may share a record.
    const count = body.length === 2 ? 1 : side.closed || body.length % 2 !== 0 || body.length > 8 ? 0 : body.length / 2;
    const pairs = Array.from({ length: count }, (_, i) => [body[2 * i]!, body[2 * i + 1]!] as const);
    const clear = count > 0 && pairs.every(([level]) => level === 1 || level === 2);
    for (const [level, description] of clear ? pairs : [[0, 0] as const]) {
      if (side.alerts++ >= MAX_ALERTS) return;
      this.#emit(name, place, { layer: 'tls', kind: 'alert', level, description, encrypted: !clear }, RECORD_HEADER + body.length, side);
    }
  }

  #handshake(name: Side, side: TlsSide, body: Uint8Array, place: Place): void {
    const { handshake } = side;
    handshake.add(body);
    let at = 0;
    while (handshake.length - at >= (side.known ? 4 : 6)) {
      const all = handshake.bytes.subarray(at);
      if (!side.known && !isHandshakeStart(all)) {
        // A capture that starts late shows encrypted records here.
        side.closed = true;
        break;
      }
      const need = 4 + ((all[1]! << 16) | (all[2]! << 8) | all[3]!);
      if (need > MAX_HANDSHAKE) {
        side.damages.push({ code: 'CAPTURE_TLS_LIMIT', offset: 0, what: 'handshake message', need: MAX_HANDSHAKE, have: need });
        handshake.drop(at);
        this.#finish(name, side, place);
        side.closed = true;
        return;
      }
      if (all.length < need) break;
      side.known = true;
      const parts = readHandshake(all[0]!, all.subarray(4, need));
      if (parts) this.#emit(name, place, parts, need, side);
      at += need;
    }
    if (side.closed || at === handshake.length) handshake.clear();
    else if (at > 0) handshake.drop(at);
  }

  /** A handshake message that is not whole: what there is of it, with a record that has only begun. */
  #finish(name: Side, side: TlsSide, place: Place): void {
    const pending = side.state === 'record' && side.type === RECORD.handshake ? side.kept.bytes : new Uint8Array();
    const rest = joinBytes(side.handshake.bytes, pending);
    side.handshake.clear();
    if (rest.length === 0) return;
    // With fewer bytes nothing of a hello is known.
    if (!side.closed && rest.length >= 6 && (side.known || isHandshakeStart(rest))) {
      const parts = readHandshake(rest[0]!, rest.subarray(4));
      if (parts) this.#emit(name, place, { ...parts, partial: true }, rest.length, side);
    }
  }

  #stop(name: Side, side: TlsSide): void {
    side.state = 'off';
    side.kept.clear();
    this.#context.skip(name, Number.POSITIVE_INFINITY);
  }

  #emit(
    from: Side,
    place: Place,
    parts: TlsParts | { readonly layer: 'tls'; readonly kind: 'not-this'; readonly looksLike: string },
    bytes: number,
    side: TlsSide,
  ): void {
    if (parts.kind === 'server-hello' && !parts.helloRetry) this.#encryptsAfterChange ||= !parts.version.startsWith('TLSv1.3');
    const damages = side.damages.splice(0);
    this.#context.emit({ frame: place.frame, at: place.at, from, bytes, ...(damages.length > 0 ? { damages } : {}), ...parts });
  }
}

/** TLS and SSL on any port. */
export const TLS: StreamProtocol = {
  name: 'tls',
  recognise(side, first) {
    const found = recogniseTls(first);
    if (found !== 'yes') return found;
    // Only clients begin with a hello of clients: tells which end is which when the capture starts late.
    const hello = readRecordHead(first)?.type === RECORD.handshake ? first.subarray(RECORD_HEADER) : new Uint8Array();
    if (hello.length < 6 || hello[0] === HANDSHAKE.certificate || !isHandshakeStart(hello)) return 'yes';
    return (hello[0] === HANDSHAKE.clientHello) === (side === 'client') ? 'yes' : 'no';
  },
  open: (context) => new TlsDissector(context),
};
