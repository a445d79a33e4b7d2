import { describe, expect, it } from 'vitest';
import { SILENCE_NS } from '../model/runs.ts';
import { ActivityCollector } from './activity.ts';

describe('stretches of activity', () => {
  const collect = (...times: bigint[]): readonly unknown[] | undefined => {
    const c = new ActivityCollector();
    for (const t of times) c.add(t);
    return c.result();
  };
  const S = SILENCE_NS;
  it('end with a silence of exactly ten minutes', () => {
    expect(collect(0n, S - 1n)).toEqual([{ from: 0n, to: S - 1n }]);
    expect(collect(0n, S)).toEqual([
      { from: 0n, to: 0n },
      { from: S, to: S },
    ]);
  });
  it('are the same in whatever order the records come', () => {
    const times = [0n, S / 2n, 3n * S, 5n * S, 5n * S + 1n];
    const expected = collect(...times);
    expect(collect(...times.toReversed())).toEqual(expected);
    expect(collect(5n * S, 0n, 5n * S + 1n, 3n * S, S / 2n)).toEqual(expected);
  });
  it('grow together when a late record fills the silence', () => {
    expect(collect(0n, S + 10n, S / 2n)).toEqual([{ from: 0n, to: S + 10n }]);
  });
  it('are not given when there are more than are kept', () => {
    const c = new ActivityCollector();
    for (let i = 0n; i <= 50_000n; i++) c.add(i * S);
    expect(c.result()).toBeUndefined();
  });
});
