import type { Coincidence, Diagnosis } from '@winmedic/core/model';
import {
  caseId,
  coveredSpan,
  groupIncidents,
  hasRecords,
  hostNames,
  hostTitle,
  MAX_CITED,
  refuting,
  type StopGroup,
  uniqueMissing,
} from '../case-view.ts';
import { coincidenceText } from '../coincidence.ts';
import { ConnectionHtmlParts } from '../connection/html-parts.ts';
import { formatSpan, formatTime, zoneName } from '../format-time.ts';
import { repairLines } from '../repair-view.ts';
import { stopDetails, stopRequestText, stopTimeText } from '../stop-text.ts';
import {
  calmSentence,
  connectionsFirst,
  generalNotes,
  notesOf,
  onlyTraffic,
  type RecordedConnections,
  recordedGroups,
  recordedTitle,
} from '../traffic/recorded.ts';
import { HtmlContext, type HtmlOptions } from './context.ts';
import { dumpsSection } from './dump-section.ts';
import { appendixSection, coverageSection, factsSection, madeSection, problemsSection, trafficSection } from './evidence-sections.ts';
import { groupSection } from './group-section.ts';
import { html, type Markup, withTimes } from './markup.ts';
import { htmlPage, type Section } from './page.ts';
import { approachPicture, MAX_HOSTS, overviewPicture, pictureKey } from './picture.ts';

const STATUS_SHAPES = { ruled_out: '×', not_checkable: '?', open: '○', holds: '!' } as const;

class HtmlReport {
  readonly #c: HtmlContext;
  readonly #recorded: RecordedConnections | undefined;
  readonly #parts: ConnectionHtmlParts;

  constructor(context: HtmlContext, recorded: RecordedConnections | undefined) {
    this.#c = context;
    this.#recorded = recorded;
    // On a page the conversation is a closed part: it is always there.
    this.#parts = new ConnectionHtmlParts({ ...context.options, explain: true });
  }

