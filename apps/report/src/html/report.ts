import type { Diagnosis, Grade, Incident, Observation, Source } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';
import {
  type CauseRow,
  caseId,
  causeLists,
  citedObservations,
  coveredSpan,
  groupIncidents,
  hostTitle,
  inTimeOrder,
  refuting,
  type StopGroup,
  uniqueMissing,
} from '../case-view.ts';
import { coincidenceText } from '../coincidence.ts';
import { coverageNotes, coverageRows, factRows, totalsText } from '../evidence-tables.ts';
import { formatDuration, formatSpan, formatTime, zoneName } from '../format-time.ts';
import type { ReportOptions } from '../options.ts';
import { eventName, placeText, SourceNames } from '../origin.ts';
import { problemLines } from '../problems.ts';
import { stopDetails, stopRequestText, stopTimeText } from '../stop-text.ts';
import { type Messages, messages, pick } from '../text/index.ts';
import { anchor, breakablePath, factCitation, recordEntry } from './appendix.ts';
import { html, type Markup, raw, withTimes } from './markup.ts';
import { approachPicture, MAX_HOSTS, type NumberedStop, overviewPicture, pictureKey } from './picture.ts';
import { styleSheet } from './style.ts';

/** Options of the HTML report. */
export interface HtmlOptions extends ReportOptions {
  /** Records in the appendix; default {@link MAX_RECORDS}. */
  readonly maxRecords?: number;
}

/** Records in the appendix unless asked otherwise: about 1 kB each, and a printed page holds eight. The page says how many it left out. */
export const MAX_RECORDS = 200;
/** Observations cited in one place; the rest is counted. */
const MAX_CITED = 6;
const SHAPES: Record<Grade, string> = { confirmed: '●', likely: '◐', inconclusive: '○', ruled_out: '×' };
const STATUS_SHAPES = { ruled_out: '×', not_checkable: '?', open: '○', holds: '!' } as const;

interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Markup;
}

class HtmlReport {
  readonly #diagnosis: Diagnosis;
  readonly #options: HtmlOptions;
  readonly #m: Messages;
  readonly #lang: Language;
  readonly #zone: string;
  readonly #names: SourceNames;
  readonly #sources: ReadonlyMap<string, Source>;
  readonly #stops: readonly NumberedStop[];
  readonly #cited: readonly Observation[];
  readonly #inAppendix: ReadonlySet<string>;

  constructor(diagnosis: Diagnosis, options: HtmlOptions) {
    this.#diagnosis = diagnosis;
    this.#options = options;
    this.#lang = options.lang;
    this.#m = messages(options.lang);
    this.#zone = options.zone;
    const { sources } = diagnosis.timeline.evidence;
    this.#names = new SourceNames(sources);
    this.#sources = new Map(sources.map((source) => [source.id, source]));
    this.#stops = inTimeOrder(diagnosis.incidents).map((incident, i) => ({ n: i + 1, incident }));
    this.#cited = citedObservations(diagnosis).filter((observation) => observation.type === 'event');
    this.#inAppendix = new Set(this.#cited.slice(0, options.maxRecords ?? MAX_RECORDS).map((observation) => observation.id));
  }

