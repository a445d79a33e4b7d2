import type { Knowledge } from '@winmedic/knowledge';
import type { Evidence, InputProblem } from '../model/observation.ts';
import { factsOfState } from './facts.ts';
import { HostNames, isHostName } from './host-names.ts';
import { namesText } from './problems.ts';

/**
 * The evidence with what the state of its hosts says as facts ({@link factsOfState}), numbered behind those that were given. State of hosts of which
 * there are no logs explains no stop: that is said, since a renamed machine or a wrong copy is easily overlooked.
 */
export function withStateFacts(evidence: Evidence, knowledge: Pick<Knowledge, 'settings'>): Evidence {
  const made = factsOfState(evidence, knowledge);
  const given = evidence.facts.length;
  return {
    ...evidence,
    facts: [...evidence.facts, ...made.facts.map((fact, i) => ({ ...fact, id: `F${given + i + 1}` }))],
    problems: [
      ...evidence.problems,
      ...made.problems,
      ...withoutLogs(
        evidence,
        made.facts.map(({ host, origin }) => [host, origin.path]),
      ),
    ],
  };
}

function withoutLogs({ events }: Evidence, made: readonly (readonly [string | undefined, string])[]): InputProblem[] {
  const logged = [...new Set(events.map(({ host }) => host))].filter(isHostName);
  if (logged.length === 0) return [];
  const names = new HostNames(
    events,
    made.flatMap(([host]) => host ?? []),
  );
  const machines = new Set(logged.map((host) => names.machine(host)));
  const others = new Map<string, string>();
  for (const [host, path] of made)
    if (host !== undefined && !machines.has(names.machine(host)) && !others.has(host)) others.set(host, path);
  return [...others].map(([host, path]) => ({
    code: 'EXPOSURE_HOST_WITHOUT_LOGS',
    path,
    severity: 'note',
    what: host,
    have: namesText(logged),
  }));
}
