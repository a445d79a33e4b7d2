import { describe, expect, it } from 'vitest';
import type { WriteRecord } from '../evtx-writer/index.ts';
import { plainText } from '../evtx-writer/index.ts';
import type { Channel } from './event.ts';
import { RCM_CHANNEL, RDP_CHANNEL } from './event.ts';
import type { Host } from './host.ts';
import { SCENARIOS } from './index.ts';
import { rdsPowerOffHost } from './ja-rds-power-off.ts';

const TICKS = 10_000_000;
const field = (record: WriteRecord, name: string): string | undefined => {
  if (record.data.kind !== 'eventData') return undefined;
  const item = record.data.items.find((candidate) => candidate.name === name);
  return item && plainText(item.value);
};
const events = (host: Host, channel: Channel, id: number): readonly WriteRecord[] =>
  host.records(channel).filter((record) => record.system.eventId === id);
const seconds = (from: WriteRecord, to: WriteRecord): number => Number(to.timeTicks - from.timeTicks) / TICKS;
/** Records of a channel and id that lie up to `window` seconds before a record. */
const before = (host: Host, channel: Channel, id: number, record: WriteRecord, window: number): readonly WriteRecord[] =>
  events(host, channel, id).filter((other) => seconds(other, record) >= 0 && seconds(other, record) <= window);

describe('ja-rds-power-off', () => {
  const host = rdsPowerOffHost();
  const requests = events(host, 'System', 1074);
  const byButton = requests.filter((record) => field(record, 'param4') === '0x500ff');
  const [console_] = byButton.slice(-1);
  const overRdp = byButton.slice(0, -1);

  it('has five stops from the logon screen, one from the console and one planned restart', () => {
    expect(byButton).toHaveLength(6);
    expect(requests).toHaveLength(7);
    for (const record of byButton) {
      expect(record.system.userSid).toBe('S-1-5-18');
      expect(field(record, 'param7')).toBe('NT AUTHORITY\\SYSTEM');
      expect(field(record, 'param3')).toBe('この理由のタイトルが見つかりません');
    }
    expect(byButton.map((record) => field(record, 'param5'))).toEqual(['再起動', ...Array(5).fill('電源を切る')]);
  });

  it('has the same 1074 at the console, field by field', () => {
    expect(console_!.data).toEqual(overRdp.at(-1)!.data);
    expect(console_!.system).toEqual(overRdp.at(-1)!.system);
  });

  it('has a connection and a typed wrong password of a known user before each stop over RDP', () => {
    const loggedOn = new Set(events(host, 'Security', 4624).map((record) => field(record, 'TargetUserName')));
    for (const stop of overRdp) {
      const failures = before(host, 'Security', 4625, stop, 180);
      expect(failures.length).toBeGreaterThan(0);
      expect(seconds(failures.at(-1)!, stop)).toBeGreaterThan(40);
      for (const failure of failures) {
        expect([field(failure, 'LogonType'), field(failure, 'SubStatus'), field(failure, 'LogonProcessName')]).toEqual([
          '10',
          '0xc000006a',
          'User32 ',
        ]);
        expect(loggedOn).toContain(field(failure, 'TargetUserName'));
      }
      expect(before(host, RDP_CHANNEL, 131, stop, 240)).toHaveLength(1);
      expect(before(host, RCM_CHANNEL, 261, stop, 240)).toHaveLength(1);
    }
  });

  it('keeps RDP and failures silent for half an hour before the console press', () => {
    expect(before(host, RDP_CHANNEL, 131, console_!, 1800)).toHaveLength(0);
    expect(before(host, RCM_CHANNEL, 261, console_!, 1800)).toHaveLength(0);
    expect(before(host, 'Security', 4625, console_!, 1800)).toHaveLength(0);
  });

  it('has nobody logged on at the stop of 07-06', () => {
    const stop = overRdp.at(-1)!;
    const during = host.records('System').filter((record) => record.system.eventId === 7002 && Math.abs(seconds(stop, record)) < 60);
    expect(during).toHaveLength(0);
    expect(before(host, 'System', 7001, stop, 6 * 3600)).toHaveLength(0);
  });

  it('writes 109 and 13 of a stop at the next boot, after 6005, with their own times', () => {
    const system = host.records('System');
    const stops = system.filter((record) => record.system.eventId === 13 && record.system.provider.endsWith('Kernel-General'));
    expect(stops).toHaveLength(7);
    for (const stop of stops) {
      const started = system.findLast((record) => record.recordId! < stop.recordId! && record.system.eventId === 6005)!;
      expect(started.timeTicks).toBeGreaterThan(stop.timeTicks);
    }
  });

  it('has failures that no stop follows', () => {
    const idle = events(host, 'Security', 4625).filter((failure) =>
      requests.every((stop) => seconds(failure, stop) < 0 || seconds(failure, stop) > 600),
    );
    expect(idle.length).toBeGreaterThanOrEqual(10);
    expect(idle.filter((failure) => field(failure, 'SubStatus') === '0xc0000064')).toHaveLength(4);
  });
});

describe('variants', () => {
  it('leave out what they say', () => {
    const withoutFailures = rdsPowerOffHost({ failures: false });
    const withoutConnections = rdsPowerOffHost({ connections: false });
    for (const host of [withoutFailures, withoutConnections]) {
      for (const stop of events(host, 'System', 1074)) expect(before(host, 'Security', 4625, stop, 600)).toHaveLength(0);
    }
    for (const stop of events(withoutConnections, 'System', 1074)) {
      const since = before(withoutConnections, RDP_CHANNEL, 131, stop, 240).length;
      expect(since).toBe(0);
    }
    expect(events(rdsPowerOffHost({ screenStops: false }), 'System', 1074)).toHaveLength(2);
  });

  it.each(Object.keys(SCENARIOS))('%s gives the same bytes every time', (name) => {
    const first = SCENARIOS[name]!();
    const second = SCENARIOS[name]!();
    expect(first.length).toBeGreaterThanOrEqual(5);
    first.forEach((file, index) => {
      expect(Buffer.compare(file.bytes, second[index]!.bytes), file.name).toBe(0);
    });
  });
});
