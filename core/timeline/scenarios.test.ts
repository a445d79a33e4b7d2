import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SCENARIOS } from '@winmedic/labs/scenarios';
import { afterAll, describe, expect, it } from 'vitest';
import { collectEvidence } from '../evidence/index.ts';
import type { Timeline } from '../model/timeline.ts';
import { buildTimeline } from './build.ts';
import { isoToNs, nsToIso } from './time.ts';

const folder = mkdtempSync(join(tmpdir(), 'winmedic-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes the logs of a scenario, reads them back and builds the timeline. */
async function play(name: string): Promise<Timeline> {
  const into = join(folder, name);
  for (const file of SCENARIOS[name]?.() ?? []) {
    const path = join(into, file.name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.bytes);
  }
  const evidence = await collectEvidence([into], { zone: 'UTC' });
  expect(evidence.problems).toEqual([]);
  return buildTimeline(evidence);
}

describe('logs of a host that switches itself off', () => {
  it('give every stop with its request, action and order', async () => {
    const { stops, hosts } = await play('ja-rds-power-off');
    expect(
      stops.map((s) => [nsToIso(s.time).slice(0, 16), s.class, s.action, s.request?.process, s.request?.userKind, s.request?.reason?.code]),
    ).toEqual([
      ['2018-06-25T02:30', 'requested-clean', 'restart', 'winlogon.exe', 'system', '0x500ff'],
      ['2018-06-28T08:40', 'requested-clean', 'power-off', 'winlogon.exe', 'system', '0x500ff'],
      ['2018-06-29T08:27', 'requested-clean', 'power-off', 'winlogon.exe', 'system', '0x500ff'],
      ['2018-07-01T01:03', 'requested-clean', 'restart', 'shutdown.exe', 'named', '0x80040002'],
      ['2018-07-04T08:05', 'requested-clean', 'power-off', 'winlogon.exe', 'system', '0x500ff'],
      ['2018-07-05T21:04', 'requested-clean', 'power-off', 'winlogon.exe', 'system', '0x500ff'],
      ['2018-07-06T01:20', 'requested-clean', 'power-off', 'winlogon.exe', 'system', '0x500ff'],
    ]);
    expect(hosts).toMatchObject([{ name: 'RDS01', build: '10.0.14393', utcOffsetMinutes: 540 }]);
  });
  it('show that nobody had a session on the morning of 07-06, and that somebody had before', async () => {
    const { stops } = await play('ja-rds-power-off');
    const at = (time: string): number | undefined => stops.find((s) => nsToIso(s.time).startsWith(time))?.sessions;
    expect(at('2018-07-05T21:04')).toBe(0);
    expect(at('2018-07-04T08:05')).toBeGreaterThan(0);
    expect(at('2018-06-25')).toBeUndefined();
  });
});

describe('one stop each', () => {
  it.each([
    ['start-menu-2012r2', 'requested-clean', 'power-off', 'explorer.exe', 1],
    ['start-menu-2019', 'requested-clean', 'restart', 'runtimebroker.exe', 0],
    ['windows-update-restart', 'requested-clean', 'restart', 'svchost.exe', 0],
    ['hypervisor-shutdown', 'requested-clean', 'power-off', 'svchost.exe', 0],
    ['english-logon-screen-2019', 'requested-clean', 'power-off', 'winlogon.exe', 0],
    ['exposed-host', 'requested-clean', 'power-off', 'winlogon.exe', 0],
    ['clock-step', 'requested-clean', 'power-off', 'winlogon.exe', 0],
    ['request-not-finished', 'requested-not-finished', 'unknown', 'shutdown.exe', 0],
    ['sleep-as-power-off', 'sleep', 'sleep', 'shellexperiencehost.exe', 0],
    ['fast-startup', 'sleep', 'sleep', 'shellexperiencehost.exe', 0],
  ])('%s is %s, %s, asked for by %s', async (name, cls, action, process, folded) => {
    const { stops } = await play(name);
    expect(stops).toHaveLength(1);
    expect(stops[0]).toMatchObject({ class: cls, action, request: { process } });
    expect(stops[0]?.request?.folded).toHaveLength(folded);
  });
  it.each([
    ['bug-check', 'bugcheck', '0xd1', false],
    ['bug-check-dump-failed', 'bugcheck', '0x7a', false],
    ['power-loss', 'dirty', undefined, false],
    ['power-button-held', 'dirty', undefined, true],
    ['hang', 'dirty', undefined, false],
  ])('%s is %s with code %s, power button %s', async (name, cls, code, powerButton) => {
    const { stops } = await play(name);
    expect(stops).toHaveLength(1);
    expect(stops[0]).toMatchObject({ class: cls, powerButton, lastShutdownGood: false });
    expect(stops[0]?.bugcheck?.code).toBe(code);
    expect(stops[0]?.request).toBeUndefined();
    expect((stops[0]?.latest ?? 0n) - (stops[0]?.earliest ?? 0n)).toBe(60_000_000_000n);
  });
  it('remote-shutdown names the machine that asked', async () => {
    expect((await play('remote-shutdown')).stops[0]?.request).toMatchObject({ process: 'wininit.exe', remote: '10.3.58.4' });
  });
});

describe('other logs', () => {
  it('of a fleet keep the hosts apart', async () => {
    const { hosts, stops } = await play('fleet');
    expect(hosts.map((h) => h.name)).toEqual(['LON-SQL1', 'NYC-FS1', 'TYO-RDS1']);
    expect(stops.map((s) => [s.id, s.class])).toEqual([
      ['TYO-RDS1#1', 'requested-clean'],
      ['LON-SQL1#1', 'dirty'],
    ]);
  });
  it('that were cleared show when, and no stop is made up', async () => {
    const { coverage, stops } = await play('cleared-logs');
    const cleared = isoToNs('2021-03-04T07:43:12Z') as bigint;
    for (const channel of ['System', 'Security']) {
      const c = coverage.find((x) => x.channel === channel);
      expect(c?.clearings.map((t) => (t - cleared) / 1_000_000_000n)).toEqual([0n]);
    }
    expect(stops).toEqual([]);
  });
  it('with a clock step report it', async () => {
    expect((await play('clock-step')).clockSteps.length).toBeGreaterThan(0);
  });
});
