import { memorySource, ticksToIso, toHex } from '@winmedic/bytes';
import { type EtlField, type EtlFieldType, type EtlFile, openEtl, readEtlPackets } from '@winmedic/etl';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compressLzxpress,
  encodePayload,
  encodeTraceLogging,
  ndisPacket,
  pktmonPacket,
  type WriteEtlOptions,
  type WriteField,
  type WriteFieldValue,
  type WriteFieldValues,
  type WriteRecord,
  writeEtl,
} from './index.ts';

const START = 134_195_136_000_000_000n;
const guid = fc.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/).filter((text) => /[1-9a-f]/.test(text));
const sid = fc
  .tuple(fc.integer({ min: 0, max: 99 }), fc.array(fc.integer({ min: 0, max: 0xffffffff }), { minLength: 1, maxLength: 6 }))
  .map(([authority, subs]) => `S-1-${authority}-${subs.join('-')}`);
const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,12}$/);
const text = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((value) => !value.includes('\0'));
const payload = fc.uint8Array({ maxLength: 90 });
const at = fc.bigInt({ min: START, max: START + 600_000_000n });
const processor = fc.integer({ min: 0, max: 3 });

const event = fc.record(
  {
    kind: fc.constant('event' as const),
    at,
    processor,
    provider: guid,
    id: u16,
    version: u8,
    channel: u8,
    level: u8,
    opcode: u8,
    task: u16,
    keyword: u64,
    pid: u32,
    tid: u32,
    activityId: guid,
    relatedActivityId: guid,
    userSid: sid,
    sessionId: fc.integer({ min: 0, max: 0x7fffffff }),
    providerName: word,
    items: fc.array(fc.record({ type: fc.constantFrom(4, 5, 6, 8, 9), data: fc.uint8Array({ maxLength: 20 }) }), { maxLength: 2 }),
    pointerBytes: fc.constantFrom(4 as const, 8 as const),
    payload,
  },
  { requiredKeys: ['kind', 'at', 'provider', 'id'] },
);
const classic = fc.record(
  { kind: fc.constant('classic' as const), at, processor, provider: guid, id: u8, level: u8, version: u16, pid: u32, tid: u32, payload },
  { requiredKeys: ['kind', 'at', 'provider', 'id'] },
);
const instance = fc.record({
  kind: fc.constant('instance' as const),
  at,
  processor,
  provider: guid,
  id: u8,
  instance: fc.record({ id: u32, parentId: u32, parent: guid }),
  payload,
});
const message = fc.record(
  { kind: fc.constant('message' as const), at, processor, id: u16, sequence: u32, provider: guid, pid: u32, tid: u32, payload },
  { requiredKeys: ['kind', 'at', 'id'] },
);
const kernel = fc.record(
  // HookId 0 is the header of the file.
  {
    kind: fc.constantFrom('system' as const, 'compact' as const),
    at,
    processor,
    id: fc.integer({ min: 1, max: 0xffff }),
    pid: u32,
    tid: u32,
    payload,
  },
  { requiredKeys: ['kind', 'at', 'id'] },
);
const perfinfo = fc.record({ kind: fc.constant('perfinfo' as const), at, processor, id: fc.integer({ min: 1, max: 0xffff }), payload });
const anyRecord: fc.Arbitrary<WriteRecord> = fc.oneof(event, classic, instance, message, kernel, perfinfo) as fc.Arbitrary<WriteRecord>;

const options: fc.Arbitrary<WriteEtlOptions> = fc.record(
  {
    pointerBytes: fc.constantFrom(4 as const, 8 as const),
    clock: fc.constantFrom('qpc' as const, 'filetime' as const, 'cycles' as const),
    frequency: fc.constantFrom(10_000_000n, 24_000_000n, 3_579_545_000n),
    cpuMhz: fc.constantFrom(2400, 3000),
    bufferBytes: fc.constantFrom(1024, 4096, 65_536),
    compress: fc.boolean(),
    bufferOrder: fc.constantFrom('alternate' as const, 'last-processor-first' as const),
    biasMinutes: fc.constantFrom(0, -540, 480),
    loggerName: word,
    eventsLost: fc.integer({ min: 0, max: 1000 }),
  },
  { requiredKeys: [] },
);

function open(bytes: Uint8Array): { file: EtlFile; damages: string[] } {
  const damages: string[] = [];
  const file = openEtl(memorySource(bytes), { onDamage: ({ code }) => damages.push(code) });
  return { file, damages };
}

