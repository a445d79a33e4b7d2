import type { InstantNs } from '../model/observation.ts';

/** Ticks (100 ns) from 1601-01-01 to 1970-01-01. */
const EPOCH_TICKS = 116_444_736_000_000_000n;

/** FILETIME ticks as an instant. */
export function instantOfTicks(ticks: bigint): InstantNs {
  return (ticks - EPOCH_TICKS) * 100n;
}

/** FILETIME ticks of an instant. */
export function ticksOfInstant(instant: InstantNs): bigint {
  return instant / 100n + EPOCH_TICKS;
}
