import type { Message, Place, ProtocolName, Side, StreamDissector, StreamProtocol } from '../dissect/types.ts';
import type { Clock } from './clock.ts';
import { Half, insertPending, KEPT_OVERHEAD, type PendingSegment } from './half.ts';
import { MAX_PENDING_SEGMENTS } from './limits.ts';
import { FramePlace } from './place.ts';
import { Recogniser } from './recogniser.ts';
import { ACK, FIN, RST, type Segment, SYN } from './tcp-rows.ts';
import type { AnalyseLimits, Endpoint, Unknown } from './types.ts';

/** A hole is a loss, not a packet that another queue recorded late, after this many packets of the flow or seconds since it was acknowledged. */
const LOSS_PACKETS = 8;
const LOSS_SECONDS = 0.25;
/** Sequence numbers further ahead than any window (RFC 7323: 2^30) belong to something else. */
const MAX_WINDOW = 0x40000000;
/** A loss without anything behind it is believed up to this many bytes: one wrong acknowledgement must not throw the rest away. */
const MAX_SILENT_LOSS = 16 << 20;

/** What streams share. */
export interface StreamHub {
  readonly clock: Clock;
  readonly limits: AnalyseLimits;
  readonly protocols: readonly StreamProtocol[];
  /** Bytes waiting in all streams. */
  pendingBytes: number;
  /** Makes room for waiting bytes by ending the wait of others. */
  makeRoom(bytes: number, asking: TcpStream): void;
  waiting(stream: TcpStream, waits: boolean): void;
  limit(limit: keyof AnalyseLimits): void;
  /** A message was kept. */
  emitted(stream: TcpStream): void;
  expectRpc(address: string, port: number): void;
}

/** What is known of a flow when it begins to be followed. */
export interface StreamStart {
  readonly row: number;
  readonly client: 0 | 1;
  /** The client is known for sure (SYN or SYN-ACK seen, or named by an endpoint mapper). */
  readonly certain: boolean;
  readonly ends: readonly [Endpoint, Endpoint];
  /** Sequence numbers of the first bytes, when SYN or SYN-ACK were seen. */
  readonly first: readonly [number | undefined, number | undefined];
  /** An endpoint mapper named the server's port: RPC at the slightest sign. */
  readonly expected: boolean;
  readonly watched: boolean;
}

/**
 * One TCP flow being put together: bytes of both sides reach the dissector once, in order, and a side's bytes not before those of the other side that it
 * acknowledges. What is in order goes through without a copy; the rest waits within caps; what never comes is declared a gap.
 */
export class TcpStream {
  readonly row: number;
  client: 0 | 1;
  /** The protocol told that the client is on the other side than the ports say. */
  turned = false;
  readonly ends: readonly [Endpoint, Endpoint];
  readonly messages: Message[] = [];
  readonly protocols: ProtocolName[] = [];
  /** What the capture does not show of it, each once. */
  readonly unknown: Unknown[] = [];
  readonly paths: number[] = [];
  /** Both sides ended, or one broke the connection. */
  over = false;
  /** A packet came since it was looked at last. */
  active = true;
  /** No protocol of interest runs on it. */
  rejected = false;
  /** Stream whose packets these are once more. */
  sameAs: number | undefined;
  readonly #hub: StreamHub;
  readonly #halves: readonly [Half, Half] = [new Half(), new Half()];
  #dissector: StreamDissector | undefined;
  /** Until a protocol is recognised or the flow given up. */
  #recogniser: Recogniser | undefined;
  #packets = 0;
  /** Packet and time at which a side began to lag behind what is acknowledged, and how far it must come. */
  #lagPackets = 0;
  #lagSeconds = 0;
  #lagging = false;
  #waits = false;
  /** What waits is handed over although it answers bytes that did not come. */
  #force = false;
  /** Frame and time of the latest packet. */
  #frame = 0;
  #seconds = 0;
  #nanoseconds = 0;