/** Process and thread: PERFINFO records have none, messages only when one is given. */
function process(record: WriteRecord): { pid: number; tid: number } | undefined {
  if (record.kind === 'perfinfo' || (record.kind === 'message' && record.pid === undefined && record.tid === undefined)) return undefined;
  return { pid: record.pid ?? 0, tid: record.tid ?? 0 };
}

/** Everything a record says, by the same words on both sides. */
function written(record: WriteRecord) {
  const isEvent = record.kind === 'event';
  return {
    kind: record.kind,
    ticks: record.at,
    processor: record.processor ?? 0,
    id: record.id,
    provider: 'provider' in record ? (record.provider ?? '') : '',
    ...process(record),
    payload: [...(record.payload ?? [])],
    ...(isEvent
      ? {
          version: record.version ?? 0,
          channel: record.channel ?? 0,
          level: record.level ?? 4,
          opcode: record.opcode ?? 0,
          task: record.task ?? 0,
          keyword: record.keyword ?? 0n,
          activityId: record.activityId ?? '',
          relatedActivityId: record.relatedActivityId ?? '',
          userSid: record.userSid ?? '',
          sessionId: record.sessionId ?? -1,
          providerName: record.providerName ?? '',
        }
      : {}),
  };
}

function readAll(file: EtlFile) {
  const records: ReturnType<typeof written>[] = [];
  const summary = file.read(
    (one) => {
      if (one.kind === 'system' && one.id === 0) return;
      records.push({
        kind: one.kind,
        ticks: one.ticks,
        processor: one.processor,
        id: one.id,
        provider: one.provider,
        ...(one.pid === -1 ? {} : { pid: one.pid, tid: one.tid }),
        payload: [...one.payload],
        ...(one.kind === 'event'
          ? {
              version: one.version,
              channel: one.channel,
              level: one.level,
              opcode: one.opcode,
              task: one.task,
              keyword: one.keyword,
              activityId: one.activityId,
              relatedActivityId: one.relatedActivityId,
              userSid: one.userSid,
              sessionId: one.sessionId,
              providerName: one.providerName,
            }
          : {}),
      });
    },
    { order: 'file' },
  );
  return { records, summary };
}

const key = (record: unknown): string => JSON.stringify(record, (_, value) => (typeof value === 'bigint' ? `${value}` : value));

describe('writing traces and reading them', () => {
  it('gives back every record of every kind, clock and size of pointers', () => {
    fc.assert(
      fc.property(options, fc.array(anyRecord, { maxLength: 40 }), (given, records) => {
        const { file, damages } = open(writeEtl({ startTime: START, processors: 4, ...given }, records));
        const read = readAll(file);
        expect(damages.filter((code) => !/LOST/.test(code))).toEqual([]);
        expect(read.summary.framingErrors).toBe(0);
        expect(read.records.map(key).sort()).toEqual(records.map((record) => key(written(record))).sort());
        expect(file.header).toMatchObject({
          clock: given.clock ?? 'qpc',
          pointerBytes: given.pointerBytes ?? 8,
          startTime: START,
          processors: 4,
          loggerName: given.loggerName ?? 'winmedic',
          biasMinutes: given.biasMinutes ?? 0,
          eventsLost: given.eventsLost ?? 0,
          build: 26100,
        });
      }),
      { numRuns: 300 },
    );
  });

  it('gives the records of all processors in order of time, whatever the order of the buffers', () => {
    const records = Array.from(
      { length: 400 },
      (_, index): WriteRecord => ({
        kind: 'event',
        at: START + BigInt(index) * 1000n,
        processor: index % 3,
        provider: '11111111-2222-3333-4444-555555555555',
        id: index,
      }),
    );
    const { file } = open(writeEtl({ startTime: START, bufferBytes: 1024, bufferOrder: 'last-processor-first' }, records));
    const seen: number[] = [];
    file.read((one) => {
      if (one.kind === 'event') seen.push(one.id);
    });
    expect(seen).toEqual(records.map(({ id }) => id));
  });

  it('says what was lost', () => {
    const records: WriteRecord[] = [1, 2, 3].map((id) => ({
      kind: 'event',
      at: START,
      provider: '11111111-2222-3333-4444-555555555555',
      id,
      payload: new Uint8Array(700),
    }));
    const bytes = writeEtl(
      { startTime: START, bufferBytes: 1024, eventsLost: 7, buffersLost: 1, lostEventsAt: [2], lostBuffersAt: [3] },
      records,
    );
    const { file } = open(bytes);
    const { summary } = readAll(file);
    expect(summary).toMatchObject({ buffers: 4, total: 4, eventsLost: 7, buffersLost: 1 });
  });
});

