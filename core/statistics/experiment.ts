import { pFewer, pTwoSided, type RatioInterval, ratioInterval, ratioUpper } from './comparison.ts';
import { checkAlpha, checkPeriod, type Period } from './inputs.ts';
import { countTraps, type Trap } from './traps.ts';
import { daysNeeded, rateUpperWithoutEvents } from './waiting.ts';

/** How long the second period must be to show a reduction by a factor. */
export interface Waiting {
  /** 1: any reduction. */
  readonly factor: number;
  /** Total length of the second period in days if no further event comes; `undefined`: no length shows it. */
  readonly days: number | undefined;
  /** Days still to wait; 0 when reached. */
  readonly stillDays: number | undefined;
}

/** Two periods compared (stops.md section 7). */
export interface Experiment {
  readonly on: Period;
  readonly off: Period;
  readonly alpha: number;
  /** Events per day. */
  readonly onRate: number;
  readonly offRate: number;
  /** Rate off : on; `undefined` when the first period had no event. */
  readonly ratio: number | undefined;
  readonly pOneSided: number;
  readonly pTwoSided: number;
  /** Clopper-Pearson interval of the ratio with confidence `1 - alpha`. */
  readonly interval: RatioInterval;
  /** One-sided upper bound of the ratio with confidence `1 - alpha`. */
  readonly upper: number;
  /** `fewer`: the one-sided p is at most alpha; `more`: the two-sided p is and the rate rose; else `not-shown`. */
  readonly result: 'fewer' | 'more' | 'not-shown';
  /** Any reduction, and the factors 2, 5 and 10. */
  readonly waiting: readonly Waiting[];
  /** Highest rate per day after the change that fits, when it saw no event ("rule of three"). */
  readonly offRateUpper: number | undefined;
  readonly traps: readonly Trap[];
}

const FACTORS = [1, 2, 5, 10] as const;

/**
 * Compares the rate of events before (`on`) and after (`off`) a change, exactly and conditionally on the total.
 * @param alpha error level, for example 0.05.
 * @throws RangeError for inputs out of bounds.
 */
export function experiment(on: Period, off: Period, alpha = 0.05): Experiment {
  checkAlpha(alpha);
  checkPeriod(on, 'on');
  checkPeriod(off, 'off');
  const onRate = on.events / on.days;
  const offRate = off.events / off.days;
  const one = pFewer(on, off);
  const two = pTwoSided(on, off);
  return {
    on,
    off,
    alpha,
    onRate,
    offRate,
    ratio: on.events === 0 ? undefined : offRate / onRate,
    pOneSided: one,
    pTwoSided: two,
    interval: ratioInterval(on, off, alpha),
    upper: ratioUpper(on, off, alpha),
    result: one <= alpha ? 'fewer' : two <= alpha && offRate > onRate ? 'more' : 'not-shown',
    waiting: FACTORS.map((factor) => {
      const days = daysNeeded(on, alpha, factor, off.events);
      return { factor, days, stillDays: days === undefined ? undefined : Math.max(0, days - off.days) };
    }),
    offRateUpper: off.events === 0 ? rateUpperWithoutEvents(off.days, alpha) : undefined,
    traps: countTraps(),
  };
}
