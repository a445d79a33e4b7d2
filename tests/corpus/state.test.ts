import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { unixMsToTicks } from '@winmedic/bytes';
import { diagnose } from '@winmedic/core/diagnosis';
import { collectEvidence } from '@winmedic/core/evidence';
import { withStateFacts } from '@winmedic/core/exposure';
import type { Diagnosis, Incident } from '@winmedic/core/model';
import { buildTimeline, nsToIso } from '@winmedic/core/timeline';
import { loadKnowledge } from '@winmedic/knowledge';
import { type HostSettings, hostHives, SAFE, TROUBLE_A } from '@winmedic/labs/host-state';
import { afterAll, describe, expect, it } from 'vitest';

/** Trouble A from files alone: the logs of the corpus with hives made for the same host. */
const logs = join(process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus'), 'evtx/synthetic-ja');
const ready = existsSync(logs);
if (!ready) console.log(`skipped: no corpus at ${logs} (set WINMEDIC_CORPUS)`);

const folder = mkdtempSync(join(tmpdir(), 'winmedic-state-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const knowledge = loadKnowledge();
const RDP = 'logon-screen-power-rdp-no-nla';
const at = (time: string): bigint => unixMsToTicks(Date.parse(time));
const BEFORE = at('2018-06-04T00:00:00Z');
const AFTER = at('2018-07-10T00:00:00Z');
const COPIED = at('2018-07-12T00:00:00Z');

/** Judges the logs with hives that were changed last at a time; `only` leaves the other hive out. */
async function judged(settings: HostSettings, only?: 'SYSTEM' | 'SOFTWARE'): Promise<Diagnosis> {
  const hives = hostHives({ computer: 'RDSH01', installedAt: at('2018-05-14T00:00:00Z'), newestAt: COPIED, ...settings });
  const config = mkdtempSync(join(folder, 'case-'));
  mkdirSync(join(config, 'config'));
  for (const name of ['SYSTEM', 'SOFTWARE'] as const)
    if (only === undefined || name === only) writeFileSync(join(config, 'config', name), hives[name]);
  const evidence = await collectEvidence([logs, config], { zone: 'UTC' });
  return diagnose(buildTimeline(withStateFacts(evidence, knowledge)), knowledge, { madeAt: 0n });
}
/** The four stops from the logon screen. */
const screenStops = (d: Diagnosis): Incident[] => d.incidents.filter((i) => i.stop.request?.process === 'winlogon.exe');
const gradeOf = (i: Incident): string | undefined => i.considered.find((j) => j.cause.id === RDP)?.grade;

describe.skipIf(!ready)('logs with hives of the same host', () => {
  it('are confirmed when the keys were last written before the first stop, and cite hive, key and time', async () => {
    const stops = screenStops(await judged({ ...TROUBLE_A, settingsAt: BEFORE }));
    expect(stops).toHaveLength(4);
    for (const { verdict } of stops) {
      expect(verdict).toMatchObject({ grade: 'confirmed', cause: { cause: { id: RDP } } });
      const facts = verdict.cause!.items.flatMap((i) => i.evaluation.evidence).filter((o) => o.type === 'fact');
      const cited = new Map(facts.map((f) => [f.name, f.origin]));
      expect(cited.get('policy.shutdown-without-logon')).toMatchObject({
        path: expect.stringMatching(/SOFTWARE$/) as string,
        key: expect.stringMatching(
          /^HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System!ShutdownWithoutLogon$/i,
        ) as string,
      });
      expect(cited.get('rdp.nla')).toMatchObject({
        path: expect.stringMatching(/SYSTEM$/) as string,
        key: 'HKLM\\SYSTEM\\ControlSet001\\Control\\Terminal Server\\WinStations\\RDP-Tcp!UserAuthentication',
      });
      for (const origin of cited.values()) expect(nsToIso(origin.keyWritten!)).toBe('2018-06-04T00:00:00Z');
    }
  });

  it('are ruled out when safe values were written before the first stop', async () => {
    for (const stop of screenStops(await judged({ ...SAFE, settingsAt: BEFORE }))) {
      expect(gradeOf(stop)).toBe('ruled_out');
      expect(stop.verdict.grade).not.toBe('confirmed');
    }
  });

  it('are not ruled out when safe values were written after the last stop: the change is shown as a suspect repair', async () => {
    const d = await judged({ ...SAFE, settingsAt: AFTER });
    for (const stop of screenStops(d)) {
      expect(stop.verdict).toMatchObject({ grade: 'likely', cause: { cause: { id: RDP } } });
      expect(stop.missing.map((m) => m.name).sort()).toEqual(['policy.shutdown-without-logon', 'rdp.nla']);
    }
    expect(d.repairs.map((r) => [r.fact.name, r.fact.value]).sort()).toEqual([
      ['policy.shutdown-without-logon', '0'],
      ['rdp.nla', 'on'],
    ]);
    for (const { fact, causes } of d.repairs) {
      expect(nsToIso(fact.origin.keyWritten!)).toBe('2018-07-10T00:00:00Z');
      expect(causes.map((c) => c.id)).toContain(RDP);
    }
  });

  it('stay likely when the keys were written between the stops: nothing is known of the earlier ones', async () => {
    const stops = screenStops(await judged({ ...TROUBLE_A, settingsAt: at('2018-06-28T12:00:00Z') }));
    expect(stops.map((i) => [nsToIso(i.stop.time).slice(0, 10), i.verdict.grade])).toEqual([
      ['2018-06-25', 'likely'],
      ['2018-06-28', 'likely'],
      ['2018-06-29', 'confirmed'],
      ['2018-07-04', 'confirmed'],
    ]);
  });

  it('stay likely when the hives are an older copy than the stops', async () => {
    for (const stop of screenStops(await judged({ ...TROUBLE_A, settingsAt: BEFORE, newestAt: at('2018-06-10T00:00:00Z') })))
      expect(stop.verdict.grade).toBe('likely');
  });

  it('stay likely without SOFTWARE: a policy there could require NLA', async () => {
    const d = await judged({ ...TROUBLE_A, settingsAt: BEFORE }, 'SYSTEM');
    for (const stop of screenStops(d)) expect(stop.verdict.grade).toBe('likely');
    expect(d.problems.map((p) => p.code)).toContain('EXPOSURE_POLICY_UNKNOWN');
  });

  it('are not confirmed when a policy required NLA, whatever the listener says: the logons typed on the screen contradict it', async () => {
    const d = await judged({ ...TROUBLE_A, terminalServicesPolicy: { UserAuthentication: 1 }, settingsAt: BEFORE });
    for (const stop of screenStops(d)) {
      expect(gradeOf(stop)).toBe('likely');
      const items = stop.verdict.cause!.items.filter((i) => i.evaluation.evidence.some((o) => o.type === 'fact' && o.name === 'rdp.nla'));
      expect(items.map((i) => i.evaluation.value)).toContain('false');
    }
  });

  it('say nothing about the host when the hives are of another one', async () => {
    const d = await judged({ ...TROUBLE_A, computer: 'OTHER', settingsAt: BEFORE });
    for (const stop of screenStops(d)) expect(stop.verdict.grade).toBe('likely');
    expect(d.problems.find((p) => p.code === 'EXPOSURE_HOST_WITHOUT_LOGS')).toMatchObject({ what: 'OTHER', severity: 'note' });
  });
});