/** A value of each type with the text a reader gives for it. */
const VALUES: Partial<Record<EtlFieldType, fc.Arbitrary<readonly [WriteFieldValue, string]>>> = {
  UnicodeString: text.map((value) => [value, value]),
  AnsiString: fc.stringMatching(/^[ -~]{0,20}$/).map((value) => [value, value]),
  Int8: fc.integer({ min: -128, max: 127 }).map((value) => [value, `${value}`]),
  UInt8: u8.map((value) => [value, `${value}`]),
  Int16: fc.integer({ min: -32_768, max: 32_767 }).map((value) => [value, `${value}`]),
  UInt16: u16.map((value) => [value, `${value}`]),
  Int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map((value) => [value, `${value}`]),
  UInt32: u32.map((value) => [value, `${value}`]),
  Int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => [value, `${value}`]),
  UInt64: u64.map((value) => [value, `${value}`]),
  Double: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => [value, String(value === 0 ? 0 : value)]),
  Boolean: fc.boolean().map((value) => [value, `${value}`]),
  GUID: guid.map((value) => [value, value]),
  Pointer: u32.map((value) => [value, `0x${value.toString(16)}`]),
  HexInt32: u32.map((value) => [value, `0x${value.toString(16)}`]),
  HexInt64: u64.map((value) => [value, `0x${value.toString(16)}`]),
  SID: sid.map((value) => [value, value]),
  FILETIME: fc.bigInt({ min: 116_444_736_000_000_000n, max: 250_000_000_000_000_000n }).map((value) => [value, ticksToIso(value)]),
};

interface Filled {
  readonly fields: WriteField[];
  readonly values: WriteFieldValues;
  readonly texts: readonly (readonly [string, string])[];
}
const oneField = fc.oneof(
  ...Object.entries(VALUES).map(([type, value]) => value.map(([given, shown]) => ({ type: type as EtlFieldType, given, shown }))),
);
const filled: fc.Arbitrary<Filled> = fc.array(oneField, { minLength: 1, maxLength: 10 }).map((list) => ({
  fields: list.map(({ type }, index) => ({ name: `f${index}`, type })),
  values: Object.fromEntries(list.map(({ given }, index) => [`f${index}`, given])),
  texts: list.map(({ shown }, index) => [`f${index}`, shown] as const),
}));

const PROVIDER = '11111111-2222-3333-4444-555555555555';
function decoded(record: Partial<WriteRecord>, fields?: readonly EtlField[], pointerBytes: 4 | 8 = 8) {
  const bytes = writeEtl({ pointerBytes }, [{ kind: 'event', at: START, provider: PROVIDER, id: 1, ...record } as WriteRecord]);
  const table = fields && { guid: PROVIDER, name: 'Test', templates: [{ id: 1, version: 0, name: 'Tested', fields }] };
  const file = openEtl(memorySource(bytes), { provider: () => table });
  let result: { name: string; fields: [string, string][]; rest: number; cutAt: string | undefined } | undefined;
  file.read((one) => {
    if (one.kind !== 'event') return;
    const read = one.decode();
    result = { name: one.name, fields: [...read.fields], rest: read.restBytes, cutAt: read.cutAt };
  });
  return result;
}

