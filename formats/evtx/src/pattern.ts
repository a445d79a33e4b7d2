import { ipAddressPart, parseIpAddress } from '@winmedic/bytes';
import { EvtxError } from './errors.ts';

/** Decides about one text. */
export type TextTest = (text: string) => boolean;

/** Piece of a pattern: literal text, `?` (any one character) or `*` (any characters). */
type Piece = string | typeof ANY_ONE | typeof ANY;
const ANY_ONE = 1;
const ANY = 2;

/**
 * Splits a Sigma value into literals and wildcards. A backslash takes the special meaning from `*`, `?` and another backslash;
 * before anything else it stands for itself.
 * @source Sigma specification, "Escaping"
 */
function pieces(pattern: string): Piece[] {
  const out: Piece[] = [];
  let literal = '';
  const flush = (): void => {
    if (literal !== '') out.push(literal);
    literal = '';
  };
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!;
    const next = pattern[i + 1];
    if (c === '\\' && (next === '*' || next === '?' || next === '\\')) {
      literal += next;
      i++;
    } else if (c === '*' || c === '?') {
      flush();
      if (c === '?') out.push(ANY_ONE);
      else if (out.at(-1) !== ANY) out.push(ANY);
    } else literal += c;
  }
  flush();
  return out;
}

/** The place of a text pattern in the value. */
export type Anchor = 'equals' | 'contains' | 'startswith' | 'endswith';

/** Without the blanks at its end: Windows pads some names (`User32 `), and nobody means the padding. */
export function withoutPadding(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0x20) end--;
  return end === text.length ? text : text.slice(0, end);
}

/** Does the end of the text count for this anchor, so that padding must be left out? */
export function atEnd(anchor: Anchor): boolean {
  return anchor === 'equals' || anchor === 'endswith';
}

/** The text of a pattern without wildcards, in lower case and without padding; undefined when it has some. */
export function plainText(pattern: string, anchor: Anchor): string | undefined {
  const lower = pattern.toLowerCase();
  const parts = pieces(atEnd(anchor) ? withoutPadding(lower) : lower);
  const [only = ''] = parts;
  return parts.length < 2 && typeof only === 'string' ? only : undefined;
}

/** An integer, decimal or `0x…`, of at most 40 digits; `undefined` for other text. */
export function integerOf(text: string): bigint | undefined {
  const t = text.trim();
  if (/^0x[0-9a-f]{1,32}$/i.test(t)) return BigInt(t);
  return /^-?\d{1,40}$/.test(t) ? BigInt(t) : undefined;
}

/**
 * Test of a Sigma text pattern. Unless `cased`, both sides are compared in lower case. Blanks at the end do not count where the end does.
 * Integers are equal by value, whatever their form: `0xc000006a` equals `3221225578`.
 */
export function textTest(pattern: string, anchor: Anchor, cased: boolean): TextTest {
  const ends = atEnd(anchor);
  const wanted = ends ? withoutPadding(pattern) : pattern;
  const parts = pieces(cased ? wanted : wanted.toLowerCase());
  if (anchor === 'contains' || anchor === 'endswith') if (parts[0] !== ANY) parts.unshift(ANY);
  if (anchor === 'contains' || anchor === 'startswith') if (parts.at(-1) !== ANY) parts.push(ANY);
  const matches = wildcardTest(parts);
  const test: TextTest = (text) => {
    const subject = ends ? withoutPadding(text) : text;
    return matches(cased ? subject : subject.toLowerCase());
  };
  const number = anchor === 'equals' ? integerOf(pattern) : undefined;
  return number === undefined ? test : (text) => test(text) || integerOf(text) === number;
}

function wildcardTest(parts: readonly Piece[]): TextTest {
  const [a, b, c] = parts;
  if (parts.length === 0) return (text) => text === '';
  if (parts.length === 1) {
    if (a === ANY) return () => true;
    if (typeof a === 'string') return (text) => text === a;
  }
  if (parts.length === 2 && a === ANY && typeof b === 'string') return (text) => text.endsWith(b);
  if (parts.length === 2 && typeof a === 'string' && b === ANY) return (text) => text.startsWith(a);
  if (parts.length === 3 && a === ANY && typeof b === 'string' && c === ANY) return (text) => text.includes(b);
  return (text) => matchSegments(segments(parts), text);
}

