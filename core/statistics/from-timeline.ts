import type { InstantNs } from '../model/observation.ts';
import type { Stop, Timeline } from '../model/timeline.ts';
import { type Experiment, experiment } from './experiment.ts';
import { stopSignature } from './signature.ts';
import { coveredSpans, intersectSpans, measureSpans } from './spans.ts';
import type { Text } from './text.ts';
import { alwaysToCheck, type Trap } from './traps.ts';

/** What to count. */
export interface TimelineExperimentOptions {
  /** When the change was made: stops at or after it count as after. */
  readonly changeAt: InstantNs;
  /** Which kind of stop ({@link stopSignature}, case-insensitive); default: the most frequent one with a request, else the most frequent. */
  readonly signature?: string;
  /** Host; default: the one with the most such stops. */
  readonly host?: string;
  /** Limits of the time looked at, inclusive; default: what the System channel covers. */
  readonly from?: InstantNs;
  readonly to?: InstantNs;
  /** Error level, default 0.05. */
  readonly alpha?: number;
}

/** One period as counted. */
export interface CountedPeriod {
  readonly from: InstantNs;
  readonly to: InstantNs;
  /** Days of the period for which the System channel is whole. */
  readonly days: number;
  readonly stops: readonly Stop[];
}

/** An experiment counted from logs. */
export interface TimelineExperiment {
  readonly host: string;
  readonly signature: string;
  readonly changeAt: InstantNs;
  /** The first stop: the first period starts after it, so it is not counted. */
  readonly leftOut?: Stop;
  readonly on: CountedPeriod;
  readonly off: CountedPeriod;
  /** Absent when a period has no covered time; then {@link because} says which. */
  readonly experiment?: Experiment;
  readonly because?: Text;
  readonly traps: readonly Trap[];
}

const DAY_NS = 86_400_000_000_000n;
/** Actions dated this near the change may explain the difference as well. */
const NEAR_CHANGE_NS = 7n * DAY_NS;

/**
 * Counts stops of one kind before and after a change. The first period starts after the first such stop: starting it at the stop that
 * made somebody look would inflate the rate (stops.md 7.5). Days are those for which the host's System channel has no hole.
 * @returns `undefined` when the timeline holds no such stop.
 * @throws RangeError when alpha is out of bounds.
 */
export function experimentFromTimeline(timeline: Timeline, options: TimelineExperimentOptions): TimelineExperiment | undefined {
  const chosen = choose(timeline, options);
  if (chosen === undefined) return undefined;
  const { host, signature } = chosen;
  const { changeAt } = options;
  const coverage = timeline.coverage.find((c) => c.host === host && c.channel.toLowerCase() === 'system');
  const whole = coverage === undefined ? [] : coveredSpans(coverage);
  const from = options.from ?? coverage?.first ?? changeAt;
  const to = options.to ?? coverage?.last ?? changeAt;

  const same = timeline.stops.filter((s) => s.host === host && stopSignature(s) === signature && s.time >= from && s.time <= to);
  const covered = same.filter((s) => whole.some((span) => s.time >= span.from && s.time <= span.to));
  const first = covered[0];
  const leftOut = first !== undefined && first.time < changeAt ? first : undefined;
  const period = (a: InstantNs, b: InstantNs, stops: readonly Stop[]): CountedPeriod => ({
    from: a,
    to: b < a ? a : b,
    days: Number(measureSpans(intersectSpans(whole, [{ from: a, to: b }])) / 1000n) / 86_400e6,
    stops,
  });
  const on = period(
    leftOut?.time ?? from,
    changeAt,
    covered.filter((s) => s !== leftOut && s.time < changeAt),
  );
  const off = period(
    changeAt,
    to,
    covered.filter((s) => s.time >= changeAt),
  );

  const traps = timelineTraps(timeline, options, { host, covered, dropped: same.length - covered.length, on, off });
  const base = { host, signature, changeAt, ...(leftOut && { leftOut }), on, off };
  if (on.days <= 0 || off.days <= 0) return { ...base, because: on.days <= 0 ? NOTHING_BEFORE : NOTHING_AFTER, traps };
  const result = experiment({ events: on.stops.length, days: on.days }, { events: off.stops.length, days: off.days }, options.alpha);
  return { ...base, experiment: { ...result, traps }, traps };
}

