import { describe, expect, it } from 'vitest';
import { problemLines, problemsToText } from './problems.ts';
import { fixture } from './test-fixture.ts';

describe('problems', () => {
  it('come worst first, with path, code, count and place', () => {
    const heads = problemLines(fixture.problems, 'en').map((line) => line.head);
    expect(heads).toEqual([
      'unusable: /cases/rds/RDS01/Setup.evtx EVIDENCE_EMPTY',
      'note: /cases/rds/RDS01/Security.evtx EVTX_CHUNK_CRC (3 times, offset 0x1000, chunk header)',
    ]);
  });

  it('show a code without a text, even one that names a property of every object', () => {
    for (const code of ['SOMETHING_NEW', 'constructor', '__proto__'])
      expect(problemLines([{ code, path: 'x', severity: 'note' }], 'ja')[0]).toMatchObject({ head: `参考: x ${code}`, meaning: '' });
  });

  it('are no text when there are none', () => {
    const style = { width: 80, colour: false, unicode: true, lang: 'en' } as const;
    expect(problemsToText([], style)).toBe('');
    expect(problemsToText(fixture.problems, style)).toContain('EVIDENCE_EMPTY');
  });
});
