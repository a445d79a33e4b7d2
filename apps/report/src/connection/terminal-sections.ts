import type { ConnectionDiagnosis, JudgedCause, Rung, WireMessage } from '@winmedic/core/model';
import type { Check, Language, Localized, Remedy } from '@winmedic/knowledge/model';
import { formatTime } from '../format-time.ts';
import type { ReportOptions } from '../options.ts';
import type { TerminalPage } from '../terminal-page.ts';
import { gradeShape, TONES } from '../terminal-shapes.ts';
import { type Messages, messages, pick } from '../text/index.ts';
import { padTo } from '../width.ts';
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

/** How attempts are told. */
export interface ConnectionSectionOptions extends ReportOptions, ConnectionFilter {
  /** Every rung in full, every cause considered, every host. */
  readonly verbose: boolean;
}

/** Names of hosts listed under one verdict unless verbose. */
const SHORT_NAMES = 12;
/** Causes of one list unless verbose. */
const SHORT_CAUSES = 5;
/** Widest name of a rung in columns. */
const RUNG_WIDTH = 10;

/** The parts of a page in the terminal that tell attempts to connect: headlines, then each with its ladder, account, causes and conversation. */
export class ConnectionSections {
  readonly #page: TerminalPage;
  readonly #options: ConnectionSectionOptions;
  readonly #m: Messages;
  readonly #lang: Language;

  constructor(page: TerminalPage, options: ConnectionSectionOptions) {
    this.#page = page;
    this.#options = options;
    this.#lang = options.lang;
    this.#m = messages(options.lang);
  }

