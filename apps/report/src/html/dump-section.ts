import { type DumpPage, dumpPages } from '../dump-view.ts';
import { anchor } from './appendix.ts';
import type { HtmlContext } from './context.ts';
import { html, type Markup, withTimes } from './markup.ts';

/** Dumps told in full; of a host that crashes at every start the others say the same, and the JSON report has them. */
const MAX_DUMPS = 20;
/** Dumps open at first. */
const OPEN_DUMPS = 3;

/** The crash dumps of the case, the latest stop first. */
export function dumpsSection(c: HtmlContext): Markup | undefined {
  const dumps = dumpPages(c.diagnosis, c.zone, c.lang);
  if (dumps.length === 0) return undefined;
  const told = dumps.slice(0, MAX_DUMPS);
  const rest = told.slice(OPEN_DUMPS);
  return html`${told.slice(0, OPEN_DUMPS).map(dumpEntry)}
${rest.length > 0 && c.details(c.m.dump.more(rest.length), rest.length, html`${rest.map(dumpEntry)}`, false)}
${dumps.length > told.length && html`<p class="soft">${c.m.more(dumps.length - told.length)} (${c.m.jsonHint})</p>`}`;
}

function dumpEntry({ id, file, lines }: DumpPage): Markup {
  return html`<h3 id="${anchor(id)}">[${id}] ${file}</h3><dl class="kv">${lines.map(([label, text]) => html`<dt>${label}</dt><dd>${withTimes(text)}</dd>`)}</dl>`;
}
