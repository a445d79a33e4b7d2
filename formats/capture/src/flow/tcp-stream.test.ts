import { describe, expect, it } from 'vitest';
import type { Side, StreamProtocol } from '../dissect/types.ts';
import { Clock } from './clock.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { ACK, FIN, RST, Segment } from './tcp-rows.ts';
import { type StreamHub, TcpStream } from './tcp-stream.ts';

/** What a dissector got of one side: bytes, and gaps as `undefined` for each byte. */
type Got = (number | undefined)[];

interface Watch {
  readonly got: Record<Side, Got>;
  readonly log: string[];
  readonly skipped: string[];
}

/** A protocol that takes everything and writes it down; `S` followed by a digit skips that many times ten bytes of its side. */
function recorder(watch: Watch, skipping = false): StreamProtocol {
  return {
    name: 'http',
    recognise: () => 'yes',
    open: (context) => ({
      data(side, bytes, place) {
        watch.got[side].push(...bytes);
        watch.log.push(`${side} ${bytes.length} @${place.frame}`);
        if (skipping && bytes.at(-2) === 83)
          context.skip(side, (bytes.at(-1) as number) === 73 ? Number.POSITIVE_INFINITY : ((bytes.at(-1) as number) - 48) * 10);
      },
      gap(side, length) {
        for (let i = 0; i < length; i++) watch.got[side].push(undefined);
        watch.log.push(`${side} gap ${length}`);
      },
      skipped: (side, length) => watch.skipped.push(`${side} ${length}`),
      end: (side, how) => watch.log.push(`${side} ${how}`),
    }),
  };
}

function hubOf(protocols: readonly StreamProtocol[], limits = {}): StreamHub & { readonly reached: string[] } {
  const reached: string[] = [];
  return {
    clock: new Clock(),
    limits: { ...DEFAULT_LIMITS, ...limits },
    protocols,
    pendingBytes: 0,
    makeRoom: () => {},
    waiting: () => {},
    limit: (limit) => reached.push(limit),
    emitted: () => {},
    expectRpc: () => {},
    reached,
  };
}

interface Piece {
  readonly side: 0 | 1;
  /** Offset in the stream of its side. */
  readonly from: number;
  readonly to: number;
  readonly ack?: number;
  readonly flags?: number;
  readonly captured?: number;
  /** Instead of those of the stream. */
  readonly bytes?: readonly number[];
}

/** Plays segments of two byte streams whose first sequence numbers are `isn`. */
function play(
  pieces: readonly Piece[],
  streams: readonly [Uint8Array, Uint8Array],
  options: { isn?: number; skipping?: boolean; late?: boolean; limits?: object } = {},
) {
  const isn = options.isn ?? 1000;
  const watch: Watch = { got: { client: [], server: [] }, log: [], skipped: [] };
  const hub = hubOf([recorder(watch, options.skipping)], options.limits);
  const first = options.late ? undefined : isn | 0;
  const stream = new TcpStream(hub, {
    row: 0,
    client: 0,
    certain: true,
    ends: [
      { address: '10.0.0.1', port: 50000 },
      { address: '10.0.0.2', port: 5985 },
    ],
    first: [first, first],
    expected: false,
    watched: true,
  });
  pieces.forEach((piece, i) => {
    const window = Uint8Array.from([9, 9, ...(piece.bytes ?? streams[piece.side].subarray(piece.from, piece.to)), 9]);
    const segment = new Segment();
    segment.side = piece.side;
    segment.sequence = (isn + piece.from) | 0;
    segment.acknowledgement = piece.ack === undefined ? 0 : (isn + piece.ack) | 0;
    segment.flags = (piece.ack === undefined ? 0 : ACK) | (piece.flags ?? 0);
    segment.start = 2;
    segment.length = piece.to - piece.from;
    segment.end = 2 + (piece.captured ?? segment.length);
    hub.clock.tick(1000, i * 1000);
    stream.packet(segment, window, i + 1);
    window.fill(0xdd);
  });
  stream.close();
  return { watch, stream, hub };
}

