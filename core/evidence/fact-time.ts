import type { FactObservation, InstantNs } from '../model/observation.ts';

/** A time of a fact that cannot be read. */
export class FactTimeError extends Error {}

type FactTime = FactObservation['time'];

/**
 * Reads the time of a fact: an instant (`2018-07-06T06:04:29+09:00`), a day (`2018-07-01`: the whole day) or a span
 * (`2018-06-20..2018-07-12`: to the end of its last day). `now` is the moment of the command. Times without a zone are in `zone`.
 * @param zone IANA name (`Asia/Tokyo`), `UTC`, or an offset (`+09:00`).
 * @throws FactTimeError when it is no time, or a span ends before it begins.
 */
export function parseFactTime(text: string, zone: string, now: InstantNs): FactTime {
  const parts = text.split('..');
  if (parts.length > 2) throw new FactTimeError(text);
  const from = parseMoment((parts[0] ?? '').trim(), zone, now);
  if (parts.length === 1)
    return from.first === from.last ? { kind: 'instant', at: from.first } : { kind: 'span', from: from.first, to: from.last };
  const to = parseMoment((parts[1] ?? '').trim(), zone, now);
  if (to.last < from.first) throw new FactTimeError(text);
  return { kind: 'span', from: from.first, to: to.last };
}

const MOMENT = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s?(Z|[+-]\d{2}:?\d{2})?$/i;
const DAY_MS = 86_400_000;

/** First and last nanosecond of a moment as written: a day is 24 hours long, a minute 60 s; with seconds both are the same. */
function parseMoment(text: string, zone: string, now: InstantNs): { first: InstantNs; last: InstantNs } {
  if (text.toLowerCase() === 'now') return { first: now, last: now };
  const m = MOMENT.exec(text);
  if (m === null) throw new FactTimeError(text);
  const [year, month, day, hour, minute, second] = [m[1], m[2], m[3], m[4], m[5], m[6]].map((v) => Number(v ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  const back = new Date(local);
  if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59)
    throw new FactTimeError(text);
  const offset = m[8] === undefined ? undefined : offsetMs(m[8]);
  const at = (ms: number): InstantNs => BigInt(ms - (offset ?? zoneOffsetMs(zone, ms))) * 1_000_000n;
  const first = at(local) + BigInt((m[7] ?? '').padEnd(9, '0'));
  if (m[4] === undefined) return { first, last: at(local + DAY_MS) - 1n };
  return { first, last: first };
}

function offsetMs(text: string): number {
  if (text.toUpperCase() === 'Z') return 0;
  const m = /^([+-])(\d{2}):?(\d{2})$/.exec(text);
  if (m === null || Number(m[2]) > 14 || Number(m[3]) > 59) throw new FactTimeError(text);
  return (m[1] === '-' ? -1 : 1) * (Number(m[2]) * 60 + Number(m[3])) * 60_000;
}

/**
 * Offset of a zone at a local time, east positive. In the hour a change of daylight saving repeats, the first one is taken; in the
 * hour it skips, the offset before the change.
 * @throws FactTimeError for a zone that is not known.
 */
export function zoneOffsetMs(zone: string, localMs: number): number {
  if (/^(?:Z|[+-]\d{2}:?\d{2})$/i.test(zone)) return offsetMs(zone);
  const early = offsetAt(zone, localMs - DAY_MS);
  const late = offsetAt(zone, localMs + DAY_MS);
  return offsetAt(zone, localMs - early) === early ? early : offsetAt(zone, localMs - late) === late ? late : early;
}

/** Offset of a zone at an instant in ms. */
function offsetAt(zone: string, utcMs: number): number {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    throw new FactTimeError(zone);
  }
  const parts = new Map(format.formatToParts(utcMs).map((p) => [p.type, Number(p.value)]));
  const get = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const local = Date.UTC(get('year'), get('month') - 1, get('day'), get('hour'), get('minute'), get('second'));
  return local - Math.floor(utcMs / 1000) * 1000;
}
