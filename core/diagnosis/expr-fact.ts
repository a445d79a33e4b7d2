import { integerOf } from '@winmedic/evtx';
import type { Expr, FactDefinition, Localized, Scalar } from '@winmedic/knowledge/model';
import type { FactObservation, InstantNs } from '../model/observation.ts';
import type { Evaluation, Missing } from '../model/verdict.ts';
import type { Case } from './case.ts';
import { isDisputed, isFalse, isTrue, isUnknown } from './evaluation.ts';
import { lookedAt, noWindow } from './expr-event.ts';
import type { Scope } from './scope.ts';
import { joinTexts, say } from './text.ts';
import { momentOf } from './window.ts';

type FactExpr = Extract<Expr, { readonly fact: string }>;
type FactEventExpr = Extract<Expr, { readonly factEvent: string }>;

/** Value that says "searched, and there was nothing". */
const NONE = 'none';

/**
 * A state at the time of the stop, or of the attempt to connect. Only a span that holds the whole moment of the stop says anything about it: a value read once, or
 * read today, may have been changed; a value of now counts for an attempt made just now. For a host every supplied value counts.
 */
export function evaluateFact(expr: FactExpr, scope: Scope): Evaluation {
  const { theCase, host, stop, connection, assume } = scope;
  const missing = [missingFact(theCase, expr.fact)];
  if (assume !== undefined && assume.fact === expr.fact) return assumed(assume.value, expr.is);
  const all = theCase.factsOf(expr.fact, host);
  const moment = connection ?? (stop === undefined ? undefined : momentOf(stop));
  if (scope.wholeHost || moment === undefined) return anyTime(theCase, all, expr, missing);

  const held = all.filter((f) =>
    f.time.kind === 'span' ? f.time.from <= moment.from && f.time.to >= moment.to : connection?.ofNow === true && f.time.kind === 'now',
  );
  const values = new Set(held.map((f) => f.value.toLowerCase()));
  if (values.size > 1) {
    const list = theCase.describe.list(held);
    return isDisputed(say(`contradicting facts: ${list.en}`, `事実が矛盾しています: ${list.ja}`), missing, held);
  }
  const [fact] = held;
  if (fact !== undefined) {
    const because = theCase.describe.fact(fact);
    return isOneOf(fact.value, expr.is) ? isTrue(because, held) : isFalse(because, held);
  }
  const moments = connection === undefined ? say('the stop', '停止') : say('the attempt', '接続の試行');
  return notAtThatTime(theCase, all, missing, expr.fact, moment.to, moments);
}

function anyTime(theCase: Case, all: readonly FactObservation[], expr: FactExpr, missing: readonly Missing[]): Evaluation {
  if (all.length === 0) return isUnknown(notGiven(expr.fact), missing);
  const match = all.filter((f) => isOneOf(f.value, expr.is));
  if (match.length > 0) return isTrue(theCase.describe.list(match), match);
  return isFalse(theCase.describe.list(all), all);
}

/** Why the facts that exist say nothing about the stop or the attempt. */
function notAtThatTime(
  theCase: Case,
  all: readonly FactObservation[],
  missing: readonly Missing[],
  name: string,
  happenedAt: InstantNs,
  what: Localized,
): Evaluation {
  if (all.length === 0) return isUnknown(notGiven(name), missing);
  const texts = all.map((f) => {
    if (f.time.kind === 'now')
      return say(
        `today's value (${f.name}=${f.value}); was it changed since?`,
        `今日の値です(${f.name}=${f.value})。その後変更されていませんか`,
      );
    const described = theCase.describe.fact(f);
    if ((f.time.kind === 'instant' ? f.time.at : f.time.from) > happenedAt)
      return say(
        `a later value (${described.en}); was it changed since ${what.en}?`,
        `${what.ja}より後の値です(${described.ja})。${what.ja}の後に変更されていませんか`,
      );
    if (f.time.kind === 'instant')
      return say(
        `read at one time only (${described.en}); was it the same at ${what.en}?`,
        `一時点の値です(${described.ja})。${what.ja}の時点でも同じでしたか`,
      );
    return say(`not known for the time of ${what.en} (${described.en})`, `${what.ja}の時点については不明です(${described.ja})`);
  });
  return isUnknown(joinTexts(texts), missing, all);
}

/**
 * An outside event in a window. A time in the window makes it true; a span that was searched and holds `none` makes it false, or true
 * where `none` is asked for. An event known only to lie somewhere in a longer span is not placed exactly enough.
 */
