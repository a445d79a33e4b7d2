import type { Audit, AuditHost, CombinedResult, InputProblem, SettingResult, StateComparison } from '@winmedic/core/model';
import type { Language, Severity } from '@winmedic/knowledge/model';
import { caseIdOf } from '../case-view.ts';
import { formatTime, zoneName } from '../format-time.ts';
import { html, type Markup, withTimes } from '../html/markup.ts';
import { htmlPage, type Section } from '../html/page.ts';
import { closedPart, commandBlock, madeList, problemList, remedyBody, stackTable } from '../html/parts.ts';
import { SourceNames } from '../origin.ts';
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
  knowsOs,
  needText,
  osText,
  partsShown,
  problemsByHost,
  seenPlaces,
  seenTimes,
  sideNames,
  sideWords,
  sourcesText,
} from './describe.ts';
import type { AuditReportOptions } from './options.ts';
import { type AuditFilter, changesOf, EFFECT_SHAPES, type HostView, hostView, SEVERITY_SHAPES, STATUS_SHAPES } from './view.ts';

/** Hosts up to which the contents name every section. */
const MANY_HOSTS = 3;

class AuditHtml {
  readonly #audit: Audit;
  readonly #options: AuditReportOptions;
  readonly #filter: AuditFilter;
  readonly #m: Messages;
  readonly #lang: Language;
  readonly #zone: string;
  readonly #names: SourceNames;

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
    const m = this.#m;
    const id = caseIdOf(this.#audit.sources, this.#options);
    const { ofHost, other } = problemsByHost(this.#audit);
    const views = this.#audit.hosts.map((host) => hostView(host, this.#filter));
    const sections: Section[] = [];
    const add = (sectionId: string, title: string, body: Markup | undefined, short?: string): void => {
      if (body) sections.push({ id: sectionId, title, body, ...(short === undefined ? {} : { short }) });
    };
    this.#audit.comparisons.forEach((comparison, i) => {
      add(`changes-${i + 1}`, this.#numbered(m.audit.sectionChanges, i, this.#audit.comparisons.length), this.#comparison(comparison));
    });
    views.forEach((view, i) => {
      const name = hostName(view.host, this.#lang);
      // Of many hosts the contents name each once.
      const short = views.length > MANY_HOSTS ? (part: Section): string => (part.id === 'host' ? name : '') : undefined;
      for (const part of this.#hostParts(view, ofHost.get(view.host) ?? []))
        add(`h${i + 1}-${part.id}`, views.length > 1 ? `${name}: ${part.title}` : part.title, part.body, short?.(part));
    });
    add('problems', m.sectionProblems, problemList(other, this.#lang));
    add('made', m.sectionMade, madeList(this.#options, { id, at: this.#audit.madeAt, sources: this.#audit.sources }, []));
    const title = m.audit.title(auditHostTitle(this.#audit, this.#lang));
    return htmlPage({
      options: this.#options,
      title,
      id,
      footer: `${m.made.case} ${id} · ${auditHostTitle(this.#audit, this.#lang)}`,
      subtitle: `${m.made.case} ${id} · ${m.made.madeAt} ${formatTime(this.#audit.madeAt, this.#zone, this.#lang)} (${zoneName(this.#zone)})`,
      lead: { id: 'findings', name: m.audit.lead, skip: m.audit.skip, body: this.#lead(views) },
      sections,
    });
  }

  #numbered(title: string, index: number, of: number): string {
    return of > 1 ? `${title} (${index + 1})` : title;
  }

  #t(text: { readonly en: string; readonly ja: string }): string {
    return pick(text, this.#lang);
  }

  #severity(severity: Severity): Markup {
    const { audit } = this.#m;
    return html`<span class="grade ${severity}">${SEVERITY_SHAPES[severity][0]} ${audit.severityOf(audit.severity[severity])}</span>`;
  }

  #status(status: Exclude<SettingResult['status'], 'risky'>): Markup {
    return html`<span class="grade ${status}">${STATUS_SHAPES[status][0]} ${this.#m.audit.status[status]}</span>`;
  }

  #lead(views: readonly HostView[]): Markup {
    if (views.length === 0) return html`<div class="verdict inconclusive"><p class="sentence">${this.#m.audit.noState}</p></div>`;
    return html`${views.map((view) => {
      const { counts, combined } = view;
      // Blue only where something was decided and nothing was found or suspected.
      const calm = combined.length + counts.risky + counts['possible-risk'] + counts.conflict === 0 && counts.ok > 0;
      return html`<div class="verdict${!calm && ' inconclusive'}"><p><strong>${hostName(view.host, this.#lang)}</strong> ${knowsOs(view.host) && html`<span class="soft">${osText(view.host, this.#lang)}</span>`}</p>${view.combined.map(
        ({ finding }) => html`<p class="sentence">${this.#severity(finding.severity)} ${this.#t(finding.sentence)}</p>`,
      )}<p${view.combined.length === 0 && html` class="sentence"`}>${headlineText(view, this.#lang)}</p></div>
`;
    })}`;
  }

  #where(result: SettingResult): Markup | undefined {
    const { audit } = this.#m;
    const places = seenPlaces(result, this.#names, this.#lang);
    if (places.length === 0) return undefined;
    return html`<ul class="cites">${places.map((place) => {
      const details = [
        seenTimes(place, this.#zone, this.#lang),
        place.byPolicy && place.present ? audit.byPolicy : '',
        place.unverified ? audit.unverified : '',
      ].filter((part) => part !== '');
      return html`<li>${place.source} <code>${place.where}</code>${place.present ? html` = <code>${place.value}</code>` : ` ${audit.notSet}`}${details.length > 0 && html` · ${withTimes(details.join(' · '))}`}</li>`;
    })}</ul>`;
  }

  #comparison(comparison: StateComparison): Markup {
    const { audit, list } = this.#m;
    const [before, after] = sideNames(comparison, this.#zone, this.#lang);
    const { shown, filtered } = changesOf(comparison, this.#filter);
    const rows = shown.map(({ setting, effect, before: old, after: now }) => [
      html`${this.#t(setting.title)}<br><span class="soft">${setting.id}</span>`,
      html`<span class="grade ${effect}">${EFFECT_SHAPES[effect][0]} ${audit.effect[effect]}</span>`,
      html`${this.#t(old.text)}${this.#where(old)}`,
      html`${this.#t(now.text)}${this.#where(now)}`,
    ]);
    const rest = [
      ...(filtered > 0 ? [audit.filteredChanges(filtered)] : []),
      audit.unchanged(comparison.unchanged),
      ...(comparison.notComparable > 0 ? [audit.notComparable(comparison.notComparable)] : []),
    ];
    return html`<p>${withTimes(audit.sides(before, after))}</p>
${differentHosts(comparison) && html`<p>${audit.otherHosts}</p>`}
${comparison.changes.length === 0 && html`<p>${audit.noChanges}</p>`}
${rows.length > 0 && stackTable([audit.colSetting, audit.colEffect, ...sideWords(comparison, this.#lang)], rows)}
<p class="soft">${list(rest)}</p>`;
  }

  #hostParts(view: HostView, problems: readonly InputProblem[]): Section[] {
    const { audit } = this.#m;
    const told = new Map<string, string>();
    const parts: Section[] = [];
    const add = (id: string, title: string, body: Markup | undefined): void => {
      if (body) parts.push({ id, title, body });
    };
    add('host', audit.sectionHost, this.#aboutHost(view, problems));
    if (view.combined.length > 0)
      add('combined', audit.sectionCombined, html`${view.combined.map((one) => this.#combined(view.host, one, told))}`);
    if (view.risky.length > 0) add('risky', audit.sectionRisky, html`${view.risky.map((result) => this.#risky(result, told))}`);
    add('conflict', audit.sectionConflict, this.#open(view.conflict));
    add('possible', audit.sectionPossible, this.#open(view.possible));
    add('undecided', audit.sectionCombinedOpen, this.#combinedOpen(view.combinedOpen));
    add('unchecked', audit.sectionUnchecked, this.#unchecked(view));
    add('probably', audit.sectionProbably, this.#calm(audit.status['probably-ok'], view.probably));
    add('noted', audit.sectionNoted, this.#calm(audit.status.noted, view.noted));
    add('ok', audit.sectionOk, this.#calm(audit.status.ok, view.ok));
    return parts;
  }

  #aboutHost({ host, filtered }: HostView, problems: readonly InputProblem[]): Markup {
    const { audit, list } = this.#m;
    const until = knownUntil(host).map(
      ({ observation, until: time }) => `${formatTime(time, this.#zone, this.#lang)} (${this.#names.of(observation.origin)})`,
    );
    const pairs: (readonly [string, string])[] = [
      [audit.windows, osText(host, this.#lang)],
      [audit.sources, sourcesText(this.#audit, host, this.#names, this.#lang)],
      [audit.heldUntil, until.length > 0 ? list(until) : audit.heldUntilUnknown],
      [audit.settings, countsText(host, this.#lang)],
    ];
    const notes = [
      ...(filtered.settings > 0 ? [audit.filteredAreas(filtered.settings)] : []),
      ...(filtered.combined > 0 ? [audit.filteredCombined(filtered.combined)] : []),
      ...(this.#filter.riskyOnly ? [audit.filteredRisky] : []),
    ];
    return html`<dl class="kv">${pairs.map(([name, value]) => html`<dt>${name}</dt><dd>${withTimes(value)}</dd>`)}</dl>
${notes.map((note) => html`<p class="soft">${note}</p>`)}${problemList(problems, this.#lang)}`;
  }

  #name(result: SettingResult): Markup {
    const mark = isUnverified(result) && html` <span class="tag assumed">${this.#m.audit.unverified}</span>`;
    return html`${this.#t(result.setting.title)} <span class="tag mono">${result.setting.id}</span>${mark}`;
  }

  #remedies(result: SettingResult, told: Map<string, string>): Markup {
    const { audit, sectionRemedy } = this.#m;
    const above = told.get(result.setting.id);
    if (above !== undefined) return html`<p class="soft">${audit.remedyAbove(above)}</p>`;
    const [first, ...others] = result.setting.remedies;
    if (!first) return html``;
    const rest = html`<ul class="alt">${others.map((remedy) => html`<li>${remedyBody(remedy, this.#lang)}</li>`)}</ul>`;
    return html`<div class="remedy"><p><strong>${sectionRemedy}:</strong> ${remedyBody(first, this.#lang)}</p>${others.length > 0 && closedPart(this.#m, audit.alsoPossible, others.length, rest, false)}</div>`;
  }

  #combined(host: AuditHost, one: CombinedResult, told: Map<string, string>): Markup {
    const { audit } = this.#m;
    const { finding } = one;
    const title = this.#t(finding.title);
    const resultOf = (id: string): SettingResult | undefined => host.settings.find(({ setting }) => setting.id === id);
    const name = (id: string): string => {
      const result = resultOf(id);
      return result ? this.#t(result.setting.title) : id;
    };
    const { change, others = [] } = finding;
    const first = resultOf(change.setting);
    const remedies = first && this.#remedies(first, told);
    if (first && !told.has(change.setting)) told.set(change.setting, title);
    return html`<article class="next"><h3>${this.#severity(finding.severity)} ${title} <span class="tag mono">${finding.id}</span>${finding.basis.includes('unverified') && html` <span class="tag assumed">${audit.unverified}</span>`}</h3>
<p>${this.#t(finding.sentence)}</p>
<p class="soft">${audit.restsOn}:</p>
<ol class="alt">${partsShown(one).map(({ outcome, result }) => html`<li>${this.#t(result.setting.title)} = <strong>${this.#t(result.text)}</strong>${outcome !== 'true' && ` (${audit.outcome[outcome]})`}${isUnverified(result) && html` <span class="tag assumed">${audit.unverified}</span>`}${this.#where(result)}</li>`)}</ol>
<p><strong>${audit.changeFirst}: ${name(change.setting)}</strong><br>${this.#t(change.why)}</p>
${remedies}
${others.length > 0 && html`<p>${audit.alsoPossible}:</p><ul class="alt">${others.map(({ setting, why }) => html`<li>${name(setting)}: ${this.#t(why)}</li>`)}</ul>`}</article>
`;
  }

  #risky(result: SettingResult, told: Map<string, string>): Markup {
    const { setting } = result;
    return html`<article class="finding"><h3>${this.#severity(setting.severity)} ${this.#name(result)}</h3>
<p><strong>${this.#t(result.text)}</strong>${setting.finding && html`<br>${this.#t(setting.finding)}`}</p>
<p class="soft">${this.#t(setting.meaning)}</p>
${this.#where(result)}
${this.#remedies(result, told)}</article>
`;
  }

  #open(results: readonly SettingResult[]): Markup | undefined {
    if (results.length === 0) return undefined;
    const { audit, list } = this.#m;
    return html`${results.map(
      (result) => html`<article class="finding"><h3>${result.status !== 'risky' && this.#status(result.status)} ${this.#name(result)}</h3>
<p><strong>${this.#t(result.text)}</strong></p>
${this.#where(result)}
<p>${audit.decides}: ${list(decidingNeeds(result, this.#lang))}</p>${result.setting.command !== undefined && commandBlock(result.setting.command)}</article>
`,
    )}`;
  }

  #combinedOpen(results: readonly CombinedResult[]): Markup | undefined {
    if (results.length === 0) return undefined;
    const { audit, colStatus } = this.#m;
    return stackTable(
      [audit.rowCombined, colStatus, audit.restsOn],
      results.map(({ finding, status, because }) => [
        this.#t(finding.title),
        html`<span class="grade ${status === 'possible' ? 'possible-risk' : 'not-checked'}">${STATUS_SHAPES[status === 'possible' ? 'possible-risk' : 'not-checked'][0]} ${audit.combinedStatus[status]}</span>`,
        this.#t(because),
      ]),
    );
  }

  #unchecked({ unchecked }: HostView): Markup | undefined {
    if (unchecked.length === 0) return undefined;
    const { audit } = this.#m;
    return html`${unchecked.map(({ need, reason, results }) => {
      const why = reason === 'none' ? '' : ` · ${audit.reason[reason]}`;
      const title = html`${this.#status('not-checked')} <strong>${needText(need, this.#lang)}</strong>: ${audit.needCount(results.length)}${why}`;
      const list = html`<ul class="alt">${results.map(({ setting }) => html`<li>${this.#t(setting.title)} <span class="tag mono">${setting.id}</span>${setting.command !== undefined && commandBlock(setting.command)}</li>`)}</ul>`;
      return html`${closedPart(this.#m, title, undefined, list, false)}
`;
    })}`;
  }

  #calm(title: string, results: readonly SettingResult[]): Markup | undefined {
    if (results.length === 0) return undefined;
    const { audit } = this.#m;
    const rows = results.map((result) => [this.#name(result), html`${this.#t(result.text)}`, html`${this.#where(result)}`]);
    return closedPart(this.#m, title, results.length, stackTable([audit.colSetting, audit.value, audit.where], rows), false);
  }
}

/**
 * The audit as one self-contained page in the manner of the case report: no script, no external resource, light or dark, A4 when printed.
 * Everything from the evidence is escaped. @throws RangeError for an unknown zone.
 */
export function auditToHtml(audit: Audit, options: AuditReportOptions): string {
  return new AuditHtml(audit, options).render();
}
