const ASCII = new TextDecoder();
/** Texts of at most so many bytes are put together one character after the other: a decoder takes longer to be called. */
const SHORT = 12;

/** Bytes as text, one character each (ISO 8859-1). The text stands alone: nothing larger is kept alive by it. */
export function latin1(bytes: Uint8Array, from = 0, to = bytes.length): string {
  let all = 0;
  for (let at = from; at < to; at++) all |= bytes[at]!;
  if (all < 0x80 && to - from > SHORT) return ASCII.decode(bytes.subarray(from, to));
  let text = '';
  let at = from;
  for (; at + 8 <= to; at += 8) {
    const [a, b, c, d] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!];
    text += String.fromCharCode(a, b, c, d, bytes[at + 4]!, bytes[at + 5]!, bytes[at + 6]!, bytes[at + 7]!);
  }
  for (; at < to; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}

/** A text, and the same in lower case. */
export interface Word {
  readonly text: string;
  readonly lower: string;
}

/** Places of the pool of words; servers and clients together have some hundred names of headers. */
const POOL = 1024;
/** Longer ones are not kept. */
const MAX_POOLED = 40;
const EMPTY: Word = { text: '', lower: '' };

const pool: Word[] = Array.from({ length: POOL }, () => EMPTY);

/** A word that comes again and again, such as the name of a header, without making it anew each time. Never for values: what is pooled stays. */
export function pooledWord(bytes: Uint8Array, from: number, to: number): Word {
  const length = to - from;
  if (length === 0) return EMPTY;
  if (length > MAX_POOLED) return wordOf(bytes, from, to);
  let hash = length;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  const place = (hash ^ (hash >>> 15)) & (POOL - 1);
  const known = pool[place]!;
  if (known.text.length === length) {
    let i = 0;
    while (i < length && known.text.charCodeAt(i) === bytes[from + i]) i++;
    if (i === length) return known;
  }
  const word = wordOf(bytes, from, to);
  pool[place] = word;
  return word;
}

function wordOf(bytes: Uint8Array, from: number, to: number): Word {
  const text = latin1(bytes, from, to);
  return { text, lower: text.toLowerCase() };
}
