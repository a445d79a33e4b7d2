import { crc32 } from '@winmedic/bytes';
import { assembleDisk, GPT_TYPE, gptPieces, ldmPieces, mbrPieces, memoryDisk } from '@winmedic/labs/disk-writer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPartitions, slice } from '../index.ts';
import { PARTITION_DAMAGE_CODES } from './codes.ts';

const SIZE = 1 << 20;
const LOGICAL = [0, 100, 200, 300].map((record) => ({ record, type: 7, start: 1, count: 90 }));
const DISKS: readonly Uint8Array[] = [
  assembleDisk(
    SIZE,
    gptPieces({ sizeBytes: SIZE, partitions: [{ type: GPT_TYPE.basicData, firstLba: 64, lastLba: 700, name: 'Basic data partition' }] }),
  ),
  assembleDisk(
    SIZE,
    mbrPieces({
      slots: [
        { type: 7, start: 64, count: 100 },
        { type: 5, start: 500, count: 1000 },
      ],
      logical: LOGICAL,
    }),
    ldmPieces(SIZE),
  ),
];
/** Places where tables stand: most hits there. */
const PLACES: readonly (readonly [number, number])[] = [
  [0, 34 * 512],
  [446, 512],
  [512, 604],
  [1024, 1200],
  [500 * 512, 800 * 512 + 512],
  [SIZE - 33 * 512, SIZE],
];

/** Reads the table: it must end, say only its own codes, and list what can be used. */
function survives(bytes: Uint8Array, sectorBytes: number): void {
  let reads = 0;
  let damages = 0;
  const disk = memoryDisk(bytes, sectorBytes);
  const table = readPartitions(
    {
      sectorBytes,
      sizeBytes: disk.sizeBytes,
      readAt(offset, into) {
        reads++;
        expect(into.length).toBeLessThanOrEqual(0x40_0000);
        return disk.readAt(offset, into);
      },
    },
    {
      onDamage({ code }) {
        damages++;
        expect(PARTITION_DAMAGE_CODES).toContain(code);
      },
    },
  );
  expect(reads).toBeLessThan(600);
  expect(damages).toBeLessThanOrEqual(64);
  const numbers = new Set(table.partitions.map(({ number }) => number));
  expect(numbers.size).toBe(table.partitions.length);
  for (const { offset, sizeBytes } of table.partitions) {
    expect(Number.isSafeInteger(offset) && offset >= 0 && Number.isSafeInteger(sizeBytes) && sizeBytes >= 0).toBe(true);
    expect(slice(disk, offset, sizeBytes, table.sectorBytes).sizeBytes).toBeLessThanOrEqual(disk.sizeBytes);
  }
}

describe('hostile tables', () => {
  it('with any bytes changed are survived', () => {
    const hit = fc.record({
      place: fc.constantFrom(...PLACES),
      at: fc.nat(0xff_ffff),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 16 }),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...DISKS),
        fc.array(hit, { minLength: 1, maxLength: 12 }),
        fc.constantFrom(512, 4096),
        (disk, hits, sectorBytes) => {
          const bytes = disk.slice();
          for (const { place, at, bytes: part } of hits) {
            const [from, to] = place;
            bytes.set(part.subarray(0, Math.min(part.length, SIZE - (from + (at % (to - from))))), from + (at % (to - from)));
          }
          survives(bytes, sectorBytes);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('cut anywhere are survived', () => {
    fc.assert(
      fc.property(fc.constantFrom(...DISKS), fc.nat(SIZE), (disk, size) => survives(disk.slice(0, size), 512)),
      { numRuns: 200 },
    );
  });

  it('of any bytes with a right header are survived', () => {
    const field = fc.record({
      at: fc.constantFrom(8, 12, 24, 32, 40, 48, 72, 80, 84),
      value: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      small: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 4 }), fc.uint8Array({ minLength: 128, maxLength: 128 }), (fields, entry) => {
        const bytes = DISKS[0]!.slice();
        bytes.set(entry, 1024);
        const view = new DataView(bytes.buffer);
        for (const { at, value, small } of fields) view.setBigUint64(512 + at, small ? value & 0xffn : value, true);
        view.setUint32(512 + 88, crc32(bytes.subarray(1024, 1024 + 16384)), true);
        const headerBytes = view.getUint32(512 + 12, true);
        view.setUint32(512 + 16, 0, true);
        view.setUint32(512 + 16, crc32(bytes.subarray(512, 512 + Math.min(headerBytes, 512))), true);
        survives(bytes, 512);
      }),
      { numRuns: 400 },
    );
  });

  it('with thousands of bad entries tell some of them', () => {
    const partitions = Array.from({ length: 4000 }, () => ({ type: GPT_TYPE.basicData, firstLba: 900, lastLba: 10 }));
    survives(assembleDisk(SIZE, gptPieces({ sizeBytes: SIZE, count: 4096, partitions })), 512);
  });

  it('whose size of entries overflows are refused', () => {
    const bytes = DISKS[0]!.slice();
    const view = new DataView(bytes.buffer);
    view.setUint32(512 + 80, 0xffff_ffff, true);
    view.setUint32(512 + 16, 0, true);
    view.setUint32(512 + 16, crc32(bytes.subarray(512, 604)), true);
    expect(readPartitions(memoryDisk(bytes)).copies).toEqual({ primary: 'damaged', backup: 'ok' });
    // On a disk that has so many bytes, none of them is asked for.
    let largest = 0;
    const huge = memoryDisk(bytes);
    readPartitions({
      sectorBytes: 512,
      sizeBytes: 2 ** 40,
      readAt(offset, into) {
        largest = Math.max(largest, into.length);
        const got = huge.readAt(offset, into);
        into.fill(0, got);
        return into.length;
      },
    });
    expect(largest).toBeLessThanOrEqual(0x40_0000);
  });
});
