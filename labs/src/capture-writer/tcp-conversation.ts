import { ipFragments, ipPacket } from './ip.ts';
import { ethernet } from './link.ts';
import type { TalkOptions } from './packets.ts';
import { TCP_FLAGS, tcpSegment } from './segments.ts';
import type { LinkLayer, Side, WriteEndpoint, WritePacket } from './types.ts';

/** What a TCP conversation begins with. */
export interface TcpOptions extends TalkOptions {
  /** Largest payload of a segment, default 1460 (1440 over IPv6). */
  readonly mss?: number;
  readonly isn?: Readonly<Record<Side, number>>;
  /** Default 128 of the client, 64 of the server. */
  readonly ttl?: Readonly<Record<Side, number>>;
  readonly window?: number;
}

/** What happens to the segments of one {@link TcpConversation.send}, by their number from 0. */
export interface SendOptions {
  /** Reaches the other end but not the recorder. */
  readonly notCaptured?: readonly number[];
  /** Recorded, then lost on the way: sent again after {@link RESEND_AFTER} with duplicate acknowledgements before. */
  readonly lost?: readonly number[];
  /** Lost before the recorder: the first copy is in no recording, the second is. */
  readonly lostBefore?: readonly number[];
  /** Recorded twice: a retransmission that was not needed. */
  readonly repeated?: readonly number[];
  /** Recorded after the segment that follows it. */
  readonly late?: readonly number[];
  /** Each segment in IP fragments of at most so many bytes (a multiple of 8). */
  readonly fragments?: number;
  /** The fragments in reverse order. */
  readonly reversed?: boolean;
  /** One segment of any size with IPv4 total length 0: a sender whose network card cuts it. */
  readonly offloaded?: boolean;
  /** Size of the segments, default the MSS. */
  readonly segment?: number;
  /** No acknowledgement is recorded. */
  readonly noAck?: boolean;
}

/** A lost segment is sent again after so long: the least retransmission time-out of Windows and Linux is near it. */
export const RESEND_AFTER = 300_000_000n;
/** Between segments sent one after the other. */
const STEP = 12_000n;

/**
 * Writes the packets of one TCP conversation, as a recorder at the client sees them. Methods add packets in the order they are called and return the
 * conversation; {@link packets} has them by time.
 */
export class TcpConversation {
  readonly #options: TcpOptions;
  readonly #link: LinkLayer;
  readonly #mss: number;
  readonly #roundTrip: bigint;
  readonly #next: Record<Side, number>;
  readonly #id: Record<Side, number> = { client: 0x1000, server: 0x8000 };
  readonly #packets: WritePacket[] = [];
  #now: bigint;

  constructor(options: TcpOptions) {
    this.#options = options;
    this.#link = options.link ?? ethernet();
    this.#mss = options.mss ?? (options.client.address.includes(':') ? 1440 : 1460);
    this.#roundTrip = options.roundTrip ?? 400_000n;
    this.#next = { ...(options.isn ?? { client: 0x1a2b_3c4d, server: 0x5e6f_7081 }) };
    this.#now = options.start;
  }

