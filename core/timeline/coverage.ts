import type { ChannelCoverage, InstantNs } from '../model/observation.ts';
import { gapsOf, mergeRuns, mergeStretches } from '../model/runs.ts';
import type { HostNames } from './hosts.ts';
import { maxNs, minNs } from './time.ts';

/** Coverage under the canonical host names, names of one machine merged: holes are recomputed from the record ids of all of them. */
export function unifyCoverage(coverage: readonly ChannelCoverage[], names: HostNames): ChannelCoverage[] {
  const groups = new Map<string, ChannelCoverage[]>();
  for (const c of coverage) {
    const key = `${names.canonical(c.host)}\0${c.channel.toLowerCase()}`;
    const list = groups.get(key);
    if (list === undefined) groups.set(key, [c]);
    else list.push(c);
  }
  return [...groups.values()].map((list) => mergeCoverage(list, names.canonical((list[0] as ChannelCoverage).host)));
}

/** One coverage from several of the same channel. */
export function mergeCoverage(list: readonly ChannelCoverage[], host: string): ChannelCoverage {
  const first = list[0] as ChannelCoverage;
  if (list.length === 1) return first.host === host ? first : { ...first, host };
  const withRuns = list.every((c) => c.runs !== undefined && c.forwarded !== true);
  const runs = withRuns ? mergeRuns(list.flatMap((c) => c.runs ?? [])) : undefined;
  const truncated = list.map((c) => c.truncatedFrom).filter((t) => t !== undefined);
  // A text source knows only what was pasted; beside a real log of the channel it takes nothing away.
  const partial = list.every((c) => c.partial === true);
  const full = partial ? list : list.filter((c) => c.partial !== true);
  const activity = full.every((c) => c.activity !== undefined) ? mergeStretches(full.flatMap((c) => c.activity ?? [])) : undefined;
  return {
    host,
    channel: first.channel,
    sourceIds: [...new Set(list.flatMap((c) => c.sourceIds))],
    records: list.reduce((n, c) => n + c.records, 0),
    first: full.map((c) => c.first).reduce(minNs),
    last: full.map((c) => c.last).reduce(maxNs),
    gaps: runs !== undefined ? gapsOf(runs) : full.flatMap((c) => c.gaps),
    clearings: [...new Set(list.flatMap((c) => c.clearings))].sort((a, b) => (a < b ? -1 : 1)),
    ...(truncated.length === 0 ? {} : { truncatedFrom: truncated.reduce(minNs) }),
    ...(partial ? { partial } : {}),
    ...(runs === undefined ? {} : { runs }),
    ...(activity === undefined ? {} : { activity }),
    ...(list.some((c) => c.forwarded === true) ? { forwarded: true } : {}),
  };
}

/** Does this coverage speak for the whole of `[from, to]`: recorded from before to after, no hole, no clearing, nothing dropped? */
export function covers(c: ChannelCoverage, from: InstantNs, to: InstantNs): boolean {
  if (c.partial === true || c.first > from || c.last < to) return false;
  if (c.truncatedFrom !== undefined && c.truncatedFrom <= to) return false;
  return !touchesHole(c, from, to);
}

/** Is there a hole or a clearing in `[from, to]`? */
export function touchesHole(c: ChannelCoverage, from: InstantNs, to: InstantNs): boolean {
  return c.gaps.some((g) => g.from <= to && g.to >= from) || c.clearings.some((t) => t >= from && t <= to);
}
