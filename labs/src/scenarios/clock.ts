const TICKS_PER_SECOND = 10_000_000n;
const TICKS_PER_MS = 10_000n;
const MS_1601_TO_1970 = 11_644_473_600_000n;

/** A time as FILETIME ticks (100 ns since 1601-01-01 UTC). */
export type Ticks = bigint;

/** Returns the ticks of a local time `2018-07-06 06:04:29[.1234567]`; `biasMinutes` = UTC minus local time, as Windows counts it (Tokyo -540). */
export function localTicks(text: string, biasMinutes: number): Ticks {
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,7}))?$/.exec(text);
  if (!match) throw new TypeError(`not a time: ${text}`);
  const ms = BigInt(Date.parse(`${match[1]}T${match[2]!.length === 5 ? `${match[2]}:00` : match[2]}Z`));
  const fraction = BigInt((match[3] ?? '').padEnd(7, '0'));
  return (ms + MS_1601_TO_1970) * TICKS_PER_MS + fraction + BigInt(biasMinutes) * 60n * TICKS_PER_SECOND;
}

/** Returns `time` moved by seconds (fractions down to 100 ns). */
export function plus(time: Ticks, seconds: number): Ticks {
  return time + BigInt(Math.round(seconds * 1e7));
}

/** Returns the whole seconds from one time to another. */
export function secondsBetween(from: Ticks, to: Ticks): number {
  return Number((to - from) / TICKS_PER_SECOND);
}

/** Returns a Date whose UTC parts show the given time, cut to milliseconds. */
export function asDate(time: Ticks): Date {
  return new Date(Number(time / TICKS_PER_MS - MS_1601_TO_1970));
}

/** Returns a Date whose UTC parts show the local time. */
export function asLocalDate(time: Ticks, biasMinutes: number): Date {
  return asDate(time - BigInt(biasMinutes) * 60n * TICKS_PER_SECOND);
}
