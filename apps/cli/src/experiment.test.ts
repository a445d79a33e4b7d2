import { describe, expect, it } from 'vitest';
import { EXAMPLE, winmedic } from './test-command.ts';

interface Result {
  readonly pOneSided: number;
  readonly pTwoSided: number;
  readonly ratio: number;
  readonly interval: { readonly lower: number; readonly upper: number };
  readonly upper: number;
  readonly waiting: readonly { readonly factor: number; readonly days: number }[];
}
const six = (value: number | undefined): number => Number(value?.toPrecision(6));

describe.concurrent('winmedic experiment', () => {
  /** Worked cases computed with R poisson.test and scipy binomtest. */
  it.each([
    ['5/12', '0/30', [0.0019039686, 0.0038079372, 0, 0, 0.43651164, 0.32822568]],
    ['9/28', '2/28', [0.032714844, 0.065429688, 0.22222222, 0.023364862, 1.0736377, 0.88710263]],
    ['4/10.773', '1/45d', [0.0058846931, 0.011769386, 0.05985, 0.0012152837, 0.60479959, 0.45938669]],
  ] as const)('agrees with the worked case %s against %s', async (before, after, wanted) => {
    const { code, out } = await winmedic(['experiment', '--before', before, '--after', after, '--json']);
    const { pOneSided, pTwoSided, ratio, interval, upper } = JSON.parse(out) as Result;
    expect(code).toBe(0);
    for (const [index, value] of [pOneSided, pTwoSided, ratio, interval.lower, interval.upper, upper].entries()) {
      expect(value).toBeCloseTo(wanted[index] ?? Number.NaN, 5);
    }
  });

  it('says how many days without a stop are needed', async () => {
    const { out } = await winmedic(['experiment', '--before', '5/12', '--after', '0/0.5', '--json']);
    const { waiting } = JSON.parse(out) as Result;
    expect(waiting.map(({ factor, days }) => [factor, six(days)])).toEqual([
      [1, 9.84677],
      [2, 19.6935],
      [5, 49.2339],
      [10, 98.4677],
    ]);
    const two = await winmedic(['experiment', '--before', '5/12', '--after', '0/0.5', '--alpha', '0.025', '--json']);
    expect((JSON.parse(two.out) as Result).waiting[0]?.days).toBeCloseTo(13.1, 2);
  });

  it('counts from logs after the first stop, of one kind', async () => {
    const { code, out } = await winmedic(['experiment', EXAMPLE, '--change-at', '2018-07-01', '--tz', 'Asia/Tokyo', '--json', '--quiet']);
    expect(code).toBe(0);
    const value = JSON.parse(out) as {
      leftOut: string;
      signature: string;
      changeAt: string;
      before: { stops: { id: string }[] };
      after: { stops: { id: string }[] };
      result: Result;
    };
    expect(value).toMatchObject({
      schemaVersion: '1.0',
      host: 'RDS01',
      signature: 'winlogon.exe/system/0x500ff/requested-clean',
      changeAt: '2018-07-01T00:00:00+09:00',
      leftOut: 'RDS01#1',
    });
    expect(value.before.stops.map(({ id }) => id)).toEqual(['RDS01#2', 'RDS01#3']);
    expect(value.after.stops.map(({ id }) => id)).toEqual(['RDS01#5', 'RDS01#6', 'RDS01#7']);
    expect(value.result.pTwoSided).toBe(1);
  });

  it('tells in both languages which spans it compared', async () => {
    const en = await winmedic(['experiment', EXAMPLE, '--change-at', '2018-07-01', '--tz', 'Asia/Tokyo']);
    expect(en.out).toMatch(
      /^RDS01 {2}kind of stop: winlogon\.exe\/system\/0x500ff\/requested-clean\nbefore: 2018-06-25 11:30:14 \+09:00 – 2018-07-01 00:00:00 \+09:00\nafter: /,
    );
    const ja = await winmedic(['experiment', EXAMPLE, '--change-at', '2018-07-01', '--tz', 'Asia/Tokyo', '--lang', 'ja']);
    expect(ja.out).toMatch(/^RDS01 {2}停止の種類: .*\n変更前: .*\n変更後: .*\n数えない停止\(最初の停止\): RDS01#1\n\n変化は示せていません/);
  });

  it('says why there is nothing to compare, with exit code 2', async () => {
    const { code, out } = await winmedic(['experiment', EXAMPLE, '--change-at', '2030-01-01']);
    expect(code).toBe(2);
    expect(out).toContain('does not reach beyond the change');
  });

  it('names the kinds of stops when another was asked for', async () => {
    const { code, err } = await winmedic(['experiment', EXAMPLE, '--change-at', '2018-07-01', '--signature', 'none', '--quiet']);
    expect(code).toBe(2);
    expect(err).toContain('CLI_NO_STOPS_TO_COUNT');
    expect(err).toContain('RDS01 winlogon.exe/system/0x500ff/requested-clean (6)');
  });

  it.each([
    [[], 'CLI_MISSING_ARGUMENT'],
    [['--before', '5/12'], 'CLI_MISSING_ARGUMENT'],
    [['--before', '5', '--after', '0/3'], 'CLI_INVALID_VALUE --before'],
    [['--before', '5/0', '--after', '0/3'], 'CLI_INVALID_VALUE --before'],
    [['--before', '5/12', '--after', '0/30', '--alpha', '2'], 'CLI_INVALID_VALUE --alpha'],
    [['--before', '5/12', '--after', '0/30', '--change-at', '2018-07-01'], 'CLI_INVALID_VALUE --change-at'],
    [[EXAMPLE, '--before', '5/12', '--change-at', '2018-07-01'], 'CLI_INVALID_VALUE --before'],
    [[EXAMPLE], 'CLI_MISSING_ARGUMENT'],
  ] as const)('refuses %j', async (args, code) => {
    const ran = await winmedic(['experiment', ...args, '--lang', 'ja']);
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toContain(`winmedic: ${code}`);
    expect(ran.err).toMatch(/[ぁ-ん]/);
  });
});
