import type { InstantNs } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';

/**
 * Times as people and programs read them. Every text carries its offset; no time is printed without a zone.
 * Offsets come from `Intl` once per quarter of an hour (no zone of the log era changes its offset between), so that tens of thousands of rows are cheap.
 */

/** What a zone needs to turn an instant into its offset. */
interface ZoneClock {
  /** Name as shown: `UTC`, `+09:00`, `Asia/Tokyo`. */
  readonly name: string;
  readonly offsetMinutes: (epochMs: number) => number;
}

const NS_PER_MS = 1_000_000n;
const NS_PER_SECOND = 1_000_000_000n;
const QUARTER_HOUR_MS = 900_000;
/** Quarter hours remembered per zone: 16,384 = 170 days of distinct quarter hours, about 1 MB. */
const MAX_CACHED_OFFSETS = 16_384;
/** Zones remembered: a report uses two; a hostile caller must not grow the table. */
const MAX_CACHED_ZONES = 64;
/** 1980-01-01 UTC. Nothing writes Windows logs before it: 1601 is an unset FILETIME, 1970 an unset Unix time. */
const EARLIEST_REAL_NS = 315_532_800n * NS_PER_SECOND;
/** 9999-12-31T00:00:00Z; later ones cannot be written in RFC 3339. */
const LATEST_REAL_NS = 253_402_214_400n * NS_PER_SECOND;

const clocks = new Map<string, ZoneClock>();

/** Floor division for negative instants too. */
function toMs(ns: InstantNs): number {
  const ms = ns / NS_PER_MS;
  return Number(ns % NS_PER_MS < 0n ? ms - 1n : ms);
}

function intlClock(zone: string): ZoneClock {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset', year: 'numeric' });
  const cache = new Map<number, number>();
  return {
    name: zone,
    offsetMinutes(epochMs) {
      const key = Math.floor(epochMs / QUARTER_HOUR_MS);
      const known = cache.get(key);
      if (known !== undefined) return known;
      const name = format.formatToParts(epochMs).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
      const match = /^GMT([+-])(\d{1,2}):(\d{2})/.exec(name);
      const minutes = match ? (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) : 0;
      if (cache.size >= MAX_CACHED_OFFSETS) cache.clear();
      cache.set(key, minutes);
      return minutes;
    },
  };
}

/**
 * The clock of a zone: an IANA name (`Asia/Tokyo`), `UTC`/`Z`, or a fixed offset (`+09:00`, `+0900`, `UTC+9`).
 * @throws RangeError for anything else.
 */
function zoneClock(zone: string): ZoneClock {
  const known = clocks.get(zone);
  if (known) return known;
  let clock: ZoneClock;
  const fixed = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?$/i.exec(zone);
  if (/^(?:UTC|Z|GMT)$/i.test(zone)) clock = { name: 'UTC', offsetMinutes: () => 0 };
  else if (fixed) {
    const minutes = Number(fixed[2]) * 60 + Number(fixed[3] ?? 0);
    if (minutes > 14 * 60 || Number(fixed[3] ?? 0) > 59) throw new RangeError(`unknown time zone: ${zone}`);
    const signed = fixed[1] === '-' ? -minutes : minutes;
    clock = { name: offsetText(signed), offsetMinutes: () => signed };
  } else {
    try {
      clock = intlClock(zone);
    } catch {
      throw new RangeError(`unknown time zone: ${zone}`);
    }
  }
  if (clocks.size >= MAX_CACHED_ZONES) clocks.clear();
  clocks.set(zone, clock);
  return clock;
}

