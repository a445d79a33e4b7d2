/** Lanczos coefficients, g = 7, n = 9 (relative error about 1e-15). */
const LANCZOS = [
  0.9999999999998099, 676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
] as const;

/** Natural logarithm of the gamma function for `x > 0`. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const z = x - 1;
  let sum: number = LANCZOS[0];
  for (let i = 1; i < LANCZOS.length; i++) sum += (LANCZOS[i] as number) / (z + i);
  const t = z + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Steps of the continued fraction; it needs about the square root of the larger parameter, and counts are capped at 10^6. */
const MAX_STEPS = 20_000;
const TINY = 1e-300;

/**
 * Regularised incomplete beta function I_x(a, b), by Lentz's continued fraction.
 * @param complement `1 - x`, given separately so that no digits are lost when `x` is near 1.
 */
export function regularisedBeta(a: number, b: number, x: number, complement = 1 - x): number {
  if (x <= 0) return 0;
  if (complement <= 0) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(complement));
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(a, b, x)) / a : 1 - (front * betaFraction(b, a, complement)) / b;
}

function betaFraction(a: number, b: number, x: number): number {
  const clamp = (v: number): number => (Math.abs(v) < TINY ? TINY : v);
  let c = 1;
  let d = 1 / clamp(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m <= MAX_STEPS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / clamp(1 + even * d);
    c = clamp(1 + even / c);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / clamp(1 + odd * d);
    c = clamp(1 + odd / c);
    const step = d * c;
    h *= step;
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return h;
}

/** P(Bin(n, p) <= k). @param q `1 - p`. */
export function binomialAtMost(k: number, n: number, p: number, q = 1 - p): number {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return regularisedBeta(n - k, k + 1, q, p);
}

/** P(Bin(n, p) >= k). @param q `1 - p`. */
export function binomialAtLeast(k: number, n: number, p: number, q = 1 - p): number {
  if (k <= 0) return 1;
  if (k > n) return 0;
  return regularisedBeta(k, n - k + 1, p, q);
}

/**
 * Root of a monotone function by bisection, to the last digit a double can hold or 1e-12 relative, whichever comes first.
 * @param rising whether `f` grows with its argument; the root must lie in `[low, high]`.
 */
export function bisect(f: (x: number) => number, low: number, high: number, rising: boolean): number {
  let lo = low;
  let hi = high;
  for (let i = 0; i < 300; i++) {
    const mid = lo + (hi - lo) / 2;
    if (mid === lo || mid === hi || hi - lo <= 1e-13 * Math.max(1e-3, Math.abs(mid))) return mid;
    if (f(mid) > 0 === rising) hi = mid;
    else lo = mid;
  }
  return lo + (hi - lo) / 2;
}
