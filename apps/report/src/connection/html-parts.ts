import type { ConnectionDiagnosis, JudgedCause, Rung } from '@winmedic/core/model';
import type { Check, Language, Localized } from '@winmedic/knowledge/model';
import { formatTime } from '../format-time.ts';
import { html, type Markup, withTimes } from '../html/markup.ts';
import type { Section } from '../html/page.ts';
import { closedPart, commandBlock, remedyBody, stackTable } from '../html/parts.ts';
import type { ReportOptions } from '../options.ts';
import { type Messages, messages, pick } from '../text/index.ts';
import {
  accountLines,
  type ConnectionFilter,
  causesOf,
  confirmingChecks,
  connectionWords,
  hexLines,
  noAccountText,
  otherNames,
  portraitLines,
  RUNG_SHAPES,
  targetName,
  type VerdictGroup,
} from './view.ts';

/** Marks of the style sheet for a rung's verdict. */
const RUNG_CLASS: Readonly<Record<Rung['verdict'], string>> = {
  passed: 'confirmed',
  warned: 'inconclusive',
  failed: 'inconclusive',
  skipped: 'ruled_out',
  unreached: 'ruled_out',
};

/** Attempts to connect as parts of a page: the verdicts, then each with its sections. */
export class ConnectionHtmlParts {
  readonly #options: ReportOptions & ConnectionFilter;
  readonly #m: Messages;
  readonly #lang: Language;

  constructor(options: ReportOptions & ConnectionFilter) {
    this.#options = options;
    this.#lang = options.lang;
    this.#m = messages(options.lang);
  }

  /** Sections of all groups. @param several the page tells more than this one attempt. @param notesOf what else is known of an attempt. */
  sections(
    groups: readonly VerdictGroup[],
    several: boolean,
    notesOf: (one: ConnectionDiagnosis) => readonly Localized[] = () => [],
  ): Section[] {
    return groups.flatMap(({ shown }, i) => {
      const name = targetName(shown);
      return this.#parts(shown, notesOf(shown)).flatMap(([part, title, body], n): Section[] =>
        body === undefined
          ? []
          : [
              {
                id: `h${i + 1}-${part}`,
                title: several ? `${name}: ${title}` : title,
                body,
                ...(several ? { short: n === 0 ? name : '' } : {}),
              },
            ],
      );
    });
  }

  #t(text: Localized): string {
    return pick(text, this.#lang);
  }

  /** The verdict of a group in one sentence. */
  lead(group: VerdictGroup): Markup {
    const m = this.#m;
    const { shown: one, others } = group;
    const words = connectionWords(this.#lang, one.attempt);
    const { outcome, verdict } = one;
    const calm = verdict.cause === undefined && outcome !== 'failed';
    const word = calm ? words.outcome[outcome] : m.grade[verdict.grade];
    const tone = calm && outcome !== 'unseen' ? 'confirmed' : verdict.grade;
    return html`<div class="verdict${tone === 'inconclusive' && ' inconclusive'}"><p><strong>${targetName(one)}</strong> <span class="grade ${tone}">${word}</span></p><p class="sentence">${m.forward(tone, this.#t(verdict.sentence))}</p>${verdict.cause && verdict.grade !== 'confirmed' && html`<p class="soft">${withTimes(this.#t(verdict.cause.because))}</p>`}${others.length > 0 && html`<p class="soft">${words.same(others.length)}: ${m.list(otherNames(group))}</p>`}</div>
`;
  }

  /** Everything about one attempt, section by section. @param notes what else is known of it. */
  #parts(one: ConnectionDiagnosis, notes: readonly Localized[]): (readonly [id: string, title: string, body: Markup | undefined])[] {
    const m = this.#m;
    const { attempt, verdict } = one;
    const words = connectionWords(this.#lang, attempt);
    const { also, open, ruledOut } = causesOf(one);
    const account = accountLines(one, this.#lang);
    const portrait = portraitLines(attempt, this.#options.zone, this.#lang);
    return [
      ['ladder', words.sectionLadder, this.#ladder(attempt.rungs, words, notes)],
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
      ['wire', words.sectionWire, this.#options.explain ? this.#conversation(one, words) : undefined],
    ];
  }

  #ladder(rungs: readonly Rung[], words: Messages['connection'], notes: readonly Localized[]): Markup {
    const table = stackTable(
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
    return html`${table}${notes.map((note) => html`<p class="soft">${this.#t(note)}</p>`)}`;
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

  #conversation({ attempt }: ConnectionDiagnosis, words: Messages['connection']): Markup {
    const body = html`<ol class="alt">${attempt.conversation.map(
      ({ at, direction, layer, text, fields, bytes }) =>
        html`<li><span class="soft t">${formatTime(at, this.#options.zone, this.#lang)}</span> <span class="tag">${direction === 'sent' ? words.sentWord : words.receivedWord} · ${layer}</span> ${withTimes(this.#t(text))}${fields.length > 0 && html`<dl class="kv">${fields.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`}${this.#options.bytes && bytes && commandBlock(hexLines(bytes).join('\n'))}</li>`,
    )}</ol>`;
    return closedPart(this.#m, words.sectionWire, attempt.conversation.length, body, true);
  }
}
