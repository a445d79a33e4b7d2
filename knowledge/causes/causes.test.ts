import { describe, expect, it } from 'vitest';
import { buildKnowledge } from '../build.ts';
import type { Cause } from '../src/model.ts';

const { knowledge, issues } = buildKnowledge();
const causes = knowledge['causes'] as readonly Cause[];

function cause(id: string): Cause {
  const found = causes.find((candidate) => candidate.id === id);
  if (!found) throw new Error(`no cause ${id}`);
  return found;
}

/** Every value of `key` anywhere in a structure. */
function valuesOf(node: unknown, key: string): unknown[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, value]) => [...(name === key ? [value] : []), ...valuesOf(value, key)]);
}

describe('the bundled causes', () => {
  it('are valid and refer only to what exists', () => {
    expect(issues).toEqual([]);
  });

  it('name a check for every fact they require, so that a missing one can always be asked for', () => {
    const unsupplied = causes.flatMap(({ id, required, confirm }) => {
      const supplied = new Set(confirm.map((check) => check.fact));
      const needed = ['fact', 'factEvent', 'actionBefore'].flatMap((key) => valuesOf(required, key));
      return needed.filter((fact) => !supplied.has(String(fact))).map((fact) => `${id}: ${fact}`);
    });
    expect(unsupplied).toEqual([]);
  });

  it('never treat by weakening a protection', () => {
    const weakening =
      /AllowEncryptionOracle.*\s2\b|AllowUnencrypted\S*[\s="]+(\$?true|1)|Basic[\s="]+(\$?true|1)|UserAuthenticationRequired=0|ShutdownWithoutLogon .*\/d 1|TrustedHosts ['"]?\*|advfirewall .*off|Enabled False|DisableRealtimeMonitoring/i;
    const commands = causes.flatMap(({ id, remedies, confirm }) => [...remedies, ...confirm].map((item) => `${id}: ${item.command ?? ''}`));
    expect(commands.filter((command) => weakening.test(command))).toEqual([]);
    expect(weakening.test('Set-Item WSMan:\\localhost\\Service\\AllowUnencrypted $true')).toBe(true);
  });

  it('say for every remedy how risky it is and how to take it back, in both languages', () => {
    for (const { remedies } of causes) {
      for (const { risk, undo } of remedies) for (const text of [risk, undo]) expect([text.en.trim(), text.ja.trim()]).not.toContain('');
    }
  });
});

describe('the causes of winlogon, SYSTEM, 0x500ff', () => {
  const rivals = ['logon-screen-power-rdp-no-nla', 'logon-screen-power-console', 'acpi-or-bmc-soft-off', 'port-scan-then-shutdown'];

  it('start from the same record and are ruled out when it names something else', () => {
    for (const id of rivals) {
      const record = cause(id).required.find((item) => item.id === 'record');
      expect(record?.necessary, id).toBe(true);
      expect(record?.when, id).toEqual(cause('logon-screen-power-rdp-no-nla').required[0]?.when);
    }
  });

  it('need something beyond the record to be likely, and something beyond logs or chance to be confirmed', () => {
    for (const id of rivals) {
      const stages = cause(id).required.map((item) => item.for ?? 'likely');
      expect(stages.filter((stage) => stage === 'likely').length, id).toBeGreaterThanOrEqual(2);
      expect(stages, id).toContain('confirmed');
    }
  });

  it('keep the chance of a coincidence that passes by luck below 1 %, over all tests of a cause together', () => {
    for (const id of rivals) {
      const bounds = valuesOf(cause(id).required, 'below').map(Number);
      expect(
        bounds.reduce((sum, bound) => sum + bound, 0),
        id,
      ).toBeLessThanOrEqual(0.01);
    }
    expect(valuesOf(cause('logon-screen-power-rdp-no-nla').required, 'coincidence')).toEqual([
      'screen-typed-failure',
      'unfinished-rdp-connection',
    ]);
  });
});

describe('what people try first', () => {
  it('is listed in a fixed order, each place once', () => {
    const listed = causes
      .filter((candidate) => candidate.prominence !== undefined)
      .sort((a, b) => (a.prominence ?? 0) - (b.prominence ?? 0));
    expect(listed.map((candidate) => candidate.id)).toEqual([
      'driver-fault',
      'hardware-fault',
      'windows-update-restart',
      'pending-definition-update',
      'high-load',
      'shutdown-d-p42-as-fix',
      'changed-port-is-protection',
      'datacenter-power-work',
    ]);
  });

  it('is held against a stop only after an action whose date is known', () => {
    const actions = {
      'driver-fault': 'action.driver-rollback',
      'hardware-fault': 'action.hardware-swap',
      'windows-update-restart': 'action.windows-update',
      'high-load': 'action.load-reduced',
      'shutdown-d-p42-as-fix': 'action.shutdown-d-p42',
      'changed-port-is-protection': 'action.port-change',
    };
    for (const [id, action] of Object.entries(actions)) expect(valuesOf(cause(id).refutes ?? [], 'actionBefore'), id).toEqual([action]);
  });
});
