import type { Audit, AuditHost, CombinedResult, InputProblem, SettingResult, StateComparison } from '@winmedic/core/model';
import type { Language, Remedy, Severity } from '@winmedic/knowledge/model';
import { caseIdOf } from '../case-view.ts';
import { formatTime } from '../format-time.ts';
import { SourceNames } from '../origin.ts';
import { madeSection, problemList, problemsSection } from '../terminal-evidence.ts';
import { TerminalPage, type TerminalStyle, type Tone } from '../terminal-page.ts';
import { type Messages, messages, pick } from '../text/index.ts';
import {
  countsText,
  decidingNeeds,
  differentHosts,
  headlineText,
  hostName,
  isUnverified,
  knownUntil,
  needText,
  osText,
  partsShown,
  problemsByHost,
  seenPlaces,
  seenText,
  sideNames,
  sideWords,
  sourcesText,
  titledValue,
} from './describe.ts';
import type { AuditReportOptions } from './options.ts';
import { type AuditFilter, changesOf, EFFECT_SHAPES, type HostView, hostView, SEVERITY_SHAPES, STATUS_SHAPES } from './view.ts';

/** Options of the audit in a terminal. */
export interface AuditTextOptions extends AuditReportOptions, TerminalStyle {
  /** Also what is not risky, every setting that was not checked, and inputs with full hashes. */
  readonly verbose: boolean;
  /** The next command to name on the last line; default: the same command with `--html audit.html`. */
  readonly next?: string;
}

/** Places told of one setting unless verbose; the rest is counted. */
const SHORT_PLACES = 4;
/** Hosts told in full unless verbose; the first lines name them all. */
const SHORT_HOSTS = 12;
/** Needs of what was not checked told one by one unless verbose, the largest first; the rest is counted. */
const SHORT_NEEDS = 8;

/** Combined findings not decided that are told unless verbose; the rest is counted. */
const SHORT_UNDECIDED = 4;

/** Something seen points at a combined finding that is not decided: it is possible, or a part of it is risky or may be. */
function pointedAt({ status, parts }: CombinedResult): boolean {
  return status === 'possible' || parts.some(({ result }) => result.status === 'risky' || result.status === 'possible-risk');
}

class AuditText {
  readonly #audit: Audit;
  readonly #options: AuditTextOptions;
  readonly #filter: AuditFilter;
  readonly #page: TerminalPage;
  readonly #m: Messages;
  readonly #lang: Language;
  readonly #zone: string;
  readonly #names: SourceNames;
  readonly #shapes: 0 | 1;

  constructor(audit: Audit, options: AuditTextOptions) {
    this.#audit = audit;
    this.#options = options;
    this.#filter = options.filter ?? {};
    this.#page = new TerminalPage(options);
    this.#lang = options.lang;
    this.#m = messages(options.lang);
    this.#zone = options.zone;
    this.#names = new SourceNames(audit.sources);
    this.#shapes = options.unicode ? 0 : 1;
  }

