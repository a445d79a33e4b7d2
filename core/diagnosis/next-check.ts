import type { Cause, Check, Requirement } from '@winmedic/knowledge/model';
import type { Incident, JudgedCause } from '../model/verdict.ts';
import type { Case } from './case.ts';
import { evaluate, factsIn, partsOf } from './evaluate.ts';
import { DONE_AFTER, DONE_BEFORE } from './expr-action.ts';
import { judge } from './judge.ts';
import type { Scope } from './scope.ts';
import { joinTexts, say } from './text.ts';

const DEFAULT_EFFORT = 3;
/** Values of one fact that are tried. */
const MAX_VALUES = 12;

interface Candidate {
  readonly check: Check;
  readonly fact: string;
  readonly separates: readonly string[];
  readonly parts: number;
}

/**
 * The one check that separates the most of the causes still open or likely, with the least effort: each fact a check would supply is
 * assumed to have each of its values in turn, and the causes are judged again.
 */
export function nextCheck(live: readonly JudgedCause[], scope: Scope): Incident['nextCheck'] | undefined {
  if (live.length === 0) return undefined;
  const causes = live.map((j) => j.cause);
  const checks = new Map<string, Check>();
  for (const cause of causes)
    for (const check of cause.confirm) {
      const known = check.fact === undefined ? undefined : checks.get(check.fact);
      if (check.fact !== undefined && (known === undefined || effortOf(check) < effortOf(known))) checks.set(check.fact, check);
    }
  const candidates: Candidate[] = [];
  for (const [fact, check] of checks) {
    if (!isOpen(fact, live, scope)) continue;
    const candidate = tryFact(fact, check, live, scope);
    if (candidate.separates.length > 0) candidates.push(candidate);
  }
  candidates.sort(
    (a, b) =>
      b.separates.length - a.separates.length || effortOf(a.check) - effortOf(b.check) || b.parts - a.parts || (a.fact < b.fact ? -1 : 1),
  );
  const best = candidates[0];
  if (best !== undefined) return found(best.check, best.separates, causes);
  const easiest = causes
    .flatMap((cause) => cause.confirm.map((check) => ({ cause, check })))
    .sort((a, b) => effortOf(a.check) - effortOf(b.check))[0];
  return easiest === undefined ? undefined : found(easiest.check, [easiest.cause.id], causes);
}

/** Is there anything left to learn about this fact: does a question about it stay unanswered? */
function isOpen(fact: string, live: readonly JudgedCause[], scope: Scope): boolean {
  return live.some(({ cause }) =>
    itemsOf(cause).some((item) =>
      partsOf(item.when).some(
        (part) =>
          !('all' in part || 'any' in part || 'not' in part) && factsIn(part).has(fact) && evaluate(part, scope).value === 'unknown',
      ),
    ),
  );
}

/** The items of a cause that decide its grade. */
function itemsOf(cause: Cause): readonly Requirement[] {
  return [...cause.required, ...(cause.refutes ?? []), ...(cause.weakens ?? [])];
}

/** Which causes change their grade with the value of the fact, and into how many groups the outcomes fall. */
function tryFact(fact: string, check: Check, live: readonly JudgedCause[], scope: Scope): Candidate {
  const values = valuesOf(scope.theCase, fact, live);
  const separates: string[] = [];
  const outcomes: string[] = values.map(() => '');
  for (const { cause } of live) {
    if (!itemsOf(cause).some((item) => factsIn(item.when).has(fact))) continue;
    const grades = values.map((value) => judge(cause, { ...scope, assume: { fact, value } }).grade);
    if (new Set(grades).size > 1) separates.push(cause.id);
    for (const [i, grade] of grades.entries()) outcomes[i] += `${grade};`;
  }
  return { check, fact, separates, parts: new Set(outcomes).size };
}

/** Values a fact may have: those of its definition, else those the causes ask for and one they do not. */
function valuesOf(theCase: Case, fact: string, live: readonly JudgedCause[]): string[] {
  const definition = theCase.facts.get(fact);
  if (definition?.kind === 'action') return [DONE_BEFORE, DONE_AFTER];
  if (definition?.values !== undefined) return Object.keys(definition.values).slice(0, MAX_VALUES);
  const asked = new Set<string>();
  for (const { cause } of live)
    for (const item of itemsOf(cause))
      for (const part of partsOf(item.when)) {
        const is = 'fact' in part && part.fact === fact ? part.is : 'factEvent' in part && part.factEvent === fact ? part.is : undefined;
        if (is !== undefined) for (const value of Array.isArray(is) ? is : [is]) asked.add(String(value));
      }
  return [...[...asked].slice(0, MAX_VALUES), 'another value'];
}

function found(check: Check, separates: readonly string[], causes: readonly Cause[]): NonNullable<Incident['nextCheck']> {
  const names = joinTexts(causes.filter((c) => separates.includes(c.id)).map((c) => c.title));
  return {
    check,
    separates,
    text: say(`${check.text.en} This decides on: ${names.en}.`, `${check.text.ja}これで決まるもの: ${names.ja}。`),
  };
}

function effortOf(check: Check): number {
  return check.effort ?? DEFAULT_EFFORT;
}
