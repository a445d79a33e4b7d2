import type { Expr } from '@winmedic/knowledge/model';
import type { Observation } from '../model/observation.ts';
import type { Evaluation } from '../model/verdict.ts';
import { type Condition, compileConditions } from './conditions.ts';
import { distinct, distinctMissing, isFalse, isTrue, isUnknown } from './evaluation.ts';
import type { Scope } from './scope.ts';
import { labelOf, type Property, propertyOf, valueText } from './stop-properties.ts';
import { joinTexts, say } from './text.ts';

type StopExpr = Extract<Expr, { readonly stop: object }>;

/** Properties of the stop; all conditions must hold. A property without a record is unknown, never false. */
export function evaluateStop(expr: StopExpr, scope: Scope): Evaluation {
  const { stop, theCase } = scope;
  if (stop === undefined) return isFalse(say('no stop of this host is in the evidence', 'このホストの停止は証拠にありません'));
  const conditions = compileConditions(expr.stop);
  if (conditions.problem !== undefined)
    return isUnknown(say(`condition ${conditions.problem} cannot be evaluated`, `条件 ${conditions.problem} は評価できません`));

  const asked = conditions.list.map((condition) => ({ condition, property: propertyOf(theCase, stop, condition.field) }));
  const failed = asked.filter(({ condition, property }) => property.state !== 'unknown' && !holds(condition, property));
  const first = failed[0];
  if (first !== undefined) return isFalse(described([first], scope), evidenceOf([first]));
  const open = asked.flatMap(({ property }) => (property.state === 'unknown' ? [property] : []));
  if (open.length > 0) return isUnknown(joinTexts(open.map((p) => p.because)), distinctMissing(open.flatMap((p) => p.missing)));
  return isTrue(described(asked, scope), evidenceOf(asked));
}

interface Asked {
  readonly condition: Condition;
  readonly property: Property;
}

function holds(condition: Condition, property: Property): boolean {
  return condition.holds(property.state === 'value' ? property.value : undefined);
}

function evidenceOf(asked: readonly Asked[]): Observation[] {
  return distinct(asked.flatMap(({ property }) => (property.state === 'unknown' ? [] : property.evidence)));
}

/** What the properties are, with the first record they rest on. */
function described(asked: readonly Asked[], scope: Scope): ReturnType<typeof say> {
  const values = asked.map(({ condition, property }) => {
    const label = labelOf(condition.field);
    const value = property.state === 'value' ? valueText(condition.field, property.value) : say('none', 'なし');
    return say(`${label.en} ${value.en}`, `${label.ja} ${value.ja}`);
  });
  const en = values.map((v) => v.en).join(', ');
  const ja = values.map((v) => v.ja).join('、');
  const [record] = evidenceOf(asked);
  if (record === undefined) return say(en, ja);
  const cited = scope.theCase.describe.list([record]);
  return say(`${en}: ${cited.en}`, `${ja}: ${cited.ja}`);
}
