import type { Diagnosis } from '@winmedic/core/model';
import { dumpPages } from './dump-view.ts';
import type { TextOptions } from './terminal.ts';
import type { TerminalPage } from './terminal-page.ts';
import { messages } from './text/index.ts';

/** Dumps told unless verbose: a host that crashes at every start leaves dozens that say the same. */
const SHORT_DUMPS = 3;

/** The crash dumps of the case, the latest stop first. */
export function dumpsSection(page: TerminalPage, diagnosis: Diagnosis, options: TextOptions): void {
  const dumps = dumpPages(diagnosis, options.zone, options.lang);
  if (dumps.length === 0) return;
  const m = messages(options.lang);
  page.section(m.dump.section);
  const told = options.verbose ? dumps : dumps.slice(0, SHORT_DUMPS);
  for (const { id, file, lines } of told) {
    page.text(file, { indent: 2, lead: `[${id}] `, tone: 'strong' });
    for (const [label, text] of lines) page.text(text, { indent: 6, lead: `${label}: `, leadTone: 'faint' });
  }
  if (told.length < dumps.length) page.text(`${m.dump.more(dumps.length - told.length)} (${m.verboseHint})`, { indent: 2, tone: 'faint' });
}
