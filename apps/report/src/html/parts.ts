import type { InputProblem, Source } from '@winmedic/core/model';
import type { Language, Remedy } from '@winmedic/knowledge/model';
import { formatDuration, formatTime, zoneName } from '../format-time.ts';
import type { ReportOptions } from '../options.ts';
import { problemLines } from '../problems.ts';
import { type Messages, messages, pick } from '../text/index.ts';
import { breakablePath } from './appendix.ts';
import { html, type Markup, raw } from './markup.ts';

/** A table whose first cell of each row is its head; on narrow screens rows become stacks. */
export function stackTable(heads: readonly string[], rows: readonly (readonly (Markup | string)[])[], caption = ''): Markup {
  return html`<div class="scroll"><table class="stack">${caption !== '' && html`<caption>${caption}</caption>`}<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${rows.map(
    (row) =>
      html`<tr>${row.map((cell, i) => (i === 0 ? html`<th scope="row">${cell}</th>` : html`<td data-h="${heads[i]}">${cell}</td>`))}</tr>`,
  )}</tbody></table></div>`;
}

/** A closed part with its number of entries, unless the title has it; `printed` ones are open on paper, the others say that paper leaves them out. */
export function closedPart(m: Messages, title: string | Markup, count: number | undefined, body: Markup, printed: boolean): Markup {
  return html`<details${!printed && html` class="np"`}><summary>${title}${count !== undefined && ` (${count})`}${!printed && html`<span class="po"> ${m.notPrinted}</span>`}</summary>${body}</details>`;
}

/** Commands to copy: their lines stay lines, because joined ones are no command. */
export function commandBlock(command: string): Markup {
  const lines = command.split(/\r\n|[\r\n]/).map((line, i) => html`${i > 0 && raw('\n')}${line}`);
  return html`<pre>${lines}</pre>`;
}

/** What to do: text, command, group policy path, risk and undo. */
export function remedyBody(remedy: Remedy, lang: Language): Markup {
  const m = messages(lang);
  return html`${pick(remedy.text, lang)}${remedy.command !== undefined && commandBlock(remedy.command)}${remedy.gpo && html`<div><span class="soft">${m.gpo}:</span> ${pick(remedy.gpo, lang)}</div>`}<div><span class="soft">${m.risk}:</span> ${pick(remedy.risk, lang)}</div><div><span class="soft">${m.undo}:</span> ${pick(remedy.undo, lang)}</div>`;
}

/** Problems with inputs: what each means and what to do; undefined when there are none. */
export function problemList(problems: readonly InputProblem[], lang: Language): Markup | undefined {
  const lines = problemLines(problems, lang);
  if (lines.length === 0) return undefined;
  return html`<ul class="alt">${lines.map((line) => html`<li>${line.head}${line.meaning !== '' && html`<br><span class="soft">${line.meaning} ${line.action}</span>`}</li>`)}</ul>`;
}

/** How a report was made: command, version, zone, then `more`, duration, and the inputs with hashes. */
export function madeList(
  options: ReportOptions,
  made: { readonly id: string; readonly at: bigint; readonly sources: readonly Source[] },
  more: readonly (readonly [string, string])[],
): Markup {
  const m = messages(options.lang);
  const { tool, durationSeconds, zone, lang } = options;
  const pairs: (readonly [string, string | Markup])[] = [
    [m.made.command, html`<code>${tool.command}</code>`],
    [m.made.version, `${tool.name} ${tool.version}`],
    [m.made.case, made.id],
    [m.made.zone, zoneName(zone)],
    [m.made.madeAt, formatTime(made.at, zone, lang)],
    ...more,
  ];
  if (durationSeconds !== undefined) pairs.push([m.made.duration, formatDuration(durationSeconds, lang)]);
  return html`<dl class="kv">${pairs.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
${
  made.sources.length > 0 &&
  stackTable(
    ['', m.colFile, m.colSize, 'SHA-256'],
    made.sources.map((source) => [
      source.id,
      breakablePath(source.path),
      html`<span class="t">${m.bytes(source.sizeBytes)}</span>`,
      source.kind === 'disk' ? m.made.notHashed : html`<span class="mono">${source.sha256 === '' ? '-' : source.sha256}</span>`,
    ]),
    m.sectionInputs,
  )
}`;
}
