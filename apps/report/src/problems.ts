import type { InputProblem } from '@winmedic/core/model';
import { type DamageText, loadKnowledge } from '@winmedic/knowledge';
import type { Language } from '@winmedic/knowledge/model';
import { TerminalPage, type TerminalStyle } from './terminal-page.ts';
import { messages, pick } from './text/index.ts';

/** A problem as two lines: what and where, then what it means and what to do. */
export interface ProblemLine {
  readonly severity: InputProblem['severity'];
  readonly head: string;
  readonly meaning: string;
  readonly action: string;
}

/** Texts of a problem code in the knowledge base; undefined for codes it does not know. */
function damageText(code: string): DamageText | undefined {
  const { damages } = loadKnowledge();
  return Object.hasOwn(damages, code) ? damages[code] : undefined;
}

/** Problems with inputs, worst first: unusable, partly read, notes. Codes without a text are shown by their code alone. */
export function problemLines(problems: readonly InputProblem[], lang: Language): ProblemLine[] {
  const m = messages(lang);
  const rank: Record<InputProblem['severity'], number> = { unusable: 0, partial: 1, note: 2 };
  return problems
    .toSorted((a, b) => rank[a.severity] - rank[b.severity])
    .map((problem) => {
      const text = damageText(problem.code);
      const details: string[] = [];
      if (problem.count !== undefined && problem.count > 1) details.push(m.folded(problem.count));
      if (problem.recordId !== undefined) details.push(m.record(problem.recordId));
      if (problem.offset !== undefined) details.push(m.offset(problem.offset));
      if (problem.what !== undefined) details.push(problem.what);
      return {
        severity: problem.severity,
        head: `${m.severity[problem.severity]}: ${problem.path} ${problem.code}${details.length > 0 ? ` (${m.list(details)})` : ''}`,
        meaning: text ? pick(text.meaning, lang) : '',
        action: text ? pick(text.action, lang) : '',
      };
    });
}

/** The problems as text for a terminal, one block each with meaning and action; empty when there are none. */
export function problemsToText(problems: readonly InputProblem[], options: TerminalStyle & { readonly lang: Language }): string {
  if (problems.length === 0) return '';
  const page = new TerminalPage(options);
  for (const line of problemLines(problems, options.lang)) {
    page.text(line.head, { tone: line.severity === 'note' ? 'plain' : 'warn' });
    if (line.meaning !== '') page.text(line.meaning, { indent: 2 });
    if (line.action !== '') page.text(line.action, { indent: 2 });
  }
  return page.toString();
}
