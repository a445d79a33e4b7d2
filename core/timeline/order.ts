import type { EventObservation } from '../model/observation.ts';
import { recordNumber } from './fields.ts';

/** Time order; ties by record id (2008 R2 writes whole seconds), then by channel and source so that the order is the same in every run. */
export function byTime(a: EventObservation, b: EventObservation): number {
  if (a.time !== b.time) return a.time < b.time ? -1 : 1;
  if (a.channel === b.channel) {
    const d = recordNumber(a) - recordNumber(b);
    if (d !== 0) return d;
  }
  return compare(a.host, b.host) || compare(a.channel, b.channel) || compare(a.origin.path, b.origin.path) || place(a) - place(b);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
function place(e: EventObservation): number {
  return e.origin.offset ?? e.origin.line ?? 0;
}

/** First index whose time is not before `at`, in a list sorted by time. */
export function lowerBound<T>(sorted: readonly T[], at: bigint, timeOf: (item: T) => bigint): number {
  let lo = 0;
  let hi = sorted.length;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if (timeOf(sorted[mid] as T) < at) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}
