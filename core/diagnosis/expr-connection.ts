import { type ConnectionPropertyName, EVIDENCE_NAMES, type Expr, kindsThatShow } from '@winmedic/knowledge/model';
import type { ConnectionAttempt } from '../model/connection.ts';
import type { FactObservation } from '../model/observation.ts';
import type { Evaluation, Missing } from '../model/verdict.ts';
import { type Condition, compileConditions } from './conditions.ts';
import { CONNECTION_LABELS } from './connection-labels.ts';
import { isFalse, isTrue, isUnknown } from './evaluation.ts';
import type { Scope } from './scope.ts';
import { joinTexts, say } from './text.ts';

type ConnectionExpr = Extract<Expr, { readonly connection: object }>;

/** Kinds of evidence named as showing what is missing. */
const MAX_KINDS = 2;
/** Longest part of a value that is written into a reason; the whole is in the evidence. */
const MAX_SHOWN = 80;

/**
 * Properties of the attempt to connect; all conditions must hold. A property that was not looked at is unknown, never false; one with the
 * value `''` was looked at and is not there. Values are compared as text, case-insensitively; numbers by value.
 */
export function evaluateConnection(expr: ConnectionExpr, scope: Scope): Evaluation {
  const attempt = scope.connection?.attempt;
  if (attempt === undefined) return isUnknown(say('no attempt to connect is in the evidence', '接続の試行は証拠にありません'));
  const conditions = compileConditions(expr.connection);
  if (conditions.problem !== undefined)
    return isUnknown(say(`condition ${conditions.problem} cannot be evaluated`, `条件 ${conditions.problem} は評価できません`));

  const asked = conditions.list.map((condition) => ({ condition, found: attempt.properties.get(condition.field) }));
  const seen = asked.filter((a): a is Asked => a.found !== undefined);
  const failed = seen.find(({ condition, found }) => !condition.holds(found.value));
  if (failed !== undefined) return isFalse(described([failed]), [failed.found]);
  const open = asked.flatMap(({ condition, found }) => (found === undefined ? [missingProperty(condition.field, attempt)] : []));
  if (open.length > 0) {
    const what = joinTexts(asked.flatMap(({ condition, found }) => (found === undefined ? [labelOf(condition.field)] : [])));
    return isUnknown(say(`not observed: ${what.en}`, `未観測: ${what.ja}`), open);
  }
  return isTrue(described(seen), [...new Set(seen.map((a) => a.found))]);
}

interface Asked {
  readonly condition: Condition;
  readonly found: FactObservation;
}

/** A property nobody looked at, as something that would help; of a recording with what would show it. */
function missingProperty(field: string, { from }: ConnectionAttempt): Missing {
  const label = labelOf(field);
  const kinds = from === 'live' || !Object.hasOwn(CONNECTION_LABELS, field) ? [] : kindsThatShow(field as ConnectionPropertyName);
  // Another attempt is always possible; what was recorded of this one comes first.
  const recorded = kinds.filter((kind) => kind !== 'live' && kind !== from);
  const others = (recorded.length > 0 ? recorded : kinds.filter((kind) => kind === 'live')).slice(0, MAX_KINDS);
  const names = others.map((kind) => EVIDENCE_NAMES[kind]);
  const by = say(names.map(({ en }) => en).join(', '), names.map(({ ja }) => ja).join('、'));
  const text = others.length === 0 ? label : say(`${label.en} (shown by ${by.en})`, `${label.ja} (${by.ja}で確認可能)`);
  return { kind: 'record', name: `connection.${field}`, text };
}

function labelOf(field: string): ReturnType<typeof say> {
  return Object.hasOwn(CONNECTION_LABELS, field) ? CONNECTION_LABELS[field as ConnectionPropertyName] : say(field, field);
}

/** What the properties are: `HTTP status 401, Server header none`. */
function described(asked: readonly Asked[]): ReturnType<typeof say> {
  const values = asked.map(({ condition, found }) => {
    const label = labelOf(condition.field);
    if (found.value === '') return say(`${label.en}: none`, `${label.ja}: なし`);
    const value = found.value.length > MAX_SHOWN ? `${found.value.slice(0, MAX_SHOWN)}…` : found.value;
    return say(`${label.en}: ${value}`, `${label.ja}: ${value}`);
  });
  return say(values.map((v) => v.en).join(', '), values.map((v) => v.ja).join('、'));
}
