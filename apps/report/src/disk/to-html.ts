import { formatTime, zoneName } from '../format-time.ts';
import { html, type Markup, withTimes } from '../html/markup.ts';
import { htmlPage, type Section } from '../html/page.ts';
import { closedPart, commandBlock, stackTable } from '../html/parts.ts';
import { messages } from '../text/index.ts';
import { type Block, type DiskDocument, type Item, MARKS, type Mark } from './document.ts';
import { documentId, madeAt, madePairs } from './made.ts';
import type { DiskPageOptions } from './options.ts';
import { diskWords } from './words.ts';

/** Marks of the style sheet. */
const CLASSES: Readonly<Record<Mark, string>> = { good: 'confirmed', warn: 'inconclusive', bad: 'inconclusive', none: 'ruled_out' };
/** Rows of a table in the open; longer ones are closed on screen and printed. */
const OPEN_ROWS = 40;
/** Rows of one table: some 300 bytes each. What was left out is counted, and the JSON has everything. */
const MAX_ROWS = 5000;

/** Longest text kept on one line in a narrow column. */
const UNBROKEN = 20;

function block(one: Block, options: DiskPageOptions): Markup {
  switch (one.kind) {
    case 'pairs':
      return html`<dl class="kv">${one.pairs.map(([label, text]) => html`<dt>${label}</dt><dd>${withTimes(text)}</dd>`)}</dl>`;
    case 'text':
      return html`<p${one.soft === true && html` class="soft"`}>${withTimes(one.text)}</p>`;
    case 'heading':
      return html`<h3>${one.text}</h3>`;
    case 'command':
      return commandBlock(one.command);
    case 'items':
      return html`<ul class="${one.below ? 'alt' : 'alt plain'}">${one.items.map(item)}</ul>`;
    case 'table':
      return table(one, options);
  }
}

function table({ columns, rows, caption = '' }: Extract<Block, { readonly kind: 'table' }>, options: DiskPageOptions): Markup {
  const m = messages(options.lang);
  const shown = rows.slice(0, MAX_ROWS);
  const rest = rows.length - shown.length;
  const whole = html`${stackTable(
    columns.map(({ head }) => head),
    shown.map((row) => row.map((text, i) => (columns[i]?.mono ? monoCell(text) : withTimes(text)))),
    caption,
  )}${rest > 0 && html`<p class="soft">${m.more(rest)} (${m.jsonHint})</p>`}`;
  return rows.length > OPEN_ROWS ? closedPart(m, diskWords(options.lang).wholeTable, rows.length, whole, true) : whole;
}

/** Offsets and key ids are kept whole; hashes and data may break anywhere. */
function monoCell(text: string): Markup {
  return html`<span class="${text.length <= UNBROKEN ? 'mono t' : 'mono'}">${text}</span>`;
}

function item({ mark = 'none', word, text, lines = [] }: Item): Markup {
  const shape = mark === 'none' && word === undefined ? undefined : MARKS[mark][0];
  return html`<li>${shape !== undefined && html`<span class="grade ${CLASSES[mark]}">${shape}${word !== undefined && ` ${word}`}</span> `}${withTimes(text)}${lines.map(
    (line) =>
      'command' in line
        ? commandBlock(line.command)
        : html`<div${line.soft === true && html` class="soft"`}>${line.label !== undefined && html`<span class="soft">${line.label}:</span> `}${withTimes(line.text)}</div>`,
  )}</li>`;
}

/** A document as one self-contained page, on screen and on paper. */
export function documentToHtml(document: DiskDocument, options: DiskPageOptions): string {
  const m = messages(options.lang);
  const words = diskWords(options.lang);
  const { title, lead } = document;
  const id = documentId(document, options);
  const next = options.next ?? document.next;
  const sections: Section[] = document.sections.map(({ id: anchor, title: name, blocks }) => ({
    id: anchor,
    title: name,
    body: html`${blocks.map((one) => block(one, options))}`,
  }));
  if (next !== undefined)
    sections.push({ id: 'next', title: words.sectionNext, body: html`<div class="next">${commandBlock(next)}</div>` });
  const made = madePairs(options);
  sections.push({
    id: 'made',
    title: m.sectionMade,
    body: html`<dl class="kv">${made.map(([label, text], i) => html`<dt>${label}</dt><dd>${i === 0 ? html`<code>${text}</code>` : withTimes(text)}</dd>`)}</dl>`,
  });
  return htmlPage({
    options,
    title,
    id,
    footer: `${m.made.case} ${id} · ${title}`,
    subtitle: `${m.made.case} ${id} · ${m.made.madeAt} ${formatTime(madeAt(options), options.zone, options.lang)} (${zoneName(options.zone)})`,
    lead: {
      id: 'answer',
      name: words.answer,
      skip: words.skip,
      body: html`<div class="verdict${(lead.mark === 'bad' || lead.mark === 'warn') && ' inconclusive'}"><p><span class="grade ${CLASSES[lead.mark]}">${MARKS[lead.mark][0]} ${lead.word}</span></p><p class="sentence">${withTimes(lead.text)}</p>${lead.lines.map((line) => html`<p>${withTimes(line)}</p>`)}</div>`,
    },
    sections,
  });
}
