import type { DissectContext, Message, ProtocolName, Side, StreamProtocol } from './types.ts';

/** What one side sends in a test: text (one byte for each character), bytes, or a hole of so many bytes. */
export type Said = readonly [side: Side, what: string | Uint8Array | { readonly missing: number }];

/** How a {@link converse} goes. */
export interface Conversing {
  /** Sizes of the pieces data are cut into; whole by default. */
  readonly piece?: () => number;
  /** Bytes that were asked to be skipped are handed over nevertheless. */
  readonly noSkip?: boolean;
  readonly how?: 'fin' | 'rst' | 'end-of-capture';
  readonly serverPort?: number;
}

/** A conversation fed to one dissector as the engine would: each thing said is a frame of its own, counted from 1. */
export interface Conversed {
  readonly messages: Message[];
  readonly became: ProtocolName[];
  /** Bytes passed by each side without being handed over. */
  readonly skipped: Record<Side, number>;
  /** Places at which RPC is expected, `address:port`. */
  readonly expected: string[];
}

/** Bytes of text, one for each character. */
export const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** Runs a conversation through a dissector. */
export function converse(protocol: StreamProtocol, said: readonly Said[], options: Conversing = {}): Conversed {
  const result: Conversed = { messages: [], became: [], skipped: { client: 0, server: 0 }, expected: [] };
  const skip: Record<Side, number> = { client: 0, server: 0 };
  const total: Record<Side, number> = { client: 0, server: 0 };
  const context: DissectContext = {
    client: { address: '192.0.2.1', port: 50_000 },
    server: { address: '192.0.2.2', port: options.serverPort ?? 5985 },
    emit: (message) => result.messages.push(message),
    skip: (side, length) => {
      if (!options.noSkip) {
        skip[side] += length;
        total[side] += length;
      }
    },
    become: (name) => result.became.push(name),
    expectRpc: (address, port) => result.expected.push(`${address}:${port}`),
  };
  const dissector = protocol.open(context);
  let frame = 0;
  for (const [side, what] of said) {
    frame++;
    const place = { frame, at: BigInt(frame) * 1000n };
    const pass = (length: number): void => {
      skip[side] -= length;
      result.skipped[side] += length;
      if (skip[side] > 0) return;
      dissector.skipped?.(side, total[side], place);
      total[side] = 0;
    };
    if (typeof what === 'object' && 'missing' in what) {
      const unseen = Math.min(skip[side], what.missing);
      if (unseen > 0) pass(unseen);
      if (what.missing > unseen) dissector.gap(side, what.missing - unseen, place);
      continue;
    }
    const bytes = typeof what === 'string' ? bytesOf(what) : what;
    for (let at = 0; at < bytes.length; ) {
      let end = Math.min(bytes.length, at + (options.piece?.() ?? bytes.length));
      if (skip[side] > 0) {
        end = Math.min(end, at + skip[side]);
        pass(end - at);
      } else {
        // A copy that is destroyed afterwards: nobody may keep a view of it.
        const piece = bytes.slice(at, end);
        dissector.data(side, piece, place);
        piece.fill(0xee);
      }
      at = end;
    }
  }
  const place = { frame: frame + 1, at: BigInt(frame + 1) * 1000n };
  for (const side of ['client', 'server'] as const) dissector.end(side, options.how ?? 'fin', place);
  return result;
}

/** The same numbers in each run (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
