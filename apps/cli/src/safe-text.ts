/** Text that goes to a terminal as it is (JSON, XML, CSV, names of files): what could act on the terminal or reorder a line is spelled out. */

/** Controls other than tab and line feed, bidirectional marks, lone surrogates. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const ACTING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu;

const hex = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Spells acting characters as `\u001b`. Inside JSON that is an escape of the same string, so the value stays what it was. */
export function spelledOut(text: string): string {
  return text.replace(ACTING, hex);
}
