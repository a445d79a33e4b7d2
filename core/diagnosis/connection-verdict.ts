import type { Cause, ConnectionPropertyName, Localized, RungName } from '@winmedic/knowledge/model';
import type { ConnectionAttempt, ConnectionDiagnosis } from '../model/connection.ts';
import type { JudgedCause } from '../model/verdict.ts';
import { joinTexts, say } from './text.ts';
import { namedCause, openCauses } from './verdict.ts';

/** Open causes and missing things named in a sentence. */
const MAX_NAMED = 3;
/** Kinds that stand beside a verdict: true and worth changing, but not why the attempt failed. */
const BESIDE = new Set<Cause['kind']>(['finding', 'separate_problem', 'limit', 'dead_end']);

/** How rungs are called in sentences. */
const RUNG_NAMES: Readonly<Record<ConnectionAttempt['rungs'][number]['name'], Localized>> = {
  name: say('name resolution', '名前解決'),
  route: say('the route', '通信経路'),
  tcp: say('the TCP connection', 'TCP 接続'),
  tls: say('TLS', 'TLS'),
  http: say('HTTP', 'HTTP'),
  wsman: say('WS-Management', 'WS-Management'),
  schemes: say('the authentication schemes', '認証方式'),
  login: say('the login', 'ログオン'),
  rights: say('the rights', '権限'),
  namespace: say('the WMI namespace', 'WMI 名前空間'),
  role: say('the role', '役割'),
};

/**
 * A cause as it stands for an attempt. Undecided, it is pointed to only when what it cannot be without was seen: else every login that was
 * accepted would point to whatever may go wrong after a login. What a live attempt did not observe, nobody can hand in; it is named as missing
 * only where nothing else is.
 */
export function asForAttempt(judged: JudgedCause, { from }: ConnectionAttempt): JudgedCause {
  const required = judged.items.filter((item) => item.role === 'required');
  const seen = judged.cause.required.every(({ necessary }, n) => necessary !== true || required[n]?.evaluation.value === 'true');
  const others = judged.missing.filter(({ name }) => !name.startsWith('connection.'));
  return {
    ...judged,
    pointed: judged.pointed && (seen || judged.grade !== 'inconclusive'),
    missing: from === 'live' && others.length > 0 ? others : judged.missing,
  };
}

/** Findings that hold beside the verdict. */
export function besideOf(judged: readonly JudgedCause[]): JudgedCause[] {
  return judged.filter((j) => BESIDE.has(j.cause.kind) && (j.grade === 'confirmed' || j.grade === 'likely'));
}

/**
 * `failed` when a rung failed; `warned` when a rung warned, a cause is named though all passed, or something stands beside; else `ok`, or `unseen` when a
 * recording does not show that it went well.
 */
export function outcomeOf(
  attempt: ConnectionAttempt,
  named: JudgedCause | undefined,
  beside: readonly JudgedCause[],
): ConnectionDiagnosis['outcome'] {
  if (attempt.rungs.some((rung) => rung.verdict === 'failed')) return 'failed';
  const warned = attempt.rungs.some((rung) => rung.verdict === 'warned') || named !== undefined || beside.length > 0;
  if (warned) return 'warned';
  return showsSuccess(attempt) ? 'ok' : 'unseen';
}

/** A live attempt goes as far as it can; a recording has to show an answer that only a working service gives. */
function showsSuccess({ from, via, properties, rungs }: ConnectionAttempt): boolean {
  if (from === 'live') return true;
  // What a recording hides (lost, cut off, sealed) may be the very answer that refused.
  const hides = (name: RungName): boolean => rungs.some((rung) => rung.name === name && rung.verdict === 'skipped');
  const is = (name: ConnectionPropertyName, ...values: readonly string[]): boolean => values.includes(properties.get(name)?.value ?? '\0');
  if (via === 'rdp') return is('rdp.result', 'answered');
  if (via === 'dcom') {
    const activated = is('dcom.hresult', '0x0') || is('request.result', 'ok') || (is('login.result', 'accepted') && !hides('rights'));
    // A port that was named has to be reached as well.
    return activated && (!properties.has('dcom.port') || !hides('namespace'));
  }
  if (is('request.result', 'ok') || (is('login.result', 'accepted') && (!hides('rights') || is('wsman.result', 'identified')))) return true;
  // Nobody wanted to log in: the service answered, and that was all that was asked for.
  return is('client.scheme', '') && is('wsman.result', 'identified', 'challenged');
}

