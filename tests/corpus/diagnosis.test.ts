import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { diagnose } from '@winmedic/core/diagnosis';
import { collectEvidence } from '@winmedic/core/evidence';
import type { Diagnosis, EventObservation, Evidence, FactObservation, Incident } from '@winmedic/core/model';
import { buildTimeline, isoToNs, nsToIso } from '@winmedic/core/timeline';
import { loadKnowledge } from '@winmedic/knowledge';
import { describe, expect, it } from 'vitest';

/** Verdicts about real machines, checked by hand against their records. The worst that can happen is a wrong "confirmed". */
const folder = join(process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus'), 'evtx');
const ready = existsSync(join(folder, 'expected.json'));
if (!ready) console.log(`skipped: no corpus at ${folder} (set WINMEDIC_CORPUS)`);

const knowledge = loadKnowledge();
const read = (...paths: string[]): Promise<Evidence> =>
  collectEvidence(
    paths.map((p) => join(folder, p)),
    { zone: 'UTC' },
  );
const judge = (evidence: Evidence): Diagnosis => diagnose(buildTimeline(evidence), knowledge, { madeAt: 0n });
type Row = readonly [time: string, cls: string, grade: string, cause: string];
const rows = (d: Diagnosis): Row[] =>
  d.incidents.map((i) => [nsToIso(i.stop.time).slice(0, 16), i.stop.class, i.verdict.grade, i.verdict.cause?.cause.id ?? '-']);

describe.skipIf(!ready)('verdicts about machine log sets', () => {
  it.each<readonly [string, readonly string[], readonly Row[]]>([
    [
      '2008 R2, later a domain controller',
      ['peer-samples/log2timeline__System.evtx'],
      [
        ['2010-11-21T03:56', 'log-gap', 'inconclusive', '-'],
        ['2015-06-23T06:03', 'requested-clean', 'likely', 'setup-sysprep-oobe'],
        ['2015-06-23T06:04', 'dirty', 'inconclusive', '-'],
        // A single winlogon record of a named user, without the first one of the Start menu: who pressed what is not recorded.
        ['2015-08-08T09:14', 'requested-clean', 'likely', 'user-start-menu'],
        ['2015-08-08T09:33', 'requested-clean', 'confirmed', 'rename-join-promo'],
        ['2015-08-08T09:39', 'requested-clean', 'confirmed', 'rename-join-promo'],
        ['2015-08-25T13:04', 'requested-clean', 'confirmed', 'user-start-menu'],
        // Kernel-Power 41 carries the time at which the power button was held.
        ['2015-08-25T13:34', 'dirty', 'confirmed', 'power-button-held'],
        ['2015-09-18T07:58', 'requested-clean', 'confirmed', 'user-start-menu'],
      ],
    ],
    [
      'Windows 7',
      ['peer-samples/williballenthin__system.evtx'],
      [
        ['2012-03-15T07:07', 'requested-clean', 'confirmed', 'windows-update-restart'],
        ['2012-03-15T22:21', 'requested-clean', 'confirmed', 'remote-shutdown-rpc'],
        ['2012-03-15T22:33', 'requested-clean', 'likely', 'user-start-menu'],
        ['2012-04-06T13:59', 'bugcheck', 'confirmed', 'bugcheck-generic'],
        ['2012-04-06T19:09', 'dirty', 'inconclusive', '-'],
      ],
    ],
    [
      'Windows 10 1507',
      ['peer-samples/omerbenamram__sample-with-zero-data-size-event.evtx'],
      [
        ['2015-07-10T12:22', 'log-gap', 'inconclusive', '-'],
        ['2019-07-24T13:04', 'requested-clean', 'confirmed', 'setup-sysprep-oobe'],
        ['2019-07-24T13:06', 'requested-clean', 'confirmed', 'setup-sysprep-oobe'],
        ['2019-07-24T13:09', 'requested-clean', 'confirmed', 'user-start-menu'],
        ['2019-09-02T15:57', 'requested-clean', 'confirmed', 'rename-join-promo'],
        ['2019-09-02T15:58', 'requested-clean', 'confirmed', 'user-start-menu'],
        ['2019-09-05T17:25', 'requested-clean', 'confirmed', 'user-start-menu'],
      ],
    ],
    [
      'Windows 10, set up and updated',
      ['peer-samples/omerbenamram__2-vss_7-System.evtx'],
      [
        ['2018-07-06T18:37', 'dirty', 'inconclusive', '-'],
        ['2018-07-06T18:40', 'requested-clean', 'likely', 'setup-sysprep-oobe'],
        ['2018-07-12T00:41', 'requested-clean', 'confirmed', 'windows-update-restart'],
      ],
    ],
    [
      'Windows 10, set up, installer, sleeps',
      ['peer-samples/omerbenamram__system.evtx'],
      [
        ['2017-07-12T17:17', 'requested-clean', 'confirmed', 'setup-sysprep-oobe'],
        ['2017-07-12T17:20', 'requested-clean', 'confirmed', 'msi-restart'],
        ['2017-07-20T16:22', 'sleep', 'confirmed', 'sleep-or-fast-startup'],
        ['2017-07-23T10:16', 'sleep', 'confirmed', 'sleep-or-fast-startup'],
      ],
    ],
    [
      'Windows 10 attack range',
      ['win10-apt'],
      [
        ['2022-03-10T19:33', 'log-gap', 'inconclusive', '-'],
        ['2022-03-10T16:34', 'requested-clean', 'confirmed', 'msi-restart'],
      ],
    ],
    [
      'Server 2022 attack range',
      ['server2022-apt'],
      [
        ['2023-10-18T05:44', 'requested-clean', 'likely', 'setup-sysprep-oobe'],
        ['2023-10-18T02:45', 'requested-clean', 'confirmed', 'msi-restart'],
      ],
    ],
    [
      'two domain controllers',
      ['rdp-velociraptor'],
      [
        ['2019-09-30T01:58', 'log-gap', 'inconclusive', '-'],
        ['2021-02-12T12:32', 'requested-clean', 'confirmed', 'user-start-menu'],
      ],
    ],
  ])('%s', async (_name, paths, expected) => {
    const d = judge(await read(...paths));
    expect(rows(d)).toEqual(expected);
    for (const i of d.incidents) {
      expect(i.verdict.sentence.en).not.toBe('');
      expect(i.verdict.sentence.ja).not.toBe('');
      expect(i.considered.length).toBeGreaterThan(20);
      expect(
        i.considered
          .filter((j) => j.cause.class === 'stop' && j.cause.id.startsWith('logon-screen-power'))
          .every((j) => j.grade !== 'confirmed'),
      ).toBe(true);
    }
  });
});

describe.skipIf(!ready)('a Japanese RDS host that switches itself off', () => {
  const period = { kind: 'span', from: isoToNs('2018-06-18T00:00:00Z') as bigint, to: isoToNs('2018-07-12T00:00:00Z') as bigint } as const;
  const fact = (name: string, value: string, time: FactObservation['time'] = period): FactObservation => ({
    type: 'fact',
    id: name,
    name,
    value,
    time,
    origin: { sourceId: 'S0', path: '--fact' },
    trust: 'stated',
  });
  const both = [fact('policy.shutdown-without-logon', '1'), fact('rdp.nla', 'off')];
  const RDP = 'logon-screen-power-rdp-no-nla';
  const isPowerOff = (i: Incident): boolean => i.stop.request?.process === 'winlogon.exe';
  const stopsOf = (d: Diagnosis): Incident[] => d.incidents.filter(isPowerOff);
  const withFacts = async (facts: readonly FactObservation[], keep: (e: EventObservation) => boolean = () => true): Promise<Diagnosis> => {
    const evidence = await read('synthetic-ja');
    return judge({ ...evidence, events: evidence.events.filter(keep), facts });
  };

  it('is likely from logs alone, and the two facts are what is missing', async () => {
    const stops = stopsOf(await withFacts([]));
    expect(stops.map((i) => nsToIso(i.stop.time).slice(0, 10))).toEqual(['2018-06-25', '2018-06-28', '2018-06-29', '2018-07-04']);
    for (const i of stops) {
      expect(i.verdict).toMatchObject({ grade: 'likely', cause: { cause: { id: RDP } } });
      expect(i.missing.map((m) => m.name).sort()).toEqual(['policy.shutdown-without-logon', 'rdp.nla']);
    }
  });

  it('is confirmed with them; the planned restart is not', async () => {
    const d = await withFacts(both);
    for (const i of stopsOf(d)) expect(i.verdict).toMatchObject({ grade: 'confirmed', cause: { cause: { id: RDP } } });
    for (const i of d.incidents) if (!isPowerOff(i)) expect(i.verdict.grade).not.toBe('confirmed');
  });

  it('is not confirmed when the failures are taken away, and each open cause names what would decide', async () => {
    const d = await withFacts(both, (e) => e.eventId !== 4625);
    for (const i of stopsOf(d)) {
      expect(i.verdict.grade).not.toBe('confirmed');
      expect(i.considered.find((j) => j.cause.id === RDP)?.grade).not.toBe('confirmed');
      const open = (id: string): string[] | undefined => {
        const j = i.considered.find((x) => x.cause.id === id);
        return j?.grade === 'inconclusive' ? j.missing.map((m) => m.name) : undefined;
      };
      expect(open('logon-screen-power-console')).toContain('console.session');
      expect(open('acpi-or-bmc-soft-off')).toEqual(expect.arrayContaining(['bmc.power-event', 'hypervisor.stop-request']));
    }
  });

  it('is ruled out by the policy held at that time, not by the value of today', async () => {
    for (const i of stopsOf(await withFacts([fact('policy.shutdown-without-logon', '0')]))) {
      expect(i.considered.find((j) => j.cause.id === RDP)?.grade).toBe('ruled_out');
      expect(i.verdict.cause?.cause.id).toBe('acpi-or-bmc-soft-off');
    }
    for (const i of stopsOf(await withFacts([fact('policy.shutdown-without-logon', '0', { kind: 'now' })]))) {
      expect(i.verdict).toMatchObject({ grade: 'likely', cause: { cause: { id: RDP } } });
      expect(i.verdict.cause?.because.ja).toMatch(/今日の値です/);
    }
  });
});
