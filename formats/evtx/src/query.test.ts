import { describe, expect, it } from 'vitest';
import { many, open, record, START } from './test-log.ts';
import type { EvtxQuery, FieldCondition } from './types.ts';

const users = ['Administrator', 'alice', 'HOST$', 'SYSTEM'];
const written = many(200, (i) =>
  record(
    {
      eventId: [4624, 4625, 1074, 6008][i % 4]!,
      provider: i % 4 < 2 ? 'Microsoft-Windows-Security-Auditing' : 'User32',
      level: i % 5,
      channel: i % 4 < 2 ? 'Security' : 'System',
      computer: i < 100 ? 'A' : 'b.example',
    },
    {
      TargetUserName: users[i % 4]!,
      LogonType: { type: 'u32', value: i % 12 },
      IpAddress: i % 3 === 0 ? '10.1.2.3' : i % 3 === 1 ? '::ffff:10.1.9.9' : 'fe80::1%4',
      Status: { type: 'hex32', value: 0xc000006d },
      ...(i % 2 === 0 ? { Path: `C:\\Users\\u${i}\\file?.exe` } : {}),
      Empty: '',
      // Windows pads some names and writes some numbers as text.
      LogonProcessName: i % 2 === 0 ? 'User32 ' : 'NtLmSsp ',
      Code: i % 2 === 0 ? '0x000500ff' : '327935',
      Wide: { type: 'u64', value: 18_446_744_073_709_551_610n + BigInt(i % 5) },
    },
    i,
  ),
);

const logs = [
  open(written, {}, { provider: 'literal' }).log,
  open(written, {}, { provider: 'slot' }).log,
  open(written.map((one) => ({ ...one, shape: 'plain' as const }))).log,
];

/** Indexes the queries select: the same on literal templates, on slots and on records without templates. */
function select(...queries: EvtxQuery[]): number[] {
  const [first, ...others] = logs.map((log) => Array.from(log.select(queries), ({ record: one }) => Number(one.recordId) - 1));
  for (const other of others) expect(other).toEqual(first);
  return first!;
}
function where(field: string, op: FieldCondition['op'], values: string[], more: Partial<FieldCondition> = {}): number[] {
  return select({ where: [{ field, op, values, ...more }] });
}
const indexes = (test: (i: number) => boolean): number[] => written.map((_, i) => i).filter(test);

describe('System conditions', () => {
  it('selects by ids, providers, channels, computers and levels, whatever the case', () => {
    expect(select({})).toHaveLength(200);
    expect(select({ ids: [4625, 6008] })).toEqual(indexes((i) => i % 2 === 1));
    expect(select({ providers: ['USER32', 'nobody'] })).toEqual(indexes((i) => i % 4 >= 2));
    expect(select({ channels: ['security'], ids: [1074] })).toEqual([]);
    expect(select({ computers: ['B.EXAMPLE'], levels: [2, 3] })).toEqual(indexes((i) => i >= 100 && [2, 3].includes(i % 5)));
    expect(select({ ids: [] })).toEqual([]);
  });

  it('selects a time window, start inclusive and end exclusive', () => {
    expect(select({ since: START + 50_000_000n, until: START + 80_000_000n })).toEqual([5, 6, 7]);
    expect(select({ until: START })).toEqual([]);
    expect(select({ since: START + 1_990_000_000n })).toEqual([199]);
    expect(select({ since: -5n, until: 1n << 70n })).toHaveLength(200);
  });

  it('gives the first query that matched', () => {
    const found = Array.from(logs[0]!.select([{ ids: [1074] }, { ids: [4625] }, { channels: ['System'] }]), (match) => match.queryIndex);
    expect(found).toEqual(indexes((i) => i % 4 !== 0).map((i) => [-1, 1, 0, 2][i % 4]));
  });

  it('asks System fields in conditions too', () => {
    expect(where('EventID', 'gte', ['4625'])).toEqual(indexes((i) => i % 4 === 1 || i % 4 === 3));
    expect(where('Provider', 'startswith', ['user'])).toEqual(indexes((i) => i % 4 >= 2));
    expect(where('Computer', 'equals', ['*.example'])).toEqual(indexes((i) => i >= 100));
    expect(where('RecordId', 'lt', ['4'])).toEqual([0, 1, 2]);
    expect(where('UserSid', 'null', [])).toHaveLength(200);
  });
});