const bytesOf = (length: number, seed: number) => Uint8Array.from({ length }, (_, i) => (Math.imul(i + 1, 31 + seed) >>> 3) & 255);
const none = new Uint8Array();

/** Numbers from a seed, so that a failure can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return ((state >>> 8) & 0xffffff) % below;
  };
}

/** The stream in pieces; some overlap, some come twice. */
function cut(length: number, side: 0 | 1, next: (below: number) => number): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < length; ) {
    const to = Math.min(length, at + 1 + next(60));
    pieces.push({ side, from: Math.max(0, at - (next(4) === 0 ? next(30) : 0)), to });
    if (next(5) === 0) pieces.push({ side, from: at, to });
    at = to;
  }
  return pieces;
}

describe('putting a stream together', () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed))('any cutting, doubling and order gives exactly the stream (%i)', (seed) => {
    const next = random(seed + 1);
    const streams = [bytesOf(200 + next(1500), 1), bytesOf(200 + next(1500), 2)] as const;
    const pieces = [...cut(streams[0].length, 0, next), ...cut(streams[1].length, 1, next)];
    // Shuffled within a window, or altogether; near the wrap of the sequence numbers.
    const reach = seed % 3 === 0 ? pieces.length : 1 + next(8);
    for (let i = 0; i < pieces.length; i++) {
      const j = Math.min(pieces.length - 1, i + next(reach));
      [pieces[i], pieces[j]] = [pieces[j] as Piece, pieces[i] as Piece];
    }
    const { watch, hub } = play(pieces, streams, { isn: seed % 2 === 0 ? -300 : 0x7fffff00 });
    expect(watch.got.client).toEqual([...streams[0]]);
    expect(watch.got.server).toEqual([...streams[1]]);
    expect(watch.log.filter((line) => line.includes('gap'))).toEqual([]);
    expect(hub.pendingBytes).toBe(0);
  });

  it.each(Array.from({ length: 40 }, (_, seed) => seed))('what is lost is a gap of exactly its length (%i)', (seed) => {
    const next = random(seed + 77);
    const stream = bytesOf(1200, 3);
    const pieces: Piece[] = [];
    const present = new Set<number>();
    for (let at = 0; at < stream.length; at += 40) {
      // The first and last stay, so that the length is known.
      if (at === 0 || at === 1160 || next(3) > 0) {
        pieces.push({ side: 0, from: at, to: at + 40 });
        for (let i = at; i < at + 40; i++) present.add(i);
      }
    }
    if (seed % 2 === 0) pieces.splice(1, pieces.length - 1, ...pieces.slice(1).reverse());
    const { watch } = play(pieces, [stream, none]);
    expect(watch.got.client).toEqual([...stream].map((byte, i) => (present.has(i) ? byte : undefined)));
  });

  it('what is in order goes on at once, with its frame', () => {
    const { watch } = play(
      [
        { side: 0, from: 0, to: 5 },
        { side: 0, from: 5, to: 9 },
      ],
      [bytesOf(9, 1), none],
    );
    expect(watch.log).toEqual(['client 5 @1', 'client 4 @2', 'client end-of-capture', 'server end-of-capture']);
  });

  it('of bytes sent twice with other content the first stay, handed over or waiting', () => {
    const { watch } = play(
      [
        { side: 0, from: 0, to: 2, bytes: [1, 1] },
        { side: 0, from: 4, to: 6, bytes: [2, 2] },
        { side: 0, from: 0, to: 8, bytes: [3, 3, 3, 3, 3, 3, 3, 3] },
      ],
      [none, none],
    );
    expect(watch.got.client).toEqual([1, 1, 3, 3, 2, 2, 3, 3]);
  });

  it('an answer waits for the question that was recorded after it', () => {
    const { watch } = play(
      [
        { side: 0, from: 0, to: 4, ack: 0 },
        { side: 1, from: 0, to: 6, ack: 9 },
        { side: 0, from: 4, to: 9, ack: 0 },
      ],
      [bytesOf(9, 1), bytesOf(6, 2)],
    );
    expect(watch.log.slice(0, 3)).toEqual(['client 4 @1', 'client 5 @3', 'server 6 @2']);
  });

  it('a question that was acknowledged and never comes is a gap before its answer', () => {
    const later = Array.from({ length: 10 }, (_, i): Piece => ({ side: 1, from: 6 + i, to: 7 + i, ack: 9 }));
    const { watch, stream } = play(
      [{ side: 0, from: 0, to: 4, ack: 0 }, { side: 1, from: 0, to: 6, ack: 9 }, ...later],
      [bytesOf(9, 1), bytesOf(20, 2)],
    );
    expect(watch.log.slice(0, 3)).toEqual(['client 4 @1', 'client gap 5', 'server 6 @2']);
    expect(stream.unknown).toContain('gap');
  });

  it('a side that was never captured is neither waited for nor missed', () => {
    const { watch } = play(
      [
        { side: 1, from: 0, to: 6, ack: 100 },
        { side: 1, from: 6, to: 12, ack: 300 },
      ],
      [none, bytesOf(12, 2)],
      { late: true },
    );
    expect(watch.log.slice(0, 2)).toEqual(['server 6 @1', 'server 6 @2']);
    expect(watch.got.client).toEqual([]);
  });

  it('keep-alives and a zero-window probe add nothing', () => {
    const { watch } = play(
      [
        { side: 0, from: 0, to: 5, ack: 0 },
        { side: 0, from: 4, to: 5, ack: 0 },
        { side: 0, from: 4, to: 4, ack: 0 },
        { side: 0, from: 5, to: 6, ack: 0 },
        { side: 0, from: 5, to: 9, ack: 0 },
      ],
      [bytesOf(9, 1), none],
    );
    expect(watch.got.client).toEqual([...bytesOf(9, 1)]);
  });

  it('what a snap length cut off is a gap, and told', () => {
    const { watch, stream } = play(
      [
        { side: 0, from: 0, to: 10, captured: 4 },
        { side: 0, from: 10, to: 12 },
      ],
      [bytesOf(12, 1), none],
    );
    expect(watch.got.client.map((byte) => byte === undefined)).toEqual([
      false,
      false,
      false,
      false,
      ...new Array<boolean>(6).fill(true),
      false,
      false,
    ]);
    expect([...stream.unknown]).toEqual(['sliced', 'gap']);
  });

  it('bytes to be skipped pass unseen, also out of order, and are told when they passed', () => {
    const stream = bytesOf(60, 1);
    stream.set([83, 51], 8);
    const { watch, hub } = play(
      [
        { side: 0, from: 0, to: 10 },
        { side: 0, from: 30, to: 38 },
        { side: 0, from: 10, to: 30 },
        { side: 0, from: 38, to: 60 },
      ],
      [stream, none],
      { skipping: true },
    );
    expect(watch.got.client).toEqual([...stream.subarray(0, 10), ...stream.subarray(40)]);
    expect(watch.skipped).toEqual(['client 30']);
    expect(hub.pendingBytes).toBe(0);
  });

  it('FIN ends a side behind its last byte, RST both', () => {
    const streams = [bytesOf(9, 1), bytesOf(3, 2)] as const;
    const fin = play(
      [
        { side: 0, from: 5, to: 9, flags: FIN },
        { side: 0, from: 0, to: 5 },
        { side: 1, from: 0, to: 3, flags: FIN },
      ],
      streams,
    );
    expect(fin.watch.log).toEqual(['client 5 @2', 'client 4 @1', 'client fin', 'server 3 @3', 'server fin']);
    expect(fin.stream.over).toBe(true);
    const rst = play(
      [
        { side: 0, from: 0, to: 5 },
        { side: 1, from: 0, to: 0, flags: RST },
        { side: 0, from: 5, to: 9 },
      ],
      streams,
    );
    expect(rst.watch.log).toEqual(['client 5 @1', 'server rst', 'client rst']);
  });

  it('caps end the wait', () => {
    const stream = bytesOf(4000, 1);
    const pieces = Array.from({ length: 39 }, (_, i): Piece => ({ side: 0, from: 100 + i * 100, to: 200 + i * 100 }));
    const { watch, hub } = play([{ side: 0, from: 0, to: 50 }, ...pieces], [stream, none], { limits: { pendingBytesPerFlow: 4096 } });
    expect(hub.reached).toContain('pendingBytesPerFlow');
    expect(watch.got.client).toEqual([...stream].map((byte, i) => (i >= 50 && i < 100 ? undefined : byte)));
  });

  it('a wrong acknowledgement far ahead throws nothing away', () => {
    const stream = bytesOf(400, 1);
    const pieces = Array.from({ length: 40 }, (_, i): Piece => ({ side: 0, from: i * 10, to: i * 10 + 10 }));
    const { watch } = play([...pieces.slice(0, 5), { side: 1, from: 0, to: 0, ack: 0x30000000 }, ...pieces.slice(5)], [stream, none]);
    expect(watch.got.client).toEqual([...stream]);
  });
});

