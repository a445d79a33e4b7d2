import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FactDefinition, MessageTemplate } from '@winmedic/knowledge/model';
import { afterAll, describe, expect, it } from 'vitest';
import type { Evidence } from '../model/observation.ts';
import { collectEvidence } from './collect.ts';
import type { CollectOptions } from './collect-options.ts';
import { evtxOf, plainLog, TestFolder, zipOf } from './test-inputs.ts';

const dir = new TestFolder();
afterAll(() => dir.dispose());

const DEFINITIONS: FactDefinition[] = [
  {
    id: 'rdp.nla',
    kind: 'state',
    title: { en: 'NLA', ja: 'NLA' },
    values: { on: { en: '', ja: '' }, off: { en: '', ja: '' } },
    obtain: { en: '', ja: '' },
  },
];
const TEMPLATES: MessageTemplate[] = [];
const collect = (paths: string | string[], options: CollectOptions = {}): Promise<Evidence> =>
  collectEvidence([paths].flat(), { zone: 'Asia/Tokyo', factDefinitions: DEFINITIONS, templates: TEMPLATES, ...options });
const codes = (e: Evidence): string[] => e.problems.map((p) => p.code);

describe('an event log', () => {
  it('gives observations with origin, fields, user and time', async () => {
    const path = dir.file(
      'one/System.evtx',
      evtxOf([{ what: 'User32/1074', second: 21_869, id: 8121n, fields: { param1: 'winlogon.exe', param4: '0x500ff' } }]),
    );
    const { events, sources } = await collect(path);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      type: 'event',
      host: 'RDS01',
      channel: 'System',
      provider: 'User32',
      eventId: 1074,
      recordId: '8121',
      userSid: 'S-1-5-18',
      time: BigInt(Date.UTC(2018, 6, 6, 6, 4, 29)) * 1_000_000n,
      trust: 'record',
      origin: { sourceId: 'S1', path, recordId: '8121', offset: 4096 + 512, chunk: 0 },
    });
    expect(events[0]?.fields.get('param4')).toBe('0x500ff');
    expect(sources).toMatchObject([{ id: 'S1', path, kind: 'evtx' }]);
  });

  it('is hashed with SHA-256 unless that is switched off', async () => {
    const path = dir.file('hash.evtx', plainLog());
    const expected = execFileSync('sha256sum', [path]).toString().slice(0, 64);
    expect((await collect(path)).sources[0]?.sha256).toBe(expected);
    expect((await collect(path, { hash: false })).sources[0]?.sha256).toBe('');
  });

  it('keeps events of interest only, and the totals reconcile', async () => {
    const path = dir.file(
      'interest.evtx',
      evtxOf([
        { what: 'User32/1074', second: 1 },
        { what: 'Some-Provider/7', second: 2 },
        { what: 'Microsoft-Windows-Security-Auditing/4624', second: 3, fields: { LogonType: '10' } },
        { what: 'Microsoft-Windows-Security-Auditing/4624', second: 4, fields: { LogonType: '3' } },
      ]),
    );
    const { events, totals, coverage } = await collect(path);
    expect(events.map((e) => [e.eventId, e.fields.get('LogonType')])).toEqual([
      [1074, undefined],
      [4624, '10'],
    ]);
    expect(totals).toMatchObject({ recordsRead: 4, kept: 2, recovered: 0, damagedRecords: 0 });
    expect(coverage[0]?.records).toBe(4);
  });

  it('keeps what a cause of the user looks at as well', async () => {
    const path = dir.file(
      'own.evtx',
      evtxOf([
        { what: 'Some-Provider/7', second: 2 },
        { what: 'Some-Provider/8', second: 3 },
      ]),
    );
    expect((await collect(path, { patterns: [{ provider: 'some-provider', id: 7 }] })).events.map((e) => e.eventId)).toEqual([7]);
  });

  it('is recognised by content, whatever its name', async () => {
    const path = dir.file('System.txt', plainLog());
    expect((await collect(path)).sources[0]?.kind).toBe('evtx');
  });

  it('is kept once when two files hold the same records', async () => {
    const a = dir.file('twice/a.evtx', plainLog(3));
    const b = dir.file('twice/b.evtx', plainLog(5));
    const { events, totals, coverage } = await collect([a, b]);
    expect(events.map((e) => e.recordId)).toEqual(['1', '2', '3', '4', '5']);
    expect(totals).toMatchObject({ recordsRead: 8, kept: 5 });
    expect(coverage).toHaveLength(1);
    expect(coverage[0]).toMatchObject({ sourceIds: ['S1', 'S2'], gaps: [] });
  });

  it('is read once when the same bytes are given twice', async () => {
    const a = dir.file('copy/a.evtx', plainLog(4));
    dir.file('copy/b.evtx', plainLog(4));
    const read = await collect(join(a, '..'));
    expect(read.totals.recordsRead).toBe(4);
    expect(read.problems).toMatchObject([{ code: 'EVIDENCE_DUPLICATE', severity: 'note', what: a }]);
  });

  it('reports too many events of one kind and marks from when absence means nothing', async () => {
    const path = dir.file('many.evtx', plainLog(10));
    const { events, problems, coverage, totals } = await collect(path, { keepLimits: { perKind: 4, total: 100 } });
    expect(events).toHaveLength(4);
    expect(problems).toMatchObject([{ code: 'EVIDENCE_TOO_MANY_EVENTS', severity: 'partial', what: 'eventlog/6013', count: 6 }]);
    expect(coverage[0]?.truncatedFrom).toBe(BigInt(Date.UTC(2018, 6, 6, 0, 5)) * 1_000_000n);
    expect(totals).toMatchObject({ recordsRead: 10, kept: 4 });
  });

  it('keeps room for interactive logons when a cause asks for network logons too', async () => {
    const logons = (type: string, from: number): Parameters<typeof evtxOf>[0] =>
      Array.from({ length: 4 }, (_, i) => ({
        what: 'Microsoft-Windows-Security-Auditing/4624',
        second: from + i,
        channel: 'Security',
        fields: { LogonType: type },
      }));
    const path = dir.file('logons.evtx', evtxOf([...logons('3', 1), ...logons('10', 100)]));
    const patterns = [{ provider: 'Microsoft-Windows-Security-Auditing', id: 4624, where: { LogonType: 3 } }];
    const { events } = await collect(path, { patterns, keepLimits: { perKind: 4, total: 100 } });
    expect(events.map((e) => e.fields.get('LogonType'))).toEqual(['3', '3', '3', '3', '10', '10', '10', '10']);
  });

  it('stops at the total as well', async () => {
    const path = dir.file(
      'total.evtx',
      evtxOf([
        { what: 'EventLog/6005', second: 1 },
        { what: 'EventLog/6006', second: 2 },
        { what: 'EventLog/6013', second: 3 },
      ]),
    );
    expect((await collect(path, { keepLimits: { perKind: 10, total: 2 } })).events).toHaveLength(2);
  });

  it('has gaps where record ids are missing', async () => {
    const path = dir.file(
      'gap.evtx',
      evtxOf([
        { what: 'EventLog/6013', second: 60, id: 10n },
        { what: 'EventLog/6013', second: 120, id: 15n },
      ]),
    );
    const { coverage } = await collect(path);
    expect(coverage[0]?.gaps).toEqual([
      { from: BigInt(Date.UTC(2018, 6, 6, 0, 1)) * 1_000_000n, to: BigInt(Date.UTC(2018, 6, 6, 0, 2)) * 1_000_000n, missingRecords: 4n },
    ]);
  });

  it('has clearings from 104 for the channel it names, and from 1102 for Security', async () => {
    const path = dir.file(
      'cleared.evtx',
      evtxOf([
        { what: 'Microsoft-Windows-Eventlog/104', second: 60, fields: { Channel: 'Security' } },
        { what: 'Microsoft-Windows-Eventlog/1102', second: 120, channel: 'Security' },
      ]),
    );
    const { coverage } = await collect(path);
    expect(coverage.map((c) => [c.channel, c.clearings.length])).toEqual([
      ['System', 0],
      ['Security', 2],
    ]);
  });

  it('has stretches of activity that a silence of ten minutes divides, records of no interest included', async () => {
    const path = dir.file('activity.evtx', evtxOf([0, 599, 1200, 1800].map((second) => ({ what: 'Some-Provider/7', second }))));
    const ns = (second: number): bigint => (BigInt(Date.UTC(2018, 6, 6)) + BigInt(second) * 1000n) * 1_000_000n;
    expect((await collect(path)).coverage[0]?.activity).toEqual([
      { from: ns(0), to: ns(599) },
      { from: ns(1200), to: ns(1200) },
      { from: ns(1800), to: ns(1800) },
    ]);
  });

  it('claims no coverage of centuries for a record header without a time', async () => {
    const path = dir.file(
      'zero.evtx',
      evtxOf([
        { what: 'EventLog/6013', second: -13_175_308_800 },
        { what: 'EventLog/6013', second: 60 },
      ]),
    );
    expect((await collect(path)).coverage[0]?.first).toBe(BigInt(Date.UTC(2018, 6, 6, 0, 1)) * 1_000_000n);
  });

  it('is read up to where it was cut off, and the damage is reported with its place', async () => {
    const whole = evtxOf(
      Array.from({ length: 2000 }, (_, i) => ({ what: 'EventLog/6013', second: i, fields: { param1: 'x'.repeat(100) } })),
    );
    const path = dir.file('half.evtx', whole.subarray(0, Math.floor(whole.length / 2) + 1234));
    const { events, problems } = await collect(path);
    expect(events.length).toBeGreaterThan(100);
    expect(events.length).toBeLessThan(2000);
    expect(problems.length).toBeGreaterThan(0);
    for (const p of problems) expect(p).toMatchObject({ path, severity: 'partial', code: expect.stringMatching(/^EVTX_/) });
    expect(new Set(codes({ problems } as Evidence)).size).toBe(problems.length);
  });

  it('is read although its header is gone', async () => {
    const log = plainLog();
    log.fill(0, 0, 4096);
    expect((await collect(dir.file('headless.bin', log))).events).toHaveLength(3);
  });
});

