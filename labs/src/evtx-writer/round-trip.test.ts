import { memorySource } from '@winmedic/bytes';
import type { EvtxRecord, EvtxValue } from '@winmedic/evtx';
import { openEvtx } from '@winmedic/evtx';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ArrayItemType, WriteDataItem, WriteOptions, WriteRecord, WriteSystem, WriteValue } from './index.ts';
import { writeEvtx } from './index.ts';

const MAX_TICKS = 2_650_467_743_999_999_999n; // 9999-12-31
const ticks = fc.bigInt({ min: 116_444_736_000_000_000n, max: MAX_TICKS });
const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((value) => !value.includes('\0'));
const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,24}$/);
const guid = fc.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/).map((value) => `{${value}}`);
const sid = fc
  .tuple(fc.integer({ min: 0, max: 99 }), fc.array(fc.integer({ min: 0, max: 0xffffffff }), { minLength: 1, maxLength: 6 }))
  .map(([authority, subs]) => `S-1-${authority}-${subs.join('-')}`);
const whole = (bits: number, signed: boolean) =>
  fc.integer(signed ? { min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 } : { min: 0, max: 2 ** bits - 1 });
const big = (signed: boolean) => fc.bigInt(signed ? { min: -(2n ** 63n), max: 2n ** 63n - 1n } : { min: 0n, max: 2n ** 64n - 1n });

const SCALARS: Record<ArrayItemType, fc.Arbitrary<WriteValue>> = {
  string: text.map((value) => ({ type: 'string', value })),
  ansi: fc.stringMatching(/^[ -~]{0,30}$/).map((value) => ({ type: 'ansi', value })),
  i8: whole(8, true).map((value) => ({ type: 'i8', value })),
  u8: whole(8, false).map((value) => ({ type: 'u8', value })),
  i16: whole(16, true).map((value) => ({ type: 'i16', value })),
  u16: whole(16, false).map((value) => ({ type: 'u16', value })),
  i32: whole(32, true).map((value) => ({ type: 'i32', value })),
  u32: whole(32, false).map((value) => ({ type: 'u32', value })),
  i64: big(true).map((value) => ({ type: 'i64', value })),
  u64: big(false).map((value) => ({ type: 'u64', value })),
  // The reader gives a short decimal that reads back as the same 32-bit float; zero has no sign there.
  f32: fc.float({ noNaN: true }).map((value) => ({ type: 'f32', value: value === 0 ? 0 : value })),
  f64: fc.double({ noNaN: true }).map((value) => ({ type: 'f64', value })),
  bool: fc.boolean().map((value) => ({ type: 'bool', value })),
  guid: guid.map((value) => ({ type: 'guid', value })),
  sizeT: big(false).map((value) => ({ type: 'sizeT', value })),
  filetime: ticks.map((value) => ({ type: 'filetime', ticks: value })),
  systemtime: fc
    .bigInt({ min: 116_444_736_000_000_000n, max: 250_000_000_000_000_000n })
    .map((value) => ({ type: 'systemtime', ticks: value - (value % 10_000n) })),
  sid: sid.map((value) => ({ type: 'sid', value })),
  hex32: whole(32, false).map((value) => ({ type: 'hex32', value })),
  hex64: big(false).map((value) => ({ type: 'hex64', value })),
};
const scalar: fc.Arbitrary<WriteValue> = fc.oneof(
  ...Object.values(SCALARS),
  fc.constant<WriteValue>({ type: 'null' }),
  fc.boolean().map((value): WriteValue => ({ type: 'bool', value, width: 1 })),
  fc.uint8Array({ minLength: 1, maxLength: 60 }).map((value): WriteValue => ({ type: 'binary', value })),
  text.map((value): WriteValue => ({ type: 'string', value, nul: true })),
);
const items = fc
  .array(scalar, { maxLength: 12 })
  .map((values) => values.map((value, index): WriteDataItem => ({ name: `field${index}`, value })));
const unnamed = fc
  .array(text, { minLength: 1, maxLength: 6 })
  .map((values) => values.map((value): WriteDataItem => ({ value: { type: 'string', value } })));

const maybe = <K extends string, T>(key: K, value: fc.Arbitrary<T>): fc.Arbitrary<Partial<Record<K, T>>> =>
  fc.oneof(
    fc.constant({} as Partial<Record<K, T>>),
    value.map((given) => ({ [key]: given }) as Partial<Record<K, T>>),
  );
