import type { Cause, Expr, Requirement } from '@winmedic/knowledge/model';
import type { Observation } from '../model/observation.ts';
import type { Evaluation, Grade, JudgedCause, JudgedRequirement } from '../model/verdict.ts';
import { DERIVATIONS } from './derived/index.ts';
import { evaluate, partsOf } from './evaluate.ts';
import { distinctMissing, either } from './evaluation.ts';
import type { Scope } from './scope.ts';
import { joinTexts, say } from './text.ts';

/** Kinds that can be the answer to "why did it stop"; on a stop whose end is not in the log none of them is confirmed, and without a request none gets beyond inconclusive. */
const ANSWERS = new Set<Cause['kind']>(['cause', 'factor', 'hypothesis', 'false_alarm']);

/** Why a stop whose end is not recorded is never confirmed. */
const NO_END = say(
  'the end of the session is not in the log, so nothing more can be said',
  'セッションの終わりがログにないため、これ以上は判定できません',
);

/** Why a request that was not carried out to the end never confirms a cause: the machine may have gone down by something else. */
const NOT_FINISHED = say(
  'the orderly stop did not finish; that the request led to the end is not recorded',
  '正常な終了処理が完了していません。要求が停止につながったことは記録されていません',
);

/** Judges one cause: the verdict gate (docs/explanation/verdict.md). */
export function judge(cause: Cause, scope: Scope): JudgedCause {
  const ask = (item: Requirement, role: JudgedRequirement['role']): JudgedRequirement => ({
    role,
    requirement: item,
    evaluation: evaluateItem(item.when, scope),
  });
  const required = cause.required.map((item) => ask(item, 'required'));
  const supporting = (cause.supporting ?? []).map((item) => ask(item, 'supporting'));
  const refutes = (cause.refutes ?? []).map((item) => ask(item, 'refutes'));
  const weakens = (cause.weakens ?? []).map((item) => ask(item, 'weakens'));
  const items = [...required, ...supporting, ...refutes, ...weakens];

  const stage = (n: number): 'likely' | 'confirmed' => cause.required[n]?.for ?? 'likely';
  const first = required.filter((_, n) => stage(n) === 'likely');
  const pointed = [...first, ...supporting].some(holds);
  const missing = distinctMissing(required.filter((j) => j.evaluation.value === 'unknown').flatMap((j) => j.evaluation.missing));
  const result = (grade: Grade, because: JudgedCause['because']): JudgedCause => ({
    cause,
    grade,
    because,
    items,
    missing: grade === 'ruled_out' || grade === 'confirmed' ? [] : missing,
    pointed,
  });

  const refuted = refutes.find(holds);
  if (refuted !== undefined) return result('ruled_out', withReason(refuted));
  const impossible = required.find((j, n) => cause.required[n]?.necessary === true && j.evaluation.value === 'false');
  if (impossible !== undefined) {
    const { text } = impossible.requirement;
    const { because } = impossible.evaluation;
    return result('ruled_out', say(`does not hold: ${text.en} (${because.en})`, `成立しません: ${text.ja}(${because.ja})`));
  }
  const open = first.filter((j) => !holds(j));
  if (open.length > 0) return result('inconclusive', notShown(cause, open));
  const endless = scope.stop?.class === 'log-gap' && ANSWERS.has(cause.kind);
  if (endless && scope.stop?.request === undefined) return result('inconclusive', NO_END);
  // A recorded request is evidence of its own (a posting often holds nothing else), but nobody knows that the stop came of it.
  const unfinished = scope.stop?.class === 'requested-not-finished' && ANSWERS.has(cause.kind) && required.some(asksRequest);
  const reasons = [blockers(required, refutes, weakens, scope), endless ? NO_END : undefined, unfinished ? NOT_FINISHED : undefined].filter(
    (reason) => reason !== undefined,
  );
  const blocking = reasons.length === 0 ? undefined : joinTexts(reasons);
  if (blocking === undefined) return result('confirmed', joinTexts(required.map(withReason), 3));
  return result('likely', blocking);
}

/** What keeps a likely cause from being confirmed; `undefined` when nothing does. */
function blockers(
  required: readonly JudgedRequirement[],
  refutes: readonly JudgedRequirement[],
  weakens: readonly JudgedRequirement[],
  scope: Scope,
): JudgedCause['because'] | undefined {
  const open = required.filter((j) => !holds(j));
  const against = weakens.filter(holds);
  const unsettled = [...refutes, ...weakens].filter((j) => j.evaluation.disputed === true);
  const unsafe = required.filter((j) => holds(j) && restsOnText(j, scope));
  const reasons = [
    ...open.map((j) => {
      const { text } = j.requirement;
      const { because } = j.evaluation;
      return say(`not shown: ${text.en} (${because.en})`, `未確認: ${text.ja}(${because.ja})`);
    }),
    ...against.map((j) => {
      const reason = withReason(j);
      return say(`speaks against it: ${reason.en}`, `反する観測: ${reason.ja}`);
    }),
    ...unsettled.map((j) => {
      const reason = withReason(j);
      return say(`may speak against it, and is not settled: ${reason.en}`, `反する可能性があり未解決: ${reason.ja}`);
    }),
    ...unsafe.map((j) => {
      const { text } = j.requirement;
      return say(
        `rests on pasted text or recovered records only: ${text.en}`,
        `貼り付けられた文章か復元したレコードだけに基づく: ${text.ja}`,
      );
    }),
  ];
  return reasons.length === 0 ? undefined : joinTexts(reasons);
}

