/**
 * Makes pasted text comparable: line ends, forum quoting, direction marks, full-width forms (NFKC) and the yen sign that stands
 * for a backslash on Japanese systems (U+00A5, U+FFE5).
 */
export function normaliseText(text: string): string {
  return text
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
    .replace(/[\u200B-\u200F\u202A-\u202E\u2066-\u2069]/g, '')
    .normalize('NFKC')
    .replaceAll('\u00A5', '\\')
    .split('\n')
    .map((line) => line.replace(/^(?:\s?>){1,8}\s?/, '').trimEnd())
    .join('\n');
}

/** A text without white space that remembers where each of its characters stood. */
export interface Squeezed {
  readonly text: string;
  /** Index in the original of every kept character, and the original's length at the end. */
  readonly index: Uint32Array;
}

/** Removes white space, so that line breaks and spacing of a paste do not matter when literals are compared. */
export function squeeze(original: string): Squeezed {
  const index = new Uint32Array(original.length + 1);
  const kept: string[] = [];
  for (let at = 0; at < original.length; at++) {
    const char = original[at]!;
    if (/\s/.test(char)) continue;
    index[kept.length] = at;
    kept.push(char);
  }
  index[kept.length] = original.length;
  return { text: kept.join(''), index: index.slice(0, kept.length + 1) };
}
