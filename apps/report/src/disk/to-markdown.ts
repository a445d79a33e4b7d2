import { codeBlock, codeSpan, escapeMarkdown, markdownText } from '../markdown-text.ts';
import { messages } from '../text/index.ts';
import { type Block, type DiskDocument, type Item, MARKS } from './document.ts';
import { documentId, madePairs } from './made.ts';
import type { DiskPageOptions } from './options.ts';
import { diskWords } from './words.ts';

/** Rows of one table: a page is pasted into tickets; what was left out is counted, and the JSON has everything. */
const MAX_ROWS = 500;

const cell = (text: string): string => escapeMarkdown(text).replaceAll('\n', ' ');

function blockLines(block: Block, options: DiskPageOptions): string[] {
  switch (block.kind) {
    case 'pairs':
      return block.pairs.map(([label, text]) => `- ${cell(label)}: ${cell(text)}`);
    case 'text':
      return [cell(block.text), ''];
    case 'heading':
      return ['', `### ${cell(block.text)}`, ''];
    case 'command':
      return ['', ...codeBlock(block.command), ''];
    case 'items':
      return block.items.flatMap(itemLines).map((line) => (block.below ? `  ${line}` : line));
    case 'table': {
      const { columns, rows, caption } = block;
      const shown = rows.slice(0, MAX_ROWS);
      const rest = rows.length - shown.length;
      const m = messages(options.lang);
      return [
        ...(caption === undefined ? [] : [cell(caption), '']),
        `| ${columns.map(({ head }) => cell(head)).join(' | ')} |`,
        `|${'---|'.repeat(columns.length)}`,
        ...shown.map((row) => `| ${row.map((text, i) => (columns[i]?.mono && text !== '' ? codeCell(text) : cell(text))).join(' | ')} |`),
        ...(rest > 0 ? ['', `${m.more(rest)} (${m.jsonHint})`] : []),
        '',
      ];
    }
  }
}

/** Lists that follow each other are one: an empty line would make every entry a paragraph. */
function isList(block: Block | undefined): boolean {
  return block?.kind === 'items';
}

/** A code span in a table; a bar would end the cell even in there. */
function codeCell(text: string): string {
  return text.includes('|') ? cell(text) : codeSpan(text);
}

function itemLines({ mark = 'none', word, text, lines = [] }: Item): string[] {
  return [
    `- ${mark === 'none' ? '' : `${MARKS[mark][0]} `}${word === undefined ? '' : `**${cell(word)}** `}${cell(text)}`,
    ...lines.map((line) =>
      'command' in line
        ? `  - ${codeSpan(line.command)}`
        : `  - ${line.label === undefined ? '' : `${cell(line.label)}: `}${cell(line.text)}`,
    ),
  ];
}

/** A document as Markdown for tickets and chats. Nothing in it becomes markup. */
export function documentToMarkdown(document: DiskDocument, options: DiskPageOptions): string {
  const m = messages(options.lang);
  const { title, lead, sections } = document;
  const next = options.next ?? document.next;
  const made = madePairs(options);
  return markdownText([
    `# ${cell(title)}`,
    '',
    `${MARKS[lead.mark][0]} **${cell(lead.word)}**: ${cell(lead.text)}`,
    '',
    ...lead.lines.map((line) => `- ${cell(line)}`),
    ...sections.flatMap(({ title: name, blocks }) => [
      '',
      `## ${cell(name)}`,
      '',
      ...blocks.flatMap((block, i) => (isList(block) && isList(blocks[i - 1]) ? [] : ['']).concat(blockLines(block, options))),
    ]),
    ...(next === undefined ? [] : ['', `## ${cell(diskWords(options.lang).sectionNext)}`, '', ...codeBlock(next)]),
    '',
    `## ${cell(m.sectionMade)}`,
    '',
    `- ${m.made.case}: ${cell(documentId(document, options))}`,
    ...made.map(([label, text], i) => `- ${cell(label)}: ${i === 0 ? codeSpan(text) : cell(text)}`),
  ]);
}
