/** Decides about one text. */
export type TextTest = (text: string) => boolean;

/** Longest text a regular expression is asked about, and the most `*`, `+` or wide `{n,m}` it may hold: together they bound its time. */
const MAX_REGEX_SUBJECT = 512;
const MAX_REGEX_LENGTH = 300;
const MAX_REGEX_REPEATS = 2;

/** An integer, decimal or `0x…`, of at most 40 digits. */
export function integerOf(text: string): bigint | undefined {
  const t = text.trim();
  if (/^0x[0-9a-f]{1,32}$/i.test(t)) return BigInt(t);
  return /^-?\d{1,40}$/.test(t) ? BigInt(t) : undefined;
}

/**
 * Equality: numbers by value (`0xc000006a` equals `3221225578`), else text with Sigma's `*` and `?`. Trailing blanks of the text do
 * not count (LogonProcessName is written `User32 `).
 */
export function equalsTest(value: string, cased: boolean): TextTest {
  const number = integerOf(value);
  const text = placedTest(value, 'equals', cased);
  if (number === undefined) return text;
  return (subject) => integerOf(subject) === number || text(subject);
}

/** Where a pattern must lie in the text. */
export type Place = 'equals' | 'contains' | 'startswith' | 'endswith';

/** Text with Sigma's wildcards `*` and `?`; a backslash takes their meaning away. Without `cased` both sides in lower case. */
export function placedTest(value: string, place: Place, cased: boolean): TextTest {
  const tokens = tokensOf(cased ? value : value.toLowerCase());
  if (place === 'contains' || place === 'endswith') tokens.unshift(ANY);
  if (place === 'contains' || place === 'startswith') tokens.push(ANY);
  return (subject) => {
    const text = subject.trimEnd();
    return glob(tokens, cased ? text : text.toLowerCase());
  };
}

const ANY = Symbol('*');
const ONE = Symbol('?');
type Token = string | typeof ANY | typeof ONE;

function tokensOf(pattern: string): Token[] {
  const tokens: Token[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] as string;
    const next = pattern[i + 1];
    if (c === '\\' && (next === '*' || next === '?' || next === '\\')) {
      tokens.push(next);
      i++;
    } else tokens.push(c === '*' ? ANY : c === '?' ? ONE : c);
  }
  return tokens;
}

/** Glob without recursion: on a mismatch the last `*` takes one character more. */
function glob(tokens: readonly Token[], text: string): boolean {
  let t = 0;
  let i = 0;
  let star = -1;
  let mark = 0;
  while (i < text.length) {
    const token = tokens[t];
    if (token === ANY) {
      star = t++;
      mark = i;
    } else if (token !== undefined && (token === ONE || token === text[i])) {
      t++;
      i++;
    } else if (star >= 0) {
      t = star + 1;
      i = ++mark;
    } else return false;
  }
  while (tokens[t] === ANY) t++;
  return t === tokens.length;
}

/** Comparison with a number; text that is no number never matches. `undefined` when the limit is no number. */
export function orderTest(limit: string, op: 'gt' | 'gte' | 'lt' | 'lte'): TextTest | undefined {
  const wanted = numberOf(limit);
  if (wanted === undefined) return undefined;
  return (subject) => {
    const have = numberOf(subject);
    if (have === undefined) return false;
    if (op === 'gt') return have > wanted;
    if (op === 'gte') return have >= wanted;
    return op === 'lt' ? have < wanted : have <= wanted;
  };
}

function numberOf(text: string): number | bigint | undefined {
  const integer = integerOf(text);
  if (integer !== undefined) return integer;
  const t = text.trim();
  return /^[+-]?\d{1,15}\.\d{1,15}$/.test(t) ? Number(t) : undefined;
}

/**
 * A regular expression whose time is bounded: no look-around, no back-references, no repeated group that repeats or branches inside,
 * at most two open repetitions; asked about the first 512 characters. `undefined` when it is refused or not valid.
 */
export function regexTest(source: string, cased: boolean): TextTest | undefined {
  if (source.length > MAX_REGEX_LENGTH || !isBounded(source)) return undefined;
  let pattern: RegExp;
  try {
    pattern = new RegExp(source, cased ? '' : 'i');
  } catch {
    return undefined;
  }
  return (subject) => pattern.test(subject.slice(0, MAX_REGEX_SUBJECT));
}

