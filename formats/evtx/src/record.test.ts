import { unixMsToTicks } from '@winmedic/bytes';
import type { WriteValue } from '@winmedic/labs/evtx-writer';
import { describe, expect, it } from 'vitest';
import { EvtxError } from './errors.ts';
import { many, open, record, START, single } from './test-log.ts';

const VALUES: readonly (readonly [WriteValue, text: string, json: unknown])[] = [
  [{ type: 'string', value: 'häß ☃ 再起動' }, 'häß ☃ 再起動', 'häß ☃ 再起動'],
  [{ type: 'string', value: 'with terminator', nul: true }, 'with terminator', 'with terminator'],
  [{ type: 'string', value: '' }, '', ''],
  [{ type: 'ansi', value: 'caf\u00e9' }, 'café', 'café'],
  [{ type: 'i8', value: -5 }, '-5', -5],
  [{ type: 'u8', value: 250 }, '250', 250],
  [{ type: 'i16', value: -300 }, '-300', -300],
  [{ type: 'u16', value: 65_000 }, '65000', 65_000],
  [{ type: 'i32', value: -2_000_000_000 }, '-2000000000', -2_000_000_000],
  [{ type: 'u32', value: 4_000_000_000 }, '4000000000', 4_000_000_000],
  [{ type: 'i64', value: -9_223_372_036_854_775_808n }, '-9223372036854775808', '-9223372036854775808'],
  [{ type: 'i64', value: -7n }, '-7', -7],
  [{ type: 'u64', value: 18_446_744_073_709_551_615n }, '18446744073709551615', '18446744073709551615'],
  [{ type: 'u64', value: 9_007_199_254_740_991n }, '9007199254740991', 9_007_199_254_740_991],
  [{ type: 'f32', value: 0.1 }, '0.1', 0.1],
  [{ type: 'f64', value: -2.5e-7 }, '-2.5e-7', -2.5e-7],
  [{ type: 'f64', value: Infinity }, 'Infinity', 'Infinity'],
  [{ type: 'bool', value: true }, 'true', true],
  [{ type: 'bool', value: false, width: 1 }, 'false', false],
  [{ type: 'binary', value: Uint8Array.from([0, 171, 255]) }, '00ABFF', '00ABFF'],
  [
    { type: 'guid', value: '{54849625-5478-4994-A5BA-3E3B0328C30D}' },
    '{54849625-5478-4994-a5ba-3e3b0328c30d}',
    '{54849625-5478-4994-a5ba-3e3b0328c30d}',
  ],
  [{ type: 'sizeT', value: 0x1234n, width: 4 }, '0x1234', '0x1234'],
  [{ type: 'sizeT', value: 0xffff_ffff_ffff_fff0n }, '0xfffffffffffffff0', '0xfffffffffffffff0'],
  [{ type: 'hex32', value: 0x500ff }, '0x500ff', '0x500ff'],
  [{ type: 'hex64', value: 0x1_0000_0001n }, '0x100000001', '0x100000001'],
  [{ type: 'filetime', ticks: START }, '2024-03-01T12:00:00.1234567Z', '2024-03-01T12:00:00.1234567Z'],
  [
    { type: 'systemtime', ticks: unixMsToTicks(Date.UTC(2020, 1, 29, 1, 2, 3, 4)) },
    '2020-02-29T01:02:03.0040000Z',
    '2020-02-29T01:02:03.0040000Z',
  ],
  [{ type: 'sid', value: 'S-1-5-21-1-2-3-1001' }, 'S-1-5-21-1-2-3-1001', 'S-1-5-21-1-2-3-1001'],
  [{ type: 'null' }, '', null],
];

