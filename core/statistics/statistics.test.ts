import { describe, expect, test } from 'vitest';
import { coincidenceP } from './coincidence.ts';
import { pFewer, pMore, posteriorBelow, pTwoSided, ratioInterval, ratioUpper } from './comparison.ts';
import { experiment } from './experiment.ts';
import { binomialAtLeast, binomialAtMost, logGamma, regularisedBeta } from './special.ts';
import { anytimeDays, daysNeeded, rateUpperWithoutEvents } from './waiting.ts';

/** Agreement to at least six significant digits. */
function agrees(actual: number, expected: number): void {
  if (expected === 0) expect(actual).toBe(0);
  else expect(Math.abs(actual / expected - 1)).toBeLessThan(5e-8);
}

describe('two periods (worked with R poisson.test and scipy)', () => {
  const cases = [
    { on: [5, 12], off: [0, 30], one: 0.001903968584518355, two: 0.00380793716903671, ci: [0, 0.43651164207], upper: 0.3282256812 },
    { on: [9, 28], off: [2, 28], one: 0.03271484375, two: 0.0654296875, ci: [0.02336464105, 1.073638436], upper: 0.8871015076 },
    {
      on: [4, 10.773],
      off: [1, 45],
      one: 0.005884650588895964,
      two: 0.011769301177791928,
      ci: [0.0012152909, 0.6048000764],
      upper: 0.4593910465,
    },
  ] as const;
  test.each(cases)('on $on, off $off', ({ on, off, one, two, ci, upper }) => {
    const a = { events: on[0], days: on[1] };
    const b = { events: off[0], days: off[1] };
    agrees(pFewer(a, b), one);
    agrees(pTwoSided(a, b), two);
    const interval = ratioInterval(a, b, 0.05);
    agrees(interval.lower, ci[0]);
    agrees(interval.upper, ci[1]);
    agrees(ratioUpper(a, b, 0.05), upper);
  });

  test('the doubled two-sided p agrees with the interval where "minlike" would not', () => {
    const a = { events: 5, days: 12 };
    const b = { events: 3, days: 30 };
    const interval = ratioInterval(a, b, 0.05);
    agrees(interval.lower, 0.0372700164);
    agrees(interval.upper, 1.233565081);
    expect(interval.upper).toBeGreaterThan(1);
    expect(pTwoSided(a, b)).toBeGreaterThan(0.05);
    expect(pTwoSided(a, b)).toBeCloseTo(0.0951, 4);
  });

  test('both one-sided p count the observed outcome once each', () => {
    const a = { events: 3, days: 10 };
    const b = { events: 4, days: 20 };
    const observed = 35 * (2 / 3) ** 4 * (1 / 3) ** 3;
    expect(pFewer(a, b) + pMore(a, b)).toBeCloseTo(1 + observed, 12);
  });

  test('posterior of the ratio with Gamma(0.5, 0) priors', () => {
    agrees(posteriorBelow({ events: 5, days: 12 }, { events: 0, days: 30 }, 0.5), 0.9965474388);
  });

  test('no events at all show nothing', () => {
    const none = experiment({ events: 0, days: 10 }, { events: 0, days: 10 });
    expect(none.pOneSided).toBe(1);
    expect(none.upper).toBe(Number.POSITIVE_INFINITY);
    expect(none.ratio).toBeUndefined();
    expect(none.waiting.every((w) => w.days === undefined)).toBe(true);
    expect(none.result).toBe('not-shown');
  });

  test('counts up to a million stay finite and symmetric', () => {
    const p = pFewer({ events: 500_000, days: 1000 }, { events: 500_000, days: 1000 });
    expect(p).toBeGreaterThan(0.5);
    expect(p).toBeLessThan(0.501);
  });

  test('inputs out of bounds are refused', () => {
    expect(() => pFewer({ events: -1, days: 3 }, { events: 0, days: 3 })).toThrow(RangeError);
    expect(() => pFewer({ events: 1.5, days: 3 }, { events: 0, days: 3 })).toThrow(RangeError);
    expect(() => pFewer({ events: 1, days: 0 }, { events: 0, days: 3 })).toThrow(RangeError);
    expect(() => pFewer({ events: 1, days: Number.NaN }, { events: 0, days: 3 })).toThrow(RangeError);
    expect(() => experiment({ events: 1, days: 1 }, { events: 0, days: 1 }, 0)).toThrow(RangeError);
    expect(() => coincidenceP(3, 2, 0.1)).toThrow(RangeError);
    expect(() => coincidenceP(1, 2, 1.1)).toThrow(RangeError);
  });
});