describe('bad input', () => {
  it.each([
    ['a missing path', (): string => join(dir.path, 'nowhere'), 'EVIDENCE_NOT_FOUND', 'unusable'],
    ['an empty file', (): string => dir.file('empty.evtx', ''), 'EVIDENCE_EMPTY', 'unusable'],
    [
      'a photo',
      (): string => dir.file('photo.png', new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 1, 2])),
      'EVIDENCE_UNRECOGNISED',
      'unusable',
    ],
    ['a text without events', (): string => dir.file('notes.txt', 'nothing to see'), 'EVIDENCE_UNRECOGNISED', 'unusable'],
    ['a log of Server 2003', (): string => dir.file('SysEvent.Evt', oldEvt()), 'EVIDENCE_OLD_EVT_FORMAT', 'unusable'],
    ['a folder without logs', (): string => dir.folder('bare'), 'EVIDENCE_NO_LOGS', 'unusable'],
    ['a device', (): string => '/dev/zero', 'EVIDENCE_SPECIAL_FILE', 'unusable'],
  ])('%s is one problem, and the rest is still read', async (_name, path, code, severity) => {
    const bad = path();
    const read = await collect([bad, dir.file('good.evtx', plainLog())]);
    expect(read.problems).toMatchObject([{ code, path: bad, severity }]);
    expect(read.events).toHaveLength(3);
  });

  it('files of no interest in a folder are listed as notes', async () => {
    dir.file('mixed/readme.txt', 'hello');
    dir.file('mixed/System.evtx', plainLog());
    const read = await collect(join(dir.path, 'mixed'));
    expect(read.problems).toMatchObject([{ code: 'EVIDENCE_UNRECOGNISED', severity: 'note' }]);
  });

  it('a pipe is refused without waiting for it', async () => {
    const path = join(dir.path, 'pipe');
    execFileSync('mkfifo', [path]);
    expect(codes(await collect(path))).toEqual(['EVIDENCE_SPECIAL_FILE']);
  });

  it.skipIf(process.getuid?.() === 0)('an unreadable file is reported as such', async () => {
    const path = dir.file('secret.evtx', plainLog());
    chmodSync(path, 0);
    expect((await collect(path)).problems).toMatchObject([{ code: 'EVIDENCE_UNREADABLE', severity: 'unusable', what: 'EACCES' }]);
  });

  it('a loop of links ends, and every file is read once', async () => {
    const folder = dir.folder('loop');
    dir.file('loop/System.evtx', plainLog());
    symlinkSync(folder, join(folder, 'again'));
    symlinkSync(join(folder, 'self'), join(folder, 'self'));
    const read = await collect(folder);
    expect(read.totals.recordsRead).toBe(3);
    expect(codes(read)).toEqual(['EVIDENCE_LINK_LOOP']);
  });

  it('nothing at all gives nothing at all', async () => {
    expect(await collect([])).toMatchObject({ sources: [], events: [], problems: [], totals: { recordsRead: 0, kept: 0 } });
  });
});