describe('values', () => {
  it.each(VALUES.map((row) => [`${row[0].type} ${row[1]}`, ...row] as const))('%s', (_, value, text, json) => {
    const one = single(record({}, { Before: 'b', V: value, After: 'a' }));
    expect(one.field('V')).toBe(text);
    expect(one.field('After')).toBe('a');
    const event = one.toObject().Event as { EventData: Record<string, unknown> };
    expect(event.EventData.V).toStrictEqual(json);
    expect(JSON.parse(one.toJson())).toEqual(one.toObject());
  });

  it('keeps types', () => {
    const one = single(
      record(
        {},
        {
          big: { type: 'u64', value: 1n },
          hex: { type: 'hex32', value: 16 },
          time: { type: 'filetime', ticks: START },
          bytes: { type: 'binary', value: Uint8Array.from([1, 2]) },
          flag: { type: 'bool', value: true },
          none: { type: 'null' },
          list: {
            type: 'array',
            of: 'u16',
            items: [
              { type: 'u16', value: 7 },
              { type: 'u16', value: 8 },
            ],
          },
        },
      ),
    );
    expect(Object.fromEntries(one.typedFields())).toEqual({
      big: 1n,
      hex: { kind: 'hex', value: 16n },
      time: { kind: 'filetime', ticks: START },
      bytes: Uint8Array.from([1, 2]),
      flag: true,
      none: null,
      list: [7, 8],
    });
  });

  it('reads ANSI text in the code page asked for', () => {
    const shiftJis = String.fromCharCode(0x8d, 0xc4, 0x8b, 0x4e, 0x93, 0xae);
    const written = record({}, { V: { type: 'ansi', value: shiftJis } });
    expect(single(written, { ansiEncoding: 'shift_jis' }).field('V')).toBe('再起動');
    expect(single(written).field('V')).not.toBe('再起動');
  });

  it.each([
    [
      'string',
      [
        { type: 'string', value: 'one' },
        { type: 'string', value: '' },
        { type: 'string', value: 'three' },
      ],
      ['one', '', 'three'],
    ],
    [
      'u32',
      [
        { type: 'u32', value: 1 },
        { type: 'u32', value: 2 },
      ],
      [1, 2],
    ],
    ['guid', [{ type: 'guid', value: '{00000000-0000-0000-0000-000000000001}' }], ['{00000000-0000-0000-0000-000000000001}']],
    [
      'sid',
      [
        { type: 'sid', value: 'S-1-5-18' },
        { type: 'sid', value: 'S-1-5-32-544' },
      ],
      ['S-1-5-18', 'S-1-5-32-544'],
    ],
    ['filetime', [{ type: 'filetime', ticks: 0n }], ['1601-01-01T00:00:00.0000000Z']],
    ['hex64', [{ type: 'hex64', value: 255n }], ['0xff']],
    [
      'bool',
      [
        { type: 'bool', value: true },
        { type: 'bool', value: false },
      ],
      [true, false],
    ],
  ] as const)('array of %s', (of, list: readonly unknown[], json: readonly unknown[]) => {
    const one = single(record({}, { V: { type: 'array', of, items: list as readonly WriteValue[] } }));
    expect((one.toObject().Event as { EventData: { V: unknown } }).EventData.V).toEqual(json);
    expect(one.field('V')).toBe(json.join(', '));
    expect(one.toXml().match(/<Data Name="V">/g) ?? []).toHaveLength(
      json.filter((item) => item !== '').length + json.filter((item) => item === '').length,
    );
  });
});

describe('System', () => {
  const full = {
    provider: 'User32',
    eventSourceName: 'User32',
    eventId: 1074,
    qualifiers: 32_768,
    version: 1,
    level: 3,
    task: 5,
    opcode: 6,
    activityId: '{00000000-0000-0000-0000-0000000000aa}',
    relatedActivityId: '{00000000-0000-0000-0000-0000000000bb}',
    userSid: 'S-1-5-18',
    timeCreated: START - 5n,
  };

  it.each(['literal', 'slot'] as const)('gives every field, %s', (provider) => {
    const one = single(record(full), {}, { provider });
    expect(one.system).toEqual({
      provider: 'User32',
      providerGuid: '{54849625-5478-4994-a5ba-3e3b0328c30d}',
      eventSourceName: 'User32',
      eventId: 1074,
      qualifiers: 32_768,
      version: 1,
      level: 3,
      task: 5,
      opcode: 6,
      keywords: '0x8020000000000000',
      timeCreated: START - 5n,
      eventRecordId: 1n,
      activityId: full.activityId,
      relatedActivityId: full.relatedActivityId,
      processId: 4,
      threadId: 8,
      channel: 'System',
      computer: 'HOST',
      userSid: 'S-1-5-18',
    });
    expect(one.writtenTime).toBe(START);
    expect(one.recordId).toBe(1n);
  });

  it('falls back to the header where the event says nothing, and reads events without any template', () => {
    const { activityId: _a, relatedActivityId: _r, ...rest } = full;
    const one = single({ ...record(rest, { param1: 'x' }), shape: 'plain' });
    expect(one.system).toMatchObject({
      provider: 'User32',
      eventId: 1074,
      level: 3,
      channel: 'System',
      computer: 'HOST',
      timeCreated: START - 5n,
    });
    expect(one.field('param1')).toBe('x');
    expect(one.toObject()).toMatchObject({ Event: { System: { EventID: 1074, Execution: { ProcessID: 4 } }, EventData: { param1: 'x' } } });
  });
});

