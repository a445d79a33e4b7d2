import type { ConnectionDiagnosis, ConnectionReport, JudgedCause } from '@winmedic/core/model';
import type { Language, Remedy } from '@winmedic/knowledge/model';
import { formatDuration, formatTime, zoneName } from '../format-time.ts';
import { codeBlock, codeSpan, escapeMarkdown, markdownText } from '../markdown.ts';
import type { ReportOptions } from '../options.ts';
import { problemLines } from '../problems.ts';
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

class ConnectionMarkdown {
  readonly #report: ConnectionReport;
  readonly #options: ReportOptions & ConnectionFilter;
  readonly #m: Messages;
  readonly #lang: Language;
  readonly #out: string[] = [];

  constructor(report: ConnectionReport, options: ReportOptions & ConnectionFilter) {
    this.#report = report;
    this.#options = options;
    this.#lang = options.lang;
    this.#m = messages(options.lang);
  }

  render(): string {
    const m = this.#m;
    const words = m.connection;
    const groups = groupsOf(this.#report);
    const [first] = groups;
    const title = this.#report.diagnoses.length === 1 && first ? targetName(first.shown) : words.hosts(this.#report.diagnoses.length);
    this.#out.push(`# ${escapeMarkdown(words.title(title))}`, '');
    for (const { shown, others } of groups) {
      const more = others.length > 0 ? ` (${words.same(others.length)}: ${m.list(others.map(targetName))})` : '';
      this.#out.push(`- **${escapeMarkdown(targetName(shown))}** ${this.#grade(shown)}${this.#sentence(shown)}${escapeMarkdown(more)}`);
    }
    for (const { shown } of groups) this.#host(shown, groups.length > 1);
    const { rdpPorts, problems, madeAt, checks } = this.#report;
    const search = rdpSearchLines(this.#report, this.#options, this.#lang);
    if (rdpPorts.length + search.length > 0) {
      this.#heading(2, words.sectionRdp);
      for (const line of search) this.#item('', line);
      for (const { host, port, nla, logonScreen } of rdpPorts)
        this.#item(`${host}:${port}`, `${words.nla[nla]}: ${logonScreen ? words.logonScreen : words.noLogonScreen}`);
    }
    const lines = problemLines(problems, this.#lang);
    if (lines.length > 0) {
      this.#heading(2, m.sectionProblems);
      for (const line of lines) this.#out.push(`- ${escapeMarkdown(`${line.head} ${line.meaning} ${line.action}`.trimEnd())}`);
    }
    const { tool, zone, durationSeconds } = this.#options;
    this.#heading(2, m.sectionMade);
    this.#out.push(`- ${m.made.command}: ${codeSpan(tool.command)}`);
    this.#item(m.made.version, `${tool.name} ${tool.version}`);
    this.#item(m.made.case, connectionCaseId(this.#report, this.#options));
    this.#item(m.made.madeAt, `${formatTime(madeAt, zone, this.#lang)} (${zoneName(zone)})`);
    if (durationSeconds !== undefined) this.#item(m.made.duration, formatDuration(durationSeconds, this.#lang));
    if (checks.size > 0) this.#out.push(`- ${escapeMarkdown(words.runChecks(checksText(this.#report, this.#lang)))}`);
    return markdownText(this.#out);
  }

  #t(text: { readonly en: string; readonly ja: string }): string {
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

  #host(one: ConnectionDiagnosis, several: boolean): void {
    const m = this.#m;
    const words = m.connection;
    const { attempt, verdict } = one;
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
    if (this.#options.explain) this.#conversation(one, level);
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

  #conversation({ attempt }: ConnectionDiagnosis, level: 2 | 3): void {
    const words = this.#m.connection;
    this.#heading(level, words.sectionWire);
    for (const { at, direction, layer, text, fields, bytes } of attempt.conversation) {
      const who = direction === 'sent' ? words.sentWord : words.receivedWord;
      this.#out.push(`- ${escapeMarkdown(formatTime(at, this.#options.zone, this.#lang))} ${who} (${layer}): ${this.#t(text)}`);
      for (const [name, value] of fields) this.#out.push(`  - ${escapeMarkdown(name)}: ${codeSpan(value)}`);
      if (this.#options.bytes && bytes) this.#out.push(...codeBlock(hexLines(bytes).join('\n')));
    }
  }
}

/** The connection report as Markdown, to paste into an issue: no secrets are in it. */
export function connectionToMarkdown(report: ConnectionReport, options: ReportOptions & ConnectionFilter): string {
  return new ConnectionMarkdown(report, options).render();
}
