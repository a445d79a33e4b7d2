import type { ValueTest } from '@winmedic/knowledge/model';
import { describe, expect, it } from 'vitest';
import { lookUp, testValue, valueKey } from './value.ts';

describe('tests of a value', () => {
  const cases: readonly [ValueTest, string | readonly string[], boolean | undefined][] = [
    [{ is: 0 }, '0', true],
    [{ is: 0 }, '0x0', true],
    [{ is: 0 }, '00', true],
    [{ is: 0 }, '10', false],
    [{ is: [2, 4] }, '4', true],
    [{ is: 'TRUE' }, 'true', true],
    [{ is: true }, 'True', true],
    [{ is: 1 }, 'true', false],
    [{ not: 0 }, '1', true],
    [{ not: [0, 1] }, '1', false],
    [{ gt: 3 }, '4', true],
    [{ gt: 3 }, '3', false],
    [{ gt: 3 }, 'many', undefined],
    [{ lt: 3 }, '18446744073709551615', false],
    [{ gt: 0, lt: 3 }, '2', true],
    [{ gt: 0, lt: 3 }, '3', false],
    [{ bits: 0x20000000 }, '0x20080000', true],
    [{ bits: 0x20080000 }, '536870912', false],
    [{ noBits: 24 }, '4', true],
    [{ noBits: 24 }, '28', false],
    [{ contains: ';;WD)' }, '(A;;GA;;;wd)', true],
    [{ contains: ['x', 'b'] }, ['abc', 'd'], true],
    [{ includes: '*' }, 'host1, *', true],
    [{ includes: '*' }, '*.example.org', false],
    [{ includes: ['S-1-1-0'] }, ['S-1-5-32-544', 's-1-1-0'], true],
    [{ includes: 'a' }, 'b;A', true],
    [{ empty: true }, ' ', true],
    [{ empty: true }, [], true],
    [{ empty: false }, ['', 'x'], true],
    [{ present: true }, '0', true],
    [{ present: false }, '0', false],
  ];
  it.each(cases)('%j of %j is %s', (test, value, expected) => {
    expect(testValue(test, value, true)).toBe(expected);
  });

  it('says of nothing only what is certain', () => {
    expect(testValue({ is: 0 }, null, false)).toBe(false);
    expect(testValue({ bits: 1 }, null, false)).toBe(false);
    expect(testValue({ not: 1 }, null, false)).toBeUndefined();
    expect(testValue({ noBits: 1 }, null, false)).toBeUndefined();
    expect(testValue({ empty: true }, null, false)).toBeUndefined();
    expect(testValue({ present: false }, null, false)).toBe(true);
  });

  it('does not call a default stored', () => {
    expect(testValue({ present: true }, '1', false)).toBe(false);
  });
});

describe('tables of values', () => {
  it('find a value as written, then as a number, then the entry for any other', () => {
    const table = { '1': 'one', true: 'yes', '\\*': 'star', '*': 'other' };
    expect(['1', '0x1', 'TRUE', '*', 'zzz'].map((v) => lookUp(table, v))).toEqual(['one', 'one', 'yes', 'star', 'other']);
    expect(lookUp({ '1': 'one' }, '2')).toBeUndefined();
    expect(lookUp({ '': 'none', '*': 'some' }, '')).toBe('none');
  });

  it('hold no names of the prototype', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) expect(lookUp({ '1': 'one' }, name)).toBeUndefined();
  });

  it('compare numbers by value and text without regard to case', () => {
    expect(valueKey('0x10')).toBe(valueKey('16'));
    expect(valueKey('Auto')).toBe(valueKey(' auto'));
    expect(valueKey(null)).not.toBe(valueKey(''));
  });
});