function isBounded(source: string): boolean {
  let repeats = 0;
  const groups: { complex: boolean }[] = [];
  let closed: { complex: boolean } | undefined;
  for (let i = 0; i < source.length; i++) {
    const c = source[i] as string;
    let last: { complex: boolean } | undefined;
    if (c === '\\') {
      if (/[1-9k]/.test(source[i + 1] ?? '')) return false;
      i++;
    } else if (c === '[') {
      while (++i < source.length && source[i] !== ']') if (source[i] === '\\') i++;
    } else if (c === '(') {
      if (source[i + 1] === '?' && source[i + 2] !== ':') return false;
      if (source[i + 1] === '?') i += 2;
      groups.push({ complex: false });
    } else if (c === ')') {
      last = groups.pop();
      const outer = groups.at(-1);
      if (outer !== undefined && last?.complex === true) outer.complex = true;
    } else if (c === '|') {
      const group = groups.at(-1);
      if (group !== undefined) group.complex = true;
    } else if (c === '*' || c === '+' || c === '{') {
      const open = c !== '{' || !/^\{\d{1,2}(,\d{1,2})?\}/.test(source.slice(i));
      if (open) repeats++;
      if (closed?.complex === true) return false;
      const group = groups.at(-1);
      if (group !== undefined) group.complex = true;
      if (c === '{') i = Math.max(i, source.indexOf('}', i));
    }
    closed = last;
  }
  return repeats <= MAX_REGEX_REPEATS;
}

/** Network range such as `10.0.0.0/8`; the text may be an address with a port (`10.1.2.3:50000`, `[fe80::1]:50000`). */
export function cidrTest(range: string): TextTest | undefined {
  const [address = '', bits] = range.trim().split('/');
  const wanted = parseAddress(address);
  if (wanted === undefined) return undefined;
  const width = wanted.v6 ? 128 : 32;
  const prefix = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
  if (prefix < 0 || prefix > width) return undefined;
  const shift = BigInt(width - prefix);
  return (subject) => {
    const have = parseAddress(addressOf(subject));
    return have !== undefined && have.v6 === wanted.v6 && have.value >> shift === wanted.value >> shift;
  };
}

/** The address of `10.1.2.3:50000`, `[fe80::1]:50000` or a bare address, lower case; empty for `-`, `LOCAL` and the loopback. */
export function clientAddress(text: string | undefined): string {
  const address = addressOf(text ?? '').toLowerCase();
  const parsed = parseAddress(address);
  if (parsed === undefined) return '';
  const loopback = parsed.v6 ? parsed.value === 1n || parsed.value === 0n : parsed.value >> 24n === 127n || parsed.value === 0n;
  return loopback ? '' : address;
}

function addressOf(text: string): string {
  const t = text.trim();
  const bracket = /^\[([^\]]{2,60})\](?::\d{1,5})?$/.exec(t);
  if (bracket !== null) return withoutMapping(bracket[1] as string);
  const v4 = /^(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?$/.exec(t);
  return withoutMapping(v4 === null ? t : (v4[1] as string));
}

function withoutMapping(address: string): string {
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address);
  return (mapped === null ? address : (mapped[1] as string)).split('%')[0] as string;
}

function parseAddress(text: string): { readonly v6: boolean; readonly value: bigint } | undefined {
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (v4 !== null) {
    const parts = v4.slice(1).map(Number);
    return parts.some((p) => p > 255) ? undefined : { v6: false, value: parts.reduce((sum, p) => (sum << 8n) | BigInt(p), 0n) };
  }
  if (!/^[0-9a-f:]{2,39}$/i.test(text) || !text.includes(':')) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [left, right] = halves.map((h) => (h === '' ? [] : h.split(':'))) as [string[], string[] | undefined];
  const missing = 8 - left.length - (right?.length ?? 0);
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...left, ...new Array<string>(right === undefined ? 0 : missing).fill('0'), ...(right ?? [])];
  if (groups.some((g) => !/^[0-9a-f]{1,4}$/i.test(g))) return undefined;
  return { v6: true, value: groups.reduce((sum, g) => (sum << 16n) | BigInt(`0x${g}`), 0n) };
}
