import type { Side, StreamProtocol } from '../dissect/types.ts';
import { KEPT_OVERHEAD } from './half.ts';
import type { FramePlace } from './place.ts';
import type { Endpoint } from './types.ts';

/** Bytes of a side that protocols are asked about (contract of {@link StreamProtocol.recognise}). */
const RECOGNISE_BYTES = 64;
/** Segments after which a flow is given up; on a watched port whose beginning is missing more, because a message begins only now and then. */
const RECOGNISE_SEGMENTS = 4;
const RECOGNISE_SEGMENTS_LATE = 8;
/** Pieces kept, gaps included. */
const MAX_HELD = 32;

/** A piece of one side kept until it is known who reads it; without bytes: a gap of that length. */
export interface Held {
  readonly side: 0 | 1;
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly place: FramePlace;
}

/** What a {@link Recogniser} is told of the flow. */
export interface RecogniserStart {
  readonly ends: readonly [Endpoint, Endpoint];
  /** The client is known for sure: the other way round is not tried. */
  readonly certain: boolean;
  /** RPC at the slightest sign. */
  readonly expected: boolean;
  /** Neither SYN nor SYN-ACK is in the capture. */
  readonly late: boolean;
  readonly watched: boolean;
}

/** Finds out which protocol runs on a flow from the first bytes of either side, and keeps what was said until then. */
export class Recogniser {
  /** Pieces in order of their arrival. */
  held: Held[] = [];
  readonly #start: RecogniserStart;
  readonly #hub: { readonly protocols: readonly StreamProtocol[]; pendingBytes: number };
  readonly #maxSegments: number;
  #bytes = 0;
  #segments = 0;

  /** @param hub counts the bytes kept. */
  constructor(hub: { readonly protocols: readonly StreamProtocol[]; pendingBytes: number }, start: RecogniserStart) {
    this.#hub = hub;
    this.#start = start;
    this.#maxSegments = start.late && start.watched ? RECOGNISE_SEGMENTS_LATE : RECOGNISE_SEGMENTS;
  }

  /** Keeps a piece. */
  hold(held: Held): void {
    this.held.push(held);
    this.#bytes += held.bytes.length + KEPT_OVERHEAD;
    this.#hub.pendingBytes += held.bytes.length + KEPT_OVERHEAD;
  }

  /** Forgets what was kept. */
  drop(): void {
    this.#hub.pendingBytes -= this.#bytes;
    this.#bytes = 0;
    this.held = [];
  }

  /**
   * Takes bytes of a side and asks the protocols. @param likely side that is the client as far as known.
   * @returns the protocol, its client, and the first held piece it gets; `none`: given up; `undefined`: more is needed.
   */
  take(
    held: Held,
    likely: 0 | 1,
  ): { readonly protocol: StreamProtocol; readonly client: 0 | 1; readonly from: number } | 'none' | undefined {
    const { certain, ends, expected, late } = this.#start;
    // Where the beginning is missing, each segment is looked at by itself: those before it are not needed.
    if (late) this.drop();
    this.hold(held);
    this.#segments++;
    const { side } = held;
    const lost = this.held.find((piece) => piece.side === side)?.bytes.length === 0;
    const { first, from } = firstBytes(this.held, side, lost || late);
    const roles: (0 | 1)[] = certain ? [likely] : [likely, (1 - likely) as 0 | 1];
    for (const client of roles) {
      const ports = { client: (ends[client] as Endpoint).port, server: (ends[1 - client] as Endpoint).port };
      const role: Side = side === client ? 'client' : 'server';
      for (const protocol of this.#hub.protocols) {
        const answer = protocol.recognise(role, first, ports);
        if (answer === 'yes' || (answer === 'more' && expected && protocol.name === 'rpc')) return { protocol, client, from };
      }
    }
    return this.#segments >= this.#maxSegments || this.held.length >= MAX_HELD ? 'none' : undefined;
  }
}

/** First bytes of a side for recognition; of a side whose beginning is missing those of its latest segment. `from`: first held piece to hand over. */
function firstBytes(held: readonly Held[], side: 0 | 1, late: boolean): { readonly first: Uint8Array; readonly from: number } {
  if (late) {
    const from = held.findLastIndex((piece) => piece.side === side);
    return { first: (held[from] as Held).bytes.subarray(0, RECOGNISE_BYTES), from };
  }
  const pieces = held.filter((piece) => piece.side === side && piece.bytes.length > 0);
  if (pieces.length === 1) return { first: (pieces[0] as Held).bytes.subarray(0, RECOGNISE_BYTES), from: 0 };
  const first = new Uint8Array(RECOGNISE_BYTES);
  let length = 0;
  for (const { bytes } of pieces) {
    const part = bytes.subarray(0, RECOGNISE_BYTES - length);
    first.set(part, length);
    length += part.length;
  }
  return { first: first.subarray(0, length), from: 0 };
}
