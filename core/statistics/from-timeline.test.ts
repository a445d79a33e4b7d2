import { describe, expect, test } from 'vitest';
import type { ChannelCoverage, EventObservation, FactObservation } from '../model/observation.ts';
import type { Stop, Timeline } from '../model/timeline.ts';
import { experimentFromTimeline } from './from-timeline.ts';
import { coveredSpans, intersectSpans, measureSpans, subtractSpans, unionSpans } from './spans.ts';

const DAY = 86_400_000_000_000n;
const start = BigInt(Date.UTC(2018, 5, 1)) * 1_000_000n;
const day = (n: number): bigint => start + BigInt(Math.round(n * 86_400e6)) * 1000n;

const record = { type: 'event', host: 'A' } as EventObservation;
function stop(at: number, more: Partial<Stop> = {}, process = 'winlogon.exe'): Stop {
  const time = day(at);
  return {
    id: `A#${at}`,
    host: 'A',
    class: 'requested-clean',
    action: 'power-off',
    time,
    earliest: time,
    latest: time,
    records: [],
    request: {
      event: record,
      folded: [],
      process,
      processPath: process,
      user: '',
      userKind: 'system',
      comment: '',
      reason: { code: '0x500ff', planned: false, userDefined: false, flags: [], major: 'SYSTEM', minor: 'NONE' },
    },
    ...more,
  };
}
function coverage(first: number, last: number, gaps: readonly (readonly [number, number])[] = []): ChannelCoverage {
  return {
    host: 'A',
    channel: 'System',
    sourceIds: ['S1'],
    records: 100,
    first: day(first),
    last: day(last),
    gaps: gaps.map(([a, b]) => ({ from: day(a), to: day(b), missingRecords: 10n })),
    clearings: [],
  };
}
function timeline(stops: readonly Stop[], system: ChannelCoverage, facts: readonly FactObservation[] = []): Timeline {
  return {
    evidence: {
      sources: [],
      events: [],
      facts,
      coverage: [system],
      problems: [],
      state: [],
      extents: [],
      dumps: [],
      images: [],
      captures: [],
      conversations: [],
      traces: [],
      totals: { bytes: 0, recordsRead: 0, kept: 0, recovered: 0, damagedRecords: 0 },
    },
    hosts: [{ name: 'A', names: ['A'] }],
    events: [],
    coverage: [system],
    sessions: [],
    stops,
    clockSteps: [],
  };
}
const action = (name: string, at: number): FactObservation => ({
  type: 'fact',
  id: name,
  name,
  value: 'yes',
  time: { kind: 'instant', at: day(at) },
  origin: { sourceId: 'S0', path: 'facts' },
  trust: 'stated',
});

describe('experiment counted from logs', () => {
  test('the first period starts after the first stop, which is not counted', () => {
    const result = experimentFromTimeline(timeline([stop(10), stop(13), stop(15), stop(25)], coverage(0, 60)), { changeAt: day(20) });
    expect(result?.leftOut?.time).toBe(day(10));
    expect(result?.experiment?.on).toEqual({ events: 2, days: 10 });
    expect(result?.experiment?.off).toEqual({ events: 1, days: 40 });
  });

  test('a stop at the moment of the change counts as after it', () => {
    const result = experimentFromTimeline(timeline([stop(1), stop(20)], coverage(0, 60)), { changeAt: day(20) });
    expect(result?.on.stops).toHaveLength(0);
    expect(result?.off.stops).toHaveLength(1);
  });

  test('holes of the System log take away days and the stops in them', () => {
    const holes = coverage(0, 60, [
      [12, 14],
      [30, 35],
    ]);
    const result = experimentFromTimeline(timeline([stop(10), stop(13), stop(15)], holes), { changeAt: day(20) });
    expect(result?.experiment?.on).toEqual({ events: 1, days: 8 });
    expect(result?.experiment?.off).toEqual({ events: 0, days: 35 });
    expect(result?.traps.find((t) => t.code === 'coverage')?.state).toBe('applies');
  });

  test('only one signature is counted, and restarts among power-offs are said', () => {
    const stops = [stop(10), stop(11, {}, 'svchost.exe'), stop(13, { action: 'restart' }), stop(15)];
    const result = experimentFromTimeline(timeline(stops, coverage(0, 60)), { changeAt: day(20) });
    expect(result?.signature).toBe('winlogon.exe/system/0x500ff/requested-clean');
    expect(result?.on.stops).toHaveLength(2);
    expect(result?.traps.find((t) => t.code === 'mixed-kinds')?.state).toBe('applies');
    const other = experimentFromTimeline(timeline(stops, coverage(0, 60)), {
      changeAt: day(20),
      signature: 'SVCHOST.exe/system/0x500ff/requested-clean',
    });
    expect(other?.leftOut?.time).toBe(day(11));
    expect(other?.on.stops).toHaveLength(0);
  });

  test('two dated actions near the change are said to confound it, one is not', () => {
    const stops = [stop(10), stop(13)];
    const trap = (facts: readonly FactObservation[]): string | undefined =>
      experimentFromTimeline(timeline(stops, coverage(0, 60), facts), { changeAt: day(20) })?.traps.find(
        (t) => t.code === 'simultaneous-changes',
      )?.state;
    expect(trap([action('action.port-change', 20)])).toBe('check');
    expect(trap([action('action.port-change', 20), action('action.hardware-swap', 17)])).toBe('applies');
    expect(trap([action('action.port-change', 20), action('action.hardware-swap', 2)])).toBe('check');
  });

  test('a change after the end of the log gives no comparison, with the reason', () => {
    const result = experimentFromTimeline(timeline([stop(10), stop(13)], coverage(0, 15)), { changeAt: day(20) });
    expect(result?.experiment).toBeUndefined();
    expect(result?.because?.en).toMatch(/does not reach/);
  });

  test('no stop of the signature gives nothing', () => {
    expect(experimentFromTimeline(timeline([], coverage(0, 15)), { changeAt: day(5) })).toBeUndefined();
    expect(experimentFromTimeline(timeline([stop(1)], coverage(0, 15)), { changeAt: day(5), host: 'B' })).toBeUndefined();
  });
});

describe('spans of time', () => {
  const span = (from: number, to: number): { from: bigint; to: bigint } => ({ from: BigInt(from), to: BigInt(to) });
  test('union, intersection, difference and measure', () => {
    expect(unionSpans([span(5, 9), span(1, 3), span(3, 4), span(8, 12), span(7, 7)])).toEqual([span(1, 4), span(5, 12)]);
    expect(intersectSpans([span(0, 5), span(10, 20)], [span(3, 12), span(19, 30)])).toEqual([span(3, 5), span(10, 12), span(19, 20)]);
    expect(subtractSpans([span(0, 10), span(20, 30)], [span(2, 4), span(9, 22)])).toEqual([span(0, 2), span(4, 9), span(22, 30)]);
    expect(measureSpans([span(0, 10), span(5, 12)])).toBe(12n);
  });
  test('covered time ends where observations were dropped, and pasted text covers nothing', () => {
    expect(measureSpans(coveredSpans({ ...coverage(0, 10), truncatedFrom: day(4) }))).toBe(4n * DAY);
    expect(coveredSpans({ ...coverage(0, 10), partial: true })).toEqual([]);
  });
});
