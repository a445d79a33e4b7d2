import type { ConnectionReport } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';
import { formatDuration, formatTime, zoneName } from '../format-time.ts';
import { codeSpan, escapeMarkdown, markdownText } from '../markdown-text.ts';
import type { ReportOptions } from '../options.ts';
import { problemLines } from '../problems.ts';
import { type Messages, messages } from '../text/index.ts';
import { ConnectionMarkdownParts } from './markdown-parts.ts';
import { type ConnectionFilter, checksText, connectionCaseId, groupsOf, rdpSearchLines, targetName } from './view.ts';

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
    const parts = new ConnectionMarkdownParts(this.#out, this.#options);
    for (const group of groups) parts.lead(group);
    for (const { shown } of groups) parts.host(shown, groups.length > 1);
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

  #heading(level: 2 | 3, title: string): void {
    this.#out.push('', `${'#'.repeat(level)} ${escapeMarkdown(title)}`, '');
  }

  #item(label: string, text: string): void {
    this.#out.push(`- ${label === '' ? '' : `${escapeMarkdown(label)}: `}${escapeMarkdown(text)}`);
  }
}

/** The connection report as Markdown, to paste into an issue: no secrets are in it. */
export function connectionToMarkdown(report: ConnectionReport, options: ReportOptions & ConnectionFilter): string {
  return new ConnectionMarkdown(report, options).render();
}