  render(): string {
    const { hosts } = this.#audit;
    const { ofHost, other } = problemsByHost(this.#audit);
    if (hosts.length === 0) this.#page.text(this.#m.audit.noState, { tone: 'strong' });
    const views = hosts.map((host) => hostView(host, this.#filter));
    for (const view of views) this.#headline(view);
    for (const comparison of this.#audit.comparisons) this.#comparison(comparison);
    const told = this.#options.verbose ? views : views.slice(0, SHORT_HOSTS);
    for (const view of told) this.#host(view, ofHost.get(view.host) ?? []);
    if (views.length > told.length) {
      this.#page.gap();
      this.#page.text(`${this.#m.audit.moreHosts(views.length - told.length)} (${this.#m.verboseHint})`, { tone: 'faint' });
    }
    problemsSection(this.#page, other, this.#options);
    const { sources, madeAt } = this.#audit;
    madeSection(this.#page, { id: caseIdOf(sources, this.#options), at: madeAt, sources }, this.#options);
    this.#last();
    return this.#page.toString();
  }

  #severity(severity: Severity): string {
    const word = this.#m.audit.severityOf(this.#m.audit.severity[severity]);
    return `${SEVERITY_SHAPES[severity][this.#shapes]} ${this.#lang === 'en' ? word.toUpperCase() : word}`;
  }

  #tone(severity: Severity): Tone {
    return severity === 'info' ? 'plain' : 'warn';
  }

  #headline(view: HostView): void {
    const page = this.#page;
    const name = hostName(view.host, this.#lang);
    const worst = view.combined[0];
    if (worst)
      page.text(pick(worst.finding.sentence, this.#lang), {
        lead: `${name} ${this.#severity(worst.finding.severity)}  `,
        leadTone: this.#tone(worst.finding.severity),
        tone: 'strong',
      });
    page.text(headlineText(view, this.#lang), worst ? { indent: 2 } : { lead: `${name}  `, leadTone: 'strong' });
  }

  #comparison(comparison: StateComparison): void {
    const { audit } = this.#m;
    const page = this.#page;
    const [before, after] = sideNames(comparison, this.#zone, this.#lang);
    const [beforeWord, afterWord] = sideWords(comparison, this.#lang);
    page.section(audit.sectionChanges);
    page.text(audit.sides(before, after), { indent: 2 });
    if (differentHosts(comparison)) page.text(audit.otherHosts, { indent: 2, tone: 'warn' });
    const { shown, filtered } = changesOf(comparison, this.#filter);
    if (comparison.changes.length === 0) page.text(audit.noChanges, { indent: 2 });
    for (const change of shown) {
      page.text(`${pick(change.setting.title, this.#lang)} (${change.setting.id})`, {
        indent: 2,
        lead: `${EFFECT_SHAPES[change.effect][this.#shapes]} ${audit.effect[change.effect]}  `,
        leadTone: change.effect === 'worse' ? 'warn' : change.effect === 'better' ? 'sure' : 'plain',
        tone: 'strong',
      });
      for (const [word, result] of [
        [beforeWord, change.before],
        [afterWord, change.after],
      ] as const) {
        page.text(`${this.#resultText(result)}`, { indent: 6, lead: `${word}: ` });
        this.#places(result, 8);
      }
    }
    const rest = [
      ...(filtered > 0 ? [audit.filteredChanges(filtered)] : []),
      audit.unchanged(comparison.unchanged),
      ...(comparison.notComparable > 0 ? [audit.notComparable(comparison.notComparable)] : []),
    ];
    page.text(this.#m.list(rest), { indent: 2, tone: 'faint' });
  }

  /** The value in words with its status; nothing is told of a value that was not checked. */
  #resultText(result: SettingResult): string {
    const { audit } = this.#m;
    const text = pick(result.text, this.#lang);
    return result.status === 'risky' ? `${text} (${audit.status.risky})` : text;
  }

  #host(view: HostView, problems: readonly InputProblem[]): void {
    const { audit, list } = this.#m;
    const page = this.#page;
    const { host } = view;
    const name = hostName(host, this.#lang);
    page.section(name);
    page.text(osText(host, this.#lang), { indent: 2, lead: `${audit.windows}: ` });
    page.text(sourcesText(this.#audit, host, this.#names, this.#lang), {
      indent: 2,
      lead: `${audit.sources}: `,
    });
    const until = knownUntil(host).map(
      ({ observation, until: time }) => `${formatTime(time, this.#zone, this.#lang)} (${this.#names.of(observation.origin)})`,
    );
    page.text(until.length > 0 ? list(until) : audit.heldUntilUnknown, { indent: 2, lead: `${audit.heldUntil}: ` });
    page.text(countsText(host, this.#lang), { indent: 2, lead: `${audit.settings}: ` });
    this.#filterNotes(view);
    problemList(this.#page, problems, this.#options);
    const told = new Map<string, string>();
    this.#combined(view, told);
    this.#risky(view.risky, told);
    this.#open(audit.sectionConflict, 'conflict', view.conflict);
    this.#open(audit.sectionPossible, 'possible-risk', view.possible);
    this.#combinedOpen(view.combinedOpen);
    this.#unchecked(view);
    this.#calm(audit.sectionProbably, view.probably, 'probably-ok');
    this.#calm(audit.sectionNoted, view.noted, 'noted');
    this.#calm(audit.sectionOk, view.ok, 'ok');
  }

  #filterNotes({ filtered }: HostView): void {
    const { audit } = this.#m;
    const note = (text: string): void => this.#page.text(text, { indent: 2, tone: 'faint' });
    if (filtered.settings > 0) note(audit.filteredAreas(filtered.settings));
    if (filtered.combined > 0) note(audit.filteredCombined(filtered.combined));
    if (this.#filter.riskyOnly) note(audit.filteredRisky);
  }

  /** Stands in titles; the value in words carries marks of its own. */
  #unverified(result: SettingResult): string {
    return isUnverified(result) ? ` [${this.#m.audit.unverified}]` : '';
  }

  #places(result: SettingResult, indent: number): void {
    const places = seenPlaces(result, this.#names, this.#lang);
    const shown = this.#options.verbose ? places : places.slice(0, SHORT_PLACES);
    for (const place of shown) this.#page.text(seenText(place, this.#zone, this.#lang), { indent, tone: 'faint' });
    if (places.length > shown.length)
      this.#page.text(`${this.#m.more(places.length - shown.length)} (${this.#m.verboseOnly})`, { indent, tone: 'faint' });
  }

  #remedy(remedy: Remedy, indent: number): void {
    const m = this.#m;
    const page = this.#page;
    page.text(pick(remedy.text, this.#lang), { indent, lead: `${m.sectionRemedy}: ` });
    if (remedy.command !== undefined) page.command(remedy.command, indent + 2);
    if (remedy.gpo) page.text(pick(remedy.gpo, this.#lang), { indent: indent + 2, lead: `${m.gpo}: ` });
    page.text(pick(remedy.risk, this.#lang), { indent: indent + 2, lead: `${m.risk}: ` });
    page.text(pick(remedy.undo, this.#lang), { indent: indent + 2, lead: `${m.undo}: ` });
  }

  #remedies(result: SettingResult, indent: number, told: Map<string, string>): void {
    const { audit, verboseHint } = this.#m;
    const { remedies, id } = result.setting;
    const above = told.get(id);
    if (above !== undefined) {
      this.#page.text(audit.remedyAbove(above), { indent });
      return;
    }
    const shown = this.#options.verbose ? remedies : remedies.slice(0, 1);
    for (const remedy of shown) this.#remedy(remedy, indent);
    if (remedies.length > shown.length)
      this.#page.text(`${audit.moreRemedies(remedies.length - shown.length)} (${verboseHint})`, { indent, tone: 'faint' });
  }

  #combined(view: HostView, told: Map<string, string>): void {
    if (view.combined.length === 0) return;
    const { audit } = this.#m;
    const page = this.#page;
    page.gap();
    page.heading(audit.sectionCombined);
    for (const one of view.combined) {
      const { finding } = one;
      const title = pick(finding.title, this.#lang);
      page.gap();
      page.text(`${title} (${finding.id})${finding.basis.includes('unverified') ? ` [${audit.unverified}]` : ''}`, {
        indent: 2,
        lead: `${this.#severity(finding.severity)}  `,
        leadTone: this.#tone(finding.severity),
        tone: 'strong',
      });
      page.text(pick(finding.sentence, this.#lang), { indent: 4 });
      page.text('', { indent: 4, lead: `${audit.restsOn}:` });
      partsShown(one).forEach(({ outcome, result }, i) => {
        const state = outcome === 'true' ? '' : ` (${audit.outcome[outcome]})`;
        page.text(`${titledValue(result, this.#lang)}${state}`, {
          indent: 4,
          lead: `${i + 1}. `,
        });
        this.#places(result, 7);
      });
      this.#change(view.host, finding, told, title);
    }
  }

  /** The setting to change first with its remedy, then the other ways with what speaks against them. */
  #change(host: AuditHost, finding: CombinedResult['finding'], told: Map<string, string>, title: string): void {
    const { audit } = this.#m;
    const page = this.#page;
    const resultOf = (id: string): SettingResult | undefined => host.settings.find(({ setting }) => setting.id === id);
    const first = resultOf(finding.change.setting);
    const name = (id: string): string => {
      const result = resultOf(id);
      return result ? pick(result.setting.title, this.#lang) : id;
    };
    page.text(`${name(finding.change.setting)}: ${pick(finding.change.why, this.#lang)}`, {
      indent: 4,
      lead: `${audit.changeFirst}: `,
      leadTone: 'sure',
    });
    if (first) {
      this.#remedies(first, 6, told);
      if (!told.has(first.setting.id)) told.set(first.setting.id, title);
    }
    const others = finding.others ?? [];
    if (others.length === 0) return;
    page.text('', { indent: 4, lead: `${audit.alsoPossible}:` });
    for (const { setting, why } of others) page.text(`${name(setting)}: ${pick(why, this.#lang)}`, { indent: 6 });
  }

  #risky(results: readonly SettingResult[], told: Map<string, string>): void {
    if (results.length === 0) return;
    const page = this.#page;
    page.gap();
    page.heading(this.#m.audit.sectionRisky);
    for (const result of results) {
      const { setting } = result;
      page.gap();
      page.text(`${pick(setting.title, this.#lang)} (${setting.id})${this.#unverified(result)}`, {
        indent: 2,
        lead: `${this.#severity(setting.severity)}  `,
        leadTone: this.#tone(setting.severity),
        tone: 'strong',
      });
      page.text(pick(result.text, this.#lang), { indent: 4, lead: `${this.#m.audit.value}: ` });
      if (setting.finding) page.text(pick(setting.finding, this.#lang), { indent: 4 });
      this.#places(result, 4);
      this.#remedies(result, 4, told);
    }
  }

  /** Results that something else would decide. */
  #open(title: string, status: 'conflict' | 'possible-risk', results: readonly SettingResult[]): void {
    if (results.length === 0) return;
    const m = this.#m;
    const page = this.#page;
    page.gap();
    page.heading(title);
    for (const result of results) {
      const { setting } = result;
      page.text(`${pick(setting.title, this.#lang)} (${setting.id})${this.#unverified(result)}`, {
        indent: 2,
        lead: `${STATUS_SHAPES[status][this.#shapes]} ${m.audit.status[status]}  `,
        leadTone: 'warn',
      });
      page.text(pick(result.text, this.#lang), { indent: 6, lead: `${m.audit.value}: ` });
      this.#places(result, 6);
      page.text(m.list(decidingNeeds(result, this.#lang)), { indent: 6, lead: `${m.audit.decides}: ` });
      if (setting.command !== undefined) page.command(setting.command, 8);
    }
  }

  #combinedOpen(results: readonly CombinedResult[]): void {
    if (results.length === 0) return;
    const m = this.#m;
    const page = this.#page;
    page.gap();
    page.heading(m.audit.sectionCombinedOpen);
    const shown = this.#options.verbose ? results : results.filter(pointedAt).slice(0, SHORT_UNDECIDED);
    for (const { finding, status, because } of shown) {
      page.text(`${pick(finding.title, this.#lang)} (${finding.id})`, {
        indent: 2,
        lead: `${STATUS_SHAPES[status === 'possible' ? 'possible-risk' : 'not-checked'][this.#shapes]} ${m.audit.combinedStatus[status]}  `,
        leadTone: status === 'possible' ? 'warn' : 'faint',
      });
      page.text(pick(because, this.#lang), { indent: 6, tone: 'faint' });
    }
    if (results.length > shown.length)
      page.text(`${m.audit.combinedOpenCount(results.length - shown.length)} (${m.verboseHint})`, { indent: 2, tone: 'faint' });
  }

  #unchecked({ unchecked }: HostView): void {
    if (unchecked.length === 0) return;
    const { audit, verboseHint } = this.#m;
    const page = this.#page;
    page.gap();
    page.heading(audit.sectionUnchecked);
    const shown = this.#options.verbose ? unchecked : unchecked.slice(0, SHORT_NEEDS);
    for (const { need, reason, results } of shown) {
      const why = reason === 'none' ? '' : ` (${audit.reason[reason]})`;
      page.text(`${needText(need, this.#lang)}: ${audit.needCount(results.length)}${why}`, {
        indent: 2,
        lead: `${STATUS_SHAPES['not-checked'][this.#shapes]} `,
      });
      if (!this.#options.verbose) continue;
      for (const { setting } of results) {
        page.text(`${pick(setting.title, this.#lang)} (${setting.id})`, { indent: 6, tone: 'faint' });
        if (setting.command !== undefined) page.command(setting.command, 8);
      }
    }
    const rest = unchecked.slice(shown.length);
    if (rest.length > 0)
      page.text(
        audit.moreNeeds(
          rest.length,
          rest.reduce((sum, { results }) => sum + results.length, 0),
        ),
        { indent: 2, lead: `${STATUS_SHAPES['not-checked'][this.#shapes]} ` },
      );
    if (!this.#options.verbose) page.text(verboseHint, { indent: 4, tone: 'faint' });
  }

  /** Results that ask for nothing: a count, listed when verbose. */
  #calm(title: string, results: readonly SettingResult[], status: 'probably-ok' | 'noted' | 'ok'): void {
    if (results.length === 0) return;
    const { audit, verboseHint } = this.#m;
    const page = this.#page;
    page.gap();
    page.heading(title);
    page.text(`${audit.needCount(results.length)}${this.#options.verbose ? '' : ` (${verboseHint})`}`, {
      indent: 2,
      lead: `${STATUS_SHAPES[status][this.#shapes]} `,
    });
    if (!this.#options.verbose) return;
    for (const result of results) {
      page.text(`${pick(result.setting.title, this.#lang)} (${result.setting.id}): ${pick(result.text, this.#lang)}`, { indent: 4 });
      this.#places(result, 6);
      if (status === 'probably-ok') page.text(this.#m.list(decidingNeeds(result, this.#lang)), { indent: 6, lead: `${audit.decides}: ` });
    }
  }

  #last(): void {
    const { command } = this.#options.tool;
    const next =
      this.#options.next ?? (command === '' || /(^|\s)--html(\s|=|$)/.test(command) ? undefined : `${command} --html audit.html`);
    if (next === undefined) return;
    this.#page.gap();
    this.#page.raw(`${this.#m.next} ${this.#page.tone(next.replace(/[\r\n]+/g, ' '), 'strong')}`);
  }
}

/**
 * The audit for a terminal: combined findings first, then risky settings, what is possible and what would decide, what was not checked,
 * and what is not risky as a count. Control characters from the evidence are shown, never emitted. @throws RangeError for an unknown zone.
 */
export function auditToText(audit: Audit, options: AuditTextOptions): string {
  return new AuditText(audit, options).render();
}
