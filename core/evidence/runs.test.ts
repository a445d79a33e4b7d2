import { describe, expect, it } from 'vitest';
import type { CoverageRun } from '../model/observation.ts';
import { ActivityCollector, gapsOf, mergeRuns, SILENCE_NS } from './runs.ts';

const run = (firstId: number, lastId: number, firstTime: number, lastTime: number): CoverageRun => ({
  firstId: BigInt(firstId),
  lastId: BigInt(lastId),
  firstTime: BigInt(firstTime),
  lastTime: BigInt(lastTime),
});

describe('runs of record ids', () => {
  it('are joined when they overlap, adjoin or lie in one another', () => {
    expect(mergeRuns([run(1, 10, 100, 200), run(5, 20, 150, 300)])).toEqual([run(1, 20, 100, 300)]);
    expect(mergeRuns([run(11, 20, 210, 300), run(1, 10, 100, 200)])).toEqual([run(1, 20, 100, 300)]);
    expect(mergeRuns([run(1, 20, 100, 300), run(5, 10, 150, 200)])).toEqual([run(1, 20, 100, 300)]);
  });
  it('leave a hole with the times on both sides where ids are missing', () => {
    expect(gapsOf(mergeRuns([run(1, 10, 100, 200), run(15, 20, 500, 600)]))).toEqual([{ from: 200n, to: 500n, missingRecords: 4n }]);
  });
  it('have no hole that another file fills', () => {
    expect(gapsOf(mergeRuns([run(1, 10, 100, 200), run(15, 20, 500, 600), run(8, 16, 180, 520)]))).toEqual([]);
  });
  it('of a log begun anew are not joined with those of the log before: what lay between is not known', () => {
    const merged = mergeRuns([run(1, 500, 100, 200), run(1, 300, 900, 1000)]);
    expect(merged).toHaveLength(2);
    expect(gapsOf(merged)).toEqual([{ from: 200n, to: 900n, missingRecords: 0n }]);
  });
});

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