export function evaluateFactEvent(expr: FactEventExpr, scope: Scope): Evaluation {
  const { theCase, host, assume } = scope;
  const missing = [missingFact(theCase, expr.factEvent)];
  const wantsNone = expr.is !== undefined && isOneOf(NONE, expr.is);
  if (assume !== undefined && assume.fact === expr.factEvent) {
    if (assume.value === NONE) return wantsNone ? isTrue(assumptionText(assume.value)) : isFalse(assumptionText(assume.value));
    return expr.is === undefined ? isTrue(assumptionText(assume.value)) : assumed(assume.value, expr.is);
  }
  const looked = lookedAt(expr.within, scope);
  if (looked === undefined) return isUnknown(noWindow(expr.within, scope), missing);
  const all = theCase.factsOf(expr.factEvent, host);
  const isNone = (f: FactObservation): boolean => f.value.toLowerCase() === NONE;
  const inside = all.filter((f) => !isNone(f) && liesIn(f, looked));
  const searched = all.filter((f) => isNone(f) && f.time.kind === 'span' && f.time.from <= looked.from && f.time.to >= looked.to);
  const vague = all.filter((f) => !isNone(f) && overlaps(f, looked) && !liesIn(f, looked));
  const wanted = (f: FactObservation): boolean => expr.is === undefined || isOneOf(f.value, expr.is);
  if (inside.length > 0 && searched.length > 0) {
    const list = theCase.describe.list([...inside, ...searched]);
    return isDisputed(say(`contradicting facts: ${list.en}`, `事実が矛盾しています: ${list.ja}`), missing, [...inside, ...searched]);
  }
  const match = inside.filter(wanted);
  const vagueStop = match.length > 0 ? vagueMoment(expr, scope) : undefined;
  if (vagueStop !== undefined) return isDisputed(vagueStop, missing, match);
  if (match.length > 0) return isTrue(theCase.describe.list(match), match);
  if (searched.length > 0 && !vague.some((f) => wanted(f) || wantsNone)) {
    const because = theCase.describe.list(searched);
    return wantsNone ? isTrue(because, searched) : isFalse(because, searched);
  }
  if (wantsNone && inside.length > 0) return isFalse(theCase.describe.list(inside), inside);
  if (vague.length > 0) {
    const list = theCase.describe.list(vague);
    const because = say(`the time is not exact enough: ${list.en}`, `時刻の精度が足りません: ${list.ja}`);
    return vague.some(wanted) ? isDisputed(because, missing, vague) : isUnknown(because, missing, vague);
  }
  if (all.length === 0) return isUnknown(notGiven(expr.factEvent), missing);
  const list = theCase.describe.list(all);
  return isUnknown(say(`nothing known ${looked.text.en} (${list.en})`, `${looked.text.ja}については不明です(${list.ja})`), missing, all);
}

/** An unclean stop whose moment is known no better than this is not tied to an outside event by a few minutes' distance. */
const MAX_VAGUE_NS = 600_000_000_000n;

/** Why an event near the stop proves nothing: the stop itself can lie anywhere in a long stretch. */
function vagueMoment(expr: FactEventExpr, { theCase, host, stop }: Scope): Localized | undefined {
  const anchor = expr.within.anchor ?? 'stop';
  if (stop === undefined || (anchor !== 'stop' && anchor !== 'end')) return undefined;
  const moment = momentOf(stop);
  if (moment.to - moment.from <= MAX_VAGUE_NS) return undefined;
  const from = theCase.describe.time(moment.from, host);
  const to = theCase.describe.time(moment.to, host);
  return say(`the stop is only known to lie between ${from} and ${to}`, `停止の時刻が ${from} から ${to} までの間としか分かりません`);
}

function liesIn(f: FactObservation, looked: { readonly from: bigint; readonly to: bigint }): boolean {
  if (f.time.kind === 'instant') return f.time.at >= looked.from && f.time.at <= looked.to;
  return f.time.kind === 'span' && f.time.from >= looked.from && f.time.to <= looked.to;
}

function overlaps(f: FactObservation, looked: { readonly from: bigint; readonly to: bigint }): boolean {
  return f.time.kind === 'span' && f.time.from <= looked.to && f.time.to >= looked.from;
}

/** Values are compared as text, case-insensitively; numbers by value. */
export function isOneOf(value: string, wanted: Scalar | readonly Scalar[]): boolean {
  const list = Array.isArray(wanted) ? (wanted as readonly Scalar[]) : [wanted as Scalar];
  const number = integerOf(value);
  return list.some((w) => {
    const text = String(w);
    return text.toLowerCase() === value.toLowerCase() || (number !== undefined && integerOf(text) === number);
  });
}

/** The fact as something that was not available, with what it is and how to get it. */
export function missingFact(theCase: Case, name: string): Missing {
  const definition: FactDefinition | undefined = theCase.facts.get(name);
  return {
    kind: 'fact',
    name,
    text: definition?.title ?? say(name, name),
    ...(definition?.command === undefined ? {} : { command: definition.command }),
  };
}

function notGiven(name: string): ReturnType<typeof say> {
  return say(`${name} was not supplied`, `${name} は与えられていません`);
}

function assumed(value: string, wanted: Scalar | readonly Scalar[]): Evaluation {
  return isOneOf(value, wanted) ? isTrue(assumptionText(value)) : isFalse(assumptionText(value));
}

function assumptionText(value: string): ReturnType<typeof say> {
  return say(`if it was ${value}`, `${value} だった場合`);
}
