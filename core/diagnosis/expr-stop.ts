import type { Expr } from '@winmedic/knowledge/model';
import type { Observation } from '../model/observation.ts';
import type { Evaluation } from '../model/verdict.ts';
import { type Condition, compileConditions } from './conditions.ts';
import { both, isFalse, isTrue, isUnknown } from './evaluation.ts';
import type { Scope } from './scope.ts';
import { type Property, propertyOf } from './stop-properties.ts';
import { say } from './text.ts';

type StopExpr = Extract<Expr, { readonly stop: object }>;

/** Properties of the stop; all conditions must hold. A property without a record is unknown, never false. */
export function evaluateStop(expr: StopExpr, scope: Scope): Evaluation {
  const { stop, theCase } = scope;
  if (stop === undefined) return isFalse(say('no stop of this host is in the evidence', 'このホストの停止は証拠にありません'));
  const conditions = compileConditions(expr.stop);
  if (conditions.problem !== undefined)
    return isUnknown(say(`condition ${conditions.problem} cannot be evaluated`, `条件 ${conditions.problem} は評価できません`));
  return both(conditions.list.map((condition) => decide(condition, propertyOf(theCase, stop, condition.field), scope)));
}

function decide(condition: Condition, property: Property, scope: Scope): Evaluation {
  if (property.state === 'unknown') return isUnknown(property.because, property.missing);
  const value = property.state === 'absent' ? undefined : property.value;
  const holds = condition.holds(value);
  const where = cite(property.evidence, scope);
  const shown = value ?? say('none', 'なし');
  const en = typeof shown === 'string' ? shown : shown.en;
  const ja = typeof shown === 'string' ? shown : shown.ja;
  const because = say(`${condition.field}: ${en}${where.en}`, `${condition.field}: ${ja}${where.ja}`);
  return holds ? isTrue(because, property.evidence) : isFalse(because, property.evidence);
}

function cite(evidence: readonly Observation[], scope: Scope): { readonly en: string; readonly ja: string } {
  if (evidence.length === 0) return say('', '');
  const list = scope.theCase.describe.list(evidence.slice(0, 1));
  return say(` (${list.en})`, `(${list.ja})`);
}
