import type { Diagnosis, Grade, Incident, Observation } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';
import {
  type CauseRow,
  caseId,
  causeLists,
  citedObservations,
  coveredSpan,
  groupIncidents,
  hasRecords,
  hostNames,
  hostTitle,
  inTimeOrder,
  MAX_CITED,
  refuting,
  type StopGroup,
  uniqueMissing,
} from './case-view.ts';
import { coincidenceText } from './coincidence.ts';
import { ConnectionMarkdownParts } from './connection/markdown-parts.ts';
import { dumpPages } from './dump-view.ts';
import { coverageNotes, coverageRows, factRows, totalsText } from './evidence-tables.ts';
import { formatDuration, formatSpan, formatTime, zoneName } from './format-time.ts';
import { codeBlock, codeSpan, escapeMarkdown, markdownText } from './markdown-text.ts';
import type { ReportOptions } from './options.ts';
import { citation, eventName, SourceNames } from './origin.ts';
import { problemLines } from './problems.ts';
import { eventMessage } from './render-event.ts';
import { repairLines } from './repair-view.ts';
import { stopDetails, stopRequestText, stopTimeText } from './stop-text.ts';
import { type Messages, messages, pick } from './text/index.ts';
import { trafficRows } from './traffic/coverage.ts';
import {
  calmSentence,
  connectionsFirst,
  generalNotes,
  notesOf,
  onlyTraffic,
  type RecordedConnections,
  recordedGroups,
  recordedTitle,
} from './traffic/recorded.ts';
import { cutTo, printable } from './width.ts';

/** Records in the appendix; the page says how many were left out. A Markdown page is read or pasted into a ticket: smaller than the HTML one. */
const MAX_RECORDS = 60;
/** Crash dumps told; the page says how many were left out. */
const MAX_DUMPS = 10;
/** Columns of a rendered message in the appendix table. */
const MAX_MESSAGE = 300;
const SHAPES: Record<Grade, string> = { confirmed: '●', likely: '◐', inconclusive: '○', ruled_out: '×' };

class MarkdownReport {
  readonly #diagnosis: Diagnosis;
  readonly #options: ReportOptions;
  readonly #m: Messages;
  readonly #lang: Language;
  readonly #zone: string;
  readonly #names: SourceNames;
  readonly #out: string[] = [];
  readonly #recorded: RecordedConnections | undefined;

  constructor(diagnosis: Diagnosis, options: ReportOptions, recorded: RecordedConnections | undefined) {
    this.#recorded = recorded;
    this.#diagnosis = diagnosis;
    this.#options = options;
    this.#lang = options.lang;
    this.#m = messages(options.lang);
    this.#zone = options.zone;
    this.#names = new SourceNames(diagnosis.timeline.evidence.sources);
  }

