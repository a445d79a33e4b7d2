import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_CLUSTER_RANGES } from './limits.ts';
import { ClusterRanges } from './ranges.ts';

describe('ranges of clusters', () => {
  it('hold what a set holds, whatever the order of additions and questions', () => {
    const stretch = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 8 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(stretch, stretch), { maxLength: 40 }), (steps) => {
        const ranges = new ClusterRanges();
        const set = new Set<number>();
        for (const [[from, count], [first, clusters]] of steps) {
          ranges.add({ from, to: from + count });
          for (let i = 0; i < count; i++) set.add(from + i);
          const any = Array.from({ length: clusters }, (_, i) => set.has(first + i)).includes(true);
          if (clusters > 0) expect(ranges.has(first, clusters)).toBe(any);
        }
      }),
    );
  });

  it('stay exact when many merge, and hold everything when they do not', () => {
    const near = new ClusterRanges();
    for (let i = 0; i < MAX_CLUSTER_RANGES * 3; i++) near.add({ from: i, to: i + 1 });
    expect([near.has(MAX_CLUSTER_RANGES * 3 - 1, 1), near.has(MAX_CLUSTER_RANGES * 3, 1)]).toEqual([true, false]);
    const far = new ClusterRanges();
    for (let i = 0; i < MAX_CLUSTER_RANGES; i++) far.add({ from: i * 2, to: i * 2 + 1 });
    expect(far.has(1, 1)).toBe(true);
  });
});
