import { describe, expect, it } from 'vitest';
import type { ChannelCoverage } from '../model/observation.ts';
import { covers, mergeCoverage } from './coverage.ts';
import { at, daily, timelineOf } from './test-events.ts';

const made = (over: Partial<ChannelCoverage> = {}): ChannelCoverage => ({
  host: 'A',
  channel: 'System',
  sourceIds: ['S1'],
  records: 10,
  first: 100n,
  last: 200n,
  gaps: [],
  clearings: [],
  runs: [{ firstId: 1n, lastId: 10n, firstTime: 100n, lastTime: 200n }],
  ...over,
});

describe('covers', () => {
  it('needs records from before the beginning to after the end', () => {
    expect(covers(made(), 100n, 200n)).toBe(true);
    expect(covers(made(), 99n, 200n)).toBe(false);
    expect(covers(made(), 100n, 201n)).toBe(false);
  });
  it('fails on a hole, a clearing, an overflow and pasted text', () => {
    expect(covers(made({ gaps: [{ from: 120n, to: 130n, missingRecords: 1n }] }), 100n, 120n)).toBe(false);
    expect(covers(made({ gaps: [{ from: 120n, to: 130n, missingRecords: 1n }] }), 100n, 119n)).toBe(true);
    expect(covers(made({ clearings: [150n] }), 100n, 150n)).toBe(false);
    expect(covers(made({ truncatedFrom: 150n }), 100n, 150n)).toBe(false);
    expect(covers(made({ truncatedFrom: 150n }), 100n, 149n)).toBe(true);
    expect(covers(made({ partial: true }), 120n, 130n)).toBe(false);
  });
});

describe('coverage of one channel from several inputs', () => {
  it('is one span; holes are those that no input fills', () => {
    const later = made({
      sourceIds: ['S2'],
      first: 210n,
      last: 300n,
      runs: [{ firstId: 13n, lastId: 20n, firstTime: 210n, lastTime: 300n }],
    });
    const merged = mergeCoverage([made(), later], 'B');
    expect(merged).toMatchObject({
      host: 'B',
      sourceIds: ['S1', 'S2'],
      records: 20,
      first: 100n,
      last: 300n,
      gaps: [{ from: 200n, to: 210n, missingRecords: 2n }],
    });
    expect(
      mergeCoverage([made(), later, { ...later, runs: [{ firstId: 10n, lastId: 14n, firstTime: 200n, lastTime: 220n }] }], 'B').gaps,
    ).toEqual([]);
  });
  it('is not made longer by pasted text beside it', () => {
    const { runs: _runs, ...text } = made({ partial: true, first: 1n, last: 999n });
    expect(mergeCoverage([made(), text], 'A')).toMatchObject({ first: 100n, last: 200n });
    expect(mergeCoverage([made(), text], 'A').partial).toBeUndefined();
  });
  it('keeps the earliest moment from which something was dropped', () => {
    expect(mergeCoverage([made({ truncatedFrom: 180n }), made({ truncatedFrom: 150n })], 'A').truncatedFrom).toBe(150n);
  });
  it('is shown under the name the machine has in the timeline', () => {
    const { coverage } = timelineOf([daily('01:00:00', { host: 'DC1' }), daily('02:00:00', { host: 'dc1.example.org' })]);
    expect(coverage).toMatchObject([
      { host: 'dc1.example.org', channel: 'System', records: 2, first: at('01:00:00'), last: at('02:00:00') },
    ]);
  });
});
