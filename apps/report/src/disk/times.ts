import type { InstantNs } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';
import { formatTime, formatTwoZones, rfc3339 } from '../format-time.ts';

/** FILETIME ticks of 1970-01-01 UTC. @source [MS-DTYP] 2.3.3 FILETIME */
const UNIX_EPOCH_TICKS = 116_444_736_000_000_000n;
const NS_PER_TICK = 100n;
const NS_PER_MS = 1_000_000n;

/** FILETIME ticks as nanoseconds since 1970. */
export function ticksToNs(ticks: bigint): InstantNs {
  return (ticks - UNIX_EPOCH_TICKS) * NS_PER_TICK;
}

/** A FILETIME in the report's zone and in UTC. */
export function ticksInTwoZones(ticks: bigint, zone: string, lang: Language): string {
  return formatTwoZones(ticksToNs(ticks), zone, 'UTC', lang);
}

/** A FILETIME in the report's zone. */
export function ticksInZone(ticks: bigint, zone: string, lang: Language): string {
  return formatTime(ticksToNs(ticks), zone, lang);
}

/** An ISO 8601 text in the report's zone and in UTC; what is no time stays as it is. */
export function isoInTwoZones(text: string, zone: string, lang: Language): string {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? text : formatTwoZones(BigInt(ms) * NS_PER_MS, zone, 'UTC', lang);
}

/** ISO 8601 in UTC, all digits that are not zero: `2024-07-19T04:10:22.1234567Z`; empty beyond year 9999. */
export function ticksToUtc(ticks: bigint): string {
  const ns = ticksToNs(ticks);
  return rfc3339(ns, 'UTC').replace(/\+00:00$/, 'Z');
}
