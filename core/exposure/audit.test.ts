import { loadKnowledge } from '@winmedic/knowledge';
import { describe, expect, it } from 'vitest';
import type { Audit } from '../model/audit.ts';
import { auditHosts } from './audit.ts';
import { compareHosts } from './compare.ts';
import { factsOfState } from './facts.ts';
import { at, day, HOSTNAME, LOCAL, MadeEvidence, POLICY, SYSTEM, server, setting } from './test-state.ts';

const options = { madeAt: day(30) };

/** Half a second on an idle machine; a loop in a loop over 100,000 would take minutes. */
const NOT_SQUARE_MS = 10_000;

/** Milliseconds of processor time of some work: neighbours on the machine do not count. */
function cpuMs(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

describe('an audit', () => {
  it('has every host once, with its sources, counts and problems', () => {
    const evidence = new MadeEvidence()
      .hive('b/SYSTEM', { [HOSTNAME]: 'B', [LOCAL]: '1' })
      .hive('a/SYSTEM', { [HOSTNAME]: 'A', [LOCAL]: '0' })
      .hive('a/SOFTWARE', { [POLICY]: null })
      .text('x.txt', { [LOCAL]: '0' })
      .problem('a/SYSTEM', 'HIVE_VERSION');
    const audit = auditHosts(evidence, { settings: [setting()], findings: [] }, options);
    expect(audit.hosts.map((h) => [h.host, h.sources, h.settings[0]?.status])).toEqual([
      ['A', ['S2', 'S3'], 'risky'],
      ['B', ['S1'], 'probably-ok'],
      [undefined, ['S4'], 'possible-risk'],
    ]);
    expect(audit.hosts[0]?.counts).toEqual({
      risky: 1,
      ok: 0,
      noted: 0,
      'possible-risk': 0,
      'probably-ok': 0,
      conflict: 0,
      'not-checked': 0,
    });
    expect(audit.problems.map((p) => [p.code, p.path, p.what])).toEqual([
      ['HIVE_VERSION', 'a/SYSTEM', undefined],
      ['EXPOSURE_HOST_UNKNOWN', 'x.txt', 'A, B'],
    ]);
    expect(audit).toMatchObject({ madeAt: day(30), comparisons: [], sources: evidence.sources });
  });

  it('shows the newest copy of the hives, and names the older one', () => {
    const evidence = new MadeEvidence()
      .hive('RegBack/SYSTEM', { [HOSTNAME]: 'A', [LOCAL]: '1' }, { until: 3 })
      .hive('RegBack/SOFTWARE', { [POLICY]: '1' }, { until: 3 })
      .hive('config/SYSTEM', { [HOSTNAME]: 'A', [LOCAL]: '0' }, { until: 9 });
    const { hosts, problems } = auditHosts(evidence, { settings: [setting()], findings: [] }, options);
    // The SOFTWARE hive of the other copy says nothing about this one.
    expect(hosts[0]?.settings[0]).toMatchObject({ status: 'possible-risk', value: '0', unchecked: [{ reason: 'hive-missing' }] });
    expect(problems.map((p) => [p.code, p.path, p.what])).toEqual([
      ['EXPOSURE_OLDER_STATE', 'RegBack/SYSTEM', 'config/SYSTEM'],
      ['EXPOSURE_OLDER_STATE', 'RegBack/SOFTWARE', 'config/SYSTEM'],
    ]);
  });

  it('of nothing is empty', () => {
    expect(auditHosts(new MadeEvidence(), { settings: [setting()], findings: [] }, options).hosts).toEqual([]);
  });

  it('is the same for the same evidence', () => {
    const make = () => auditHosts(server({ [LOCAL]: '0' }, { [POLICY]: null }), { settings: [setting()], findings: [] }, options);
    expect(make()).toEqual(make());
  });

  it('judges the bundled settings and findings, all of them', () => {
    const knowledge = loadKnowledge();
    const [host] = auditHosts(server({ [LOCAL]: '0' }, {}), knowledge, options).hosts;
    expect(host?.settings.map((s) => s.setting.id)).toEqual(knowledge.settings.map((s) => s.id));
    expect(host?.combined.map((c) => c.finding.id)).toEqual(knowledge.findings.map((f) => f.id));
    for (const { text, unchecked } of host?.settings ?? [])
      for (const t of [text, ...unchecked.map((u) => u.need)]) {
        expect(t.en).not.toBe('');
        expect(t.ja).not.toBe('');
      }
  });
});

describe('hostile evidence', () => {
  it('with names of the prototype, odd addresses and endless ones is read like any other', () => {
    const evidence = new MadeEvidence().text('t', {
      ['__proto__']: '1',
      'reg:__proto__!constructor': '1',
      'constructor:toString': '1',
      '': '1',
      '!': '1',
      ':': '1',
      [`reg:${'\\'.repeat(50_000)}!x`]: '1',
      [`${SYSTEM}\\${'a\\'.repeat(50_000)}b!Level`]: '1',
    });
    const settings = [setting(), at('reg:HKLM\\SYSTEM\\*!Level', { id: 'wild' }), at('__proto__!constructor', { id: '__proto__' })];
    const [host] = auditHosts(evidence, { settings, findings: [] }, options).hosts;
    expect(host?.settings.map((s) => s.status)).toEqual(['not-checked', 'not-checked', 'not-checked']);
    expect(compareHosts(host!, host!)).toMatchObject({ changes: [], notComparable: 3 });
    expect(factsOfState(evidence, { settings }).facts).toEqual([]);
  });

  it('of 100,000 observations does not grow with their square', () => {
    const knowledge = loadKnowledge();
    const values = Object.fromEntries(
      Array.from({ length: 50_000 }, (_, i) => [`${SYSTEM}\\CurrentControlSet\\Services\\svc${i}\\Parameters!Port`, String(i)]),
    );
    const evidence = server({ ...values, [LOCAL]: '0' }, {}).text('RDS01/t.txt', values);
    expect(evidence.state.length).toBeGreaterThan(100_000);
    const settings = [...knowledge.settings, at(`${SYSTEM}\\CurrentControlSet\\Services\\*\\Parameters!Port`, { id: 'wild' })];
    let audit: Audit | undefined;
    expect(cpuMs(() => (audit = auditHosts(evidence, { settings, findings: knowledge.findings }, options)))).toBeLessThan(NOT_SQUARE_MS);
    const wild = audit?.hosts[0]?.settings.at(-1);
    expect(wild?.seen).toHaveLength(100_000);
    expect(wild?.text.en.length).toBeLessThan(500);
  });

  it('of thousands of texts of one host is no square', () => {
    const evidence = new MadeEvidence().hive('c/SYSTEM', { [HOSTNAME]: 'A', [LOCAL]: '0' }).hive('c/SOFTWARE', { [POLICY]: null });
    for (let i = 0; i < 2000; i++) evidence.text(`c/${i}.txt`, { [LOCAL]: String(i % 2) });
    const settings = [setting({ fact: { name: 'x.level', values: { '0': 'open', '1': 'closed' } } })];
    const spent = cpuMs(() => {
      expect(auditHosts(evidence, { settings, findings: [] }, options).hosts[0]?.settings[0]?.status).toBe('conflict');
      expect(factsOfState(evidence, { settings }).facts.length).toBeGreaterThan(1000);
    });
    expect(spent).toBeLessThan(NOT_SQUARE_MS);
  });
});
