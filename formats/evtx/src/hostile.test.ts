import {
  amplifier,
  deeplyNested,
  insaneValueCount,
  insaneValueSize,
  moveDefinition,
  recordPlaces,
  reseal,
  writeEvtx,
} from '@winmedic/labs/evtx-writer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { many, open, record } from './test-log.ts';
import type { EvtxOptions } from './types.ts';

/** Uses every face of every record; returns how many records there were. */
function exercise(bytes: Uint8Array, options: EvtxOptions = {}): number {
  const { log } = open(bytes, options);
  let count = 0;
  for (const one of log.records()) {
    count++;
    one.fields();
    one.typedFields();
    one.field('Index');
    JSON.parse(one.toJson());
    one.toXml();
    one.detach().toObject();
  }
  log.scan([{ ids: [1], where: [{ field: 'Index', op: 'contains', values: ['1'] }] }, {}], () => {}, { spans: true });
  log.countBy('provider');
  return count;
}

const base = record();
const around = [record({}, { Index: 'first' }), record({}, { Index: 'last' }, 2)] as const;

describe('hostile records cost themselves only', () => {
  it.each([
    ['one large value repeated', writeEvtx([around[0], amplifier(base, 4096), around[1]]), 'EVTX_RECORD_LIMIT'],
    ['deep nesting', writeEvtx([around[0], deeplyNested(base, 1200), around[1]]), 'EVTX_RECORD_LIMIT'],
    ['value size beyond the record', reseal(insaneValueSize(writeEvtx([around[0], base, around[1]]), 1)), 'EVTX_RECORD_VALUES'],
    ['two thousand million values', reseal(insaneValueCount(writeEvtx([around[0], base, around[1]]), 1)), 'EVTX_RECORD_LIMIT'],
    ['definition outside the chunk', reseal(moveDefinition(writeEvtx([around[0], base, around[1]]), 1, 0xfff0)), 'EVTX_RECORD_TEMPLATE'],
    ['definition inside another record', reseal(moveDefinition(writeEvtx([around[0], base, around[1]]), 1, 600)), 'EVTX_RECORD_TEMPLATE'],
  ])('%s', (_, bytes, code) => {
    const { log, damages } = open(bytes);
    expect(Array.from(log.records(), (one) => one.field('Index'))).toEqual(['first', 'last']);
    expect(damages.map((damage) => damage.code)).toEqual([code]);
    expect(damages[0]?.recordId).toBe('2');
  });

  it('reads what is just within the limits', () => {
    const { log } = open([deeplyNested(base, 300), amplifier(base, 16)]);
    const sizes = Array.from(log.records(), (one) => [one.toXml().length, one.toJson().length, one.fields().size]);
    expect(sizes).toHaveLength(2);
    expect(sizes[1]![0]).toBeGreaterThan(16 * 16_000);
  });

  it('prints the deepest event that any limits let through', () => {
    const { log } = open([deeplyNested(base, 1000)], { limits: { maxElements: 1_000_000 } });
    const [text] = Array.from(
      log.records(),
      (one) => one.toXml() + one.toJson() + [...one.fields().values()].join() + one.detach().toJson(),
    );
    expect(text).toContain('<E>x</E></E>');
  });

  it('obeys limits given', () => {
    const { log, damages } = open(many(3), { limits: { maxValues: 2 } });
    expect([...log.records()]).toHaveLength(0);
    expect(damages.map((damage) => damage.code)).toEqual(['EVTX_RECORD_LIMIT', 'EVTX_RECORD_LIMIT', 'EVTX_RECORD_LIMIT']);
  });

  it('bounds nested fragments', () => {
    let value = { type: 'binxml', element: { name: 'E', children: ['x'] }, template: true } as never;
    for (let i = 0; i < 80; i++) value = { type: 'binxml', element: { name: 'E', children: [value] }, template: true } as never;
    const { log, damages } = open([around[0], record({}, { V: value })]);
    expect([...log.records()]).toHaveLength(1);
    expect(damages).toMatchObject([{ code: 'EVTX_RECORD_LIMIT', what: 'nesting' }]);
  });
});

describe('any bytes', () => {
  const seeds = [
    writeEvtx(many(25), { recordsPerChunk: 10 }),
    writeEvtx([
      ...many(3),
      { ...record({}, { kind: 'classic', strings: ['a', 'b'], binary: Uint8Array.from([1, 2]) }), shape: 'classic' },
      record({}, { kind: 'userData', element: { name: 'U', children: [{ name: 'P', children: ['x'] }] }, template: false }),
      {
        ...record({}, { V: { type: 'binxml', element: { name: 'N', children: ['y'] }, template: true } }),
        renderingInfo: { culture: 'en-US', message: 'm' },
      },
      { ...record({}, { T: 't' }), shape: 'plain' },
      record(
        {},
        {
          L: { type: 'array', of: 'sid', items: [{ type: 'sid', value: 'S-1-5-18' }] },
          M: { type: 'array', of: 'string', items: [{ type: 'string', value: 'q' }] },
        },
      ),
    ]),
  ];
  /** Bytes that mean something to the format come often. */
  const byte = fc.oneof(
    fc.constantFrom(0, 1, 0x0c, 0x0d, 0x0e, 0x0f, 0x21, 0x41, 0x46, 0x81, 0x93, 0xff),
    fc.integer({ min: 0, max: 255 }),
  );

  it('neither throw nor hang, wherever they change', () => {
    fc.assert(
      fc.property(
        fc.nat(seeds.length - 1),
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), byte), { minLength: 1, maxLength: 60 }),
        fc.boolean(),
        fc.boolean(),
        (seed, changes, seal, recover) => {
          const bytes = seeds[seed]!.slice();
          const places = recordPlaces(bytes);
          const end = places.at(-1)!;
          for (const [where, value] of changes) bytes[Math.floor(where * (end.offset + end.size - 1))] = value;
          exercise(seal ? reseal(bytes) : bytes, { recover });
        },
      ),
      { numRuns: 400 },
    );
  });

  it('are never lost silently: records and damaged ones add up', () => {
    fc.assert(
      fc.property(fc.nat(24), fc.double({ min: 0, max: 0.99, noNaN: true }), byte, (index, where, value) => {
        const bytes = seeds[0]!.slice();
        const place = recordPlaces(bytes)[index]!;
        const at = place.offset + Math.floor(where * place.size);
        const before = bytes[at];
        bytes[at] = value;
        const { log, damages } = open(bytes);
        const found = [...log.records()].length;
        if (before === value) expect(damages).toEqual([]);
        else expect(damages.length).toBeGreaterThan(0);
        // One changed byte costs the record it hits, and those that share a definition written in it.
        expect(found).toBeGreaterThanOrEqual(index % 10 === 0 ? 15 : 24);
      }),
      { numRuns: 300 },
    );
  });

  it('open or are refused with a code', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.constantFrom('ElfFile\0', 'ElfChnk\0', ''), (tail, magic) => {
        const bytes = new Uint8Array([...new TextEncoder().encode(magic), ...tail]);
        try {
          exercise(bytes, { recover: true });
        } catch (error) {
          expect((error as { code?: string }).code).toMatch(/^EVTX_(EMPTY|NOT_EVTX)$/);
        }
      }),
    );
  });
});
