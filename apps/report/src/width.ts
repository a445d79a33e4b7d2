/**
 * Text on a terminal: how wide it is there, where it may break, and what of it must not reach the terminal as it is.
 * Ambiguous-width characters count as one column, as terminals do by default.
 */

/** First and last code point of the ranges that take two columns (Unicode East Asian Width W and F, without unassigned planes). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x23e9, 0x23ec],
  [0x2e80, 0x303e],
  [0x3041, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x1b000, 0x1b2ff],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x1fa70, 0x1faff],
  [0x20000, 0x3fffd],
];

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
const ASCII = /^[\x20-\x7e]*$/;
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]/u;

function isWide(codePoint: number): boolean {
  if (codePoint < 0x1100) return false;
  for (const [first, last] of WIDE) if (codePoint <= last) return codePoint >= first;
  return false;
}

function clusterWidth(cluster: string): number {
  const codePoint = cluster.codePointAt(0) ?? 0;
  if (codePoint < 0x300) return 1;
  if (ZERO_WIDTH.test(cluster)) return 0;
  return isWide(codePoint) ? 2 : 1;
}

/** Columns a text takes on a terminal. Expects printable text (see {@link printable}). */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += clusterWidth(segment);
  return width;
}

/** Pads with spaces to a number of columns; longer texts stay as they are. */
export function padTo(text: string, width: number): string {
  const missing = width - displayWidth(text);
  return missing > 0 ? text + ' '.repeat(missing) : text;
}

/** Cuts to a number of columns, ending in `…` when something was cut. */
export function cutTo(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let out = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const w = clusterWidth(segment);
    if (used + w > width - 1) break;
    out += segment;
    used += w;
  }
  return `${out}…`;
}

/** Characters that may act on a terminal or reorder a line: controls, bidirectional marks, lone surrogates. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu;

/**
 * A text from a log made safe for one line of a terminal or page: line breaks and tabs become a space, other control and
 * bidirectional characters are shown as `\x1b` or `\u202e`, so that a log cannot write escape sequences or reorder a line.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, (c) => {
    const code = c.charCodeAt(0);
    if (code === 9 || code === 10 || code === 13 || code === 0x2028 || code === 0x2029) return ' ';
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** As {@link printable}, but line breaks stay (as `\n`), for places that show several lines. */
export function printableLines(text: string): string {
  return text
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map(printable)
    .join('\n');
}

/** Must not begin a line (Japanese line breaking, JIS X 4051 closing marks, small kana and the like). */
const NOT_FIRST = /^[、。，．・：；？！）］｝」』】〉》〕ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々〜…％,.:;?!)\]}»”’]/u;
/** Must not end a line. */
const NOT_LAST = /[（［｛「『【〈《〔([{«“‘]$/u;

/** Splits into pieces that are not broken inside: words, and single wide characters with the punctuation that must stay with them. */
function pieces(text: string): string[] {
  const out: string[] = [];
  let open = false;
  for (const { segment } of graphemes.segment(text)) {
    const last = out.length - 1;
    const previous = out[last];
    const wide = clusterWidth(segment) === 2;
    if (previous === undefined || previous === ' ' || segment === ' ') {
      if (segment === ' ' && previous === ' ') continue;
      out.push(segment);
    } else if (NOT_FIRST.test(segment) || NOT_LAST.test(previous) || (!wide && !open)) out[last] = previous + segment;
    else out.push(segment);
    open = wide;
  }
  return out;
}

/** Breaks one piece that is wider than a line (a path, a hash) at the column limit. */
function chop(piece: string, width: number): string[] {
  const out: string[] = [];
  let line = '';
  let used = 0;
  for (const { segment } of graphemes.segment(piece)) {
    const w = clusterWidth(segment);
    if (used + w > width && line !== '') {
      out.push(line);
      line = '';
      used = 0;
    }
    line += segment;
    used += w;
  }
  if (line !== '') out.push(line);
  return out;
}

/** A time of this program; it is not broken inside, so that the zone stays with it. */
const TIME = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})? [+-]\d\d:\d\d/g;
const NBSP = '\u00a0';

/**
 * Wraps a text to a number of columns: between words, between wide characters (with Japanese rules for what may begin or end a
 * line), and inside a word only when it is wider than the line. `\n` in the text is kept as a break. Never returns an empty list.
 */
export function wrap(text: string, width: number): string[] {
  const limit = Math.max(8, width);
  const lines: string[] = [];
  for (const paragraph of text.replace(TIME, (time) => time.replaceAll(' ', NBSP)).split('\n')) {
    if (displayWidth(paragraph) <= limit) {
      lines.push(paragraph);
      continue;
    }
    let line = '';
    let used = 0;
    const flush = (): void => {
      lines.push(line.trimEnd());
      line = '';
      used = 0;
    };
    for (const piece of pieces(paragraph)) {
      const w = displayWidth(piece);
      if (piece === ' ') {
        if (used > 0) {
          line += ' ';
          used++;
        }
        continue;
      }
      if (used + w > limit && used > 0) flush();
      if (w <= limit) {
        line += piece;
        used += w;
        continue;
      }
      for (const part of chop(piece, limit)) {
        if (used > 0) flush();
        line = part;
        used = displayWidth(part);
      }
    }
    if (line.trimEnd() !== '') flush();
  }
  return lines.map((line) => line.replaceAll(NBSP, ' '));
}
