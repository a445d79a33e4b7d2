import { createHash } from 'node:crypto';
import type { Diagnosis, Grade, Incident, JudgedCause, Missing, Observation, Source, Stop } from '@winmedic/core/model';
import type { Cause, Language } from '@winmedic/knowledge/model';
import type { ReportMeta } from './options.ts';
import { messages } from './text/index.ts';

/**
 * What all reports for people share: which stops belong together, in which order they are told, and into which lists the
 * considered causes fall. Decided on codes and grades, never on texts.
 */

/** Observations cited in one place of a page; the rest is counted. */
export const MAX_CITED = 4;

/** Stops that look alike and got the same verdict, told together. */
export interface StopGroup {
  /** In time order. */
  readonly incidents: readonly Incident[];
  /** The one whose chain is shown: the latest stop of the group. */
  readonly shown: Incident;
  readonly hosts: readonly string[];
}

/** A cause as it came out for the stops of a group. */
export interface CauseRow {
  readonly cause: Cause;
  readonly grade: Grade;
  /** The judgement shown: that of the latest stop with this grade. */
  readonly judged: JudgedCause;
  readonly stop: Stop;
  /** Stops of the group with this grade. */
  readonly count: number;
}

/** The considered causes of a group, each in exactly one list (so that counts reconcile). */
export interface CauseLists {
  /** Confirmed or likely besides the verdict. */
  readonly also: readonly CauseRow[];
  /** Not decided, and something in the evidence points to them. */
  readonly open: readonly CauseRow[];
  /** Not decided, nothing points to them. */
  readonly unchecked: readonly CauseRow[];
  /** Excluded for every stop of the group. */
  readonly ruledOut: readonly CauseRow[];
}

const GRADE_RANK: Record<Grade, number> = { confirmed: 0, likely: 1, inconclusive: 2, ruled_out: 3 };

/**
 * Signature of a stop: host-independent, so that one fault on many hosts is one group. The same keys as the property `repeats`
 * of the knowledge model (process, user kind, code, class), plus the bug check code.
 */
export function signature(stop: Stop): string {
  return [
    stop.class,
    stop.request?.process ?? '',
    stop.request?.userKind ?? '',
    stop.request?.reason?.code ?? '',
    stop.bugcheck?.code ?? '',
  ].join('|');
}

/**
 * How much a stop asks for an explanation: crashes and requests nobody signed first; stops a named person or a planned code explains
 * later; a session whose end is not in the log last.
 */
function attention(incident: Incident): number {
  const { stop, verdict } = incident;
  if (stop.class === 'log-gap') return 3;
  if (stop.class === 'sleep' || verdict.cause?.cause.kind === 'false_alarm') return 2;
  if (stop.class !== 'requested-clean') return 0;
  const request = stop.request;
  return request === undefined || (request.userKind !== 'named' && request.reason?.planned !== true) ? 0 : 1;
}

