import { binomialAtLeast } from './special.ts';

/**
 * Chance that `k` or more of `n` events are preceded by a trace if traces had nothing to do with them: P(Bin(n, q) >= k).
 * @param q share of the time that lies in windows after such traces, 0 to 1.
 * @throws RangeError for inputs out of bounds.
 */
export function coincidenceP(k: number, n: number, q: number): number {
  if (!Number.isInteger(n) || n < 0 || n > 1e6) throw new RangeError('n must be a whole number from 0 to 10^6');
  if (!Number.isInteger(k) || k < 0 || k > n) throw new RangeError('k must be a whole number from 0 to n');
  if (!(q >= 0 && q <= 1)) throw new RangeError('q must lie between 0 and 1');
  return binomialAtLeast(k, n, q);
}
