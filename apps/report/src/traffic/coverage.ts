import type { CaptureObservation, Evidence, TraceObservation } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';
import { formatSpan, zoneName } from '../format-time.ts';
import { type JsonObject, known, time } from '../json-parts.ts';
import { SourceNames, shortProvider } from '../origin.ts';
import { messages } from '../text/index.ts';

/** What one capture or trace really recorded. */
export interface TrafficRow {
  readonly file: string;
  /** How much of what there is, from when to when. */
  readonly text: string;
  /** What is missing in it; empty when it is whole. */
  readonly notes: readonly string[];
}

/** Providers of a trace that are named, the busiest ones. */
const MAX_PROVIDERS = 8;

/** Numbers of conversations of a capture that do not show everything. */
interface Holes {
  readonly oneSided: number;
  readonly late: number;
  readonly lost: number;
}

function holesOf({ conversations }: Evidence, { sourceId }: CaptureObservation): Holes {
  let oneSided = 0;
  let late = 0;
  let lost = 0;
  for (const { sourceId: id, conversation } of conversations) {
    if (id !== sourceId) continue;
    const { unknown, tcp } = conversation;
    if (unknown.includes('client-side-missing') || unknown.includes('server-side-missing')) oneSided++;
    if (unknown.includes('late-start')) late++;
    if (unknown.includes('gap') || (tcp?.lost ?? 0) > 0) lost++;
  }
  return { oneSided, late, lost };
}

/** Damages of an input, those folded into one counted. */
function damagesOf({ problems }: Evidence, path: string): number {
  return problems.filter((problem) => problem.path === path && problem.severity !== 'note').reduce((sum, { count = 1 }) => sum + count, 0);
}

/** Captures, then traces, in the order they were read. */
export function trafficRows(evidence: Evidence, zone: string, lang: Language): TrafficRow[] {
  const m = messages(lang);
  const words = m.traffic;
  const names = new SourceNames(evidence.sources);
  const span = (first: bigint | undefined, last: bigint | undefined): string[] =>
    first === undefined || last === undefined ? [] : [`${formatSpan(first, last, zone, lang)} (${zoneName(zone)})`];
  const captures = evidence.captures.map((one): TrafficRow => {
    const { capture, tcpStreams, udpStreams, kept, conversations, limits } = one;
    const { oneSided, late, lost } = holesOf(evidence, one);
    const damages = damagesOf(evidence, one.path);
    return {
      file: names.of(one),
      text: m.list([
        words.packets(capture.packets),
        ...span(capture.first, capture.last),
        words.streams(tcpStreams, udpStreams),
        words.considered(kept, conversations),
      ]),
      notes: [
        ...(capture.sliced > 0 ? [words.sliced(capture.sliced)] : []),
        ...((capture.dropped ?? 0) > 0 ? [words.dropped(capture.dropped as number)] : []),
        ...(oneSided > 0 ? [words.oneSided(oneSided)] : []),
        ...(late > 0 ? [words.late(late)] : []),
        ...(lost > 0 ? [words.lost(lost)] : []),
        ...(capture.cut ? [words.cut] : []),
        ...[...limits].map(([name, n]) => words.limit(name, n)),
        ...(damages > 0 ? [words.damaged(damages)] : []),
      ],
    };
  });
  const traces = evidence.traces.map((trace): TrafficRow => {
    const { records, build, first, last, eventsLost, buffersLost } = trace;
    return {
      file: names.of(trace),
      text: m.list([
        words.records(records),
        ...span(first, last),
        ...(build === undefined ? [] : [words.build(build)]),
        ...(trace.providers.size > 0 ? [words.providers(providersText(trace, lang))] : []),
      ]),
      notes: eventsLost + buffersLost > 0 ? [words.eventsLost(eventsLost, buffersLost)] : [],
    };
  });
  return [...captures, ...traces];
}

function providersText({ providers }: TraceObservation, lang: Language): string {
  const m = messages(lang);
  const busiest = [...providers].sort(([, a], [, b]) => b - a);
  const told = busiest.slice(0, MAX_PROVIDERS).map(([name, n]) => `${shortProvider(name)} ${m.number(n)}`);
  if (busiest.length > told.length) told.push(m.more(busiest.length - told.length));
  return m.list(told);
}

/** The captures of a case as data. */
export function capturesToJson(evidence: Evidence, zone: string): JsonObject[] {
  return evidence.captures.map((one) => {
    const { sourceId, path, capture, tcpStreams, udpStreams, conversations, kept, limits, unreachable } = one;
    return {
      sourceId,
      path,
      format: capture.format,
      packets: capture.packets,
      bytes: capture.bytes.toString(),
      ...time('first', capture.first, zone),
      ...time('last', capture.last, zone),
      tcpStreams,
      udpStreams,
      conversations,
      kept,
      sliced: capture.sliced,
      ...known({ dropped: capture.dropped, application: capture.application, os: capture.os }),
      cut: capture.cut,
      unreachable: unreachable.length,
      ...holesOf(evidence, one),
      limits: Object.fromEntries(limits),
      interfaces: capture.interfaces.map(({ linkType, snapLength, name, packets, dropped }) =>
        known({ linkType, snapLength, name, packets, dropped }),
      ),
    };
  });
}

/** The traces of a case as data. */
export function tracesToJson(evidence: Evidence, zone: string): JsonObject[] {
  return evidence.traces.map(({ sourceId, path, build, first, last, records, eventsLost, buffersLost, providers }) => ({
    sourceId,
    path,
    ...known({ build }),
    ...time('first', first, zone),
    ...time('last', last, zone),
    records,
    eventsLost,
    buffersLost,
    providers: Object.fromEntries(providers),
  }));
}