function oldEvt(): Uint8Array {
  const bytes = new Uint8Array(256);
  bytes[0] = 0x30;
  bytes.set([0x4c, 0x66, 0x4c, 0x65], 4);
  return bytes;
}

describe('text and facts', () => {
  it('events pasted as text are read with lower trust, and absence is never concluded from them', async () => {
    const text = [
      'Log Name: System',
      'Source: User32',
      'Date: 7/6/2018 6:04:29 AM',
      'Event ID: 1074',
      'Computer: RDS01',
      'Description:',
      'something',
    ].join('\r\n');
    const read = await collect(dir.file('posting.txt', text));
    expect(read.sources).toMatchObject([{ kind: 'event-text' }]);
    expect(read.events).toMatchObject([{ eventId: 1074, trust: 'text', time: BigInt(Date.UTC(2018, 6, 5, 21, 4, 29)) * 1_000_000n }]);
    expect(read.coverage).toMatchObject([{ partial: true, records: 1 }]);
  });

  it('text in Shift_JIS is understood', async () => {
    const sjis = Uint8Array.from([
      0x83,
      0x5c,
      0x81,
      0x5b,
      0x83,
      0x58,
      0x3a,
      0x20,
      ...new TextEncoder().encode('User32\r\n'),
      0x83,
      0x43,
      0x83,
      0x78,
      0x83,
      0x93,
      0x83,
      0x67,
      0x20,
      ...new TextEncoder().encode('ID: 1074\r\n'),
    ]);
    const read = await collect(dir.file('sjis.txt', sjis));
    expect(read.events).toMatchObject([{ eventId: 1074, provider: 'User32' }]);
  });

  it('a facts file is recognised by its content and read in the zone of the run', async () => {
    const read = await collect(dir.file('facts.yaml', '- fact: rdp.nla\n  value: off\n  from: 2018-06-20\n  to: 2018-07-12\n'));
    expect(read.sources).toMatchObject([{ kind: 'facts' }]);
    expect(read.facts).toMatchObject([
      {
        id: 'F1',
        name: 'rdp.nla',
        value: 'off',
        time: {
          kind: 'span',
          from: BigInt(Date.UTC(2018, 5, 19, 15)) * 1_000_000n,
          to: BigInt(Date.UTC(2018, 6, 12, 15)) * 1_000_000n - 1n,
        },
      },
    ]);
  });

  it('a facts file may be named as such, and its faults are problems of it', async () => {
    const path = dir.file('more.json', '[{"fact": "rdp.nla", "value": "maybe"}, {"fact": "rdp.nla", "value": "on"}]');
    const read = await collect([], { factsFiles: [path] });
    expect(read.facts).toMatchObject([{ value: 'on', time: { kind: 'now' } }]);
    expect(read.problems).toMatchObject([{ code: 'FACT_UNKNOWN', path, severity: 'partial' }]);
  });
});

