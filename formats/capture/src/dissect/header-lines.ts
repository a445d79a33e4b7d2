import { latin1, type Word } from './latin1.ts';

/** Places of the pool: a message has some ten headers, and each side repeats its own. */
const PLACES = 32;
/** Longer lines do not come again: tokens, dates and cookies. */
const MAX_LINE = 128;

/** A header, with its line as it stood. */
export interface HeaderLine {
  readonly line: string;
  /** Its name in lower case. */
  readonly lower: string;
  readonly header: [name: string, value: string];
}

/**
 * Header lines of one connection: both sides send most of theirs with each message, and one text of them is enough. Credentials are never given to it, and it goes
 * with its connection.
 */
export class HeaderLines {
  readonly #lines: (HeaderLine | undefined)[] = new Array(PLACES).fill(undefined);

  /** The same line as it came before. */
  find(bytes: Uint8Array, from: number, to: number): HeaderLine | undefined {
    const length = to - from;
    if (length > MAX_LINE) return undefined;
    const known = this.#lines[placeOf(bytes, from, to)];
    if (known === undefined || known.line.length !== length) return undefined;
    const { line } = known;
    for (let i = 0; i < length; i++) if (line.charCodeAt(i) !== bytes[from + i]) return undefined;
    return known;
  }

  keep(bytes: Uint8Array, from: number, to: number, name: Word, header: [name: string, value: string]): void {
    if (to - from > MAX_LINE) return;
    this.#lines[placeOf(bytes, from, to)] = { line: latin1(bytes, from, to), lower: name.lower, header };
  }
}

function placeOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = to - from;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return (hash ^ (hash >>> 15)) & (PLACES - 1);
}