describe('fields', () => {
  it('counts unnamed Data, item by item of the classic string array, and gives Binary', () => {
    const one = single({ ...record({}, { kind: 'classic', strings: ['a', '', 'c'], binary: Uint8Array.from([1, 0]) }), shape: 'classic' });
    expect([...one.fields()]).toEqual([
      ['Data[0]', 'a'],
      ['Data[1]', ''],
      ['Data[2]', 'c'],
      ['Binary', '0100'],
    ]);
    expect(one.toObject()).toMatchObject({ Event: { EventData: { Data: ['a', '', 'c'], Binary: '0100' } } });
  });

  it('reaches leaves and attributes of UserData, with and without template', () => {
    const element = {
      name: 'EventXML',
      attributes: [
        ['xmlns', 'Event_NS'],
        ['id', '7'],
      ],
      children: [
        { name: 'Param1', children: ['user'] },
        { name: 'Inner', children: [{ name: 'Param2', children: ['10.0.0.1'] }] },
      ],
    } as const;
    for (const template of [true, false]) {
      const one = single(record({}, { kind: 'userData', element, template }));
      expect([...one.fields()]).toEqual([
        ['EventXML@id', '7'],
        ['Param1', 'user'],
        ['Param2', '10.0.0.1'],
      ]);
      expect(one.toObject()).toMatchObject({
        Event: { UserData: { EventXML: { id: '7', Param1: 'user', Inner: { Param2: '10.0.0.1' } } } },
      });
      expect(one.toXml()).toContain('<EventXML xmlns="Event_NS" id="7"><Param1>user</Param1>');
    }
  });

  it('makes an array of a repeated name and gives its first value as field', () => {
    const items = [
      { name: 'LogonGuid', value: { type: 'string', value: 'x' } },
      { name: 'LogonGuid', value: { type: 'string', value: 'y' } },
    ] as const;
    const one = single(record({}, { kind: 'eventData', items }));
    expect(one.field('LogonGuid')).toBe('x');
    expect(one.toObject()).toMatchObject({ Event: { EventData: { LogonGuid: ['x', 'y'] } } });
    expect(one.typedFields().get('LogonGuid')).toEqual(['x', 'y']);
  });

  it('leaves out elements whose value is NULL when they depend on it', () => {
    const items = [
      { name: 'Gone', value: { type: 'null' }, optional: true },
      { name: 'Kept', value: { type: 'null' } },
    ] as const;
    const one = single(record({}, { kind: 'eventData', items }));
    expect([...one.fields()]).toEqual([['Kept', '']]);
    expect(one.toXml()).not.toContain('Gone');
  });

  it('never touches the prototype of objects', () => {
    const one = single(record({}, { __proto__x: 'a', ['__proto__']: 'evil', constructor: 'c' }));
    const kind = single(record({}, { kind: 'eventData', items: [{ name: '__proto__', value: { type: 'string', value: 'evil' } }] }));
    for (const object of [one.toObject(), kind.toObject()]) {
      const data = (object.Event as { EventData: object }).EventData;
      expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
      expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    }
    expect(kind.toJson()).toContain('"__proto__":"evil"');
    expect(kind.field('__proto__')).toBe('evil');
    expect(({} as Record<string, unknown>).evil).toBeUndefined();
  });

  it('gives nested BinXML, with and without header or template', () => {
    for (const fragmentHeader of [true, false]) {
      for (const template of [true, false]) {
        const element = { name: 'Inner', attributes: [['a', '1']], children: [{ name: 'Leaf', children: ['text'] }] } as const;
        const one = single(record({}, { Nested: { type: 'binxml', element, template, fragmentHeader }, After: 'z' }));
        expect(one.field('Nested')).toBe('text');
        expect(one.field('After')).toBe('z');
        expect(one.typedFields().get('Nested')).toMatchObject({
          kind: 'element',
          name: 'Inner',
          children: [{ name: 'Leaf', children: ['text'] }],
        });
        expect(one.toObject()).toMatchObject({ Event: { EventData: { Nested: { Inner: { a: '1', Leaf: 'text' } } } } });
      }
    }
  });

  it('reads CDATA, character and entity references and processing instructions', () => {
    const one = single(
      record(
        {},
        {
          kind: 'custom',
          values: [],
          nodes: [
            {
              kind: 'element',
              name: 'EventData',
              children: [
                { kind: 'pi', target: 'hint', text: 'x' },
                {
                  kind: 'element',
                  name: 'Data',
                  attributes: [{ name: 'Name', value: [{ kind: 'text', text: 'T' }] }],
                  children: [
                    { kind: 'text', text: 'a ' },
                    { kind: 'entityRef', name: 'amp' },
                    { kind: 'charRef', code: 60 },
                    { kind: 'cdata', text: '<b>' },
                  ],
                },
              ],
            },
          ],
        },
      ),
    );
    expect(one.field('T')).toBe('a &<<b>');
    expect(one.toXml()).toContain('<EventData><?hint x?><Data Name="T">a &amp;&lt;&lt;b&gt;</Data></EventData>');
  });
});

