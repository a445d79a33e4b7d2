import type { BlameKnowledge } from '@winmedic/knowledge/model';
import type { FactObservation, InputProblem } from '../model/observation.ts';
import type { Timeline } from '../model/timeline.ts';
import { DUMP_PROVIDER, UNNAMED_HOST } from '../timeline/index.ts';

/** Values of the fact `dump.module-kind` by what the knowledge base calls a module. */
const KINDS: Readonly<Record<string, string>> = {
  edr: 'security',
  antivirus: 'security',
  security: 'security',
  storage: 'storage',
  network: 'network',
  display: 'display',
};

/** Dumps that fit none of the hosts whose logs were given: said, since such a dump explains no stop of theirs. */
export function dumpsOfNoHost({ events, hosts }: Timeline): InputProblem[] {
  const named = hosts.filter(({ name }) => name !== UNNAMED_HOST).map(({ name }) => name);
  if (named.length === 0) return [];
  return events
    .filter(({ provider, host }) => provider === DUMP_PROVIDER && host === UNNAMED_HOST)
    .map(({ origin }) => ({ code: 'EVIDENCE_DUMP_OF_NO_HOST', path: origin.path, severity: 'note', what: named.slice(0, 8).join(', ') }));
}

/**
 * What the crash dumps of a timeline say about their stops, as facts at the moment of the stop: the module named and its kind. A module
 * that merely stood in the stack is no fact: it may be stale, or the victim. Nor is what a dump says that belongs to no stop: it was written while the
 * machine ran on, or by another one.
 */
export function factsOfDumps(timeline: Timeline, knowledge: BlameKnowledge): FactObservation[] {
  // What is only remembered of a module is shown, and decides nothing.
  const kinds = new Map(
    knowledge.knownModules.filter(({ unverified }) => unverified !== true).map(({ name, kind }) => [name, KINDS[kind]]),
  );
  const facts: FactObservation[] = [];
  const dumps = new Map(timeline.evidence.dumps.map((dump) => [dump.id, dump]));
  const ofStops = new Set(timeline.stops.flatMap(({ records }) => records));
  for (const event of timeline.events) {
    if (event.provider !== DUMP_PROVIDER || !ofStops.has(event)) continue;
    const dump = dumps.get(event.recordId);
    if (dump?.live === true) continue;
    const guilty = dump?.blame;
    if (guilty === undefined || guilty.certainty !== 'strong') continue;
    const module = guilty.module.toLowerCase();
    const kind = guilty.thirdParty ? kinds.get(module) : 'windows';
    const about = {
      type: 'fact',
      host: event.host,
      time: { kind: 'instant', at: event.time },
      origin: event.origin,
      trust: 'record',
    } as const;
    facts.push({ ...about, id: event.recordId, name: 'dump.module', value: module });
    if (kind !== undefined) facts.push({ ...about, id: event.recordId, name: 'dump.module-kind', value: kind });
  }
  return facts;
}
