import type { Diagnosis, Grade, Incident, Observation } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';
import {
  type CauseRow,
  causeLists,
  coveredSpan,
  groupIncidents,
  hasRecords,
  hostNames,
  hostTitle,
  linkEvidence,
  refuting,
  type StopGroup,
  separatedTitles,
  uniqueMissing,
} from './case-view.ts';
import { formatSpan, zoneName } from './format-time.ts';
import type { ReportOptions } from './options.ts';
import { citation, SourceNames } from './origin.ts';
import { stopDetails, stopRequestText, stopTimeText } from './stop-text.ts';
import { coincidenceSection, deadEndsSection, findingsSection, holds, repairsSection } from './terminal-case.ts';
import { dumpsSection } from './terminal-dumps.ts';
import { evidenceSections } from './terminal-evidence.ts';
import { TerminalPage, type TerminalStyle } from './terminal-page.ts';
import { citedIds, gradeShape, SHORT_CITATIONS, TONES } from './terminal-shapes.ts';
import { type Messages, messages, pick } from './text/index.ts';
import { connectionsFirst, type RecordedConnections } from './traffic/recorded.ts';
import { RecordedText } from './traffic/terminal.ts';

/** Options of the terminal report. */
export interface TextOptions extends ReportOptions, TerminalStyle {
  /** Also every ruled-out and unchecked cause, every chain, coverage and inputs with full hashes. */
  readonly verbose: boolean;
  /** The next command to name on the last line; default: the same command with `--html report.html`. */
  readonly next?: string;
}

/** Groups told in full unless verbose; the others keep sentence, times and next check. */
const FULL_GROUPS = 1;
/** Groups told at all, stops listed per group, and prominent ruled-out causes, unless verbose; the rest is counted. */
const SHORT_GROUPS = 12;
const SHORT_STOPS = 20;
const SHORT_RULED_OUT = 8;
/** Missing facts and logs named unless verbose. */
const SHORT_MISSING = 6;

class TextReport {
  readonly #diagnosis: Diagnosis;
  readonly #options: TextOptions;
  readonly #page: TerminalPage;
  readonly #m: Messages;
  readonly #lang: Language;
  readonly #zone: string;
  readonly #names: SourceNames;
  readonly #recorded: RecordedConnections | undefined;

  constructor(diagnosis: Diagnosis, options: TextOptions, recorded: RecordedConnections | undefined) {
    this.#recorded = recorded;
    this.#diagnosis = diagnosis;
    this.#options = options;
    this.#page = new TerminalPage(options);
    this.#lang = options.lang;
    this.#m = messages(options.lang);
    this.#zone = options.zone;
    this.#names = new SourceNames(diagnosis.timeline.evidence.sources);
  }