describe('a zip archive', () => {
  const zip = (name: string, content: Uint8Array): string => dir.file(name, content);
  const leftovers = (): string[] => readdirSync(tmpdir()).filter((n) => /^winmedic-\w{6}$/.test(n));

  it('is read directly; members are named by their place in it', async () => {
    const path = zip(
      'logs.zip',
      zipOf([
        { name: 'logs/System.evtx', content: plainLog() },
        { name: 'readme.bin', content: new Uint8Array([0, 1, 2]) },
      ]),
    );
    const read = await collect(path);
    expect(read.events).toHaveLength(3);
    expect(read.sources.map((s) => [s.path, s.kind])).toEqual([
      [path, 'zip'],
      [`${path}!/logs/System.evtx`, 'evtx'],
    ]);
    expect(read.problems).toMatchObject([{ code: 'EVIDENCE_UNRECOGNISED', path: `${path}!/readme.bin`, severity: 'note' }]);
  });

  it('leaves nothing behind', async () => {
    const before = leftovers();
    await collect(zip('clean.zip', zipOf([{ name: 'System.evtx', content: plainLog() }])));
    expect(leftovers()).toEqual(before);
  });

  it('has no way out of its folder: names are labels', async () => {
    const path = zip(
      'evil.zip',
      zipOf([
        { name: '../../../../tmp/winmedic-evil.evtx', content: plainLog() },
        { name: '/etc/x.evtx', content: plainLog(4, 50) },
      ]),
    );
    const read = await collect(path);
    expect(read.events).toHaveLength(7);
    expect(readdirSync(tmpdir())).not.toContain('winmedic-evil.evtx');
  });

  it('may have names in Shift_JIS', async () => {
    const name = Uint8Array.from([0x83, 0x8d, 0x83, 0x4f, 0x2e, 0x65, 0x76, 0x74, 0x78]);
    const path = zip('sjis.zip', zipOf([{ name, content: plainLog() }]));
    expect((await collect(path)).sources[1]?.path).toBe(`${path}!/ログ.evtx`);
  });

  it('cannot write control characters into a message', async () => {
    const path = zip('control.zip', zipOf([{ name: 'a\u001b[2Jb.evtx', content: plainLog() }]));
    expect((await collect(path)).sources[1]?.path).toBe(`${path}!/a?[2Jb.evtx`);
  });

  it('may hold an archive, but not an archive in that', async () => {
    const inner = zipOf([{ name: 'System.evtx', content: plainLog() }]);
    const middle = zipOf([{ name: 'inner.zip', content: inner }]);
    expect((await collect(zip('two.zip', middle))).events).toHaveLength(3);
    expect(codes(await collect(zip('three.zip', zipOf([{ name: 'middle.zip', content: middle }]))))).toContain('EVIDENCE_ZIP_DEPTH');
  });

  it('with an encrypted member says so and reads the others', async () => {
    const path = zip(
      'secret.zip',
      zipOf([
        { name: 'a.evtx', content: plainLog(), encrypted: true },
        { name: 'b.evtx', content: plainLog() },
      ]),
    );
    const read = await collect(path);
    expect(read.problems).toMatchObject([{ code: 'EVIDENCE_ZIP_ENCRYPTED', path: `${path}!/a.evtx`, severity: 'unusable' }]);
    expect(read.events).toHaveLength(3);
  });

  it('that is cut off is broken', async () => {
    const whole = zipOf([{ name: 'a.evtx', content: plainLog() }]);
    const read = await collect(zip('cut.zip', whole.subarray(0, whole.length - 10)));
    expect(read.problems).toMatchObject([{ code: 'EVIDENCE_ZIP_BROKEN', severity: 'unusable' }]);
  });

  it('whose member is longer than it says is broken there, and read elsewhere', async () => {
    const path = zip(
      'lying.zip',
      zipOf([
        { name: 'a.evtx', content: plainLog(), claimedSize: 70_000 },
        { name: 'b.evtx', content: plainLog(4) },
      ]),
    );
    const read = await collect(path);
    expect(codes(read)).toContain('EVIDENCE_ZIP_BROKEN');
    expect(read.events).toHaveLength(4);
  });

  const limits = { entries: 3, totalBytes: 200_000, ratio: 50, ratioFromBytes: 100_000, depth: 2 };
  it('that grows too much is refused as a bomb', async () => {
    const content = new Uint8Array(150_000);
    content.set(plainLog().subarray(0, 4096));
    const read = await collect(
      zip(
        'bomb.zip',
        zipOf([
          { name: 'a.evtx', content },
          { name: 'b.evtx', content: plainLog() },
        ]),
      ),
      { zipLimits: limits },
    );
    expect(read.problems).toMatchObject([{ code: 'EVIDENCE_ZIP_BOMB', what: 'ratio', severity: 'unusable' }]);
    expect(read.events).toHaveLength(3);
  });
  it('that would fill the disk is refused as a bomb', async () => {
    const read = await collect(
      zip('big.zip', zipOf([1, 2, 3].map((n) => ({ name: `${n}.evtx`, content: plainLog(n + 2), store: true })))),
      { zipLimits: limits },
    );
    expect(read.problems).toMatchObject([{ code: 'EVIDENCE_ZIP_BOMB', what: 'bytes' }]);
    expect(read.events).toHaveLength(4);
  });
  it('with too many members is refused as a bomb', async () => {
    const read = await collect(
      zip('crowd.zip', zipOf([1, 2, 3, 4, 5].map((n) => ({ name: `${n}.bin`, content: new Uint8Array([0, n]) })))),
      { zipLimits: limits },
    );
    expect(codes(read)).toContain('EVIDENCE_ZIP_BOMB');
  });
});

