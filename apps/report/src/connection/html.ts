import type { ConnectionReport } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';
import { formatTime, zoneName } from '../format-time.ts';
import { html, type Markup } from '../html/markup.ts';
import { htmlPage, type Section } from '../html/page.ts';
import { madeList, problemList } from '../html/parts.ts';
import type { ReportOptions } from '../options.ts';
import { type Messages, messages } from '../text/index.ts';
import { ConnectionHtmlParts } from './html-parts.ts';
import { type ConnectionFilter, checksText, connectionCaseId, groupsOf, rdpSearchLines, targetName } from './view.ts';

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
    const parts = new ConnectionHtmlParts(this.#options);
    const sections: Section[] = parts.sections(groups, groups.length > 1);
    const add = (sectionId: string, title: string, body: Markup | undefined): void => {
      if (body) sections.push({ id: sectionId, title, body });
    };
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
        body: html`${groups.map((group) => parts.lead(group))}`,
      },
      sections,
    });
  }
}

/** The connection report as one self-contained page, on screen and on paper. No secrets are in it. */
export function connectionToHtml(report: ConnectionReport, options: ReportOptions & ConnectionFilter): string {
  return new ConnectionHtml(report, options).render();
}
