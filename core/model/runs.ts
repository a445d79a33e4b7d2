import type { ChannelCoverage, CoverageRun, InstantNs } from './observation.ts';

const DAY_NS = 86_400_000_000_000n;

/**
 * Runs of one channel from one or several files as one list, overlapping and adjoining ones joined. A log that was deleted and begun
 * anew counts from 1 again: such runs are not joined with those of the log before, although the numbers overlap.
 * @returns by generation of the log, then by record id.
 */
export function mergeRuns(runs: readonly CoverageRun[]): CoverageRun[] {
  const sorted = [...runs].sort((a, b) =>
    a.firstTime < b.firstTime ? -1 : a.firstTime > b.firstTime ? 1 : a.firstId < b.firstId ? -1 : 1,
  );
  const generations: CoverageRun[][] = [];
  let reach: CoverageRun | undefined;
  for (const run of sorted) {
    if (reach === undefined || begunAnew(reach, run)) {
      generations.push([run]);
      reach = run;
    } else {
      (generations.at(-1) as CoverageRun[]).push(run);
      if (run.lastId > reach.lastId) reach = run;
    }
  }
  return generations.flatMap(joinById);
}

/** Does a later run belong to a log begun anew? Its numbers were given before, and the times of the two do not meet. */
function begunAnew(before: CoverageRun, later: CoverageRun): boolean {
  if (later.firstId > before.lastId) return false;
  const overlap = later.lastId >= before.firstId;
  return later.firstTime - before.lastTime > (overlap ? 0n : DAY_NS);
}

function joinById(runs: readonly CoverageRun[]): CoverageRun[] {
  const joined: CoverageRun[] = [];
  for (const run of [...runs].sort((a, b) => (a.firstId < b.firstId ? -1 : a.firstId > b.firstId ? 1 : 0))) {
    const last = joined.at(-1);
    if (last === undefined || run.firstId > last.lastId + 1n) joined.push(run);
    else if (run.lastId > last.lastId) joined[joined.length - 1] = { ...last, lastId: run.lastId, lastTime: run.lastTime };
  }
  return joined;
}

/**
 * Holes between runs: how many ids are missing and the times of the records on both sides. `missingRecords` is 0 where a log was
 * begun anew: how much was lost is not known.
 */
export function gapsOf(runs: readonly CoverageRun[]): ChannelCoverage['gaps'] {
  return runs.slice(1).map((run, i) => {
    const before = runs[i] as CoverageRun;
    const missing = run.firstId - before.lastId - 1n;
    const [from, to] = before.lastTime <= run.firstTime ? [before.lastTime, run.firstTime] : [run.firstTime, before.lastTime];
    return { from, to, missingRecords: missing > 0n ? missing : 0n };
  });
}

/** A stretch of time. */
export interface Stretch {
  readonly from: InstantNs;
  readonly to: InstantNs;
}

/** Overlapping stretches joined, by time. */
export function mergeStretches(stretches: readonly Stretch[]): Stretch[] {
  const merged: Stretch[] = [];
  for (const s of [...stretches].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) {
    const last = merged.at(-1);
    if (last !== undefined && s.from <= last.to) {
      if (s.to > last.to) merged[merged.length - 1] = { from: last.from, to: s.to };
    } else merged.push(s);
  }
  return merged;
}

/** Records this far apart belong to different stretches of activity (model: ChannelCoverage.activity). */
export const SILENCE_NS = 600_000_000_000n;
