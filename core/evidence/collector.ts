import type { ChannelSpan } from '@winmedic/evtx';
import type { ChannelCoverage, CoverageRun, EventObservation, InstantNs } from '../model/observation.ts';
import { gapsOf, mergeRuns, mergeStretches, type Stretch } from '../model/runs.ts';
import type { ActivityCollector } from './activity.ts';
import { instantOfTicks } from './instant.ts';
import type { Problems } from './problems.ts';

/** Limits of what is kept, so that memory stays bounded whatever the input. */
export interface KeepLimits {
  /** Most events of one provider and id (and condition). An exposed host writes some 10,000 failed logons a day. */
  readonly perKind: number;
  /** Most events in all; one was measured at 2 to 3 KiB, so that about 1 GiB is the end. */
  readonly total: number;
}
/** Room for weeks of an exposed host. */
export const DEFAULT_KEEP_LIMITS: KeepLimits = { perKind: 100_000, total: 400_000 };

/** 2005-01-01: no EVTX log is older. */
const FIRST_LOG_NS = 1_104_537_600_000_000_000n;

/** What one input told about one channel of one machine. */
interface ChannelPart {
  readonly host: string;
  readonly channel: string;
  readonly sourceIds: Set<string>;
  records: number;
  first: InstantNs;
  last: InstantNs;
  runs: CoverageRun[];
  activity: Stretch[];
  activityUnknown: boolean;
  truncatedFrom?: InstantNs;
  partial: boolean;
  forwarded: boolean;
  readonly clearings: Set<InstantNs>;
}

/** Gathers events and coverage over all inputs. */
export class Collector {
  readonly #events: EventObservation[] = [];
  readonly #perKind = new Map<string, number>();
  readonly #overflowed = new Map<string, { path: string; count: number }>();
  readonly #parts = new Map<string, ChannelPart>();
  readonly #limits: KeepLimits;

  constructor(limits: KeepLimits = DEFAULT_KEEP_LIMITS) {
    this.#limits = limits;
  }

  /** Is there room for one more of this kind? When not, the channel is marked: absence after `time` means nothing any more. */
  admit(host: string, channel: string, provider: string, eventId: number, time: InstantNs, path: string, query = 0): boolean {
    // Counted per query: network logons a cause asks for must not use up the room of the interactive ones.
    const kind = `${provider.toLowerCase()}/${eventId}#${query}`;
    const n = this.#perKind.get(kind) ?? 0;
    if (n < this.#limits.perKind && this.#events.length < this.#limits.total) {
      this.#perKind.set(kind, n + 1);
      return true;
    }
    const over = this.#overflowed.get(kind);
    if (over === undefined) this.#overflowed.set(kind, { path, count: 1 });
    else over.count++;
    const part = this.#part(host, channel, time);
    if (part.truncatedFrom === undefined || time < part.truncatedFrom) part.truncatedFrom = time;
    return false;
  }

  keep(event: EventObservation): void {
    this.#events.push(event);
  }

  /** Adds what one pass over a log saw of its channels. `activity` by channel name in lower case. */
  addSpans(sourceId: string, spans: readonly ChannelSpan[], activity: ReadonlyMap<string, ActivityCollector>, forwarded: boolean): void {
    for (const span of spans) {
      if (span.records === 0) continue;
      const last = instantOfTicks(span.lastTime);
      // A record header with a time of zero must not stretch the coverage over centuries: then nothing is claimed.
      const plausible = (time: InstantNs): InstantNs => (time < FIRST_LOG_NS ? last : time);
      const first = plausible(instantOfTicks(span.firstTime));
      const part = this.#part(span.computer, span.channel, first);
      this.#extend(part, sourceId, span.records, first, last);
      part.forwarded ||= forwarded;
      for (const run of span.runs) {
        part.runs.push({
          firstId: run.firstId,
          lastId: run.lastId,
          firstTime: plausible(instantOfTicks(run.firstTime)),
          lastTime: plausible(instantOfTicks(run.lastTime)),
        });
      }
      if (span.runsTruncated) {
        // The reader stopped counting runs: what comes after the last one it gave is not known to be whole.
        const known = part.runs.at(-1)?.lastTime ?? part.first;
        if (part.truncatedFrom === undefined || known < part.truncatedFrom) part.truncatedFrom = known;
      }
      const stretches = activity.get(span.channel.toLowerCase())?.result();
      if (stretches === undefined) part.activityUnknown = true;
      else part.activity.push(...stretches);
    }
  }

