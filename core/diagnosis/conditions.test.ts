import { describe, expect, test } from 'vitest';
import { clientAddress } from './client-address.ts';
import { type Conditions, compileConditions } from './conditions.ts';

/** Do all conditions hold for one field `f`? */
function holds(where: Conditions, value: string | undefined): boolean {
  const compiled = compileConditions(where);
  expect(compiled.problem).toBeUndefined();
  return compiled.list.every((c) => c.holds(value));
}

describe('equality', () => {
  test('numbers compare by value, whatever their form', () => {
    expect(holds({ f: '0xc000006a' }, '3221225578')).toBe(true);
    expect(holds({ f: 3221225578 }, '0xC000006A')).toBe(true);
    expect(holds({ f: '0x500ff' }, '0x000500ff')).toBe(true);
    expect(holds({ f: 5 }, '15')).toBe(false);
  });
  test('text compares without case, trailing blanks do not count', () => {
    expect(holds({ f: 'user32' }, 'User32 ')).toBe(true);
    expect(holds({ 'f|cased': 'user32' }, 'User32 ')).toBe(false);
    expect(holds({ f: true }, 'true')).toBe(true);
  });
  test('several values are OR, null means empty or absent', () => {
    expect(holds({ f: ['a', 'b'] }, 'B')).toBe(true);
    expect(holds({ f: ['a', 'b'] }, 'c')).toBe(false);
    expect(holds({ f: null }, undefined)).toBe(true);
    expect(holds({ f: null }, '')).toBe(true);
    expect(holds({ f: null }, 'x')).toBe(false);
  });
  test('stars and question marks are wildcards unless a backslash takes that away', () => {
    expect(holds({ f: '*\\winlogon.exe' }, 'C:\\Windows\\System32\\winlogon.exe')).toBe(true);
    expect(holds({ f: 'win*on?exe' }, 'winlogon.exe')).toBe(true);
    expect(holds({ f: 'a\\*b' }, 'a*b')).toBe(true);
    expect(holds({ f: 'a\\*b' }, 'axb')).toBe(false);
    expect(holds({ f: '*a*b*c' }, `${'ab'.repeat(2000)}`)).toBe(false);
  });
});

describe('modifiers', () => {
  test.each([
    [{ 'f|contains': 'logon' }, 'winlogon.exe', true],
    [{ 'f|startswith': 'WIN' }, 'winlogon.exe', true],
    [{ 'f|startswith': 'logon' }, 'winlogon.exe', false],
    [{ 'f|endswith': '.EXE' }, 'winlogon.exe', true],
    [{ 'f|contains|all': ['win', 'exe'] }, 'winlogon.exe', true],
    [{ 'f|contains|all': ['win', 'dll'] }, 'winlogon.exe', false],
    [{ 'f|contains|not': 'KB2267602' }, 'Update KB1', true],
    [{ 'f|contains|not': 'KB2267602' }, 'Definition Update kb2267602', false],
    [{ 'f|contains|not': 'KB2267602' }, undefined, true],
    [{ 'f|gte': 10 }, '0xa', true],
    [{ 'f|gt': 10 }, '10', false],
    [{ 'f|lt': '1.5' }, '1.25', true],
    [{ 'f|lte': 10 }, 'ten', false],
    [{ 'f|exists': true }, '', true],
    [{ 'f|exists': false }, undefined, true],
    [{ 'f|re': '^KB\\d{7}$' }, 'kb2267602', true],
    [{ 'f|re|cased': '^KB' }, 'kb2267602', false],
    [{ 'f|cidr': '10.0.0.0/8' }, '10.3.58.4', true],
    [{ 'f|cidr': '10.0.0.0/8' }, '11.3.58.4', false],
    [{ 'f|cidr': 'fe80::/10' }, '[fe80::1]:50123', true],
    [{ 'f|cidr': '192.0.2.0/24' }, '192.0.2.9:3389', true],
    [{ 'f|cidr': '192.0.2.0/24' }, '::ffff:192.0.2.9', true],
  ] as const)('%o of %s is %s', (where, value, expected) => {
    expect(holds(where as Conditions, value)).toBe(expected);
  });

  test.each([
    { 'f|re': '(?=a)b' },
    { 'f|re': '(a)\\1' },
    { 'f|re': '(' },
    { 'f|re': 'a'.repeat(4097) },
    { 'f|gt': 'many' },
    { 'f|cidr': '10.0.0.0/40' },
    { 'f|base64': 'x' },
  ])('%o is refused: it cannot mean anything or not be decided safely', (where) => {
    expect(compileConditions(where as Conditions).problem).toBeDefined();
  });

  test('a regular expression answers at once, whatever its form and the text', () => {
    const started = performance.now();
    for (const source of ['.*x.*y', '(x+)+y', '(x|xx)*y', '.*x.*x.*y']) expect(holds({ 'f|re': source }, 'x'.repeat(50_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

test.each([
  ['10.3.58.4:50123', '10.3.58.4'],
  ['[2001:DB8::5]:50123', '2001:db8::5'],
  ['2001:db8::5', '2001:db8::5'],
  ['::ffff:10.3.58.4', '10.3.58.4'],
  ['127.0.0.1', ''],
  ['::1', ''],
  ['LOCAL', ''],
  ['-', ''],
  ['999.1.1.1', ''],
  [undefined, ''],
])('client address of %s is "%s"', (text, address) => {
  expect(clientAddress(text)).toBe(address);
});
