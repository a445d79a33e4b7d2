import { describe, expect, it } from 'vitest';
import {
  formatDuration,
  formatShort,
  formatSpan,
  formatTime,
  formatTwoZones,
  isBogusTime,
  isTimeZone,
  rfc3339,
  zoneName,
} from './format-time.ts';

const ns = (iso: string, extra = 0n): bigint => BigInt(Date.parse(iso)) * 1_000_000n + extra;

describe('formatTime', () => {
  it('prints the zone’s own offset with the time', () => {
    expect(formatTime(ns('2018-07-05T21:04:29Z'), 'Asia/Tokyo')).toBe('2018-07-06 06:04:29 +09:00');
    expect(formatTime(ns('2018-07-05T21:04:29Z'), 'UTC')).toBe('2018-07-05 21:04:29 +00:00');
    expect(formatTime(ns('2018-07-05T21:04:29Z'), '-03:30')).toBe('2018-07-05 17:34:29 -03:30');
  });

  it('follows daylight saving to the second of the change', () => {
    expect(formatTime(ns('2024-03-10T09:59:59Z'), 'America/Los_Angeles')).toBe('2024-03-10 01:59:59 -08:00');
    expect(formatTime(ns('2024-03-10T10:00:00Z'), 'America/Los_Angeles')).toBe('2024-03-10 03:00:00 -07:00');
    expect(formatTime(ns('2024-04-06T14:59:59Z'), 'Australia/Lord_Howe')).toBe('2024-04-07 01:59:59 +11:00');
    expect(formatTime(ns('2024-04-06T15:00:00Z'), 'Australia/Lord_Howe')).toBe('2024-04-07 01:30:00 +10:30');
  });

  it('agrees with Intl over a year of quarter hours', () => {
    const intl = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin', dateStyle: 'short', timeStyle: 'medium' });
    for (let t = Date.parse('2023-01-01T00:00:01Z'); t < Date.parse('2024-01-01T00:00:00Z'); t += 900_000 * 7) {
      expect(formatTime(BigInt(t) * 1_000_000n, 'Europe/Berlin').slice(0, 19)).toBe(intl.format(t));
    }
  });

  it('prints the part below a second only on request and only when there is one', () => {
    const time = ns('2018-07-05T21:04:29Z', 123_456_700n);
    expect(formatTime(time, '+09:00')).toBe('2018-07-06 06:04:29 +09:00');
    expect(formatTime(time, '+09:00', 'en', true)).toBe('2018-07-06 06:04:29.1234567 +09:00');
    expect(formatTime(ns('2018-07-05T21:04:29Z'), '+09:00', 'en', true)).toBe('2018-07-06 06:04:29 +09:00');
  });

  it('says that 1601, 1970 and times beyond year 9999 are unknown, in both languages', () => {
    for (const iso of ['1601-01-01T00:00:00Z', '1970-01-01T00:00:00Z', '1979-12-31T23:59:59Z']) {
      expect(formatTime(ns(iso), 'Asia/Tokyo')).toBe(`time unknown (recorded ${iso.slice(0, 10)})`);
      expect(formatTime(ns(iso), 'Asia/Tokyo', 'ja')).toBe(`時刻不明 (記録値 ${iso.slice(0, 10)})`);
    }
    expect(isBogusTime(ns('1980-01-01T00:00:00Z'))).toBe(false);
    expect(isBogusTime(10n ** 30n)).toBe(true);
    expect(formatTime(10n ** 30n, 'UTC')).toContain('time unknown');
    expect(formatTime(-(10n ** 30n), 'UTC')).toContain('time unknown');
  });

  it('refuses a zone it does not know', () => {
    for (const zone of ['Mars/Olympus', '+25:00', '+09:75', '', 'JST+9; rm']) {
      expect(isTimeZone(zone), zone).toBe(false);
      expect(() => formatTime(0n, zone)).toThrow(RangeError);
    }
    expect(zoneName('UTC+9')).toBe('+09:00');
    expect(zoneName('z')).toBe('UTC');
  });
});

describe('other forms', () => {
  it('two zones carry both dates', () => {
    expect(formatTwoZones(ns('2024-07-19T04:30:00Z'), 'America/Los_Angeles', 'Asia/Tokyo')).toBe(
      '2024-07-18 21:30:00 -07:00 (2024-07-19 13:30:00 +09:00)',
    );
    expect(formatTwoZones(ns('2024-07-19T04:30:00Z'), 'UTC', '+00:00')).toBe('2024-07-19 04:30:00 +00:00');
  });

  it('a span of one moment is one time', () => {
    const time = ns('2024-07-19T04:30:00Z');
    expect(formatSpan(time, time + 5n, 'UTC')).toBe('2024-07-19 04:30:00 +00:00');
    expect(formatSpan(time, time + 10n ** 9n, 'UTC')).toBe('2024-07-19 04:30:00 +00:00 – 2024-07-19 04:30:01 +00:00');
  });

  it('RFC 3339 keeps every digit and gives a bogus time in UTC', () => {
    expect(rfc3339(ns('2018-07-05T21:04:29Z', 100n), 'Asia/Tokyo')).toBe('2018-07-06T06:04:29.0000001+09:00');
    expect(rfc3339(ns('1601-01-01T00:00:00Z'), 'Asia/Tokyo')).toBe('1601-01-01T00:00:00+00:00');
    expect(rfc3339(ns('1969-12-31T23:59:59Z', 500_000_000n), 'UTC')).toBe('1969-12-31T23:59:59.5+00:00');
    expect(rfc3339(10n ** 30n, 'UTC')).toBe('');
  });

  it('axis labels stay in the zone', () => {
    expect(formatShort(ns('2018-07-05T21:04:29Z'), 'Asia/Tokyo', 'minute')).toBe('07-06 06:04');
  });

  it('durations name their two largest units', () => {
    expect(formatDuration(0)).toBe('0 s');
    expect(formatDuration(59.6)).toBe('1 min');
    expect(formatDuration(90_061)).toBe('1 d 1 h');
    expect(formatDuration(86_405)).toBe('1 d');
    expect(formatDuration(600, 'ja')).toBe('10 分');
    expect(formatDuration(-3_660)).toBe('-1 h 1 min');
  });
});
