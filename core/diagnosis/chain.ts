import type { Expr } from '@winmedic/knowledge/model';
import type { Stop } from '../model/timeline.ts';
import type { ChainLink, JudgedCause, JudgedRequirement } from '../model/verdict.ts';
import { STOP_CLASS_NAMES } from '../timeline/marks.ts';
import { partsOf } from './evaluate.ts';

const ROLES: readonly ChainLink['role'][] = ['cause', 'mechanism', 'symptom'];

/**
 * The chain of evidence of a verdict: the cause with the facts it needs, what leads from it to the stop, and the record of the stop. Each
 * link says whether records show it, it was derived from several, a person stated it, or it is assumed because nothing speaks of it.
 */
export function chainOf(stop: Stop, named: JudgedCause | undefined): ChainLink[] {
  if (named === undefined) return [symptom(stop)];
  const links: ChainLink[] = [];
  for (const item of named.items) {
    const value = item.evaluation.value;
    if (item.role === 'required' ? value === 'false' : item.role !== 'supporting' || value !== 'true') continue;
    links.push({
      role: roleOf(item.requirement.when),
      text: item.requirement.text,
      support: supportOf(item),
      evidence: item.evaluation.evidence,
    });
  }
  const head: ChainLink = {
    role: 'cause',
    text: named.cause.title,
    support: named.grade === 'confirmed' ? 'derived' : 'assumed',
    evidence: [],
  };
  if (!links.some((l) => l.role === 'symptom')) links.push(symptom(stop));
  return [head, ...ROLES.flatMap((role) => links.filter((l) => l.role === role))];
}

function symptom(stop: Stop): ChainLink {
  return {
    role: 'symptom',
    text: STOP_CLASS_NAMES[stop.class],
    support: stop.records.length > 0 ? 'observed' : 'assumed',
    evidence: stop.records,
  };
}

/** Facts are causes, properties of the stop are its symptom, what lies between is the mechanism. */
function roleOf(expr: Expr): ChainLink['role'] {
  const leaves = partsOf(expr);
  const has = (key: string): boolean => leaves.some((part) => key in part);
  if (has('event') || has('derived') || has('coincidence') || has('absent')) return 'mechanism';
  if (has('fact') || has('factEvent') || has('actionBefore')) return 'cause';
  return 'symptom';
}

function supportOf(item: JudgedRequirement): ChainLink['support'] {
  const { evaluation, requirement } = item;
  if (evaluation.value !== 'true') return 'assumed';
  const leaves = partsOf(requirement.when);
  if (evaluation.evidence.some((o) => o.type === 'fact' && o.trust === 'stated')) return 'stated';
  if (leaves.some((part) => 'derived' in part || 'coincidence' in part || 'absent' in part || 'not' in part)) return 'derived';
  return evaluation.evidence.length > 0 ? 'observed' : 'derived';
}
