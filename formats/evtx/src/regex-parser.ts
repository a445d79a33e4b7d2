import { EvtxError } from './errors.ts';
import { MAX_REGEX_NESTING } from './limits.ts';

/** Set of UTF-16 code units: pairs of first and last, and whether the set is everything else. */
export interface CharSet {
  readonly ranges: readonly (readonly [first: number, last: number])[];
  readonly negated: boolean;
}

/** A parsed regular expression. */
export type RegexNode =
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly part: RegexNode; readonly least: number; readonly most: number }
  | { readonly kind: 'assert'; readonly what: 'start' | 'end' | 'word' | 'notWord' };

const DIGIT: CharSet = { ranges: [[0x30, 0x39]], negated: false };
const WORD: CharSet = {
  ranges: [
    [0x30, 0x39],
    [0x41, 0x5a],
    [0x5f, 0x5f],
    [0x61, 0x7a],
  ],
  negated: false,
};
const SPACE: CharSet = {
  ranges: [
    [9, 13],
    [32, 32],
    [0xa0, 0xa0],
    [0x1680, 0x1680],
    [0x2000, 0x200a],
    [0x2028, 0x2029],
    [0x202f, 0x202f],
    [0x205f, 0x205f],
    [0x3000, 0x3000],
    [0xfeff, 0xfeff],
  ],
  negated: false,
};
const CLASSES: Readonly<Record<string, CharSet>> = {
  d: DIGIT,
  D: { ...DIGIT, negated: true },
  w: WORD,
  W: { ...WORD, negated: true },
  s: SPACE,
  S: { ...SPACE, negated: true },
};
const CONTROL: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, 0: 0 };
/** Everything; `.` matches line ends too, as a field is one text. */
const ANY: CharSet = { ranges: [], negated: true };
const MAX_REPEAT = 1000;

/** Complement of a set as ranges, so that sets can be joined. */
function positive(set: CharSet): readonly (readonly [number, number])[] {
  if (!set.negated) return set.ranges;
  const out: [number, number][] = [];
  let next = 0;
  for (const [first, last] of [...set.ranges].sort((a, b) => a[0] - b[0])) {
    if (first > next) out.push([next, first - 1]);
    next = Math.max(next, last + 1);
  }
  if (next <= 0xffff) out.push([next, 0xffff]);
  return out;
}

/**
 * Parses the common part of regular expression dialects: literals, classes, groups, choice, counted and lazy repetition, `^ $ \b`.
 * Look-around and back-references need backtracking, which a hostile text can make endless: refused.
 */
export class RegexParser {
  readonly #source: string;
  #at = 0;
  #nesting = 0;
  /** `(?i)` at the start. */
  ignoreCase = false;

  constructor(source: string) {
    this.#source = source;
  }

