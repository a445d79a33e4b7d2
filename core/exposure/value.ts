import type { Scalar, ValueTest } from '@winmedic/knowledge/model';
import type { StateObservation } from '../model/state.ts';

/** A value in stored notation, or `null` when nothing is stored. */
export type StoredValue = StateObservation['value'];

/** An integer written decimal or `0x…`, of at most 64 bits; `undefined` for anything else. */
export function integerOf(text: string): bigint | undefined {
  const trimmed = text.trim();
  if (/^0x[0-9a-f]{1,16}$/i.test(trimmed)) return BigInt(trimmed);
  return /^-?\d{1,20}$/.test(trimmed) ? BigInt(trimmed) : undefined;
}

/** One line for a value; lists are joined with commas. */
export function plainText(value: string | readonly string[]): string {
  return typeof value === 'string' ? value : value.join(', ');
}

/** Comparison form: numbers by value, text without regard to case. */
export function valueKey(value: StoredValue): string {
  if (value === null) return '\0absent';
  const text = plainText(value).trim();
  return integerOf(text)?.toString() ?? text.toLowerCase();
}

/**
 * Looks a value up in a table of the knowledge base: as written without regard to case, then as a number, then `*` (any other). `\*`
 * stands for the text `*`.
 */
export function lookUp<T>(table: Readonly<Record<string, T>>, value: string | readonly string[]): T | undefined {
  const text = plainText(value).trim();
  const key = valueKey(value);
  let other: T | undefined;
  for (const [name, entry] of Object.entries(table)) {
    if (name === '*') other = entry;
    else if (valueKey(name === '\\*' ? '*' : name) === key || name === text) return entry;
  }
  return other;
}

const listOf = <T extends Scalar>(wanted: T | readonly T[]): readonly T[] => (Array.isArray(wanted) ? wanted : [wanted as T]);

const isOneOf = (value: string | readonly string[], wanted: Scalar | readonly Scalar[]): boolean => {
  const key = valueKey(value);
  return listOf(wanted).some((w) => valueKey(String(w)) === key);
};

/**
 * Does a test hold? `undefined`: it cannot be said (a comparison with something that is no number; whether nothing differs from a value).
 * @param value the effective value; `null` when there is none.
 * @param stored it is stored somewhere; false for a default.
 */
export function testValue(test: ValueTest, value: StoredValue, stored: boolean): boolean | undefined {
  const outcomes: (boolean | undefined)[] = [];
  if (test.present !== undefined) outcomes.push(test.present === stored);
  if (value === null) {
    // Nothing is certainly not one of these values, but whether it acts like "not 1" depends on what Windows does then.
    if ([test.is, test.gt, test.lt, test.bits, test.contains, test.includes].some((part) => part !== undefined)) outcomes.push(false);
    if ([test.not, test.noBits, test.empty].some((part) => part !== undefined)) outcomes.push(undefined);
    return every(outcomes);
  }
  const items = typeof value === 'string' ? [value] : value;
  const number = integerOf(plainText(value));
  const compare = (holds: (n: bigint) => boolean): boolean | undefined => (number === undefined ? undefined : holds(number));
  if (test.is !== undefined) outcomes.push(isOneOf(value, test.is));
  if (test.not !== undefined) outcomes.push(!isOneOf(value, test.not));
  const { gt, lt, bits, noBits, contains, includes, empty } = test;
  if (gt !== undefined) outcomes.push(compare((n) => n > gt));
  if (lt !== undefined) outcomes.push(compare((n) => n < lt));
  if (bits !== undefined) outcomes.push(compare((n) => (n & BigInt(bits)) === BigInt(bits)));
  if (noBits !== undefined) outcomes.push(compare((n) => (n & BigInt(noBits)) === 0n));
  if (contains !== undefined) {
    outcomes.push(listOf(contains).some((part) => items.some((item) => item.toLowerCase().includes(part.toLowerCase()))));
  }
  if (includes !== undefined) {
    const members = new Set(items.flatMap((item) => item.split(/[,;]/)).map(valueKey));
    outcomes.push(listOf(includes).some((part) => members.has(valueKey(part))));
  }
  if (empty !== undefined) outcomes.push(items.every((item) => item.trim() === '') === empty);
  return every(outcomes);
}

/** Three-valued "and". */
export function every(outcomes: readonly (boolean | undefined)[]): boolean | undefined {
  if (outcomes.includes(false)) return false;
  return outcomes.includes(undefined) ? undefined : true;
}

/** Three-valued "or". */
export function some(outcomes: readonly (boolean | undefined)[]): boolean | undefined {
  if (outcomes.includes(true)) return true;
  return outcomes.includes(undefined) ? undefined : false;
}
