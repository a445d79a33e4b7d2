import type { CountRange, EventPattern, Expr, Window } from '@winmedic/knowledge/model';
import type { EventObservation } from '../model/observation.ts';
import type { Evaluation } from '../model/verdict.ts';
import { maxNs, minNs } from '../timeline/time.ts';
import { isOfAttempt, type OwnFailures, ownFailures } from './attempt-records.ts';
import { judgeRecords, stepWithin } from './coverage.ts';
import { isDisputed, isFalse, isTrue, isUnknown } from './evaluation.ts';
import { type CompiledPattern, compilePattern, matchesPattern } from './event-index.ts';
import type { Scope } from './scope.ts';
import { joinTexts, say, shortProvider } from './text.ts';
import { attemptWindow, evidenceWindow, type Looked, momentOf, stopWindow } from './window.ts';

type EventExpr = Extract<Expr, { readonly event: EventPattern }>;
type AbsentExpr = Extract<Expr, { readonly absent: EventPattern }>;

/** Records cited for one condition; more are counted. */
const MAX_CITED = 20;

/** At least one matching record, or a count in a range. False only where the log is whole. */
export function evaluateEvent(expr: EventExpr, scope: Scope): Evaluation {
  return ask(expr.event, expr.within, scope, (looked, pattern) => {
    const all = recordsIn(looked, pattern, scope);
    if (isAmbiguous(looked, pattern, scope)) return isDisputed(SEVERAL_FAILURES, [], all.slice(0, MAX_CITED));
    const found = all.filter((e) => !isAcrossStep(e, expr.within, scope));
    if (found.length < all.length && countHolds(found.length, expr.count) !== 'true') {
      return isDisputed(
        say('the clock was changed between these records and the stop', 'これらの記録と停止の間に時計が変更されています'),
        [],
        all.slice(0, MAX_CITED),
      );
    }
    const verdict = countHolds(found.length, expr.count);
    const list = scope.theCase.describe.list(found);
    if (verdict === 'true') return isTrue(found.length === 0 ? none(pattern, looked) : list, found.slice(0, MAX_CITED));
    const judged = judgeRecords(scope.theCase, scope.host, scope.theCase.channelsOf(expr.event, scope.host), pattern, looked);
    if (verdict === 'beyond')
      return isFalse(say(`${found.length} records: ${list.en}`, `${found.length} 件: ${list.ja}`), found.slice(0, MAX_CITED));
    if (!judged.covered) return isUnknown(judged.because, judged.missing, found.slice(0, MAX_CITED));
    if (verdict === 'within') return isTrue(found.length === 0 ? none(pattern, looked) : list, found.slice(0, MAX_CITED));
    return isFalse(joinTexts([none(pattern, looked, found.length), judged.because]), found.slice(0, MAX_CITED));
  });
}

/** Matching records in a stretch; around an attempt to connect, of logons only those of the account that was used. */
function recordsIn(looked: Looked, pattern: CompiledPattern, { theCase, host, connection }: Scope): EventObservation[] {
  const found = theCase.index.find(pattern, host, looked.from, looked.to);
  if (connection === undefined) return found;
  // Those the attempt was put together from name no host of their own.
  const own = theCase
    .recordsOf(connection.attempt)
    .filter((e) => matchesPattern(pattern, e) && !found.includes(e) && isOfAttempt(e, connection.attempt));
  const failures = failuresIn(looked, { theCase, host, connection });
  const isFailure = (e: EventObservation) => e.eventId === FAILED_LOGON && e.provider.toLowerCase() === AUDITING;
  return [...found.filter((e) => (isFailure(e) ? failures.own.includes(e) : isOfAttempt(e, connection.attempt))), ...own];
}

const AUDITING = 'microsoft-windows-security-auditing';
const FAILED_LOGON = 4625;
const SEVERAL_FAILURES = say(
  'failed logons of this account give different reasons, and which of them is of this attempt is not known',
  'このアカウントのログオン失敗に異なる理由が記録されており、どれがこの試行のものか不明',
);

/** Failed logons of the account in a stretch, as far as they are of the attempt. */
function failuresIn(looked: Looked, { theCase, host, connection }: Pick<Scope, 'theCase' | 'host' | 'connection'>): OwnFailures {
  if (connection === undefined) return { own: [], disputed: false };
  const all = theCase.index.between(host, AUDITING, [FAILED_LOGON], looked.from, looked.to);
  return ownFailures(
    all.filter((e) => isOfAttempt(e, connection.attempt)),
    connection,
  );
}

