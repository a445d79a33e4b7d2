import { describe, expect, it } from 'vitest';
import type { StateObservation } from '../model/state.ts';
import { factsOfState } from './facts.ts';
import { audited, both, finding, judged, LOCAL, type MadeEvidence, POLICY, server, setting } from './test-state.ts';

/** A server whose local value, or whose policy, is stored in some way. */
const local = (stored: Partial<StateObservation>): MadeEvidence => server({ [LOCAL]: stored }, { [POLICY]: null });
const policy = (stored: Partial<StateObservation>): MadeEvidence => server({ [LOCAL]: '0' }, { [POLICY]: stored });
const FACT = { fact: { name: 'demo.level', values: { '0': 'open', '1': 'closed' } } };
const factsOf = (evidence: MadeEvidence, more = {}) =>
  factsOfState(evidence, { settings: [setting({ ...FACT, ...more })] }).facts.map(({ value }) => value);

describe('a value that is not stored as the number Windows asks for', () => {
  it.each([
    ['1', 'REG_SZ'],
    ['0', 'REG_SZ'],
    ['', 'REG_SZ'],
    ['01', 'REG_BINARY'],
    ['01000000', 'REG_BINARY'],
    ['1', 'REG_QWORD'],
    ['1', 'REG_DWORD_BIG_ENDIAN'],
    ['0100', 'REG_DWORD[2]'],
  ])('%j as %s is neither risky nor ok, decides no fact, and hides what lies below it', (value, valueType) => {
    for (const evidence of [local({ value, valueType }), policy({ value, valueType })]) {
      const result = judged(evidence, setting());
      expect(result).toMatchObject({ status: 'possible-risk', value });
      expect(result.text.en).toContain('not stored as the number Windows asks for');
      expect(result.text.ja).toContain('数値の型ではなく');
      expect(factsOf(evidence)).toEqual([]);
    }
  });

  it('leaves combined findings undecided', () => {
    const evidence = local({ value: '0', valueType: 'REG_SZ' });
    const of = (when: Parameters<typeof finding>[0]) => audited(evidence, [setting()], [finding(when)]).combined[0]?.status;
    expect(of({ risky: 'level' })).toBe('possible');
    expect(of({ setting: 'level', is: 0 })).toBe('unknown');
    expect(of({ setting: 'level', present: true })).toBe('holds');
  });

  it('matters for numbers compared, too', () => {
    const size = setting({ values: {}, defaults: [], risky: { lt: 100 } });
    expect(judged(local({ value: '5', valueType: 'REG_SZ' }), size).status).toBe('possible-risk');
    expect(judged(local({ value: '5', valueType: 'REG_DWORD' }), size).status).toBe('risky');
    expect(judged(local({ value: '500', valueType: 'REG_DWORD' }), size).status).toBe('ok');
  });

  it('is as it should be for a text, for information, and for what only has to exist', () => {
    const text = setting({ values: { Y: both('on'), N: both('off') }, defaults: [{ value: 'Y' }], risky: { is: 'N' } });
    expect(judged(local({ value: 'N', valueType: 'REG_SZ' }), text).status).toBe('risky');
    const { risky: _, ...information } = setting();
    expect(judged(local({ value: '1', valueType: 'REG_SZ' }), information).text.en).toBe('1: closed');
    expect(judged(local({ value: '1', valueType: 'REG_SZ' }), setting({ risky: { present: true } })).status).toBe('risky');
    expect(judged(local({ value: '0', valueType: 'REG_DWORD' }), setting()).status).toBe('risky');
  });
});

describe('a value that is none of those a setting has', () => {
  it('may be the risk, and is not called safe', () => {
    const result = judged(local({ value: '2', valueType: 'REG_DWORD' }), setting());
    expect(result.status).toBe('possible-risk');
    expect(result.text).toEqual({
      en: '2 (none of the documented values; its effect is not known)',
      ja: '2 (文書にない値で、効果は不明)',
    });
  });

  it('is judged where the setting says what any other value means, and where only some Windows is at risk', () => {
    const open = setting({ values: { '0': both('open'), '*': both('closed') } });
    expect(judged(local({ value: '2' }), open).status).toBe('ok');
    expect(judged(local({ value: '2' }), setting({ riskyOn: ['client'] })).status).toBe('ok');
  });

  it('is a fact where the fact knows it', () => {
    expect(factsOf(local({ value: '3390' }), { fact: { name: 'demo.port', values: { '*': '=' } } })).toEqual(['3390']);
    expect(factsOf(local({ value: '2' }))).toEqual([]);
  });
});