describe('recognising', () => {
  function recognise(protocol: Partial<StreamProtocol>, pieces: readonly Uint8Array[], late = false) {
    const asked: string[] = [];
    const data: string[] = [];
    const hub = hubOf([
      {
        name: 'smb',
        recognise: (side, first, ports) => {
          asked.push(`${side} ${first.length} ${ports.server}`);
          return protocol.recognise?.(side, first, ports) ?? 'no';
        },
        open: (context) => ({
          data: (side, bytes) => data.push(`${side} ${bytes.length} to ${context.server.port}`),
          gap() {},
          end() {},
        }),
      },
    ]);
    const stream = new TcpStream(hub, {
      row: 0,
      client: 0,
      certain: !late,
      ends: [
        { address: '10.0.0.1', port: 1 },
        { address: '10.0.0.2', port: 2 },
      ],
      first: late ? [undefined, undefined] : [0, 0],
      expected: false,
      watched: false,
    });
    let at = 0;
    for (const bytes of pieces) {
      const segment = new Segment();
      segment.sequence = at;
      segment.length = bytes.length;
      segment.end = bytes.length;
      stream.packet(segment, bytes, 1);
      at += bytes.length;
    }
    return { stream, asked, data, hub };
  }

  it('asks with more until it is enough, then hands over all from the beginning', () => {
    const { data, stream } = recognise({ recognise: (_, first) => (first.length < 4 ? 'more' : 'yes') }, [
      bytesOf(2, 1),
      bytesOf(3, 1),
      bytesOf(7, 1),
    ]);
    expect(data).toEqual(['client 2 to 2', 'client 3 to 2', 'client 7 to 2']);
    expect(stream.protocols).toEqual(['smb']);
  });

  it('gives up after four segments and keeps nothing', () => {
    const { stream, asked, hub } = recognise({}, new Array<Uint8Array>(6).fill(bytesOf(40, 1)));
    expect(asked.map((line) => line.split(' ')[1])).toEqual(['40', '64', '64', '64']);
    expect(stream.rejected).toBe(true);
    expect(hub.pendingBytes).toBe(0);
  });

  it('without a beginning begins at the first segment that is recognised, and finds out who is the client', () => {
    const { stream, data } = recognise(
      { recognise: (side, first) => (side === 'server' && first.length === 5 ? 'yes' : 'no') },
      [bytesOf(9, 1), bytesOf(5, 1), bytesOf(6, 1)],
      true,
    );
    expect(stream).toMatchObject({ client: 1, turned: true });
    expect(data).toEqual(['server 5 to 1', 'server 6 to 1']);
  });
});
