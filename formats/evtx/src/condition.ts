import { isAscii } from './ascii.ts';
import { EvtxError } from './errors.ts';
import { type Anchor, cidrTest, integerOf, numberTest, plainText, type TextTest, textTest, withoutPadding } from './pattern.ts';
import { compileRegex } from './regex.ts';
import type { FieldCondition } from './types.ts';

/** Wanted texts that can be compared with UTF-16 bytes: lower-case ASCII, none empty, without wildcards. Any of them will do. */
export interface PlainValues {
  readonly anchor: Anchor;
  readonly texts: readonly string[];
  /** Those of the texts that are integers, by value. */
  readonly numbers: readonly number[];
  /** Some text is an integer: a text written otherwise may still equal it. */
  readonly numeric: boolean;
}

/** A condition ready to be asked: about a text, or about presence alone. */
export interface Condition {
  readonly field: string;
  /** The field is `Data` or `Data[n]`: names that are counted, not written. */
  readonly unnamed: boolean;
  /** Asked of each text the field has; undefined for `exists` and `null`. */
  readonly test: TextTest | undefined;
  /** With `all`: one test per value, each of which some text of the field must satisfy. */
  readonly every: readonly TextTest[] | undefined;
  /** `exists`: presence wanted; `null`: emptiness or absence wanted. */
  readonly presence: 'present' | 'absent' | 'empty' | undefined;
  readonly not: boolean;
  /** The same as `test` where values need not become text; undefined when there is no such form. */
  readonly plain: PlainValues | undefined;
}

/** More or longer values are decided as text. */
const MAX_PLAIN = 8;
const MAX_PLAIN_LENGTH = 64;

/** Compiles a condition. @throws {EvtxError} EVTX_QUERY for one that cannot mean anything. */
export function compileCondition(source: FieldCondition): Condition {
  const { field, op, values, cased = false } = source;
  const not = source.not === true;
  const unnamed = /^Data(?:\[\d+\])?$/.test(field);
  if (op === 'null') return { field, unnamed, test: undefined, every: undefined, presence: 'empty', not, plain: undefined };
  if (op === 'exists') {
    const wanted = values.length === 0 || !/^(?:false|no|0)$/i.test(values[0]!);
    return { field, unnamed, test: undefined, every: undefined, presence: wanted ? 'present' : 'absent', not, plain: undefined };
  }
  if (values.length === 0) throw new EvtxError('EVTX_QUERY', `condition on ${JSON.stringify(field)} without values`);
  const tests = values.map((value): TextTest => {
    switch (op) {
      case 'equals':
      case 'contains':
      case 'startswith':
      case 'endswith':
        return textTest(value, op, cased);
      case 're':
        return compileRegex(value, cased);
      case 'cidr':
        return cidrTest(value);
      case 'gt':
      case 'gte':
      case 'lt':
      case 'lte':
        return numberTest(value, op);
      default:
        throw new EvtxError('EVTX_QUERY', `operator ${JSON.stringify(op)}`);
    }
  });
  if (source.all === true && tests.length > 1)
    return { field, unnamed, test: undefined, every: tests, presence: undefined, not, plain: undefined };
  const [only] = tests;
  const plain = op === 'equals' && tests.length > 4 && values.every((value) => !/[*?\\]/.test(value)) ? setTest(values, cased) : undefined;
  const test = plain ?? (tests.length === 1 ? only! : (text: string) => tests.some((one) => one(text)));
  return { field, unnamed, test, every: undefined, presence: undefined, not, plain: cased ? undefined : plainValues(op, values) };
}

function plainValues(op: FieldCondition['op'], values: readonly string[]): PlainValues | undefined {
  if (op !== 'equals' && op !== 'contains' && op !== 'startswith' && op !== 'endswith') return undefined;
  if (values.length > MAX_PLAIN) return undefined;
  const texts: string[] = [];
  for (const value of values) {
    const text = plainText(value, op);
    if (text === undefined || text === '' || text.length > MAX_PLAIN_LENGTH || !isAscii(text)) return undefined;
    texts.push(text);
  }
  const integers = op === 'equals' ? texts.map(integerOf).filter((n) => n !== undefined) : [];
  return { anchor: op, texts, numbers: integers.map(Number).filter(Number.isSafeInteger), numeric: integers.length > 0 };
}

/** Long value lists without wildcards: one look-up. */
function setTest(values: readonly string[], cased: boolean): TextTest {
  const fold = (text: string): string => withoutPadding(cased ? text : text.toLowerCase());
  const wanted = new Set(values.map(fold));
  const integers = new Set(values.map(integerOf).filter((n) => n !== undefined));
  if (integers.size === 0) return (text) => wanted.has(fold(text));
  return (text) => {
    if (wanted.has(fold(text))) return true;
    const number = integerOf(text);
    return number !== undefined && integers.has(number);
  };
}

/** Decides a condition about the texts of a field; no texts: the field is absent. */
export function decide(condition: Condition, texts: readonly string[]): boolean {
  return holds(condition, texts) !== condition.not;
}

/** Decides a condition about a field that has exactly one text. */
export function decideOne(condition: Condition, text: string): boolean {
  if (condition.test === undefined) return decide(condition, [text]);
  return condition.test(text) !== condition.not;
}

function holds(condition: Condition, texts: readonly string[]): boolean {
  switch (condition.presence) {
    case 'present':
      return texts.length > 0;
    case 'absent':
      return texts.length === 0;
    case 'empty':
      return texts.every((text) => text === '');
    case undefined:
      break;
  }
  const { test, every } = condition;
  if (test !== undefined) return texts.some(test);
  return every!.every((one) => texts.some(one));
}