const system: fc.Arbitrary<WriteSystem> = fc
  .tuple(
    fc.record({ provider: word, eventId: whole(16, false), channel: word, computer: word }),
    maybe('providerGuid', guid),
    maybe('eventSourceName', word),
    maybe('qualifiers', whole(16, false)),
    maybe('version', whole(8, false)),
    maybe('level', whole(8, false)),
    maybe('task', whole(16, false)),
    maybe('opcode', whole(8, false)),
    maybe('keywords', big(false)),
    maybe('activityId', guid),
    maybe('relatedActivityId', guid),
    maybe('processId', whole(32, false)),
    maybe('threadId', whole(32, false)),
    maybe('userSid', sid),
    maybe('timeCreated', ticks),
  )
  .map((parts) => Object.assign({}, ...parts) as WriteSystem);
const record: fc.Arbitrary<WriteRecord> = fc
  .tuple(ticks, system, fc.oneof(items, unnamed), fc.oneof(fc.constant(undefined), fc.uint8Array({ minLength: 1, maxLength: 40 })))
  .map(([timeTicks, fields, data, binary]) => ({
    timeTicks,
    system: fields,
    data: { kind: 'eventData', items: data, ...(binary ? { binary } : {}) },
  }));
const options: fc.Arbitrary<WriteOptions> = fc.record({
  provider: fc.constantFrom('literal', 'slot'),
  padding: fc.constantFrom('zero', 'noise'),
  minorVersion: fc.constantFrom(1, 2),
  recordsPerChunk: fc.constantFrom(1, 3, 1000),
});

/** What the reader's typed field of a written value has to be. */
function expected(value: WriteValue): EvtxValue {
  switch (value.type) {
    case 'null':
      return null;
    case 'filetime':
    case 'systemtime':
      return { kind: 'filetime', ticks: value.ticks };
    case 'hex32':
    case 'hex64':
    case 'sizeT':
      return { kind: 'hex', value: BigInt(value.value) };
    case 'array':
      return value.items.map(expected);
    case 'f32':
      return expect.toSatisfy((found: unknown) => typeof found === 'number' && Math.fround(found) === value.value);
    case 'binxml':
      throw new TypeError('not a plain value');
    default:
      return value.value;
  }
}

const read = (bytes: Uint8Array) => {
  const damages: unknown[] = [];
  const log = openEvtx(memorySource(bytes), { onDamage: (damage) => damages.push(damage) });
  const records: EvtxRecord[] = [];
  for (const found of log.records()) records.push(found.detach());
  expect(damages).toEqual([]);
  return records;
};

