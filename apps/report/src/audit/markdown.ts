import type { Audit, CombinedResult, InputProblem, SettingResult, StateComparison } from '@winmedic/core/model';
import type { Language, Remedy, Severity } from '@winmedic/knowledge/model';
import { caseIdOf } from '../case-view.ts';
import { formatDuration, formatTime, zoneName } from '../format-time.ts';
import { codeBlock, codeSpan, escapeMarkdown, markdownText } from '../markdown-text.ts';
import { SourceNames } from '../origin.ts';
import { problemLines } from '../problems.ts';
import { type Messages, messages, pick } from '../text/index.ts';
import {
  auditHostTitle,
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
  seenTimes,
  sideNames,
  sideWords,
  sourcesText,
  titledValue,
} from './describe.ts';
import type { AuditReportOptions } from './options.ts';
import { type AuditFilter, changesOf, EFFECT_SHAPES, type HostView, hostView, SEVERITY_SHAPES, STATUS_SHAPES } from './view.ts';

class AuditMarkdown {
  readonly #audit: Audit;
  readonly #options: AuditReportOptions;
  readonly #filter: AuditFilter;
  readonly #m: Messages;
  readonly #lang: Language;
  readonly #zone: string;
  readonly #names: SourceNames;
  readonly #out: string[] = [];

  constructor(audit: Audit, options: AuditReportOptions) {
    this.#audit = audit;
    this.#options = options;
    this.#filter = options.filter ?? {};
    this.#lang = options.lang;
    this.#m = messages(options.lang);
    this.#zone = options.zone;
    this.#names = new SourceNames(audit.sources);
  }

  render(): string {
    const { audit } = this.#m;
    const { ofHost, other } = problemsByHost(this.#audit);
    const views = this.#audit.hosts.map((host) => hostView(host, this.#filter));
    this.#line(`# ${escapeMarkdown(audit.title(auditHostTitle(this.#audit, this.#lang)))}`, '');
    if (views.length === 0) this.#line(escapeMarkdown(audit.noState), '');
    for (const view of views) this.#headline(view);
    for (const comparison of this.#audit.comparisons) this.#comparison(comparison);
    for (const view of views) this.#host(view, ofHost.get(view.host) ?? []);
    if (other.length > 0) {
      this.#heading(2, this.#m.sectionProblems);
      this.#problems(other);
    }
    this.#made();
    return markdownText(this.#out);
  }

  #line(...lines: readonly string[]): void {
    this.#out.push(...lines);
  }

  #t(text: { readonly en: string; readonly ja: string }): string {
    return escapeMarkdown(pick(text, this.#lang));
  }

  #heading(level: 2 | 3 | 4, title: string): void {
    this.#line('', `${'#'.repeat(level)} ${escapeMarkdown(title)}`, '');
  }

  #severity(severity: Severity): string {
    const { audit } = this.#m;
    return `${SEVERITY_SHAPES[severity][0]} **${audit.severityOf(audit.severity[severity])}**`;
  }

  #headline(view: HostView): void {
    const name = `**${escapeMarkdown(hostName(view.host, this.#lang))}**`;
    for (const { finding } of view.combined) this.#line(`> ${this.#severity(finding.severity)} **${this.#t(finding.sentence)}**`, '');
    this.#line(`${name}: ${escapeMarkdown(headlineText(view, this.#lang))}`, '');
  }

