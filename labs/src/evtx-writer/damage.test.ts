import { memorySource } from '@winmedic/bytes';
import { openEvtx } from '@winmedic/evtx';
import { describe, expect, it } from 'vitest';
import type { WriteRecord } from './index.ts';
import {
  amplifier,
  breakChunkMagic,
  breakCrc,
  chunkOffset,
  clearedOver,
  concatenate,
  deeplyNested,
  dirtyHeader,
  flipByte,
  insaneValueCount,
  insaneValueSize,
  moveDefinition,
  recordPlaces,
  reseal,
  setFreeSpace,
  setRecordSize,
  setTrailingSize,
  swapChunks,
  truncate,
  writeEvtx,
  zeroChunk,
} from './index.ts';

const base = (index: number): Omit<WriteRecord, 'data'> => ({
  timeTicks: 131_753_486_691_234_567n + BigInt(index) * 10_000_000n,
  system: { provider: 'P', eventId: 7, channel: 'C', computer: 'H' },
});
const record = (index: number, note = 'live'): WriteRecord => ({
  ...base(index),
  data: { kind: 'eventData', items: [{ name: 'note', value: { type: 'string', value: `${note} ${index}` } }] },
});
const many = (count: number, note?: string): readonly WriteRecord[] => Array.from({ length: count }, (_, index) => record(index, note));

function read(bytes: Uint8Array, recover = false) {
  const damages: string[] = [];
  const ids: bigint[] = [];
  const notes: (string | undefined)[] = [];
  const log = openEvtx(memorySource(bytes), { recover, onDamage: (damage) => damages.push(damage.code) });
  for (const found of log.records()) {
    ids.push(found.recordId);
    notes.push(found.field('note'));
  }
  return { damages, ids, notes, header: log.headers[0] };
}

/** Complete records that no chunk header leads to: magic on an 8-byte boundary and both sizes equal. */
function slack(file: Uint8Array): number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const live = new Set(recordPlaces(file).map((place) => place.offset));
  let found = 0;
  for (let at = 4096; at + 28 <= file.length; at += 8) {
    if (view.getUint32(at, true) !== 0x2a2a || live.has(at)) continue;
    const size = view.getUint32(at + 4, true);
    if (size >= 28 && at + size <= file.length && view.getUint32(at + size - 4, true) === size) found++;
  }
  return found;
}

const whole = writeEvtx(many(40), { recordsPerChunk: 10 });
const original = whole.slice();

describe('damage on demand', () => {
  it('starts from a file without any', () => {
    expect(read(whole)).toMatchObject({ damages: [] });
    expect(recordPlaces(whole)).toHaveLength(40);
    expect(recordPlaces(whole).map((place) => place.chunk)).toEqual(Array.from({ length: 40 }, (_, index) => Math.floor(index / 10)));
    expect(reseal(whole.slice())).toEqual(whole);
  });

  it('never changes the file it is given', () => {
    flipByte(whole, 3, 60);
    breakCrc(whole, { chunkData: 1 });
    dirtyHeader(whole);
    zeroChunk(whole, 0);
    insaneValueSize(whole, 2);
    expect(whole).toEqual(original);
  });

  it('breaks one checksum at a time and nothing else', () => {
    for (const which of ['file', { chunkHeader: 2 }, { chunkData: 1 }] as const) {
      const found = read(breakCrc(whole, which));
      expect(found.ids).toHaveLength(40);
      expect(found.damages).toHaveLength(1);
    }
  });

  it('claims wrong counts in a dirty header', () => {
    const found = read(dirtyHeader(whole, { chunkCount: 1 }));
    expect(found.header).toMatchObject({ dirty: true, chunkCount: 1 });
    expect(found.ids).toHaveLength(40);
  });

  it('loses only what is cut, zeroed or unreachable', () => {
    expect(read(truncate(whole, chunkOffset(2))).ids).toHaveLength(20);
    expect(read(zeroChunk(whole, 1)).ids).toHaveLength(30);
    expect(read(breakChunkMagic(whole, 1)).ids).toHaveLength(30);
    expect(new Set(read(breakChunkMagic(whole, 1), true).ids).size).toBe(40);
  });

  it('keeps the neighbours of a broken record', () => {
    const last = recordPlaces(whole)[39]!;
    for (const broken of [
      setRecordSize(whole, 15, 0),
      setRecordSize(whole, 15, 0x7fffffff),
      setTrailingSize(whole, 15, 16),
      insaneValueSize(whole, 15),
      insaneValueCount(whole, 15),
      moveDefinition(whole, 15, 0xfff0),
    ]) {
      const found = read(broken);
      expect(found.damages.length).toBeGreaterThan(0);
      expect(found.ids).toContain(last.id);
      expect(found.ids.filter((id) => id <= 10n || id > 20n)).toHaveLength(30);
    }
  });

  it('leaves slack behind free space that ends too early', () => {
    const third = recordPlaces(whole)[3]!;
    const cut = setFreeSpace(whole, 0, third.offset - chunkOffset(0));
    expect(slack(cut)).toBe(7);
    expect(read(cut).ids).toHaveLength(33);
    expect(new Set(read(cut, true).ids).size).toBe(40);
    expect(read(cut).damages).not.toContain('EVTX_CHUNK_CRC');
  });

  it('leaves the old records of a cleared log behind the new ones', () => {
    const old = writeEvtx(many(600, 'old'));
    const fresh = writeEvtx([{ ...record(0, 'new'), recordId: 601n }]);
    const cleared = clearedOver(old, fresh);
    expect(read(cleared).ids).toEqual([601n]);
    expect(slack(cleared)).toBeGreaterThan(300);
    expect(new Set(read(cleared, true).ids).size).toBeGreaterThan(300);
    expect(slack(clearedOver(old, fresh, 'zeroed'))).toBeLessThan(slack(cleared));
  });

  it('repeats ids when files are put together, and swaps chunks', () => {
    expect(read(concatenate(whole, whole)).ids).toHaveLength(80);
    const swapped = read(swapChunks(whole, 0, 3)).ids;
    expect(swapped).toHaveLength(40);
    expect(swapped[0]).toBe(31n);
  });

  it('builds hostile records that a reader has to bound', () => {
    const bytes = writeEvtx([record(0), amplifier(base(1), 3200), deeplyNested(base(2), 500), record(3)]);
    const found: (string | undefined)[] = [];
    const damages: string[] = [];
    let largest = 0;
    for (const event of openEvtx(memorySource(bytes), { onDamage: (damage) => damages.push(damage.code) }).records()) {
      found.push(event.field('note'));
      try {
        largest = Math.max(largest, event.toJson().length, event.toXml().length);
      } catch (error) {
        expect(error).toHaveProperty('code');
      }
    }
    expect(found[0]).toBe('live 0');
    expect(found.at(-1)).toBe('live 3');
    expect(largest).toBeLessThan(64 * 1024 * 1024);
  });

  it('survives every byte of a record being flipped, alone and resealed', () => {
    const small = writeEvtx(many(3));
    const { size } = recordPlaces(small)[1]!;
    for (let at = 0; at < size; at++) {
      const found = read(flipByte(small, 1, at, 0xff, { reseal: true }), true);
      expect(found.ids.length).toBeGreaterThanOrEqual(1);
    }
  });
});
