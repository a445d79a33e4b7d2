import type { Diagnosis, JudgedCause } from '@winmedic/core/model';
import { coincidenceText } from './coincidence.ts';
import { repairLines } from './repair-view.ts';
import type { TextOptions } from './terminal.ts';
import type { TerminalPage } from './terminal-page.ts';
import { citedIds, gradeShape, STATUS_SHAPES, TONES } from './terminal-shapes.ts';
import { messages, pick } from './text/index.ts';
import { displayWidth } from './width.ts';

/** The often suspected causes; unless verbose only those of the host told first, the rest is counted. */
export function deadEndsSection(page: TerminalPage, diagnosis: Diagnosis, options: TextOptions, host?: string): void {
  const all = diagnosis.deadEnds;
  const deadEnds = options.verbose || host === undefined ? all : all.filter((deadEnd) => deadEnd.host === host);
  if (all.length === 0) return;
  const m = messages(options.lang);
  const shapes = page.unicode ? 0 : 1;
  const hosts = new Set(all.map((deadEnd) => deadEnd.host)).size > 1;
  page.section(m.sectionDeadEnds);
  const rows = deadEnds.map((deadEnd) => ({
    title: `${pick(deadEnd.cause.title, options.lang)}${hosts ? ` (${deadEnd.host})` : ''}`,
    status: `${STATUS_SHAPES[deadEnd.status][shapes]} ${m.deadEndStatus[deadEnd.status]}`,
    because: `${pick(deadEnd.because, options.lang)} ${citedIds(options, deadEnd.evidence)}`.trimEnd(),
  }));
  // Long reasons in a narrow column are hard to read: then each takes lines of its own.
  if (rows.some((row) => displayWidth(row.because) > page.width * 1.5)) {
    for (const row of rows) {
      page.text(row.title, { indent: 2, lead: `${row.status}  `, tone: 'strong' });
      page.text(row.because, { indent: 6, tone: 'faint' });
    }
  } else if (rows.length > 0) {
    page.table(
      [
        { head: m.colCause, width: 28 },
        { head: m.colStatus, width: 17 },
        { head: m.colBecause, width: '*' },
      ],
      rows.map((row) => [row.title, row.status, row.because]),
    );
  }
  if (deadEnds.length < all.length)
    page.text(`${m.moreOnHosts(all.length - deadEnds.length)} (${m.verboseHint})`, { indent: 2, tone: 'faint' });
}

/** Settings changed after the last stop they could explain. */
export function repairsSection(page: TerminalPage, diagnosis: Diagnosis, options: TextOptions): void {
  if (diagnosis.repairs.length === 0) return;
  page.section(messages(options.lang).sectionRepairs);
  for (const repair of diagnosis.repairs) {
    page.text(`${pick(repair.text, options.lang)} [${repair.fact.id}]`, { indent: 2, lead: `${repair.host}: ` });
    for (const [label, text] of repairLines(repair, options.zone, options.lang))
      page.text(text, { indent: 6, lead: `${label}: `, leadTone: 'faint' });
  }
}

/** Coincidence tests; unless verbose only those with an observation before a stop. */
export function coincidenceSection(page: TerminalPage, diagnosis: Diagnosis, options: TextOptions): void {
  const m = messages(options.lang);
  const { coincidence } = diagnosis;
  if (coincidence.length === 0) return;
  page.section(m.sectionCoincidence);
  const shown = options.verbose ? coincidence : coincidence.filter((one) => one.k > 0);
  for (const one of shown) {
    page.text(`${one.derived}, ${one.host}, ${one.signature}`, { indent: 2 });
    page.text(coincidenceText(one, options.lang), { indent: 4 });
  }
  if (shown.length < coincidence.length)
    page.text(`${m.moreTests(coincidence.length - shown.length)} (${m.verboseHint})`, { indent: 2, tone: 'faint' });
}

/** A cause that is confirmed or likely. */
export function holds({ grade }: JudgedCause): boolean {
  return grade === 'confirmed' || grade === 'likely';
}

/** Findings besides the stops; unless verbose only those that hold. */
export function findingsSection(page: TerminalPage, diagnosis: Diagnosis, options: TextOptions): void {
  const m = messages(options.lang);
  const held = diagnosis.findings.filter(({ judged }) => holds(judged));
  const rest = diagnosis.findings.length - held.length;
  const listed = options.verbose ? diagnosis.findings : held;
  if (diagnosis.findings.length === 0) return;
  page.section(m.sectionFindings);
  for (const { host, judged } of listed) {
    page.text(`${pick(judged.cause.title, options.lang)} (${host})`, {
      indent: 2,
      lead: `${gradeShape(page, judged.grade)} ${m.grade[judged.grade]}: `,
      leadTone: TONES[judged.grade],
    });
    page.text(pick(judged.because, options.lang), { indent: 6, tone: 'faint' });
  }
  if (!options.verbose && rest > 0) page.text(`${m.moreFindings(rest)} (${m.verboseHint})`, { indent: 2, tone: 'faint' });
}