describe('field conditions', () => {
  it.each<[string, FieldCondition['op'], string[], Partial<FieldCondition>, (i: number) => boolean]>([
    ['TargetUserName', 'equals', ['ALICE'], {}, (i) => i % 4 === 1],
    ['TargetUserName', 'equals', ['ALICE'], { cased: true }, () => false],
    ['TargetUserName', 'equals', ['a*'], {}, (i) => i % 4 < 2],
    ['TargetUserName', 'equals', ['????$'], {}, (i) => i % 4 === 2],
    ['TargetUserName', 'equals', ['*'], { not: true }, () => false],
    ['TargetUserName', 'equals', ['a', 'b', 'c', 'd', 'alice', 'System'], {}, (i) => i % 4 === 1 || i % 4 === 3],
    ['TargetUserName', 'endswith', ['$'], { not: true }, (i) => i % 4 !== 2],
    ['TargetUserName', 'contains', ['min', 'stra'], { all: true }, (i) => i % 4 === 0],
    ['TargetUserName', 're', ['^(alice|SYSTEM)$'], { cased: true }, (i) => i % 4 === 1 || i % 4 === 3],
    ['LogonType', 'equals', ['10', '3'], {}, (i) => i % 12 === 10 || i % 12 === 3],
    ['LogonType', 'equals', ['1o', '3.0', 'x'], {}, () => false],
    ['LogonType', 'equals', ['010'], {}, (i) => i % 12 === 10],
    ['LogonType', 'equals', ['0xa', 'x'], {}, (i) => i % 12 === 10],
    ['LogonType', 'equals', ['10'], { not: true }, (i) => i % 12 !== 10],
    ['LogonType', 'contains', ['1'], {}, (i) => [1, 10, 11].includes(i % 12)],
    ['TargetUserName', 'startswith', ['AD', 'host'], {}, (i) => i % 4 === 0 || i % 4 === 2],
    ['LogonType', 'gt', ['9'], {}, (i) => i % 12 > 9],
    ['LogonType', 'lte', ['0x2'], {}, (i) => i % 12 <= 2],
    ['LogonProcessName', 'equals', ['user32'], {}, (i) => i % 2 === 0],
    ['LogonProcessName', 'endswith', ['SSP'], {}, (i) => i % 2 === 1],
    ['LogonProcessName', 'startswith', ['User32 '], {}, (i) => i % 2 === 0],
    ['Code', 'equals', ['0x500ff'], {}, () => true],
    ['Code', 'equals', ['327935', 'x'], {}, () => true],
    ['Code', 'equals', ['327936'], {}, () => false],
    ['Status', 'equals', ['0xC000006D'], {}, () => true],
    ['Status', 'equals', ['3221225581'], {}, () => true],
    ['Status', 'gte', ['3221225581'], {}, () => true],
    ['Wide', 'gt', ['18446744073709551612'], {}, (i) => i % 5 > 2],
    ['IpAddress', 'cidr', ['10.1.0.0/16'], {}, (i) => i % 3 !== 2],
    ['IpAddress', 'cidr', ['10.1.2.0/24', 'fe80::/10'], {}, (i) => i % 3 !== 1],
    ['Path', 'exists', ['true'], {}, (i) => i % 2 === 0],
    ['Path', 'exists', ['false'], {}, (i) => i % 2 === 1],
    ['Path', 'null', [], {}, (i) => i % 2 === 1],
    ['Empty', 'null', [], {}, () => true],
    ['Empty', 'exists', [], {}, () => true],
    ['Path', 'endswith', ['\\file\\?.exe'], {}, (i) => i % 2 === 0],
    ['Path', 'equals', ['c:\\\\users\\\\*\\\\file\\?.EXE'], {}, (i) => i % 2 === 0],
    ['Path', 'contains', ['\\u1*\\f'], {}, (i) => i % 2 === 0 && String(i).startsWith('1')],
    ['Missing', 'equals', ['x'], {}, () => false],
    ['Missing', 'equals', ['x'], { not: true }, () => true],
  ])('%s %s %j %j', (field, op, values, more, expected) => {
    expect(where(field, op, values, more)).toEqual(indexes(expected));
  });

  it('needs every condition of a query', () => {
    const query: EvtxQuery = {
      ids: [4625],
      where: [
        { field: 'LogonType', op: 'equals', values: ['5'] },
        { field: 'TargetUserName', op: 'equals', values: ['alice'] },
      ],
    };
    expect(select(query)).toEqual(indexes((i) => i % 4 === 1 && i % 12 === 5));
  });

  it.each<FieldCondition>([
    { field: 'A', op: 're', values: ['(?=x)'] },
    { field: 'A', op: 'cidr', values: ['10.0.0.0/99'] },
    { field: 'A', op: 'gt', values: ['many'] },
    { field: 'A', op: 'equals', values: [] },
    { field: 'A', op: 'sounds like' as 'equals', values: ['x'] },
  ])('refuses $op $values', (condition) => {
    expect(() => logs[0]!.scan([{ where: [condition] }], () => {})).toThrow(expect.objectContaining({ code: 'EVTX_QUERY' }));
    expect(() => logs[0]!.scan([{ ids: [70_000] }], () => {})).toThrow(/event id 70000/);
  });

  it('looks into unnamed Data, arrays, UserData and nested fragments', () => {
    const { log } = open([
      { ...record({}, { kind: 'classic', strings: ['first', 'second'] }), shape: 'classic' },
      record(
        {},
        {
          List: {
            type: 'array',
            of: 'string',
            items: [
              { type: 'string', value: 'x' },
              { type: 'string', value: 'second' },
            ],
          },
        },
      ),
      record({}, { kind: 'userData', element: { name: 'EventXML', children: [{ name: 'User', children: ['second'] }] }, template: false }),
      record(
        {},
        {
          kind: 'eventData',
          items: [
            { name: 'Two', value: { type: 'string', value: 'a' } },
            { name: 'Two', value: { type: 'string', value: 'second' } },
          ],
        },
      ),
    ]);
    const found = (field: string): number[] =>
      Array.from(log.select([{ where: [{ field, op: 'equals', values: ['second'] }] }]), ({ record: one }) => Number(one.recordId));
    expect([found('Data'), found('Data[1]'), found('Data[0]'), found('List'), found('User'), found('Two')]).toEqual([
      [1],
      [1],
      [],
      [2],
      [3],
      [4],
    ]);
  });
});

