import { coverageNotes, coverageRows, factRows, totalsText } from '../evidence-tables.ts';
import { trafficRows } from '../traffic/coverage.ts';
import { recordEntry } from './appendix.ts';
import type { HtmlContext } from './context.ts';
import { html, type Markup, withTimes } from './markup.ts';
import { madeList, problemList } from './parts.ts';

/** The facts somebody supplied, with the time for which they are known. */
export function factsSection(c: HtmlContext): Markup | undefined {
  const rows = factRows(c.diagnosis, c.zone, c.lang, c.names);
  if (rows.length === 0) return undefined;
  const m = c.m;
  return c.table(
    ['', m.colName, m.colValue, m.colHeld, m.colHost, m.colOrigin],
    rows.map((row) => [
      `[${row.id}]`,
      html`<code>${row.name}</code>`,
      html`<code>${row.value}</code>`,
      withTimes(row.held),
      row.host === '' ? m.anyHost : row.host,
      withTimes(row.place),
    ]),
  );
}

/** What each log covers, and clock steps. */
export function coverageSection(c: HtmlContext): Markup | undefined {
  const rows = coverageRows(c.diagnosis, c.zone, c.lang);
  if (rows.length === 0) return undefined;
  const m = c.m;
  const notes = coverageNotes(c.diagnosis, c.zone, c.lang);
  return html`${c.table(
    [m.colChannel, m.colHost, m.colFrom, m.colTo, m.colRecords, m.colHoles],
    rows.map((row) => [
      row.channel,
      html`<span class="t">${row.host}</span>`,
      withTimes(row.from),
      withTimes(row.to),
      html`${row.records}`,
      row.notes.length === 0 ? m.noGaps : row.notes.join(' · '),
    ]),
  )}${notes.length > 0 && html`<ul class="alt">${notes.map((note) => html`<li>${note}</li>`)}</ul>`}`;
}

/** What captures and traces cover. */
export function trafficSection(c: HtmlContext): Markup | undefined {
  const rows = trafficRows(c.diagnosis.timeline.evidence, c.zone, c.lang);
  if (rows.length === 0) return undefined;
  return html`<ul class="alt">${rows.map(({ file, text, notes }) => html`<li>${file}: ${withTimes(text)}${notes.length > 0 && html`<br><span class="soft">${c.m.list(notes)}</span>`}</li>`)}</ul>`;
}

/** Problems with inputs: what each means and what to do. */
export function problemsSection(c: HtmlContext): Markup | undefined {
  return problemList(c.diagnosis.problems, c.lang);
}

/** How the report was made: command, version, zone, totals, inputs with hashes. */
export function madeSection(c: HtmlContext, id: string): Markup {
  const made = { id, at: c.diagnosis.madeAt, sources: c.diagnosis.timeline.evidence.sources };
  const totals = totalsText(c.diagnosis, c.lang);
  return madeList(c.options, made, totals === '' ? [] : [[c.m.made.totals, totals]]);
}

/** The cited records as they are in the logs. */
export function appendixSection(c: HtmlContext): Markup | undefined {
  if (c.cited.length === 0) return undefined;
  const paper: Markup[] = [];
  const screen: Markup[] = [];
  for (const observation of c.cited) {
    if (observation.type !== 'event' || !c.inAppendix.has(observation.id)) continue;
    const entry = recordEntry(observation, c.sources, c.zone, c.lang);
    if (c.onPaper.has(observation.id)) paper.push(entry);
    else screen.push(entry);
  }
  const shown = paper.length + screen.length;
  return html`<p class="soft">${c.m.appendixNote(shown, c.cited.length)}${screen.length > 0 && html`<span class="po"> ${c.m.onPaper(paper.length, shown)}</span>`}</p>
<div class="records">${paper}</div>
${screen.length > 0 && html`<div class="np">${screen}</div>`}`;
}
