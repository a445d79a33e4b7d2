import { describe, expect, it } from 'vitest';
import { compareHosts } from './compare.ts';
import { at, audited, type MadeEvidence, POLICY, SYSTEM, server, setting } from './test-state.ts';

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
});