  render(): string {
    const m = this.#m;
    const groups = groupIncidents(this.#diagnosis.incidents);
    const recorded = this.#recorded;
    const title =
      recorded !== undefined && groups.length === 0
        ? recordedTitle(recorded, this.#lang)
        : m.reportTitle(hostTitle(this.#diagnosis, this.#lang));
    this.#out.push(`# ${escapeMarkdown(title)}`, '');
    const stops = (): void => {
      this.#stops();
      groups.forEach((group, i) => {
        this.#group(group, i, groups.length);
      });
      this.#dumps();
      this.#deadEnds();
    };
    if (recorded === undefined) {
      this.#verdict(groups);
      stops();
    } else {
      const first = connectionsFirst(this.#diagnosis, recorded);
      const parts = new ConnectionMarkdownParts(this.#out, { ...this.#options, explain: recorded.explain === true });
      if (first) this.#attemptVerdicts(recorded, parts);
      if (groups.length > 0) this.#verdict(groups);
      if (!first) this.#attemptVerdicts(recorded, parts);
      if (first) this.#attempts(recorded, parts);
      stops();
      if (!first) this.#attempts(recorded, parts);
    }
    this.#rest();
    this.#appendix();
    return markdownText(this.#out);
  }

  #t(text: { readonly en: string; readonly ja: string }): string {
    return escapeMarkdown(pick(text, this.#lang));
  }

  #heading(level: 2 | 3, title: string): void {
    this.#out.push('', `${'#'.repeat(level)} ${escapeMarkdown(title)}`, '');
  }

  /** Cells are Markdown already. */
  #table(heads: readonly string[], rows: readonly (readonly string[])[]): void {
    if (rows.length === 0) return;
    this.#out.push('', `| ${heads.join(' | ')} |`, `|${heads.map(() => ' --- |').join('')}`);
    for (const row of rows) this.#out.push(`| ${row.join(' | ')} |`);
    this.#out.push('');
  }

  #ids(list: readonly Observation[]): string {
    const shown = list.slice(0, MAX_CITED).map((observation) => escapeMarkdown(`[${observation.id}]`));
    if (list.length > MAX_CITED) shown.push(escapeMarkdown(this.#m.more(list.length - MAX_CITED)));
    return shown.join(' ');
  }

  #grade(grade: Grade): string {
    return `${SHAPES[grade]} **${this.#m.grade[grade]}**`;
  }

  #verdict(groups: readonly StopGroup[]): void {
    const m = this.#m;
    const main = groups[0];
    const span = coveredSpan(this.#diagnosis);
    if (!main) {
      this.#out.push(escapeMarkdown(hasRecords(this.#diagnosis) ? m.noStops : m.noRecords));
      if (span) this.#out.push('', escapeMarkdown(m.noStopsSpan(formatSpan(span.from, span.to, this.#zone, this.#lang))));
      return;
    }
    const { verdict, missing } = main.shown;
    const from = main.incidents[0]!.stop.time;
    const to = main.incidents.at(-1)!.stop.time;
    this.#out.push(
      `**${m.verdict}** ${this.#grade(verdict.grade)} (${escapeMarkdown(m.gradeMeaning[verdict.grade])})`,
      '',
      `> **${escapeMarkdown(m.forward(verdict.grade, pick(verdict.sentence, this.#lang)))}**`,
      '',
    );
    this.#out.push(
      escapeMarkdown(
        `${m.list(hostNames(main.hosts, this.#lang))} · ${m.nOfStops(main.incidents.length, this.#diagnosis.incidents.length)} · ${formatSpan(from, to, this.#zone, this.#lang)}`,
      ),
      '',
    );
    const needs =
      verdict.grade === 'confirmed' ? [] : uniqueMissing([verdict.grade === 'likely' ? (verdict.cause?.missing ?? missing) : missing]);
    if (needs.length > 0)
      this.#out.push(
        `${verdict.grade === 'likely' ? m.needsForConfirmed : m.needs}:`,
        '',
        ...needs.map((one) => `- ${this.#t(one.text)} ${codeSpan(one.name)}`),
        '',
      );
  }

  #attemptVerdicts(recorded: RecordedConnections, parts: ConnectionMarkdownParts): void {
    const calm = calmSentence(this.#diagnosis, recorded, this.#lang);
    if (calm !== undefined) this.#out.push('', escapeMarkdown(calm), '');
    for (const group of recordedGroups(recorded)) parts.lead(group);
    for (const note of generalNotes(recorded)) this.#out.push('', this.#t(note));
    if (this.#diagnosis.incidents.length === 0 && !onlyTraffic(this.#diagnosis)) this.#out.push('', escapeMarkdown(this.#m.traffic.noStop));
  }

  #attempts(recorded: RecordedConnections, parts: ConnectionMarkdownParts): void {
    const groups = recordedGroups(recorded);
    const notes = notesOf(recorded);
    for (const { shown } of groups) parts.host(shown, groups.length > 1 || this.#diagnosis.incidents.length > 0, notes(shown));
  }

  #stops(): void {
    const m = this.#m;
    if (this.#diagnosis.incidents.length === 0) return;
    this.#heading(2, m.sectionStops);
    this.#table(
      [m.colStop, m.colTime, m.colAction, m.colClass, m.colRequest, m.colVerdict, m.colEvidence],
      inTimeOrder(this.#diagnosis.incidents).map(({ stop, verdict }) => [
        escapeMarkdown(stop.id),
        escapeMarkdown(stopTimeText(stop, this.#zone, this.#lang)),
        escapeMarkdown(m.action[stop.action] ?? stop.action),
        escapeMarkdown(m.stopClass[stop.class]),
        escapeMarkdown(
          m.list(
            [stopRequestText(stop, this.#lang), ...stopDetails(stop, this.#diagnosis.timeline.evidence, this.#zone, this.#lang)].filter(
              (part) => part !== '',
            ),
          ),
        ),
        `${this.#grade(verdict.grade)}${verdict.cause ? ` ${this.#t(verdict.cause.cause.title)}` : ''}`,
        this.#ids(stop.request ? [stop.request.event] : stop.records),
      ]),
    );
  }

  #group(group: StopGroup, index: number, total: number): void {
    const m = this.#m;
    const { shown } = group;
    const { verdict } = shown;
    this.#heading(2, total === 1 ? m.sectionChain : `${m.sectionGroup(index + 1)}: ${m.stops(group.incidents.length)}`);
    this.#out.push(`${this.#grade(shown.verdict.grade)} ${this.#t(shown.verdict.sentence)}`, '');
    const mechanism = verdict.cause?.cause.mechanism ?? [];
    if (mechanism.length > 0) {
      this.#heading(3, m.sectionMechanism(verdict.grade === 'confirmed'));
      mechanism.forEach((line, i) => {
        this.#out.push(`${i + 1}. ${this.#t(line)}`);
      });
      this.#out.push('');
    }
    if (shown.chain.length > 0) {
      this.#heading(3, `${m.sectionChain} (${shown.stop.id})`);
      shown.chain.forEach((link, i) => {
        this.#out.push(`${i + 1}. ${this.#t(link.text)} (${m.role[link.role]}, ${m.support[link.support]})`);
        for (const observation of link.evidence.slice(0, MAX_CITED))
          this.#out.push(`   - ${escapeMarkdown(citation(observation, this.#names, this.#zone, this.#lang))}`);
        if (link.evidence.length > MAX_CITED)
          this.#out.push(`   - ${escapeMarkdown(m.more(link.evidence.length - MAX_CITED))} (${m.jsonHint})`);
      });
      this.#out.push('');
    }
    this.#next(shown);
    const lists = causeLists(group, new Set(this.#diagnosis.deadEnds.map((deadEnd) => deadEnd.cause.id)));
    this.#causes(m.sectionAlso, lists.also);
    this.#causes(m.sectionOpen, lists.open);
    this.#remedies(shown);
    if (lists.ruledOut.length > 0) {
      this.#heading(3, m.sectionRuledOut);
      this.#table(
        [m.colCause, m.colBecause],
        lists.ruledOut.map((row) => [
          this.#t(row.cause.title),
          `${this.#t(row.judged.because)} ${this.#ids(refuting(row.judged))}`.trimEnd(),
        ]),
      );
    }
    if (lists.unchecked.length > 0) {
      this.#heading(3, m.sectionUnchecked);
      this.#out.push(m.list(lists.unchecked.map((row) => this.#t(row.cause.title))), '');
    }
    const missing = uniqueMissing(group.incidents.map((incident) => incident.missing));
    if (missing.length > 0) {
      this.#heading(3, m.sectionMissing);
      for (const one of missing)
        this.#out.push(
          `- ${m.missingKind[one.kind]} ${codeSpan(one.name)}: ${this.#t(one.text)}${one.command === undefined ? '' : ` ${codeSpan(one.command)}`}`,
        );
    }
  }

  #causes(title: string, rows: readonly CauseRow[]): void {
    if (rows.length === 0) return;
    this.#heading(3, title);
    for (const row of rows) {
      const decides = row.judged.missing.slice(0, 4).map((one) => `${this.#t(one.text)} ${codeSpan(one.name)}`);
      this.#out.push(
        `- ${this.#grade(row.grade)} ${this.#t(row.cause.title)}: ${this.#t(row.judged.because)}${decides.length > 0 ? ` ${this.#m.colDecides}: ${this.#m.list(decides)}` : ''}`,
      );
    }
  }

  #next(incident: Incident): void {
    if (!incident.nextCheck) return;
    this.#heading(3, this.#m.sectionNext);
    this.#out.push(this.#t(incident.nextCheck.text));
    if (incident.nextCheck.check.command !== undefined) this.#out.push(...codeBlock(incident.nextCheck.check.command));
  }

  #remedies(incident: Incident): void {
    const remedies = incident.verdict.cause?.cause.remedies ?? [];
    if (remedies.length === 0) return;
    const m = this.#m;
    this.#heading(3, m.sectionRemedy);
    for (const remedy of remedies) {
      this.#out.push('', `**${this.#t(remedy.text)}**`);
      if (remedy.command !== undefined) this.#out.push(...codeBlock(remedy.command));
      if (remedy.gpo) this.#out.push(`- ${m.gpo}: ${this.#t(remedy.gpo)}`);
      this.#out.push(`- ${m.risk}: ${this.#t(remedy.risk)}`, `- ${m.undo}: ${this.#t(remedy.undo)}`, '');
    }
  }

  #dumps(): void {
    const dumps = dumpPages(this.#diagnosis, this.#zone, this.#lang);
    if (dumps.length === 0) return;
    this.#heading(2, this.#m.dump.section);
    for (const { id, file, lines } of dumps.slice(0, MAX_DUMPS)) {
      this.#heading(3, `[${id}] ${file}`);
      this.#lines(lines, '');
    }
    if (dumps.length > MAX_DUMPS) this.#out.push('', `${this.#m.more(dumps.length - MAX_DUMPS)} (${this.#m.jsonHint})`);
  }

  #lines(lines: readonly (readonly [string, string])[], indent: string): void {
    for (const [label, text] of lines) this.#out.push(`${indent}- ${escapeMarkdown(label)}: ${escapeMarkdown(text)}`);
  }

  #deadEnds(): void {
    const { deadEnds } = this.#diagnosis;
    if (deadEnds.length === 0) return;
    const m = this.#m;
    this.#heading(2, m.sectionDeadEnds);
    this.#table(
      [m.colCause, m.colHost, m.colStatus, m.colBecause],
      deadEnds.map((deadEnd) => [
        this.#t(deadEnd.cause.title),
        escapeMarkdown(deadEnd.host),
        m.deadEndStatus[deadEnd.status],
        `${this.#t(deadEnd.because)} ${this.#ids(deadEnd.evidence)}`.trimEnd(),
      ]),
    );
  }

  #rest(): void {
    const m = this.#m;
    const diagnosis = this.#diagnosis;
    if (diagnosis.repairs.length > 0) {
      this.#heading(2, m.sectionRepairs);
      for (const repair of diagnosis.repairs) {
        this.#out.push(`- ${escapeMarkdown(repair.host)}: ${this.#t(repair.text)} ${escapeMarkdown(`[${repair.fact.id}]`)}`);
        this.#lines(repairLines(repair, this.#zone, this.#lang), '  ');
      }
    }
    if (diagnosis.coincidence.length > 0) {
      this.#heading(2, m.sectionCoincidence);
      for (const one of diagnosis.coincidence)
        this.#out.push(`- ${escapeMarkdown(coincidenceText(one, this.#lang))} ${codeSpan(`${one.host} ${one.derived} ${one.signature}`)}`);
    }
    const held = diagnosis.findings.filter(({ judged }) => judged.grade === 'confirmed' || judged.grade === 'likely');
    if (diagnosis.findings.length > 0) {
      this.#heading(2, m.sectionFindings);
      for (const { host, judged } of held)
        this.#out.push(
          `- ${this.#grade(judged.grade)} ${this.#t(judged.cause.title)} (${escapeMarkdown(host)}): ${this.#t(judged.because)}`,
        );
      if (diagnosis.findings.length > held.length)
        this.#out.push(`- ${m.moreFindings(diagnosis.findings.length - held.length)} (${m.jsonHint})`);
    }
    const facts = factRows(diagnosis, this.#zone, this.#lang, this.#names);
    if (facts.length > 0) {
      this.#heading(2, m.sectionFacts);
      this.#table(
        [m.colEvidence, m.colName, m.colHeld, m.colHost, m.colOrigin],
        facts.map((row) => [
          escapeMarkdown(`[${row.id}]`),
          escapeMarkdown(`${row.name}=${row.value}`),
          escapeMarkdown(row.held),
          escapeMarkdown(row.host === '' ? m.anyHost : row.host),
          escapeMarkdown(row.place),
        ]),
      );
    }
    const coverage = coverageRows(diagnosis, this.#zone, this.#lang);
    if (coverage.length > 0) {
      this.#heading(2, m.sectionCoverage);
      this.#table(
        [m.colHost, m.colChannel, m.colFrom, m.colTo, m.colRecords, m.colHoles],
        coverage.map((row) =>
          [row.host, row.channel, row.from, row.to, row.records, row.notes.join(' · ') || m.noGaps].map(escapeMarkdown),
        ),
      );
      for (const note of coverageNotes(diagnosis, this.#zone, this.#lang)) this.#out.push(`- ${escapeMarkdown(note)}`);
    }
    const traffic = trafficRows(diagnosis.timeline.evidence, this.#zone, this.#lang);
    if (traffic.length > 0) {
      this.#heading(2, m.traffic.sectionCoverage);
      for (const { file, text, notes } of traffic) {
        this.#out.push(`- ${escapeMarkdown(file)}: ${escapeMarkdown(text)}`);
        for (const note of notes) this.#out.push(`  - ${escapeMarkdown(note)}`);
      }
    }
    if (diagnosis.problems.length > 0) {
      this.#heading(2, m.sectionProblems);
      for (const line of problemLines(diagnosis.problems, this.#lang))
        this.#out.push(`- ${escapeMarkdown([line.head, line.meaning, line.action].filter((part) => part !== '').join(' '))}`);
    }
    this.#heading(2, m.sectionMade);
    const { tool, durationSeconds } = this.#options;
    this.#out.push(
      `- ${m.made.command}: ${codeSpan(tool.command)}`,
      `- ${m.made.version}: ${escapeMarkdown(`${tool.name} ${tool.version}`)}`,
      `- ${m.made.case}: ${escapeMarkdown(caseId(diagnosis, this.#options))}`,
      `- ${m.made.zone}: ${escapeMarkdown(zoneName(this.#zone))}`,
      `- ${m.made.madeAt}: ${escapeMarkdown(formatTime(diagnosis.madeAt, this.#zone, this.#lang))}`,
    );
    const totals = totalsText(diagnosis, this.#lang);
    if (totals !== '') this.#out.push(`- ${m.made.totals}: ${escapeMarkdown(totals)}`);
    if (durationSeconds !== undefined) this.#out.push(`- ${m.made.duration}: ${formatDuration(durationSeconds, this.#lang)}`);
    this.#table(
      [m.colFile, m.colSize, 'SHA-256'],
      diagnosis.timeline.evidence.sources.map((source) => [
        escapeMarkdown(`${source.id} ${source.path}`),
        m.bytes(source.sizeBytes),
        source.kind === 'disk' ? m.made.notHashed : source.sha256 === '' ? '-' : codeSpan(source.sha256),
      ]),
    );
  }

  #appendix(): void {
    const m = this.#m;
    const cited = citedObservations(this.#diagnosis).filter((observation) => observation.type === 'event');
    if (cited.length === 0) return;
    const shown = cited.slice(0, MAX_RECORDS);
    this.#heading(2, m.sectionAppendix);
    this.#out.push(escapeMarkdown(m.appendixNote(shown.length, cited.length)), '');
    this.#table(
      ['', m.colEvent, m.colTime, m.colOrigin, m.colMessage],
      shown.map((event) => [
        escapeMarkdown(`[${event.id}]`),
        escapeMarkdown(eventName(event, this.#lang)),
        escapeMarkdown(formatTime(event.time, this.#zone, this.#lang, true)),
        escapeMarkdown(
          `${this.#names.of(event.origin)} ${event.origin.recordId === undefined ? '' : m.record(event.origin.recordId)}`.trim(),
        ),
        escapeMarkdown(cutTo(printable(eventMessage(event, this.#lang)), MAX_MESSAGE)),
      ]),
    );
  }
}

/** The report as Markdown (CommonMark with tables), for tickets and wikis. Text from logs is escaped. @throws RangeError for an unknown zone. */
export function diagnosisToMarkdown(diagnosis: Diagnosis, options: ReportOptions, recorded?: RecordedConnections): string {
  return new MarkdownReport(diagnosis, options, recorded).render();
}
