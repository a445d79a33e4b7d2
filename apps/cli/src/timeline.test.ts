import { afterAll, describe, expect, it } from 'vitest';
import { EXAMPLE, EXAMPLE_SYSTEM, logOf, TestFolder, winmedic } from './test-command.ts';

const folder = new TestFolder();
afterAll(() => folder.dispose());

interface Row {
  readonly kind: string;
  readonly time: string;
  readonly host: string;
  readonly channel?: string;
  readonly eventId?: number;
}
const rows = (out: string): Row[] =>
  out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row);
const STOP = '2018-07-06T06:04:29+09:00';

describe.concurrent('winmedic timeline', () => {
  it('shows what lies around a moment, in time order, with the stop as a line of its own', async () => {
    const { code, out } = await winmedic(['timeline', EXAMPLE, '--around', STOP, '--window', '90s', '--tz', 'Asia/Tokyo', '--json']);
    const shown = rows(out);
    expect(code).toBe(0);
    expect(shown.map(({ time }) => time)).toEqual(shown.map(({ time }) => time).sort());
    expect(shown.map(({ kind, eventId }) => eventId ?? kind)).toEqual([4625, 4625, 1074, 'stop', 54, 1100, 6006, 109, 13]);
    expect(shown[2]).toMatchObject({ kind: 'event', time: '2018-07-06T06:04:29.6929329+09:00', host: 'RDS01', channel: 'System' });
    const text = await winmedic(['timeline', EXAMPLE, '--around', STOP, '--window', '90s', '--tz', 'Asia/Tokyo', '--lang', 'ja']);
    expect(text.out.trimEnd().split('\n')).toHaveLength(shown.length);
    expect(text.out).toMatch(/^2018-07-06 06:04:29 \+09:00 .*User32 1074/m);
    expect(text.out).toMatch(/RDS01#6: 要求あり・正常終了/);
  });

  it('takes ten minutes to each side by default, and a day as the whole day', async () => {
    const around = rows((await winmedic(['timeline', EXAMPLE, '--around', STOP, '--json'])).out);
    expect(Date.parse(around[0]?.time ?? '')).toBeGreaterThanOrEqual(Date.parse(STOP) - 600_000);
    expect(Date.parse(around.at(-1)?.time ?? '')).toBeLessThanOrEqual(Date.parse(STOP) + 600_000);
    const day = rows((await winmedic(['timeline', EXAMPLE, '--around', '2018-07-06', '--tz', 'Asia/Tokyo', '--json'])).out);
    const stops = day.filter(({ kind }) => kind === 'stop').map(({ time }) => time.slice(0, 16));
    expect(stops).toEqual(['2018-07-06T06:04', '2018-07-06T10:20']);
  });

  it('selects by span, host and a part of the channel name', async () => {
    const out = await winmedic([
      'timeline',
      EXAMPLE,
      '--since',
      '2018-07-05',
      '--until',
      '2018-07-05',
      '--channel',
      'localsession',
      '--host',
      'rds01',
      '--utc',
      '--format',
      'jsonl',
    ]);
    const events = rows(out.out).filter(({ kind }) => kind === 'event');
    expect(events.length).toBeGreaterThan(0);
    for (const { channel, time } of events) {
      expect(channel).toMatch(/LocalSessionManager/);
      expect(time.startsWith('2018-07-05')).toBe(true);
    }
  });

  it('says what there would have been when nothing matches', async () => {
    const { code, out, err } = await winmedic(['timeline', EXAMPLE_SYSTEM, '--host', 'OTHER', '--utc']);
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(err).toMatch(/^nothing matches\. Hosts: RDS01\. Records: 2018-06-17 [\d:]+ \+00:00 – 2018-07-12 [\d:]+ \+00:00\n/);
    expect((await winmedic(['timeline', EXAMPLE_SYSTEM, '--since', '2030-01-01', '--lang', 'ja'])).err).toMatch(
      /^条件に合う行がありません。ホスト: RDS01。/,
    );
  });

  it('says how many of the records it is about', async () => {
    const { err } = await winmedic(['timeline', EXAMPLE_SYSTEM, '--around', STOP]);
    const [, read, kept, rest] =
      /^read (\d+) = considered (\d+) \+ left out (\d+) \(`winmedic events` shows every record\)\n$/.exec(err) ?? [];
    expect(Number(read)).toBe(548);
    expect(Number(kept) + Number(rest)).toBe(548);
    expect((await winmedic(['timeline', EXAMPLE_SYSTEM, '--around', STOP, '--quiet'])).err).toBe('');
  });

  it('refuses a window that is no duration', async () => {
    const { code, err } = await winmedic(['timeline', EXAMPLE_SYSTEM, '--around', STOP, '--window', '10']);
    expect(code).toBe(2);
    expect(err).toBe('winmedic: CLI_INVALID_VALUE --window: "10" is not usable here. Use a form such as 90s, 10m, 2h or 1d.\n');
  });

  it('shows gaps and clearing as lines of their own', async () => {
    const log = logOf([
      { id: 6005, provider: 'EventLog', second: 0 },
      { id: 104, provider: 'Microsoft-Windows-Eventlog', second: 60, fields: { Channel: 'System' } },
      { id: 6006, provider: 'EventLog', second: 120 },
    ]);
    const { out } = await winmedic(['timeline', folder.file('cleared.evtx', log), '--json']);
    expect(rows(out).map(({ kind }) => kind)).toContain('clearing');
  });
});
