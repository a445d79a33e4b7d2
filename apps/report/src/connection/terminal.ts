import type { ConnectionReport } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';
import type { ReportOptions } from '../options.ts';
import { madeSection, problemsSection } from '../terminal-evidence.ts';
import { TerminalPage, type TerminalStyle } from '../terminal-page.ts';
import { type Messages, messages } from '../text/index.ts';
import { ConnectionSections } from './terminal-sections.ts';
import { type ConnectionFilter, checksText, connectionCaseId, groupsOf, rdpSearchLines } from './view.ts';

/** Options of the connection doctor in a terminal. */
export interface ConnectionTextOptions extends ReportOptions, TerminalStyle, ConnectionFilter {
  /** Every rung in full, every cause considered, every host. */
  readonly verbose: boolean;
  /** The next command to name on the last line. */
  readonly next?: string;
}

/** Hosts told in full unless verbose. */
const SHORT_HOSTS = 5;

class ConnectionText {
  readonly #report: ConnectionReport;
  readonly #options: ConnectionTextOptions;
  readonly #page: TerminalPage;
  readonly #m: Messages;
  readonly #lang: Language;

  constructor(report: ConnectionReport, options: ConnectionTextOptions) {
    this.#report = report;
    this.#options = options;
    this.#page = new TerminalPage(options);
    this.#lang = options.lang;
    this.#m = messages(options.lang);
  }

  render(): string {
    const groups = groupsOf(this.#report);
    const { verbose } = this.#options;
    const sections = new ConnectionSections(this.#page, this.#options);
    sections.tally(this.#report.diagnoses);
    for (const group of groups) sections.headline(group);
    const full = verbose ? groups.flatMap(({ shown, others }) => [shown, ...others]) : groups.map(({ shown }) => shown);
    const told = verbose ? full : full.slice(0, SHORT_HOSTS);
    for (const one of told) sections.host(one, full.length > 1);
    if (full.length > told.length) {
      this.#page.gap();
      this.#page.text(`${this.#m.more(full.length - told.length)} (${this.#m.verboseOnly})`, { tone: 'faint' });
    }
    this.#rdpPorts();
    problemsSection(this.#page, this.#report.problems, this.#options);
    madeSection(
      this.#page,
      { id: connectionCaseId(this.#report, this.#options), at: this.#report.madeAt, sources: this.#report.sources },
      this.#options,
    );
    if (this.#report.checks.size > 0) this.#page.text(this.#m.connection.runChecks(checksText(this.#report, this.#lang)), { indent: 2 });
    this.#last();
    return this.#page.toString();
  }

  #rdpPorts(): void {
    const { rdpPorts } = this.#report;
    const search = rdpSearchLines(this.#report, this.#options, this.#lang);
    if (rdpPorts.length + search.length === 0) return;
    const words = this.#m.connection;
    this.#page.section(words.sectionRdp);
    for (const line of search) this.#page.text(line, { indent: 2 });
    for (const { host, port, nla, logonScreen } of rdpPorts)
      this.#page.text(`${words.nla[nla]}: ${logonScreen ? words.logonScreen : words.noLogonScreen}`, {
        indent: 2,
        lead: `${host}:${port}  `,
        tone: logonScreen ? 'warn' : 'plain',
      });
  }

  #last(): void {
    const { next } = this.#options;
    if (next === undefined) return;
    this.#page.gap();
    this.#page.raw(`${this.#m.next} ${this.#page.tone(next.replace(/[\r\n]+/g, ' '), 'strong')}`);
  }
}

/**
 * The connection doctor for a terminal: one sentence per verdict, the ladder with the failing rung open, what the host says of itself, the
 * account as sent, remedies, what else was considered. Control characters from the wire are shown, never emitted.
 */
export function connectionToText(report: ConnectionReport, options: ConnectionTextOptions): string {
  return new ConnectionText(report, options).render();
}
