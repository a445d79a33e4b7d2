import { EvtxError } from './errors.ts';
import { MAX_REGEX_LENGTH, MAX_REGEX_STATES } from './limits.ts';
import type { TextTest } from './pattern.ts';
import { type CharSet, type RegexNode, RegexParser } from './regex-parser.ts';

/**
 * Regular expressions of users, decided in time proportional to text times expression: all alternatives advance together, one
 * character at a time, and nothing is tried twice. A backtracking matcher would let one log entry stop the analysis.
 */

/** State kinds of the automaton. */
const SET = 0;
const SPLIT = 1;
const JUMP = 2;
const ASSERT = 3;
const FOUND = 4;

interface State {
  readonly kind: number;
  readonly test?: (code: number) => boolean;
  readonly what?: 'start' | 'end' | 'word' | 'notWord';
  /** Next states; for SET the one after the character. */
  next: number;
  other: number;
}

/**
 * Test of a user's regular expression: true when it is found anywhere in the text.
 * @throws {EvtxError} EVTX_QUERY for a malformed, unsupported or too large expression.
 */
export function compileRegex(source: string, cased: boolean): TextTest {
  if (source.length > MAX_REGEX_LENGTH) throw new EvtxError('EVTX_QUERY', `regular expression of ${source.length} characters`);
  const parser = new RegexParser(source);
  const node = parser.parse();
  const states: State[] = [];
  emit(node, states, !cased || parser.ignoreCase);
  add(states, { kind: FOUND, next: -1, other: -1 });
  return (text) => run(states, text);
}

function add(states: State[], state: State): number {
  if (states.length >= MAX_REGEX_STATES) throw new EvtxError('EVTX_QUERY', `regular expression with more than ${MAX_REGEX_STATES} states`);
  return states.push(state) - 1;
}

/** Appends the states of a node; it is left by falling through to the next state. */
function emit(node: RegexNode, states: State[], ignoreCase: boolean): void {
  switch (node.kind) {
    case 'set':
      add(states, { kind: SET, test: setTest(node.set, ignoreCase), next: states.length + 1, other: -1 });
      return;
    case 'assert':
      add(states, { kind: ASSERT, what: node.what, next: states.length + 1, other: -1 });
      return;
    case 'sequence':
      for (const part of node.parts) emit(part, states, ignoreCase);
      return;
    case 'choice': {
      const ends: number[] = [];
      node.parts.forEach((part, index) => {
        const last = index === node.parts.length - 1;
        const split = last ? -1 : add(states, { kind: SPLIT, next: states.length + 1, other: -1 });
        emit(part, states, ignoreCase);
        if (last) return;
        ends.push(add(states, { kind: JUMP, next: -1, other: -1 }));
        states[split]!.other = states.length;
      });
      for (const end of ends) states[end]!.next = states.length;
      return;
    }
    case 'repeat':
      for (let i = 0; i < node.least; i++) emit(node.part, states, ignoreCase);
      if (node.most === Infinity) {
        const split = add(states, { kind: SPLIT, next: states.length + 1, other: -1 });
        emit(node.part, states, ignoreCase);
        add(states, { kind: JUMP, next: split, other: -1 });
        states[split]!.other = states.length;
      } else {
        const splits: number[] = [];
        for (let i = node.least; i < node.most; i++) {
          splits.push(add(states, { kind: SPLIT, next: states.length + 1, other: -1 }));
          emit(node.part, states, ignoreCase);
        }
        for (const split of splits) states[split]!.other = states.length;
      }
  }
}

function inRanges(ranges: CharSet['ranges'], code: number): boolean {
  for (const [first, last] of ranges) if (code >= first && code <= last) return true;
  return false;
}

function setTest(set: CharSet, ignoreCase: boolean): (code: number) => boolean {
  const { ranges, negated } = set;
  const plain = (code: number): boolean => {
    if (inRanges(ranges, code)) return true;
    if (!ignoreCase) return false;
    const text = String.fromCharCode(code);
    const lower = text.toLowerCase();
    const upper = text.toUpperCase();
    return (lower.length === 1 && inRanges(ranges, lower.charCodeAt(0))) || (upper.length === 1 && inRanges(ranges, upper.charCodeAt(0)));
  };
  const table = Uint8Array.from({ length: 128 }, (_, code) => (plain(code) !== negated ? 1 : 0));
  return (code) => (code < 128 ? table[code] === 1 : plain(code) !== negated);
}

/** Sets of states, reused between calls; matching never re-enters. */
let current = new Int32Array(64);
let following = new Int32Array(64);
let marks = new Int32Array(64);
let mark = 0;

function run(states: readonly State[], text: string): boolean {
  if (marks.length < states.length) {
    current = new Int32Array(states.length);
    following = new Int32Array(states.length);
    marks = new Int32Array(states.length);
  }
  const stack: number[] = [];
  let count = 0;
  for (let at = 0; at <= text.length; at++) {
    // Every position can begin a match: state 0 joins those that are on their way.
    mark = beginStep(at === 0);
    let next = 0;
    const code = at < text.length ? text.charCodeAt(at) : -1;
    const follow = (from: number): boolean => {
      stack.push(from);
      while (stack.length > 0) {
        const index = stack.pop()!;
        if (marks[index] === mark) continue;
        marks[index] = mark;
        const state = states[index]!;
        if (state.kind === FOUND) return true;
        if (state.kind === SPLIT) stack.push(state.other, state.next);
        else if (state.kind === JUMP) stack.push(state.next);
        else if (state.kind === ASSERT) {
          if (holds(state.what!, text, at)) stack.push(state.next);
        } else if (code >= 0 && state.test!(code)) following[next++] = state.next;
      }
      return false;
    };
    for (let i = 0; i < count; i++) if (follow(current[i]!)) return true;
    if (follow(0)) return true;
    [current, following] = [following, current];
    count = next;
  }
  return false;
}

function beginStep(first: boolean): number {
  if (mark >= 0x7fff_fff0 || (first && mark === 0)) {
    marks.fill(0);
    return 1;
  }
  return mark + 1;
}

function holds(what: State['what'], text: string, at: number): boolean {
  if (what === 'start') return at === 0;
  if (what === 'end') return at === text.length;
  const boundary = isWord(text, at - 1) !== isWord(text, at);
  return what === 'word' ? boundary : !boundary;
}

function isWord(text: string, at: number): boolean {
  const code = at >= 0 && at < text.length ? text.charCodeAt(at) : 0;
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || code === 0x5f || (code >= 0x61 && code <= 0x7a);
}
