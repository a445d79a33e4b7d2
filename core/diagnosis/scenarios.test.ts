import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadKnowledge } from '@winmedic/knowledge';
import { SCENARIOS } from '@winmedic/labs/scenarios';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collectEvidence } from '../evidence/collect.ts';
import type { Evidence, FactObservation } from '../model/observation.ts';
import type { Diagnosis, Incident } from '../model/verdict.ts';
import { buildTimeline } from '../timeline/build.ts';
import { nsToIso } from '../timeline/time.ts';
import { diagnose } from './diagnose.ts';
import { fact } from './test-case.ts';

/** The bundled knowledge base against logs that the scenarios write: what is concluded, and above all what is not. */
const folder = mkdtempSync(join(tmpdir(), 'winmedic-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const knowledge = loadKnowledge();
const read = new Map<string, Evidence>();

async function evidence(name: string): Promise<Evidence> {
  const known = read.get(name);
  if (known !== undefined) return known;
  for (const file of SCENARIOS[name]?.() ?? []) {
    const path = join(folder, name, file.name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.bytes);
  }
  const found = await collectEvidence([join(folder, name)], { zone: 'UTC' });
  read.set(name, found);
  return found;
}
async function judged(name: string, facts: readonly FactObservation[] = []): Promise<Diagnosis> {
  return diagnose(buildTimeline({ ...(await evidence(name)), facts }), knowledge, { madeAt: 0n });
}
const at = (d: Diagnosis, time: string): Incident => {
  const found = d.incidents.find((i) => nsToIso(i.stop.time).startsWith(time));
  if (found === undefined) throw new Error(`no stop at ${time}`);
  return found;
};
const grade = (i: Incident, cause: string): string | undefined => i.considered.find((j) => j.cause.id === cause)?.grade;

const period = ['2018-06-18T00:00:00', '2018-07-12T15:00:00'] as const;
const policyOn = fact('policy.shutdown-without-logon', '1', period);
const policyOff = fact('policy.shutdown-without-logon', '0', period);
const nlaOff = fact('rdp.nla', 'off', period);
const RDP = 'logon-screen-power-rdp-no-nla';
const CONSOLE = 'logon-screen-power-console';
const OUTSIDE = 'acpi-or-bmc-soft-off';
/** UTC times of the five stops from the logon screen, the planned restart and the console press. */
const SCREEN = ['2018-06-25T02:30', '2018-06-28T08:40', '2018-06-29T08:27', '2018-07-04T08:05', '2018-07-05T21:04'];
const PLANNED = '2018-07-01T01:03';
const PRESSED = '2018-07-06T01:20';

describe('the host that switches itself off', () => {
  let logsOnly: Diagnosis;
  beforeAll(async () => {
    logsOnly = await judged('ja-rds-power-off');
  });

  test('from logs alone: likely the RDP logon screen, and exactly the two facts that would confirm it are missing', () => {
    for (const time of SCREEN) {
      const i = at(logsOnly, time);
      expect(i.verdict).toMatchObject({ grade: 'likely', cause: { cause: { id: RDP } } });
      expect(i.missing.map((m) => m.name).sort()).toEqual(['policy.shutdown-without-logon', 'rdp.nla']);
      expect(i.nextCheck?.check.fact).toBe('policy.shutdown-without-logon');
      expect(i.nextCheck?.separates).toEqual(expect.arrayContaining([RDP, CONSOLE, OUTSIDE]));
    }
  });

  test('with both facts held at the time: confirmed, stop by stop', async () => {
    const d = await judged('ja-rds-power-off', [policyOn, nlaOff]);
    for (const time of SCREEN) {
      const i = at(d, time);
      expect(i.verdict).toMatchObject({ grade: 'confirmed', cause: { cause: { id: RDP } } });
      expect(i.missing).toEqual([]);
      expect(i.nextCheck).toBeUndefined();
      expect(i.chain.map((l) => l.support)).not.toContain('assumed');
      const cited = i.chain.flatMap((l) => l.evidence).map((o) => (o.type === 'event' ? o.eventId : o.name));
      expect(cited).toEqual(expect.arrayContaining([1074, 4625, 'rdp.nla', 'policy.shutdown-without-logon']));
    }
  });

  test.each([
    ['one of them', [policyOn]],
    ['the other', [nlaOff]],
    ['both as values of today', [fact('policy.shutdown-without-logon', '1'), fact('rdp.nla', 'off')]],
    ['both read once', [fact('policy.shutdown-without-logon', '1', '2018-07-12T00:00:00'), fact('rdp.nla', 'off', '2018-07-12T00:00:00')]],
  ])('%s does not confirm', async (_what, facts) => {
    const d = await judged('ja-rds-power-off', facts);
    for (const time of SCREEN) expect(at(d, time).verdict.grade).toBe('likely');
  });

  test('the console press with the very same record is neither confirmed nor likely, whatever the facts say', async () => {
    for (const facts of [[], [policyOn, nlaOff]]) {
      const i = at(await judged('ja-rds-power-off', facts), PRESSED);
      expect(i.verdict.grade).toBe('inconclusive');
      expect(grade(i, RDP)).toBe('ruled_out');
      expect(i.missing.map((m) => m.name)).toEqual(
        expect.arrayContaining(['console.session', 'bmc.power-event', 'hypervisor.stop-request']),
      );
    }
  });

  test('the planned restart is its own thing', () => {
    const i = at(logsOnly, PLANNED);
    expect(i.verdict.cause?.cause.id).toBe('shutdown-exe-person');
    expect(grade(i, RDP)).toBe('ruled_out');
  });

  test('held at that time, ShutdownWithoutLogon=0 rules it out and the next best cause is named', async () => {
    const d = await judged('ja-rds-power-off', [policyOff]);
    for (const time of SCREEN) {
      const i = at(d, time);
      expect(grade(i, RDP)).toBe('ruled_out');
      expect(grade(i, CONSOLE)).toBe('ruled_out');
      expect(i.verdict).toMatchObject({ grade: 'likely', cause: { cause: { id: OUTSIDE } } });
    }
  });

  test('the same value read later is only the value of today', async () => {
    const d = await judged('ja-rds-power-off', [fact('policy.shutdown-without-logon', '0')]);
    for (const time of SCREEN) {
      const i = at(d, time);
      expect(i.verdict).toMatchObject({ grade: 'likely', cause: { cause: { id: RDP } } });
      expect(i.verdict.cause?.because.en).toMatch(/today's value .* was it changed since\?/);
      expect(i.verdict.cause?.because.ja).toMatch(/今日の値です/);
    }
  });

  test('dead ends get the status the evidence earns them', async () => {
    const status = (d: Diagnosis): Record<string, string> => Object.fromEntries(d.deadEnds.map((e) => [e.cause.id, e.status]));
    expect(status(logsOnly)).toMatchObject({
      'driver-fault': 'ruled_out',
      'hardware-fault': 'ruled_out',
      'windows-update-restart': 'ruled_out',
      'pending-definition-update': 'ruled_out',
      'high-load': 'ruled_out',
      'shutdown-d-p42-as-fix': 'ruled_out',
      'changed-port-is-protection': 'not_checkable',
      'datacenter-power-work': 'not_checkable',
    });
    for (const dead of logsOnly.deadEnds) if (dead.status === 'ruled_out') expect(dead.evidence.length).toBeGreaterThan(0);
    expect(status(await judged('ja-rds-power-off', [fact('action.port-change', 'yes', '2018-07-01T00:00:00')]))).toMatchObject({
      'changed-port-is-protection': 'ruled_out',
    });
  });

  test('without the record of the command, its failure is not checkable', async () => {
    const all = await evidence('ja-rds-power-off');
    const without = all.events.filter((e) => !(e.eventId === 1074 && e.fields.get('param4') === '0x80040002'));
    expect(without.length).toBe(all.events.length - 1);
    const d = diagnose(buildTimeline({ ...all, events: without }), knowledge, { madeAt: 0n });
    expect(d.deadEnds.find((e) => e.cause.id === 'shutdown-d-p42-as-fix')?.status).toBe('not_checkable');
  });
});

describe('the same host without the traces', () => {
  test('no failures and no connections: never confirmed or likely, and each open cause says what would decide', async () => {
    const d = await judged('ja-rds-without-connections', [policyOn, nlaOff]);
    expect(d.incidents.length).toBeGreaterThan(5);
    for (const time of SCREEN) {
      const i = at(d, time);
      expect(i.verdict.grade).toBe('inconclusive');
      expect(grade(i, RDP)).toBe('ruled_out');
      for (const [cause, check] of [
        [CONSOLE, 'console.session'],
        [OUTSIDE, 'bmc.power-event'],
      ] as const) {
        const open = i.considered.find((j) => j.cause.id === cause);
        expect(open).toMatchObject({ grade: 'inconclusive', pointed: true });
        expect(open?.missing.map((m) => m.name)).toContain(check);
        expect(open?.because.en).toMatch(/Decided by: /);
      }
    }
  });

  test('failures stopped by NLA all around prove nothing about a power-off', async () => {
    const [i] = (await judged('exposed-host', [policyOn, nlaOff])).incidents;
    expect(i?.verdict.grade).toBe('inconclusive');
  });
});

describe('one stop each', () => {
  test.each([
    ['start-menu-2012r2', 'confirmed', 'user-start-menu'],
    ['start-menu-2019', 'confirmed', 'user-start-menu'],
    ['windows-update-restart', 'confirmed', 'windows-update-restart'],
    ['remote-shutdown', 'confirmed', 'remote-shutdown-rpc'],
    ['hypervisor-shutdown', 'likely', 'hyperv-host-shutdown-ic'],
    ['bug-check', 'confirmed', 'bugcheck-generic'],
    ['power-button-held', 'confirmed', 'power-button-held'],
    ['power-loss', 'inconclusive', undefined],
    ['bmc-soft-off', 'inconclusive', undefined],
    ['sleep-as-power-off', 'confirmed', 'sleep-or-fast-startup'],
    ['fast-startup', 'confirmed', 'sleep-or-fast-startup'],
    ['english-logon-screen-2019', 'likely', RDP],
    ['console-button-after-failure', 'likely', CONSOLE],
  ])('%s: %s %s', async (name, expected, cause) => {
    for (const i of (await judged(name)).incidents) {
      expect(i.verdict.grade).toBe(expected);
      expect(i.verdict.cause?.cause.id).toBe(cause);
    }
  });
});

test('every text of a diagnosis exists in both languages', async () => {
  const d = await judged('ja-rds-power-off', [policyOn]);
  const texts = d.incidents.flatMap((i) => [
    i.verdict.sentence,
    ...i.chain.map((l) => l.text),
    ...i.considered.flatMap((j) => [j.because, ...j.items.map((x) => x.evaluation.because)]),
    ...i.missing.map((m) => m.text),
  ]);
  expect(texts.length).toBeGreaterThan(1000);
  for (const text of texts) {
    expect(text.en.trim()).not.toBe('');
    expect(text.ja.trim()).not.toBe('');
    expect(text.en).not.toMatch(/undefined|NaN|\[object/);
    expect(text.ja).not.toMatch(/undefined|NaN|\[object/);
  }
});

describe('what a platform reports beside a stop', () => {
  const ofPress = (name: string, value: string): Promise<Diagnosis> =>
    judged('ja-rds-console-button', [fact(name, value, '2018-07-06T01:20:41')]);
  test('a failed host sends no orderly request; a scheduled event does', async () => {
    for (const value of ['system-status-failed', 'recovery'])
      expect(grade(at(await ofPress('cloud.host-event', value), PRESSED), 'ec2-host-failure')).toBe('likely');
    expect(grade(at(await ofPress('cloud.host-event', 'system-reboot'), PRESSED), 'ec2-host-failure')).toBe('confirmed');
  });
  test('a shutdown from inside leaves an orderly end', async () => {
    const stopped = fact('cloud.state-reason', 'Client.InstanceInitiatedShutdown', '2021-03-03T05:34:00');
    const [incident] = (await judged('power-loss', [stopped])).incidents;
    expect(grade(incident as Incident, 'ec2-instance-initiated')).toBe('likely');
  });
});

describe('a pressed power button', () => {
  test('an entry known to the day only blocks confirmed and does not rule out', async () => {
    const sometime = fact('bmc.power-event', 'power-button', ['2018-07-05T15:00:00', '2018-07-06T14:59:59']);
    const d = await judged('ja-rds-power-off', [policyOn, nlaOff, sometime]);
    expect(grade(at(d, '2018-07-05T21:04'), RDP)).toBe('likely');
    expect(grade(at(d, '2018-07-04T08:05'), RDP)).toBe('confirmed');
  });
  test('a recorded press of another time does not confirm the held button and leaves power loss open', async () => {
    const { events, ...rest } = await evidence('power-button-held');
    const older = events.map((e) =>
      e.eventId === 41 ? { ...e, fields: new Map([...e.fields, ['PowerButtonTimestamp', '132580000000000000']]) } : e,
    );
    const find = (list: Evidence['events']): Incident =>
      diagnose(buildTimeline({ ...rest, events: list, facts: [] }), knowledge, { madeAt: 0n }).incidents[0] as Incident;
    expect([grade(find(events), 'power-button-held'), grade(find(events), 'power-loss')]).toEqual(['confirmed', 'ruled_out']);
    expect([grade(find(older), 'power-button-held'), grade(find(older), 'power-loss')]).toEqual(['likely', 'inconclusive']);
  });
});