  /** Adds events read from text: nothing is known of what was not pasted. */
  addText(sourceId: string, events: readonly EventObservation[]): void {
    for (const e of events) {
      const part = this.#part(e.host, e.channel, e.time);
      this.#extend(part, sourceId, 1, e.time, e.time);
      part.activityUnknown = true;
    }
  }

  #part(host: string, channel: string, time: InstantNs): ChannelPart {
    const key = `${host.toLowerCase()}\0${channel.toLowerCase()}`;
    let part = this.#parts.get(key);
    if (part === undefined) {
      part = {
        host,
        channel,
        sourceIds: new Set(),
        records: 0,
        first: time,
        last: time,
        runs: [],
        activity: [],
        activityUnknown: false,
        partial: true,
        forwarded: false,
        clearings: new Set(),
      };
      this.#parts.set(key, part);
    }
    return part;
  }

  #extend(part: ChannelPart, sourceId: string, records: number, first: InstantNs, last: InstantNs): void {
    part.records += records;
    part.sourceIds.add(sourceId);
    if (first < part.first) part.first = first;
    if (last > part.last) part.last = last;
  }

  /** Everything kept, each record once, with the problems of overflow. */
  finish(problems: Problems): { events: EventObservation[]; coverage: ChannelCoverage[] } {
    const events = withoutDuplicates(this.#events);
    for (const e of events) this.#noteClearing(e);
    for (const [kind, over] of this.#overflowed) {
      problems.add({
        code: 'EVIDENCE_TOO_MANY_EVENTS',
        path: over.path,
        severity: 'partial',
        what: kind.slice(0, kind.lastIndexOf('#')),
        need: over.count + this.#limits.perKind,
        have: this.#limits.perKind,
        count: over.count,
      });
    }
    return { events, coverage: [...this.#parts.values()].filter((p) => p.sourceIds.size > 0).map(coverageOf) };
  }

  /** 104 names the channel that was cleared; 1102 stands in the Security log it began anew. */
  #noteClearing(e: EventObservation): void {
    if (e.provider.toLowerCase() !== 'microsoft-windows-eventlog') return;
    const channel = e.eventId === 104 ? e.fields.get('Channel') : e.eventId === 1102 ? 'Security' : undefined;
    if (channel !== undefined) this.#parts.get(`${e.host.toLowerCase()}\0${channel.toLowerCase()}`)?.clearings.add(e.time);
  }
}

function coverageOf(part: ChannelPart): ChannelCoverage {
  const fromRecords = part.runs.length > 0;
  const runs = fromRecords ? mergeRuns(part.runs) : undefined;
  const hasActivity = fromRecords && !part.activityUnknown && !part.forwarded;
  return {
    host: part.host,
    channel: part.channel,
    sourceIds: [...part.sourceIds],
    records: part.records,
    first: part.first,
    last: part.last,
    // Ids of collected records are those of the machines they came from and leave holes that mean nothing.
    gaps: runs === undefined || part.forwarded ? [] : gapsOf(runs),
    clearings: [...part.clearings].sort((a, b) => (a < b ? -1 : 1)),
    ...(part.truncatedFrom === undefined ? {} : { truncatedFrom: part.truncatedFrom }),
    ...(runs === undefined ? { partial: true } : { runs }),
    ...(hasActivity && { activity: mergeStretches(part.activity) }),
    ...(part.forwarded && { forwarded: true }),
  };
}

/** The same record in several files (a copy and its backup) is kept once; pasted text is compared with pasted text only. */
function withoutDuplicates(events: readonly EventObservation[]): EventObservation[] {
  const seen = new Set<string>();
  return events.filter((e) => {
    // What has no record id cannot be told from another of the same moment.
    if (e.trust === 'text' || e.recordId === '') return true;
    const key = `${e.host.toLowerCase()}\0${e.channel.toLowerCase()}\0${e.recordId}\0${e.time}\0${e.eventId}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
