/**
 * FILETIME: 100 ns ticks since 1601-01-01T00:00:00Z, unsigned 64 bits.
 * @source [MS-DTYP] 2.3.3 FILETIME, 2.3.13 SYSTEMTIME
 */

const TICKS_PER_SECOND = 10_000_000n;
const SECONDS_1601_TO_1970 = 11_644_473_600;
const SECONDS_PER_DAY = 86_400;
const DAYS_1601_TO_1970 = 134_774;
/** Last tick printed: 9999-12-31T23:59:59.9999999Z. Later times do not fit four year digits and are clamped. */
export const MAX_ISO_TICKS = 2_650_467_743_999_999_999n;
const MAX_ISO_SECONDS = 265_046_774_399;

const two: readonly string[] = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'));

let lastDay = -1;
let lastDayText = '';

/** `YYYY-MM-DDT` of a day counted from 1601-01-01 (proleptic Gregorian; days-to-civil arithmetic in 400-year eras). */
function dayText(day: number): string {
  if (day === lastDay) return lastDayText;
  const z = day - DAYS_1601_TO_1970 + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const m = Math.floor((5 * dayOfYear + 2) / 153);
  const month = m < 10 ? m + 3 : m - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const dayOfMonth = dayOfYear - Math.floor((153 * m + 2) / 5) + 1;
  lastDay = day;
  lastDayText = `${String(year).padStart(4, '0')}-${two[month]}-${two[dayOfMonth]}T`;
  return lastDayText;
}

/** ISO text from whole seconds since 1601 and ticks (0..9,999,999) within the second. */
function isoText(seconds: number, ticks: number): string {
  const day = Math.floor(seconds / SECONDS_PER_DAY);
  const s = seconds - day * SECONDS_PER_DAY;
  const hour = Math.floor(s / 3600);
  const minute = Math.floor((s - hour * 3600) / 60);
  const second = s - hour * 3600 - minute * 60;
  return `${dayText(day)}${two[hour]}:${two[minute]}:${two[second]}.${String(ticks + 10_000_000).slice(1)}Z`;
}

/**
 * ISO 8601 text with 7 fraction digits and `Z` from the two halves of a FILETIME; no BigInt, exact.
 * @param low bits 0-31. @param high bits 32-63. Years above 9999 are clamped to {@link MAX_ISO_TICKS}.
 */
export function filetimeToIso(low: number, high: number): string {
  // 2^32 = 429 * 10^7 + 4,967,296, so the quotient and remainder by 10^7 need no more than 53 bits.
  const t = high * 4_967_296 + low;
  const quotient = Math.floor(t / 10_000_000);
  const seconds = high * 429 + quotient;
  if (seconds > MAX_ISO_SECONDS) return '9999-12-31T23:59:59.9999999Z';
  return isoText(seconds, t - quotient * 10_000_000);
}

/** ISO 8601 text with 7 fraction digits and `Z` of FILETIME ticks. Negative ticks count as 0, years above 9999 are clamped. */
export function ticksToIso(ticks: bigint): string {
  const t = ticks < 0n ? 0n : ticks > MAX_ISO_TICKS ? MAX_ISO_TICKS : ticks;
  return isoText(Number(t / TICKS_PER_SECOND), Number(t % TICKS_PER_SECOND));
}

const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9})\d*)?)?)?\s*(Z|[+-]\d\d:?\d\d)?$/i;

/**
 * FILETIME ticks of ISO 8601 text (`2024-03-01T12:00:00.1234567Z`, date alone, or with an offset such as `+09:00`; without
 * an offset UTC is meant). Digits beyond 100 ns are cut.
 * @returns ticks, or `undefined` when the text is no such time or lies before 1601.
 */
export function isoToTicks(text: string): bigint | undefined {
  const m = ISO.exec(text.trim());
  if (m === null) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = m;
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const at = new Date(ms);
  if (
    at.getUTCMonth() !== Number(month) - 1 ||
    at.getUTCDate() !== Number(day) ||
    Number(hour) > 23 ||
    Number(minute) > 59 ||
    Number(second) > 59
  ) {
    return undefined;
  }
  let seconds = ms / 1000;
  if (zone !== 'Z' && zone !== 'z') {
    const sign = zone.startsWith('-') ? 1 : -1;
    seconds += sign * (Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(-2)) * 60);
  }
  const whole = seconds + SECONDS_1601_TO_1970;
  if (whole < 0) return undefined;
  return BigInt(whole) * TICKS_PER_SECOND + BigInt(fraction.padEnd(7, '0').slice(0, 7));
}

/** Ticks of milliseconds since 1970 (as of `Date.now()`). */
export function unixMsToTicks(ms: number): bigint {
  return BigInt(Math.round(ms * 10_000)) + BigInt(SECONDS_1601_TO_1970) * TICKS_PER_SECOND;
}

/** Milliseconds since 1970 of ticks, rounded down to whole milliseconds. */
export function ticksToUnixMs(ticks: bigint): number {
  const shifted = ticks - BigInt(SECONDS_1601_TO_1970) * TICKS_PER_SECOND;
  const ms = shifted / 10_000n;
  return Number(shifted < 0n && ms * 10_000n !== shifted ? ms - 1n : ms);
}

/** FILETIME ticks read from 8 bytes. */
export function readFiletime(view: DataView, offset: number): bigint {
  return view.getBigUint64(offset, true);
}

/**
 * FILETIME ticks of the 16-byte SYSTEMTIME at `offset` (year, month, day of week, day, hour, minute, second, millisecond).
 * @returns ticks, or `undefined` for an impossible date (all zero is common for "never").
 */
export function readSystemtime(view: DataView, offset: number): bigint | undefined {
  const at = (index: number): number => view.getUint16(offset + index * 2, true);
  const [year, month, day, hour, minute, second, ms] = [at(0), at(1), at(3), at(4), at(5), at(6), at(7)];
  if (year < 1601 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59 || ms > 999)
    return undefined;
  const unix = Date.UTC(year, month - 1, day, hour, minute, second, ms);
  if (new Date(unix).getUTCDate() !== day) return undefined;
  return unixMsToTicks(unix);
}
