import type { Diagnosis, InputProblem, Source } from '@winmedic/core/model';
import { caseId } from './case-view.ts';
import { coverageNotes, coverageRows, type FactRow, factRows, totalsText } from './evidence-tables.ts';
import { formatDuration, formatTime, zoneName } from './format-time.ts';
import type { ReportOptions } from './options.ts';
import type { SourceNames } from './origin.ts';
import { problemLines } from './problems.ts';
import type { TextOptions } from './terminal.ts';
import type { TerminalPage } from './terminal-page.ts';
import { messages } from './text/index.ts';
import { trafficRows } from './traffic/coverage.ts';

/** Logs, clock steps, problems and inputs listed unless verbose; the rest is counted. */
const SHORT_LIST = 12;

function factsSection(page: TerminalPage, diagnosis: Diagnosis, options: TextOptions, names: SourceNames): void {
  const rows = factRows(diagnosis, options.zone, options.lang, names);
  if (rows.length === 0) return;
  const m = messages(options.lang);
  page.section(m.sectionFacts);
  const named = (row: FactRow): string => `${row.host === '' ? '' : `${row.host}: `}${row.name}=${row.value}`;
  // A registry key needs the width of the page.
  if (rows.some(({ key }) => key)) {
    for (const row of rows) {
      page.text(`${named(row)}  ${row.held}`, { indent: 2, lead: `[${row.id}] ` });
      if (row.key) page.text(row.place, { indent: 7, tone: 'faint' });
    }
    return;
  }
  page.table(
    [
      { head: m.colEvidence, width: 8 },
      { head: m.colName, width: 40 },
      { head: m.colHeld, width: '*' },
    ],
    rows.map((row) => [`[${row.id}]`, named(row), row.held]),
  );
}

/** The last part of the terminal report: facts supplied, what the logs cover, problems with inputs, how the report was made. */
export function evidenceSections(page: TerminalPage, diagnosis: Diagnosis, options: TextOptions, names: SourceNames): void {
  factsSection(page, diagnosis, options, names);
  const m = messages(options.lang);
  const { evidence, coverage } = diagnosis.timeline;
  if (coverage.length > 0) {
    page.section(m.sectionCoverage);
    const rows = coverageRows(diagnosis, options.zone, options.lang);
    const shown = options.verbose ? rows : rows.slice(0, SHORT_LIST);
    for (const row of shown) {
      page.text(`${row.host} ${row.channel}: ${row.from} – ${row.to}, ${m.colRecords} ${row.records}`, { indent: 2 });
      for (const note of row.notes) page.text(note, { indent: 6, tone: 'warn' });
    }
    if (rows.length > shown.length) page.text(`${m.more(rows.length - shown.length)} (${m.verboseHint})`, { indent: 2, tone: 'faint' });
    const notes = coverageNotes(diagnosis, options.zone, options.lang);
    const told = options.verbose ? notes : notes.slice(-SHORT_LIST);
    for (const note of told) page.text(note, { indent: 2 });
    if (told.length < notes.length)
      page.text(`${m.moreSteps(notes.length - told.length)} (${m.verboseHint})`, { indent: 2, tone: 'faint' });
  }
  trafficSection(page, diagnosis, options);
  problemsSection(page, diagnosis.problems, options);
  const made = { id: caseId(diagnosis, options), at: diagnosis.madeAt, sources: evidence.sources };
  madeSection(page, made, options, totalsText(diagnosis, options.lang));
}

/** What captures and traces cover. */
function trafficSection(page: TerminalPage, { timeline }: Diagnosis, options: TextOptions): void {
  const rows = trafficRows(timeline.evidence, options.zone, options.lang);
  if (rows.length === 0) return;
  const m = messages(options.lang);
  page.section(m.traffic.sectionCoverage);
  const shown = options.verbose ? rows : rows.slice(0, SHORT_LIST);
  for (const { file, text, notes } of shown) {
    page.text(text, { indent: 2, lead: `${file}: ` });
    for (const note of notes) page.text(note, { indent: 6, tone: 'warn' });
  }
  if (rows.length > shown.length) page.text(`${m.more(rows.length - shown.length)} (${m.verboseHint})`, { indent: 2, tone: 'faint' });
}

/** How a page in the terminal was asked for. */
type PageOptions = ReportOptions & { readonly verbose: boolean };

/** Problems with inputs, each with its meaning and what to do; unless verbose the first, the rest is counted. */
export function problemList(page: TerminalPage, problems: readonly InputProblem[], options: PageOptions): void {
  const m = messages(options.lang);
  const lines = problemLines(problems, options.lang);
  const told = options.verbose ? lines : lines.slice(0, SHORT_LIST);
  for (const line of told) {
    page.text(line.head, { indent: 2, tone: line.severity === 'note' ? 'plain' : 'warn' });
    if (line.meaning !== '') page.text(line.meaning, { indent: 6, tone: 'faint' });
    if (line.action !== '' && line.severity !== 'note') page.text(line.action, { indent: 6 });
  }
  if (told.length < lines.length) page.text(`${m.more(lines.length - told.length)} (${m.verboseHint})`, { indent: 2, tone: 'faint' });
}

/** {@link problemList} in a section of its own; nothing when there are none. */
export function problemsSection(page: TerminalPage, problems: readonly InputProblem[], options: PageOptions): void {
  if (problems.length === 0) return;
  page.section(messages(options.lang).sectionProblems);
  problemList(page, problems, options);
}

/** How the report was made: command, version, zone, totals when there are any, inputs with their hashes. */
export function madeSection(
  page: TerminalPage,
  made: { readonly id: string; readonly at: bigint; readonly sources: readonly Source[] },
  options: PageOptions,
  totals = '',
): void {
  const m = messages(options.lang);
  const { tool, durationSeconds, verbose, zone, lang } = options;
  page.section(m.sectionMade);
  page.text(tool.command, { indent: 2, lead: `${m.made.command}: ` });
  page.text(
    `${tool.name} ${tool.version} · ${m.made.case} ${made.id} · ${m.made.madeAt} ${formatTime(made.at, zone, lang)} · ${m.made.zone} ${zoneName(zone)}${durationSeconds === undefined ? '' : ` · ${m.made.duration} ${formatDuration(durationSeconds, lang)}`}`,
    { indent: 2 },
  );
  if (totals !== '') page.text(totals, { indent: 2, lead: `${m.made.totals}: ` });
  const shown = verbose ? made.sources : made.sources.slice(0, SHORT_LIST);
  for (const source of shown) {
    const short = verbose ? source.sha256 : `${source.sha256.slice(0, 16)}…`;
    const hash = source.kind === 'disk' ? ` ${m.made.notHashed}` : source.sha256 === '' ? '' : ` sha256 ${short}`;
    page.text(`${source.path} (${m.bytes(source.sizeBytes)})${hash}`, { indent: 2, lead: `${source.id} `, tone: 'faint' });
  }
  if (made.sources.length > shown.length)
    page.text(`${m.more(made.sources.length - shown.length)} (${m.verboseHint})`, { indent: 2, tone: 'faint' });
}
