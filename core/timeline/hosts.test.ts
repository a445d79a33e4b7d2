import { describe, expect, it } from 'vitest';
import type { ChannelCoverage } from '../model/observation.ts';
import { at, boot, coverageFor, daily, event, logonScreenButton, orderlyEnd, timelineOf } from './test-events.ts';

const names = (...events: ReturnType<typeof event>[]): string[] => timelineOf(events).hosts.map((h) => h.name);
const renamed = (time: string, from: string, to: string): ReturnType<typeof event> =>
  event(time, 'EventLog/6011', { host: to, fields: { 'Data[0]': from, 'Data[1]': to } });

describe('names of one machine', () => {
  it('are joined when they differ in letter case only; the latest spelling is shown', () => {
    expect(names(daily('01:00:00', { host: 'rds01' }), daily('02:00:00', { host: 'RDS01' }))).toEqual(['RDS01']);
  });
  it('are joined when one is the short form of the other', () => {
    expect(names(daily('01:00:00', { host: 'DC1' }), daily('02:00:00', { host: 'dc1.example.org' }))).toEqual(['dc1.example.org']);
  });
  it('are not joined when two full names share the short one', () => {
    const hosts = names(
      daily('01:00:00', { host: 'dc1.a.example' }),
      daily('02:00:00', { host: 'dc1.b.example' }),
      daily('03:00:00', { host: 'DC1' }),
    );
    expect(hosts).toHaveLength(3);
  });
  it('are joined by a rename (6011), and all are kept', () => {
    const { hosts } = timelineOf([
      daily('01:00:00', { host: 'WIN-1' }),
      renamed('02:00:00', 'WIN-1', 'DC1'),
      daily('03:00:00', { host: 'DC1.example.org' }),
    ]);
    expect(hosts).toHaveLength(1);
    expect(hosts[0]).toMatchObject({ name: 'DC1.example.org', names: ['DC1', 'DC1.example.org', 'WIN-1'] });
  });
  it('are not joined over the name of an image two machines were made from', () => {
    const hosts = names(
      daily('00:30:00', { host: 'APP1' }),
      renamed('01:00:00', 'TEMPLATE', 'APP1'),
      renamed('02:00:00', 'TEMPLATE', 'APP2'),
    );
    expect(hosts).toEqual(expect.arrayContaining(['APP1', 'APP2']));
  });
  it('are joined when one local log goes on under the new name', () => {
    const events = [daily('01:00:00', { host: 'WIN-1' }), daily('02:00:00', { host: 'DESKTOP-9' })];
    const run = (first: bigint, last: bigint): Pick<ChannelCoverage, 'runs'> => ({
      runs: [{ firstId: first, lastId: last, firstTime: at('01:00:00'), lastTime: at('02:00:00') }],
    });
    const [a, b] = coverageFor(events) as [ChannelCoverage, ChannelCoverage];
    expect(
      timelineOf(events, [
        { ...a, ...run(1n, 50n) },
        { ...b, ...run(51n, 90n) },
      ]).hosts,
    ).toHaveLength(1);
    expect(
      timelineOf(events, [
        { ...a, ...run(1n, 50n) },
        { ...b, ...run(20n, 90n) },
      ]).hosts,
    ).toHaveLength(2);
    expect(
      timelineOf(events, [
        { ...a, ...run(1n, 50n), forwarded: true },
        { ...b, ...run(51n, 90n), forwarded: true },
      ]).hosts,
    ).toHaveLength(2);
  });
  it('lead every record to one host, whose stops are numbered in one row', () => {
    const { events, stops } = timelineOf([
      ...boot('00:00:00', undefined, { host: 'WIN-1' }),
      logonScreenButton('01:00:00', { host: 'WIN-1' }),
      ...orderlyEnd('01:00:04', '5', { host: 'WIN-1' }),
      ...boot('01:01:00', undefined, { host: 'DC1' }),
      renamed('01:01:20', 'WIN-1', 'DC1'),
      logonScreenButton('02:00:00', { host: 'DC1' }),
      ...orderlyEnd('02:00:04', '5', { host: 'DC1' }),
    ]);
    expect(new Set(events.map((e) => e.host))).toEqual(new Set(['DC1']));
    expect(stops.map((s) => s.id)).toEqual(['DC1#1', 'DC1#2']);
  });
  it('show a record without a computer name as an unnamed host', () => {
    expect(names(daily('01:00:00', { host: '' }))).toEqual(['?']);
  });
});

describe('several hosts', () => {
  it('have stops, sessions and clocks of their own, listed by time', () => {
    const on = (host: string, hour: string): ReturnType<typeof event>[] => [
      ...boot('00:00:00', undefined, { host }),
      logonScreenButton(`${hour}:00:00`, { host }),
      ...orderlyEnd(`${hour}:00:04`, '6', { host }),
    ];
    const { stops } = timelineOf([...on('APP2', '05'), ...on('APP1', '06')]);
    expect(stops.map((s) => s.id)).toEqual(['APP2#1', 'APP1#1']);
  });
});

describe('what is known of a host', () => {
  const zone = (...records: [string, string][]): number | undefined =>
    timelineOf(records.map(([time, text]) => daily(time, { fields: { 'Data[6]': text } }))).hosts[0]?.utcOffsetMinutes;
  it('is its offset from UTC, east positive, from the bias of 6013', () => {
    expect(zone(['03:00:00', '-540 東京 (標準時)'])).toBe(540);
    expect(zone(['05:00:00', '480 Pacific Standard Time'])).toBe(-480);
  });
  it('is the offset in daylight saving time, told by the 6013 of noon', () => {
    expect(zone(['05:00:00', '480 Pacific Standard Time'], ['19:00:00', '480 Pacific Standard Time'])).toBe(-420);
  });
  it('goes back to standard time with the 6013 of noon in winter', () => {
    expect(zone(['2018-07-06T19:00:00', '480 Pacific Standard Time'], ['2018-12-06T20:00:00', '480 Pacific Standard Time'])).toBe(-480);
  });
  it('is nothing when the bias is no number of minutes', () => {
    expect(zone(['03:00:00', '99999 Nowhere'])).toBeUndefined();
  });
  it('is its zone name and build, from 6009 where there is no Kernel-General 12', () => {
    const { hosts } = timelineOf([
      daily('03:00:00'),
      event('04:00:00', 'EventLog/6009', { fields: { 'Data[0]': '6.01.', 'Data[1]': '7601' } }),
    ]);
    expect(hosts[0]).toMatchObject({ zoneName: '東京 (標準時)', build: '6.1.7601' });
  });
});