interface Segments {
  /** Runs between stars, each a list of literals and single-character wildcards. */
  readonly runs: readonly (readonly (string | typeof ANY_ONE)[])[];
  readonly openStart: boolean;
  readonly openEnd: boolean;
}

const segmentCache = new WeakMap<readonly Piece[], Segments>();

function segments(parts: readonly Piece[]): Segments {
  let made = segmentCache.get(parts);
  if (made === undefined) {
    const runs: (string | typeof ANY_ONE)[][] = [[]];
    for (const part of parts) {
      if (part === ANY) runs.push([]);
      else runs.at(-1)!.push(part);
    }
    made = { runs: runs.filter((run) => run.length > 0), openStart: parts[0] === ANY, openEnd: parts.at(-1) === ANY };
    segmentCache.set(parts, made);
  }
  return made;
}

/** Leftmost match of each run in turn; with stars between them that is enough, so no backtracking. */
function matchSegments(wanted: Segments, text: string): boolean {
  const { runs, openStart, openEnd } = wanted;
  let from = 0;
  for (let i = 0; i < runs.length; i++) {
    const run = runs[i]!;
    const length = run.reduce((sum: number, part) => sum + (part === ANY_ONE ? 1 : part.length), 0);
    const last = i === runs.length - 1;
    if (i === 0 && !openStart) {
      if (!runAt(run, text, 0)) return false;
      from = length;
      if (last) return openEnd || length === text.length;
      continue;
    }
    if (last && !openEnd) return text.length - length >= from && runAt(run, text, text.length - length);
    let at = from;
    while (at + length <= text.length && !runAt(run, text, at)) at++;
    if (at + length > text.length) return false;
    from = at + length;
  }
  return true;
}

function runAt(run: readonly (string | typeof ANY_ONE)[], text: string, at: number): boolean {
  let position = at;
  for (const part of run) {
    if (part === ANY_ONE) {
      if (position >= text.length) return false;
      position++;
    } else if (text.startsWith(part, position)) position += part.length;
    else return false;
  }
  return true;
}

/** Test of a network range such as `10.0.0.0/8` or `fe80::/10`; the text may be an address with a port (`10.1.2.3:50000`, `[fe80::1]:50000`). */
export function cidrTest(range: string): TextTest {
  const [address = '', bits] = range.trim().split('/');
  const wanted = parseIpAddress(address);
  const width = wanted === undefined ? 0 : wanted.v6 ? 128 : 32;
  const prefix = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
  if (wanted === undefined || prefix < 0 || prefix > width) throw new EvtxError('EVTX_QUERY', `network range ${JSON.stringify(range)}`);
  const shift = BigInt(width - prefix);
  return (text) => {
    const have = parseIpAddress(ipAddressPart(text));
    return have !== undefined && have.v6 === wanted.v6 && have.value >> shift === wanted.value >> shift;
  };
}

/** Test of a comparison with a number; text that is no number never matches. */
export function numberTest(limit: string, op: 'gt' | 'gte' | 'lt' | 'lte'): TextTest {
  const wanted = parseNumber(limit);
  if (wanted === undefined) throw new EvtxError('EVTX_QUERY', `number ${JSON.stringify(limit)}`);
  return (text) => {
    const have = parseNumber(text);
    if (have === undefined) return false;
    switch (op) {
      case 'gt':
        return have > wanted;
      case 'gte':
        return have >= wanted;
      case 'lt':
        return have < wanted;
      case 'lte':
        return have <= wanted;
    }
  };
}

function parseNumber(text: string): number | bigint | undefined {
  const t = text.trim();
  if (/^[+-]?\d{1,15}$/.test(t)) return Number(t);
  if (/^-?\d{1,40}$/.test(t) || /^0x[0-9a-f]{1,32}$/i.test(t)) return BigInt(t);
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$/i.test(t) ? Number(t) : undefined;
}
