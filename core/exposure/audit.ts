import type { Knowledge } from '@winmedic/knowledge';
import type { Audit, AuditHost, SettingResult } from '../model/audit.ts';
import type { InputProblem, InstantNs } from '../model/observation.ts';
import { judgeCombined } from './combined.ts';
import { type HostState, hostsOfState, type StateEvidence } from './hosts.ts';
import { Interest } from './interest.ts';
import { judgeSetting } from './judge-setting.ts';
import { DamagedInputs } from './needs.ts';
import { osOf } from './os.ts';
import { hostProblems, olderStateProblems } from './problems.ts';

/** How an audit is made. */
export interface AuditOptions {
  /** Moment of the audit, as it is to be printed. */
  readonly madeAt: InstantNs;
}

/**
 * Judges every setting and combined finding for every host of which the evidence shows any state. Of several copies of the hives of one
 * host the newest is judged, together with everything that is no hive; older ones are named in the problems.
 */
export function auditHosts(evidence: StateEvidence, knowledge: Pick<Knowledge, 'settings' | 'findings'>, { madeAt }: AuditOptions): Audit {
  const hosts = hostsOfState(evidence, new Interest(knowledge.settings));
  const damaged = new DamagedInputs(evidence.problems);
  return {
    hosts: hosts.map((host) => auditHost(host, knowledge, damaged)),
    comparisons: [],
    sources: evidence.sources,
    problems: [...evidence.problems, ...hostProblems(hosts), ...hosts.flatMap(olderStateProblems)] satisfies InputProblem[],
    madeAt,
  };
}

function auditHost(host: HostState, knowledge: Pick<Knowledge, 'settings' | 'findings'>, damaged: DamagedInputs): AuditHost {
  const units = [...(host.hives[0]?.units ?? []), ...host.texts];
  const os = osOf(units, host, false);
  const judged = new Map(knowledge.settings.map((setting) => [setting.id, judgeSetting(setting, { units, os, damaged })]));
  const settings = [...judged.values()].map(({ result }) => result);
  return {
    ...(host.host !== undefined && { host: host.host }),
    os,
    sources: [...new Set([...host.hives.flatMap((set) => set.units), ...host.texts].map(({ sourceId }) => sourceId))],
    settings,
    combined: knowledge.findings.map((finding) => judgeCombined(finding, judged)),
    counts: countsOf(settings),
  };
}

function countsOf(settings: readonly SettingResult[]): AuditHost['counts'] {
  const counts = { risky: 0, ok: 0, noted: 0, 'possible-risk': 0, 'probably-ok': 0, conflict: 0, 'not-checked': 0 };
  for (const { status } of settings) counts[status]++;
  return counts;
}
