import type { DeadEnd, Grade, Observation } from '@winmedic/core/model';
import type { TextOptions } from './terminal.ts';
import type { TerminalPage, Tone } from './terminal-page.ts';
import { messages } from './text/index.ts';

/** Observations cited per line unless verbose. */
export const SHORT_CITATIONS = 4;
const SHAPES: Record<Grade, readonly [unicode: string, ascii: string]> = {
  confirmed: ['●', '[+]'],
  likely: ['◐', '[~]'],
  inconclusive: ['○', '[?]'],
  ruled_out: ['×', '[x]'],
};
/** Shapes of the statuses of often suspected causes: Unicode, ASCII. */
export const STATUS_SHAPES: Record<DeadEnd['status'], readonly [unicode: string, ascii: string]> = {
  ruled_out: ['×', '[x]'],
  not_checkable: ['?', '[?]'],
  open: ['○', '[ ]'],
  holds: ['!', '[!]'],
};
/** Tone of each grade; the word stands beside it. */
export const TONES: Record<Grade, Tone> = { confirmed: 'sure', likely: 'sure', inconclusive: 'warn', ruled_out: 'faint' };

/** The shape of a grade on this page. */
export function gradeShape(page: TerminalPage, grade: Grade): string {
  return SHAPES[grade][page.unicode ? 0 : 1];
}

/** `[E12] [E14] 3 more`. */
export function citedIds(options: TextOptions, list: readonly Observation[]): string {
  const limit = options.verbose ? list.length : SHORT_CITATIONS;
  const shown = list.slice(0, limit).map((observation) => `[${observation.id}]`);
  if (list.length > limit) shown.push(messages(options.lang).more(list.length - limit));
  return shown.join(' ');
}
