import { describe, expect, it } from 'vitest';
import { converse, random, type Said } from './test-stream.ts';
import type { StreamProtocol } from './types.ts';
import { type Framing, UnitReader } from './unit-reader.ts';

/** A toy: `*`, a length in two bytes that counts itself, content of dots. Kept are 20 bytes. */
const framing: Framing = {
  headBytes: 3,
  keep: 20,
  length: (bytes) => (bytes[0] !== 0x2a ? (bytes.length > 0 ? 0 : undefined) : bytes.length < 3 ? undefined : (bytes[1]! << 8) | bytes[2]!),
  plausible: (bytes, at) => (at < bytes.length ? bytes[at] === 0x2a : undefined),
};
const unit = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => [0x2a, length >> 8, length & 0xff][i] ?? 0x2e);
/** Tells each message as a text: its length, how much is there, and its frame. */
const toy = (stray: string[] = []): StreamProtocol => ({
  name: 'rpc',
  recognise: () => 'yes',
  open: (context) =>
    new UnitReader(
      framing,
      context,
      ({ side, bytes, length, partial, place }) =>
        context.emit(`${side} ${length} ${bytes.length}${partial ? ' partial' : ''} @${place.frame}` as never),
      (side, first) => stray.push(`${side} ${first}`),
    ),
});
const units = (said: readonly Said[], options = {}): unknown[] => converse(toy(), said, options).messages;

describe('messages of a stream', () => {
  it('are cut by their lengths; of long ones the beginning is kept', () => {
    expect(
      units([
        ['client', unit(5)],
        ['server', unit(20)],
        ['client', unit(21)],
        ['client', unit(900)],
      ]),
    ).toEqual(['client 5 5 @1', 'server 20 20 @2', 'client 21 20 partial @3', 'client 900 20 partial @4']);
  });

  it('are the same however the bytes come, with and without skipping', () => {
    const next = random(21);
    for (let run = 0; run < 200; run++) {
      const said = Array.from({ length: 6 }, (): Said => [next() < 0.5 ? 'client' : 'server', unit(3 + Math.floor(next() * 60))]);
      const whole = units(said);
      const size = 1 + Math.floor(next() * 30);
      for (const noSkip of [false, true]) expect(units(said, { piece: () => 1 + Math.floor(next() * size), noSkip })).toEqual(whole);
    }
  });

  it('end with a partial one when the capture does', () => {
    expect(units([['client', unit(10).subarray(0, 6)]])).toEqual(['client 10 6 partial @2']);
    expect(units([['client', unit(10).subarray(0, 2)]])).toEqual([]);
    expect(units([['client', unit(90).subarray(0, 50)]])).toEqual(['client 90 20 partial @2']);
  });

  it('go on behind a hole: inside one message by its length, beyond it by search', () => {
    const inside: Said[] = [
      ['client', unit(18).subarray(0, 6)],
      ['client', { missing: 5 }],
      ['client', unit(18).subarray(11)],
      ['client', unit(4)],
    ];
    expect(units(inside)).toEqual(['client 18 6 partial @2', 'client 4 4 @4']);
    const skipped: Said[] = [
      ['client', unit(90).subarray(0, 30)],
      ['client', { missing: 40 }],
      ['client', unit(90).subarray(70)],
      ['client', unit(4)],
    ];
    for (const noSkip of [false, true]) expect(units(skipped, { noSkip })).toContain('client 4 4 @4');
    const beyond: Said[] = [
      ['client', unit(18).subarray(0, 6)],
      ['client', { missing: 500 }],
      ['client', 'rest of another'],
      ['client', unit(4)],
    ];
    expect(units(beyond)).toEqual(['client 18 6 partial @2', 'client 4 4 @4']);
  });

  it('are told to be something else only at the very beginning', () => {
    const first: string[] = [];
    converse(toy(first), [
      ['server', 'HTTP'],
      ['client', unit(4)],
      ['client', 'x'],
    ]);
    expect(first).toEqual(['server 72']);
    const later: string[] = [];
    converse(toy(later), [
      ['server', { missing: 3 }],
      ['server', 'HTTP'],
    ]);
    expect(later).toEqual([]);
  });

  it('are no longer looked for after a mebibyte of something else', () => {
    const { skipped } = converse(
      toy(),
      [
        ['client', 'x'],
        ['client', new Uint8Array(3 << 20)],
      ],
      { piece: () => 65_536 },
    );
    expect(skipped.client).toBeGreaterThan(1 << 20);
  });
});
