import type { Knowledge } from '@winmedic/knowledge';
import type { ConnectionAttempt, ConnectionDiagnosis } from '../model/connection.ts';
import type { InstantNs } from '../model/observation.ts';
import type { Timeline } from '../model/timeline.ts';
import { Case } from './case.ts';
import { asForAttempt, besideOf, connectionVerdict, outcomeOf } from './connection-verdict.ts';
import { distinctMissing } from './evaluation.ts';
import { judge } from './judge.ts';
import { nextCheck } from './next-check.ts';
import type { Scope } from './scope.ts';
import { compareJudged, openCauses, settleConflicts } from './verdict.ts';

/** How an attempt to connect is judged. */
export interface DiagnoseConnectionOptions {
  /** Evidence given beside the attempt: logs and settings of the host take part in the same causes. */
  readonly timeline?: Timeline;
  /** Writes times in the reasons; default: the host's own offset as recorded, else UTC. */
  readonly formatTime?: (at: InstantNs, host?: string) => string;
  /** When the judgement is made: facts without a time are of this moment. Default: the end of the attempt. */
  readonly madeAt?: InstantNs;
}

/** An attempt no older than this is of now: a setting read without a time speaks of it as well. */
const NOW_NS = 3_600_000_000_000n;

/**
 * Judges one attempt to connect by the gate of stops (docs/explanation/verdict.md): causes of scope `connection` and those of class `logon`.
 * What was not observed stays unknown, so a cause whose proof lies on the host is likely at most unless evidence of that host is given.
 * The result depends on its arguments alone.
 */
export function diagnoseConnection(
  attempt: ConnectionAttempt,
  knowledge: Knowledge,
  options: DiagnoseConnectionOptions = {},
): ConnectionDiagnosis {
  const theCase = caseOf(options.timeline ?? NOTHING_BESIDE, knowledge, options.formatTime);
  const shift = clockShift(attempt);
  const age = (options.madeAt ?? attempt.endedAt) - attempt.endedAt;
  const connection = {
    attempt,
    from: attempt.startedAt + shift,
    to: attempt.endedAt + shift,
    ofNow: attempt.from === 'live' && age <= NOW_NS,
  };
  const scope: Scope = {
    theCase,
    host: hostOf(attempt, theCase),
    connection,
    wholeHost: false,
    results: new Map(),
    coincidences: new Map(),
  };
  const byId = new Map(knowledge.causes.map((c) => [c.id, c]));
  const causes = [...byId.values()].filter((c) => c.scope === 'connection' || c.class === 'logon');
  const considered = settleConflicts(
    causes.map((cause) => asForAttempt(judge(cause, scope), attempt)),
    byId,
  ).sort(compareJudged);
  const verdict = connectionVerdict(attempt, considered, byId);
  const beside = besideOf(considered);
  const outcome = outcomeOf(attempt, verdict.cause, beside);
  const open = outcome === 'failed' ? openCauses(considered) : [];
  const live = [...considered.filter((j) => j.grade === 'likely' && !beside.includes(j)), ...open];
  const check = verdict.grade === 'confirmed' ? undefined : nextCheck(live, scope);
  return {
    attempt,
    outcome,
    verdict,
    considered,
    beside,
    missing: verdict.cause === undefined ? distinctMissing(open.flatMap((j) => j.missing)) : verdict.cause.missing,
    ...(check && { nextCheck: check }),
  };
}

/** How far the clock of the host is ahead of the one the attempt is told in: measured between recordings, else as the host itself told the time. */
function clockShift({ hostClockNs, portrait }: ConnectionAttempt): bigint {
  if (hostClockNs !== undefined) return hostClockNs;
  const skew = portrait.clock?.skewSeconds;
  return skew === undefined || !Number.isFinite(skew) ? 0n : BigInt(Math.trunc(skew)) * 1_000_000_000n;
}

const cases = new WeakMap<
  Timeline,
  { readonly knowledge: Knowledge; readonly format: DiagnoseConnectionOptions['formatTime']; readonly made: Case }
>();

/** The prepared case of a timeline; a run over many hosts asks for the same one each time. */
function caseOf(timeline: Timeline, knowledge: Knowledge, format: DiagnoseConnectionOptions['formatTime']): Case {
  const known = cases.get(timeline);
  if (known !== undefined && known.knowledge === knowledge && known.format === format) return known.made;
  const made = new Case(timeline, knowledge, format);
  cases.set(timeline, { knowledge, format, made });
  return made;
}

/**
 * The host of the evidence that was tried: by the names it gave itself, else by the name used, which may be an alias. A host that calls itself
 * by none of the names in the evidence is another one, whatever name led to it (a stale DNS entry): then no record speaks of the attempt.
 */
function hostOf({ host, portrait }: ConnectionAttempt, theCase: Case): string {
  const own = [portrait.dnsComputerName, portrait.computerName].filter((name): name is string => name !== undefined && name !== '');
  const names = own.length > 0 ? own : [host];
  for (const name of names) {
    const wanted = name.toLowerCase();
    const found = theCase.timeline.hosts.filter((h) => theCase.namesOf(h.name).has(wanted));
    if (found.length === 1 && found[0] !== undefined) return found[0].name;
  }
  return names[0] as string;
}

/** A case without any evidence. */
const NOTHING_BESIDE: Timeline = {
  evidence: {
    sources: [],
    events: [],
    facts: [],
    coverage: [],
    problems: [],
    state: [],
    extents: [],
    dumps: [],
    images: [],
    captures: [],
    conversations: [],
    traces: [],
    totals: { bytes: 0, recordsRead: 0, kept: 0, recovered: 0, damagedRecords: 0 },
  },
  hosts: [],
  events: [],
  coverage: [],
  sessions: [],
  stops: [],
  clockSteps: [],
};