describe('payloads', () => {
  it('of a manifest are read by its fields', () => {
    fc.assert(
      fc.property(filled, fc.constantFrom(4 as const, 8 as const), ({ fields, values, texts }, pointerBytes) => {
        const result = decoded({ payload: encodePayload(fields, values, pointerBytes) }, fields, pointerBytes);
        expect(result).toEqual({ name: 'Tested', fields: texts, rest: 0, cutAt: undefined });
      }),
      { numRuns: 200 },
    );
  });

  it('have lengths, counts and structs', () => {
    const fields: EtlField[] = [
      { name: 'Size', type: 'UInt16' },
      { name: 'Data', type: 'Binary', length: 'Size' },
      { name: 'Count', type: 'UInt32' },
      { name: 'List', type: 'UInt16', count: 'Count' },
      { name: 'Name', type: 'UnicodeString', length: 'Size' },
      {
        name: 'Inner',
        type: 'Struct',
        count: 'Count',
        fields: [
          { name: 'Id', type: 'UInt8' },
          { name: 'Text', type: 'AnsiString' },
        ],
      },
      { name: 'Last', type: 'UInt32' },
    ];
    const payload = encodePayload(fields, {
      Size: 3,
      Data: Uint8Array.of(1, 2, 0xff),
      Count: 2,
      List: [7, 8],
      Name: 'abc',
      Inner: [
        { Id: 1, Text: 'x' },
        { Id: 2, Text: '' },
      ],
      Last: 9,
    });
    expect(decoded({ payload }, fields)?.fields.map(([name, value]) => `${name}=${value}`)).toEqual([
      'Size=3',
      'Data=0102ff',
      'Count=2',
      'List[0]=7',
      'List[1]=8',
      'Name=abc',
      'Inner[0].Id=1',
      'Inner[0].Text=x',
      'Inner[1].Id=2',
      'Inner[1].Text=',
      'Last=9',
    ]);
  });

  it('are read up to a struct whose members no table knows', () => {
    const fields: EtlField[] = [
      { name: 'Count', type: 'UInt32' },
      { name: 'List', type: 'Struct', count: 'Count' },
      { name: 'Last', type: 'UInt32' },
    ];
    const known: WriteField[] = [
      { name: 'Count', type: 'UInt32' },
      { name: 'List', type: 'Struct', count: 'Count', fields: [{ name: 'A', type: 'UInt64' }] },
      { name: 'Last', type: 'UInt32' },
    ];
    const payload = (list: WriteFieldValues[]) => encodePayload(known, { Count: list.length, List: list, Last: 7 });
    expect(decoded({ payload: payload([{ A: 1n }]) }, fields)).toEqual({
      name: 'Tested',
      fields: [['Count', '1']],
      rest: 12,
      cutAt: 'List[0]',
    });
    expect(decoded({ payload: payload([]) }, fields)?.fields).toEqual([
      ['Count', '0'],
      ['Last', '7'],
    ]);
  });

  it('of TraceLogging are read by what the record says itself', () => {
    fc.assert(
      fc.property(filled, word, fc.constantFrom(0, 1, 0x200000, 0xfffffff), ({ fields, values, texts }, name, tag) => {
        fc.pre(fields.every(({ type }) => type !== 'Pointer'));
        const payload = encodeTraceLogging(fields, values);
        expect(decoded({ traceLogging: { name, fields, tag }, payload } as Partial<WriteRecord>)).toEqual({
          name,
          fields: texts,
          rest: 0,
          cutAt: undefined,
        });
      }),
      { numRuns: 200 },
    );
  });

  it('of TraceLogging have structs, arrays, binary and counted strings', () => {
    const fields: WriteField[] = [
      { name: 'Fixed', type: 'UInt16', count: 2 },
      { name: 'Any', type: 'UnicodeString', count: 'not fixed' },
      { name: 'Raw', type: 'Binary' },
      { name: 'Counted', type: 'CountedUnicodeString' },
      {
        name: 'Inner',
        type: 'Struct',
        fields: [
          { name: 'A', type: 'UInt8' },
          { name: 'B', type: 'CountedAnsiString' },
        ],
      },
      { name: 'Last', type: 'Int32' },
    ];
    const values = { Fixed: [1, 2], Any: ['x', 'yz'], Raw: Uint8Array.of(9, 8), Counted: 'abc', Inner: { A: 4, B: 'q' }, Last: -1 };
    const result = decoded({
      traceLogging: { name: 'Event', fields },
      payload: encodeTraceLogging(fields, values),
    } as Partial<WriteRecord>);
    expect(result?.fields.map(([name, value]) => `${name}=${value}`)).toEqual([
      'Fixed[0]=1',
      'Fixed[1]=2',
      'Any[0]=x',
      'Any[1]=yz',
      'Raw=0908',
      'Counted=abc',
      'Inner.A=4',
      'Inner.B=q',
      'Last=-1',
    ]);
  });

  it('refuse values that do not fit their field', () => {
    expect(() => encodePayload([{ name: 'a', type: 'UInt32' }], {})).toThrow(TypeError);
    expect(() => encodePayload([{ name: 'a', type: 'UnicodeString' }], { a: 'x\0y' })).toThrow(RangeError);
    expect(() => encodePayload([{ name: 'a', type: 'Binary', length: 2 }], { a: new Uint8Array(3) })).toThrow(RangeError);
    expect(() => encodePayload([{ name: 'a', type: 'GUID' }], { a: 'no' })).toThrow(TypeError);
  });
});

