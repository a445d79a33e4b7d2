import type { Expr } from '@winmedic/knowledge/model';
import { describe, expect, test } from 'vitest';
import { at, plus } from '../timeline/test-events.ts';
import { evaluate } from './evaluate.ts';
import { check, everything, failure, powerOff, type Situation, scopeOf } from './test-case.ts';

const expr: Expr = { coincidence: 'screen-typed-failure', window: '5m', below: 0.005 };
const days = ['02', '03', '04', '05', '06'];
const stops = (list = days) => list.flatMap((d) => powerOff(`2018-07-${d}T12:00:00`));
const before = (list: readonly string[]) => list.map((d) => failure(`2018-07-${d}T11:58:00`));

describe('coincidence of traces and stops', () => {
  test('traces before every stop and hardly any elsewhere are more than chance', () => {
    const scope = scopeOf({ events: [...before(days), ...stops()] });
    expect(evaluate(expr, scope).value).toBe('true');
    const [test] = scope.coincidences.values();
    // Five windows of 5 minutes in 60 days, less the five times ten minutes the host was off.
    expect(test).toMatchObject({ k: 5, n: 5, windowSeconds: 300, bound: 0.005, signature: 'winlogon.exe/system/0x500ff/requested-clean' });
    expect(test?.q).toBeCloseTo(25 / (60 * 1440), 5);
    expect(test?.p).toBeCloseTo((test?.q ?? 0) ** 5, 20);
  });

  test('one of five is not, and the numbers are said', () => {
    const crowd = Array.from({ length: 400 }, (_, i) => failure(plus('2018-06-10T00:00:00', i * 1200)));
    const result = check(expr, { events: [...crowd, ...before(['02']), ...stops()] });
    expect(result.value).toBe('false');
    expect(result.because.en).toMatch(/1 of 5 such stops are preceded within 5 min.*p = 0\.\d+, bound 0\.005/);
  });

  test('where such traces are everywhere, even all stops together cannot pass, and it is said', () => {
    const always = Array.from({ length: 60 * 288 }, (_, i) => failure(plus('2018-06-01T00:00:00', i * 300)));
    const result = check(expr, { events: [...always, ...stops()] });
    expect(result.value).toBe('false');
    expect(result.because.en).toMatch(/cannot pass/);
    expect(result.because.ja).toMatch(/基準を満たせません/);
  });

  test('stops and time outside the record do not count', () => {
    const situation: Situation = {
      events: [...before(days), ...stops()],
      coverage: everything({ Security: { first: at('2018-07-04T00:00:00'), last: at('2018-07-06T23:00:00') } }),
    };
    const scope = scopeOf(situation, 2);
    expect(evaluate(expr, scope).value).toBe('true');
    const [test] = scope.coincidences.values();
    expect(test).toMatchObject({ k: 3, n: 3 });
    expect(test?.q).toBeCloseTo(15 / (71 * 60 - 30), 4);
  });

  test('stops of another signature do not count', () => {
    const restart = powerOff('2018-07-07T12:00:00').map((e) =>
      e.eventId === 1074 ? { ...e, fields: new Map([...e.fields, ['param1', 'svchost.exe']]) } : e,
    );
    const scope = scopeOf({ events: [...before(days), ...stops(), ...restart] });
    evaluate(expr, scope);
    expect([...scope.coincidences.values()]).toMatchObject([{ n: 5 }]);
  });

  test('without the record of such traces nothing is known', () => {
    expect(check(expr, { events: stops(), coverage: everything({ Security: undefined }) }).value).toBe('unknown');
    expect(check(expr, { events: stops() }).value).toBe('unknown');
    expect(check({ coincidence: 'no-session', window: '5m', below: 0.01 }, { events: stops() }).value).toBe('unknown');
  });
});