  render(): string {
    const groups = groupIncidents(this.#diagnosis.incidents);
    const m = this.#m;
    const id = caseId(this.#diagnosis, this.#options);
    const title = m.reportTitle(hostTitle(this.#diagnosis));
    const sections: Section[] = [];
    const add = (sectionId: string, heading: string, body: Markup | undefined): void => {
      if (body) sections.push({ id: sectionId, title: heading, body });
    };
    add('timeline', m.sectionTimeline, this.#timeline(groups));
    groups.forEach((group, i) => {
      if (i === 1) add('dead-ends', m.sectionDeadEnds, this.#deadEnds());
      add(
        `group-${i + 1}`,
        groups.length === 1 ? m.sectionChain : `${m.sectionGroup(i + 1)}: ${this.#groupName(group)}`,
        this.#group(group, i),
      );
    });
    if (groups.length < 2) add('dead-ends', m.sectionDeadEnds, this.#deadEnds());
    add('coincidence', m.sectionCoincidence, this.#coincidence());
    add('findings', m.sectionFindings, this.#findings());
    add('facts', m.sectionFacts, this.#facts());
    add('coverage', m.sectionCoverage, this.#coverage());
    add('problems', m.sectionProblems, this.#problems());
    add('made', m.sectionMade, this.#made(id));
    add('appendix', m.sectionAppendix, this.#appendix());
    const page = html`<!doctype html>
<html lang="${this.#lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="generator" content="${this.#options.tool.name} ${this.#options.tool.version}">
<title>${title} (${id})</title>
<link rel="icon" href="data:,">
<style>${raw(styleSheet(`${m.made.case} ${id} · ${hostTitle(this.#diagnosis)}`))}</style>
</head>
<body>
<a class="skip" href="#verdict">${m.skip}</a>
<div class="wrap">
<header><h1>${title}</h1><p class="soft">${withTimes(this.#subtitle(id))}</p></header>
<main>
<section id="verdict" aria-label="${m.verdict}">${this.#verdict(groups)}</section>
<nav aria-label="${m.contents}"><ul>${sections.map((section) => html`<li><a href="#${section.id}">${section.title}</a></li>`)}</ul></nav>
${sections.map(
  (section) => html`<section id="${section.id}" aria-labelledby="h-${section.id}"><h2 id="h-${section.id}">${section.title}</h2>
${section.body}</section>
`,
)}
</main>
<footer class="soft"><p>${this.#options.tool.name} ${this.#options.tool.version} · ${m.made.case} ${id}</p></footer>
</div>
</body>
</html>
`;
    return page.text;
  }

  #text(text: { readonly en: string; readonly ja: string }): string {
    return pick(text, this.#lang);
  }

  #grade(grade: Grade): Markup {
    return html`<span class="grade ${grade}">${SHAPES[grade]} ${this.#m.grade[grade]}</span>`;
  }

  #time(ns: bigint): Markup {
    return html`<span class="t">${formatTime(ns, this.#zone, this.#lang)}</span>`;
  }

  #ref(observation: Observation): Markup {
    const id = observation.id;
    if (observation.type === 'fact') return html`<a href="#facts">[${id}]</a>`;
    return this.#inAppendix.has(id) ? html`<a href="#${anchor(id)}">[${id}]</a>` : html`[${id}]`;
  }

  #refs(list: readonly Observation[]): Markup {
    const shown = list.slice(0, MAX_CITED).map((observation) => html` <span class="t">${this.#ref(observation)}</span>`);
    return html`${shown}${list.length > MAX_CITED && ` ${this.#m.more(list.length - MAX_CITED)}`}`;
  }

  #cites(list: readonly Observation[]): Markup | undefined {
    if (list.length === 0) return undefined;
    const items = list
      .slice(0, MAX_CITED)
      .map((observation) =>
        observation.type === 'fact'
          ? html`<li>${this.#ref(observation)} ${factCitation(observation, this.#zone, this.#lang)}</li>`
          : html`<li>${this.#ref(observation)} ${eventName(observation)} · ${placeText(observation.origin, this.#names, this.#lang)} · ${this.#time(observation.time)}</li>`,
      );
    return html`<ul class="cites">${items}${list.length > MAX_CITED && html`<li>${this.#m.more(list.length - MAX_CITED)} (${this.#m.jsonHint})</li>`}</ul>`;
  }

  #subtitle(id: string): string {
    const span = coveredSpan(this.#diagnosis);
    const covered = span
      ? ` · ${this.#m.covered}: ${formatSpan(span.from, span.to, this.#zone, this.#lang)} (${zoneName(this.#zone)})`
      : '';
    return `${this.#m.made.case} ${id} · ${this.#m.stops(this.#diagnosis.incidents.length)}${covered}`;
  }

  #groupName(group: StopGroup): string {
    const { verdict, stop } = group.shown;
    return verdict.cause ? this.#text(verdict.cause.cause.title) : `${this.#m.grade[verdict.grade]} (${this.#m.stopClass[stop.class]})`;
  }

  #verdict(groups: readonly StopGroup[]): Markup {
    const m = this.#m;
    const main = groups[0];
    if (!main)
      return html`<div class="verdict inconclusive"><p class="sentence">${coveredSpan(this.#diagnosis) ? m.noStops : m.noRecords}</p></div>`;
    const { verdict, missing } = main.shown;
    const first = main.incidents[0]!.stop.time;
    const last = main.incidents.at(-1)!.stop.time;
    const needs =
      verdict.grade === 'confirmed' ? [] : uniqueMissing([verdict.grade === 'likely' ? (verdict.cause?.missing ?? missing) : missing]);
    return html`<div class="verdict ${verdict.grade}"><p>${m.verdict} ${this.#grade(verdict.grade)} <span class="soft">(${m.gradeMeaning[verdict.grade]})</span></p>
<p class="sentence">${this.#text(verdict.sentence)}</p>
<p>${m.list(main.hosts)} · ${m.nOfStops(main.incidents.length, this.#diagnosis.incidents.length)} · ${withTimes(formatSpan(first, last, this.#zone, this.#lang))}</p>
${needs.length > 0 && html`<p>${verdict.grade === 'likely' ? m.needsForConfirmed : m.needs}:</p><ul class="alt">${needs.slice(0, MAX_CITED).map((one) => html`<li>${this.#text(one.text)} <code>${one.name}</code></li>`)}${needs.length > MAX_CITED && html`<li>${m.more(needs.length - MAX_CITED)}</li>`}</ul>`}</div>
${groups.length > 1 && html`<p>${m.sectionOther}:</p><ul class="alt plain">${groups.slice(1).map((group) => html`<li>${this.#grade(group.shown.verdict.grade)} ${this.#text(group.shown.verdict.sentence)} <span class="soft">(${m.stops(group.incidents.length)})</span></li>`)}</ul>`}`;
  }

  #timeline(groups: readonly StopGroup[]): Markup | undefined {
    const main = groups[0];
    if (!main) return undefined;
    const m = this.#m;
    const { timeline } = this.#diagnosis;
    const shown = this.#stops.find(({ incident }) => incident === main.shown)!;
    const hosts = new Set(this.#stops.map(({ incident }) => incident.stop.host)).size;
    const legend = html`<figcaption>${pictureKey(this.#lang)} ${zoneName(this.#zone)}${hosts > MAX_HOSTS && ` · ${m.pictureHosts(MAX_HOSTS, hosts)}`}</figcaption>`;
    return html`<figure><div class="svg-scroll" tabindex="0" role="group" aria-label="${m.sectionTimeline}">${overviewPicture(timeline, this.#stops, this.#zone, this.#lang)}</div>${legend}</figure>
<figure><div class="svg-scroll" tabindex="0" role="group" aria-label="${m.pictureZoom(String(shown.n))}">${approachPicture(timeline, shown, this.#zone, this.#lang)}</div><figcaption>${m.pictureZoom(`${shown.n} · ${formatTime(shown.incident.stop.time, this.#zone, this.#lang)}`)}</figcaption></figure>
${this.#stopTable()}`;
  }

  #table(heads: readonly string[], rows: readonly (readonly (Markup | string)[])[], caption = ''): Markup {
    return html`<div class="scroll"><table class="stack">${caption !== '' && html`<caption>${caption}</caption>`}<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${rows.map(
      (row) =>
        html`<tr>${row.map((cell, i) => (i === 0 ? html`<th scope="row">${cell}</th>` : html`<td data-h="${heads[i]}">${cell}</td>`))}</tr>`,
    )}</tbody></table></div>`;
  }

  #stopTable(): Markup {
    const m = this.#m;
    const rows = this.#stops.map(({ n, incident }) => {
      const { stop, verdict } = incident;
      const details = stopDetails(stop, this.#zone, this.#lang);
      const request = stopRequestText(stop, this.#lang);
      const records = stop.request ? [stop.request.event] : stop.records;
      return [
        String(n),
        html`<span class="t">${stop.host}</span>`,
        withTimes(stopTimeText(stop, this.#zone, this.#lang)),
        html`${m.action[stop.action] ?? stop.action}<br><span class="soft">${m.stopClass[stop.class]}</span>`,
        html`${request}${details.length > 0 && html`<br><span class="soft">${m.list(details)}</span>`}`,
        html`${this.#grade(verdict.grade)}${verdict.cause && html`<br>${this.#text(verdict.cause.cause.title)}`}`,
        this.#refs(records),
      ];
    });
    return this.#table(
      ['#', m.colHost, m.colTime, `${m.colAction} / ${m.colClass}`, m.colRequest, m.colVerdict, m.colEvidence],
      rows,
      m.sectionStops,
    );
  }

  #group(group: StopGroup, index: number): Markup {
    const m = this.#m;
    const { shown } = group;
    const numbers = this.#stops.filter(({ incident }) => group.incidents.includes(incident)).map(({ n }) => `#${n}`);
    const dead = new Set(this.#diagnosis.deadEnds.map((deadEnd) => deadEnd.cause.id));
    const lists = causeLists(group, dead);
    const missing = uniqueMissing(group.incidents.map((incident) => incident.missing));
    const shownNumber = this.#stops.find(({ incident }) => incident === shown)!.n;
    return html`<p>${this.#grade(shown.verdict.grade)} <span class="soft">${m.stops(group.incidents.length)}: ${numbers.join(' ')}</span></p>
${index > 0 && html`<p><strong>${this.#text(shown.verdict.sentence)}</strong></p>`}
${shown.chain.length > 0 && html`<h3>${m.sectionChain}</h3>${group.incidents.length > 1 && html`<p class="soft">${m.chainOf(`#${shownNumber} (${stopTimeText(shown.stop, this.#zone, this.#lang)})`)}</p>`}${this.#chain(shown)}`}
${this.#next(shown)}
${this.#alternatives(m.sectionAlso, lists.also, group)}
${this.#alternatives(m.sectionOpen, lists.open, group)}
${this.#remedies(shown)}
${this.#ruledOut(lists.ruledOut, group)}
${lists.unchecked.length > 0 && html`<details><summary>${m.sectionUnchecked} (${lists.unchecked.length})</summary><p>${this.#titles(lists.unchecked)}</p></details>`}
${
  missing.length > 0 &&
  html`<details><summary>${m.sectionMissing} (${missing.length})</summary>${this.#table(
    [m.colName, m.colMeaning, m.command],
    missing.map((one) => [
      html`${m.missingKind[one.kind]} <code>${one.name}</code>`,
      html`${this.#text(one.text)}`,
      one.command === undefined ? '' : html`<code>${one.command}</code>`,
    ]),
  )}</details>`
}`;
  }

  #titles(rows: readonly CauseRow[]): string {
    return rows.map((row) => this.#text(row.cause.title)).join(this.#lang === 'ja' ? '、' : '; ');
  }

  #chain(incident: Incident): Markup {
    const m = this.#m;
    const used = [...new Set(incident.chain.map((link) => link.support))];
    return html`<ol class="chain">${incident.chain.map(
      (link) =>
        html`<li>${this.#text(link.text)} <span class="tag ${link.support}">${m.role[link.role]} · ${m.support[link.support]}</span>${this.#cites(link.evidence)}</li>`,
    )}</ol><p class="soft cites">${used.map((support) => `${m.support[support]}: ${m.supportMeaning[support]}`).join(' · ')}</p>`;
  }

  #alternatives(title: string, rows: readonly CauseRow[], group: StopGroup): Markup | undefined {
    if (rows.length === 0) return undefined;
    const m = this.#m;
    return html`<h3>${title}</h3><ul class="alt plain">${rows.map((row) => {
      const speaking = row.judged.items.filter((item) => item.evaluation.value === 'true').flatMap((item) => item.evaluation.evidence);
      return html`<li>${this.#grade(row.grade)} <strong>${this.#text(row.cause.title)}</strong>${row.count < group.incidents.length && ` (${m.forStops(row.count, group.incidents.length)})`}<br>${this.#text(row.judged.because)}${this.#refs([...new Set(speaking)])}
${row.judged.missing.length > 0 && html`<br><span class="soft">${m.colDecides}:</span> ${row.judged.missing.slice(0, 4).map((one, i) => html`${i > 0 && '; '}${this.#text(one.text)} <code>${one.name}</code>`)}${row.judged.missing.length > 4 && `; ${m.more(row.judged.missing.length - 4)}`}`}</li>`;
    })}</ul>`;
  }

  /** Ruled-out causes with the same reason and observation share a row. */
  #ruledOut(rows: readonly CauseRow[], group: StopGroup): Markup | undefined {
    if (rows.length === 0) return undefined;
    const m = this.#m;
    const merged = new Map<string, { rows: CauseRow[]; because: string; evidence: readonly Observation[] }>();
    for (const row of rows) {
      const evidence = refuting(row.judged);
      const because = this.#text(row.judged.because);
      const key = JSON.stringify([because, evidence.map((observation) => observation.id), row.count]);
      const entry = merged.get(key);
      if (entry) entry.rows.push(row);
      else merged.set(key, { rows: [row], because, evidence });
    }
    const cells = [...merged.values()].map((entry) => [
      html`${this.#titles(entry.rows)}${entry.rows[0]!.count < group.incidents.length && ` (${m.forStops(entry.rows[0]!.count, group.incidents.length)})`}`,
      html`${entry.because}${this.#refs(entry.evidence)}`,
    ]);
    return html`<details><summary>${m.sectionRuledOut} (${rows.length})</summary>${this.#table([m.colCause, m.colBecause], cells)}</details>`;
  }

  #next(incident: Incident): Markup | undefined {
    if (!incident.nextCheck) return undefined;
    const m = this.#m;
    const { check, separates, text } = incident.nextCheck;
    const titles = new Map(incident.considered.map((judged) => [judged.cause.id, this.#text(judged.cause.title)]));
    return html`<div class="next"><h3>${m.sectionNext}</h3><p>${this.#text(text)}</p>${check.command !== undefined && html`<pre>${check.command}</pre>`}${separates.length > 0 && html`<p class="soft">${m.separates(m.list(separates.map((id) => titles.get(id) ?? id)))}</p>`}</div>`;
  }

  #remedies(incident: Incident): Markup | undefined {
    const cause = incident.verdict.cause?.cause;
    if (!cause || cause.remedies.length === 0) return undefined;
    const m = this.#m;
    return html`<h3>${m.sectionRemedy}</h3><ol class="alt">${cause.remedies.map(
      (remedy) =>
        html`<li>${this.#text(remedy.text)}${remedy.command !== undefined && html`<pre>${remedy.command}</pre>`}${remedy.gpo && html`<div><span class="soft">${m.gpo}:</span> ${this.#text(remedy.gpo)}</div>`}<div><span class="soft">${m.risk}:</span> ${this.#text(remedy.risk)}</div><div><span class="soft">${m.undo}:</span> ${this.#text(remedy.undo)}</div></li>`,
    )}</ol>`;
  }

  #deadEnds(): Markup | undefined {
    const { deadEnds } = this.#diagnosis;
    if (deadEnds.length === 0) return undefined;
    const m = this.#m;
    const hosts = new Set(deadEnds.map((deadEnd) => deadEnd.host)).size > 1;
    return this.#table(
      [m.colCause, m.colStatus, m.colBecause],
      deadEnds.map((deadEnd) => [
        html`${this.#text(deadEnd.cause.title)}${hosts && ` (${deadEnd.host})`}`,
        html`<span class="grade ${deadEnd.status}">${STATUS_SHAPES[deadEnd.status]} ${m.deadEndStatus[deadEnd.status]}</span>`,
        html`${this.#text(deadEnd.because)}${this.#refs(deadEnd.evidence)}`,
      ]),
    );
  }

  #coincidence(): Markup | undefined {
    const { coincidence } = this.#diagnosis;
    if (coincidence.length === 0) return undefined;
    return html`<ul class="alt">${coincidence.map((one) => html`<li>${coincidenceText(one, this.#lang)}<br><span class="soft">${one.host} · <code>${one.derived}</code> · <code>${one.signature}</code></span></li>`)}</ul>`;
  }

  #findings(): Markup | undefined {
    const { findings } = this.#diagnosis;
    if (findings.length === 0) return undefined;
    const m = this.#m;
    const held = findings.filter(({ judged }) => judged.grade === 'confirmed' || judged.grade === 'likely');
    const rest = findings.filter((finding) => !held.includes(finding));
    const hosts = new Set(findings.map(({ host }) => host)).size > 1;
    const rows = rest.map(({ host, judged }) => [
      html`${this.#text(judged.cause.title)}${hosts && ` (${host})`}`,
      this.#grade(judged.grade),
      html`${this.#text(judged.because)}${this.#refs(refuting(judged))}`,
    ]);
    return html`${held.length > 0 && html`<ul class="alt plain">${held.map(({ host, judged }) => html`<li>${this.#grade(judged.grade)} <strong>${this.#text(judged.cause.title)}</strong> (${host})<br>${this.#text(judged.because)}</li>`)}</ul>`}
${rows.length > 0 && html`<details><summary>${m.moreFindings(rows.length)}</summary>${this.#table([m.colCause, m.colStatus, m.colBecause], rows)}</details>`}`;
  }

  #facts(): Markup | undefined {
    const rows = factRows(this.#diagnosis, this.#zone, this.#lang, this.#names);
    if (rows.length === 0) return undefined;
    const m = this.#m;
    return this.#table(
      ['', m.colName, m.colValue, m.colHeld, m.colHost, m.colOrigin],
      rows.map((row) => [
        `[${row.id}]`,
        html`<code>${row.name}</code>`,
        html`<code>${row.value}</code>`,
        withTimes(row.held),
        row.host === '' ? m.anyHost : row.host,
        row.place,
      ]),
    );
  }

  #coverage(): Markup | undefined {
    const rows = coverageRows(this.#diagnosis, this.#zone, this.#lang);
    if (rows.length === 0) return undefined;
    const m = this.#m;
    const notes = coverageNotes(this.#diagnosis, this.#zone, this.#lang);
    return html`${this.#table(
      [m.colChannel, m.colHost, m.colFrom, m.colTo, m.colRecords, m.colHoles],
      rows.map((row) => [
        row.channel,
        html`<span class="t">${row.host}</span>`,
        withTimes(row.from),
        withTimes(row.to),
        html`${row.records}`,
        row.notes.length === 0 ? m.noGaps : row.notes.join(' · '),
      ]),
    )}${notes.length > 0 && html`<ul class="alt">${notes.map((note) => html`<li>${note}</li>`)}</ul>`}`;
  }

  #problems(): Markup | undefined {
    const lines = problemLines(this.#diagnosis.problems, this.#lang);
    if (lines.length === 0) return undefined;
    return html`<ul class="alt">${lines.map((line) => html`<li>${line.head}${line.meaning !== '' && html`<br><span class="soft">${line.meaning} ${line.action}</span>`}</li>`)}</ul>`;
  }

  #made(id: string): Markup {
    const m = this.#m;
    const { tool, durationSeconds } = this.#options;
    const { sources } = this.#diagnosis.timeline.evidence;
    const pairs: (readonly [string, string | Markup])[] = [
      [m.made.command, html`<code>${tool.command}</code>`],
      [m.made.version, `${tool.name} ${tool.version}`],
      [m.made.case, id],
      [m.made.zone, zoneName(this.#zone)],
      [m.made.madeAt, formatTime(this.#diagnosis.madeAt, this.#zone, this.#lang)],
      [m.made.totals, totalsText(this.#diagnosis, this.#lang)],
    ];
    if (durationSeconds !== undefined) pairs.push([m.made.duration, formatDuration(durationSeconds, this.#lang)]);
    return html`<dl class="kv">${pairs.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
${
  sources.length > 0 &&
  this.#table(
    ['', m.colFile, m.colSize, 'SHA-256'],
    sources.map((source) => [
      source.id,
      breakablePath(source.path),
      html`<span class="t">${m.bytes(source.sizeBytes)}</span>`,
      html`<span class="mono">${source.sha256 === '' ? '-' : source.sha256}</span>`,
    ]),
    m.sectionInputs,
  )
}`;
  }

  #appendix(): Markup | undefined {
    if (this.#cited.length === 0) return undefined;
    const entries: Markup[] = [];
    for (const observation of this.#cited) {
      if (observation.type === 'event' && this.#inAppendix.has(observation.id))
        entries.push(recordEntry(observation, this.#sources, this.#zone, this.#lang));
    }
    return html`<p class="soft">${this.#m.appendixNote(entries.length, this.#cited.length)}</p>
<div class="records">${entries}</div>`;
  }
}

/**
 * The report as one self-contained page: no script, no external resource, light or dark by the reader's preference, A4 when printed.
 * Everything from logs is escaped. @throws RangeError for an unknown zone.
 */
export function diagnosisToHtml(diagnosis: Diagnosis, options: HtmlOptions): string {
  return new HtmlReport(diagnosis, options).render();
}
