import type { ConnectionDiagnosis, ConnectionReport, JudgedCause, Rung } from '@winmedic/core/model';
import type { Check, Language } from '@winmedic/knowledge/model';
import { formatTime, zoneName } from '../format-time.ts';
import { html, type Markup, withTimes } from '../html/markup.ts';
import { htmlPage, type Section } from '../html/page.ts';
import { closedPart, commandBlock, madeList, problemList, remedyBody, stackTable } from '../html/parts.ts';
import type { ReportOptions } from '../options.ts';
import { type Messages, messages, pick } from '../text/index.ts';
import {
  accountLines,
  type ConnectionFilter,
  causesOf,
  checksText,
  confirmingChecks,
  connectionCaseId,
  groupsOf,
  hexLines,
  noAccountText,
  portraitLines,
  RUNG_SHAPES,
  rdpSearchLines,
  targetName,
} from './view.ts';

/** Marks of the style sheet for a rung's verdict. */
const RUNG_CLASS: Readonly<Record<Rung['verdict'], string>> = {
  passed: 'confirmed',
  warned: 'inconclusive',
  failed: 'inconclusive',
  skipped: 'ruled_out',
  unreached: 'ruled_out',
};

class ConnectionHtml {
  readonly #report: ConnectionReport;
  readonly #options: ReportOptions & ConnectionFilter;
  readonly #m: Messages;
  readonly #lang: Language;

  constructor(report: ConnectionReport, options: ReportOptions & ConnectionFilter) {
    this.#report = report;
    this.#options = options;
    this.#lang = options.lang;
    this.#m = messages(options.lang);
  }

