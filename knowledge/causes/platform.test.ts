import { describe, expect, it } from 'vitest';
import { buildKnowledge } from '../build.ts';
import type { Cause, Expr, FactDefinition } from '../src/model.ts';

const { knowledge } = buildKnowledge();
const causes = knowledge['causes'] as readonly Cause[];
const facts = new Map((knowledge['facts'] as readonly FactDefinition[]).map((fact) => [fact.id, fact]));
const byId = new Map(causes.map((cause) => [cause.id, cause]));

function cause(id: string): Cause {
  const found = byId.get(id);
  if (!found) throw new Error(`no cause ${id}`);
  return found;
}

/** Every object inside a structure, itself included. */
function nodes(node: unknown): Record<string, unknown>[] {
  if (typeof node !== 'object' || node === null) return [];
  const inner = Object.values(node).flatMap(nodes);
  return Array.isArray(node) ? inner : [node as Record<string, unknown>, ...inner];
}

function list(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}

/** Can the expression become true from the guest's own log alone, without a fact and without another host? */
function fromGuestLogAlone(expr: Expr): boolean {
  if ('all' in expr) return expr.all.every(fromGuestLogAlone);
  if ('any' in expr) return expr.any.some(fromGuestLogAlone);
  if ('fact' in expr || 'factEvent' in expr) return false;
  if ('derived' in expr) return !/^(hypervisor|other-host)-/.test(expr.derived);
  return true;
}

describe('conditions of all causes', () => {
  it('compare facts only with values the fact can have', () => {
    const wrong = causes.flatMap(({ id, required, supporting, refutes, weakens }) =>
      nodes([required, supporting, refutes, weakens]).flatMap((node) => {
        const values = facts.get(String(node['fact'] ?? node['factEvent']))?.values;
        if (values === undefined || node['is'] === undefined) return [];
        return list(node['is'])
          .filter((value) => !Object.hasOwn(values, value))
          .map((value) => `${id}: ${value}`);
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('write codes in the form the timeline gives them, lower case without leading zeros', () => {
    const codes = causes.flatMap(({ required, supporting, refutes, weakens }) =>
      nodes([required, supporting, refutes, weakens]).flatMap((node) => [
        ...list(node['bugcheck.code'] ?? []),
        ...list(node['request.code'] ?? []),
      ]),
    );
    expect(codes.length).toBeGreaterThan(10);
    expect(codes.filter((code) => !/^0x([1-9a-f][0-9a-f]*|0)$/.test(code))).toEqual([]);
  });

  it('specialise each other without a circle', () => {
    for (const start of causes) {
      const path = [start.id];
      for (let at = start.refines; at !== undefined; at = cause(at).refines) {
        expect(path, start.id).not.toContain(at);
        path.push(at);
      }
    }
  });
});

describe('a stop without orderly end and without a code', () => {
  const alike = [
    'power-loss',
    'hang-then-reset',
    'hyperv-turn-off-reset',
    'bugcheck-without-trace',
    'host-failure',
    'cluster-heartbeat-restart',
    'ec2-host-failure',
  ];

  it('is never confirmed as one of the causes that look the same from the guest', () => {
    for (const id of alike)
      expect(
        cause(id).required.every((item) => fromGuestLogAlone(item.when)),
        id,
      ).toBe(false);
  });

  it('is confirmed as a held power button by the recorded press alone', () => {
    expect(cause('power-button-held').required.map((item) => item.when)).toEqual([{ stop: { powerButton: true } }]);
  });
});

describe('a crash', () => {
  it('is ruled out by an orderly end', () => {
    const crashes = causes.filter((candidate) => {
      for (let at: Cause | undefined = candidate; at !== undefined; at = at.refines === undefined ? undefined : cause(at.refines)) {
        if (at.id === 'bugcheck-generic') return candidate.id !== 'critical-process-died';
      }
      return false;
    });
    expect(crashes.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['crowdstrike-291', 'cluster-bugcheck-9e', 'hardware-whea', 'edr-driver-crash']),
    );
    for (const { id, required, refutes } of crashes) {
      const byRefutation = (refutes ?? []).some((item) =>
        nodes(item.when).some((node) => list(node['class'] ?? []).includes('requested-clean')),
      );
      const byNecessity = required.some(
        (item) => item.necessary && JSON.stringify(item.when).includes('"not":{"stop":{"class":["requested-clean"'),
      );
      expect(byRefutation || byNecessity, id).toBe(true);
    }
  });

  it('is laid at the door of channel file 291 only with the file or the hours of its release, and confirmed only with the module', () => {
    const { required } = cause('crowdstrike-291');
    const [content] = required;
    expect(content?.for ?? 'likely').toBe('likely');
    const alternatives = content !== undefined && 'any' in content.when ? content.when.any : [];
    expect(alternatives[0]).toEqual({ fact: 'crowdstrike.channel-file-291', is: 'faulty' });
    expect(alternatives[1]).toMatchObject({
      all: [{ stop: { 'notBefore|gte': Date.UTC(2024, 6, 19, 4, 9) / 1000, 'notAfter|lt': Date.UTC(2024, 6, 19, 5, 27) / 1000 } }, {}],
    });
    expect(alternatives).toHaveLength(2);
    const confirmed = required.filter((item) => item.for === 'confirmed').map((item) => item.when);
    expect(confirmed).toEqual([
      { stop: { 'bugcheck.code': ['0x50', '0x7e'] } },
      { factEvent: 'dump.module', is: ['csagent', 'csagent.sys'], within: { before: '10m', after: '30m' } },
    ]);
    expect(JSON.stringify(facts.get('crowdstrike.channel-file-291'))).toMatch(/04:09.*05:27/);
  });
});

describe('a request that names its process', () => {
  it('rules the other agents out', () => {
    const agents: Record<string, string> = {
      'vmware-guest-shutdown': 'vmtoolsd.exe',
      'qemu-guest-agent-shutdown': 'qemu-ga.exe',
      'eval-license-expired': 'wlms.exe',
      'edition-compliance-shutdown': 'silsvc.exe',
      'scm-recovery-reboot': 'services.exe',
      'hyperv-host-shutdown-ic': 'svchost.exe',
    };
    for (const [id, process] of Object.entries(agents)) {
      const item = cause(id).required.find((candidate) => candidate.necessary);
      expect(item?.when, id).toMatchObject({ stop: { 'request.process': process } });
    }
  });

  it('takes the restart action of the service manager by its number, 2', () => {
    expect(JSON.stringify(cause('scm-recovery-reboot').required)).toContain('"id":7031,"channel":"System","where":{"param4":"2"}');
  });
});
