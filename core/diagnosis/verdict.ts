import type { Cause } from '@winmedic/knowledge/model';
import type { Grade, Incident, JudgedCause } from '../model/verdict.ts';
import { joinTexts, say } from './text.ts';

/** Best grade first. */
const GRADES: readonly Grade[] = ['confirmed', 'likely', 'inconclusive', 'ruled_out'];
/** Kinds that answer alone; a factor contributes and is named only when nothing else is. */
const ALONE = new Set<Cause['kind']>(['cause', 'hypothesis', 'false_alarm']);
const NAMED = new Set<Cause['kind']>([...ALONE, 'factor']);
/** Open causes named in a sentence. */
const MAX_NAMED = 3;

/** Does one of the two specialise the other, directly or through others? */
export function related(a: Cause, b: Cause, byId: ReadonlyMap<string, Cause>): boolean {
  return specialises(a, b, byId) || specialises(b, a, byId);
}

/** Is `general` what `special` refines, directly or through others? */
export function specialises(special: Cause, general: Cause, byId: ReadonlyMap<string, Cause>): boolean {
  const seen = new Set<string>();
  for (let id = special.refines; id !== undefined && !seen.has(id); id = byId.get(id)?.refines) {
    if (id === general.id) return true;
    seen.add(id);
  }
  return false;
}

/**
 * Two causes that answer alone and have nothing to do with each other cannot both be confirmed for one stop: then both are likely, and
 * both say so.
 */
export function settleConflicts(judged: readonly JudgedCause[], byId: ReadonlyMap<string, Cause>): JudgedCause[] {
  const confirmed = judged.filter((j) => j.grade === 'confirmed' && ALONE.has(j.cause.kind));
  return judged.map((j) => {
    if (!confirmed.includes(j)) return j;
    const rivals = confirmed.filter((other) => other !== j && !related(j.cause, other.cause, byId));
    if (rivals.length === 0) return j;
    const names = joinTexts(rivals.map((r) => r.cause.title));
    return {
      ...j,
      grade: 'likely',
      because: say(`just as much speaks for another cause: ${names.en}`, `別の原因も同じだけ裏付けられています: ${names.ja}`),
    };
  });
}

/** Order in which the causes of a stop are shown: best grade first, then what the evidence points to, then what people suspect first. */
export function compareJudged(a: JudgedCause, b: JudgedCause): number {
  return (
    GRADES.indexOf(a.grade) - GRADES.indexOf(b.grade) ||
    Number(b.pointed) - Number(a.pointed) ||
    (a.grade === 'ruled_out' ? 0 : kindRank(a) - kindRank(b)) ||
    (a.cause.prominence ?? 100) - (b.cause.prominence ?? 100) ||
    support(b) - support(a) ||
    (a.cause.id < b.cause.id ? -1 : a.cause.id > b.cause.id ? 1 : 0)
  );
}

/** Kinds in the order in which they answer why a server stopped. */
const KIND_ORDER: readonly Cause['kind'][] = [
  'cause',
  'false_alarm',
  'hypothesis',
  'factor',
  'finding',
  'separate_problem',
  'limit',
  'dead_end',
];

function kindRank(j: JudgedCause): number {
  return KIND_ORDER.indexOf(j.cause.kind);
}

/** The cause that is named for a stop: best grade, the more special one, the better supported one. */
export function namedCause(judged: readonly JudgedCause[], byId: ReadonlyMap<string, Cause>): JudgedCause | undefined {
  const candidates = judged.filter((j) => NAMED.has(j.cause.kind) && (j.grade === 'confirmed' || j.grade === 'likely'));
  const alone = candidates.filter((j) => ALONE.has(j.cause.kind));
  const pool = alone.length > 0 ? alone : candidates;
  const best = GRADES.find((grade) => pool.some((j) => j.grade === grade));
  const top = pool.filter((j) => j.grade === best);
  const special = top.filter((j) => !top.some((other) => other !== j && specialises(other.cause, j.cause, byId)));
  return [...special].sort((a, b) => support(b) - support(a) || kindRank(a) - kindRank(b) || compareJudged(a, b))[0];
}

/** Causes still open for a stop: not decided, with something in the evidence that points to them. */
export function openCauses(judged: readonly JudgedCause[]): JudgedCause[] {
  return judged.filter((j) => j.grade === 'inconclusive' && j.pointed && NAMED.has(j.cause.kind));
}

/** Verdict of a stop with the sentence that can be forwarded. */
export function verdictOf(judged: readonly JudgedCause[], byId: ReadonlyMap<string, Cause>): Incident['verdict'] {
  const cause = namedCause(judged, byId);
  if (cause !== undefined) return { grade: cause.grade === 'confirmed' ? 'confirmed' : 'likely', cause, sentence: cause.cause.sentence };
  const open = openCauses(judged);
  if (open.length === 0) {
    return {
      grade: 'inconclusive',
      sentence: say('The evidence does not show why the server stopped.', '与えられた証拠からは、停止の原因を判定できません。'),
    };
  }
  const names = joinTexts(
    open.map((j) => j.cause.title),
    MAX_NAMED,
  );
  const lacking = [...new Map(open.flatMap((j) => j.missing).map((m) => [m.name, m.text])).values()];
  if (lacking.length === 0) {
    return { grade: 'inconclusive', sentence: say(`The cause is open: ${names.en}.`, `原因は判定できていません。残る候補: ${names.ja}。`) };
  }
  const what = joinTexts(lacking, MAX_NAMED);
  return {
    grade: 'inconclusive',
    sentence: say(
      `The cause is open: ${names.en}. Missing: ${what.en}.`,
      `原因は判定できていません。残る候補: ${names.ja}。不足: ${what.ja}。`,
    ),
  };
}

/** Required and supporting items that hold. */
function support(j: JudgedCause): number {
  return j.items.filter((i) => (i.role === 'required' || i.role === 'supporting') && i.evaluation.value === 'true').length;
}
