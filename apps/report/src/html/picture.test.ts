import { describe, expect, it } from 'vitest';
import { at, fixture } from '../test-fixture.ts';
import { ticks } from './picture.ts';
import { gapsOf, laneOf, runningOf, uncovered } from './picture-data.ts';

describe('what the picture hatches', () => {
  it('is what no piece covers', () => {
    const piece = (from: number, to: number) => ({ from: BigInt(from), to: BigInt(to) });
    expect(uncovered(piece(0, 100), [piece(10, 20), piece(15, 40), piece(90, 120)])).toEqual([piece(0, 10), piece(40, 90)]);
    expect(uncovered(piece(0, 10), [piece(0, 10)])).toEqual([]);
    expect(uncovered(piece(0, 10), [])).toEqual([piece(0, 10)]);
    expect(uncovered(piece(50, 60), [piece(0, 10), piece(100, 110)])).toEqual([piece(50, 60)]);
  });

  it('is a hole of the log, and all of a host whose log was pasted', () => {
    const range = { from: at('2018-06-29T00:00:00Z'), to: at('2018-07-06T00:00:00Z') };
    expect(gapsOf(fixture.timeline, 'RDS01', 'power', range)).toEqual([
      { from: at('2018-06-30T00:00:00Z'), to: at('2018-06-30T12:00:00Z') },
    ]);
    expect(gapsOf(fixture.timeline, 'RDS01', 'logon', range)).toEqual([]);
    expect(gapsOf(fixture.timeline, 'DC01', 'power', range)).toEqual([range]);
  });
});

describe('what the picture draws', () => {
  it('runs from boot to stop and on to the last record', () => {
    const runs = runningOf(fixture.timeline, 'RDS01');
    expect(runs).toHaveLength(5);
    expect(runs[0]).toEqual({ from: at('2018-06-20T00:00:00Z'), to: at('2018-06-28T08:40:11Z') });
    expect(runs.at(-1)).toEqual({ from: at('2018-07-05T22:00:00Z'), to: at('2018-07-08T00:00:00Z') });
  });

  it('tells failures, logons and connections apart by provider and id', () => {
    const by = (provider: string, eventId: number) => laneOf({ ...fixture.timeline.events[0]!, provider, eventId });
    expect(by('Microsoft-Windows-Security-Auditing', 4625)).toEqual({ lane: 'logon', kind: 'fail' });
    expect(by('MICROSOFT-WINDOWS-REMOTEDESKTOPSERVICES-RDPCORETS', 140)).toEqual({ lane: 'rdp', kind: 'fail' });
    expect(by('Microsoft-Windows-TerminalServices-RemoteConnectionManager', 261)).toEqual({ lane: 'rdp', kind: 'conn' });
    expect(by('Somebody-Else', 4625)).toBeUndefined();
  });

  it('puts ticks on round times of the zone', () => {
    const week = ticks({ from: at('2018-06-28T01:00:00Z'), to: at('2018-07-06T00:00:00Z') }, 'Asia/Tokyo');
    expect(week[0]).toEqual({ at: at('2018-06-28T15:00:00Z'), label: '06-29' });
    expect(week.length).toBeLessThanOrEqual(10);
    const minutes = ticks({ from: at('2018-07-04T07:50:03Z'), to: at('2018-07-04T08:06:03Z') }, 'Asia/Tokyo');
    expect(minutes[0]).toEqual({ at: at('2018-07-04T07:52:00Z'), label: '07-04 16:52' });
    expect(ticks({ from: at('1999-01-01T00:00:00Z'), to: at('2031-01-01T00:00:00Z') }, 'UTC').length).toBeLessThanOrEqual(10);
  });
});
