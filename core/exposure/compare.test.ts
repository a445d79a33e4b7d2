import { describe, expect, it } from 'vitest';
import { compareHosts } from './compare.ts';
import { at, audited, HOSTNAME, LOCAL, MadeEvidence, POLICY, SYSTEM, server, setting } from './test-state.ts';

const PLAIN = `${SYSTEM}\\X!Plain`;
const { risky: _, ...plain } = at(PLAIN, {
  id: 'plain',
  values: { '2': { en: 'auto', ja: '自動' }, auto: { en: 'auto', ja: '自動' } },
  defaults: [{ value: '2' }],
});
const policy = at(POLICY, { id: 'policy' });
const of = (evidence: MadeEvidence) =>
  audited(evidence, [plain, policy, setting({ id: 'level', places: [{ address: `${SYSTEM}\\X!Level` }] })]);
const state = (plainValue: string | null, policyValue: string | null, level: string | null) =>
  of(server({ [PLAIN]: plainValue, [`${SYSTEM}\\X!Level`]: level }, { [POLICY]: policyValue }));

describe('two states', () => {
  it('differ for better or worse when a risk appears or goes', () => {
    const { changes, unchanged, notComparable } = compareHosts(state('3', '0', '1'), state('4', '1', '0'));
    expect(changes.map((c) => [c.setting.id, c.effect])).toEqual([
      ['plain', 'changed'],
      ['policy', 'better'],
      ['level', 'worse'],
    ]);
    expect([unchanged, notComparable]).toEqual([0, 0]);
  });

  it('are the same when what is stored on one side is the default of the other, in any notation', () => {
    const same = compareHosts(state('auto', '1', '0x1'), state(null, null, '1'));
    expect(same).toMatchObject({ changes: [], unchanged: 3 });
  });

  it('say what is known on one side only', () => {
    const without = of(server({ [PLAIN]: '3' }, {}));
    const after = compareHosts(without, state('3', '0', '1'));
    expect(after.changes.map((c) => [c.setting.id, c.effect])).toEqual([
      ['policy', 'now-known'],
      ['level', 'now-known'],
    ]);
    expect([after.unchanged, after.notComparable]).toEqual([1, 2]);
    expect(compareHosts(state('3', '0', '1'), without).changes.map((c) => c.effect)).toEqual(['no-longer-known', 'no-longer-known']);
    expect(compareHosts(without, without)).toMatchObject({ changes: [], unchanged: 1, notComparable: 2 });
  });

  describe('of which one was looked at less far', () => {
    const level = setting();
    const seen = (local: string, policyValue?: string | null) =>
      audited(
        policyValue === undefined
          ? new MadeEvidence().hive('RDS01/SYSTEM', { [HOSTNAME]: 'RDS01', [LOCAL]: local })
          : server({ [LOCAL]: local }, { [POLICY]: policyValue }),
        [level],
      );
    const effects = (a: ReturnType<typeof seen>, b: ReturnType<typeof seen>) => {
      const { changes, unchanged, notComparable } = compareHosts(a, b);
      return [changes.map(({ effect }) => effect), unchanged, notComparable];
    };

    it('are neither better nor worse: the policy may have been the same', () => {
      expect(effects(seen('0'), seen('0', '1'))).toEqual([['now-known'], 0, 1]);
      expect(effects(seen('0', '1'), seen('0'))).toEqual([['no-longer-known'], 0, 1]);
      expect(effects(seen('0'), seen('0', null))).toEqual([['now-known'], 0, 1]);
    });

    it('are compared by what was seen when the same is missing on both sides', () => {
      expect(effects(seen('0'), seen('1'))).toEqual([['better'], 0, 0]);
      expect(effects(seen('1'), seen('0'))).toEqual([['worse'], 0, 0]);
      expect(effects(seen('1'), seen('1'))).toEqual([[], 1, 0]);
    });
  });
});
