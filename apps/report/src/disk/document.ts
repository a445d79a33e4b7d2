/**
 * A report of a disk verb as data: what is said, in which order. Each renderer (terminal, Markdown, HTML) turns the same document into its form, so that no
 * form says more or less than another.
 */

/** What a line is: as it should be, worth attention, standing against something, or neither. */
export type Mark = 'good' | 'warn' | 'bad' | 'none';

/** Shapes of a mark: Unicode, ASCII. */
export const MARKS: Readonly<Record<Mark, readonly [string, string]>> = {
  good: ['✓', '+'],
  warn: ['!', '!'],
  bad: ['×', 'x'],
  none: ['·', '-'],
};

/** A line below an item: a text with a label, or a command to copy. */
export type ItemLine = { readonly label?: string; readonly text: string; readonly soft?: true } | { readonly command: string };

/** One entry of a list. */
export interface Item {
  readonly mark?: Mark;
  /** Word that stands for the mark, so that nothing depends on a shape or colour. */
  readonly word?: string;
  readonly text: string;
  readonly lines?: readonly ItemLine[];
}

/** A column of a table. */
export interface Column {
  readonly head: string;
  /** Widest in the terminal; `*` for a share of what is left. */
  readonly width: number | '*';
  /** Hashes, offsets, paths. */
  readonly mono?: true;
}

/** A part of a section. */
export type Block =
  | { readonly kind: 'pairs'; readonly pairs: readonly (readonly [label: string, text: string])[] }
  | { readonly kind: 'text'; readonly text: string; readonly soft?: true }
  | { readonly kind: 'heading'; readonly text: string }
  /** `short`: entries in a terminal unless verbose; absent: all. `below`: they belong to the item above. */
  | { readonly kind: 'items'; readonly items: readonly Item[]; readonly short?: number; readonly below?: true }
  /** `short`: rows in a terminal unless verbose; absent: all. */
  | {
      readonly kind: 'table';
      readonly columns: readonly Column[];
      readonly rows: readonly (readonly string[])[];
      readonly short?: number;
      readonly caption?: string;
    }
  | { readonly kind: 'command'; readonly command: string };

/** A part of a report. */
export interface DocumentSection {
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly Block[];
  /** In a terminal only when verbose; pages always have it. */
  readonly detail?: true;
}

/** A report. */
export interface DiskDocument {
  readonly title: string;
  /** What its id is made from, besides the tool's command line: the disk, and what was done to it. */
  readonly subject: readonly string[];
  readonly lead: { readonly mark: Mark; readonly word: string; readonly text: string; readonly lines: readonly string[] };
  readonly sections: readonly DocumentSection[];
  /** Command to run next. */
  readonly next?: string;
  /** The way back, as a terminal's last line; pages have it in a section. Never together with `next`: nobody should undo what was just done by habit. */
  readonly undo?: string;
}

/** A section, or nothing when it would be empty. */
export function section(id: string, title: string, blocks: readonly Block[], detail?: true): DocumentSection[] {
  const filled = blocks.filter((block) => !isEmpty(block));
  return filled.length === 0 ? [] : [{ id, title, blocks: filled, ...(detail && { detail }) }];
}

function isEmpty(block: Block): boolean {
  if (block.kind === 'pairs') return block.pairs.length === 0;
  if (block.kind === 'items') return block.items.length === 0;
  return block.kind === 'table' && block.rows.length === 0;
}
