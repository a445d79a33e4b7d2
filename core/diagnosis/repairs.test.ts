import { describe, expect, test } from 'vitest';
import { cause, diagnosisOf, fact, item, powerOff } from './test-case.ts';

const wanting = (is: string) =>
  cause('screen', {
    required: [item('policy', { fact: 'policy.shutdown-without-logon', is }), item('kind', { stop: { class: 'requested-clean' } })],
  });
const events = powerOff('06:00:00');
const KEY = { sourceId: 'S2', path: 'config/SOFTWARE', key: 'HKLM\\SOFTWARE\\Microsoft\\Policies\\System!ShutdownWithoutLogon' };

/** Repairs found when the policy has a value from one time to another on. */
function repairs(value: string, from: string, to: string, is = '1') {
  const held = fact('policy.shutdown-without-logon', value, [from, to], { origin: KEY });
  return diagnosisOf({ events, facts: [held] }, [wanting(is)]).repairs;
}

describe('a setting changed after the last stop', () => {
  test('to a value with which the cause would not hold looks like the repair, and does not rule the cause out', () => {
    const held = fact('policy.shutdown-without-logon', '0', ['08:00:00', '09:00:00'], { origin: { ...KEY, keyWritten: 1n } });
    const diagnosis = diagnosisOf({ events, facts: [held] }, [wanting('1')]);
    expect(diagnosis.repairs).toMatchObject([{ host: 'RDS01', fact: { value: '0' }, causes: [{ id: 'screen' }] }]);
    expect(diagnosis.repairs[0]?.text.en).toContain(KEY.key);
    expect(diagnosis.repairs[0]?.text.ja).toContain('最終書き込み');
    expect(diagnosis.incidents[0]?.considered.map((j) => j.grade)).not.toContain('ruled_out');
  });

  test('is none when it still fits the cause', () => {
    expect(repairs('1', '08:00:00', '09:00:00')).toEqual([]);
  });

  test('is none when the value held at the stop: then it rules the cause out', () => {
    expect(repairs('0', '05:00:00', '09:00:00')).toEqual([]);
  });

  test('is none when a surer cause needs just that value, and is one when only a weaker cause does', () => {
    const clean = item('kind', { stop: { class: 'requested-clean' } });
    const policy = (is: string) => ({ fact: 'policy.shutdown-without-logon', is });
    const screen = cause('screen', { required: [clean, item('policy', policy('1'), { for: 'confirmed' as const })] });
    const outside = cause('outside', { required: [clean, item('policy', policy('0'))] });
    const changedTo = (value: string) => {
      const held = fact('policy.shutdown-without-logon', value, ['08:00:00', '09:00:00'], { origin: KEY });
      const { incidents, repairs: found } = diagnosisOf({ events, facts: [held] }, [screen, outside]);
      expect(incidents[0]?.considered.map((j) => [j.cause.id, j.grade])).toEqual([
        ['screen', 'likely'],
        ['outside', 'inconclusive'],
      ]);
      return found.map((r) => r.causes.map((c) => c.id));
    };
    expect(changedTo('0')).toEqual([['screen']]);
    expect(changedTo('1')).toEqual([]);
  });
});