  /** @throws {EvtxError} EVTX_QUERY for a malformed or unsupported expression. */
  parse(): RegexNode {
    const flags = /^\(\?([a-z]+)\)/.exec(this.#source);
    if (flags !== null) {
      if (/[^ims]/.test(flags[1]!)) this.#fail(`flag in ${flags[0]}`);
      this.ignoreCase = flags[1]!.includes('i');
      this.#at = flags[0].length;
    }
    const node = this.#choice();
    if (this.#at < this.#source.length) this.#fail('unmatched )');
    return node;
  }

  #choice(): RegexNode {
    const parts = [this.#sequence()];
    while (this.#source[this.#at] === '|') {
      this.#at++;
      parts.push(this.#sequence());
    }
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
  }

  #sequence(): RegexNode {
    const parts: RegexNode[] = [];
    for (let c = this.#source[this.#at]; c !== undefined && c !== '|' && c !== ')'; c = this.#source[this.#at])
      parts.push(this.#quantified());
    return { kind: 'sequence', parts };
  }

  #quantified(): RegexNode {
    let part = this.#atom();
    for (;;) {
      const rest = this.#source.slice(this.#at, this.#at + 16);
      const m = /^(?:([*+?])|\{(\d{1,4})(?:(,)(\d{1,4})?)?\})/.exec(rest);
      if (m === null) return part;
      if (part.kind === 'assert') this.#fail('repeated assertion');
      this.#at += m[0].length;
      const least = m[2] !== undefined ? Number(m[2]) : m[1] === '+' ? 1 : 0;
      const most =
        m[2] !== undefined ? (m[3] === undefined ? least : m[4] === undefined ? Infinity : Number(m[4])) : m[1] === '?' ? 1 : Infinity;
      if (least > MAX_REPEAT || (most !== Infinity && (most > MAX_REPEAT || most < least))) this.#fail(`repetition ${m[0]}`);
      // Lazy or greedy finds the same texts; possessive does not.
      if (this.#source[this.#at] === '?') this.#at++;
      else if (this.#source[this.#at] === '+') this.#fail('possessive repetition');
      part = { kind: 'repeat', part, least, most };
    }
  }

  #atom(): RegexNode {
    const c = this.#source[this.#at++]!;
    switch (c) {
      case '(':
        return this.#group();
      case '[':
        return { kind: 'set', set: this.#set() };
      case '.':
        return { kind: 'set', set: ANY };
      case '^':
        return { kind: 'assert', what: 'start' };
      case '$':
        return { kind: 'assert', what: 'end' };
      case '*':
      case '+':
      case '?':
        return this.#fail('nothing to repeat');
      case '\\': {
        const next = this.#source[this.#at];
        if (next === 'b' || next === 'B' || next === 'A' || next === 'z' || next === 'Z') {
          this.#at++;
          return { kind: 'assert', what: next === 'b' ? 'word' : next === 'B' ? 'notWord' : next === 'A' ? 'start' : 'end' };
        }
        return { kind: 'set', set: this.#escape() };
      }
      default:
        return { kind: 'set', set: one(c.charCodeAt(0)) };
    }
  }

  #group(): RegexNode {
    if (++this.#nesting > MAX_REGEX_NESTING) this.#fail('too many nested groups');
    if (this.#source[this.#at] === '?') {
      const named = /^\?P?<[A-Za-z_]\w*>/.exec(this.#source.slice(this.#at, this.#at + 80));
      if (named !== null) this.#at += named[0].length;
      else if (this.#source[this.#at + 1] === ':') this.#at += 2;
      else this.#fail('look-around or special group');
    }
    const node = this.#choice();
    if (this.#source[this.#at++] !== ')') this.#fail('missing )');
    this.#nesting--;
    return node;
  }

  #escape(): CharSet {
    const c = this.#source[this.#at++];
    if (c === undefined) return this.#fail('\\ at the end');
    const known = CLASSES[c];
    if (known !== undefined) return known;
    const control = CONTROL[c];
    if (control !== undefined) return one(control);
    if (/[1-9kpP]/.test(c)) this.#fail(`\\${c}`);
    const hex = c === 'x' ? /^[0-9a-f]{2}/i : c === 'u' ? /^[0-9a-f]{4}/i : undefined;
    if (hex !== undefined) {
      const digits = hex.exec(this.#source.slice(this.#at, this.#at + 4));
      if (digits === null) return this.#fail(`\\${c}`);
      this.#at += digits[0].length;
      return one(Number.parseInt(digits[0], 16));
    }
    if (/[A-Za-z]/.test(c)) this.#fail(`\\${c}`);
    return one(c.charCodeAt(0));
  }

  #set(): CharSet {
    const negated = this.#source[this.#at] === '^';
    if (negated) this.#at++;
    const ranges: (readonly [number, number])[] = [];
    for (let begin = true; ; begin = false) {
      const c = this.#source[this.#at];
      if (c === undefined) return this.#fail('missing ]');
      if (c === ']' && !begin) {
        this.#at++;
        return { ranges, negated };
      }
      const low = this.#setItem();
      if (
        this.#source[this.#at] === '-' &&
        this.#source[this.#at + 1] !== ']' &&
        low.ranges.length === 1 &&
        low.ranges[0]![0] === low.ranges[0]![1]
      ) {
        this.#at++;
        const high = this.#setItem();
        const first = low.ranges[0]![0];
        const last = high.ranges[0]?.[0] ?? -1;
        if (high.negated || high.ranges.length !== 1 || last !== high.ranges[0]![1] || last < first) this.#fail('range in a class');
        ranges.push([first, last]);
      } else ranges.push(...positive(low));
    }
  }

  #setItem(): CharSet {
    const c = this.#source[this.#at++];
    if (c === undefined) return this.#fail('missing ]');
    if (c !== '\\') return one(c.charCodeAt(0));
    if (this.#source[this.#at] === 'b') {
      this.#at++;
      return one(8);
    }
    return this.#escape();
  }

  #fail(why: string): never {
    throw new EvtxError('EVTX_QUERY', `regular expression ${JSON.stringify(this.#source.slice(0, 200))}: ${why}`, this.#at);
  }
}

function one(code: number): CharSet {
  return { ranges: [[code, code]], negated: false };
}
