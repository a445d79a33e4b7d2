import { EvtxError } from './errors.ts';
import { cidrTest, numberTest, type TextTest, textTest } from './pattern.ts';
import { compileRegex } from './regex.ts';
import type { FieldCondition } from './types.ts';

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
}

/** Compiles a condition. @throws {EvtxError} EVTX_QUERY for one that cannot mean anything. */
export function compileCondition(source: FieldCondition): Condition {
  const { field, op, values, cased = false } = source;
  const not = source.not === true;
  const unnamed = /^Data(?:\[\d+\])?$/.test(field);
  if (op === 'null') return { field, unnamed, test: undefined, every: undefined, presence: 'empty', not };
  if (op === 'exists') {
    const wanted = values.length === 0 || !/^(?:false|no|0)$/i.test(values[0]!);
    return { field, unnamed, test: undefined, every: undefined, presence: wanted ? 'present' : 'absent', not };
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
  if (source.all === true && tests.length > 1) return { field, unnamed, test: undefined, every: tests, presence: undefined, not };
  const [only] = tests;
  const plain = op === 'equals' && tests.length > 4 && values.every((value) => !/[*?\\]/.test(value)) ? setTest(values, cased) : undefined;
  const test = plain ?? (tests.length === 1 ? only! : (text: string) => tests.some((one) => one(text)));
  return { field, unnamed, test, every: undefined, presence: undefined, not };
}

/** Long value lists without wildcards: one look-up. */
function setTest(values: readonly string[], cased: boolean): TextTest {
  const wanted = new Set(cased ? values : values.map((value) => value.toLowerCase()));
  return (text) => wanted.has(cased ? text : text.toLowerCase());
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