  /** Of many hosts the first question is how many it concerns. */
  tally(diagnoses: readonly ConnectionDiagnosis[]): void {
    const [first] = diagnoses;
    if (first === undefined || diagnoses.length < 2) return;
    const words = connectionWords(this.#lang, first.attempt);
    const failed = diagnoses.filter(({ outcome }) => outcome === 'failed').length;
    const held = diagnoses.filter(({ attempt }) => attempt.account?.held !== undefined).length;
    const rest = held > 0 ? words.heldHosts(held) : '';
    this.#page.text(`${words.hosts(diagnoses.length)}: ${words.failedHosts(failed)}${rest}`, { tone: 'strong' });
    this.#page.gap();
  }

  /** The verdict of a group in one sentence. */
  headline(group: VerdictGroup): void {
    const page = this.#page;
    const { shown: one, others } = group;
    const { outcome, verdict } = one;
    const words = connectionWords(this.#lang, one.attempt);
    const sentence = pick(verdict.sentence, this.#lang);
    const calm = verdict.cause === undefined && outcome !== 'failed';
    const word = calm ? words.outcome[outcome] : this.#m.grade[verdict.grade];
    const shape = calm ? RUNG_SHAPES[outcome === 'ok' ? 'passed' : 'warned'][page.unicode ? 0 : 1] : gradeShape(page, verdict.grade);
    page.text(sentence, {
      lead: `${targetName(one)}  ${shape} ${this.#lang === 'en' ? word.toUpperCase() : word}  `,
      leadTone: calm && outcome !== 'unseen' ? 'sure' : TONES[verdict.grade],
      tone: 'strong',
    });
    if (verdict.cause && verdict.grade !== 'confirmed') page.text(pick(verdict.cause.because, this.#lang), { indent: 2, tone: 'faint' });
    if (others.length === 0) return;
    const names = otherNames(group);
    const told = this.#options.verbose ? names : names.slice(0, SHORT_NAMES);
    const rest = names.length - told.length;
    page.text(`${words.same(others.length)}: ${this.#m.list(told)}${rest > 0 ? ` … ${this.#m.more(rest)}` : ''}`, {
      indent: 2,
    });
  }

  /** Everything about one attempt. @param notes what else is known of it. */
  host(one: ConnectionDiagnosis, several: boolean, notes: readonly Localized[] = []): void {
    const page = this.#page;
    const { attempt, verdict } = one;
    const words = connectionWords(this.#lang, attempt);
    if (several) page.section(targetName(one));
    this.#heading(words.sectionLadder, several);
    for (const rung of attempt.rungs) this.#rung(rung, words);
    for (const note of notes) page.text(pick(note, this.#lang), { indent: 2, tone: 'faint' });
    const portrait = portraitLines(attempt, this.#options.zone, this.#lang);
    if (portrait.length > 0) {
      const login = attempt.rungs.some(({ name, verdict: v }) => name === 'login' && (v === 'passed' || v === 'warned'));
      this.#heading(login ? words.sectionPortrait : `${words.sectionPortrait} (${words.beforeLogin})`, several);
      for (const [label, text] of portrait) page.text(text, { indent: 2, lead: `${label}: `, leadTone: 'faint' });
    }
    const account = accountLines(one, this.#lang);
    this.#heading(words.sectionAccount, several);
    if (account.length === 0) page.text(noAccountText(one, this.#lang), { indent: 2, tone: 'faint' });
    for (const [label, text] of account)
      page.text(text, { indent: 2, ...(label === '' ? {} : { lead: `${label}: `, leadTone: 'faint' as const }) });
    if (verdict.cause) {
      this.#remedies(verdict.cause, several);
    }
    this.#confirm(confirmingChecks(one), several);
    if (one.nextCheck) {
      this.#heading(this.#m.sectionNext, several);
      page.text(pick(one.nextCheck.text, this.#lang), { indent: 2 });
      if (one.nextCheck.check.command !== undefined) page.command(one.nextCheck.check.command, 4);
    }
    const { also, open, ruledOut } = causesOf(one);
    this.#causes(words.sectionBeside, one.beside, several, true);
    this.#causes(words.sectionAlso, also, several);
    this.#causes(words.sectionOpen, open, several);
    if (this.#options.verbose) this.#causes(words.sectionRuledOut, ruledOut, several);
    else this.#ruledOut(ruledOut, several);
    if (attempt.notChecked.length > 0) {
      this.#heading(words.sectionNotChecked, several);
      for (const text of attempt.notChecked) page.text(pick(text, this.#lang), { indent: 2, lead: '- ' });
    }
    if (this.#options.explain) this.#conversation(attempt.conversation, several, words);
  }

  #heading(title: string, several: boolean): void {
    if (!several) this.#page.section(title);
    else {
      this.#page.gap();
      this.#page.heading(title);
    }
  }

  /** A rung that passed is one line; the failing one is open. */
  #rung(rung: Rung, words: Messages['connection']): void {
    const page = this.#page;
    const shape = RUNG_SHAPES[rung.verdict][page.unicode ? 0 : 1];
    const open = rung.verdict === 'failed' || this.#options.verbose;
    const time = rung.ms === undefined ? '' : words.ms(rung.ms);
    const lead = `${shape} ${padTo(words.rung[rung.name], RUNG_WIDTH)} ${padTo(words.verdict[rung.verdict], 12)} ${padTo(time, 9)}`;
    const tone = rung.verdict === 'failed' || rung.verdict === 'warned' ? 'warn' : rung.verdict === 'passed' ? 'sure' : 'faint';
    const reached = rung.verdict !== 'unreached';
    if (open || !reached) page.text(lead.trimEnd(), { indent: 2, tone });
    else page.text(pick(rung.observed, this.#lang), { indent: 2, lead, leadTone: tone });
    if (!open || !reached) return;
    const part = (label: string, text: string): void => page.text(text, { indent: 6, lead: `${label}: `, leadTone: 'faint' });
    part(words.tried, pick(rung.tried, this.#lang));
    part(words.seen, pick(rung.observed, this.#lang));
    if (rung.expected) part(words.expected, pick(rung.expected, this.#lang));
  }

  #remedies({ cause }: JudgedCause, several: boolean): void {
    if (cause.remedies.length === 0) return;
    this.#heading(this.#m.sectionRemedy, several);
    cause.remedies.forEach((remedy, i) => {
      this.#remedy(remedy, 2, `${i + 1}. `);
    });
  }

  #remedy(remedy: Remedy, indent: number, lead: string): void {
    const m = this.#m;
    const page = this.#page;
    const below = indent + 3;
    page.text(pick(remedy.text, this.#lang), { indent, lead });
    if (remedy.command !== undefined) page.command(remedy.command, below);
    if (remedy.gpo) page.text(pick(remedy.gpo, this.#lang), { indent: below, lead: `${m.gpo}: `, leadTone: 'faint' });
    page.text(pick(remedy.risk, this.#lang), { indent: below, lead: `${m.risk}: `, leadTone: 'faint' });
    page.text(pick(remedy.undo, this.#lang), { indent: below, lead: `${m.undo}: `, leadTone: 'faint' });
  }

  #confirm(checks: readonly Check[], several: boolean): void {
    if (checks.length === 0) return;
    this.#heading(this.#m.connection.sectionConfirm, several);
    for (const check of checks) {
      this.#page.text(pick(check.text, this.#lang), { indent: 2, lead: '- ' });
      if (check.command !== undefined) this.#page.command(check.command, 6);
    }
  }

  /** @param remedies also what to change: those of the verdict have a section of their own, findings beside it have none. */
  #causes(title: string, causes: readonly JudgedCause[], several: boolean, remedies = false): void {
    if (causes.length === 0) return;
    const page = this.#page;
    this.#heading(title, several);
    const told = this.#options.verbose ? causes : causes.slice(0, SHORT_CAUSES);
    for (const { cause, grade, because, missing } of told) {
      page.text(pick(cause.title, this.#lang), {
        indent: 2,
        lead: `${gradeShape(page, grade)} ${this.#m.grade[grade]}  `,
        leadTone: TONES[grade],
      });
      page.text(pick(because, this.#lang), { indent: 6, tone: 'faint' });
      if (missing.length > 0 && grade !== 'ruled_out')
        page.text(this.#m.list(missing.slice(0, 3).map(({ text }) => pick(text, this.#lang))), {
          indent: 6,
          lead: `${this.#m.colDecides}: `,
          leadTone: 'faint',
        });
      if (remedies) for (const remedy of cause.remedies) this.#remedy(remedy, 6, `${this.#m.sectionRemedy}: `);
    }
    if (causes.length > told.length)
      page.text(`${this.#m.more(causes.length - told.length)} (${this.#m.verboseOnly})`, { indent: 2, tone: 'faint' });
  }

  /** What it is not, by name alone: the reasons are for those who ask. */
  #ruledOut(causes: readonly JudgedCause[], several: boolean): void {
    if (causes.length === 0) return;
    const page = this.#page;
    this.#heading(`${this.#m.connection.sectionRuledOut} (${this.#m.connection.withReasons})`, several);
    for (const { cause, grade } of causes.slice(0, SHORT_CAUSES))
      page.text(pick(cause.title, this.#lang), { indent: 2, lead: `${gradeShape(page, grade)} `, tone: 'faint' });
    const rest = causes.length - SHORT_CAUSES;
    if (rest > 0) page.text(this.#m.more(rest), { indent: 2, tone: 'faint' });
  }

  #conversation(messagesSeen: readonly WireMessage[], several: boolean, words: Messages['connection']): void {
    const page = this.#page;
    this.#heading(words.sectionWire, several);
    for (const { at, direction, layer, text, fields, bytes } of messagesSeen) {
      const arrow = page.unicode ? (direction === 'sent' ? '→' : '←') : direction === 'sent' ? '>' : '<';
      page.text(pick(text, this.#lang), {
        indent: 2,
        lead: `${arrow} ${formatTime(at, this.#options.zone, this.#lang)} ${layer}  `,
        leadTone: direction === 'sent' ? 'sure' : 'head',
      });
      for (const [name, value] of fields) page.text(value, { indent: 6, lead: `${name}: `, leadTone: 'faint' });
      if (this.#options.bytes && bytes) for (const line of hexLines(bytes)) page.raw(`      ${page.tone(line, 'faint')}`);
    }
  }
}