  render(): string {
    const groups = groupIncidents(this.#c.diagnosis.incidents);
    const m = this.#c.m;
    const id = caseId(this.#c.diagnosis, this.#c.options);
    const recorded = this.#recorded;
    const first = recorded !== undefined && connectionsFirst(this.#c.diagnosis, recorded);
    const title =
      recorded !== undefined && groups.length === 0
        ? recordedTitle(recorded, this.#c.lang)
        : m.reportTitle(hostTitle(this.#c.diagnosis, this.#c.lang));
    const sections: Section[] = [];
    const add = (sectionId: string, heading: string, body: Markup | undefined): void => {
      if (body) sections.push({ id: sectionId, title: heading, body });
    };
    if (first) sections.push(...this.#attempts(recorded));
    add('timeline', m.sectionTimeline, this.#timeline(groups));
    groups.forEach((group, i) => {
      if (i === 1) {
        add('dumps', m.dump.section, dumpsSection(this.#c));
        add('dead-ends', m.sectionDeadEnds, this.#deadEnds());
      }
      add(
        `group-${i + 1}`,
        groups.length === 1 ? m.sectionChain : `${m.sectionGroup(i + 1)}: ${this.#groupName(group)}`,
        groupSection(this.#c, group, i),
      );
    });
    if (groups.length < 2) {
      add('dumps', m.dump.section, dumpsSection(this.#c));
      add('dead-ends', m.sectionDeadEnds, this.#deadEnds());
    }
    if (recorded !== undefined && !first) sections.push(...this.#attempts(recorded));
    add('repairs', m.sectionRepairs, this.#repairs());
    add('coincidence', m.sectionCoincidence, this.#coincidence());
    add('findings', m.sectionFindings, this.#findings());
    add('facts', m.sectionFacts, factsSection(this.#c));
    add('coverage', m.sectionCoverage, coverageSection(this.#c));
    add('traffic', m.traffic.sectionCoverage, trafficSection(this.#c));
    add('problems', m.sectionProblems, problemsSection(this.#c));
    add('made', m.sectionMade, madeSection(this.#c, id));
    add('appendix', m.sectionAppendix, appendixSection(this.#c));
    return htmlPage({
      options: this.#c.options,
      title,
      id,
      footer: `${m.made.case} ${id} · ${groups.length === 0 && recorded !== undefined ? title : hostTitle(this.#c.diagnosis, this.#c.lang)}`,
      subtitle: this.#subtitle(id),
      lead: { id: 'verdict', name: m.verdict, skip: m.skip, body: this.#lead(groups, first) },
      sections,
    });
  }

  /** Verdicts of stops and of attempts, the worse first. */
  #lead(groups: readonly StopGroup[], first: boolean): Markup {
    const recorded = this.#recorded;
    if (recorded === undefined) return this.#verdict(groups);
    const stops = groups.length > 0 && this.#verdict(groups);
    const attempts = this.#attemptVerdicts(recorded);
    return first ? html`${attempts}${stops}` : html`${stops}${attempts}`;
  }

  #attemptVerdicts(recorded: RecordedConnections): Markup {
    const { diagnosis, lang } = this.#c;
    const calm = calmSentence(diagnosis, recorded, lang);
    const quiet = diagnosis.incidents.length === 0 && !onlyTraffic(diagnosis);
    return html`${calm !== undefined && html`<p class="sentence">${calm}</p>`}${recordedGroups(recorded).map((group) => this.#parts.lead(group))}${generalNotes(recorded).map((note) => html`<p class="soft">${this.#c.text(note)}</p>`)}${quiet && html`<p class="soft">${this.#c.m.traffic.noStop}</p>`}`;
  }

  #attempts(recorded: RecordedConnections): Section[] {
    const groups = recordedGroups(recorded);
    return this.#parts.sections(groups, groups.length > 1 || this.#c.diagnosis.incidents.length > 0, notesOf(recorded));
  }

  #subtitle(id: string): string {
    const span = coveredSpan(this.#c.diagnosis);
    const covered = span
      ? ` · ${this.#c.m.covered}: ${formatSpan(span.from, span.to, this.#c.zone, this.#c.lang)} (${zoneName(this.#c.zone)})`
      : '';
    const stops = this.#c.diagnosis.incidents.length;
    const counted = [
      ...(stops > 0 || this.#recorded === undefined ? [this.#c.m.stops(stops)] : []),
      ...(this.#recorded === undefined ? [] : [this.#c.m.recorded.hosts(this.#recorded.diagnoses.length)]),
    ];
    return `${this.#c.m.made.case} ${id} · ${this.#c.m.list(counted)}${covered}`;
  }

  #groupName(group: StopGroup): string {
    const { verdict, stop } = group.shown;
    return verdict.cause
      ? this.#c.text(verdict.cause.cause.title)
      : `${this.#c.m.grade[verdict.grade]} (${this.#c.m.stopClass[stop.class]})`;
  }

  #verdict(groups: readonly StopGroup[]): Markup {
    const m = this.#c.m;
    const main = groups[0];
    if (!main)
      return html`<div class="verdict inconclusive"><p class="sentence">${hasRecords(this.#c.diagnosis) ? m.noStops : m.noRecords}</p></div>`;
    const { verdict, missing } = main.shown;
    const first = main.incidents[0]!.stop.time;
    const last = main.incidents.at(-1)!.stop.time;
    const needs =
      verdict.grade === 'confirmed' ? [] : uniqueMissing([verdict.grade === 'likely' ? (verdict.cause?.missing ?? missing) : missing]);
    return html`<div class="verdict ${verdict.grade}"><p>${m.verdict} ${this.#c.grade(verdict.grade)} <span class="soft">(${m.gradeMeaning[verdict.grade]})</span></p>
<p class="sentence">${m.forward(verdict.grade, this.#c.text(verdict.sentence))}</p>
<p>${m.list(hostNames(main.hosts, this.#c.lang))} · ${m.nOfStops(main.incidents.length, this.#c.diagnosis.incidents.length)} · ${withTimes(formatSpan(first, last, this.#c.zone, this.#c.lang))}</p>
${needs.length > 0 && html`<p>${verdict.grade === 'likely' ? m.needsForConfirmed : m.needs}:</p><ul class="alt">${needs.slice(0, MAX_CITED).map((one) => html`<li>${this.#c.text(one.text)} <code>${one.name}</code></li>`)}${needs.length > MAX_CITED && html`<li>${m.more(needs.length - MAX_CITED)}</li>`}</ul>`}</div>
${groups.length > 1 && html`<p>${m.sectionOther}:</p><ul class="alt plain">${groups.slice(1).map((group) => html`<li>${this.#c.grade(group.shown.verdict.grade)} ${this.#c.text(group.shown.verdict.sentence)} <span class="soft">(${m.stops(group.incidents.length)})</span></li>`)}</ul>`}`;
  }

  #timeline(groups: readonly StopGroup[]): Markup | undefined {
    const main = groups[0];
    if (!main) return undefined;
    const m = this.#c.m;
    const { timeline } = this.#c.diagnosis;
    const shown = this.#c.stops.find(({ incident }) => incident === main.shown)!;
    const hosts = new Set(this.#c.stops.map(({ incident }) => incident.stop.host)).size;
    const legend = html`<figcaption>${pictureKey(this.#c.lang)} ${zoneName(this.#c.zone)}${hosts > MAX_HOSTS && ` · ${m.pictureHosts(MAX_HOSTS, hosts)}`}</figcaption>`;
    return html`<figure><div class="svg-scroll" tabindex="0" role="group" aria-label="${m.sectionTimeline}">${overviewPicture(timeline, this.#c.stops, this.#c.zone, this.#c.lang)}</div>${legend}</figure>
<figure><div class="svg-scroll" tabindex="0" role="group" aria-label="${m.pictureZoom(String(shown.n))}">${approachPicture(timeline, shown, this.#c.zone, this.#c.lang)}</div><figcaption>${m.pictureZoom(`${shown.n} · ${formatTime(shown.incident.stop.time, this.#c.zone, this.#c.lang)}`)}</figcaption></figure>
${this.#stopTable()}`;
  }

  #stopTable(): Markup {
    const m = this.#c.m;
    const rows = this.#c.stops.map(({ n, incident }) => {
      const { stop, verdict } = incident;
      const details = stopDetails(stop, this.#c.diagnosis.timeline.evidence, this.#c.zone, this.#c.lang);
      const request = stopRequestText(stop, this.#c.lang);
      const records = stop.request ? [stop.request.event] : stop.records;
      return [
        String(n),
        html`<span class="t">${stop.host}</span>`,
        withTimes(stopTimeText(stop, this.#c.zone, this.#c.lang)),
        html`${m.action[stop.action] ?? stop.action}<br><span class="soft">${m.stopClass[stop.class]}</span>`,
        html`${request}${details.length > 0 && html`<br><span class="soft">${m.list(details)}</span>`}`,
        html`${this.#c.grade(verdict.grade)}${verdict.cause && html`<br>${this.#c.text(verdict.cause.cause.title)}`}`,
        this.#c.refs(records),
      ];
    });
    return this.#c.table(
      ['#', m.colHost, m.colTime, `${m.colAction} / ${m.colClass}`, m.colRequest, m.colVerdict, m.colEvidence],
      rows,
      m.sectionStops,
    );
  }

  #deadEnds(): Markup | undefined {
    const { deadEnds } = this.#c.diagnosis;
    if (deadEnds.length === 0) return undefined;
    const m = this.#c.m;
    const hosts = new Set(deadEnds.map((deadEnd) => deadEnd.host)).size > 1;
    return this.#c.table(
      [m.colCause, m.colStatus, m.colBecause],
      deadEnds.map((deadEnd) => [
        html`${this.#c.text(deadEnd.cause.title)}${hosts && ` (${deadEnd.host})`}`,
        html`<span class="grade ${deadEnd.status}">${STATUS_SHAPES[deadEnd.status]} ${m.deadEndStatus[deadEnd.status]}</span>`,
        html`${this.#c.text(deadEnd.because)}${this.#c.refs(deadEnd.evidence)}`,
      ]),
    );
  }

  #repairs(): Markup | undefined {
    const { repairs } = this.#c.diagnosis;
    if (repairs.length === 0) return undefined;
    return html`<ul class="alt">${repairs.map(
      (repair) =>
        html`<li>${repair.host}: ${withTimes(this.#c.text(repair.text))} ${this.#c.ref(repair.fact)}<dl class="kv">${repairLines(repair, this.#c.zone, this.#c.lang).map(([label, text]) => html`<dt>${label}</dt><dd>${withTimes(text)}</dd>`)}</dl></li>`,
    )}</ul>`;
  }

  #coincidence(): Markup | undefined {
    const { coincidence } = this.#c.diagnosis;
    if (coincidence.length === 0) return undefined;
    const list = (tests: readonly Coincidence[]): Markup =>
      html`<ul class="alt">${tests.map((one) => html`<li>${coincidenceText(one, this.#c.lang)}<br><span class="soft">${one.host} · <code>${one.derived}</code> · <code>${one.signature}</code></span></li>`)}</ul>`;
    const without = coincidence.filter((one) => one.k === 0);
    return html`${list(coincidence.filter((one) => one.k > 0))}${without.length > 0 && this.#c.details(this.#c.m.otherTests, without.length, list(without), false)}`;
  }

  #findings(): Markup | undefined {
    const { findings } = this.#c.diagnosis;
    if (findings.length === 0) return undefined;
    const m = this.#c.m;
    const held = findings.filter(({ judged }) => judged.grade === 'confirmed' || judged.grade === 'likely');
    const rest = findings.filter((finding) => !held.includes(finding));
    const hosts = new Set(findings.map(({ host }) => host)).size > 1;
    const rows = rest.map(({ host, judged }) => [
      html`${this.#c.text(judged.cause.title)}${hosts && ` (${host})`}`,
      this.#c.grade(judged.grade),
      html`${this.#c.text(judged.because)}${this.#c.refs(refuting(judged))}`,
    ]);
    return html`${held.length > 0 && html`<ul class="alt plain">${held.map(({ host, judged }) => html`<li>${this.#c.grade(judged.grade)} <strong>${this.#c.text(judged.cause.title)}</strong> (${host})<br>${this.#c.text(judged.because)}</li>`)}</ul>`}
${rows.length > 0 && this.#c.details(m.otherFindings, rows.length, this.#c.table([m.colCause, m.colStatus, m.colBecause], rows), false)}`;
  }
}

/**
 * The report as one self-contained page: no script, no external resource, light or dark by the reader's preference, A4 when printed.
 * Everything from logs is escaped. @throws RangeError for an unknown zone.
 */
export function diagnosisToHtml(diagnosis: Diagnosis, options: HtmlOptions, recorded?: RecordedConnections): string {
  return new HtmlReport(new HtmlContext(diagnosis, options), recorded).render();
}