  #places(result: SettingResult, indent: string): void {
    const { audit } = this.#m;
    for (const place of seenPlaces(result, this.#names, this.#lang)) {
      const value = place.present ? ` = ${codeSpan(place.value)}` : ` ${audit.notSet}`;
      const details = [
        seenTimes(place, this.#zone, this.#lang),
        place.byPolicy && place.present ? audit.byPolicy : '',
        place.unverified ? audit.unverified : '',
      ].filter((part) => part !== '');
      this.#line(
        `${indent}- ${escapeMarkdown(place.source)} ${codeSpan(place.where)}${value}${details.length > 0 ? ` (${escapeMarkdown(this.#m.list(details))})` : ''}`,
      );
    }
  }

  #comparison(comparison: StateComparison): void {
    const { audit } = this.#m;
    const [before, after] = sideNames(comparison, this.#zone, this.#lang);
    const [beforeWord, afterWord] = sideWords(comparison, this.#lang);
    this.#heading(2, audit.sectionChanges);
    this.#line(escapeMarkdown(audit.sides(before, after)), '');
    if (differentHosts(comparison)) this.#line(audit.otherHosts, '');
    const { shown, filtered } = changesOf(comparison, this.#filter);
    if (comparison.changes.length === 0) this.#line(audit.noChanges, '');
    for (const change of shown) {
      this.#line(
        `- ${EFFECT_SHAPES[change.effect][0]} **${audit.effect[change.effect]}** ${this.#t(change.setting.title)} (${codeSpan(change.setting.id)})`,
      );
      for (const [word, result] of [
        [beforeWord, change.before],
        [afterWord, change.after],
      ] as const) {
        this.#line(`  - ${word}: ${this.#t(result.text)}`);
        this.#places(result, '    ');
      }
    }
    const rest = [
      ...(filtered > 0 ? [audit.filteredChanges(filtered)] : []),
      audit.unchanged(comparison.unchanged),
      ...(comparison.notComparable > 0 ? [audit.notComparable(comparison.notComparable)] : []),
    ];
    this.#line('', this.#m.list(rest));
  }

  #host(view: HostView, problems: readonly InputProblem[]): void {
    const { audit, list } = this.#m;
    const { host, filtered } = view;
    this.#heading(2, hostName(host, this.#lang));
    const until = knownUntil(host).map(
      ({ observation, until: time }) => `${formatTime(time, this.#zone, this.#lang)} (${this.#names.of(observation.origin)})`,
    );
    const pairs: (readonly [string, string])[] = [
      [audit.windows, osText(host, this.#lang)],
      [audit.sources, sourcesText(this.#audit, host, this.#names, this.#lang)],
      [audit.heldUntil, until.length > 0 ? list(until) : audit.heldUntilUnknown],
      [audit.settings, countsText(host, this.#lang)],
    ];
    for (const [name, value] of pairs) this.#line(`- ${name}: ${escapeMarkdown(value)}`);
    if (filtered.settings > 0) this.#line(`- ${audit.filteredAreas(filtered.settings)}`);
    if (filtered.combined > 0) this.#line(`- ${audit.filteredCombined(filtered.combined)}`);
    if (this.#filter.riskyOnly) this.#line(`- ${audit.filteredRisky}`);
    this.#problems(problems);
    const told = new Map<string, string>();
    if (view.combined.length > 0) this.#heading(3, audit.sectionCombined);
    for (const one of view.combined) this.#combined(view, one, told);
    this.#risky(view.risky, told);
    this.#open(audit.sectionConflict, view.conflict);
    this.#open(audit.sectionPossible, view.possible);
    if (view.combinedOpen.length > 0) this.#heading(3, audit.sectionCombinedOpen);
    for (const { finding, status, because } of view.combinedOpen)
      this.#line(`- **${audit.combinedStatus[status]}** ${this.#t(finding.title)}: ${this.#t(because)}`);
    this.#unchecked(view);
    this.#calm(audit.sectionProbably, view.probably);
    this.#calm(audit.sectionNoted, view.noted);
    this.#calm(audit.sectionOk, view.ok);
  }

  #title(result: SettingResult): string {
    const mark = isUnverified(result) ? ` (${this.#m.audit.unverified})` : '';
    return `${this.#t(result.setting.title)} ${codeSpan(result.setting.id)}${mark}`;
  }

  #remedy(remedy: Remedy): void {
    const m = this.#m;
    this.#line('', `**${m.sectionRemedy}**: ${this.#t(remedy.text)}`);
    if (remedy.command !== undefined) this.#line(...codeBlock(remedy.command));
    if (remedy.gpo) this.#line(`- ${m.gpo}: ${this.#t(remedy.gpo)}`);
    this.#line(`- ${m.risk}: ${this.#t(remedy.risk)}`, `- ${m.undo}: ${this.#t(remedy.undo)}`, '');
  }

  #remedies(result: SettingResult, told: Map<string, string>): void {
    const above = told.get(result.setting.id);
    if (above !== undefined) this.#line('', escapeMarkdown(this.#m.audit.remedyAbove(above)), '');
    else for (const remedy of result.setting.remedies) this.#remedy(remedy);
  }

  #combined(view: HostView, one: CombinedResult, told: Map<string, string>): void {
    const { finding } = one;
    const { audit } = this.#m;
    const title = pick(finding.title, this.#lang);
    this.#heading(4, title);
    const mark = finding.basis.includes('unverified') ? ` (${audit.unverified})` : '';
    this.#line(`${this.#severity(finding.severity)} ${this.#t(finding.sentence)}${mark}`, '', `${audit.restsOn}:`, '');
    partsShown(one).forEach(({ outcome, result }, i) => {
      const state = outcome === 'true' ? '' : ` (${audit.outcome[outcome]})`;
      this.#line(`${i + 1}. ${escapeMarkdown(titledValue(result, this.#lang))}${state}`);
      this.#places(result, '   ');
    });
    const settingOf = (id: string): SettingResult | undefined => view.host.settings.find(({ setting }) => setting.id === id);
    const name = (id: string): string => {
      const result = settingOf(id);
      return result ? this.#t(result.setting.title) : escapeMarkdown(id);
    };
    const { change, others = [] } = finding;
    this.#line('', `**${audit.changeFirst}**: ${name(change.setting)}: ${this.#t(change.why)}`);
    const first = settingOf(change.setting);
    if (first) {
      this.#remedies(first, told);
      if (!told.has(first.setting.id)) told.set(first.setting.id, title);
    }
    if (others.length > 0) this.#line('', `${audit.alsoPossible}:`, '');
    for (const other of others) this.#line(`- ${name(other.setting)}: ${this.#t(other.why)}`);
  }

  #risky(results: readonly SettingResult[], told: Map<string, string>): void {
    if (results.length === 0) return;
    this.#heading(3, this.#m.audit.sectionRisky);
    for (const result of results) {
      const { setting } = result;
      this.#line('', `#### ${this.#title(result)}`, '');
      this.#line(
        `${this.#severity(setting.severity)} ${this.#t(result.text)}${setting.finding ? `: ${this.#t(setting.finding)}` : ''}`,
        '',
      );
      this.#places(result, '');
      this.#remedies(result, told);
    }
  }

  #open(title: string, results: readonly SettingResult[]): void {
    if (results.length === 0) return;
    const { audit, list } = this.#m;
    this.#heading(3, title);
    for (const result of results) {
      this.#line(`- ${this.#title(result)}: ${this.#t(result.text)}`);
      this.#places(result, '  ');
      this.#line(`  - ${audit.decides}: ${escapeMarkdown(list(decidingNeeds(result, this.#lang)))}`);
      for (const command of result.setting.command?.split('\n') ?? []) this.#line(`    - ${codeSpan(command)}`);
    }
  }

  #unchecked({ unchecked }: HostView): void {
    if (unchecked.length === 0) return;
    const { audit, list } = this.#m;
    this.#heading(3, audit.sectionUnchecked);
    for (const { need, reason, results } of unchecked) {
      const why = reason === 'none' ? '' : ` (${audit.reason[reason]})`;
      const titles = list(results.map(({ setting }) => pick(setting.title, this.#lang)));
      this.#line(
        `- **${escapeMarkdown(needText(need, this.#lang))}**: ${audit.needCount(results.length)}${why}: ${escapeMarkdown(titles)}`,
      );
    }
  }

  #calm(title: string, results: readonly SettingResult[]): void {
    if (results.length === 0) return;
    this.#heading(3, `${title} (${results.length})`);
    for (const result of results)
      this.#line(`- ${STATUS_SHAPES[result.status === 'risky' ? 'ok' : result.status][0]} ${this.#title(result)}: ${this.#t(result.text)}`);
  }

  #problems(problems: readonly InputProblem[]): void {
    for (const line of problemLines(problems, this.#lang))
      this.#line(`- ${escapeMarkdown([line.head, line.meaning, line.action].filter((part) => part !== '').join(' '))}`);
  }

  #made(): void {
    const m = this.#m;
    const { tool, durationSeconds } = this.#options;
    const { sources, madeAt } = this.#audit;
    this.#heading(2, m.sectionMade);
    this.#line(
      `- ${m.made.command}: ${codeSpan(tool.command)}`,
      `- ${m.made.version}: ${escapeMarkdown(`${tool.name} ${tool.version}`)}`,
      `- ${m.made.case}: ${escapeMarkdown(caseIdOf(sources, this.#options))}`,
      `- ${m.made.zone}: ${escapeMarkdown(zoneName(this.#zone))}`,
      `- ${m.made.madeAt}: ${escapeMarkdown(formatTime(madeAt, this.#zone, this.#lang))}`,
    );
    if (durationSeconds !== undefined) this.#line(`- ${m.made.duration}: ${formatDuration(durationSeconds, this.#lang)}`);
    if (sources.length === 0) return;
    this.#line('', `| ${m.colFile} | ${m.colSize} | SHA-256 |`, '| --- | --- | --- |');
    for (const source of sources)
      this.#line(
        `| ${escapeMarkdown(`${source.id} ${source.path}`)} | ${m.bytes(source.sizeBytes)} | ${source.kind === 'disk' ? m.made.notHashed : source.sha256 === '' ? '-' : codeSpan(source.sha256)} |`,
      );
  }
}

/** The audit as Markdown (CommonMark with tables). Text from the evidence is escaped. @throws RangeError for an unknown zone. */
export function auditToMarkdown(audit: Audit, options: AuditReportOptions): string {
  return new AuditMarkdown(audit, options).render();
}
