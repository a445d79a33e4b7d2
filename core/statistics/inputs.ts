/** Events met in a period of observation. */
export interface Period {
  /** Number of events, a whole number from 0 to 10^6. */
  readonly events: number;
  /** Length in days, above 0 and at most 10^6. */
  readonly days: number;
}

const MAX_EVENTS = 1e6;
const MAX_DAYS = 1e6;

/** @throws RangeError when a period is out of bounds: nothing sensible can be computed from it. */
export function checkPeriod(period: Period, name: string): void {
  if (!Number.isInteger(period.events) || period.events < 0 || period.events > MAX_EVENTS)
    throw new RangeError(`${name}: events must be a whole number from 0 to ${MAX_EVENTS}`);
  if (!(period.days > 0) || period.days > MAX_DAYS) throw new RangeError(`${name}: days must be above 0 and at most ${MAX_DAYS}`);
}

/** @throws RangeError unless `0 < alpha <= 0.5`. */
export function checkAlpha(alpha: number): void {
  if (!(alpha >= 1e-12 && alpha <= 0.5)) throw new RangeError('alpha must lie between 1e-12 and 0.5');
}

/** @throws RangeError unless `1 <= factor <= 10^6`. */
export function checkFactor(factor: number): void {
  if (!(factor >= 1 && factor <= 1e6)) throw new RangeError('factor must lie between 1 and 10^6');
}
