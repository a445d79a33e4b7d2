import type { Cause, Expr } from '@winmedic/knowledge/model';
import type { FactObservation } from '../model/observation.ts';
import type { Incident, JudgedCause, SuspectRepair } from '../model/verdict.ts';
import type { Case } from './case.ts';
import { isOneOf } from './expr-fact.ts';
import { joinTexts, say } from './text.ts';

/**
 * Settings that were changed after the last stop they could have led to, to a value with which the cause would not hold: most likely the
 * owner's repair. They say nothing about the earlier stops, but they must not be mistaken for their state either.
 */
export function suspectRepairs(theCase: Case, incidents: readonly Incident[]): SuspectRepair[] {
  const found = new Map<FactObservation, { host: string; causes: Map<string, Cause> }>();
  for (const host of new Set(incidents.map(({ stop }) => stop.host))) {
    const ofHost = incidents.filter(({ stop }) => stop.host === host);
    const causes = [...new Map(ofHost.flatMap(live).map((j) => [j.cause.id, j.cause])).values()];
    const fitting = fittingBetter(ofHost);
    for (const cause of causes) {
      const last = ofHost
        .filter((i) => live(i).some((j) => j.cause.id === cause.id))
        .map(({ stop }) => stop.latest)
        .reduce((a, b) => (a > b ? a : b));
      for (const { fact, is } of factsRequired(cause)) {
        for (const observed of theCase.factsOf(fact, host)) {
          if (observed.time.kind === 'now' || isOneOf(observed.value, is) || fitting(cause, observed)) continue;
          if ((observed.time.kind === 'span' ? observed.time.from : observed.time.at) <= last) continue;
          const entry = found.get(observed) ?? { host, causes: new Map<string, Cause>() };
          entry.causes.set(cause.id, cause);
          found.set(observed, entry);
        }
      }
    }
  }
  return [...found].map(([fact, { host, causes }]) => {
    const described = theCase.describe.fact(fact);
    const titles = joinTexts([...causes.values()].map(({ title }) => title));
    return {
      host,
      fact,
      causes: [...causes.values()],
      text: say(
        `Changed after the last stop: ${described.en}. With this value "${titles.en}" would not hold. It may be the repair, and says nothing about the value at the stops.`,
        `最後の停止の後に変更されています: ${described.ja}。この値では「${titles.ja}」は成立しません。修復の結果とみられ、停止した時点の値は示しません。`,
      ),
    };
  });
}

/** Surest first, as far as causes that are still open have them. */
const GRADES: readonly JudgedCause['grade'][] = ['confirmed', 'likely'];
const rankOf = ({ grade }: JudgedCause): number => (GRADES.includes(grade) ? GRADES.indexOf(grade) : GRADES.length);

/**
 * Tells whether a surer cause than this one needs just the value that is shown: then its change is no repair, whatever a weaker cause (for which the
 * value only spoke against the surer one) would need.
 */
function fittingBetter(incidents: readonly Incident[]): (cause: Cause, observed: FactObservation) => boolean {
  const best = new Map<Cause, number>();
  for (const j of incidents.flatMap(live)) best.set(j.cause, Math.min(best.get(j.cause) ?? GRADES.length, rankOf(j)));
  return (cause, observed) =>
    [...best].some(
      ([other, rank]) =>
        rank < (best.get(cause) ?? GRADES.length) &&
        factsRequired(other).some(({ fact, is }) => fact === observed.name && isOneOf(observed.value, is)),
    );
}

/** Causes an incident was given or that are still open for it. */
function live(incident: Incident): JudgedCause[] {
  return incident.considered.filter((j) => j.grade !== 'ruled_out' && (j.pointed || j.grade !== 'inconclusive'));
}

type FactPart = Extract<Expr, { readonly fact: string }>;

/** Facts that must have one of the given values; what stands below a `not` asks for the opposite. */
function factsRequired(cause: Cause): FactPart[] {
  return cause.required.flatMap(({ when }) => positiveFacts(when, 0));
}

/** Deeper than any condition that is evaluated. */
const MAX_DEPTH = 40;

function positiveFacts(expr: Expr, depth: number): FactPart[] {
  if (depth > MAX_DEPTH) return [];
  if ('all' in expr) return expr.all.flatMap((e) => positiveFacts(e, depth + 1));
  if ('any' in expr) return expr.any.flatMap((e) => positiveFacts(e, depth + 1));
  return 'fact' in expr ? [expr] : [];
}
