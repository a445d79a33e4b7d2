import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cidrTest, numberTest, textTest } from './pattern.ts';

describe('text patterns', () => {
  it.each([
    ['a\\*b', 'equals', 'a*b', true],
    ['a\\*b', 'equals', 'axb', false],
    ['a\\\\*', 'equals', 'a\\anything', true],
    ['C:\\Windows\\*', 'equals', 'c:\\windows\\x', false],
    ['C:\\Windows\\\\*', 'equals', 'c:\\windows\\x', true],
    ['\\cmd', 'endswith', 'c:\\CMD', true],
    ['', 'equals', '', true],
    ['', 'contains', 'x', true],
    ['a*a', 'equals', 'a', false],
    ['ab?', 'contains', 'xxabcxx', true],
    ['?b', 'startswith', 'ab', true],
    ['a?c*', 'endswith', 'zabcd', true],
  ] as const)('%s as %s of %s: %s', (pattern, anchor, text, expected) => {
    expect(textTest(pattern, anchor, false)(text)).toBe(expected);
  });

  it('agree with the regular expression they stand for', () => {
    const piece = fc.constantFrom('a', 'b', 'ab', '*', '?', '.');
    const subject = fc.array(fc.constantFrom('a', 'b', '.', 'A'), { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), subject, (pieces, characters) => {
        const source = pieces.map((one) => (one === '*' ? '.*' : one === '?' ? '.' : one.replace('.', '\\.'))).join('');
        const text = characters.join('');
        expect(textTest(pieces.join(''), 'equals', false)(text)).toBe(new RegExp(`^${source}$`, 'is').test(text));
        expect(textTest(pieces.join(''), 'contains', true)(text)).toBe(new RegExp(source, 's').test(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('stay fast on texts made to be slow', () => {
    const text = 'a'.repeat(32_000);
    const before = performance.now();
    expect(textTest('*a*a*a*a*a*a*a*b', 'equals', false)(text)).toBe(false);
    expect(textTest(`${'a?'.repeat(50)}b`, 'contains', false)(text)).toBe(false);
    expect(performance.now() - before).toBeLessThan(2000);
  });
});

describe('networks and numbers', () => {
  it.each([
    ['192.168.0.0/16', '192.168.255.1', true],
    ['192.168.0.0/16', '192.169.0.1', false],
    ['0.0.0.0/0', '1.2.3.4', true],
    ['10.0.0.1', '10.0.0.1', true],
    ['::1/128', '::1', true],
    ['2001:db8::/32', '2001:db8:1::9', true],
    ['2001:db8::/32', '2001:db9::', false],
    ['10.0.0.0/8', '-', false],
    ['10.0.0.0/8', '10.0.0.256', false],
  ])('%s holds %s: %s', (range, address, expected) => {
    expect(cidrTest(range)(address)).toBe(expected);
  });

  it('refuse what is none', () => {
    for (const range of ['x', '10.0.0.0/33', '::/129', '1:2:3', '1::2::3', '10.0.0.0/'])
      expect(() => cidrTest(range), range).toThrow('EVTX_QUERY');
    expect(() => numberTest('', 'gt')).toThrow('EVTX_QUERY');
  });

  it('compares beyond 53 bits, hexadecimal and fractions', () => {
    expect(numberTest('9007199254740993', 'gt')('9007199254740992')).toBe(false);
    expect(numberTest('0xff', 'lte')('255')).toBe(true);
    expect(numberTest('1.5', 'lt')('1.25')).toBe(true);
    expect(numberTest('1', 'gte')('one')).toBe(false);
  });
});
