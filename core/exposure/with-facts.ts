import type { Knowledge } from '@winmedic/knowledge';
import type { Evidence } from '../model/observation.ts';
import { factsOfState } from './facts.ts';

/** The evidence with what the state of its hosts says as facts ({@link factsOfState}), numbered behind those that were given. */
export function withStateFacts(evidence: Evidence, knowledge: Pick<Knowledge, 'settings'>): Evidence {
  const made = factsOfState(evidence, knowledge);
  const given = evidence.facts.length;
  return {
    ...evidence,
    facts: [...evidence.facts, ...made.facts.map((fact, i) => ({ ...fact, id: `F${given + i + 1}` }))],
    problems: [...evidence.problems, ...made.problems],
  };
}