/** Does a pattern ask for a failed logon, of which several with different reasons may be of the attempt? One the attempt was put together from is known. */
function isAmbiguous(looked: Looked, pattern: CompiledPattern, { theCase, host, connection }: Scope): boolean {
  if (connection === undefined || !pattern.ids.includes(FAILED_LOGON) || !pattern.providers.includes(AUDITING)) return false;
  if (theCase.recordsOf(connection.attempt).some(({ eventId }) => eventId === FAILED_LOGON)) return false;
  return failuresIn(looked, { theCase, host, connection }).disputed;
}

/** Is there a step of the clock between a record and the moment of the stop, so that which came first is not certain? */
function isAcrossStep(e: EventObservation, within: Window | undefined, { theCase, host, stop }: Scope): boolean {
  if (stop === undefined || (within?.anchor !== undefined && within.anchor !== 'stop' && within.anchor !== 'end')) return false;
  const moment = momentOf(stop).from;
  return stepWithin(theCase, host, minNs(e.time, moment), maxNs(e.time, moment)) !== undefined;
}

/** No matching record. True only where the log is whole. */
export function evaluateAbsent(expr: AbsentExpr, scope: Scope): Evaluation {
  return ask(expr.absent, expr.within, scope, (looked, pattern) => {
    const found = recordsIn(looked, pattern, scope);
    if (isAmbiguous(looked, pattern, scope)) return isDisputed(SEVERAL_FAILURES, [], found.slice(0, MAX_CITED));
    if (found.length > 0) return isFalse(scope.theCase.describe.list(found), found.slice(0, MAX_CITED));
    const judged = judgeRecords(scope.theCase, scope.host, scope.theCase.channelsOf(expr.absent, scope.host), pattern, looked);
    if (!judged.covered) return isUnknown(judged.because, judged.missing);
    return isTrue(joinTexts([none(pattern, looked), judged.because]));
  });
}

/**
 * What a number of finds says about a range: `true` and `beyond` hold whatever else was not recorded; `within` and `short` only where
 * the log is whole.
 */
export function countHolds(n: number, count: CountRange | undefined): 'true' | 'beyond' | 'within' | 'short' {
  const gte = count === undefined ? 1 : (count.gte ?? 0);
  if (count?.lte !== undefined) {
    if (n > count.lte) return 'beyond';
    return n >= gte ? 'within' : 'short';
  }
  return n >= gte ? 'true' : 'short';
}

function ask(
  source: EventPattern,
  within: Window | undefined,
  scope: Scope,
  decide: (looked: Looked, pattern: CompiledPattern) => Evaluation,
): Evaluation {
  const pattern = compilePattern(source);
  if (pattern.conditions.problem !== undefined)
    return isUnknown(
      say(`condition ${pattern.conditions.problem} cannot be evaluated`, `条件 ${pattern.conditions.problem} は評価できません`),
    );
  const looked = lookedAt(within, scope);
  if (looked === undefined) return isUnknown(noWindow(within, scope));
  return decide(looked, pattern);
}

/** Why a window has no place in time. */
export function noWindow(within: Window | undefined, { connection }: Scope): ReturnType<typeof say> {
  if (connection !== undefined)
    return say('the stretch asked for says nothing about one attempt', '指定の時間帯からは個々の接続の試行について判断できません');
  return within?.anchor === 'attempt'
    ? say('no attempt to connect is in the evidence', '接続の試行は証拠にありません')
    : say('no boot after the stop is recorded', '停止の後の起動が記録されていません');
}

/** Around an attempt, without a window: its records are written within seconds, clocks that were not compared differ by more. */
const AROUND_ATTEMPT: Window = { before: '2m', after: '2m' };

/** The stretch a window means in this scope; without a window: ten minutes before the stop, around the attempt, or all evidence for a host. */
export function lookedAt(within: Window | undefined, scope: Scope): Looked | undefined {
  const { stop, connection } = scope;
  if (connection !== undefined) return attemptWindow(connection, within ?? AROUND_ATTEMPT);
  if (within?.anchor === 'attempt') return undefined;
  if (stop === undefined || (scope.wholeHost && within === undefined)) return evidenceWindow(scope.theCase, scope.host);
  return stopWindow(scope.theCase, stop, within ?? { before: '10m' });
}

function none(pattern: CompiledPattern, looked: Looked, n = 0): ReturnType<typeof say> {
  const provider = shortProvider(pattern.providers[0] ?? '');
  const name = `${provider} ${pattern.ids.join('/')}`;
  const conditions = pattern.conditions.list.map((c) => c.text).join(', ');
  const which = conditions === '' ? name : `${name} (${conditions})`;
  if (n > 0) return say(`only ${n} records ${which} ${looked.text.en}`, `${looked.text.ja}の ${which} は ${n} 件のみ`);
  return say(`no record ${which} ${looked.text.en}`, `${looked.text.ja}に ${which} の記録なし`);
}
