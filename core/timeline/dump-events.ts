import { DUMP_PROVIDER } from '../explain/index.ts';
import type { EventObservation, Evidence } from '../model/observation.ts';
import type { DumpObservation } from '../model/state.ts';
import type { Stop } from '../model/timeline.ts';
import { hostOfDump } from './dump-host.ts';

/** Crash dumps as events at the moment of the stop, so that they stand in the timeline with what the logs say, each at its host ({@link hostOfDump}). */
export function dumpEvents(evidence: Evidence): EventObservation[] {
  return evidence.dumps.filter((dump) => dump.time !== undefined).map((dump) => eventOf(dump, hostOfDump(dump, evidence)));
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