function offsetText(minutes: number): string {
  const abs = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${String(Math.floor(abs / 60)).padStart(2, '0')}:${String(abs % 60).padStart(2, '0')}`;
}

/** True when {@link formatTime} accepts the zone. */
export function isTimeZone(zone: string): boolean {
  try {
    zoneClock(zone);
    return true;
  } catch {
    return false;
  }
}

/** The zone's name as shown beside times: `UTC`, `+09:00`, `Asia/Tokyo`. @throws RangeError for an unknown zone. */
export function zoneName(zone: string): string {
  return zoneClock(zone).name;
}

/** True for times no record can really have: before 1980 (unset FILETIME or Unix time) or beyond year 9999. */
export function isBogusTime(ns: InstantNs): boolean {
  return ns < EARLIEST_REAL_NS || ns >= LATEST_REAL_NS;
}

/** Digits after the second with trailing zeros cut; empty when the instant is a whole second. */
function fractionOf(ns: InstantNs): string {
  const rest = ((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
  return rest === 0n ? '' : `.${String(rest).padStart(9, '0').replace(/0+$/, '')}`;
}

/** Calendar text of an instant in UTC, for any bigint. */
function utcText(ns: InstantNs): string {
  const ms = toMs(ns);
  return Math.abs(ms) > 8.64e15 ? `${ns} ns` : `${new Date(ms).toISOString().slice(0, 10)}`;
}

/**
 * `2018-07-06 06:04:29 +09:00`: an instant in a zone, with the offset that held there at that time.
 * A time no record can have (1601, 1970, beyond 9999) is said to be unknown instead.
 * @param zone IANA name, `UTC` or a fixed offset. @throws RangeError for an unknown zone.
 * @param fraction also print the part below a second, when there is one.
 */
export function formatTime(ns: InstantNs, zone: string, lang: Language = 'en', fraction = false): string {
  const clock = zoneClock(zone);
  if (isBogusTime(ns)) return lang === 'ja' ? `時刻不明 (記録値 ${utcText(ns)})` : `time unknown (recorded ${utcText(ns)})`;
  const ms = toMs(ns);
  const offset = clock.offsetMinutes(ms);
  const local = new Date(ms + offset * 60_000).toISOString();
  return `${local.slice(0, 10)} ${local.slice(11, 19)}${fraction ? fractionOf(ns) : ''} ${offsetText(offset)}`;
}

/** Both zones with both dates: `2018-07-06 06:04:29 +09:00 (2018-07-05 21:04:29 +00:00)`; one form when the offsets agree. */
export function formatTwoZones(ns: InstantNs, zone: string, second: string, lang: Language = 'en'): string {
  const one = formatTime(ns, zone, lang);
  const two = formatTime(ns, second, lang);
  return one === two ? one : `${one} (${two})`;
}

/** A span; a single time when both ends are shown alike. */
export function formatSpan(from: InstantNs, to: InstantNs, zone: string, lang: Language = 'en'): string {
  const one = formatTime(from, zone, lang);
  const two = formatTime(to, zone, lang);
  return one === two ? one : `${one} – ${two}`;
}

/** RFC 3339 with the zone's offset and all digits that are not zero: `2018-07-06T06:04:29.1234567+09:00`. Bogus times are written in UTC as recorded; beyond RFC 3339 the result is empty. */
export function rfc3339(ns: InstantNs, zone: string): string {
  const ms = toMs(ns);
  if (Math.abs(ms) > 8.64e15 || ns >= LATEST_REAL_NS || ms < -62_135_596_800_000) return '';
  const offset = isBogusTime(ns) ? 0 : zoneClock(zone).offsetMinutes(ms);
  return `${new Date(ms + offset * 60_000).toISOString().slice(0, 19)}${fractionOf(ns)}${offsetText(offset)}`;
}

/** Short form without year and zone for axis labels: `07-06 06:04`. Only beside a text that names the zone. */
export function formatShort(ns: InstantNs, zone: string, part: 'date' | 'minute' | 'second'): string {
  const ms = toMs(ns);
  const local = new Date(ms + zoneClock(zone).offsetMinutes(ms) * 60_000).toISOString();
  if (part === 'date') return local.slice(5, 10);
  return part === 'minute' ? `${local.slice(5, 10)} ${local.slice(11, 16)}` : local.slice(11, 19);
}

/** Offset of a zone at an instant, minutes east of UTC. @throws RangeError for an unknown zone. */
export function zoneOffsetMinutes(ns: InstantNs, zone: string): number {
  return zoneClock(zone).offsetMinutes(toMs(ns));
}

/** A length of time in its two largest units: `2 d 3 h`, `5 min 3 s`; `0 s` for nothing. */
export function formatDuration(seconds: number, lang: Language = 'en'): string {
  const units: readonly (readonly [number, string, string])[] = [
    [86_400, 'd', '日'],
    [3_600, 'h', '時間'],
    [60, 'min', '分'],
    [1, 's', '秒'],
  ];
  let rest = Math.round(Math.abs(seconds));
  const parts: string[] = [];
  for (const [size, en, ja] of units) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n > 0) parts.push(`${n} ${lang === 'ja' ? ja : en}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  const text = parts.length > 0 ? parts.join(' ') : lang === 'ja' ? '0 秒' : '0 s';
  return seconds < 0 ? `-${text}` : text;
}