describe('waiting with no event', () => {
  test.each([
    [5, 12, 0.05, 1, 9.846770436],
    [5, 12, 0.025, 1, 13.09534926],
    [5, 12, 0.01, 1, 18.14263718],
    [4, 10.773, 0.05, 1, 12.00912124],
    [5, 12, 0.05, 2, 19.69354087],
    [5, 12, 0.05, 5, 49.23385218],
    [5, 12, 0.05, 10, 98.46770436],
  ])('%d events in %d days, alpha %d, factor %d', (events, days, alpha, factor, expected) => {
    agrees(daysNeeded({ events, days }, alpha, factor) as number, expected);
  });

  test('at the days needed the one-sided p is exactly alpha, also after events', () => {
    const on = { events: 9, days: 28 };
    for (const offEvents of [0, 1, 3])
      for (const factor of [1, 2]) {
        const days = daysNeeded(on, 0.05, factor, offEvents) as number;
        expect(pFewer(on, { events: offEvents, days }, factor)).toBeCloseTo(0.05, 9);
      }
  });

  test('rule of three', () => {
    agrees(rateUpperWithoutEvents(1, 0.05), 2.995732274);
    agrees(rateUpperWithoutEvents(1, 0.025), 3.688879454);
    agrees(rateUpperWithoutEvents(1, 0.01), 4.605170186);
    agrees(rateUpperWithoutEvents(30, 0.05), 0.09985774245);
  });

  test('anytime-valid likelihood ratio', () => {
    agrees(anytimeDays(5 / 12, 0.1, 0, 0.05), 7.988619396);
    expect(anytimeDays(5 / 12, 0.1, 1, 0.05)).toBeGreaterThan(anytimeDays(5 / 12, 0.1, 0, 0.05));
  });
});

test.each([
  [5, 5, 0.05, 3.125e-7],
  [5, 5, 0.5, 0.03125],
  [5, 5, 0.9, 0.59049],
  [4, 5, 0.05, 3e-5],
])('coincidence: %d of %d at q %d', (k, n, q, p) => {
  agrees(coincidenceP(k, n, q), p);
});

test('coincidence at the ends', () => {
  expect(coincidenceP(0, 5, 0.1)).toBe(1);
  expect(coincidenceP(2, 5, 0)).toBe(0);
  expect(coincidenceP(5, 5, 1)).toBe(1);
});

test('experiment names the result, the days still needed and the traps', () => {
  const done = experiment({ events: 5, days: 12 }, { events: 0, days: 30 });
  expect(done.result).toBe('fewer');
  expect(done.waiting[0]?.stillDays).toBe(0);
  expect(done.waiting.find((w) => w.factor === 5)?.stillDays).toBeCloseTo(19.2338, 3);
  expect(done.offRateUpper).toBeCloseTo(0.0998577, 6);
  expect(done.traps.map((t) => t.code)).toContain('window-starts-at-stop');
  expect(experiment({ events: 5, days: 12 }, { events: 0, days: 5 }).result).toBe('not-shown');
  expect(experiment({ events: 1, days: 30 }, { events: 9, days: 10 }).result).toBe('more');
});

describe('special functions', () => {
  test('logGamma at factorials and halves', () => {
    expect(logGamma(1)).toBeCloseTo(0, 14);
    expect(logGamma(11)).toBeCloseTo(Math.log(3_628_800), 12);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 14);
    expect(logGamma(0.1)).toBeCloseTo(2.252712651734206, 12);
  });
  test('binomial tails equal the direct sums', () => {
    const choose = (n: number, k: number): number => Math.exp(logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1));
    for (const p of [0.03, 0.5, 0.97])
      for (let k = 0; k <= 12; k++) {
        let sum = 0;
        for (let i = 0; i <= k; i++) sum += choose(12, i) * p ** i * (1 - p) ** (12 - i);
        expect(binomialAtMost(k, 12, p)).toBeCloseTo(sum, 12);
        expect(binomialAtLeast(k + 1, 12, p)).toBeCloseTo(1 - sum, 12);
      }
  });
  test('the incomplete beta function is symmetric', () => {
    for (const x of [0.001, 0.2, 0.7]) expect(regularisedBeta(2.5, 7, x) + regularisedBeta(7, 2.5, 1 - x)).toBeCloseTo(1, 13);
  });
});
