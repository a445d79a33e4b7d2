import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRegex } from './regex.ts';

describe('regular expressions of users', () => {
  it.each([
    ['^abc$', 'abc', true],
    ['^abc$', 'xabc', false],
    ['b+', 'aBBa', true],
    ['(?:foo|bar){2}', 'foobar', true],
    ['\\\\cmd\\.exe$', 'C:\\Windows\\cmd.exe', true],
    ['[^\\d\\s]{3}', '12a b45', false],
    ['\\bnet1?\\b', 'c:\\net.exe', true],
    ['a.c', 'a\nc', true],
    ['[a-f0-9]{8}', 'xx deadBEEF', true],
    ['', 'anything', true],
    ['x|', 'y', true],
    ['[]a]b', ']b', true],
  ])('%s in %j: %s', (pattern, text, expected) => {
    expect(compileRegex(pattern, false)(text)).toBe(expected);
  });

  it('heeds case only when asked', () => {
    expect(compileRegex('ABC', true)('abc')).toBe(false);
    expect(compileRegex('(?i)ABC', true)('abc')).toBe(true);
  });

  it.each(['(a', 'a)', '[a', '*a', '(?=a)', '(?<!a)b', '(a)\\1', 'a{2,1}', 'a++', '\\p{L}', '(?x)a', 'a{5000}'])(
    'refuses %s',
    (pattern) => {
      expect(() => compileRegex(pattern, false)).toThrow(expect.objectContaining({ code: 'EVTX_QUERY' }));
    },
  );

  it('refuses expressions that grow too large', () => {
    expect(() => compileRegex('((a{100}){100}){100}', false)).toThrow(/states/);
    expect(() => compileRegex('a'.repeat(5000), false)).toThrow(/5000 characters/);
  });

  it('takes linear time where backtracking would take for ever', () => {
    const text = 'a'.repeat(20_000);
    const before = performance.now();
    expect(compileRegex('^(a+)+$', false)(`${text}!`)).toBe(false);
    expect(compileRegex('(a|aa)*b', false)(text)).toBe(false);
    expect(compileRegex('.*a.*a.*a.*b', false)(text)).toBe(false);
    expect(performance.now() - before).toBeLessThan(5000);
  });

  it('agrees with RegExp on random expressions', () => {
    const atom = fc.constantFrom('a', 'b', 'c', '.', '[ab]', '[^a]', '\\w', '(?:ab|c)', '(a|b)', '\\b');
    const quantifier = fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,2}', '{0,}');
    const piece = fc.tuple(atom, quantifier).map(([a, q]) => (a === '\\b' ? a : a + q));
    const pattern = fc
      .tuple(fc.constantFrom('', '^'), fc.array(piece, { maxLength: 4 }), fc.constantFrom('', '$'))
      .map(([s, p, e]) => s + p.join('') + e);
    const text = fc.array(fc.constantFrom('a', 'b', 'c', 'A', ' ', '\n'), { maxLength: 8 }).map((characters) => characters.join(''));
    fc.assert(
      fc.property(pattern, text, fc.boolean(), (source, subject, cased) => {
        expect(compileRegex(source, cased)(subject)).toBe(new RegExp(source, cased ? 's' : 'is').test(subject));
      }),
      { numRuns: 2000 },
    );
  });
});