  /** What was recorded so far, by time. */
  get packets(): readonly WritePacket[] {
    return [...this.#packets].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  }

  /** Time of the next packet. */
  get now(): bigint {
    return this.#now;
  }

  /** Lets time pass. */
  wait(milliseconds: number): this {
    this.#now += BigInt(Math.round(milliseconds * 1_000_000));
    return this;
  }

  /** Goes on at this time, unless it has passed. */
  until(at: bigint): this {
    if (at > this.#now) this.#now = at;
    return this;
  }

  /** The three packets of the handshake. `slowBy`: milliseconds more until the server accepts. */
  open({ slowBy = 0, synRepeats = [] }: { readonly slowBy?: number; readonly synRepeats?: readonly number[] } = {}): this {
    const syn = this.#now;
    const mss = this.#mss;
    for (const ms of [0, ...synRepeats]) {
      this.#now = syn + BigInt(ms) * 1_000_000n;
      this.#put('client', TCP_FLAGS.syn, { mss });
    }
    this.#next.client++;
    this.#now += this.#roundTrip;
    this.wait(slowBy);
    this.#put('server', TCP_FLAGS.syn | TCP_FLAGS.ack, { mss });
    this.#next.server++;
    this.#now += STEP;
    this.#put('client', TCP_FLAGS.ack);
    this.#now += STEP;
    return this;
  }

  /** The SYN is answered with a RST. */
  refuse(): this {
    this.#put('client', TCP_FLAGS.syn, { mss: this.#mss });
    this.#next.client++;
    this.#now += this.#roundTrip;
    this.#next.server = 0;
    this.#put('server', TCP_FLAGS.rst | TCP_FLAGS.ack, { window: 0 });
    return this;
  }

  /** Bytes of one side in segments, acknowledged at the end. */
  send(from: Side, bytes: Uint8Array, options: SendOptions = {}): this {
    const size = options.offloaded === true ? Math.max(1, bytes.length) : (options.segment ?? this.#mss);
    const has = (list: readonly number[] | undefined, i: number) => list?.includes(i) === true;
    const start = this.#next[from];
    const parts: { readonly seq: number; readonly payload: Uint8Array }[] = [];
    for (let at = 0; at < bytes.length; at += size) parts.push({ seq: start + at, payload: bytes.subarray(at, at + size) });
    const again: { readonly seq: number; readonly payload: Uint8Array }[] = [];
    this.#now += from === 'server' ? this.#roundTrip : STEP;
    for (const [i, part] of parts.entries()) {
      this.#now += STEP;
      const last = i === parts.length - 1;
      if (has(options.lost, i) || has(options.lostBefore, i)) again.push(part);
      if (has(options.notCaptured, i) || has(options.lostBefore, i)) continue;
      // A late one is recorded after its successor, which comes one step later.
      if (has(options.late, i)) this.#at(this.#now + STEP + STEP / 2n, () => this.#segment(from, part, last, options));
      else this.#segment(from, part, last, options);
      if (has(options.repeated, i)) this.#at(this.#now + RESEND_AFTER / 2n, () => this.#segment(from, part, last, options));
    }
    const [first] = again;
    if (first !== undefined) {
      // Only what came before the hole is acknowledged, once for each segment that came after it.
      for (const { seq } of parts) if (seq > first.seq && options.noAck !== true) this.#acknowledge(from, first.seq);
      this.#now += RESEND_AFTER;
      for (const part of again) {
        this.#now += STEP;
        this.#segment(from, part, true, options);
      }
    }
    if (options.late !== undefined) this.#now += 2n * STEP;
    this.#next[from] = start + bytes.length;
    if (options.noAck !== true && bytes.length > 0) this.#acknowledge(from, this.#next[from]);
    if (options.repeated !== undefined) this.#now += RESEND_AFTER;
    return this;
  }

  /** This side says that its buffer is full: the other must not send. */
  zeroWindow(from: Side): this {
    this.#now += STEP;
    this.#put(from, TCP_FLAGS.ack, { window: 0 });
    return this;
  }

  /** The window is open again. */
  windowUpdate(from: Side): this {
    this.#now += STEP;
    this.#put(from, TCP_FLAGS.ack);
    return this;
  }

  /** A keep-alive probe (one byte before the next, RFC 9293 section 3.8.4) and its answer. */
  keepAlive(from: Side): this {
    this.#now += STEP;
    this.#put(from, TCP_FLAGS.ack, { seq: this.#next[from] - 1, payload: Uint8Array.of(0) });
    this.#now += this.#roundTrip;
    this.#put(other(from), TCP_FLAGS.ack);
    return this;
  }

  /** This side closes its direction; acknowledged. */
  fin(from: Side): this {
    this.#now += STEP;
    this.#put(from, TCP_FLAGS.fin | TCP_FLAGS.ack);
    this.#next[from]++;
    this.#acknowledge(from, this.#next[from]);
    return this;
  }

  /** Both sides close, `first` first. */
  close(first: Side = 'client'): this {
    return this.fin(first).fin(other(first));
  }

  /** This side breaks off. */
  reset(from: Side): this {
    this.#now += from === 'server' ? this.#roundTrip : STEP;
    this.#put(from, TCP_FLAGS.rst | TCP_FLAGS.ack, { window: 0 });
    return this;
  }

  #at(time: bigint, write: () => void): void {
    const now = this.#now;
    this.#now = time;
    write();
    this.#now = now;
  }

  #acknowledge(of: Side, ack: number): void {
    this.#now += of === 'client' ? this.#roundTrip / 2n : STEP;
    this.#put(other(of), TCP_FLAGS.ack, { ack });
  }

  #segment(
    from: Side,
    { seq, payload }: { readonly seq: number; readonly payload: Uint8Array },
    last: boolean,
    options: SendOptions,
  ): void {
    const flags = last ? TCP_FLAGS.psh | TCP_FLAGS.ack : TCP_FLAGS.ack;
    this.#put(from, flags, { seq, payload, send: options });
  }

  #put(
    from: Side,
    flags: number,
    extra: {
      readonly seq?: number;
      readonly ack?: number;
      readonly payload?: Uint8Array;
      readonly mss?: number;
      readonly window?: number;
      readonly send?: SendOptions;
    } = {},
  ): void {
    const { seq = this.#next[from], payload, mss, window = this.#options.window ?? 64_240, send = {} } = extra;
    const to = other(from);
    const ends: Readonly<Record<Side, WriteEndpoint>> = this.#options;
    const segment = tcpSegment({
      from: ends[from],
      to: ends[to],
      seq,
      ack: (flags & TCP_FLAGS.ack) === 0 ? 0 : (extra.ack ?? this.#next[to]),
      flags,
      window,
      ...(mss === undefined ? {} : { mss }),
      ...(payload === undefined ? {} : { payload }),
    });
    const path = {
      source: ends[from].address,
      destination: ends[to].address,
      protocol: 6,
      ttl: (this.#options.ttl ?? { client: 128, server: 64 })[from],
      id: this.#id[from]++,
      offloaded: send.offloaded === true,
    };
    const { fragments } = send;
    const packets = fragments === undefined ? [ipPacket(path, segment)] : ipFragments(path, segment, fragments);
    if (send.reversed === true) packets.reverse();
    for (const ip of packets) {
      this.#packets.push({ at: this.#now, bytes: this.#link(ip, from), source: ends[from].address });
      if (fragments !== undefined) this.#now += 1000n;
    }
  }
}

function other(side: Side): Side {
  return side === 'client' ? 'server' : 'client';
}
