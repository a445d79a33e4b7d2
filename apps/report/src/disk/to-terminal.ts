import { TerminalPage, type Tone } from '../terminal-page.ts';
import { messages } from '../text/index.ts';
import { printable } from '../width.ts';
import { type Block, type DiskDocument, type Item, MARKS, type Mark } from './document.ts';
import { madePairs } from './made.ts';
import type { DiskTextOptions } from './options.ts';
import { diskWords } from './words.ts';

/** Meaning of a mark as a tone; the word beside it says the same. */
const TONES: Readonly<Record<Mark, Tone>> = { good: 'sure', warn: 'warn', bad: 'warn', none: 'faint' };

class DocumentText {
  readonly #document: DiskDocument;
  readonly #options: DiskTextOptions;
  readonly #page: TerminalPage;

  constructor(document: DiskDocument, options: DiskTextOptions) {
    this.#document = document;
    this.#options = options;
    this.#page = new TerminalPage(options);
  }

  render(): string {
    const { lead, sections } = this.#document;
    const page = this.#page;
    const word = this.#options.lang === 'en' ? lead.word.toUpperCase() : lead.word;
    page.text(lead.text, { lead: `${this.#shape(lead.mark)} ${word}  `, leadTone: TONES[lead.mark], tone: 'strong' });
    for (const line of lead.lines) page.text(line, { indent: 2 });
    for (const { title, blocks, detail } of sections) {
      if (detail && this.#options.verbose !== true) continue;
      page.section(title);
      for (const block of blocks) this.#block(block);
    }
    page.section(messages(this.#options.lang).sectionMade);
    for (const [label, text] of madePairs(this.#options)) page.text(text, { indent: 2, lead: `${label}: `, leadTone: 'faint' });
    this.#last();
    return page.toString();
  }

  #shape(mark: Mark): string {
    return MARKS[mark][this.#page.unicode ? 0 : 1];
  }

  #block(block: Block): void {
    const page = this.#page;
    switch (block.kind) {
      case 'pairs':
        for (const [label, text] of block.pairs) page.text(text, { indent: 2, lead: `${label}: `, leadTone: 'faint' });
        return;
      case 'text':
        page.text(block.text, { indent: 2, tone: block.soft ? 'faint' : 'plain' });
        return;
      case 'heading':
        page.gap();
        page.heading(block.text, 2);
        return;
      case 'command':
        page.command(block.command, 4);
        return;
      case 'items':
        for (const item of this.#told(block.items, block.short)) this.#item(item, block.below ? 4 : 2);
        this.#rest(block.items.length, block.short, block.below ? 4 : 2);
        return;
      case 'table':
        if (block.caption !== undefined) page.text(block.caption, { indent: 2, tone: 'faint' });
        page.table(
          block.columns.map(({ head, width }) => ({ head, width })),
          this.#told(block.rows, block.short),
        );
        this.#rest(block.rows.length, block.short);
        return;
    }
  }

  #told<T>(list: readonly T[], short: number | undefined): readonly T[] {
    return short === undefined || this.#options.verbose === true ? list : list.slice(0, short);
  }

  #rest(count: number, short: number | undefined, indent = 2): void {
    if (short === undefined || this.#options.verbose === true || count <= short) return;
    const m = messages(this.#options.lang);
    this.#page.text(`${m.more(count - short)} (${m.verboseOnly})`, { indent, tone: 'faint' });
  }

  #item({ mark = 'none', word, text, lines = [] }: Item, indent: number): void {
    const page = this.#page;
    page.text(text, { indent, lead: `${this.#shape(mark)} ${word === undefined ? '' : `${word}  `}`, leadTone: TONES[mark] });
    for (const line of lines) {
      if ('command' in line) page.command(line.command, indent + 4);
      else if (line.label === undefined) page.text(line.text, { indent: indent + 2, tone: line.soft ? 'faint' : 'plain' });
      else page.text(line.text, { indent: indent + 2, lead: `${line.label}: `, leadTone: 'faint' });
    }
  }

  #last(): void {
    const next = this.#options.next ?? this.#document.next;
    const { undo } = this.#document;
    const [label, command] =
      next !== undefined ? [messages(this.#options.lang).next, next] : [diskWords(this.#options.lang).lastUndo, undo];
    if (command === undefined) return;
    this.#page.gap();
    this.#page.raw(`${label} ${this.#page.tone(printable(oneLine(command)), 'strong')}`);
  }
}

function oneLine(command: string): string {
  return command.replace(/[\r\n]+/g, ' ');
}

/** A document for a terminal: the answer, the sections, the next command. */
export function documentToText(document: DiskDocument, options: DiskTextOptions): string {
  return new DocumentText(document, options).render();
}
