import type { EventObservation, InstantNs } from '../model/observation.ts';
import type { Timeline, TimelineMark } from '../model/timeline.ts';
import { keyOf } from './hosts.ts';
import { timelineMarks } from './marks.ts';
import { lowerBound } from './order.ts';
import { SECOND_NS } from './time.ts';

/** What to show of a timeline; everything given must hold. */
export interface TimelineFilter {
  /** First instant shown. */
  readonly since?: InstantNs;
  /** First instant not shown any more. */
  readonly until?: InstantNs;
  /** Only what lies within `windowSeconds` (default 600) before and after this instant. */
  readonly around?: InstantNs;
  readonly windowSeconds?: number;
  /** Any name of the machine, letter case ignored. */
  readonly hosts?: readonly string[];
  /** Channel names, letter case ignored; `System`, or the part between `Microsoft-Windows-` and `/`. */
  readonly channels?: readonly string[];
}

/** A part of a timeline: its events and marks, by time. */
export interface TimelineSelection {
  readonly timeline: Timeline;
  readonly events: readonly EventObservation[];
  readonly marks: readonly TimelineMark[];
}

/** Default of {@link TimelineFilter.windowSeconds}: the ten minutes before a stop that the diagnosis looks at. */
export const DEFAULT_WINDOW_SECONDS = 600;

/** Cuts a timeline down to what was asked for. Marks are cut by time and host, not by channel, except gaps and clearings. */
export function selectTimeline(timeline: Timeline, filter: TimelineFilter): TimelineSelection {
  const window = BigInt(Math.max(0, Math.round(filter.windowSeconds ?? DEFAULT_WINDOW_SECONDS))) * SECOND_NS;
  const from = latest(filter.since, filter.around === undefined ? undefined : filter.around - window);
  const to = earliest(filter.until, filter.around === undefined ? undefined : filter.around + window + 1n);
  const hosts = hostFilter(timeline, filter.hosts);
  const channels = filter.channels === undefined || filter.channels.length === 0 ? undefined : new Set(filter.channels.map(channelKey));

  const start = from === undefined ? 0 : lowerBound(timeline.events, from, (e) => e.time);
  const end = to === undefined ? timeline.events.length : lowerBound(timeline.events, to, (e) => e.time);
  const events = timeline.events
    .slice(start, Math.max(start, end))
    .filter((e) => (hosts === undefined || hosts.has(e.host)) && (channels === undefined || channels.has(channelKey(e.channel))));
  const marks = timelineMarks(timeline).filter(
    (m) =>
      (from === undefined || m.time >= from) &&
      (to === undefined || m.time < to) &&
      (hosts === undefined || hosts.has(m.host)) &&
      (channels === undefined || m.channel === undefined || channels.has(channelKey(m.channel))),
  );
  return { timeline, events, marks };
}

function latest(a: InstantNs | undefined, b: InstantNs | undefined): InstantNs | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a > b ? a : b;
}
function earliest(a: InstantNs | undefined, b: InstantNs | undefined): InstantNs | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a < b ? a : b;
}

function hostFilter(timeline: Timeline, wanted: readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (wanted === undefined || wanted.length === 0) return undefined;
  const keys = new Set(wanted.map(keyOf));
  const matching = timeline.hosts.filter((h) =>
    [h.name, ...h.names].some((n) => keys.has(keyOf(n)) || keys.has(keyOf(n).split('.')[0] as string)),
  );
  return new Set(matching.map((h) => h.name));
}

/** `Microsoft-Windows-TerminalServices-LocalSessionManager/Operational` and its short form compare equal. */
function channelKey(channel: string): string {
  return channel
    .trim()
    .toLowerCase()
    .replace(/^microsoft-windows-/, '')
    .replace(/\/(?:operational|admin)$/, '');
}
