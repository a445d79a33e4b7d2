/** FILETIME ticks of 1970-01-01 (MS-DTYP 2.3.3: 100 ns since 1601-01-01 UTC). */
const EPOCH = 116_444_736_000_000_000n;
/** Last instant a Date can hold, in milliseconds. */
const LAST_MS = 8_640_000_000_000_000;

/** FILETIME ticks as milliseconds since 1970; held within what a Date can hold, since a host may send any number. */
export function filetimeMs(ticks: bigint): number {
  return Math.max(-LAST_MS, Math.min(LAST_MS, Number((ticks - EPOCH) / 10_000n)));
}
