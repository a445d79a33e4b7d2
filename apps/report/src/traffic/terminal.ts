import type { Diagnosis } from '@winmedic/core/model';
import { ConnectionSections } from '../connection/terminal-sections.ts';
import type { VerdictGroup } from '../connection/view.ts';
import type { TextOptions } from '../terminal.ts';
import type { TerminalPage } from '../terminal-page.ts';
import { messages, pick } from '../text/index.ts';
import { calmSentence, generalNotes, notesOf, onlyTraffic, type RecordedConnections, recordedGroups } from './recorded.ts';

/** Attempts told in full unless verbose. */
const SHORT_ATTEMPTS = 5;

/** The part of a report in the terminal about attempts that recordings show. */
export class RecordedText {
  readonly #page: TerminalPage;
  readonly #diagnosis: Diagnosis;
  readonly #recorded: RecordedConnections;
  readonly #options: TextOptions;
  readonly #sections: ConnectionSections;
  readonly #groups: readonly VerdictGroup[];

  constructor(page: TerminalPage, diagnosis: Diagnosis, recorded: RecordedConnections, options: TextOptions) {
    this.#page = page;
    this.#diagnosis = diagnosis;
    this.#recorded = recorded;
    this.#options = options;
    this.#sections = new ConnectionSections(page, { ...options, explain: recorded.explain === true });
    this.#groups = recordedGroups(recorded);
  }

  /** The verdicts, one sentence each. */
  headlines(): void {
    const { lang } = this.#options;
    const page = this.#page;
    const calm = calmSentence(this.#diagnosis, this.#recorded, lang);
    page.gap();
    if (calm === undefined) this.#sections.tally(this.#recorded.diagnoses);
    else page.heading(calm);
    for (const group of this.#groups) this.#sections.headline(group);
    for (const note of generalNotes(this.#recorded)) page.text(pick(note, lang), { indent: 2, tone: 'faint' });
    if (this.#diagnosis.incidents.length === 0 && !onlyTraffic(this.#diagnosis))
      page.text(messages(lang).traffic.noStop, { tone: 'faint' });
    page.gap();
  }

  /** Each attempt with its ladder, account, causes. */
  sections(): void {
    const { verbose, lang } = this.#options;
    const groups = this.#groups;
    const notes = notesOf(this.#recorded);
    const full = verbose ? groups.flatMap(({ shown, others }) => [shown, ...others]) : groups.map(({ shown }) => shown);
    const told = verbose ? full : full.slice(0, SHORT_ATTEMPTS);
    const several = full.length > 1 || this.#diagnosis.incidents.length > 0;
    for (const one of told) this.#sections.host(one, several, notes(one));
    if (full.length === told.length) return;
    const m = messages(lang);
    this.#page.gap();
    this.#page.text(`${m.more(full.length - told.length)} (${m.verboseOnly})`, { tone: 'faint' });
  }
}