const NOTHING_BEFORE: Text = {
  en: 'No covered time lies between the first such stop and the change: there is nothing to compare with.',
  ja: '最初の停止から変更までの間に、記録のそろった時間がありません。比べる相手がありません。',
};
const NOTHING_AFTER: Text = {
  en: 'The System log does not reach beyond the change: nothing is known about the time after it.',
  ja: 'System ログが変更の後まで届いていません。変更後のことは分かりません。',
};

function choose(timeline: Timeline, options: TimelineExperimentOptions): { host: string; signature: string } | undefined {
  const wanted = options.signature?.toLowerCase();
  const groups = new Map<string, { host: string; signature: string; count: number; asked: boolean }>();
  for (const stop of timeline.stops) {
    if (options.host !== undefined && stop.host.toLowerCase() !== options.host.toLowerCase()) continue;
    const signature = stopSignature(stop);
    if (wanted !== undefined && signature.toLowerCase() !== wanted) continue;
    const key = `${stop.host}\0${signature}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { host: stop.host, signature, count: 1, asked: stop.request !== undefined });
    else group.count++;
  }
  return [...groups.values()].sort((a, b) => Number(b.asked) - Number(a.asked) || b.count - a.count)[0];
}

interface Counted {
  readonly host: string;
  readonly covered: readonly Stop[];
  readonly dropped: number;
  readonly on: CountedPeriod;
  readonly off: CountedPeriod;
}

function timelineTraps(timeline: Timeline, options: TimelineExperimentOptions, counted: Counted): Trap[] {
  const traps: Trap[] = [];
  const { on, off } = counted;
  const actions = new Set([...on.stops, ...off.stops].map((s) => s.action));
  if (actions.size > 1) {
    const names = [...actions].sort().join(', ');
    traps.push({
      code: 'mixed-kinds',
      state: 'applies',
      text: {
        en: `The stops counted are of several kinds (${names}); restarts and power-offs may have different causes.`,
        ja: `数えた停止に複数の種類(${names})が混ざっています。再起動と電源断では原因が異なることがあります。`,
      },
    });
  }
  const span = Number((on.to - on.from + (off.to - off.from)) / 1000n) / 86_400e6;
  const missing = span - on.days - off.days;
  if (missing > 1e-6 || counted.dropped > 0) {
    const days = missing.toFixed(2);
    traps.push({
      code: 'coverage',
      state: 'applies',
      text: {
        en: `${days} days are not covered by the System log and were not counted; ${counted.dropped} stops lie in them.`,
        ja: `${days} 日分は System ログに記録がそろわず、数えていません(その間の停止 ${counted.dropped} 件も除外)。`,
      },
    });
  }
  const near = timeline.evidence.facts.filter(
    (f) =>
      f.name.startsWith('action.') &&
      (f.host === undefined || f.host.toLowerCase() === counted.host.toLowerCase()) &&
      f.time.kind === 'instant' &&
      f.time.at > options.changeAt - NEAR_CHANGE_NS &&
      f.time.at < options.changeAt + NEAR_CHANGE_NS,
  );
  const names = [...new Set(near.map((f) => f.name))].sort();
  traps.push({
    code: 'simultaneous-changes',
    state: names.length > 1 ? 'applies' : 'check',
    text:
      names.length > 1
        ? {
            en: `Several actions lie within 7 days of the change (${names.join(', ')}): each explains the difference just as well.`,
            ja: `変更の前後 7 日以内に複数の処置があります(${names.join('、')})。差はそのどれでも説明できます。`,
          }
        : {
            en: 'Anything else that changed at the same time explains the difference just as well.',
            ja: '同じ頃の別の変更でも、差は同じように説明できます。',
          },
  });
  return [...traps, ...alwaysToCheck()];
}
