import type { Cause, Knowledge } from '@winmedic/knowledge';
import type { InstantNs } from '../model/observation.ts';
import type { Stop, Timeline } from '../model/timeline.ts';
import type { Coincidence, Diagnosis, Incident, JudgedCause } from '../model/verdict.ts';
import { Case } from './case.ts';
import { chainOf } from './chain.ts';
import { deadEndsOf } from './dead-ends.ts';
import { dumpsOfNoHost } from './dump-facts.ts';
import { partsOf } from './evaluate.ts';
import { distinctMissing } from './evaluation.ts';
import { coincidenceKey } from './expr-coincidence.ts';
import { judge } from './judge.ts';
import { nextCheck } from './next-check.ts';
import { suspectRepairs } from './repairs.ts';
import type { Scope } from './scope.ts';
import { compareJudged, openCauses, settleConflicts, verdictOf } from './verdict.ts';

/** How a diagnosis is made. */
export interface DiagnoseOptions {
  /** When the diagnosis is made, for the report; default: now. */
  readonly madeAt?: InstantNs;
  /** Writes times in the reasons; default: the host's own offset as recorded, else UTC. */
  readonly formatTime?: (at: InstantNs, host?: string) => string;
}

/** The signature of {@link diagnose}. */
export type Diagnose = (timeline: Timeline, knowledge: Knowledge, options: DiagnoseOptions) => Diagnosis;

/**
 * Judges every stop of a timeline against the causes of the knowledge base, and every host against the causes of scope `host`; a host that only a
 * disk names against those of machines that do not start. The result
 * depends on its arguments alone. The verdict gate is described in docs/explanation/verdict.md.
 * @param knowledge causes of user packs included; of two causes with one id the later one counts.
 */
export const diagnose: Diagnose = (timeline, knowledge, options) => {
  const theCase = new Case(timeline, knowledge, options.formatTime);
  const byId = new Map(knowledge.causes.map((c) => [c.id, c]));
  const causes = [...byId.values()];
  const coincidences: Scope['coincidences'] = new Map();
  const forStops = causes.filter((c) => c.scope === 'stop');
  const forHosts = causes.filter((c) => c.scope === 'host');

  const incidents = timeline.stops.map((stop, i) =>
    incidentOf(`I${i + 1}`, stop, forStops, byId, { theCase, host: stop.host, stop, wholeHost: false, results: new Map(), coincidences }),
  );
  const withoutStart = forHosts.filter((c) => c.class === 'noboot' || c.class === 'recovery');
  const hosts = [
    ...timeline.hosts.map(({ name }) => ({ name, causesOfHost: forHosts })),
    ...hostsOfDisks(theCase).map((name) => ({ name, causesOfHost: withoutStart })),
  ];
  const findings = hosts.flatMap(({ name, causesOfHost }) => {
    const scope: Scope = { theCase, host: name, wholeHost: true, results: new Map(), coincidences };
    return causesOfHost
      .map((cause) => judge(cause, scope))
      .sort(compareJudged)
      .map((judged) => ({ host: name, judged }));
  });
  return {
    timeline,
    incidents,
    findings,
    deadEnds: deadEndsOf(theCase, incidents),
    coincidence: testsThatCounted(incidents, coincidences),
    repairs: suspectRepairs(theCase, incidents),
    problems: [...timeline.evidence.problems, ...dumpsOfNoHost(timeline)],
    madeAt: options.madeAt ?? BigInt(Date.now()) * 1_000_000n,
  };
};

/** Facts that a disk shows which is not running. */
const OF_A_DISK = /^(?:disk|boot)\./;

/** Hosts that no record names, but a disk among the evidence does: of them it can be said why they do not start. */
function hostsOfDisks(theCase: Case): string[] {
  const { hosts, evidence } = theCase.timeline;
  const known = new Set(hosts.flatMap(({ name }) => [...theCase.namesOf(name)]));
  const found = new Map<string, string>();
  for (const { name, host, trust } of evidence.facts)
    if (
      host !== undefined &&
      trust === 'record' &&
      OF_A_DISK.test(name) &&
      !known.has(host.toLowerCase()) &&
      !found.has(host.toLowerCase())
    )
      found.set(host.toLowerCase(), host);
  return [...found.values()];
}

function incidentOf(id: string, stop: Stop, causes: readonly Cause[], byId: ReadonlyMap<string, Cause>, scope: Scope): Incident {
  const judged = causes.map((cause) => judge(cause, scope)).filter((j) => j.grade === 'ruled_out' || canExplain(j.cause, stop));
  const considered = settleConflicts(judged, byId).sort(compareJudged);
  const verdict = verdictOf(considered, byId);
  const open = openCauses(considered);
  const likely = considered.filter((j) => j.grade === 'likely');
  const live: JudgedCause[] = [...likely, ...open];
  const check = verdict.grade === 'confirmed' ? undefined : nextCheck(live, scope);
  return {
    id,
    kind: 'stop',
    stop,
    verdict,
    chain: chainOf(stop, verdict.cause),
    considered,
    missing: verdict.cause === undefined ? distinctMissing(open.flatMap((j) => j.missing)) : verdict.cause.missing,
    ...(check && { nextCheck: check }),
  };
}

/** The coincidence tests of causes that were not ruled out anyway. */
function testsThatCounted(incidents: readonly Incident[], tests: Scope['coincidences']): Coincidence[] {
  const keys = new Set<string>();
  for (const { stop, considered } of incidents)
    for (const judged of considered) {
      if (judged.grade === 'ruled_out') continue;
      for (const item of judged.items)
        for (const part of partsOf(item.requirement.when)) if ('coincidence' in part) keys.add(coincidenceKey(part, stop));
    }
  return [...keys].map((key) => tests.get(key)).filter((c) => c !== undefined);
}

/** Causes that name the classes of stop they can explain are not considered for others (unless the class itself rules them out). */
function canExplain(cause: Cause, stop: Stop): boolean {
  return cause.stops === undefined || cause.stops.includes(stop.class);
}