/** Does a requirement speak of what the 1074 says? */
function asksRequest({ requirement }: JudgedRequirement): boolean {
  return partsOf(requirement.when).some(readsRequest);
}

function readsRequest(expr: Expr): boolean {
  return 'stop' in expr && Object.keys(expr.stop).some((key) => key.startsWith('request.'));
}

function restsOnText({ requirement, evaluation }: JudgedRequirement, scope: Scope): boolean {
  return scope.wholeHost ? allUntrusted(evaluation) : needsText(requirement.when, scope);
}

/**
 * Does a condition that holds need pasted text or recovered records? Asked part by part: a log record beside it that says something else
 * (that the session ended) does not vouch for what only the pasted 1074 says (who asked for it). Facts a person states count as what they are.
 */
function needsText(expr: Expr, scope: Scope): boolean {
  if ('all' in expr) return expr.all.some((part) => needsText(part, scope));
  if ('any' in expr) return expr.any.filter((part) => evaluate(part, scope).value === 'true').every((part) => needsText(part, scope));
  if (readsRequest(expr)) {
    const request = scope.stop?.request?.event;
    if (request !== undefined && isUntrusted(request)) return true;
  }
  return allUntrusted(evaluate(expr, scope));
}

/** All records behind it were pasted or recovered. */
function allUntrusted(evaluation: Evaluation): boolean {
  const records = evaluation.evidence.filter((o) => o.type === 'event');
  return records.length > 0 && records.every(isUntrusted);
}

function isUntrusted(o: Observation): boolean {
  return o.trust === 'text' || o.trust === 'recovered';
}

function notShown(cause: Cause, open: readonly JudgedRequirement[]): JudgedCause['because'] {
  const reasons = joinTexts(
    open.map((j) => {
      const { text } = j.requirement;
      const { because } = j.evaluation;
      return say(`not shown: ${text.en} (${because.en})`, `未確認: ${text.ja}(${because.ja})`);
    }),
    2,
  );
  const check = decidingCheck(cause, open);
  if (check === undefined) return reasons;
  return say(`${reasons.en}. Decided by: ${check.text.en}`, `${reasons.ja}。決め手: ${check.text.ja}`);
}

/** The check that supplies what an open requirement asks for, else the cause's first check. */
function decidingCheck(cause: Cause, open: readonly JudgedRequirement[]): Cause['confirm'][number] | undefined {
  const names = new Set(open.flatMap((j) => j.evaluation.missing.map((m) => m.name)));
  return cause.confirm.find((c) => c.fact !== undefined && names.has(c.fact)) ?? cause.confirm[0];
}

function holds(judged: JudgedRequirement): boolean {
  return judged.evaluation.value === 'true';
}

function withReason(judged: JudgedRequirement): JudgedCause['because'] {
  const { text } = judged.requirement;
  const { because } = judged.evaluation;
  return because.en === '' ? text : say(`${text.en} (${because.en})`, `${text.ja}(${because.ja})`);
}

/**
 * A requirement in its scope. For a host, one that speaks of stops holds if it holds for any stop of the host: its parts must hold for
 * the same one.
 */
function evaluateItem(expr: Expr, scope: Scope): Evaluation {
  if (!scope.wholeHost || !speaksOfStops(expr)) return evaluate(expr, scope);
  const stops = scope.theCase.stopsOf(scope.host);
  if (stops.length === 0) return evaluate(expr, scope);
  return either(stops.map((stop) => evaluate(expr, { ...scope, stop, results: new Map() })));
}

function speaksOfStops(expr: Expr): boolean {
  return partsOf(expr).some((part) => {
    if ('stop' in part || 'actionBefore' in part || 'coincidence' in part) return true;
    if ('factEvent' in part) return part.within.anchor !== 'evidence';
    if ('derived' in part && DERIVATIONS[part.derived]?.form === 'stop' && part.derived !== 'log-loss') return true;
    if ('event' in part || 'absent' in part || 'derived' in part) return part.within !== undefined && part.within.anchor !== 'evidence';
    return false;
  });
}
