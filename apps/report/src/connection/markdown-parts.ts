import type { ConnectionDiagnosis, JudgedCause } from '@winmedic/core/model';
import type { Language, Localized, Remedy } from '@winmedic/knowledge/model';
import { formatTime } from '../format-time.ts';
import { codeBlock, codeSpan, escapeMarkdown } from '../markdown-text.ts';
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

/** Attempts to connect as parts of a Markdown page. */
export class ConnectionMarkdownParts {
  readonly #out: string[];
  readonly #options: ReportOptions & ConnectionFilter;
  readonly #m: Messages;
  readonly #lang: Language;

  /** @param out lines of the page, added to. */
  constructor(out: string[], options: ReportOptions & ConnectionFilter) {
    this.#out = out;
    this.#options = options;
    this.#lang = options.lang;
    this.#m = messages(options.lang);
  }

  /** The verdict of a group as an item of a list. */
  lead(group: VerdictGroup): void {
    const { shown, others } = group;
    const words = connectionWords(this.#lang, shown.attempt);
    const more = others.length > 0 ? ` (${words.same(others.length)}: ${this.#m.list(otherNames(group))})` : '';
    this.#out.push(`- **${escapeMarkdown(targetName(shown))}** ${this.#grade(shown)}${this.#sentence(shown)}${escapeMarkdown(more)}`);
  }

  #t(text: Localized): string {
    return escapeMarkdown(pick(text, this.#lang));
  }

  #heading(level: 2 | 3, title: string): void {
    this.#out.push('', `${'#'.repeat(level)} ${escapeMarkdown(title)}`, '');
  }

  #item(label: string, text: string): void {
    this.#out.push(`- ${label === '' ? '' : `${escapeMarkdown(label)}: `}${escapeMarkdown(text)}`);
  }

  #grade({ outcome, verdict }: ConnectionDiagnosis): string {
    // The sentence of a likely verdict says so itself.
    if (verdict.cause !== undefined && verdict.grade === 'likely') return '';
    const word = verdict.cause === undefined && outcome !== 'failed' ? this.#m.connection.outcome[outcome] : this.#m.grade[verdict.grade];
    return `**${escapeMarkdown(word)}**: `;
  }

  #sentence({ outcome, verdict }: ConnectionDiagnosis): string {
    const calm = verdict.cause === undefined && (outcome === 'ok' || outcome === 'warned');
    return escapeMarkdown(this.#m.forward(calm ? 'confirmed' : verdict.grade, pick(verdict.sentence, this.#lang)));
  }

  /** Everything about one attempt. @param notes what else is known of it. */
  host(one: ConnectionDiagnosis, several: boolean, notes: readonly Localized[] = []): void {
    const m = this.#m;
    const { attempt, verdict } = one;
    const words = connectionWords(this.#lang, attempt);
    if (several) this.#heading(2, targetName(one));
    const level = several ? 3 : 2;
    this.#heading(level, words.sectionLadder);
    this.#out.push('| | | | |', '|---|---|---|---|');
    for (const rung of attempt.rungs) {
      const text =
        rung.verdict === 'unreached'
          ? ''
          : rung.verdict === 'failed'
            ? `${words.tried}: ${pick(rung.tried, this.#lang)} / ${words.seen}: ${pick(rung.observed, this.#lang)}${rung.expected ? ` / ${words.expected}: ${pick(rung.expected, this.#lang)}` : ''}`
            : pick(rung.observed, this.#lang);
      const time = rung.ms === undefined ? '' : words.ms(rung.ms);
      this.#out.push(
        `| ${RUNG_SHAPES[rung.verdict][0]} ${words.rung[rung.name]} | ${words.verdict[rung.verdict]} | ${time} | ${escapeMarkdown(text).replaceAll('\n', ' ')} |`,
      );
    }
    for (const note of notes) this.#out.push('', this.#t(note));
    const portrait = portraitLines(attempt, this.#options.zone, this.#lang);
    if (portrait.length > 0) {
      this.#heading(level, words.sectionPortrait);
      for (const [label, text] of portrait) this.#item(label, text);
    }
    this.#heading(level, words.sectionAccount);
    const account = accountLines(one, this.#lang);
    if (account.length === 0) this.#out.push(escapeMarkdown(noAccountText(one, this.#lang)));
    for (const [label, text] of account) this.#item(label, text);
    if (verdict.cause) this.#remedies(verdict.cause, level);
    const checks = confirmingChecks(one);
    if (checks.length > 0) {
      this.#heading(level, words.sectionConfirm);
      for (const { text, command } of checks) {
        this.#out.push(`- ${this.#t(text)}`);
        if (command !== undefined) this.#out.push(...codeBlock(command));
      }
    }
    if (one.nextCheck) {
      this.#heading(level, m.sectionNext);
      this.#out.push(this.#t(one.nextCheck.text));
      if (one.nextCheck.check.command !== undefined) this.#out.push(...codeBlock(one.nextCheck.check.command));
    }
    const { also, open, ruledOut } = causesOf(one);
    this.#causes(words.sectionBeside, one.beside, level, true);
    this.#causes(words.sectionAlso, also, level);
    this.#causes(words.sectionOpen, open, level);
    this.#causes(words.sectionRuledOut, ruledOut, level);
    if (attempt.notChecked.length > 0) {
      this.#heading(level, words.sectionNotChecked);
      for (const text of attempt.notChecked) this.#out.push(`- ${this.#t(text)}`);
    }
    if (this.#options.explain) this.#conversation(one, level, words);
  }

  #remedies({ cause }: JudgedCause, level: 2 | 3): void {
    if (cause.remedies.length === 0) return;
    this.#heading(level, this.#m.sectionRemedy);
    for (const remedy of cause.remedies) this.#remedy(remedy);
  }

  #remedy(remedy: Remedy): void {
    const m = this.#m;
    this.#out.push('', `**${this.#t(remedy.text)}**`);
    // A list right under a paragraph is read as part of it by some.
    if (remedy.command === undefined) this.#out.push('');
    else this.#out.push(...codeBlock(remedy.command));
    if (remedy.gpo) this.#out.push(`- ${m.gpo}: ${this.#t(remedy.gpo)}`);
    this.#out.push(`- ${m.risk}: ${this.#t(remedy.risk)}`, `- ${m.undo}: ${this.#t(remedy.undo)}`, '');
  }

  /** @param remedies also what to change: those of the verdict have a section of their own, findings beside it have none. */
  #causes(title: string, causes: readonly JudgedCause[], level: 2 | 3, remedies = false): void {
    if (causes.length === 0) return;
    this.#heading(level, title);
    for (const { cause, grade, because } of causes) {
      this.#out.push(`- **${escapeMarkdown(this.#m.grade[grade])}** ${this.#t(cause.title)}: ${this.#t(because)}`);
      if (remedies) for (const remedy of cause.remedies) this.#remedy(remedy);
    }
  }

  #conversation({ attempt }: ConnectionDiagnosis, level: 2 | 3, words: Messages['connection']): void {
    this.#heading(level, words.sectionWire);
    for (const { at, direction, layer, text, fields, bytes } of attempt.conversation) {
      const who = direction === 'sent' ? words.sentWord : words.receivedWord;
      this.#out.push(`- ${escapeMarkdown(formatTime(at, this.#options.zone, this.#lang))} ${who} (${layer}): ${this.#t(text)}`);
      for (const [name, value] of fields) this.#out.push(`  - ${escapeMarkdown(name)}: ${codeSpan(value)}`);
      if (this.#options.bytes && bytes) this.#out.push(...codeBlock(hexLines(bytes).join('\n')));
    }
  }
}
