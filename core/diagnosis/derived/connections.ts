import type { EventObservation, InstantNs } from '../../model/observation.ts';
import type { Stop } from '../../model/timeline.ts';
import type { Evaluation } from '../../model/verdict.ts';
import { stopSignature } from '../../statistics/index.ts';
import { lowerBound } from '../../timeline/order.ts';
import { minNs } from '../../timeline/time.ts';
import type { Case } from '../case.ts';
import { clientAddress } from '../client-address.ts';
import type { Judged } from '../coverage.ts';
import { isFalse, isTrue, isUnknown } from '../evaluation.ts';
import { joinTexts, say } from '../text.ts';
import { type Looked, momentOf } from '../window.ts';
import {
  AUDITING,
  auditSpans,
  bothSpans,
  judgeAudit,
  judgeOneOf,
  LSM,
  LSM_CHANNEL,
  RCM,
  RCM_CHANNEL,
  RDP_CHANNEL,
  RDP_CORE,
  spansOfAny,
} from './channels.ts';
import { isNlaFailure, screenTypedFailureAny } from './failures.ts';
import { type Occurrence, type OccurrenceKind, occurrencesOf } from './occurrence.ts';

const SECOND_NS = 1_000_000_000n;
/** RCM 261 and RdpCoreTS 131 of one connection are written this close together (measured below 0.1 s; whole seconds on old systems). */
const SAME_CONNECTION_NS = 2n * SECOND_NS;
/** RdpCoreTS 140 comes a median of 1.1 s after the 131 of the same address (108 of 123 within 5 s). */
const NLA_ANSWER_NS = 10n * SECOND_NS;
/** A connection closed this shortly before the stop may have been closed by it. */
const CLOSED_BY_STOP_NS = 5n * SECOND_NS;
/** Default stretch before a stop in which one looks for its client. */
const CLIENT_WINDOW_NS = 600n * SECOND_NS;

/** RdpCoreTS 131 or RCM 261; the two records of one connection count once. */
export const rdpConnection: OccurrenceKind = {
  form: 'occurrences',
  title: say('RDP connection', 'RDP 接続'),
  find: connections,
  judge: (theCase, host, looked) => judgeOneOf(theCase, host, [RCM_CHANNEL, RDP_CHANNEL], looked),
  covered: (theCase, host) => spansOfAny(theCase, host, [RCM_CHANNEL, RDP_CHANNEL]),
};

/**
 * RDP connections that became no session before the stop: no LSM 21/25 and no 4624 of type 10/7 followed, of the same address where both
 * are known, NLA did not turn it away, and it was not closed before (RdpCoreTS 102/103 of the same activity).
 */
export const unfinishedRdpConnection: OccurrenceKind = {
  form: 'occurrences',
  title: say('RDP connection that became no session', 'セッションにならなかった RDP 接続'),
  find: unfinished,
  judge: rdpConnection.judge,
  rely: relySessions,
  covered: (theCase, host) => bothSpans(rdpConnection.covered(theCase, host), sessionSpans(theCase, host)),
};