  render(): string {
    const m = this.#m;
    const words = m.connection;
    const { diagnoses, rdpPorts, problems, madeAt, sources, checks } = this.#report;
    const groups = groupsOf(this.#report);
    const id = connectionCaseId(this.#report, this.#options);
    const sections: Section[] = [];
    const add = (sectionId: string, title: string, body: Markup | undefined, short?: string): void => {
      if (body) sections.push({ id: sectionId, title, body, ...(short === undefined ? {} : { short }) });
    };
    groups.forEach(({ shown }, i) => {
      const name = targetName(shown);
      const several = groups.length > 1;
      this.#hostParts(shown).forEach(([part, title, body], n) => {
        add(`h${i + 1}-${part}`, several ? `${name}: ${title}` : title, body, several ? (n === 0 ? name : '') : undefined);
      });
    });
    const search = rdpSearchLines(this.#report, this.#options, this.#lang);
    if (rdpPorts.length + search.length > 0)
      add(
        'rdp',
        words.sectionRdp,
        html`<ul class="alt">${search.map((line) => html`<li>${line}</li>`)}${rdpPorts.map(({ host, port, nla, logonScreen }) => html`<li><code>${host}:${port}</code> ${words.nla[nla]}: ${logonScreen ? words.logonScreen : words.noLogonScreen}</li>`)}</ul>`,
      );
    add('problems', m.sectionProblems, problemList(problems, this.#lang));
    const more: (readonly [string, string])[] =
      checks.size > 0 ? [[words.sectionAccount, words.runChecks(checksText(this.#report, this.#lang))]] : [];
    add('made', m.sectionMade, madeList(this.#options, { id, at: madeAt, sources }, more));
    const [only] = diagnoses;
    const title = words.title(diagnoses.length === 1 && only ? targetName(only) : words.hosts(diagnoses.length));
    return htmlPage({
      options: this.#options,
      title,
      id,
      footer: `${m.made.case} ${id} · ${title}`,
      subtitle: `${m.made.case} ${id} · ${m.made.madeAt} ${formatTime(madeAt, this.#options.zone, this.#lang)} (${zoneName(this.#options.zone)})`,
      lead: {
        id: 'verdict',
        name: words.lead,
        skip: words.skip,
        body: html`${groups.map(({ shown, others }) => this.#lead(shown, others))}`,
      },
      sections,
    });
  }

  #t(text: { readonly en: string; readonly ja: string }): string {
    return pick(text, this.#lang);
  }

  #lead(one: ConnectionDiagnosis, others: readonly ConnectionDiagnosis[]): Markup {
    const m = this.#m;
    const words = m.connection;
    const { outcome, verdict } = one;
    const calm = verdict.cause === undefined && outcome !== 'failed';
    const word = calm ? words.outcome[outcome] : m.grade[verdict.grade];
    const tone = calm && outcome !== 'unseen' ? 'confirmed' : verdict.grade;
    return html`<div class="verdict${tone === 'inconclusive' && ' inconclusive'}"><p><strong>${targetName(one)}</strong> <span class="grade ${tone}">${word}</span></p><p class="sentence">${m.forward(tone, this.#t(verdict.sentence))}</p>${verdict.cause && verdict.grade !== 'confirmed' && html`<p class="soft">${withTimes(this.#t(verdict.cause.because))}</p>`}${others.length > 0 && html`<p class="soft">${words.same(others.length)}: ${m.list(others.map(targetName))}</p>`}</div>
`;
  }

  #hostParts(one: ConnectionDiagnosis): (readonly [id: string, title: string, body: Markup | undefined])[] {
    const m = this.#m;
    const words = m.connection;
    const { attempt, verdict } = one;
    const { also, open, ruledOut } = causesOf(one);
    const account = accountLines(one, this.#lang);
    const portrait = portraitLines(attempt, this.#options.zone, this.#lang);
    return [
      ['ladder', words.sectionLadder, this.#ladder(attempt.rungs)],
      ['remedy', m.sectionRemedy, verdict.cause && this.#remedies(verdict.cause)],
      ['confirm', words.sectionConfirm, this.#confirm(confirmingChecks(one))],
      ['next', m.sectionNext, one.nextCheck && this.#next(one.nextCheck)],
      ['portrait', words.sectionPortrait, portrait.length > 0 ? this.#pairs(portrait) : undefined],
      ['account', words.sectionAccount, account.length > 0 ? this.#pairs(account) : html`<p>${noAccountText(one, this.#lang)}</p>`],
      ['beside', words.sectionBeside, this.#causes(one.beside, true)],
      ['also', words.sectionAlso, this.#causes(also)],
      ['open', words.sectionOpen, this.#causes(open)],
      ['ruled-out', words.sectionRuledOut, this.#causes(ruledOut)],
      [
        'not-checked',
        words.sectionNotChecked,
        attempt.notChecked.length > 0
          ? html`<ul class="alt">${attempt.notChecked.map((text) => html`<li>${this.#t(text)}</li>`)}</ul>`
          : undefined,
      ],
      ['wire', words.sectionWire, this.#options.explain ? this.#conversation(one) : undefined],
    ];
  }

  #ladder(rungs: readonly Rung[]): Markup {
    const words = this.#m.connection;
    return stackTable(
      ['', this.#m.colStatus, words.seen],
      rungs.map((rung) => [
        html`${words.rung[rung.name]}`,
        html`<span class="grade ${RUNG_CLASS[rung.verdict]}">${RUNG_SHAPES[rung.verdict][0]} ${words.verdict[rung.verdict]}</span>${rung.ms !== undefined && html` <span class="soft t">${words.ms(rung.ms)}</span>`}`,
        rung.verdict === 'unreached'
          ? ''
          : rung.verdict === 'failed'
            ? html`<span class="soft">${words.tried}:</span> ${this.#t(rung.tried)}<br><span class="soft">${words.seen}:</span> ${withTimes(this.#t(rung.observed))}${rung.expected && html`<br><span class="soft">${words.expected}:</span> ${this.#t(rung.expected)}`}`
            : withTimes(this.#t(rung.observed)),
      ]),
    );
  }

  #pairs(lines: readonly (readonly [string, string])[]): Markup {
    return html`<dl class="kv">${lines.map(([label, text]) => html`<dt>${label}</dt><dd>${withTimes(text)}</dd>`)}</dl>`;
  }

  #remedies({ cause }: JudgedCause): Markup | undefined {
    if (cause.remedies.length === 0) return undefined;
    return html`<ol class="alt">${cause.remedies.map((remedy) => html`<li>${remedyBody(remedy, this.#lang)}</li>`)}</ol>`;
  }

  #confirm(checks: readonly Check[]): Markup | undefined {
    if (checks.length === 0) return undefined;
    return html`<ul class="alt">${checks.map(({ text, command }) => html`<li>${this.#t(text)}${command !== undefined && commandBlock(command)}</li>`)}</ul>`;
  }

  #next({ text, check }: NonNullable<ConnectionDiagnosis['nextCheck']>): Markup {
    return html`<div class="next"><p>${this.#t(text)}</p>${check.command !== undefined && commandBlock(check.command)}</div>`;
  }

  /** @param remedies also what to change: those of the verdict have a section of their own, findings beside it have none. */
  #causes(causes: readonly JudgedCause[], remedies = false): Markup | undefined {
    if (causes.length === 0) return undefined;
    return html`<ul class="alt plain">${causes.map(({ cause, grade, because }) => html`<li><span class="grade ${grade}">${this.#m.grade[grade]}</span> <strong>${this.#t(cause.title)}</strong><br>${withTimes(this.#t(because))}${remedies && cause.remedies.map((remedy) => html`<div><span class="soft">${this.#m.sectionRemedy}:</span> ${remedyBody(remedy, this.#lang)}</div>`)}</li>`)}</ul>`;
  }

  #conversation({ attempt }: ConnectionDiagnosis): Markup {
    const words = this.#m.connection;
    const body = html`<ol class="alt">${attempt.conversation.map(
      ({ at, direction, layer, text, fields, bytes }) =>
        html`<li><span class="soft t">${formatTime(at, this.#options.zone, this.#lang)}</span> <span class="tag">${direction === 'sent' ? words.sentWord : words.receivedWord} · ${layer}</span> ${withTimes(this.#t(text))}${fields.length > 0 && html`<dl class="kv">${fields.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`}${this.#options.bytes && bytes && commandBlock(hexLines(bytes).join('\n'))}</li>`,
    )}</ol>`;
    return closedPart(this.#m, words.sectionWire, attempt.conversation.length, body, true);
  }
}

/** The connection report as one self-contained page, on screen and on paper. No secrets are in it. */
export function connectionToHtml(report: ConnectionReport, options: ReportOptions & ConnectionFilter): string {
  return new ConnectionHtml(report, options).render();
}
