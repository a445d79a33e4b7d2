import type { TimelineMark } from '@winmedic/core/model';
import { describe, expect, it } from 'vitest';
import { at, fixture, HOSTILE } from './test-fixture.ts';
import { type TimelineOptions, timelineRows, timelineRowToJson, timelineToLines } from './timeline.ts';
import { displayWidth } from './width.ts';

const { events } = fixture.timeline;
const mark = (kind: TimelineMark['kind'], iso: string, en: string): TimelineMark => ({
  kind,
  time: at(iso),
  host: 'RDS01',
  text: { en, ja: `日本語 ${en}` },
});
const marks = [
  mark('stop', '2018-06-28T08:40:11Z', 'power off, winlogon.exe'),
  mark('boot', '2018-06-28T09:02:00Z', 'boot 2'),
  mark('gap', '2018-06-30T00:00:00Z', '120 records missing'),
];
const OPTIONS: TimelineOptions = { zone: 'Asia/Tokyo', lang: 'en', width: 0, colour: false, unicode: true };

describe('timelineRows', () => {
  const rows = [...timelineRows(events, marks)];

  it('keeps every record and mark, in time order', () => {
    expect(rows).toHaveLength(events.length + marks.length);
    for (let i = 1; i < rows.length; i++) expect(rows[i]!.time >= rows[i - 1]!.time).toBe(true);
  });

  it('puts a stop after the record it rests on and a boot before its own', () => {
    const kinds = rows.map((row) => (row.kind === 'event' ? row.event.id : row.kind));
    expect(kinds.indexOf('stop')).toBe(kinds.indexOf('E3') + 1);
    expect(kinds.indexOf('boot')).toBe(kinds.indexOf('E5') - 1);
  });

  it('keeps marks after the last record', () => {
    expect([...timelineRows([], marks)]).toHaveLength(3);
  });
});

describe('timelineToLines', () => {
  const lines = [...timelineToLines(timelineRows(events, marks), ['RDS01', 'DC01'], OPTIONS)];

  it('gives each record time with zone, host, log, event', () => {
    expect(lines.find((line) => line.includes('4625'))).toMatch(
      /^2018-06-28 17:38:02 \+09:00 {2}RDS01 {2}Security +Security-Auditing 4625/,
    );
    expect(lines.find((line) => line.includes('■'))).toBe('── 2018-06-28 17:40:11 +09:00  RDS01  ■ stop: power off, winlogon.exe');
  });

  it('leaves the host out when there is one', () => {
    expect([...timelineToLines(timelineRows([], marks), ['RDS01'], OPTIONS)][0]).toBe(
      '── 2018-06-28 17:40:11 +09:00  ■ stop: power off, winlogon.exe',
    );
  });

  it('cuts to the terminal, never in a pipe, and never emits what a log wrote', () => {
    const hostile = { ...events[0]!, message: `${HOSTILE}${'長'.repeat(300)}`, provider: HOSTILE, host: HOSTILE };
    for (const lang of ['en', 'ja'] as const) {
      const cut = [...timelineToLines(timelineRows([hostile], marks), ['a', 'b'], { ...OPTIONS, lang, width: 90 })];
      for (const line of cut) expect(displayWidth(line)).toBeLessThanOrEqual(90);
      expect(cut.join('')).not.toContain('\u001b');
    }
  });

  it('prints the digits below a second on request', () => {
    const precise = { ...events[0]!, time: events[0]!.time + 1_234_500n };
    expect([...timelineToLines(timelineRows([precise], []), ['RDS01'], { ...OPTIONS, fraction: true })][0]).toMatch(
      /^2018-06-20 09:00:00\.0012345 \+09:00/,
    );
  });
});

describe('timelineRowToJson', () => {
  it('gives times as in the report, and fields in order', () => {
    const row = [...timelineRows(events, [])].find((one) => one.kind === 'event' && one.event.eventId === 4625)!;
    expect(timelineRowToJson(row, 'Asia/Tokyo')).toMatchObject({
      kind: 'event',
      time: '2018-06-28T17:38:02+09:00',
      timeNs: '1530175082000000000',
      host: 'RDS01',
      eventId: 4625,
      fields: [{ name: 'TargetUserName', value: 'yamada' }, { name: 'LogonType', value: '10' }, {}, {}, {}, {}, {}],
      origin: { recordId: '4002', offset: '66560' },
    });
    expect(timelineRowToJson(marks[0]!, 'UTC')).toEqual({
      kind: 'stop',
      time: '2018-06-28T08:40:11+00:00',
      timeNs: '1530175211000000000',
      host: 'RDS01',
      text: marks[0]!.text,
    });
  });
});