  constructor(hub: StreamHub, start: StreamStart) {
    this.#hub = hub;
    this.row = start.row;
    this.client = start.client;
    this.ends = start.ends;
    const late = start.first[0] === undefined && start.first[1] === undefined;
    this.#recogniser = new Recogniser(hub, { ...start, late });
    for (const side of [0, 1] as const) {
      const first = start.first[side];
      if (first === undefined) continue;
      const half = this.#halves[side];
      half.started = true;
      half.seen = true;
      half.next = first;
    }
  }

  /** Notes what the capture does not show. */
  lacks(what: Unknown): void {
    if (!this.unknown.includes(what)) this.unknown.push(what);
  }

  /** A protocol was recognised. */
  get recognised(): boolean {
    return this.#dissector !== undefined;
  }

  /** Has nothing come for so many packets of the capture, and for so many seconds of its time? */
  quiet(packets: number, seconds: number, frame: number): boolean {
    return frame - this.#frame >= packets && Math.abs(this.#hub.clock.seconds - this.#seconds) >= seconds;
  }

  /** Takes the next packet of the flow. */
  packet(segment: Segment, bytes: Uint8Array, frame: number): void {
    if (this.over || this.rejected) return;
    this.#packets++;
    const { side, flags, length } = segment;
    const half = this.#halves[side];
    const other = this.#halves[1 - side] as Half;
    const { clock } = this.#hub;
    half.seen = true;
    this.#frame = frame;
    this.#seconds = clock.seconds;
    this.#nanoseconds = clock.nanoseconds;
    let sequence = segment.sequence;
    if ((flags & SYN) !== 0) {
      sequence = (sequence + 1) | 0;
      if (!half.started) {
        half.started = true;
        half.next = sequence;
      }
    } else if (!half.started && (length > 0 || (flags & FIN) !== 0)) {
      half.started = true;
      half.next = sequence;
    }
    const acknowledges = (flags & ACK) !== 0;
    if (acknowledges) {
      if (!other.started) {
        other.started = true;
        other.next = segment.acknowledgement;
      }
      if (!other.ackedKnown || ((segment.acknowledgement - other.acked) | 0) > 0) {
        other.acked = segment.acknowledgement;
        other.ackedKnown = true;
      }
    }
    if ((flags & FIN) !== 0 && !half.finKnown) {
      half.finKnown = true;
      half.fin = (sequence + length) | 0;
    }
    if (length > 0) {
      if (segment.end - segment.start < length) this.lacks('sliced');
      this.#take(side, sequence, segment, bytes);
    }
    if (half.finKnown && !half.ended) this.#finish(side, this.#here());
    if ((flags & RST) !== 0) {
      this.flush();
      this.#end('rst', side, this.#here());
      return;
    }
    if (this.#halves[0].lags || this.#halves[1].lags) this.#watchLoss();
    else this.#lagging = false;
  }

  /** The capture ends, or the flow is no longer followed. */
  close(): void {
    if (this.over) return;
    this.flush();
    this.#end('end-of-capture', 0, this.#here());
  }

  /** Hands over all that waits, with what is missing declared. */
  flush(): void {
    const [a, b] = this.#halves;
    // Each round hands over or drops at least one waiting segment.
    for (let left = a.pending.length + b.pending.length + 2; left > 0 && (a.pending.length > 0 || b.pending.length > 0); left--) {
      this.#drain(0);
      this.#drain(1);
      if (a.pending.length === 0 && b.pending.length === 0) break;
      if (!this.#skipHole(0) && !this.#skipHole(1)) this.#force = true;
    }
    this.#force = false;
    // A loss behind the last bytes that came.
    for (const side of [0, 1] as const) if (this.#halves[side].lags) this.#loseUpTo(side, this.#halves[side].acked);
    this.#updateWaiting();
  }

  #take(side: 0 | 1, sequence: number, segment: Segment, bytes: Uint8Array): void {
    const half = this.#halves[side];
    let { start, length } = segment;
    let at = sequence;
    let ahead = (at - half.next) | 0;
    if (ahead < 0) {
      // Overlap: what was handed over first stays.
      if (ahead + length <= 0) return;
      start = Math.min(start - ahead, segment.end);
      length += ahead;
      at = half.next;
      ahead = 0;
    } else if (ahead > 0 && ahead <= half.skip) {
      // Nobody waits for bytes that nobody wants.
      this.#pass(half, side, ahead, this.#here());
      half.next = at;
      ahead = 0;
    }
    if (half.ended || ahead > MAX_WINDOW) return;
    const place = this.#here();
    const acknowledgement = (segment.flags & ACK) !== 0 ? segment.acknowledgement : Number.NaN;
    if (ahead === 0 && !this.#blocked(side, acknowledgement)) {
      const waiting = half.pending[0];
      if (waiting === undefined || ((waiting.sequence - at) | 0) >= length) {
        this.#hand(side, bytes, start, segment.end, length, place);
        if (half.pending.length > 0 || (this.#halves[1 - side] as Half).pending.length > 0) this.#drainBoth();
        return;
      }
    }
    this.#wait(side, at, length, bytes, start, segment.end, acknowledgement, place);
    this.#drainBoth();
  }

  /** Keeps a copy of a segment that cannot be handed over yet. */
  #wait(
    side: 0 | 1,
    sequence: number,
    length: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    acknowledgement: number,
    place: FramePlace,
  ): void {
    const half = this.#halves[side];
    const hub = this.#hub;
    const own = this.#halves[0].pendingBytes + this.#halves[1].pendingBytes;
    if (half.pending.length >= MAX_PENDING_SEGMENTS || own + length > hub.limits.pendingBytesPerFlow) {
      hub.limit('pendingBytesPerFlow');
      this.flush();
      if (this.rejected || this.over) return;
      // What still waits does so for bytes behind this segment.
      if (((sequence - half.next) | 0) > 0) this.#loseUpTo(side, sequence);
    } else if (hub.pendingBytes + length > hub.limits.pendingBytes) {
      hub.limit('pendingBytes');
      hub.makeRoom(length, this);
    }
    hub.pendingBytes += insertPending(half, sequence, length, bytes, start, end, acknowledgement, place);
    this.#updateWaiting();
  }

  #drainBoth(): void {
    // Each side may wait for the other: go on while one of them moves.
    while (this.#drain(0) || this.#drain(1));
    this.#updateWaiting();
  }

  /** Hands over what waits and is in order. @returns whether anything was. */
  #drain(side: 0 | 1): boolean {
    const half = this.#halves[side];
    const { pending } = half;
    let taken = 0;
    while (taken < pending.length) {
      const segment = pending[taken] as PendingSegment;
      const ahead = (segment.sequence - half.next) | 0;
      if (ahead > half.skip || this.#blocked(side, segment.acknowledgement)) break;
      taken++;
      half.pendingBytes -= segment.bytes.length + KEPT_OVERHEAD;
      this.#hub.pendingBytes -= segment.bytes.length + KEPT_OVERHEAD;
      if (ahead > 0) {
        this.#pass(half, side, ahead, segment.place);
        half.next = segment.sequence;
      }
      const known = ahead < 0 ? -ahead : 0;
      if (known >= segment.length) continue;
      this.#hand(side, segment.bytes, Math.min(known, segment.bytes.length), segment.bytes.length, segment.length - known, segment.place);
    }
    if (taken === 0) return false;
    pending.splice(0, taken);
    if (half.finKnown && !half.ended && this.#dissector !== undefined) {
      this.#finish(side, this.#here());
    }
    return true;
  }

  /** Does this side answer bytes of the other side that have not come yet? */
  #blocked(side: 0 | 1, acknowledgement: number): boolean {
    const other = this.#halves[1 - side] as Half;
    // A side that was never captured is not waited for; nor are bytes that nobody wants. NaN fails.
    // One byte may be a FIN that was not captured.
    return !this.#force && other.started && other.seen && !other.ended && ((acknowledgement - other.next) | 0) > other.skip + 1;
  }

  /** A side lags behind what the other acknowledged: after a while that is a loss. */
  #watchLoss(): void {
    const now = this.#hub.clock.now();
    if (!this.#lagging) {
      this.#lagging = true;
      this.#lagPackets = this.#packets;
      this.#lagSeconds = now;
      return;
    }
    if (this.#packets - this.#lagPackets < LOSS_PACKETS && Math.abs(now - this.#lagSeconds) < LOSS_SECONDS) return;
    this.#lagging = false;
    for (const side of [0, 1] as const) {
      const half = this.#halves[side];
      // Holes below what is acknowledged, one after the other; each round takes a waiting segment or ends it.
      for (let left = half.pending.length + 1; left > 0 && half.lags; left--) {
        const before = half.next;
        this.#loseUpTo(side, half.acked);
        this.#drainBoth();
        if (half.next === before) break;
      }
      // An acknowledgement of what nobody sent: it is not waited for.
      if (half.lags) half.acked = half.next;
    }
    this.#force = true;
    this.#drainBoth();
    this.#force = false;
  }

  #here(): FramePlace {
    return new FramePlace(this.#hub.clock, this.#frame, this.#seconds, this.#nanoseconds);
  }

  /** Declares the bytes up to a sequence number lost, or up to the first segment that waits. */
  #loseUpTo(side: 0 | 1, target: number): void {
    const half = this.#halves[side];
    if (!half.started) return;
    const first = half.pending[0];
    let length = (target - half.next) | 0;
    if (first !== undefined) length = Math.min(length, (first.sequence - half.next) | 0);
    // The acknowledgement of a FIN counts one more than there are bytes.
    if (half.finKnown) length = Math.min(length, (half.fin - half.next) | 0);
    // One byte beyond all that came is rather the FIN, which counts as one and was not captured.
    if (length <= 0 || (first === undefined && (length === 1 || length > MAX_SILENT_LOSS))) return;
    this.#lose(side, length, first?.place ?? this.#here());
  }

  /** Ends the wait for a hole of this side, when that lets anything go on. */
  #skipHole(side: 0 | 1): boolean {
    const half = this.#halves[side];
    const first = half.pending[0];
    const answer = this.#halves[1 - side]?.pending[0];
    const before = half.next;
    if (answer !== undefined && this.#blocked((1 - side) as 0 | 1, answer.acknowledgement)) this.#loseUpTo(side, answer.acknowledgement);
    else if (first !== undefined && ((first.sequence - half.next) | 0) > 0) this.#loseUpTo(side, first.sequence);
    return half.next !== before;
  }

  #lose(side: 0 | 1, length: number, place: FramePlace): void {
    const half = this.#halves[side];
    half.next = (half.next + length) | 0;
    const skipped = Math.min(length, half.skip);
    if (skipped > 0) this.#pass(half, side, skipped, place);
    if (length > skipped) this.#gap(side, length - skipped, place);
  }

