import { encodeUtf16 } from '@winmedic/bytes';
import { expect, it } from 'vitest';
import { containsAscii, endsWithAscii, equalsAscii, startsWithAscii, trimmedEnd } from './ascii.ts';
import { type Anchor, textTest } from './pattern.ts';

const inPlace = { equals: equalsAscii, startswith: startsWithAscii, endswith: endsWithAscii, contains: containsAscii };
const texts = [
  '',
  'k',
  'K',
  '\u212a',
  'i',
  'İ',
  'Iİ',
  'İI',
  'aİ',
  'İa',
  'ai',
  'KELVIN',
  '\u212aelvin',
  'xKe',
  'Ａ',
  'ǅ',
  '\ud800i',
  'ß',
  'I\u0307',
  'Σ',
];
const wanted = ['k', 'i', 'ai', 'ia', 'ke', 'elvin', 'kelvin', 'ii', 'ss'];

it('compares bytes with the result of comparing texts in lower case', () => {
  for (const text of texts) {
    const bytes = encodeUtf16(`..${text}`);
    for (const want of wanted) {
      for (const anchor of Object.keys(inPlace) as Anchor[]) {
        const test = textTest(want, anchor, false);
        expect(inPlace[anchor](bytes, 4, bytes.length, want), `${JSON.stringify(text)} ${anchor} ${want}`).toBe(test(text));
      }
    }
  }
});

it('leaves out trailing NULs and half a character', () => {
  const bytes = Uint8Array.of(...encodeUtf16('ab\0\0'), 1);
  expect(trimmedEnd(bytes, 0, bytes.length)).toBe(4);
  expect(trimmedEnd(bytes, 4, 8)).toBe(4);
});
