import type { InstantNs } from '../model/observation.ts';
import type { HiveReading } from './read-hive.ts';

/** Windows writes the primary file of a hive up to this much later than its logs; so much may two hives of one copy differ. */
const FLUSH_NS = 3_600_000_000_000n;

/**
 * Hives that lie in one folder were copied together: each shows its host until the newest write of any of them, when its own is at most an hour older.
 * After a clean power-off the last write may be in SYSTEM alone. A larger distance means copies of different days, and changes nothing. Nor does it for a
 * hive that lacks what is only in its logs: what was written last is not in it.
 */
export function alignUntil<T extends { readonly folder: string; readonly reading: HiveReading }>(hives: readonly T[]): T[] {
  return hives.map((hive) => {
    const own = untilOf(hive.reading);
    if (own === undefined || hive.reading.behind === true) return hive;
    const beside = hives.filter(({ folder, reading }) => folder === hive.folder && reading.root !== undefined);
    // The same hive twice: copies of several hosts or of several days.
    if (new Set(beside.map(({ reading }) => reading.root)).size < beside.length) return hive;
    const near = beside
      .map(({ reading }) => untilOf(reading))
      .filter((at) => at !== undefined && at > own && at - own <= FLUSH_NS) as InstantNs[];
    if (near.length === 0) return hive;
    const until = near.reduce((a, b) => (a > b ? a : b));
    const { state, extents } = hive.reading;
    const held = <O extends { readonly until?: InstantNs }>(o: O): O => (o.until === undefined ? o : { ...o, until });
    return { ...hive, reading: { ...hive.reading, state: state.map(held), extents: extents.map(held) } };
  });
}

function untilOf({ state, extents }: HiveReading): InstantNs | undefined {
  return extents[0]?.until ?? state[0]?.until;
}
