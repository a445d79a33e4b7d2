import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutTo, displayWidth, padTo, printable, printableLines, wrap } from './width.ts';

describe('displayWidth', () => {
  it('counts wide characters as two and marks as none', () => {
    expect(displayWidth('abc')).toBe(3);
    expect(displayWidth('再起動')).toBe(6);
    expect(displayWidth('ｶﾅ')).toBe(2);
    expect(displayWidth('か\u3099')).toBe(2);
    expect(displayWidth('e\u0301')).toBe(1);
    expect(displayWidth('（ｱ）😀')).toBe(7);
  });

  it('pads and cuts by columns', () => {
    expect(padTo('再', 4)).toBe('再  ');
    expect(cutTo('再起動する', 6)).toBe('再起…');
    expect(cutTo('再起動', 6)).toBe('再起動');
  });
});

describe('wrap', () => {
  it('breaks between words and between wide characters', () => {
    expect(wrap('one two three four', 9)).toEqual(['one two', 'three', 'four']);
    expect(wrap('電源が切れました', 8)).toEqual(['電源が切', 'れました']);
  });

  it('keeps closing punctuation with the text before it and opening with the text after', () => {
    for (const line of wrap('画面で「シャットダウン」を押しました。確認してください、すぐに。', 12)) {
      expect(line).not.toMatch(/^[、。」]/);
      expect(line).not.toMatch(/「$/);
    }
  });

  it('never separates a time from its zone', () => {
    const lines = wrap('between 2018-07-03 00:10:00 +09:00 and 2018-07-03 00:11:00 +09:00 it stopped', 40);
    expect(lines).toEqual(['between 2018-07-03 00:10:00 +09:00 and', '2018-07-03 00:11:00 +09:00 it stopped']);
  });

  it('breaks inside a word only when it is wider than the line', () => {
    expect(wrap('see C:\\Windows\\System32\\winlogon.exe', 12)).toEqual(['see', 'C:\\Windows\\S', 'ystem32\\winl', 'ogon.exe']);
  });

  it('loses nothing but spaces and stays inside the width', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '再', '、', '「', '」', '.', 'é', '-'), maxLength: 120 });
    fc.assert(
      fc.property(text, fc.integer({ min: 8, max: 40 }), (value, width) => {
        const lines = wrap(value, width);
        expect(lines.join('').replaceAll(' ', '')).toBe(value.replaceAll(' ', ''));
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe('printable', () => {
  it('shows controls and reordering marks instead of passing them on', () => {
    expect(printable('a\u001b[31mb\u0007\u202ec\u200ed\ud800')).toBe('a\\x1b[31mb\\x07\\u202ec\\u200ed\\ud800');
    expect(printable('one\r\n\ttwo')).toBe('one   two');
    expect(printableLines('one\r\ntwo\u001b')).toBe('one\ntwo\\x1b');
  });

  it('leaves Japanese and emoji as they are', () => {
    expect(printable('電源を切る 👩‍💻')).toBe('電源を切る 👩‍💻');
  });
});
