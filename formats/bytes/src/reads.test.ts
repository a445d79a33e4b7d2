import { expect, test } from 'vitest';
import { damageReporter } from './damage-report.ts';
import { readUpTo, wholeReads } from './reads.ts';
import { type Damage, memorySource } from './source.ts';

const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
/** Delivers at most seven bytes a time. */
const slow = { sizeBytes: 100, readAt: (offset: number, into: Uint8Array) => memorySource(bytes).readAt(offset, into.subarray(0, 7)) };

test('a source that delivers a little at a time is read whole', () => {
  const into = new Uint8Array(50);
  expect(wholeReads(slow).readAt(10, into)).toBe(50);
  expect(into).toEqual(bytes.subarray(10, 60));
  expect(readUpTo(slow, 80, 50)).toEqual(bytes.subarray(80));
  expect(readUpTo(slow, 200, 5)).toHaveLength(0);
});

test('what a source throws is passed on, and a source cut since its opening gives what it has', () => {
  const failing = {
    sizeBytes: 10,
    readAt: () => {
      throw new Error('EIO');
    },
  };
  expect(() => readUpTo(failing, 0, 5)).toThrow('EIO');
  expect(readUpTo({ ...memorySource(bytes), sizeBytes: 500 }, 90, 50)).toEqual(bytes.subarray(90));
});

test('damages are told up to the limit, with what was needed only when it is said', () => {
  const told: Damage[] = [];
  const report = damageReporter<'A' | 'B'>((damage) => told.push(damage), 2);
  report('A', 1, 'x', 4, 2);
  report('B', 2, 'y');
  report('A', 3, 'z');
  expect(told).toEqual([
    { code: 'A', offset: 1, what: 'x', need: 4, have: 2 },
    { code: 'B', offset: 2, what: 'y' },
  ]);
});
