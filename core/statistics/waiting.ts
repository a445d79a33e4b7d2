import { pFewer } from './comparison.ts';
import { checkAlpha, checkFactor, checkPeriod, type Period } from './inputs.ts';
import { bisect } from './special.ts';

/** Longer waits are not worth naming. */
const MAX_WAIT_DAYS = 1e6;

/**
 * Length the second period must have, in days, so that it shows a reduction by at least `factor` (1: any reduction) at error level
 * `alpha`, if no further event comes than the `offEvents` already met. With none this is `factor * t1 * (alpha^(-1/x1) - 1)`.
 * @returns `undefined` when no length up to 10^6 days shows it (the first period had no event).
 * @throws RangeError for inputs out of bounds.
 */
export function daysNeeded(on: Period, alpha: number, factor = 1, offEvents = 0): number | undefined {
  checkAlpha(alpha);
  checkFactor(factor);
  checkPeriod(on, 'on');
  if (on.events === 0) return undefined;
  if (offEvents === 0) {
    const days = factor * on.days * (alpha ** (-1 / on.events) - 1);
    return days <= MAX_WAIT_DAYS ? days : undefined;
  }
  const p = (days: number): number => pFewer(on, { events: offEvents, days }, factor);
  if (p(MAX_WAIT_DAYS) > alpha) return undefined;
  return Math.exp(
    bisect((logDays) => p(Math.min(MAX_WAIT_DAYS, Math.exp(logDays))) - alpha, Math.log(1e-6), Math.log(MAX_WAIT_DAYS), false),
  );
}

/**
 * "Rule of three": the highest rate per day that fits `days` without any event, with confidence `1 - alpha` (5 %: 2.9957 / days).
 * @throws RangeError for inputs out of bounds.
 */
export function rateUpperWithoutEvents(days: number, alpha: number): number {
  checkAlpha(alpha);
  checkPeriod({ events: 0, days }, 'off');
  return -Math.log(alpha) / days;
}

/**
 * Days after which an anytime-valid likelihood ratio shows that a known rate fell to `rho` times itself: one may look every day
 * without inflating the error. LR = rho^n e^(rate t (1 - rho)) must reach 1 / alpha.
 * @param ratePerDay rate before the change, taken as known: it must come from a long record.
 * @param rho rate ratio tested for, above 0 and below 1.
 * @param events events met since the change.
 * @throws RangeError for inputs out of bounds.
 */
export function anytimeDays(ratePerDay: number, rho: number, events: number, alpha: number): number {
  checkAlpha(alpha);
  if (!(ratePerDay > 0 && ratePerDay <= 1e6)) throw new RangeError('rate must lie above 0 and at most 10^6 per day');
  if (!(rho > 0 && rho < 1)) throw new RangeError('rho must lie between 0 and 1');
  if (!Number.isInteger(events) || events < 0 || events > 1e6) throw new RangeError('events must be a whole number from 0 to 10^6');
  return Math.max(0, (-Math.log(alpha) - events * Math.log(rho)) / (ratePerDay * (1 - rho)));
}
