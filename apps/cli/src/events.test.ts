import { readFileSync } from 'node:fs';
import { parseEventText } from '@winmedic/core/explain';
import { clearedOver, writeEvtx } from '@winmedic/labs/evtx-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { EXAMPLE, EXAMPLE_SYSTEM, logOf, records, TestFolder, winmedic, zipOf } from './test-command.ts';

const folder = new TestFolder();
afterAll(() => folder.dispose());

const odd = folder.file(
  'odd.evtx',
  logOf([
    { id: 1, provider: 'Alpha', computer: 'HOST1', level: 2, fields: { Name: 'administrator', Size: '9', Address: '10.0.0.7' } },
    { id: 2, provider: 'Beta', computer: 'HOST2', level: 3, fields: { Name: 'guest', Size: '10', Address: '192.168.1.2' } },
    { id: 3, provider: 'Beta', channel: 'Security', fields: { Name: "=cmd|' /c calc'!A0", Note: 'a "quoted", text\nof two lines' } },
    { id: 4, provider: 'Gamma', fields: { Name: 'Admin', Size: '' } },
  ]),
);
const ids = async (...args: string[]): Promise<number[]> => {
  const { code, out } = await winmedic(['events', odd, '--json', ...args]);
  expect(code).toBe(0);
  return out
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { Event: { System: { EventID: number } } }).Event.System.EventID);
};

describe.concurrent('counting', () => {
  it('gives {key, count} rows, most frequent first', async () => {
    const { code, out } = await winmedic(['events', EXAMPLE_SYSTEM, '--count-by', 'id', '--json']);
    const rows = JSON.parse(out) as { key: number; count: number }[];
    expect(code).toBe(0);
    expect(rows).toContainEqual({ key: 1074, count: 7 });
    expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(548);
    expect(rows.map(({ count }) => count)).toEqual(rows.map(({ count }) => count).sort((a, b) => b - a));
  });

  it('adds up over files, folders and archives, by provider and channel, as table, csv and lines of JSON', async () => {
    const zip = folder.file('two.zip', zipOf([{ name: 'logs/odd.evtx', bytes: readFileSync(odd) }]));
    const byProvider = await winmedic(['events', odd, zip, '--count-by', 'provider', '--format', 'jsonl']);
    expect(
      byProvider.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { key: 'Beta', count: 4 },
      { key: 'Alpha', count: 2 },
      { key: 'Gamma', count: 2 },
    ]);
    expect((await winmedic(['events', odd, '--count-by', 'channel', '--format', 'csv'])).out).toBe(
      '\uFEFFchannel,count\r\nSystem,3\r\nSecurity,1\r\n',
    );
    const table = await winmedic(['events', odd, '--count-by', 'channel', '--limit', '1', '--lang', 'ja']);
    expect(table).toEqual({ code: 0, out: '    3  System\n', err: '合計: 4\n' });
    expect((await winmedic(['events', odd, '--count-by', 'id', '--format', 'xml'])).err).toContain('CLI_INVALID_VALUE --format');
  });
});

describe.concurrent('selection', () => {
  it.each([
    [
      ['--ids', '1,3-4'],
      [1, 3, 4],
    ],
    [
      ['--providers', 'alpha,GAMMA'],
      [1, 4],
    ],
    [['--channels', 'security'], [3]],
    [['--computers', 'host2'], [2]],
    [
      ['--levels', '2-3'],
      [1, 2],
    ],
    [
      ['--where', 'Name=admin*'],
      [1, 4],
    ],
    [
      ['--where', 'Name!=admin*'],
      [2, 3],
    ],
    [
      ['--where', 'Name=[guest,Admin]'],
      [2, 4],
    ],
    [['--where', 'Name|cased=admin'], []],
    [['--where', 'Name|contains|all=[min,str]'], [1]],
    [['--where', 'Name|startswith=g'], [2]],
    [['--where', 'Name|endswith=tor'], [1]],
    [['--where', 'Name|re=^a.{4}$'], [4]],
    [['--where', 'Name|re|cased=^a.{4}$'], []],
    [['--where', 'Size|gt=9'], [2]],
    [['--where', 'Size|lte=9'], [1]],
    [['--where', 'Address|cidr=10.0.0.0/8'], [1]],
    [['--where', 'Size|exists=false'], [3]],
    [
      ['--where', 'Size=null'],
      [3, 4],
    ],
    [['--where', 'Size|gte=9', '--where', 'Address|startswith=192.'], [2]],
    [
      ['--since', '2018-07-06T00:00:01Z', '--until', '2018-07-06T00:00:03Z'],
      [2, 3],
    ],
  ] as const)('%j', async (args, wanted) => {
    expect(await ids(...args)).toEqual(wanted);
  });

  it('takes a day as the whole day in the zone of the run', async () => {
    const day = (zone: string): Promise<{ out: string }> =>
      winmedic([
        'events',
        EXAMPLE_SYSTEM,
        '--ids',
        '1074',
        '--since',
        '2018-07-06',
        '--until',
        '2018-07-06',
        '--tz',
        zone,
        '--count-by',
        'id',
        '--json',
      ]);
    expect((await day('Asia/Tokyo')).out).toBe('[{"key":1074,"count":2}]\n');
    expect((await day('+09:00')).out).toBe('[{"key":1074,"count":2}]\n');
    expect((await day('UTC')).out).toBe('[{"key":1074,"count":1}]\n');
  });

  it('refuses what cannot be meant, in both languages', async () => {
    for (const [args, code] of [
      [['--ids', '1-'], 'CLI_INVALID_VALUE --ids'],
      [['--ids', '70000'], 'CLI_INVALID_VALUE --ids'],
      [['--levels', '300'], 'CLI_INVALID_VALUE --levels'],
      [['--limit', '0'], 'CLI_INVALID_VALUE --limit'],
      [['--where', 'Name'], 'CLI_WHERE'],
      [['--where', 'Name|near=x'], 'CLI_WHERE'],
      [['--where', 'Name|re=('], 'CLI_WHERE'],
      [['--where', 'Size|gt=big'], 'CLI_WHERE'],
      [['--since', 'yesterday'], 'CLI_TIME --since'],
      [['--since', '2018-07-01..2018-07-02'], 'CLI_TIME --since'],
      [['--since', '2018-07-06', '--until', '2018-07-05'], 'CLI_INVALID_VALUE --until'],
      [['--tz', 'Mars/Base'], 'CLI_ZONE'],
    ] as const) {
      const [en, ja] = await Promise.all(['en', 'ja'].map((lang) => winmedic(['events', odd, ...args, '--lang', lang])));
      expect(en).toMatchObject({ code: 2, out: '' });
      expect(en?.err).toMatch(new RegExp(`^winmedic: ${code.replaceAll('|', '\\|')}`));
      expect(ja?.code).toBe(2);
      expect(ja?.err.split(' ').slice(0, 2)).toEqual(en?.err.split(' ').slice(0, 2));
      expect(ja?.err).toMatch(/[ぁ-ん]/);
    }
  });
});

