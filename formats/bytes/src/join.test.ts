import { expect, it } from 'vitest';
import { joinBytes } from './index.ts';

it('joins bytes into an array of its own', () => {
  const first = Buffer.from([1, 2]);
  const joined = joinBytes(first, new Uint8Array(), Uint8Array.of(3).subarray(0, 1));
  expect(joined).toEqual(Uint8Array.of(1, 2, 3));
  first[0] = 9;
  expect(joined[0]).toBe(1);
  expect(joinBytes()).toEqual(new Uint8Array());
});
