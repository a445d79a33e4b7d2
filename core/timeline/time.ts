import type { InstantNs } from '../model/observation.ts';

/** Nanoseconds in a second. */
export const SECOND_NS = 1_000_000_000n;
/** Nanoseconds in a minute. */
export const MINUTE_NS = 60n * SECOND_NS;
/** Nanoseconds in an hour. */
export const HOUR_NS = 60n * MINUTE_NS;
/** Nanoseconds in a day. */
export const DAY_NS = 24n * HOUR_NS;

const ISO = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?Z$/;

/**
 * Reads the canonical time of a log field (`2018-07-05T21:04:29.1234567Z`, one to nine digits) without losing digits.
 * @returns `undefined` for anything else.
 */
export function isoToNs(text: string | undefined): InstantNs | undefined {
  const m = text === undefined ? null : ISO.exec(text.trim());
  if (m === null) return undefined;
  const ms = Date.UTC(Number(m[1]), Number(m[2]) - 1, Number(m[3]), Number(m[4]), Number(m[5]), Number(m[6]));
  if (Number.isNaN(ms)) return undefined;
  return BigInt(ms) * 1_000_000n + BigInt((m[7] ?? '').padEnd(9, '0'));
}

/** ISO text in UTC with as many fraction digits as are not zero; for messages that carry no zone. */
export function nsToIso(ns: InstantNs): string {
  const rest = ((ns % SECOND_NS) + SECOND_NS) % SECOND_NS;
  const date = new Date(Number((ns - rest) / 1_000_000n));
  if (Number.isNaN(date.getTime())) return `${ns} ns`;
  const fraction = rest === 0n ? '' : `.${rest.toString().padStart(9, '0').replace(/0+$/, '')}`;
  return date.toISOString().replace('.000Z', `${fraction}Z`);
}

/** The later of two instants. */
export function maxNs(a: InstantNs, b: InstantNs): InstantNs {
  return a > b ? a : b;
}
/** The earlier of two instants. */
export function minNs(a: InstantNs, b: InstantNs): InstantNs {
  return a < b ? a : b;
}

/** Absolute value. */
export function absNs(a: bigint): bigint {
  return a < 0n ? -a : a;
}