describe('XML and forwarded events', () => {
  it('writes well-formed XML whatever the values hold', () => {
    const one = single(record({ computer: 'A&B' }, { V: '<x a="1">\u0001\ud800 & \r\n' }));
    expect(one.toXml()).toContain('<Computer>A&amp;B</Computer>');
    expect(one.toXml()).toContain('<Data Name="V">&lt;x a="1"&gt;\ufffd\ufffd &amp; &#13;\n</Data>');
  });

  it('keeps RenderingInfo, which is a second fragment', () => {
    for (const shape of ['modern', 'plain'] as const) {
      const one = single({ ...record({}, { V: 'v' }), shape, renderingInfo: { culture: 'ja-JP', message: '再起動しました。' } });
      expect(one.toObject()).toMatchObject({
        Event: { EventData: { V: 'v' }, RenderingInfo: { Culture: 'ja-JP', Message: '再起動しました。' } },
      });
      expect(one.toXml()).toMatch(/<RenderingInfo Culture="ja-JP">.*再起動しました。.*<\/RenderingInfo><\/Event>$/);
      expect([...one.fields().keys()]).toEqual(['V']);
    }
  });
});

describe('life of a record', () => {
  it('throws when a record is used after its pass moved on, unless detached', () => {
    const { log } = open(many(3000));
    const all = [...log.records()];
    expect(() => all[0]!.field('Index')).toThrow(EvtxError);
    expect(() => all[0]!.recordId).toThrow(expect.objectContaining({ code: 'EVTX_RECORD_STALE' }));
    const kept = Array.from(log.records(), (one) => one.detach());
    expect(kept.map((one) => one.field('Index'))).toEqual(kept.map((_, i) => String(i)));
    expect(kept.every((one, i) => one.recordId === BigInt(i + 1) && one.system.eventId === i % 7)).toBe(true);
  });

  it('runs passes inside each other', () => {
    const { log } = open(many(300));
    let inner = 0;
    for (const one of log.records()) {
      if (one.recordId % 100n === 0n) inner += log.scan([{ ids: [3] }], () => {}).matched;
      expect(one.system.channel).toBe('System');
    }
    expect(inner).toBe(3 * many(300).filter((one) => one.system.eventId === 3).length);
  });
});