  render(): string {
    const groups = groupIncidents(this.#diagnosis.incidents);
    const recorded = this.#recorded;
    if (recorded === undefined) {
      this.#headline(groups);
      this.#stops(groups);
    } else {
      const first = connectionsFirst(this.#diagnosis, recorded);
      const attempts = new RecordedText(this.#page, this.#diagnosis, recorded, this.#options);
      if (first) attempts.headlines();
      if (groups.length > 0) this.#headline(groups);
      if (!first) attempts.headlines();
      if (first) attempts.sections();
      this.#stops(groups);
      if (!first) attempts.sections();
    }
    repairsSection(this.#page, this.#diagnosis, this.#options);
    coincidenceSection(this.#page, this.#diagnosis, this.#options);
    // Where the question is a connection and nothing stopped, that no finding holds is no news.
    if (
      recorded === undefined ||
      groups.length > 0 ||
      this.#options.verbose ||
      this.#diagnosis.findings.some(({ judged }) => holds(judged))
    )
      findingsSection(this.#page, this.#diagnosis, this.#options);
    evidenceSections(this.#page, this.#diagnosis, this.#options, this.#names);
    this.#last();
    return this.#page.toString();
  }

  #stops(groups: readonly StopGroup[]): void {
    const told = this.#options.verbose ? groups : groups.slice(0, SHORT_GROUPS);
    told.forEach((group, i) => {
      this.#group(group, i, groups.length);
      if (i > 0) return;
      dumpsSection(this.#page, this.#diagnosis, this.#options);
      deadEndsSection(this.#page, this.#diagnosis, this.#options, group.shown.stop.host);
    });
    const untold = groups.slice(told.length);
    if (untold.length > 0) {
      this.#page.section(this.#m.sectionOther);
      this.#page.text(
        `${this.#m.moreGroups(
          untold.length,
          untold.reduce((sum, group) => sum + group.incidents.length, 0),
        )} (${this.#m.verboseHint})`,
        { indent: 2 },
      );
    }
    if (groups.length === 0) {
      dumpsSection(this.#page, this.#diagnosis, this.#options);
      deadEndsSection(this.#page, this.#diagnosis, this.#options);
    }
  }

  #word(grade: Grade): string {
    const word = this.#m.grade[grade];
    return this.#lang === 'en' ? word.toUpperCase() : word;
  }

  #citations(list: readonly Observation[], indent: number): void {
    const limit = this.#options.verbose ? list.length : SHORT_CITATIONS;
    for (const observation of list.slice(0, limit))
      this.#page.text(citation(observation, this.#names, this.#zone, this.#lang), { indent, tone: 'faint' });
    if (list.length > limit) this.#page.text(`${this.#m.more(list.length - limit)} (${this.#m.verboseOnly})`, { indent, tone: 'faint' });
  }

  #headline(groups: readonly StopGroup[]): void {
    const { incidents } = this.#diagnosis;
    const m = this.#m;
    const page = this.#page;
    const span = coveredSpan(this.#diagnosis);
    const main = groups[0];
    if (!main) {
      page.heading(hasRecords(this.#diagnosis) ? m.noStops : m.noRecords);
      if (span) page.text(m.noStopsSpan(formatSpan(span.from, span.to, this.#zone, this.#lang)));
      return;
    }
    const { verdict } = main.shown;
    page.text(pick(verdict.sentence, this.#lang), {
      lead: `${m.verdict} ${gradeShape(this.#page, verdict.grade)} ${this.#word(verdict.grade)}  `,
      leadTone: TONES[verdict.grade],
      tone: 'strong',
    });
    page.gap();
    const first = main.incidents[0]!.stop;
    const last = main.incidents.at(-1)!.stop;
    const counts = (['confirmed', 'likely', 'inconclusive'] as const)
      .map((grade) => [grade, incidents.filter((incident) => incident.verdict.grade === grade).length] as const)
      .filter(([, n]) => n > 0)
      .map(([grade, n]) => m.gradeCount(m.grade[grade], n));
    page.text(
      `${m.list(hostNames(main.hosts, this.#lang))}: ${m.list([m.nOfStops(main.incidents.length, incidents.length), formatSpan(first.time, last.time, this.#zone, this.#lang)])}`,
      { indent: 2 },
    );
    page.text(`${hostTitle(this.#diagnosis, this.#lang)}: ${m.stops(incidents.length)} (${m.counts(counts)})`, { indent: 2 });
    if (span) page.text(`${m.covered}: ${formatSpan(span.from, span.to, this.#zone, this.#lang)} (${zoneName(this.#zone)})`, { indent: 2 });
    if (verdict.grade !== 'confirmed') {
      const missing = uniqueMissing([verdict.grade === 'likely' ? (verdict.cause?.missing ?? main.shown.missing) : main.shown.missing]);
      if (missing.length > 0)
        page.text(
          `${verdict.grade === 'likely' ? m.needsForConfirmed : m.needs}: ${m.list(missing.slice(0, SHORT_CITATIONS).map((item) => item.name))}`,
          { indent: 2 },
        );
    }
  }

  #stopLine(incident: Incident): void {
    const { stop } = incident;
    const m = this.#m;
    const details = stopDetails(stop, this.#diagnosis.timeline.evidence, this.#zone, this.#lang);
    const parts = [stopTimeText(stop, this.#zone, this.#lang), m.action[stop.action] ?? stop.action, ...details];
    const ids = citedIds(this.#options, restsOn(incident));
    this.#page.text(`${parts.join(' · ')} ${ids}`.trimEnd(), { indent: 2, lead: `${stop.id}  ` });
  }

  #group(group: StopGroup, index: number, total: number): void {
    const m = this.#m;
    const page = this.#page;
    const incident = group.shown;
    const { verdict, stop } = incident;
    const full = index < FULL_GROUPS || this.#options.verbose;
    page.section(
      total === 1
        ? m.sectionStops
        : `${m.sectionGroup(index + 1)}: ${m.nOfStops(group.incidents.length, this.#diagnosis.incidents.length)}`,
    );
    if (index > 0) {
      page.text(pick(verdict.sentence, this.#lang), {
        lead: `${gradeShape(this.#page, verdict.grade)} ${this.#word(verdict.grade)}  `,
        leadTone: TONES[verdict.grade],
        tone: 'strong',
      });
    }
    const request = stopRequestText(stop, this.#lang);
    page.text([m.stopClass[stop.class], request].filter((part) => part !== '').join(' · '), { indent: 2, tone: 'faint' });
    const listed = this.#options.verbose ? group.incidents : group.incidents.slice(-SHORT_STOPS);
    for (const each of listed) this.#stopLine(each);
    if (listed.length < group.incidents.length)
      page.text(`${m.more(group.incidents.length - listed.length)} (${m.verboseHint})`, { indent: 2, tone: 'faint' });
    if (!full) {
      this.#next(incident);
      return;
    }
    const mechanism = verdict.cause?.cause.mechanism ?? [];
    if (mechanism.length > 0) {
      page.gap();
      page.heading(m.sectionMechanism(verdict.grade === 'confirmed'));
      mechanism.forEach((line, i) => {
        page.text(pick(line, this.#lang), { indent: 2, lead: `${i + 1}. ` });
      });
    }
    const shown = this.#options.verbose ? group.incidents : [incident];
    for (const each of shown) {
      if (each.chain.length === 0) continue;
      page.gap();
      page.heading(group.incidents.length > 1 ? `${m.sectionChain} (${each.stop.id})` : m.sectionChain);
      const evidence = linkEvidence(each);
      each.chain.forEach((link, i) => {
        const { fresh, again } = evidence[i]!;
        const known = citedIds(this.#options, again);
        page.text(`${pick(link.text, this.#lang)} (${m.support[link.support]})${known === '' ? '' : ` ${known}`}`, {
          indent: 2,
          lead: `${i + 1}. ${m.role[link.role]}: `,
        });
        this.#citations(fresh, 7);
      });
    }
    if (this.#options.verbose) this.#looked(incident);
    const dead = new Set(this.#diagnosis.deadEnds.map((deadEnd) => deadEnd.cause.id));
    const lists = causeLists(group, dead);
    if (verdict.cause) this.#remedies(incident);
    this.#causes(m.sectionAlso, lists.also, group, true);
    this.#causes(m.sectionOpen, lists.open, group, true);
    this.#next(incident);
    const ruledOut = this.#options.verbose
      ? lists.ruledOut
      : lists.ruledOut.filter((row) => row.cause.prominence !== undefined).slice(0, SHORT_RULED_OUT);
    this.#causes(m.sectionRuledOut, ruledOut, group, false);
    page.gap();
    const hidden = lists.ruledOut.length - ruledOut.length;
    if (hidden > 0) page.text(`${m.moreRuledOut(hidden)} (${m.verboseHint})`, { indent: 2, tone: 'faint' });
    if (this.#options.verbose) this.#causes(m.sectionUnchecked, lists.unchecked, group, true);
    else if (lists.unchecked.length > 0)
      page.text(`${m.moreUnchecked(lists.unchecked.length)} (${m.verboseHint})`, { indent: 2, tone: 'faint' });
    this.#missing(group, [...lists.also, ...lists.open]);
  }

  /** Every requirement of the verdict's cause with its truth and what it rests on. */
  #looked(incident: Incident): void {
    const items = incident.verdict.cause?.items ?? [];
    if (items.length === 0) return;
    const m = this.#m;
    this.#page.gap();
    this.#page.heading(m.sectionLooked);
    for (const item of items) {
      this.#page.text(pick(item.requirement.text, this.#lang), {
        indent: 2,
        lead: `${m.requirementRole[item.role]}, ${m.truth[item.evaluation.value]}: `,
      });
      this.#page.text(`${pick(item.evaluation.because, this.#lang)} ${citedIds(this.#options, item.evaluation.evidence)}`.trimEnd(), {
        indent: 6,
        tone: 'faint',
      });
    }
  }

  #causes(title: string, rows: readonly CauseRow[], group: StopGroup, decides: boolean): void {
    if (rows.length === 0) return;
    const m = this.#m;
    this.#page.gap();
    this.#page.heading(title);
    for (const row of rows) {
      const partly = row.count < group.incidents.length ? ` (${m.forStops(row.count, group.incidents.length)})` : '';
      this.#page.text(`${pick(row.cause.title, this.#lang)}${partly}`, {
        indent: 2,
        lead: `${gradeShape(this.#page, row.grade)} `,
        leadTone: TONES[row.grade],
      });
      const evidence = row.grade === 'ruled_out' ? refuting(row.judged) : [];
      this.#page.text(`${pick(row.judged.because, this.#lang)} ${citedIds(this.#options, evidence)}`.trimEnd(), {
        indent: 6,
        tone: 'faint',
      });
      if (decides && row.grade !== 'ruled_out') {
        for (const missing of row.judged.missing.slice(0, this.#options.verbose ? row.judged.missing.length : 2)) {
          this.#page.text(`${pick(missing.text, this.#lang)} (${missing.name})`, { indent: 6, lead: this.#page.unicode ? '→ ' : '-> ' });
        }
      }
    }
  }

  /** First what the verdict and the open causes lack; the rest only when verbose. */
  #missing(group: StopGroup, open: readonly CauseRow[]): void {
    const items = uniqueMissing([
      group.shown.verdict.cause?.missing ?? [],
      ...open.map((row) => row.judged.missing),
      ...group.incidents.map((incident) => incident.missing),
    ]);
    if (items.length === 0) return;
    const limit = this.#options.verbose ? items.length : SHORT_MISSING;
    this.#page.gap();
    this.#page.heading(this.#m.sectionMissing);
    for (const item of items.slice(0, limit)) {
      this.#page.text(`${pick(item.text, this.#lang)}`, { indent: 2, lead: `${this.#m.missingKind[item.kind]} ${item.name}: ` });
      if (item.command !== undefined) this.#page.command(item.command, 6);
    }
    if (items.length > limit)
      this.#page.text(`${this.#m.more(items.length - limit)} (${this.#m.verboseHint})`, { indent: 2, tone: 'faint' });
  }

  #next(incident: Incident): void {
    if (!incident.nextCheck) return;
    const m = this.#m;
    const text = pick(incident.nextCheck.text, this.#lang);
    const { command } = incident.nextCheck.check;
    const separates = separatedTitles(incident, text, (cause) => pick(cause.title, this.#lang));
    this.#page.gap();
    this.#page.heading(m.sectionNext);
    this.#page.text(text, { indent: 2 });
    if (command !== undefined) this.#page.command(command, 6);
    if (separates.length > 0) this.#page.text(m.separates(m.list(separates)), { indent: 2, tone: 'faint' });
  }

  #remedies(incident: Incident): void {
    const remedies = incident.verdict.cause?.cause.remedies ?? [];
    if (remedies.length === 0) return;
    const m = this.#m;
    this.#page.gap();
    this.#page.heading(m.sectionRemedy);
    remedies.forEach((remedy, i) => {
      this.#page.text(pick(remedy.text, this.#lang), { indent: 2, lead: `${i + 1}. ` });
      if (remedy.command !== undefined) this.#page.command(remedy.command, 5);
      if (remedy.gpo) this.#page.text(pick(remedy.gpo, this.#lang), { indent: 5, lead: `${m.gpo}: ` });
      this.#page.text(pick(remedy.risk, this.#lang), { indent: 5, lead: `${m.risk}: ` });
      this.#page.text(pick(remedy.undo, this.#lang), { indent: 5, lead: `${m.undo}: ` });
    });
  }

  #last(): void {
    const next = this.#options.next ?? nextCommand(this.#options.tool.command);
    if (next === undefined) return;
    this.#page.gap();
    this.#page.raw(`${this.#m.next} ${this.#page.tone(printableCommand(next), 'strong')}`);
  }
}

/** The records a stop's verdict rests on: its request, those of its chain, else what classified it. */
function restsOn(incident: Incident): Observation[] {
  const cited = new Map<string, Observation>();
  if (incident.stop.request) cited.set(incident.stop.request.event.id, incident.stop.request.event);
  for (const link of incident.chain)
    for (const observation of link.evidence) if (observation.type === 'event') cited.set(observation.id, observation);
  if (cited.size === 0)
    for (const record of incident.stop.request ? [incident.stop.request.event] : incident.stop.records) cited.set(record.id, record);
  return [...cited.values()];
}

function printableCommand(command: string): string {
  return command.replace(/[\r\n]+/g, ' ');
}

/** The command that would write the HTML report of the same case; undefined when this one already does. */
function nextCommand(command: string): string | undefined {
  return command === '' || /(^|\s)--html(\s|=|$)/.test(command) ? undefined : `${command} --html report.html`;
}

/**
 * The report for a terminal: the verdict first, then stops in groups with their chain, what is open, what decides, what was ruled out,
 * coverage, problems and how it was made. Control characters from logs are shown, never emitted.
 * @param recorded attempts to connect that recordings among the evidence show: the worse of stops and attempts comes first.
 */
export function diagnosisToText(diagnosis: Diagnosis, options: TextOptions, recorded?: RecordedConnections): string {
  return new TextReport(diagnosis, options, recorded).render();
}