describe('scan', () => {
  it('stops when told', () => {
    let seen = 0;
    const summary = logs[0]!.scan([{}], () => ++seen < 3);
    expect([seen, summary.matched]).toEqual([3, 3]);
  });

  it('counts by id, provider and channel, also of selected records', () => {
    for (const log of logs) {
      expect(Object.fromEntries(log.countBy('id'))).toEqual({ 4624: 50, 4625: 50, 1074: 50, 6008: 50 });
      expect(Object.fromEntries(log.countBy('provider'))).toEqual({ 'Microsoft-Windows-Security-Auditing': 100, User32: 100 });
      expect(Object.fromEntries(log.countBy('channel', [{ ids: [1074] }]))).toEqual({ System: 50 });
    }
  });

  it('gives spans by channel and computer with runs of consecutive ids', () => {
    const parts = [
      ...many(3),
      ...many(2, (i) => ({ ...record({}, {}, 10 + i), recordId: BigInt(100 + i) })),
      ...many(1, () => ({ ...record({ computer: 'OTHER' }, {}, 5), recordId: 7n })),
    ];
    for (const provider of ['literal', 'slot'] as const) {
      const { spans } = open(parts, {}, { provider }).log.scan([], () => {}, { spans: true });
      expect(spans).toEqual([
        {
          channel: 'System',
          computer: 'HOST',
          records: 5,
          firstTime: START,
          lastTime: START + 110_000_000n,
          runs: [
            { firstId: 1n, lastId: 3n, firstTime: START, lastTime: START + 20_000_000n },
            { firstId: 100n, lastId: 101n, firstTime: START + 100_000_000n, lastTime: START + 110_000_000n },
          ],
          runsTruncated: false,
        },
        {
          channel: 'System',
          computer: 'OTHER',
          records: 1,
          firstTime: START + 50_000_000n,
          lastTime: START + 50_000_000n,
          runs: [{ firstId: 7n, lastId: 7n, firstTime: START + 50_000_000n, lastTime: START + 50_000_000n }],
          runsTruncated: false,
        },
      ]);
    }
  });
});
