import { filetimeToIso } from '@winmedic/bytes';
import { expect, it } from 'vitest';
import { timeText } from './time-text.ts';

it('gives the text of filetimeToIso for any time', () => {
  const all = [0n, 1n, 9_999_999n, 863_999_999_999n, 864_000_000_000n, 133_537_824_001_234_567n, 2_650_467_743_999_999_999n];
  all.push(2_650_467_744_000_000_000n, 2_650_466_879_999_999_999n, 0xffff_ffff_ffff_ffffn, 133_537_824_001_234_568n);
  for (let i = 0n; i < 2000n; i++)
    all.push((i * 0x9e37_79b9_7f4a_7c15n) & 0x3fff_ffff_ffff_ffffn, 133_537_824_000_000_000n + i * 98_765_432_101n);
  for (const ticks of all) {
    const [low, high] = [Number(ticks & 0xffff_ffffn), Number(ticks >> 32n)];
    expect(timeText(low, high)).toBe(filetimeToIso(low, high));
  }
});
