import { describe, expect, it } from 'vitest';
import type { CoverageRun } from './observation.ts';
import { gapsOf, mergeRuns } from './runs.ts';

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