describe.concurrent('forms of output', () => {
  it('reconciles what was read with what is shown', async () => {
    const { code, out, err } = await winmedic(['events', EXAMPLE_SYSTEM, '--ids', '1074', '--tz', 'Asia/Tokyo']);
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n')).toHaveLength(7);
    expect(out.split('\n')[0]).toMatch(/^2018-06-25 11:30:14 \+09:00 {3}#18341 .*RDS01 .*User32\/1074 .*winlogon\.exe.*0x500ff/);
    expect(err).toBe('read 548 = shown 7 + filtered 541; damaged 0\n');
    const limited = await winmedic(['events', EXAMPLE_SYSTEM, '--limit', '2', '--lang', 'ja']);
    expect(limited.out.trimEnd().split('\n')).toHaveLength(2);
    expect(limited.err).toMatch(/^読み取り \d+ = 表示 2 \+ 除外 \d+、破損 0\(--limit により 2 件で打ち切り、残りは未読\)\n$/);
  });

  it('writes CSV that a spreadsheet opens safely', async () => {
    const { out } = await winmedic(['events', odd, '--ids', '3', '--format', 'csv', '--utc']);
    const text = 'Name==cmd|\' /c calc\'!A0; Note=a ""quoted"", text\nof two lines';
    expect(out).toBe(
      '\uFEFFtime,computer,channel,provider,event_id,level,record_id,user_sid,trust,file,data\r\n' +
        `2018-07-06 00:00:02 +00:00,HOST1,Security,Beta,3,4,3,S-1-5-18,live,${odd},"${text}"\r\n`,
    );
    const formula = folder.file('formula.evtx', logOf([{ id: 5, computer: '=1+1', provider: '@SUM(A1)' }]));
    const guarded = await winmedic(['events', formula, '--format', 'csv']);
    expect(guarded.out).toContain(",'=1+1,System,'@SUM(A1),5,");
  });

  it('writes well-formed XML and JSON lines', async () => {
    const { out } = await winmedic(['events', odd, '--format', 'xml']);
    expect(out.startsWith('<?xml version="1.0" encoding="UTF-8"?>\n<Events>\n<Event ')).toBe(true);
    expect(out.endsWith('</Event>\n</Events>\n')).toBe(true);
    const { events } = parseEventText(out, { path: 'all.xml', sourceId: 'S1' });
    expect(events.map(({ eventId, fields }) => [eventId, fields.get('Name')])).toEqual([
      [1, 'administrator'],
      [2, 'guest'],
      [3, "=cmd|' /c calc'!A0"],
      [4, 'Admin'],
    ]);
    expect(await ids()).toEqual([1, 2, 3, 4]);
  });

  it('marks recovered records and counts them apart', async () => {
    const old = writeEvtx(records(Array.from({ length: 6 }, (_, n) => ({ id: 100 + n }))));
    const path = folder.file('cleared.evtx', clearedOver(old, logOf([{ id: 1, second: 90 }])));
    const plain = await winmedic(['events', path]);
    expect(plain.out).not.toContain('~#');
    const { out, err } = await winmedic(['events', path, '--recover']);
    const recovered = out.split('\n').filter((line) => line.includes('~#')).length;
    expect(recovered).toBeGreaterThan(0);
    expect(err).toContain(`read 1 + recovered ${recovered} = shown ${recovered + 1} + filtered 0; damaged `);
    const csv = await winmedic(['events', path, '--recover', '--format', 'csv']);
    expect(csv.out.match(/,slack,/g)).toHaveLength(recovered);
  });

  it('reads a folder with every log in it', async () => {
    const { out } = await winmedic(['events', EXAMPLE, '--count-by', 'channel', '--json']);
    expect((JSON.parse(out) as unknown[]).length).toBe(5);
  });
});
