import type { DerivedName, Expr, Window } from '@winmedic/knowledge/model';
import type { InstantNs } from '../model/observation.ts';
import type { Evaluation } from '../model/verdict.ts';
import { lowerBound } from '../timeline/order.ts';
import { maxNs, minNs } from '../timeline/time.ts';
import { type Judged, stepText, stepWithin } from './coverage.ts';
import { DERIVATIONS, HYPERVISOR_WINDOWS } from './derived/index.ts';
import { type Occurrence, type OccurrenceKind, occurrencesOf } from './derived/occurrence.ts';
import { distinct, distinctMissing, isDisputed, isFalse, isTrue, isUnknown } from './evaluation.ts';
import { countHolds, lookedAt } from './expr-event.ts';
import type { Scope } from './scope.ts';
import { joinTexts, say } from './text.ts';
import { type Looked, momentOf } from './window.ts';

type DerivedExpr = Extract<Expr, { readonly derived: DerivedName }>;

const MAX_CITED = 20;

/** A derived observation: occurrences counted in a window, or a property of the stop worked out from several records. */
export function evaluateDerived(expr: DerivedExpr, scope: Scope): Evaluation {
  const kind = DERIVATIONS[expr.derived];
  if (kind === undefined)
    return isUnknown(say(`unknown derived observation ${String(expr.derived)}`, `未知の導出 ${String(expr.derived)}`));
  const looked = lookedAt(expr.within ?? defaultWindow(expr.derived), scope);
  if (looked === undefined) return isUnknown(say('no boot after the stop is recorded', '停止の後の起動が記録されていません'));
  if (kind.form === 'stop') {
    if (scope.stop === undefined) {
      if (kind.evaluateHost !== undefined) return kind.evaluateHost(scope.theCase, scope.host, looked);
      return isFalse(say('no stop of this host is in the evidence', 'このホストの停止は証拠にありません'));
    }
    return kind.evaluate(scope.theCase, scope.stop, looked);
  }
  return count(expr, kind, looked, scope);
}

function defaultWindow(name: DerivedName): Window | undefined {
  if (!Object.hasOwn(HYPERVISOR_WINDOWS, name)) return undefined;
  const around = HYPERVISOR_WINDOWS[name as keyof typeof HYPERVISOR_WINDOWS];
  return { before: around, after: around };
}

function count(expr: DerivedExpr, kind: OccurrenceKind, looked: Looked, scope: Scope): Evaluation {
  const { theCase, host, stop } = scope;
  const at = stop === undefined ? undefined : momentOf(stop).from;
  const found = present(occurrencesOf(theCase, expr.derived, kind, host), looked, at);
  const doubtful = found.flatMap((o) => {
    const judged = at === undefined ? undefined : rely(kind, scope, o, at);
    return judged === undefined || judged.covered ? [] : [{ o, judged }];
  });
  const sure = found.filter((o) => !doubtful.some((d) => d.o === o));
  const evidence = distinct(sure.flatMap((o) => o.evidence)).slice(0, MAX_CITED);
  const verdict = countHolds(sure.length, expr.count);
  if (verdict === 'true' && sure.length > 0) return isTrue(named(kind, sure, scope), evidence);
  if (verdict === 'beyond') return isFalse(named(kind, sure, scope), evidence);
  const judged = kind.judge(theCase, host, looked);
  if (doubtful.length > 0 || !judged.covered) {
    const reasons = [...doubtful.map((d) => d.judged), ...(judged.covered ? [] : [judged])];
    const unsure = doubtful.length > 0 ? isDisputed : isUnknown;
    return unsure(joinTexts(reasons.map((r) => r.because)), distinctMissing(reasons.flatMap((r) => r.missing)), evidence);
  }
  const holds = verdict === 'true' || verdict === 'within';
  if (holds) return isTrue(sure.length === 0 ? none(kind, looked) : named(kind, sure, scope), evidence);
  return isFalse(joinTexts([sure.length === 0 ? none(kind, looked) : named(kind, sure, scope), judged.because]), evidence);
}

/** May an occurrence that looks present at the stop be relied on: no step of the clock between the two, and what its kind asks for? */
function rely(kind: OccurrenceKind, { theCase, host }: Scope, o: Occurrence, stop: InstantNs): Judged | undefined {
  const step = kind === DERIVATIONS['clock-step'] ? undefined : stepWithin(theCase, host, minNs(o.time, stop), maxNs(o.time, stop));
  if (step !== undefined) return { covered: false, because: stepText(theCase, step), missing: [] };
  return kind.rely?.(theCase, host, o, stop);
}

/** Occurrences in a stretch that still counted at the moment of the stop. */
export function present(
  all: readonly Occurrence[],
  looked: { readonly from: InstantNs; readonly to: InstantNs },
  at?: InstantNs,
): Occurrence[] {
  const found: Occurrence[] = [];
  for (let i = lowerBound(all, looked.from, (o) => o.time); i < all.length; i++) {
    const o = all[i] as Occurrence;
    if (o.time > looked.to) break;
    if (at !== undefined && o.until !== undefined && o.until <= at) continue;
    found.push(o);
  }
  return found;
}

function named(kind: OccurrenceKind, found: readonly Occurrence[], scope: Scope): ReturnType<typeof say> {
  const list = scope.theCase.describe.list(found.map((o) => o.evidence.at(-1)).filter((e) => e !== undefined));
  return say(`${kind.title.en}: ${list.en}`, `${kind.title.ja}: ${list.ja}`);
}

function none(kind: OccurrenceKind, looked: Looked): ReturnType<typeof say> {
  return say(`no ${kind.title.en} ${looked.text.en}`, `${looked.text.ja}に${kind.title.ja}なし`);
}
