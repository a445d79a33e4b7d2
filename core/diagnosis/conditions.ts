import type { Scalar } from '@winmedic/knowledge/model';
import { cidrTest, equalsTest, orderTest, placedTest, regexTest, type TextTest } from './match-text.ts';

/** The map of a pattern: keys `Field` or `Field|modifier|…`. */
export type Conditions = Readonly<Record<string, Scalar | readonly Scalar[] | null>>;

/** One condition, ready to be asked. */
export interface Condition {
  readonly field: string;
  /** What was written, for people: `SubStatus = 0xc000006a`. */
  readonly text: string;
  /** Asked with the field's text, `undefined` when it is absent. */
  readonly holds: (text: string | undefined) => boolean;
}

/** Conditions of one pattern; `problem` when one of them cannot mean anything (then nothing can be decided). */
export interface CompiledConditions {
  readonly list: readonly Condition[];
  readonly problem?: string;
}

const cache = new WeakMap<object, CompiledConditions>();

/** Compiles Sigma's field and modifier syntax; the result is kept for the life of the pattern. */
export function compileConditions(where: Conditions | undefined): CompiledConditions {
  if (where === undefined) return { list: [] };
  let compiled = cache.get(where);
  if (compiled === undefined) {
    compiled = compile(where);
    cache.set(where, compiled);
  }
  return compiled;
}

function compile(where: Conditions): CompiledConditions {
  const list: Condition[] = [];
  for (const [key, value] of Object.entries(where)) {
    const [field = '', ...modifiers] = key.split('|');
    const condition = compileOne(field, modifiers, value);
    if (condition === undefined) return { list: [], problem: key };
    list.push(condition);
  }
  return { list };
}

function compileOne(field: string, modifiers: readonly string[], value: Scalar | readonly Scalar[] | null): Condition | undefined {
  const has = (m: string): boolean => modifiers.includes(m);
  const not = has('not');
  const values = value === null ? [] : (Array.isArray(value) ? (value as readonly Scalar[]) : [value as Scalar]).map(String);
  const text = `${key(field, modifiers)} ${value === null ? 'null' : values.join(', ')}`;
  const finish = (holds: (t: string | undefined) => boolean): Condition => ({ field, text, holds: not ? (t) => !holds(t) : holds });
  if (value === null) return finish((t) => t === undefined || t === '');
  if (has('exists')) {
    const wanted = /^(true|yes|1)$/i.test(values[0] ?? 'true');
    return finish((t) => (t !== undefined) === wanted);
  }
  const tests = values.map((v) => testOf(v, modifiers, has('cased')));
  if (tests.some((t) => t === undefined)) return undefined;
  const ready = tests as TextTest[];
  if (has('all')) return finish((t) => t !== undefined && ready.every((test) => test(t)));
  return finish((t) => t !== undefined && ready.some((test) => test(t)));
}

function key(field: string, modifiers: readonly string[]): string {
  return modifiers.length === 0 ? `${field} =` : `${field} ${modifiers.join(' ')}`;
}

const KNOWN = new Set(['contains', 'startswith', 'endswith', 're', 'cidr', 'gt', 'gte', 'lt', 'lte', 'all', 'cased', 'exists', 'not']);

function testOf(value: string, modifiers: readonly string[], cased: boolean): TextTest | undefined {
  if (modifiers.some((m) => !KNOWN.has(m))) return undefined;
  for (const place of ['contains', 'startswith', 'endswith'] as const)
    if (modifiers.includes(place)) return placedTest(value, place, cased);
  for (const op of ['gt', 'gte', 'lt', 'lte'] as const) if (modifiers.includes(op)) return orderTest(value, op);
  if (modifiers.includes('re')) return regexTest(value, cased);
  if (modifiers.includes('cidr')) return cidrTest(value);
  return equalsTest(value, cased);
}
