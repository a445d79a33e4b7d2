import { describe, expect, it } from 'vitest';
import { decodeRuns, type Run } from '../ntfs/index.ts';
import { encodeRuns } from './encode-runs.ts';
import { numbers } from './test-volume.ts';

describe('encodeRuns', () => {
  it('is read back as it was for any runs', () => {
    const random = numbers(5);
    const pick = (bits: number): number => Math.floor(random() * 2 ** Math.floor(random() * bits));
    for (let round = 0; round < 2000; round++) {
      let vcn = pick(20);
      const firstVcn = vcn;
      const runs: Run[] = Array.from({ length: 1 + pick(5) }, () => {
        const run = { vcn, lcn: random() < 0.2 ? undefined : pick(40), clusters: 1 + pick(34) };
        vcn += run.clusters;
        return run;
      });
      expect(decodeRuns(encodeRuns(runs), firstVcn)).toEqual({ runs, nextVcn: vcn, whole: true });
    }
  });

  it('writes the shortest form, lengths without a set top bit', () => {
    // 0x80 clusters take two bytes, since one byte 0x80 would be negative to readers that take lengths for signed.
    expect([...encodeRuns([{ vcn: 0, lcn: 0x7f, clusters: 0x80 }])]).toEqual([0x12, 0x80, 0x00, 0x7f, 0]);
    expect([
      ...encodeRuns([
        { vcn: 0, lcn: 0x80, clusters: 1 },
        { vcn: 1, lcn: 0, clusters: 2 },
        { vcn: 3, lcn: undefined, clusters: 3 },
      ]),
    ]).toEqual([0x21, 1, 0x80, 0x00, 0x11, 2, 0x80, 0x01, 3, 0]);
    expect([...encodeRuns([])]).toEqual([0]);
  });

  it('refuses runs that are none', () => {
    expect(() => encodeRuns([{ vcn: 0, lcn: 1, clusters: 0 }])).toThrow(RangeError);
    expect(() => encodeRuns([{ vcn: 0, lcn: -1, clusters: 1 }])).toThrow(RangeError);
    expect(() =>
      encodeRuns([
        { vcn: 0, lcn: 1, clusters: 1 },
        { vcn: 2, lcn: 1, clusters: 1 },
      ]),
    ).toThrow(RangeError);
  });
});
