import { describe, expect, it } from 'vitest';
import { decompressLzxpress } from './lzxpress.ts';

function unpack(hex: string, size: number, into = size): { text: string; done: number } {
  const input = Uint8Array.from(hex.split(' '), (byte) => Number.parseInt(byte, 16));
  const output = new Uint8Array(into);
  const done = decompressLzxpress(input, 0, input.length, output, 0, size);
  return { text: String.fromCharCode(...output.subarray(0, done)), done };
}

describe('plain LZXPRESS', () => {
  it('unpacks the examples of the specification ([MS-XCA] 3.1)', () => {
    const letters = 'abcdefghijklmnopqrstuvwxyz';
    const packed = `3f 00 00 00 ${[...letters].map((letter) => letter.charCodeAt(0).toString(16)).join(' ')}`;
    expect(unpack(packed, 26).text).toBe(letters);
    expect(unpack('ff ff ff 1f 61 62 63 17 00 0f ff 26 01', 300).text).toBe('abc'.repeat(100));
  });

  it('shares a byte between two lengths', () => {
    // Literal a, match of 3 + 7 + 2, literal b, match of 3 + 7 + 4: lengths 2 and 4 in one byte.
    expect(unpack('00 00 00 50 61 07 00 42 62 07 00', 28).text).toBe(`a${'a'.repeat(12)}b${'b'.repeat(14)}`);
  });

  it('never writes behind the limit', () => {
    const output = new Uint8Array(20);
    const input = Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 0x61, 0x07, 0x00, 0x0f, 0xff, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff);
    expect(decompressLzxpress(input, 0, input.length, output, 0, 10)).toBe(10);
    expect([...output.subarray(8)]).toEqual([0x61, 0x61, ...new Array<number>(10).fill(0)]);
  });

  it.each([
    ['a match in front of the first byte', '00 00 00 40 61 08 00 61', 1],
    ['an end within the flags', '00 00', 0],
    ['an end within a match', '00 00 00 40 61 07', 1],
    ['a length written too long', '00 00 00 40 61 07 00 0f ff 15 00', 1],
  ])('stops at %s and keeps what it has', (_, hex, done) => {
    expect(unpack(hex, 100).done).toBe(done);
  });
});