function byTime(a: Incident, b: Incident): number {
  if (a.stop.time !== b.stop.time) return a.stop.time < b.stop.time ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

/** The incidents by time, ties by id. */
export function inTimeOrder(incidents: readonly Incident[]): Incident[] {
  return incidents.toSorted(byTime);
}

/** Groups stops with the same signature and verdict. First the group that most asks for an explanation, then the larger, then the earlier one. */
export function groupIncidents(incidents: readonly Incident[]): StopGroup[] {
  const groups = new Map<string, Incident[]>();
  for (const incident of inTimeOrder(incidents)) {
    const key = JSON.stringify([signature(incident.stop), incident.verdict.grade, incident.verdict.cause?.cause.id ?? '']);
    const list = groups.get(key);
    if (list) list.push(incident);
    else groups.set(key, [incident]);
  }
  return [...groups.values()]
    .map((list) => ({ incidents: list, shown: list.at(-1)!, hosts: [...new Set(list.map((incident) => incident.stop.host))] }))
    .sort(
      (a, b) =>
        attention(a.shown) - attention(b.shown) ||
        b.incidents.length - a.incidents.length ||
        GRADE_RANK[a.shown.verdict.grade] - GRADE_RANK[b.shown.verdict.grade] ||
        byTime(a.incidents[0]!, b.incidents[0]!),
    );
}

/**
 * Sorts the considered causes of a group into lists. Those that the table of often suspected causes tells (`exclude`) are left out of
 * `ruledOut` and `unchecked`, and of `open` too when they are dead ends: a dead end is no alternative left.
 */
export function causeLists(group: StopGroup, exclude: ReadonlySet<string> = new Set()): CauseLists {
  const rows = new Map<string, { judged: JudgedCause; stop: Stop; count: number; pointed: boolean }>();
  for (const incident of group.incidents) {
    for (const judged of incident.considered) {
      const row = rows.get(judged.cause.id);
      if (!row || GRADE_RANK[judged.grade] < GRADE_RANK[row.judged.grade]) {
        rows.set(judged.cause.id, { judged, stop: incident.stop, count: 1, pointed: judged.pointed });
      } else if (judged.grade === row.judged.grade) {
        // The latest stop speaks, as for the chain; for what is undecided the latest that something points to.
        const latest = judged.grade !== 'inconclusive' || judged.pointed || !row.pointed;
        rows.set(judged.cause.id, {
          judged: latest ? judged : row.judged,
          stop: latest ? incident.stop : row.stop,
          count: row.count + 1,
          pointed: row.pointed || judged.pointed,
        });
      }
    }
  }
  const lists: Record<keyof CauseLists, CauseRow[]> = { also: [], open: [], unchecked: [], ruledOut: [] };
  const verdictId = group.shown.verdict.cause?.cause.id;
  for (const [id, { judged, stop, count, pointed }] of rows) {
    if (id === verdictId) continue;
    const row: CauseRow = { cause: judged.cause, grade: judged.grade, judged, stop, count };
    if (judged.grade === 'confirmed' || judged.grade === 'likely') lists.also.push(row);
    else if (judged.grade === 'inconclusive' && pointed && !(exclude.has(id) && judged.cause.kind === 'dead_end')) lists.open.push(row);
    else if (exclude.has(id)) continue;
    else if (judged.grade === 'inconclusive') lists.unchecked.push(row);
    else lists.ruledOut.push(row);
  }
  const order = (a: CauseRow, b: CauseRow): number => (a.cause.prominence ?? 1e9) - (b.cause.prominence ?? 1e9);
  for (const list of Object.values(lists)) list.sort(order);
  return lists;
}

/** The observations that exclude a cause: of refuting items that hold and of necessary ones that are known not to. */
export function refuting(judged: JudgedCause): Observation[] {
  const out = new Map<string, Observation>();
  for (const item of judged.items) {
    const necessary = item.role === 'required' && 'necessary' in item.requirement && item.requirement.necessary === true;
    const excludes = (item.role === 'refutes' && item.evaluation.value === 'true') || (necessary && item.evaluation.value === 'false');
    if (excludes) for (const observation of item.evaluation.evidence) out.set(observation.id, observation);
  }
  return [...out.values()];
}

/** What is missing, once each. */
export function uniqueMissing(lists: readonly (readonly Missing[])[]): Missing[] {
  const out = new Map<string, Missing>();
  for (const list of lists)
    for (const missing of list) if (!out.has(`${missing.kind}:${missing.name}`)) out.set(`${missing.kind}:${missing.name}`, missing);
  return [...out.values()];
}

/** Name under which the timeline keeps machines whose name nothing tells (a crash dump alone). */
export const UNNAMED_HOST = '?';

/** Names of hosts for a sentence: a machine without a name is said to be one. */
export function hostNames(names: readonly string[], lang: Language): string[] {
  return names.map((name) => (name === UNNAMED_HOST ? messages(lang).audit.unnamed : name));
}

/** The host or hosts of a case as one name: `RDS01`, `RDS01, DC01`, `RDS01 + 11`. */
export function hostTitle(diagnosis: Diagnosis, lang: Language): string {
  const stopped = new Set(diagnosis.incidents.map((incident) => incident.stop.host));
  const names = hostNames(stopped.size > 0 ? [...stopped] : diagnosis.timeline.hosts.map((host) => host.name), lang);
  if (names.length === 0) return '-';
  return names.length <= 3 ? names.join(', ') : `${names[0]} + ${names.length - 1}`;
}

/** Earliest and latest record of the case; of recordings only where there is no log: a capture says nothing about how long a host was watched. */
export function coveredSpan({ timeline }: Diagnosis): { readonly from: bigint; readonly to: bigint } | undefined {
  let span: { from: bigint; to: bigint } | undefined;
  const add = (first: bigint | undefined, last: bigint | undefined): void => {
    if (first === undefined || last === undefined) return;
    if (!span) span = { from: first, to: last };
    if (first < span.from) span.from = first;
    if (last > span.to) span.to = last;
  };
  for (const { records, first, last } of timeline.coverage) if (records > 0) add(first, last);
  if (span) return span;
  for (const { capture } of timeline.evidence.captures) add(capture.first, capture.last);
  for (const { first, last } of timeline.evidence.traces) add(first, last);
  return span;
}

/** Does the case hold a record or a crash dump? Without either there is nothing in which a stop could have been found. */
export function hasRecords(diagnosis: Diagnosis): boolean {
  return diagnosis.timeline.evidence.dumps.length > 0 || coveredSpan(diagnosis) !== undefined;
}

/** Case id: the given one, or `W-` and 8 hex digits over the hashes (paths and sizes where hashing was off) of the inputs. */
export function caseId(diagnosis: Diagnosis, meta: ReportMeta): string {
  return caseIdOf(diagnosis.timeline.evidence.sources, meta);
}

/** Id of a case with these inputs: the given one, or one derived from the hashes of the inputs. */
export function caseIdOf(sources: readonly Source[], meta: ReportMeta): string {
  if (meta.caseId !== undefined) return meta.caseId;
  const hash = createHash('sha256');
  for (const key of sources.map((source) => source.sha256 || `${source.path}:${source.sizeBytes}`).sort()) hash.update(`${key}\n`);
  return `W-${hash.digest('hex').slice(0, 8)}`;
}

/** What paper needs: the chain of the first group, and of every other group the record its stop is classified by. */
export function paperObservations(diagnosis: Diagnosis): Observation[] {
  const out = new Map<string, Observation>();
  groupIncidents(diagnosis.incidents).forEach(({ shown }, i) => {
    const first = shown.stop.request?.event ?? shown.stop.records[0];
    for (const observation of i === 0 ? shown.chain.flatMap((link) => link.evidence.slice(0, MAX_CITED)) : first ? [first] : [])
      out.set(observation.id, observation);
  });
  return [...out.values()];
}

/** The observations a report for people cites: what paper needs, the other chains, dead ends, stops, open causes, what refutes; each once, in that order. */
export function citedObservations(diagnosis: Diagnosis): Observation[] {
  const out = new Map<string, Observation>();
  const add = (list: readonly Observation[]): void => {
    for (const observation of list) if (!out.has(observation.id)) out.set(observation.id, observation);
  };
  const groups = groupIncidents(diagnosis.incidents);
  add(paperObservations(diagnosis));
  for (const group of groups) for (const link of group.shown.chain) add(link.evidence);
  for (const deadEnd of diagnosis.deadEnds) add(deadEnd.evidence);
  for (const group of groups) for (const incident of group.incidents) for (const link of incident.chain) add(link.evidence);
  for (const incident of diagnosis.incidents) add(incident.stop.records);
  for (const group of groups) {
    const lists = causeLists(group);
    for (const row of [...lists.also, ...lists.open])
      for (const item of row.judged.items) if (item.evaluation.value === 'true') add(item.evaluation.evidence);
    for (const row of lists.ruledOut) add(refuting(row.judged));
  }
  for (const { judged } of diagnosis.findings) {
    if (judged.grade === 'confirmed' || judged.grade === 'likely')
      for (const item of judged.items) if (item.evaluation.value === 'true') add(item.evaluation.evidence);
  }
  return [...out.values()];
}

/** What a check decides beyond what its text already says: titles of the causes it separates, empty when the text names them all. */
export function separatedTitles(incident: Incident, text: string, title: (cause: Cause) => string): string[] {
  const titles = (incident.nextCheck?.separates ?? []).map((id) => {
    const cause = incident.considered.find((judged) => judged.cause.id === id)?.cause;
    return cause ? title(cause) : id;
  });
  return titles.every((one) => text.includes(one)) ? [] : titles;
}

/** The evidence of the links of a chain, split into what a link cites first and what an earlier link has cited already. */
export function linkEvidence(incident: Incident): { readonly fresh: readonly Observation[]; readonly again: readonly Observation[] }[] {
  const seen = new Set<string>();
  return incident.chain.map((link) => {
    const fresh = link.evidence.filter((observation) => !seen.has(observation.id));
    const again = link.evidence.filter((observation) => seen.has(observation.id));
    for (const observation of fresh) seen.add(observation.id);
    return { fresh, again };
  });
}