/** Verdict of an attempt with the sentence that can be forwarded. */
export function connectionVerdict(
  attempt: ConnectionAttempt,
  judged: readonly JudgedCause[],
  byId: ReadonlyMap<string, Cause>,
): ConnectionDiagnosis['verdict'] {
  const cause = namedCause(judged, byId);
  if (cause !== undefined) return { grade: cause.grade === 'confirmed' ? 'confirmed' : 'likely', cause, sentence: cause.cause.sentence };
  const failed = attempt.rungs.find((rung) => rung.verdict === 'failed');
  if (failed === undefined) {
    const beside = besideOf(judged);
    if (outcomeOf(attempt, undefined, beside) === 'unseen') return { grade: 'inconclusive', sentence: unseenSentence(attempt) };
    return { grade: 'confirmed', sentence: passedSentence(attempt, beside) };
  }
  const open = openCauses(judged);
  const where = RUNG_NAMES[failed.name];
  if (open.length === 0) {
    return {
      grade: 'inconclusive',
      sentence: say(
        `The attempt failed at ${where.en}, and what was seen does not show why.`,
        `接続は「${where.ja}」で失敗しましたが、観測した内容からは原因を判定できません。`,
      ),
    };
  }
  const names = joinTexts(
    open.map((j) => j.cause.title),
    MAX_NAMED,
  );
  const lacking = [...new Map(open.flatMap((j) => j.missing).map((m) => [m.name, m.text])).values()];
  const what = lacking.length === 0 ? undefined : joinTexts(lacking, MAX_NAMED);
  return {
    grade: 'inconclusive',
    sentence: say(
      `The attempt failed at ${where.en}, the cause is open: ${names.en}.${what === undefined ? '' : ` Missing: ${what.en}.`}`,
      `接続は「${where.ja}」で失敗しました。原因は判定できていません。残る候補: ${names.ja}。${what === undefined ? '' : `不足: ${what.ja}。`}`,
    ),
  };
}

/** That nothing failed as far as a recording shows, and how far that is. */
function unseenSentence({ rungs }: ConnectionAttempt): Localized {
  const last = rungs.findLast((rung) => rung.verdict === 'passed');
  if (last === undefined)
    return say('This recording does not show whether the attempt succeeded.', 'この記録からは、接続が成功したかどうかは分かりません。');
  const to = RUNG_NAMES[last.name];
  return say(
    `Nothing failed up to ${to.en}; whether the attempt succeeded after that is not visible in this recording.`,
    `「${to.ja}」までは失敗していません。その先で接続が成功したかどうかは、この記録からは分かりません。`,
  );
}

/** That nothing failed, how far it was tried, and what is worth changing. */
function passedSentence({ rungs, from }: ConnectionAttempt, beside: readonly JudgedCause[]): Localized {
  const last = rungs.findLast((rung) => rung.verdict === 'passed' || rung.verdict === 'warned');
  const whole = rungs.length > 0 && last === rungs.at(-1);
  const to = last === undefined ? undefined : RUNG_NAMES[last.name];
  const passed =
    whole || to === undefined
      ? say('The host can be reached, and every rung passed.', 'ホストに接続でき、すべての段階が成功しました。')
      : from === 'live'
        ? say(
            `Every rung that was tried passed, up to ${to.en}; the rest was not tried.`,
            `試した段階は「${to.ja}」まですべて成功しました。それより上は試していません。`,
          )
        : say(
            `Every rung that is visible in this recording passed, up to ${to.en}.`,
            `この記録から分かる段階は、「${to.ja}」まですべて成功しています。`,
          );
  if (beside.length === 0) return passed;
  const names = joinTexts(
    beside.map((j) => j.cause.title),
    MAX_NAMED,
  );
  return say(`${passed.en} Worth attention: ${names.en}.`, `${passed.ja}注意点: ${names.ja}。`);
}
