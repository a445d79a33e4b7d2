import type { Cause, EventPattern, Expr } from '@winmedic/knowledge/model';

/** Deepest nesting of conditions looked into; packs of users are data from outside. */
const MAX_DEPTH = 50;

/** Every event pattern the conditions of these causes look at, so that their events are kept when evidence is read. */
export function patternsOf(causes: readonly Cause[]): EventPattern[] {
  const patterns: EventPattern[] = [];
  for (const cause of causes) {
    const items = [...cause.required, ...(cause.supporting ?? []), ...(cause.refutes ?? []), ...(cause.weakens ?? [])];
    for (const item of items) visit(item.when, patterns, 0);
  }
  return patterns;
}

function visit(expr: Expr, patterns: EventPattern[], depth: number): void {
  if (depth > MAX_DEPTH) return;
  if ('all' in expr) for (const e of expr.all) visit(e, patterns, depth + 1);
  else if ('any' in expr) for (const e of expr.any) visit(e, patterns, depth + 1);
  else if ('not' in expr) visit(expr.not, patterns, depth + 1);
  else if ('event' in expr) patterns.push(expr.event);
  else if ('absent' in expr) patterns.push(expr.absent);
  else if ('actionBefore' in expr) patterns.push(...(expr.records ?? []));
}
