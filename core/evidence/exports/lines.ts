/** Longest line read, characters; a registry value of 512 KiB in hexadecimal digits. A longer one is passed over: cut, its value would be wrong. */
export const MAX_LINE = 1_048_576;
/** Longest line of anything but registry values, characters: an access list in SDDL is the longest text that is read. */
const MAX_TRIMMED = 65_536;
/** Stands for a line that is passed over; no reader takes it for anything, not even for an empty line. */
export const UNREADABLE_LINE = '\uFFFF';
/** Most lines looked at ahead of the current one. */
const MAX_AHEAD = 16;

interface Line {
  readonly text: string;
  /** Without blanks at the end; made when first asked for. */
  trimmed?: string;
  /** Offset of its first character, and of the one after its line end. */
  readonly start: number;
  readonly end: number;
  readonly ended: boolean;
}

/** The lines of a text, read once from front to back without copying the text. A yen sign counts as a backslash (Japanese fonts and Shift_JIS). */
export class Lines {
  readonly #text: string;
  readonly #onLong: (line: number) => void;
  #ahead: Line[] = [];
  #at = 0;
  /** Number of the current line, from 1. */
  number = 1;

  /** @param onLong told the number of each line that is too long to be read. */
  constructor(text: string, onLong: (line: number) => void = () => {}) {
    this.#text = text;
    this.#onLong = onLong;
  }

  /** Nothing is left. */
  get done(): boolean {
    return this.#line(0) === undefined;
  }

  /** Offset of the current line in the text. */
  get offset(): number {
    return this.#line(0)?.start ?? this.#text.length;
  }

  /** The line `ahead` lines after the current one (0: the current one); `undefined` behind the end. */
  peek(ahead = 0): string | undefined {
    return this.#line(ahead)?.text;
  }

  /** The same without blanks at its end; {@link UNREADABLE_LINE} for one longer than any but those of the registry. */
  trimmed(ahead = 0): string | undefined {
    const line = this.#line(ahead);
    if (line !== undefined) line.trimmed ??= line.text.length > MAX_TRIMMED ? UNREADABLE_LINE : line.text.trimEnd();
    return line?.trimmed;
  }

  /** Is the current line empty, with its line end? The tools end a block so: without it the text may have been cut there. */
  get atBlockEnd(): boolean {
    const line = this.#line(0);
    return line?.ended === true && line.text.trim() === '';
  }

  /** Is nothing left, and was the last line whole? */
  get atTextEnd(): boolean {
    return this.done && this.#text.endsWith('\n');
  }

  /** Gives the current line and goes on to the next; `undefined` behind the end. */
  next(): string | undefined {
    const line = this.#line(0);
    if (line === undefined) return undefined;
    this.#ahead.shift();
    this.number++;
    return line.text;
  }

  /** Gives the current line without blanks at its end and goes on to the next. */
  take(): string {
    const text = this.trimmed() ?? '';
    this.next();
    return text;
  }

  /** Passes over empty lines. */
  skipEmpty(): void {
    for (let text = this.peek(); text !== undefined && text.trim() === ''; text = this.peek()) this.next();
  }

  /** Goes on to the first line that begins at or behind `offset`. */
  skipTo(offset: number): void {
    while (this.offset < offset && !this.done) this.next();
  }

  #line(ahead: number): Line | undefined {
    while (this.#ahead.length <= Math.min(ahead, MAX_AHEAD)) {
      if (this.#at >= this.#text.length) return undefined;
      const start = this.#at;
      const feed = this.#text.indexOf('\n', start);
      const stop = feed < 0 ? this.#text.length : feed;
      this.#at = feed < 0 ? stop : stop + 1;
      let text = UNREADABLE_LINE;
      if (stop - start <= MAX_LINE) text = clean(this.#text.slice(start, stop));
      else this.#onLong(this.number + this.#ahead.length);
      this.#ahead.push({ text, start, end: this.#at, ended: feed >= 0 });
    }
    return this.#ahead[ahead];
  }
}

function clean(text: string): string {
  let line = text.startsWith('\uFEFF') ? text.slice(1) : text;
  while (line.endsWith('\r')) line = line.slice(0, -1);
  return line.includes('\u00A5') ? line.replaceAll('\u00A5', '\\') : line;
}

/** Leading blanks of a line, tabs counted as eight columns. */
export function indentOf(line: string): number {
  let columns = 0;
  for (let i = 0; i < line.length; i++) {
    if (line[i] === ' ') columns++;
    else if (line[i] === '\t') columns += 8 - (columns % 8);
    else break;
  }
  return columns;
}
