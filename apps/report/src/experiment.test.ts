import { experiment } from '@winmedic/core/statistics';
import { describe, expect, it } from 'vitest';
import { experimentToText } from './experiment.ts';

const style = { width: 100, colour: false, unicode: true } as const;

describe('experimentToText', () => {
  const shown = experimentToText(experiment({ events: 5, days: 12 }, { events: 0, days: 30 }), { ...style, lang: 'en' });

  it('begins with the result and gives p, ratio and bound to six digits', () => {
    expect(shown.split('\n')[0]).toBe('Fewer events after the change: shown at error level 0.05.');
    expect(shown).toContain('Before the change: 5 events in 12 d (0.416667 per day)');
    expect(shown).toContain('Rate after : before: 0 · 95 % interval 0 to 0.436512 · one-sided 95 % bound 0.328226');
    expect(shown).toMatch(/one-sided\): 0\.0019039\d/);
    expect(shown).toContain('0.0998577 per day fits (95 %)');
  });

  it('says how many days are still needed, rounded up, and which are reached', () => {
    expect(shown).toContain('any reduction: 9.85 d in all, reached');
    expect(shown).toMatch(/reduction by the factor 5: 49\.2\d d in all, 19\.2\d d still/);
  });

  it('does not claim a change that the numbers do not show', () => {
    const text = experimentToText(experiment({ events: 0, days: 10 }, { events: 1, days: 10 }), { ...style, lang: 'ja' });
    expect(text.split('\n')[0]).toBe('変化は示せていません (誤りの水準 0.05)。');
    expect(text).toContain('定義不能: 変更前に発生なし');
    expect(text).toContain('示すことは不可能');
  });

  it('lists what to mind, what applies first', () => {
    const result = experiment({ events: 5, days: 12 }, { events: 0, days: 30 });
    const traps = result.traps.map((trap, i) => (i === result.traps.length - 1 ? { ...trap, state: 'applies' as const } : trap));
    const text = experimentToText({ ...result, traps }, { ...style, lang: 'en' });
    const lines = text.slice(text.indexOf('Read with care')).split('\n');
    expect(lines[1]).toMatch(/^ {2}! applies here: /);
    expect(lines.filter((line) => /^ {2}- check: /.test(line))).toHaveLength(traps.length - 1);
  });
});
