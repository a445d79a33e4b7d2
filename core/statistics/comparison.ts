import { checkAlpha, checkFactor, checkPeriod, type Period } from './inputs.ts';
import { binomialAtLeast, binomialAtMost, bisect, regularisedBeta } from './special.ts';

/** Bounds of the log-odds searched for interval ends: e^80 is beyond any ratio that 10^6 events can show. */
const MAX_LOG_ODDS = 80;

/**
 * One-sided exact conditional p (stops.md 7.1): the chance of so few events in the second period, or fewer, if its rate were
 * `1 / factor` of the first (`factor` 1: no change at all). Small means: the rate fell by more than the factor.
 * @throws RangeError for inputs out of bounds.
 */
export function pFewer(on: Period, off: Period, factor = 1): number {
  checkPeriod(on, 'on');
  checkPeriod(off, 'off');
  checkFactor(factor);
  const { p, q } = share(on.days, off.days / factor);
  return binomialAtMost(off.events, on.events + off.events, p, q);
}

/** The other side of {@link pFewer}: the chance of so many events in the second period, or more, if nothing had changed. */
export function pMore(on: Period, off: Period): number {
  checkPeriod(on, 'on');
  checkPeriod(off, 'off');
  const { p, q } = share(on.days, off.days);
  return binomialAtLeast(off.events, on.events + off.events, p, q);
}

/** Two-sided p as twice the smaller one-sided p, at most 1; it agrees with the Clopper-Pearson interval, which "minlike" p does not. */
export function pTwoSided(on: Period, off: Period): number {
  return Math.min(1, 2 * Math.min(pFewer(on, off), pMore(on, off)));
}

/** Share of the second period in both, and its complement. */
function share(onDays: number, offDays: number): { readonly p: number; readonly q: number } {
  const both = onDays + offDays;
  return { p: offDays / both, q: onDays / both };
}

/** Ends of an interval for a rate ratio; `upper` is `Infinity` when the first period had no event. */
export interface RatioInterval {
  readonly lower: number;
  readonly upper: number;
}

/**
 * Clopper-Pearson interval of the rate ratio off : on, with confidence `1 - alpha`.
 * @throws RangeError for inputs out of bounds.
 */
export function ratioInterval(on: Period, off: Period, alpha: number): RatioInterval {
  checkAlpha(alpha);
  checkPeriod(on, 'on');
  checkPeriod(off, 'off');
  return { lower: ratioLower(on, off, alpha / 2), upper: ratioUpper(on, off, alpha / 2) };
}

/** One-sided upper bound of the rate ratio off : on, with confidence `1 - alpha`; `Infinity` when the first period had no event. */
export function ratioUpper(on: Period, off: Period, alpha: number): number {
  checkAlpha(alpha);
  checkPeriod(on, 'on');
  checkPeriod(off, 'off');
  const n = on.events + off.events;
  if (on.events === 0) return Number.POSITIVE_INFINITY;
  const odds = solveOdds((p, q) => binomialAtMost(off.events, n, p, q) - alpha, false);
  return (odds * on.days) / off.days;
}

function ratioLower(on: Period, off: Period, alpha: number): number {
  if (off.events === 0) return 0;
  const odds = solveOdds((p, q) => binomialAtLeast(off.events, on.events + off.events, p, q) - alpha, true);
  return (odds * on.days) / off.days;
}

/** Solves for p over its log-odds, so that no digits are lost near 0 or 1; returns the odds. */
function solveOdds(f: (p: number, q: number) => number, rising: boolean): number {
  const root = bisect((u) => f(1 / (1 + Math.exp(-u)), 1 / (1 + Math.exp(u))), -MAX_LOG_ODDS, MAX_LOG_ODDS, rising);
  return Math.exp(root);
}

/**
 * Bayesian view with a Gamma(0.5, 0) prior on each rate: posterior probability that the rate ratio off : on lies below `ratio`.
 * @throws RangeError for inputs out of bounds.
 */
export function posteriorBelow(on: Period, off: Period, ratio: number): number {
  checkPeriod(on, 'on');
  checkPeriod(off, 'off');
  if (!(ratio > 0 && ratio <= 1e6)) throw new RangeError('ratio must lie above 0 and at most 10^6');
  const { p, q } = share(on.days, off.days * ratio);
  return regularisedBeta(off.events + 0.5, on.events + 0.5, p, q);
}