describe('what is written is what is read', () => {
  it('System, typed fields, order, ids and times to 100 ns, over one and several chunks', () => {
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 12 }),
        options,
        fc.bigInt({ min: 1n, max: 2n ** 63n }),
        (records, how, first) => {
          const found = read(
            writeEvtx(
              records.map((one, index) => ({ ...one, recordId: first + BigInt(index) })),
              how,
            ),
          );
          expect(found).toHaveLength(records.length);
          records.forEach((written, index) => {
            const got = found[index]!;
            expect(got.recordId).toBe(first + BigInt(index));
            expect(got.writtenTime).toBe(written.timeTicks);
            const { keywords, timeCreated, ...rest } = written.system;
            expect(got.system).toMatchObject({
              ...rest,
              timeCreated: timeCreated ?? written.timeTicks,
              eventRecordId: first + BigInt(index),
              ...(keywords === undefined ? {} : { keywords: `0x${keywords.toString(16)}` }),
            });
            const given = new Set(Object.keys(written.system));
            for (const [name, value] of Object.entries(got.system)) {
              if (!given.has(name) && name !== 'eventRecordId' && name !== 'timeCreated') expect(value, name).toBeUndefined();
            }
            if (written.data.kind !== 'eventData') throw new TypeError('unexpected');
            const want = new Map<string, EvtxValue>();
            written.data.items.forEach((item, at) => {
              want.set(item.name ?? `Data[${at}]`, expected(item.value));
            });
            if (written.data.binary) want.set('Binary', written.data.binary);
            expect([...got.typedFields()]).toEqual([...want]);
          });
        },
      ),
      { numRuns: 120, seed: 20180706 },
    );
  });

  it.each(Object.keys(SCALARS) as ArrayItemType[])('arrays of %s keep every item', (of) => {
    fc.assert(
      fc.property(fc.array(SCALARS[of], { minLength: 2, maxLength: 8 }), (values) => {
        const value: WriteValue = { type: 'array', of, items: values };
        const [got] = read(writeEvtx([{ ...base, data: { kind: 'eventData', items: [{ name: 'list', value }, { value }] } }]));
        expect(got!.typedFields().get('list')).toEqual(values.map(expected));
        // Without a name every item is a Data element of its own, as Windows shows them.
        values.forEach((_, index) => {
          expect(got!.fields().has(`Data[${index}]`)).toBe(true);
        });
        expect(got!.fields().size).toBe(1 + values.length);
      }),
      { numRuns: 40, seed: 3 },
    );
  });

  it('classic strings, with and without binary', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 8 }), fc.uint8Array({ maxLength: 64 }), (strings, binary) => {
        const [got] = read(writeEvtx([{ ...base, shape: 'classic', data: { kind: 'classic', strings, binary } }]));
        const want: [string, EvtxValue][] = strings.map((value, index) => [`Data[${index}]`, value]);
        if (binary.length > 0) want.push(['Binary', binary]);
        expect([...got!.typedFields()]).toEqual(want);
      }),
      { numRuns: 80, seed: 4 },
    );
  });

  it('UserData with and without a template, nested values, the plain shape and RenderingInfo', () => {
    const children = [
      { name: 'User', children: ['A & <B>'] },
      { name: 'Session', attributes: [['kind', 'rdp']] as const, children: ['3'] },
    ];
    const element = { name: 'EventXML', attributes: [['xmlns', 'Event_NS']] as const, children };
    const renderingInfo = { culture: 'ja-JP', message: 'メッセージ', keywords: ['クラシック'] };
    const records: WriteRecord[] = [
      { ...base, data: { kind: 'userData', element } },
      { ...base, data: { kind: 'userData', element, template: false } },
      { ...base, data: { kind: 'userData', element }, shape: 'plain' },
      { ...base, data: { kind: 'userData', element }, renderingInfo },
    ];
    const found = read(writeEvtx(records));
    expect(found).toHaveLength(4);
    for (const got of found) {
      expect(got.field('User')).toBe('A & <B>');
      expect(got.field('Session')).toBe('3');
      expect(got.system).toMatchObject({ provider: 'P', eventId: 7, channel: 'C', computer: 'H' });
    }
    expect(found[3]!.toXml()).toContain('メッセージ');
  });

  it('records as large as a chunk, and no larger', () => {
    const large = (length: number): WriteRecord => ({
      ...base,
      data: { kind: 'eventData', items: [{ name: 'large', value: { type: 'string', value: '大'.repeat(length) } }] },
    });
    const lengths = [1_000, 4_000, 16_000, 31_000, 500];
    expect(read(writeEvtx(lengths.map(large))).map((got) => got.field('large')?.length)).toEqual(lengths);
    expect(() => writeEvtx([large(32_400)])).toThrow(RangeError);
    expect(() => writeEvtx([large(40_000)])).toThrow(RangeError);
  });

  it('thousands of records over many chunks, each once and in order', () => {
    const records = Array.from(
      { length: 5000 },
      (_, index): WriteRecord => ({
        ...base,
        timeTicks: base.timeTicks + BigInt(index),
        data: { kind: 'eventData', items: [{ name: `n${index % 97}`, value: { type: 'string', value: 'x'.repeat((index * 37) % 611) } }] },
      }),
    );
    const bytes = writeEvtx(records);
    expect(bytes.length).toBeGreaterThan(20 * 65_536);
    const found = read(bytes);
    expect(found.map((got) => got.recordId)).toEqual(records.map((_, index) => BigInt(index + 1)));
    expect(found.every((got, index) => got.field(`n${index % 97}`) === 'x'.repeat((index * 37) % 611))).toBe(true);
  });
});

const base = {
  timeTicks: 131_753_486_691_234_567n,
  system: { provider: 'P', eventId: 7, channel: 'C', computer: 'H' },
} as const;
