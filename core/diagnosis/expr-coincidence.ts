import type { DerivedName, Expr } from '@winmedic/knowledge/model';
import type { Stop } from '../model/timeline.ts';
import type { Coincidence, Evaluation } from '../model/verdict.ts';
import { coincidenceP, intersectSpans, measureSpans, type Span, stopSignature } from '../statistics/index.ts';
import { DERIVATIONS } from './derived/index.ts';
import { type OccurrenceKind, occurrencesOf } from './derived/occurrence.ts';
import { durationNs, durationText } from './duration.ts';
import { isFalse, isTrue, isUnknown } from './evaluation.ts';
import { present } from './expr-derived.ts';
import type { Scope } from './scope.ts';
import { say } from './text.ts';
import { momentOf } from './window.ts';

type CoincidenceExpr = Extract<Expr, { readonly coincidence: DerivedName }>;

/**
 * Do traces of this kind precede the stops of this signature more often than chance allows (stops.md 7.4)? k of the n stops whose window
 * is recorded are preceded; q is the total length of the windows after such traces in recorded time, as a share of the recorded running
 * time. The traces before the stops themselves count, and their windows are not cut short by the stop: both make the test stricter.
 */
export function evaluateCoincidence(expr: CoincidenceExpr, scope: Scope): Evaluation {
  const { stop, theCase } = scope;
  if (stop === undefined) return isFalse(say('no stop of this host is in the evidence', 'このホストの停止は証拠にありません'));
  const kind = DERIVATIONS[expr.coincidence];
  if (kind === undefined || kind.form !== 'occurrences')
    return isUnknown(say(`${expr.coincidence} cannot be counted`, `${expr.coincidence} は数えられません`));
  const window = durationNs(expr.window);
  const test = coincidenceOf(expr, kind, stop, window, scope);
  if (test === undefined) {
    const moment = momentOf(stop);
    const judged = kind.judge(theCase, stop.host, { from: moment.from - window, to: moment.to, text: say('before the stop', '停止の前') });
    return isUnknown(
      judged.covered ? say('no such stop lies in recorded time', '記録のある時間に同種の停止がありません') : judged.because,
      judged.missing,
    );
  }
  const { k, n, q, p } = test;
  const w = durationText(window);
  const share = percent(q);
  const numbers = say(
    `${k} of ${n} such stops are preceded within ${w.en}; such traces cover ${share} of the time; p = ${rounded(p)}, bound ${expr.below}`,
    `同種の停止 ${n} 件中 ${k} 件の前 ${w.ja}以内にあり、その痕跡が占める時間は ${share}、p = ${rounded(p)}、基準 ${expr.below}`,
  );
  if (p < expr.below) return isTrue(numbers);
  if (q ** n >= expr.below)
    return isFalse(
      say(
        `${numbers.en}; with ${n} stops the test cannot pass at this share`,
        `${numbers.ja}。停止 ${n} 件とこの割合では、全件が該当しても基準を満たせません`,
      ),
    );
  return isFalse(numbers);
}

/** Under which key a test is kept: it is one for all stops of a signature. */
export function coincidenceKey(expr: CoincidenceExpr, stop: Stop): string {
  return [stop.host, stopSignature(stop), expr.coincidence, expr.window, expr.below].join('\0');
}

function coincidenceOf(expr: CoincidenceExpr, kind: OccurrenceKind, stop: Stop, window: bigint, scope: Scope): Coincidence | undefined {
  const signature = stopSignature(stop);
  const key = coincidenceKey(expr, stop);
  if (scope.coincidences.has(key)) return scope.coincidences.get(key);
  const test = compute(expr, kind, stop.host, signature, window, scope);
  scope.coincidences.set(key, test);
  return test;
}

function compute(
  expr: CoincidenceExpr,
  kind: OccurrenceKind,
  host: string,
  signature: string,
  window: bigint,
  scope: Scope,
): Coincidence | undefined {
  const { theCase } = scope;
  const occurrences = occurrencesOf(theCase, expr.coincidence, kind, host);
  const recorded = kind.covered(theCase, host);
  const total = measureSpans(intersectSpans(recorded, runningSpans(scope, host)));
  if (total === 0n) return undefined;
  let k = 0;
  let n = 0;
  for (const stop of theCase.stopsOf(host)) {
    if (stopSignature(stop) !== signature) continue;
    const moment = momentOf(stop);
    const looked = { from: moment.from - window, to: moment.to };
    if (!recordedFor(recorded, looked)) continue;
    n++;
    if (present(occurrences, looked, moment.from).length > 0) k++;
  }
  if (n === 0) return undefined;
  const after = occurrences.map((o): Span => {
    const end = o.time + window;
    return { from: o.time, to: o.until !== undefined && o.until < end ? o.until : end };
  });
  const q = Math.min(1, Number(measureSpans(intersectSpans(after, recorded))) / Number(total));
  const windowSeconds = Number(window / 1_000_000_000n);
  return { host, signature, derived: expr.coincidence, windowSeconds, k, n, q, p: coincidenceP(k, n, q), bound: expr.below };
}

function recordedFor(spans: readonly Span[], looked: { readonly from: bigint; readonly to: bigint }): boolean {
  return spans.some((s) => s.from <= looked.from && s.to >= looked.to);
}

/** When the host was running, from its boot sessions; a session whose begin or end is not recorded is open there. */
function runningSpans(scope: Scope, host: string): Span[] {
  const sessions = scope.theCase.sessionsOf(host);
  if (sessions.length === 0) return [{ from: MIN_NS, to: MAX_NS }];
  return sessions.map((s, i) => ({
    from: s.boot ?? MIN_NS,
    to: s.stop === undefined ? (sessions[i + 1]?.boot ?? MAX_NS) : (s.stop.end ?? s.stop.latest),
  }));
}

const MIN_NS = -(2n ** 63n);
const MAX_NS = 2n ** 63n;

function percent(q: number): string {
  return `${(q * 100).toPrecision(2)} %`;
}

function rounded(p: number): string {
  return p === 0 ? '0' : p.toPrecision(2);
}
