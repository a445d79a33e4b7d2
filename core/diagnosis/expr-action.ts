import type { Expr } from '@winmedic/knowledge/model';
import type { Observation } from '../model/observation.ts';
import type { Evaluation } from '../model/verdict.ts';
import { isFalse, isTrue, isUnknown } from './evaluation.ts';
import { compilePattern } from './event-index.ts';
import { missingFact } from './expr-fact.ts';
import type { Scope } from './scope.ts';
import { say } from './text.ts';
import { evidenceWindow, momentOf } from './window.ts';

type ActionExpr = Extract<Expr, { readonly actionBefore: string }>;

/** Assumed values of an action: done before this stop, or only after it. */
export const DONE_BEFORE = 'before';
export const DONE_AFTER = 'after';

/** Did this stop come after the action? Its date comes from a fact or from the records it leaves; without a date nobody knows. */
export function evaluateAction(expr: ActionExpr, scope: Scope): Evaluation {
  const { theCase, host, stop, assume } = scope;
  const missing = [missingFact(theCase, expr.actionBefore)];
  if (stop === undefined) return isUnknown(say('no stop to compare with', '比べる停止がありません'), missing);
  if (assume !== undefined && assume.fact === expr.actionBefore) {
    return assume.value === DONE_BEFORE
      ? isTrue(say('if it was done before', '先に実施していた場合'))
      : isFalse(say('if it was done only later', '後に実施した場合'));
  }
  const done: { at: bigint; by: Observation }[] = [];
  for (const f of theCase.factsOf(expr.actionBefore, host)) {
    if (f.time.kind === 'instant') done.push({ at: f.time.at, by: f });
    else if (f.time.kind === 'span') done.push({ at: f.time.to, by: f });
  }
  const all = evidenceWindow(theCase, host);
  for (const pattern of expr.records ?? []) {
    const compiled = compilePattern(pattern);
    if (compiled.conditions.problem !== undefined) continue;
    for (const e of theCase.index.find(compiled, host, all.from, all.to)) done.push({ at: e.time, by: e });
  }
  if (done.length === 0) {
    const undated = theCase.factsOf(expr.actionBefore, host).length > 0;
    return undated
      ? isUnknown(say(`${expr.actionBefore}: the date is not known`, `${expr.actionBefore} の日付が不明です`), missing)
      : isUnknown(
          say(`${expr.actionBefore}: not known whether and when it was done`, `${expr.actionBefore} の実施の有無と日付が不明です`),
          missing,
        );
  }
  done.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const moment = momentOf(stop);
  const before = done.filter((d) => d.at < moment.from);
  const last = before.at(-1);
  if (last !== undefined) {
    const described = theCase.describe.list([last.by]);
    const stopped = theCase.describe.time(stop.time, host);
    return isTrue(
      say(`done before (${described.en}), and this stop followed at ${stopped}`, `実施済み(${described.ja})の後、${stopped} に停止が発生`),
      [last.by],
    );
  }
  const first = done[0] as (typeof done)[number];
  const described = theCase.describe.list([first.by]);
  return isFalse(say(`done only after this stop (${described.en})`, `実施はこの停止の後です(${described.ja})`), [first.by]);
}
