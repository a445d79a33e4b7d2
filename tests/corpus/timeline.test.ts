import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { collectEvidence } from '@winmedic/core/evidence';
import type { Stop, Timeline } from '@winmedic/core/model';
import { buildTimeline, nsToIso } from '@winmedic/core/timeline';
import { describe, expect, it } from 'vitest';

/** Stops of real machines, checked by hand against their records. */
const folder = join(process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus'), 'evtx');
const ready = existsSync(join(folder, 'expected.json'));
if (!ready) console.log(`skipped: no corpus at ${folder} (set WINMEDIC_CORPUS)`);

async function read(...paths: string[]): Promise<Timeline> {
  return buildTimeline(
    await collectEvidence(
      paths.map((p) => join(folder, p)),
      { zone: 'UTC' },
    ),
  );
}
type Row = [time: string, cls: string, action: string, process: string, code: string, folded: number];
const rows = (stops: readonly Stop[]): Row[] =>
  stops.map((s) => [
    nsToIso(s.time).slice(0, 19),
    s.class,
    s.action,
    s.request?.process ?? '-',
    s.request?.reason?.code ?? '-',
    s.request?.folded.length ?? 0,
  ]);

describe.skipIf(!ready)('stops of real machines', () => {
  it('2008 R2, renamed three times, later a domain controller, with a faulty clock', async () => {
    const { stops, hosts, events, clockSteps } = await read('peer-samples/log2timeline__System.evtx');
    expect(rows(stops)).toEqual([
      ['2010-11-21T03:56:03', 'log-gap', 'restart', '-', '-', 0],
      ['2015-06-23T06:03:54', 'requested-clean', 'restart', 'winlogon.exe', '0x80020003', 0],
      ['2015-06-23T06:04:53', 'dirty', 'unknown', '-', '-', 0],
      ['2015-08-08T09:14:00', 'requested-clean', 'restart', 'winlogon.exe', '0x500ff', 0],
      ['2015-08-08T09:33:42', 'requested-clean', 'restart', 'dcpromo.exe', '0x80020021', 0],
      ['2015-08-08T09:39:09', 'requested-clean', 'restart', 'systempropertiescomputername.exe', '0x84020004', 1],
      ['2015-08-25T13:04:03', 'requested-clean', 'power-off', 'explorer.exe', '0x84010001', 1],
      ['2015-08-25T13:34:44', 'dirty', 'unknown', '-', '-', 0],
      ['2015-09-18T07:58:00', 'requested-clean', 'power-off', 'explorer.exe', '0x85000000', 1],
    ]);
    // Nine records of 1074: six requests and three second records.
    expect(events.filter((e) => e.eventId === 1074 && e.provider.toLowerCase() === 'user32')).toHaveLength(9);
    expect(stops[7]).toMatchObject({ powerButton: true, heartbeat: { uptimeSeconds: 934, maxIntervalSeconds: 60 } });
    expect(nsToIso(stops[7]?.latest ?? 0n)).toBe('2015-08-25T13:35:44.796Z');
    expect(nsToIso(stops[7]?.boot ?? 0n).slice(0, 16)).toBe('2015-08-25T13:40');
    expect(stops.filter((s) => s.request?.userKind === 'system')).toHaveLength(1);
    expect(hosts).toMatchObject([{ name: 'DC1.internal.greendale.edu', build: '6.1.7601' }]);
    const hours = clockSteps.map((s) => Number((s.to - s.from) / 3_600_000_000_000n)).filter((h) => h !== 0);
    expect(hours).toEqual([1, -8, -1, -1]);
  });

  it('Windows 7: update, remote request, two ends that were not clean', async () => {
    const { stops } = await read('peer-samples/williballenthin__system.evtx');
    expect(rows(stops)).toEqual([
      ['2012-03-15T07:07:35', 'requested-clean', 'restart', 'svchost.exe', '0x80020002', 0],
      ['2012-03-15T22:21:28', 'requested-clean', 'restart', 'wininit.exe', '0x84040002', 0],
      ['2012-03-15T22:33:16', 'requested-clean', 'restart', 'winlogon.exe', '0x500ff', 0],
      ['2012-04-06T13:59:13', 'bugcheck', 'unknown', '-', '-', 0],
      ['2012-04-06T19:09:23', 'dirty', 'unknown', '-', '-', 0],
    ]);
    expect(stops.map((s) => s.request?.remote)).toEqual([undefined, '10.3.58.4', undefined, undefined, undefined]);
    expect(stops[2]?.request?.userKind).toBe('named');
    expect(stops[3]).toMatchObject({ bugcheck: { code: '0x10001' }, powerButton: false });
    // The heartbeat interval of 40 min is cut at the boot.
    expect(nsToIso(stops[3]?.latest ?? 0n)).toBe('2012-04-06T14:06:51.640625Z');
    expect(stops[4]?.bugcheck).toBeUndefined();
  });

  it('Windows 10 1507: power-offs without a second record, one request with it', async () => {
    const { stops, hosts } = await read('peer-samples/omerbenamram__sample-with-zero-data-size-event.evtx');
    expect(rows(stops)).toEqual([
      ['2015-07-10T12:22:58', 'log-gap', 'power-off', '-', '-', 0],
      ['2019-07-24T13:04:52', 'requested-clean', 'restart', 'winlogon.exe', '0x80020003', 0],
      ['2019-07-24T13:06:57', 'requested-clean', 'restart', 'cloudexperiencehostbroker.exe', '0x20004', 0],
      ['2019-07-24T13:09:55', 'requested-clean', 'power-off', 'runtimebroker.exe', '0x0', 0],
      ['2019-09-02T15:57:40', 'requested-clean', 'restart', 'systempropertiesadvanced.exe', '0x84020004', 1],
      ['2019-09-02T15:58:41', 'requested-clean', 'power-off', 'runtimebroker.exe', '0x0', 0],
      ['2019-09-05T17:25:32', 'requested-clean', 'power-off', 'runtimebroker.exe', '0x0', 0],
    ]);
    expect(stops.every((s) => s.request?.remote === undefined)).toBe(true);
    expect(hosts).toMatchObject([{ name: 'W10-1507-LTSB', utcOffsetMinutes: 120 }]);
  });

  it('Windows 10 1803: set-up, then Windows Update', async () => {
    const { stops } = await read('peer-samples/omerbenamram__2-vss_7-System.evtx');
    expect(rows(stops)).toEqual([
      ['2018-07-06T18:37:44', 'dirty', 'unknown', '-', '-', 0],
      ['2018-07-06T18:40:13', 'requested-clean', 'restart', 'winlogon.exe', '0x80020003', 0],
      ['2018-07-12T00:41:00', 'requested-clean', 'restart', 'svchost.exe', '0x80020010', 0],
    ]);
    expect(stops[0]?.lastShutdownGood).toBe(false);
  });

  it('Windows 10 1703: two restarts across a clock ten hours off, later two sleeps nobody asked for', async () => {
    const { stops } = await read('peer-samples/omerbenamram__system.evtx');
    expect(rows(stops)).toEqual([
      ['2017-07-12T17:17:44', 'requested-clean', 'restart', 'winlogon.exe', '0x80020003', 0],
      ['2017-07-12T17:20:04', 'requested-clean', 'restart', 'msiexec.exe', '0x80030002', 0],
      ['2017-07-20T16:22:16', 'sleep', 'sleep', '-', '-', 0],
      ['2017-07-23T10:16:19', 'sleep', 'sleep', '-', '-', 0],
    ]);
  });

  it('a domain controller restarted right after its log was cleared', async () => {
    const { stops, coverage } = await read('rdp-velociraptor/RDPAuth_System.evtx', 'rdp-velociraptor/RDPAuth_LocalSessionManager.evtx');
    expect(rows(stops)).toEqual([['2021-02-12T12:32:40', 'requested-clean', 'restart', 'runtimebroker.exe', '0x0', 0]]);
    expect(coverage.find((c) => c.channel === 'System')?.clearings).toHaveLength(1);
    expect(stops[0]?.sessions).toBeUndefined();
  });

  it('Server 2022 and Windows 10 after set-up set the clock back three hours', async () => {
    expect(rows((await read('server2022-apt')).stops)).toEqual([
      ['2023-10-18T05:44:11', 'requested-clean', 'restart', 'winlogon.exe', '0x80020003', 0],
      ['2023-10-18T02:45:43', 'requested-clean', 'restart', 'msiexec.exe', '0x80030002', 0],
    ]);
    expect(rows((await read('win10-apt')).stops)).toEqual([
      ['2022-03-10T19:33:37', 'log-gap', 'unknown', '-', '-', 0],
      ['2022-03-10T16:34:50', 'requested-clean', 'restart', 'msiexec.exe', '0x80030002', 0],
    ]);
  });

  it('the rebuilt case: one restart and three power-offs by SYSTEM from the logon screen, one planned restart', async () => {
    const { stops, hosts } = await read('synthetic-ja');
    expect(rows(stops)).toEqual([
      ['2018-06-20T00:00:03', 'log-gap', 'unknown', '-', '-', 0],
      ['2018-06-25T02:30:21', 'requested-clean', 'restart', 'winlogon.exe', '0x500ff', 0],
      ['2018-06-28T08:40:08', 'requested-clean', 'power-off', 'winlogon.exe', '0x500ff', 0],
      ['2018-06-29T08:27:44', 'requested-clean', 'power-off', 'winlogon.exe', '0x500ff', 0],
      ['2018-07-01T13:10:05', 'requested-clean', 'restart', 'shutdown.exe', '0x80040002', 0],
      ['2018-07-04T08:05:33', 'requested-clean', 'power-off', 'winlogon.exe', '0x500ff', 0],
    ]);
    expect(hosts).toMatchObject([{ name: 'RDSH01', utcOffsetMinutes: 540 }]);
  });

  it('no log of the corpus makes the timeline fail, and no time of a stop contradicts its bounds', async () => {
    const { stops, events } = await read('.');
    expect(events.length).toBeGreaterThan(1000);
    for (const s of stops) {
      expect(s.earliest <= s.latest, s.id).toBe(true);
      expect(s.boot === undefined || s.boot >= s.earliest, s.id).toBe(true);
      expect(s.records.length, s.id).toBeGreaterThan(0);
    }
  });

  it('the log of an exposed host that survives in fragments shows its holes', async () => {
    const { coverage } = await read(
      'peer-samples/omerbenamram__2-vss_0-Microsoft-Windows-RemoteDesktopServices-RdpCoreTS%4Operational.evtx',
    );
    expect(coverage).toHaveLength(1);
    const gaps = coverage[0]?.gaps ?? [];
    expect(gaps.every((g) => g.missingRecords > 0n && g.to > g.from)).toBe(true);
    expect(gaps).toHaveLength(10);
    // Seven fragments lie more than an hour apart; the other holes are minutes long.
    expect(gaps.filter((g) => g.to - g.from > 3_600_000_000_000n)).toHaveLength(6);
  });
});
