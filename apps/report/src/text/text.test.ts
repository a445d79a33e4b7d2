import { describe, expect, it } from 'vitest';
import { en } from './en.ts';
import { ja } from './ja.ts';

/** Every word as text, functions called with placeholders, by its key path. */
function words(node: unknown, path = ''): Map<string, string> {
  const out = new Map<string, string>();
  if (typeof node === 'string') out.set(path, node);
  else if (typeof node === 'function') {
    const args = Array.from({ length: node.length }, (_, i) =>
      path === 'list' || path === 'counts' ? ['A', 'B'] : path === 'forward' && i === 0 ? 'likely' : i + 2,
    );
    out.set(path, String(node(...args)));
  } else
    for (const [key, value] of Object.entries(node as object))
      for (const [p, text] of words(value, path === '' ? key : `${path}.${key}`)) out.set(p, text);
  return out;
}

/** Entries that are the same in both languages: numbers, codes, locators, names of protocols. */
const SHARED = new Set(['record', 'number', 'counts']);
const SHARED_PATHS = new Set([
  'laneRdp',
  'list',
  'connection.rung.tcp',
  'connection.rung.tls',
  'connection.rung.http',
  'connection.rung.wsman',
  'connection.ms',
  'connection.pin',
]);

describe('the words', () => {
  const english = words(en);
  const japanese = words(ja);

  it('exist in both languages', () => {
    expect([...japanese.keys()].toSorted()).toEqual([...english.keys()].toSorted());
    for (const [path, text] of [...english, ...japanese]) expect(text.trim(), path).not.toBe('');
  });

  it('are written in Japanese where they are Japanese, and only there', () => {
    for (const [path, text] of japanese)
      if (!SHARED.has(path.split('.')[0]!) && !SHARED_PATHS.has(path))
        expect(text, path).toMatch(/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]/u);
    for (const [path, text] of english) expect(text, path).not.toMatch(/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]/u);
  });

  it('use the agreed terms for the grades', () => {
    expect(ja.grade).toEqual({ confirmed: '確定', likely: '有力', inconclusive: '判定不能', ruled_out: '棄却' });
  });
});