describe('progress and abort', () => {
  it('reports up to the total', async () => {
    const seen: { done: number; total: number }[] = [];
    await collect(dir.file('progress.evtx', plainLog()), { onProgress: (p) => seen.push(p) });
    const last = seen.at(-1);
    expect(last?.done).toBe(last?.total);
    expect(last?.total).toBeGreaterThan(0);
  });
  it('ends with the reason of the signal and leaves no temporary folder', async () => {
    const abort = new AbortController();
    abort.abort(new Error('enough'));
    const path = dir.file('abort.zip', zipOf([{ name: 'a.evtx', content: plainLog() }]));
    await expect(collect(path, { signal: abort.signal })).rejects.toThrow('enough');
  });
});

describe('the same output in the folders of two hosts', () => {
  const text = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\n    fDenyTSConnections    REG_DWORD    0x0\n';
  it('is read for both; twice in one folder it is a copy', async () => {
    dir.file('fleet/A/rdp.txt', text);
    dir.file('fleet/B/rdp.txt', text);
    dir.file('fleet/B/copy.txt', text);
    const { sources, problems } = await collect(dir.folder('fleet'));
    expect(sources.map(({ path }) => path.slice(-9))).toEqual(['A/rdp.txt', '/copy.txt']);
    expect(problems.map(({ code }) => code)).toEqual(['EVIDENCE_DUPLICATE']);
  });
});
