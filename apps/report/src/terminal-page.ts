import { cutTo, displayWidth, padTo, printable, wrap } from './width.ts';

/** How a terminal report may look. */
export interface TerminalStyle {
  /** Columns to fill; kept within 40 … 200. */
  readonly width: number;
  /** ANSI colours. Never the only carrier of a meaning. */
  readonly colour: boolean;
  /** Box and shape characters beyond ASCII. Texts themselves stay as they are. */
  readonly unicode: boolean;
}

/** A tone is a meaning; on the blue/orange axis, so that red-green blindness loses nothing. */
export type Tone = 'plain' | 'strong' | 'faint' | 'sure' | 'warn' | 'head';
const ANSI: Record<Exclude<Tone, 'plain'>, string> = { strong: '1', faint: '2', sure: '1;34', warn: '1;33', head: '1;36' };

/** Width of a column: a number of columns, or `*` for an equal share of the rest. */
export interface Column {
  readonly head: string;
  readonly width: number | '*';
}

/** Stands for the columns a lead takes while its text is wrapped; stays in the first line, where it is cut off again. */
const NO_BREAK = '\u2800';

/** Builds the lines of a report. All texts handed in are made printable here. */
export class TerminalPage {
  readonly #lines: string[] = [];
  readonly #style: TerminalStyle;
  readonly width: number;

  constructor(style: TerminalStyle) {
    this.#style = style;
    this.width = Math.min(200, Math.max(40, Math.floor(style.width) || 80));
  }

  get unicode(): boolean {
    return this.#style.unicode;
  }

  /** Colours a finished piece of a line. */
  tone(text: string, tone: Tone): string {
    return !this.#style.colour || tone === 'plain' || text === '' ? text : `\u001b[${ANSI[tone]}m${text}\u001b[0m`;
  }

  /** A finished line, as it is. */
  raw(line: string): void {
    this.#lines.push(line.trimEnd());
  }

  /** An empty line; never two in a row. */
  gap(): void {
    if (this.#lines.length > 0 && this.#lines.at(-1) !== '') this.#lines.push('');
  }

  /** A section heading with a rule to the end of the line. */
  section(title: string): void {
    this.gap();
    const text = cutTo(printable(title), this.width - 4);
    const rule = (this.unicode ? '─' : '-').repeat(Math.max(0, this.width - displayWidth(text) - 4));
    const lead = this.unicode ? '── ' : '-- ';
    this.raw(`${this.tone(lead, 'faint')}${this.tone(text, 'head')} ${this.tone(rule, 'faint')}`);
  }

  /** A heading inside a section. */
  heading(title: string, indent = 0): void {
    for (const line of wrap(printable(title), this.width - indent)) this.raw(' '.repeat(indent) + this.tone(line, 'strong'));
  }

  /** Wrapped text. `lead` stands before the first line (a number, a bullet); the rest hangs under it. */
  text(
    text: string,
    options: { readonly indent?: number; readonly lead?: string; readonly tone?: Tone; readonly leadTone?: Tone } = {},
  ): void {
    const indent = ' '.repeat(options.indent ?? 0);
    const lead = printable(options.lead ?? '');
    const leadWidth = displayWidth(lead);
    if (leadWidth > this.width * 0.5) {
      for (const line of wrap(lead.trimEnd(), this.width - indent.length))
        this.raw(`${indent}${this.tone(line, options.leadTone ?? 'plain')}`);
      for (const line of wrap(printable(text), this.width - indent.length - 2))
        this.raw(`${indent}  ${this.tone(line, options.tone ?? 'plain')}`);
      return;
    }
    // A long lead on a narrow page would squeeze the text into a strip: then the rest hangs two columns in.
    const hang = leadWidth > this.width * 0.3 ? 2 : leadWidth;
    const [first = '', ...rest] = wrap(`${NO_BREAK.repeat(leadWidth - hang)}${printable(text)}`, this.width - indent.length - hang);
    this.raw(
      `${indent}${this.tone(lead, options.leadTone ?? 'plain')}${this.tone(first.slice(leadWidth - hang), options.tone ?? 'plain')}`,
    );
    for (const line of rest) this.raw(`${indent}${' '.repeat(hang)}${this.tone(line, options.tone ?? 'plain')}`);
  }

  /** A command to copy: on lines of its own and never wrapped, because a broken line is a broken command. */
  command(text: string, indent: number): void {
    for (const line of text.split(/\r\n|[\r\n]/)) this.raw(' '.repeat(indent) + this.tone(printable(line), 'strong'));
  }

  /** A table with wrapped cells. On narrow pages each row becomes a stack of `head: cell` lines. */
  table(
    columns: readonly Column[],
    rows: readonly (readonly string[])[],
    options: { readonly indent?: number; readonly tones?: readonly (Tone | undefined)[] } = {},
  ): void {
    const indent = options.indent ?? 2;
    const pad = ' '.repeat(indent);
    const cells = rows.map((row) => row.map(printable));
    const between = 2;
    const room = this.width - indent - between * (columns.length - 1);
    const fixed = columns.map((column, i) => {
      if (column.width === '*') return 0;
      return Math.min(column.width, Math.max(displayWidth(column.head), ...cells.map((row) => displayWidth(row[i] ?? ''))));
    });
    const stars = columns.filter((column) => column.width === '*').length;
    const rest = room - fixed.reduce((sum, width) => sum + width, 0);
    if (stars > 0 ? rest / stars < 16 : rest < 0) {
      for (const row of cells) {
        this.text(row[0] ?? '', { indent, tone: 'strong' });
        row.slice(1).forEach((cell, i) => {
          if (cell !== '') this.text(cell, { indent: indent + 2, lead: `${columns[i + 1]?.head ?? ''}: `, leadTone: 'faint' });
        });
      }
      return;
    }
    let share = rest;
    let left = stars;
    const widths = columns.map((column, i) => {
      if (column.width !== '*') return fixed[i]!;
      const width = Math.floor(share / left);
      share -= width;
      left--;
      return width;
    });
    const last = columns.length - 1;
    this.raw(pad + columns.map((column, i) => this.tone(i === last ? column.head : padTo(column.head, widths[i]!), 'faint')).join('  '));
    cells.forEach((row) => {
      const wrapped = columns.map((_, i) => wrap(row[i] ?? '', widths[i]!));
      const height = Math.max(...wrapped.map((lines) => lines.length));
      for (let line = 0; line < height; line++) {
        this.raw(
          pad +
            wrapped
              .map((lines, i) => {
                const cell = lines[line] ?? '';
                return this.tone(i === last ? cell : padTo(cell, widths[i]!), (cell !== '' && options.tones?.[i]) || 'plain');
              })
              .join('  '),
        );
      }
    });
  }

  /** The page, ending in a line break. */
  toString(): string {
    return `${this.#lines.join('\n').trimEnd()}\n`;
  }
}
