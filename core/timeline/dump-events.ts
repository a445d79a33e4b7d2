import { DUMP_PROVIDER } from '../explain/index.ts';
import type { ChannelCoverage, EventObservation, Evidence } from '../model/observation.ts';
import type { DumpObservation } from '../model/state.ts';
import type { Stop } from '../model/timeline.ts';
import { parseInteger } from './fields.ts';
import { keyOf, UNNAMED_HOST } from './hosts.ts';
import { bugcheckCode, statedBugcheck } from './witnesses.ts';

/**
 * Crash dumps as events at the moment of the stop, so that they stand in the timeline with what the logs say. A dump names no host: it
 * belongs to the one host of the evidence, or to the one whose log has the same stop code and parameters, or to an unnamed one.
 */
export function dumpEvents(evidence: Evidence): EventObservation[] {
  return evidence.dumps.filter((dump) => dump.time !== undefined).map((dump) => eventOf(dump, hostOf(dump, evidence)));
}

/** Is this event a crash dump? */
export function isDump(event: EventObservation): boolean {
  return event.provider === DUMP_PROVIDER;
}

/** The stop code a dump event carries. */
export function bugcheckOfDump(event: EventObservation): NonNullable<Stop['bugcheck']> {
  const parameters = [1, 2, 3, 4].map((n) => event.fields.get(`BugcheckParameter${n}`) ?? '');
  return { code: event.fields.get('BugcheckCode') ?? '', parameters, from: event };
}

function eventOf(dump: DumpObservation, host: string): EventObservation {
  const fields = new Map<string, string>([['BugcheckCode', dump.code]]);
  dump.parameters.forEach((p, i) => {
    fields.set(`BugcheckParameter${i + 1}`, p);
  });
  fields.set('DumpKind', dump.kind);
  if (dump.live) fields.set('Live', 'true');
  if (dump.blame) fields.set('Module', dump.blame.at);
  return {
    type: 'event',
    id: '',
    time: dump.time as bigint,
    host,
    channel: DUMP_PROVIDER,
    provider: DUMP_PROVIDER,
    eventId: 0,
    version: 0,
    level: 1,
    recordId: dump.id,
    fields,
    origin: dump.origin,
    trust: 'record',
  };
}

function hostOf(dump: DumpObservation, evidence: Evidence): string {
  if (dump.host !== undefined) return dump.host;
  const hosts = hostsIn(evidence.events, evidence.coverage);
  const [only] = hosts.values();
  if (hosts.size === 1) return only as string;
  const same = new Map<string, string>();
  for (const event of evidence.events) {
    const stated = statedBugcheck(event);
    if (stated !== undefined && isSame(stated, dump)) same.set(keyOf(event.host), event.host);
  }
  const [match] = same.values();
  return same.size === 1 ? (match as string) : UNNAMED_HOST;
}

function hostsIn(events: readonly EventObservation[], coverage: readonly ChannelCoverage[]): ReadonlyMap<string, string> {
  const hosts = new Map<string, string>();
  for (const { host } of [...events, ...coverage]) if (host.trim() !== '') hosts.set(keyOf(host), host);
  return hosts;
}

/** Code and all four parameters: addresses differ from boot to boot, so that two machines hardly ever share them. */
function isSame(stated: NonNullable<Stop['bugcheck']>, dump: DumpObservation): boolean {
  if (bugcheckCode(BigInt(dump.rawCode)) !== stated.code || stated.parameters.length !== 4) return false;
  return stated.parameters.every((p, i) => parseInteger(p) === parseInteger(dump.parameters[i] as string));
}