function connections(theCase: Case, host: string): Occurrence[] {
  const accepted = theCase.index.of(host, RDP_CORE, 131).filter((e) => (e.fields.get('ConnType') ?? 'TCP').toUpperCase() !== 'UDP');
  const listened = theCase.index.of(host, RCM, 261);
  const used = new Set<EventObservation>();
  const list: Occurrence[] = accepted.map((e) => {
    const partner = nearest(listened, e.time, used);
    if (partner !== undefined) used.add(partner);
    const address = clientAddress(e.fields.get('ClientIP'));
    const evidence = partner === undefined ? [e] : [partner, e];
    const time = partner !== undefined && partner.time < e.time ? partner.time : e.time;
    return address === '' ? { time, evidence } : { time, evidence, address };
  });
  for (const e of listened) if (!used.has(e)) list.push({ time: e.time, evidence: [e] });
  return list.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

function nearest(list: readonly EventObservation[], time: InstantNs, used: ReadonlySet<EventObservation>): EventObservation | undefined {
  let best: EventObservation | undefined;
  for (let i = lowerBound(list, time - SAME_CONNECTION_NS, (e) => e.time); i < list.length; i++) {
    const e = list[i] as EventObservation;
    if (e.time > time + SAME_CONNECTION_NS) break;
    if (used.has(e)) continue;
    if (best === undefined || distance(e.time, time) < distance(best.time, time)) best = e;
  }
  return best;
}

function distance(a: bigint, b: bigint): bigint {
  return a > b ? a - b : b - a;
}

interface Arrival {
  readonly time: InstantNs;
  readonly address: string;
}

function unfinished(theCase: Case, host: string): Occurrence[] {
  const arrivals: Arrival[] = [
    ...[21, 25]
      .flatMap((id) => theCase.index.of(host, LSM, id))
      .map((e) => ({ time: e.time, address: clientAddress(e.fields.get('Address')) })),
    ...theCase.index
      .of(host, AUDITING, 4624)
      .filter((e) => ['10', '7'].includes(e.fields.get('LogonType') ?? ''))
      .map((e) => ({ time: e.time, address: clientAddress(e.fields.get('IpAddress')) })),
  ];
  const rejected: Arrival[] = [
    ...theCase.index.of(host, RDP_CORE, 140).map((e) => ({ time: e.time, address: clientAddress(e.fields.get('IPString')) })),
    ...theCase.index
      .of(host, AUDITING, 4625)
      .filter(isNlaFailure)
      .map((e) => ({ time: e.time, address: clientAddress(e.fields.get('IpAddress')) })),
  ];
  const sessions = byAddress(arrivals);
  const refusals = byAddress(rejected);
  const closings = closingTimes(theCase, host);
  const list = occurrencesOf(theCase, 'rdp-connection', rdpConnection, host);
  return list.flatMap((c): Occurrence[] => {
    const refused = next(refusals, c);
    if (refused !== undefined && refused <= c.time + NLA_ANSWER_NS) return [];
    const ends = [next(sessions, c), closedAt(closings, c)].filter((end) => end !== undefined);
    return [ends.length === 0 ? c : { ...c, until: ends.reduce(minNs) }];
  });
}

/** When the connection of an activity was closed (RdpCoreTS 102 or 103), by ActivityID. */
function closingTimes(theCase: Case, host: string): ReadonlyMap<string, InstantNs> {
  const times = new Map<string, InstantNs>();
  for (const id of [102, 103])
    for (const { activityId, time } of theCase.index.of(host, RDP_CORE, id)) {
      const known = activityId === undefined ? undefined : times.get(activityId);
      if (activityId !== undefined && (known === undefined || time < known)) times.set(activityId, time);
    }
  return times;
}

/** End of a connection whose records name an activity that was closed: whoever sat at its logon screen was gone. */
function closedAt(closings: ReadonlyMap<string, InstantNs>, { time, evidence }: Occurrence): InstantNs | undefined {
  for (const { activityId } of evidence) {
    const closed = activityId === undefined ? undefined : closings.get(activityId);
    if (closed !== undefined && closed >= time) return closed + CLOSED_BY_STOP_NS;
  }
  return undefined;
}

interface ByAddress {
  readonly all: readonly InstantNs[];
  readonly of: ReadonlyMap<string, readonly InstantNs[]>;
}

function byAddress(arrivals: readonly Arrival[]): ByAddress {
  const sorted = [...arrivals].sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  const of = new Map<string, InstantNs[]>();
  for (const a of sorted) {
    const list = of.get(a.address);
    if (list === undefined) of.set(a.address, [a.time]);
    else list.push(a.time);
  }
  return { all: sorted.map((a) => a.time), of };
}

/** First arrival at or after a connection that can belong to it: same address, or one of the two unknown. */
function next(arrivals: ByAddress, connection: Occurrence): InstantNs | undefined {
  if (connection.address === undefined) return first(arrivals.all, connection.time);
  const same = first(arrivals.of.get(connection.address) ?? [], connection.time);
  const nameless = first(arrivals.of.get('') ?? [], connection.time);
  if (same === undefined || nameless === undefined) return same ?? nameless;
  return minNs(same, nameless);
}

function first(times: readonly InstantNs[], from: InstantNs): InstantNs | undefined {
  return times[lowerBound(times, from, (t) => t)];
}

/** That no session followed can be said only if sessions were recorded between the connection and the stop. */
function relySessions(theCase: Case, host: string, occurrence: Occurrence, stop: InstantNs): Judged {
  const looked: Looked = { from: occurrence.time, to: stop, text: say('between connection and stop', '接続から停止までの間') };
  const sessions = judgeOneOf(theCase, host, [LSM_CHANNEL], looked);
  if (sessions.covered) return sessions;
  const audit = judgeAudit(theCase, host, [4624], looked);
  if (audit.covered) return audit;
  return { covered: false, because: joinTexts([sessions.because, audit.because]), missing: sessions.missing };
}

function sessionSpans(theCase: Case, host: string): ReturnType<typeof spansOfAny> {
  return [...spansOfAny(theCase, host, [LSM_CHANNEL]), ...auditSpans(theCase, host, 4624)];
}

/** One client address shortly before this stop and before another one of the same signature. */
export function sameClient(theCase: Case, stop: Stop, before: bigint = CLIENT_WINDOW_NS): Evaluation {
  const mine = clientsBefore(theCase, stop, before);
  const moment = momentOf(stop);
  const looked: Looked = { from: moment.from - before, to: moment.to, text: say('before the stop', '停止の前') };
  if (mine.size === 0) {
    const judged = judgeOneOf(theCase, stop.host, [RDP_CHANNEL], looked);
    return judged.covered
      ? isFalse(say('no client address is recorded before the stop', '停止の前に送信元アドレスの記録なし'))
      : isUnknown(judged.because, judged.missing);
  }
  const signature = stopSignature(stop);
  const others = theCase.stopsOf(stop.host).filter((s) => s !== stop && stopSignature(s) === signature);
  for (const [address, evidence] of mine) {
    const again = others.flatMap((s) => clientsBefore(theCase, s, before).get(address) ?? []);
    const one = again[0];
    if (one !== undefined)
      return isTrue(say(`${address} before this stop and before another one`, `この停止と別の停止の前に ${address}`), [...evidence, one]);
  }
  return isFalse(say('no client address comes again before another of these stops', '同種の別の停止の前に同じ送信元アドレスなし'));
}

function clientsBefore(theCase: Case, stop: Stop, before: bigint): Map<string, EventObservation[]> {
  const moment = momentOf(stop);
  const found = new Map<string, EventObservation[]>();
  const lists = [
    occurrencesOf(theCase, 'rdp-connection', rdpConnection, stop.host),
    occurrencesOf(theCase, 'screen-typed-failure-any', screenTypedFailureAny, stop.host),
  ];
  for (const list of lists)
    for (let i = lowerBound(list, moment.from - before, (o) => o.time); i < list.length; i++) {
      const o = list[i] as Occurrence;
      if (o.time > moment.to) break;
      if (o.address === undefined || (o.until !== undefined && o.until <= moment.from)) continue;
      const known = found.get(o.address);
      if (known === undefined) found.set(o.address, [...o.evidence]);
      else known.push(...o.evidence);
    }
  return found;
}
