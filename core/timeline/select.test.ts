import { describe, expect, it } from 'vitest';
import type { Timeline } from '../model/timeline.ts';
import { timelineMarks } from './marks.ts';
import { selectTimeline } from './select.ts';
import { at, boot, coverageFor, daily, event, logonScreenButton, orderlyEnd, session, timelineOf } from './test-events.ts';

const made = (): Timeline => {
  const events = [
    ...boot('00:00:00'),
    session('05:00:00', 21, '2'),
    logonScreenButton('06:00:00'),
    ...orderlyEnd('06:00:04'),
    ...boot('07:00:00'),
    daily('12:00:00', { host: 'APP1' }),
  ];
  const coverage = coverageFor(events).map((c) =>
    c.host === 'RDS01' && c.channel === 'System'
      ? { ...c, gaps: [{ from: at('02:00:00'), to: at('03:00:00'), missingRecords: 7n }], clearings: [at('01:00:00')] }
      : c,
  );
  return timelineOf(events, coverage);
};

describe('selectTimeline', () => {
  it('gives everything without a filter', () => {
    const timeline = made();
    expect(selectTimeline(timeline, {}).events).toEqual(timeline.events);
  });
  it('takes since as the first instant shown and until as the first not shown', () => {
    const { events } = selectTimeline(made(), { since: at('06:00:00'), until: at('06:00:04') });
    expect(events.map((e) => e.eventId)).toEqual([1074]);
  });
  it('takes a window around an instant, both ends included', () => {
    const { events } = selectTimeline(made(), { around: at('06:00:02'), windowSeconds: 2 });
    expect(events.map((e) => e.eventId)).toEqual([1074, 6006]);
    expect(selectTimeline(made(), { around: at('06:10:00') }).events.map((e) => e.eventId)).toContain(1074);
  });
  it('takes a host by any of its names, without regard to letter case', () => {
    expect(selectTimeline(made(), { hosts: ['app1'] }).events.map((e) => e.host)).toEqual(['APP1']);
    expect(selectTimeline(made(), { hosts: ['nobody'] }).events).toEqual([]);
  });
  it('takes a channel by its full and its short name', () => {
    for (const channel of ['Microsoft-Windows-TerminalServices-LocalSessionManager/Operational', 'terminalservices-localsessionmanager'])
      expect(selectTimeline(made(), { channels: [channel] }).events.map((e) => e.eventId)).toEqual([21]);
  });
  it('cuts marks by time, host and channel like events', () => {
    const kinds = (filter: Parameters<typeof selectTimeline>[1]): string[] => selectTimeline(made(), filter).marks.map((m) => m.kind);
    expect(kinds({})).toEqual(['boot', 'clearing', 'gap', 'stop', 'boot']);
    expect(kinds({ since: at('02:00:00'), until: at('06:00:00') })).toEqual(['gap']);
    expect(kinds({ hosts: ['APP1'] })).toEqual([]);
    expect(kinds({ channels: ['Security'] })).toEqual(['boot', 'stop', 'boot']);
  });
  it('gives nothing for a window that ends before it begins', () => {
    expect(selectTimeline(made(), { since: at('07:00:00'), until: at('06:00:00') }).events).toEqual([]);
  });
});

describe('timelineMarks', () => {
  it('say in both languages what the word of their kind does not', () => {
    const text = new Map(timelineMarks(made()).map((m) => [m.kind, m.text]));
    expect(text.get('gap')).toEqual({ en: 'System: 7 records missing here', ja: 'System: ここで 7 件のレコードが欠落' });
    expect(text.get('clearing')).toEqual({ en: 'System', ja: 'System' });
    expect(text.get('stop')).toEqual({
      en: 'RDS01#1: requested, clean (power off)',
      ja: 'RDS01#1: 要求あり・正常終了(電源オフ)',
    });
    expect(text.get('boot')).toEqual({ en: 'Windows 10.0.14393', ja: 'Windows 10.0.14393' });
  });
  it('say how far and where a clock step went', () => {
    const step = event('04:00:00', 'Microsoft-Windows-Kernel-General/1', {
      fields: { OldTime: '2018-07-06T06:00:05Z', NewTime: '2018-07-06T04:00:00Z' },
    });
    const [mark] = timelineMarks(timelineOf([step]));
    expect(mark?.text).toEqual({ en: 'back by 2:00:05', ja: '2:00:05 戻る方向に変更' });
  });
});