  /** Hands bytes in order on: those to be skipped pass, of those cut by a snap length the rest is a gap. */
  #hand(side: 0 | 1, bytes: Uint8Array, first: number, end: number, wire: number, place: FramePlace): void {
    const half = this.#halves[side];
    let start = first;
    let length = wire;
    half.next = (half.next + length) | 0;
    if (half.skip > 0) {
      const skipped = Math.min(half.skip, length);
      this.#pass(half, side, skipped, place);
      start = Math.min(start + skipped, end);
      length -= skipped;
    }
    if (length <= 0) return;
    const captured = Math.min(end - start, length);
    if (captured > 0) this.#give(side, bytes, start, start + captured, place);
    if (length > captured) {
      const missing = length - captured;
      const skipped = Math.min(half.skip, missing);
      if (skipped > 0) this.#pass(half, side, skipped, place);
      if (missing > skipped) this.#gap(side, missing - skipped, place);
    }
  }

  #pass(half: Half, side: 0 | 1, length: number, place: Place): void {
    if (half.skip === Number.POSITIVE_INFINITY) return;
    half.skip -= length;
    if (half.skip > 0) return;
    const total = half.skipTotal;
    half.skipTotal = 0;
    this.#dissector?.skipped?.(this.#role(side), total, place);
  }

  #give(side: 0 | 1, bytes: Uint8Array, start: number, end: number, place: FramePlace): void {
    if (this.#dissector !== undefined) {
      this.#dissector.data(this.#role(side), bytes.subarray(start, end), place);
      return;
    }
    // Rejected while the rest of what waited is handed over: nobody wants it.
    const found = this.#recogniser?.take({ side, bytes: bytes.slice(start, end), length: end - start, place }, this.client);
    if (found === undefined) return;
    if (found === 'none') {
      this.#reject();
      return;
    }
    this.turned = found.client !== this.client;
    this.client = found.client;
    this.#open(found.protocol, found.from);
  }

  #gap(side: 0 | 1, length: number, place: FramePlace): void {
    if (!this.#halves[side].seen) return;
    this.lacks('gap');
    if (this.#dissector !== undefined) this.#dissector.gap(this.#role(side), length, place);
    else this.#recogniser?.hold({ side, bytes: new Uint8Array(0), length, place });
  }

  #open(protocol: StreamProtocol, from: number): void {
    const held = this.#recogniser?.held ?? [];
    this.#endRecognising();
    this.#use(protocol);
    for (const { side, bytes, length, place } of held.slice(from)) {
      const half = this.#halves[side];
      const skipped = Math.min(half.skip, length);
      if (skipped > 0) this.#pass(half, side, skipped, place);
      if (length === skipped) continue;
      if (bytes.length === 0) this.#dissector?.gap(this.#role(side), length - skipped, place);
      else this.#dissector?.data(this.#role(side), bytes.subarray(skipped), place);
    }
  }

  #use(protocol: StreamProtocol): void {
    const hub = this.#hub;
    if (!this.protocols.includes(protocol.name)) this.protocols.push(protocol.name);
    this.#dissector = protocol.open({
      client: this.ends[this.client] as Endpoint,
      server: this.ends[1 - this.client] as Endpoint,
      emit: (message) => {
        if (this.messages.length >= hub.limits.messages) {
          hub.limit('messages');
          this.lacks('limit');
          return;
        }
        this.messages.push(message);
        hub.emitted(this);
      },
      skip: (role, length) => this.#skip(role, length),
      become: (name) => this.#become(name),
      expectRpc: (address, port) => hub.expectRpc(address, port),
    });
  }

  #skip(role: Side, length: number): void {
    if (!(length > 0)) return;
    const half = this.#halves[role === 'client' ? this.client : ((1 - this.client) as 0 | 1)];
    half.skip += length;
    half.skipTotal += length;
  }

  #become(name: ProtocolName): void {
    for (const half of this.#halves) {
      half.skip = 0;
      half.skipTotal = 0;
    }
    const protocol = this.#hub.protocols.find((candidate) => candidate.name === name);
    if (protocol !== undefined) this.#use(protocol);
    else for (const half of this.#halves) half.skip = Number.POSITIVE_INFINITY;
  }

  #reject(): void {
    this.#endRecognising();
    this.rejected = true;
    for (const half of this.#halves) {
      this.#hub.pendingBytes -= half.pendingBytes;
      half.pendingBytes = 0;
      half.pending.length = 0;
    }
    this.#updateWaiting();
  }

  #endRecognising(): void {
    this.#recogniser?.drop();
    this.#recogniser = undefined;
  }

  /** Ends a side whose FIN has been reached. */
  #finish(side: 0 | 1, place: FramePlace): void {
    const half = this.#halves[side];
    if (((half.next - half.fin) | 0) < 0 && half.skip !== Number.POSITIVE_INFINITY) return;
    half.ended = true;
    this.#dissector?.end(this.#role(side), 'fin', place);
    if (this.#halves[0].ended && this.#halves[1].ended) this.#over();
  }

  #end(how: 'rst' | 'end-of-capture', first: 0 | 1, place: FramePlace): void {
    for (const side of [first, (1 - first) as 0 | 1]) {
      const half = this.#halves[side];
      if (half.ended) continue;
      half.ended = true;
      this.#dissector?.end(this.#role(side), how, place);
    }
    this.#over();
  }

  #over(): void {
    this.over = true;
    if (!this.recognised) this.#reject();
  }

  #role(side: 0 | 1): Side {
    return side === this.client ? 'client' : 'server';
  }

  #updateWaiting(): void {
    const waits = this.#halves[0].pending.length > 0 || this.#halves[1].pending.length > 0;
    if (waits === this.#waits) return;
    this.#waits = waits;
    this.#hub.waiting(this, waits);
  }
}
