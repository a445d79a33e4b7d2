import type { WsmanTime } from './values.ts';

/**
 * Instant of a time value: XML Schema dateTime, or the CIM text of 25 characters (`yyyymmddhhmmss.mmmmmm±uuu`, DSP0004 section 5.2.4; offset
 * in minutes). Without a zone it is taken as UTC: WinRM writes `Z`.
 * @returns nanoseconds since 1970; `undefined` for intervals, wildcards and what is no time.
 */
export function instantOf(value: WsmanTime | string): bigint | undefined {
  const text = typeof value === 'string' ? value : value.text;
  if (text.length > 64) return undefined;
  const xml = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)?$/.exec(text);
  if (xml !== null) return instant(xml, offsetMinutes(xml[8] ?? 'Z'));
  const cim = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\.(\d{6})([+-]\d{3})$/.exec(text);
  return cim === null ? undefined : instant(cim, Number(cim[8]));
}

/** Interval in the CIM text (`ddddddddhhmmss.mmmmmm:000`). @returns nanoseconds; `undefined` when it is none. */
export function cimIntervalNs(text: string): bigint | undefined {
  const match = /^(\d{8})(\d\d)(\d\d)(\d\d)\.(\d{6}):000$/.exec(text);
  if (match === null) return undefined;
  const [, days = '', hours = '', minutes = '', seconds = '', micros = ''] = match;
  const whole = ((BigInt(days) * 24n + BigInt(hours)) * 60n + BigInt(minutes)) * 60n + BigInt(seconds);
  return whole * 1_000_000_000n + BigInt(micros) * 1000n;
}

function instant(match: RegExpExecArray, offset: number): bigint | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC rolls over what no calendar has (February 30); such a time is none. Years below 100 mean 19xx to it.
  const back = new Date(ms);
  if (year < 100 || back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) {
    return undefined;
  }
  const fraction = (match[7] ?? '').padEnd(9, '0');
  return (BigInt(ms) - BigInt(offset) * 60_000n) * 1_000_000n + BigInt(fraction);
}

function offsetMinutes(zone: string): number {
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return zone.startsWith('-') ? -minutes : minutes;
}
