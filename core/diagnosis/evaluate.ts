import type { Expr } from '@winmedic/knowledge/model';
import type { Evaluation } from '../model/verdict.ts';
import { both, either, isUnknown } from './evaluation.ts';
import { evaluateAction } from './expr-action.ts';
import { evaluateCoincidence } from './expr-coincidence.ts';
import { evaluateConnection } from './expr-connection.ts';
import { evaluateDerived } from './expr-derived.ts';
import { evaluateAbsent, evaluateEvent } from './expr-event.ts';
import { evaluateFact, evaluateFactEvent } from './expr-fact.ts';
import { evaluateStop } from './expr-stop.ts';
import type { Scope } from './scope.ts';
import { say } from './text.ts';

/** Deeper nesting than any readable condition has; what lies below stays undecided. */
const MAX_DEPTH = 40;

/**
 * Evaluates an expression for a scope, three-valued (Kleene): unknown stays unknown unless another part decides. Results are kept in the
 * scope; parts that speak of an assumed fact are evaluated anew.
 */
export function evaluate(expr: Expr, scope: Scope, depth = 0): Evaluation {
  if (depth > MAX_DEPTH) return isUnknown(say('nested too deeply', '条件の入れ子が深すぎます'));
  const fresh = scope.assume !== undefined && factsIn(expr).has(scope.assume.fact);
  if (!fresh) {
    const known = scope.results.get(expr);
    if (known !== undefined) return known;
  }
  const result = decide(expr, scope, depth);
  if (!fresh) scope.results.set(expr, result);
  return result;
}

function decide(expr: Expr, scope: Scope, depth: number): Evaluation {
  if ('all' in expr) return both(expr.all.map((e) => evaluate(e, scope, depth + 1)));
  if ('any' in expr) return either(expr.any.map((e) => evaluate(e, scope, depth + 1)));
  if ('not' in expr) return negate(evaluate(expr.not, scope, depth + 1));
  if ('event' in expr) return evaluateEvent(expr, scope);
  if ('absent' in expr) return evaluateAbsent(expr, scope);
  if ('fact' in expr) return evaluateFact(expr, scope);
  if ('factEvent' in expr) return evaluateFactEvent(expr, scope);
  if ('derived' in expr) return evaluateDerived(expr, scope);
  if ('stop' in expr) return evaluateStop(expr, scope);
  if ('connection' in expr) return evaluateConnection(expr, scope);
  if ('actionBefore' in expr) return evaluateAction(expr, scope);
  return evaluateCoincidence(expr, scope);
}

/** What speaks for a part does not speak for its opposite: a disputed part becomes a plain unknown. */
function negate(part: Evaluation): Evaluation {
  if (part.value === 'unknown') return part.disputed === true ? isUnknown(part.because, part.missing, part.evidence) : part;
  return { ...part, value: part.value === 'true' ? 'false' : 'true' };
}

const factSets = new WeakMap<Expr, ReadonlySet<string>>();

/** Names of the facts an expression asks for. */
export function factsIn(expr: Expr): ReadonlySet<string> {
  let names = factSets.get(expr);
  if (names === undefined) {
    names = new Set(collectFacts(expr, 0));
    factSets.set(expr, names);
  }
  return names;
}

function collectFacts(expr: Expr, depth: number): string[] {
  if (depth > MAX_DEPTH) return [];
  if ('all' in expr) return expr.all.flatMap((e) => collectFacts(e, depth + 1));
  if ('any' in expr) return expr.any.flatMap((e) => collectFacts(e, depth + 1));
  if ('not' in expr) return collectFacts(expr.not, depth + 1);
  if ('fact' in expr) return [expr.fact];
  if ('factEvent' in expr) return [expr.factEvent];
  if ('actionBefore' in expr) return [expr.actionBefore];
  return [];
}

/** Every part of an expression, itself included. */
export function partsOf(expr: Expr, depth = 0): Expr[] {
  if (depth > MAX_DEPTH) return [];
  if ('all' in expr) return [expr, ...expr.all.flatMap((e) => partsOf(e, depth + 1))];
  if ('any' in expr) return [expr, ...expr.any.flatMap((e) => partsOf(e, depth + 1))];
  if ('not' in expr) return [expr, ...partsOf(expr.not, depth + 1)];
  return [expr];
}
