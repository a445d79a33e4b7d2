import type { Localized } from '@winmedic/knowledge/model';
import type { Stop } from '../model/timeline.ts';
import type { DeadEnd, Incident, JudgedCause } from '../model/verdict.ts';
import { stopSignature } from '../statistics/index.ts';
import type { Case } from './case.ts';
import { partsOf } from './evaluate.ts';
import { distinct } from './evaluation.ts';
import { joinTexts, say } from './text.ts';

/** One cause as judged for the stops that are to be explained. */
interface JudgedStop {
  readonly stop: Stop;
  readonly judged: JudgedCause;
}

/**
 * Status of the causes people try first, over the whole case: host by host, for the stops of the main signature. Ruled out only if each
 * of these stops rules it out; an action already if one stop followed it. Otherwise what is missing is said.
 */
export function deadEndsOf(theCase: Case, incidents: readonly Incident[]): DeadEnd[] {
  const found: DeadEnd[] = [];
  for (const { name: host } of theCase.timeline.hosts) {
    const mine = incidents.filter((i) => i.stop.host === host);
    const main = mainStops(mine);
    const byCause = new Map<string, JudgedStop[]>();
    for (const incident of main)
      for (const judged of incident.considered) {
        if (judged.cause.prominence === undefined) continue;
        const list = byCause.get(judged.cause.id);
        if (list === undefined) byCause.set(judged.cause.id, [{ stop: incident.stop, judged }]);
        else list.push({ stop: incident.stop, judged });
      }
    for (const list of byCause.values()) found.push(statusOf(theCase, host, list));
  }
  return found.sort((a, b) => (a.cause.prominence ?? 0) - (b.cause.prominence ?? 0) || (a.host < b.host ? -1 : a.host > b.host ? 1 : 0));
}

/** The stops of the signature that came most often; of two equally frequent ones the one that is not explained, then the later one. */
function mainStops(incidents: readonly Incident[]): readonly Incident[] {
  const groups = new Map<string, Incident[]>();
  for (const incident of incidents) {
    const signature = stopSignature(incident.stop);
    const group = groups.get(signature);
    if (group === undefined) groups.set(signature, [incident]);
    else group.push(incident);
  }
  const unexplained = (group: readonly Incident[]): number => group.filter((i) => i.verdict.grade !== 'confirmed').length;
  const last = (group: readonly Incident[]): bigint => group.at(-1)?.stop.time ?? 0n;
  return (
    [...groups.values()].sort((a, b) => b.length - a.length || unexplained(b) - unexplained(a) || (last(b) > last(a) ? 1 : -1))[0] ?? []
  );
}

function statusOf(theCase: Case, host: string, list: readonly JudgedStop[]): DeadEnd {
  const { cause } = (list[0] as JudgedStop).judged;
  const result = (status: DeadEnd['status'], because: Localized, by: readonly JudgedStop[]): DeadEnd => ({
    cause,
    host,
    status,
    because,
    evidence: distinct(by.flatMap((j) => deciding(j.judged).flatMap((item) => item.evaluation.evidence))).slice(0, MAX_EVIDENCE),
  });
  const holding = list.filter((j) => j.judged.grade === 'confirmed' || j.judged.grade === 'likely');
  if (holding.length > 0) {
    const { because } = (holding.at(-1) as JudgedStop).judged;
    const n = holding.length;
    const some =
      n === list.length
        ? because
        : say(`for ${n} of ${list.length} stops: ${because.en}`, `${list.length} 件中 ${n} 件の停止で: ${because.ja}`);
    return result('holds', some, holding);
  }

  const out = list.filter((j) => j.judged.grade === 'ruled_out');
  const open = list.filter((j) => j.judged.grade === 'inconclusive');
  const last = out.at(-1);
  if (last !== undefined && open.length === 0) {
    const all = list.length > 1 ? say(` (for all ${list.length} stops)`, `(${list.length} 件の停止すべて)`) : say('', '');
    return result('ruled_out', say(`${last.judged.because.en}${all.en}`, `${last.judged.because.ja}${all.ja}`), out);
  }
  if (last !== undefined && byAction(last.judged)) {
    const n = out.length;
    return result(
      'ruled_out',
      say(
        `${last.judged.because.en} (${n} of ${list.length} stops came after it)`,
        `${last.judged.because.ja}(${list.length} 件中 ${n} 件がその後に発生)`,
      ),
      out,
    );
  }
  const missing = joinTexts(open.flatMap((j) => j.judged.missing.map((m) => m.text)));
  const some = last === undefined ? undefined : partly(theCase, host, last, out, list.length);
  if (missing.en !== '') {
    const because = say(`missing: ${missing.en}`, `不足: ${missing.ja}`);
    return result('not_checkable', some === undefined ? because : joinTexts([some, because]), out);
  }
  const because = (open.at(-1) as JudgedStop).judged.because;
  return result('open', some === undefined ? because : joinTexts([some, because]), out);
}

const MAX_EVIDENCE = 30;

function partly(theCase: Case, host: string, last: JudgedStop, out: readonly JudgedStop[], all: number): Localized {
  const times = out.slice(0, 5).map((j) => theCase.describe.time(j.stop.time, host));
  return say(
    `ruled out for ${out.length} of ${all} stops only (${times.join(', ')}): ${last.judged.because.en}`,
    `${all} 件中 ${out.length} 件の停止でのみ棄却(${times.join('、')}): ${last.judged.because.ja}`,
  );
}

/** The items that rule a cause out. */
function deciding(judged: JudgedCause): JudgedCause['items'] {
  if (judged.grade === 'ruled_out') {
    const refuting = judged.items.filter((i) => i.role === 'refutes' && i.evaluation.value === 'true');
    if (refuting.length > 0) return refuting;
    return judged.items.filter(
      (i, n) => i.role === 'required' && i.evaluation.value === 'false' && judged.cause.required[n]?.necessary === true,
    );
  }
  return judged.items.filter((i) => i.role === 'required' && i.evaluation.value === 'true');
}

/** Does what rules it out rest on an action and the stop that followed? */
function byAction(judged: JudgedCause): boolean {
  return deciding(judged).some((item) => partsOf(item.requirement.when).some((part) => 'actionBefore' in part));
}
