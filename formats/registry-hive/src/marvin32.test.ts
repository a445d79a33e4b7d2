import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Marvin32, marvin32 } from './marvin32.ts';

/** The same, step by step with whole numbers. */
function plain(bytes: Uint8Array): bigint {
  const mask = 0xffff_ffffn;
  const rotate = (n: bigint, by: bigint): bigint => ((n << by) | (n >> (32n - by))) & mask;
  let low = 0x7a4e_55c5n;
  let high = 0x82ef_4d88n;
  const mix = (): void => {
    high ^= low;
    low = (rotate(low, 20n) + high) & mask;
    high = rotate(high, 9n) ^ low;
    low = (rotate(low, 27n) + high) & mask;
    high = rotate(high, 19n);
  };
  const padded = [...bytes, 0x80];
  while (padded.length % 4 !== 0) padded.push(0);
  for (let at = 0; at < padded.length; at += 4) {
    let word = 0n;
    for (let i = 3; i >= 0; i--) word = (word << 8n) | BigInt(padded[at + i]!);
    low = (low + word) & mask;
    mix();
  }
  mix();
  return (high << 32n) | low;
}

describe('Marvin32', () => {
  it('agrees with its definition for data of any length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const { low, high } = marvin32(bytes);
        expect((BigInt(high) << 32n) | BigInt(low)).toBe(plain(bytes));
      }),
    );
  });

  it('takes data in pieces', () => {
    const bytes = Uint8Array.from({ length: 103 }, (_, i) => i * 31);
    const hash = new Marvin32().update(bytes.subarray(0, 40)).update(bytes.subarray(40, 100)).update(bytes.subarray(100));
    expect(hash.digest()).toEqual(marvin32(bytes));
    expect(() => hash.update(bytes)).toThrow(RangeError);
  });
});