describe('packets', () => {
  const frame = (length: number, seed: number) => new Uint8Array(length).map((_, index) => (index * 7 + seed) & 0xff);
  const hex = (length: number, seed: number) => toHex(frame(length, seed));

  it('are read out of events of NDIS, of a virtual switch and of PktMon', () => {
    const records = [
      ...ndisPacket({ at: START + 1n, bytes: frame(60, 1), direction: 'sent' }),
      ...ndisPacket({ at: START + 2n, bytes: frame(1500, 2), direction: 'received', fragment: 256, withOffload: true, miniport: 11 }),
      ...ndisPacket({
        at: START + 3n,
        bytes: frame(90, 3),
        virtualSwitch: { portId: 2, portName: 'port', nicName: 'nic', nicType: 'Internal' },
      }),
      pktmonPacket({ at: START + 4n, bytes: frame(70, 4), group: 9n, number: 1 }),
      pktmonPacket({ at: START + 5n, bytes: frame(50, 5), group: 10n, number: 1, originalSize: 900, dropReason: 12, type: 3 }),
    ];
    const { file } = open(writeEtl({ startTime: START }, records));
    const packets: unknown[] = [];
    readEtlPackets(file, (packet) => {
      packets.push([
        packet.ticks - START,
        packet.linkType,
        packet.originalLength,
        packet.direction,
        toHex(packet.bytes),
        packet.dropReason,
      ]);
    });
    expect(packets).toEqual([
      [1n, 1, 60, 'sent', hex(60, 1), 0],
      [2n, 1, 1500, 'received', hex(1500, 2), 0],
      [3n, 1, 90, 'unknown', hex(90, 3), 0],
      [4n, 1, 70, 'unknown', hex(70, 4), 0],
      [5n, 101, 900, 'unknown', hex(50, 5), 12],
    ]);
  });
});

describe('LZXPRESS', () => {
  /** The decoder of [MS-XCA] 2.4.4, written for this test. */
  function expand(input: Uint8Array, size: number): Uint8Array {
    const out = new Uint8Array(size);
    const view = new DataView(input.buffer, input.byteOffset, input.length);
    let [from, to, flags, left, half] = [0, 0, 0, 0, -1];
    while (to < size) {
      if (left === 0) {
        flags = view.getUint32(from, true);
        from += 4;
        left = 32;
      }
      left--;
      if (((flags >>> left) & 1) === 0) {
        out[to++] = input[from++]!;
        continue;
      }
      const pair = view.getUint16(from, true);
      from += 2;
      let length = pair & 7;
      if (length === 7) {
        if (half < 0) {
          half = from;
          length = input[from++]! & 15;
        } else {
          length = input[half]! >> 4;
          half = -1;
        }
        if (length === 15) {
          length = input[from++]!;
          if (length === 255) {
            length = view.getUint16(from, true);
            from += 2;
            if (length === 0) {
              length = view.getUint32(from, true);
              from += 4;
            }
            length -= 22;
          }
          length += 15;
        }
        length += 7;
      }
      for (let rest = length + 3; rest > 0; rest--, to++) out[to] = out[to - (pair >> 3) - 1]!;
    }
    expect(from).toBeLessThanOrEqual(input.length);
    return out;
  }

  it('gives back what went in', () => {
    const runs = fc
      .array(fc.tuple(u8, fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(200, 272, 273, 300, 66_000, 140_000))), {
        maxLength: 12,
      })
      .map((list) => Uint8Array.from(list.flatMap(([value, times]) => Array.from({ length: times }, () => value))));
    fc.assert(
      fc.property(fc.oneof(runs, fc.uint8Array({ maxLength: 600, max: 3 }), fc.uint8Array({ maxLength: 600 })), (bytes) => {
        const compressed = compressLzxpress(bytes);
        expect(Buffer.compare(expand(compressed, bytes.length), bytes)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('makes repetition small', () => {
    expect(compressLzxpress(new Uint8Array(60_000)).length).toBeLessThan(40);
  });
});
