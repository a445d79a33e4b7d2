import { memoryDisk } from '@winmedic/labs/disk-writer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DiskError, Overlay, readExactly, slice } from '../index.ts';

const SECTOR = 512;

/** Bytes that differ from sector to sector and inside each. */
function pattern(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, at) => (at * 7 + (at >> 9) * 13) & 0xff);
}

/** The disk after the changes of a plan, made in their order. */
function applied(base: Uint8Array, plan: ReturnType<Overlay['plan']>): Uint8Array {
  const disk = new Uint8Array(plan.sizeAfter);
  disk.set(base);
  for (const { offset, new: fresh } of plan.changes) disk.set(fresh, offset);
  return disk;
}

describe('overlay', () => {
  it('keeps writes to itself and reads them back, at any place and length', () => {
    const base = pattern(4 * SECTOR);
    const disk = memoryDisk(base.slice());
    const overlay = new Overlay(disk);
    overlay.write(510, Uint8Array.of(1, 2, 3, 4));
    const want = base.slice();
    want.set([1, 2, 3, 4], 510);
    expect(readExactly(overlay, 0, base.length, 'all')).toEqual(want);
    expect(readExactly(overlay, 511, 2, 'part')).toEqual(Uint8Array.of(2, 3));
    expect(disk.bytes).toEqual(base);
  });

  it('plans whole sectors, adjacent ones together, and leaves out those that did not change', () => {
    const base = pattern(8 * SECTOR);
    const overlay = new Overlay(memoryDisk(base.slice()));
    const write = base.slice(SECTOR, 6 * SECTOR);
    write[0] = 0xfe;
    write[SECTOR] = 0xfd;
    write[4 * SECTOR + 9] = 0xfc;
    overlay.write(SECTOR, write);
    const { changes, sizeBefore, sizeAfter } = overlay.plan();
    expect(changes.map(({ offset, old, new: fresh, epoch }) => [offset, old.length, fresh.length, epoch])).toEqual([
      [SECTOR, 2 * SECTOR, 2 * SECTOR, 0],
      [5 * SECTOR, SECTOR, SECTOR, 0],
    ]);
    expect([sizeBefore, sizeAfter]).toEqual([base.length, base.length]);
    for (const { offset, old } of changes) expect(old).toEqual(base.slice(offset, offset + old.length));
  });

  it('orders changes by epoch; a sector written again belongs to the last', () => {
    const overlay = new Overlay(memoryDisk(new Uint8Array(8 * SECTOR)));
    overlay.write(5 * SECTOR, Uint8Array.of(5));
    overlay.write(SECTOR, Uint8Array.of(1));
    overlay.barrier();
    overlay.write(5 * SECTOR + 1, Uint8Array.of(6));
    overlay.write(0, Uint8Array.of(9));
    const { changes } = overlay.plan();
    expect(changes.map(({ offset, epoch }) => [offset, epoch])).toEqual([
      [SECTOR, 0],
      [0, 1],
      [5 * SECTOR, 1],
    ]);
    expect(changes[2]?.new.slice(0, 2)).toEqual(Uint8Array.of(5, 6));
  });

  it('does not change a plan by later writes', () => {
    const overlay = new Overlay(memoryDisk(new Uint8Array(2 * SECTOR)));
    overlay.write(0, Uint8Array.of(1));
    const before = overlay.plan();
    overlay.write(0, Uint8Array.of(2));
    expect(before.changes[0]?.new[0]).toBe(1);
    expect(overlay.plan().changes[0]?.new[0]).toBe(2);
  });

  it('cuts long stretches, so that one change is small whatever the whole is', () => {
    const size = 0x28_0000;
    const overlay = new Overlay(memoryDisk(new Uint8Array(size)));
    overlay.write(0, new Uint8Array(size).fill(0xff));
    expect(overlay.plan().changes.map(({ new: fresh }) => fresh.length)).toEqual([0x10_0000, 0x10_0000, 0x8_0000]);
  });

  it('grows only when it may', () => {
    const disk = memoryDisk(pattern(1000));
    expect(() => new Overlay(disk).write(999, Uint8Array.of(1, 2))).toThrow(expect.objectContaining({ code: 'BLOCK_WRITE_RANGE' }));
    const overlay = new Overlay(disk, { growable: true });
    overlay.write(3000, Uint8Array.of(7, 8));
    expect(overlay.sizeBytes).toBe(3002);
    const gap = new Uint8Array(2000).fill(0xee);
    expect(overlay.readAt(1000, gap)).toBe(2000);
    expect(gap.every((byte) => byte === 0)).toBe(true);
    const plan = overlay.plan();
    expect([plan.sizeBefore, plan.sizeAfter]).toEqual([1000, 3002]);
    expect(plan.changes.map(({ offset, old, new: fresh }) => [offset, old.length, fresh.length])).toEqual([[2560, 0, 442]]);
    expect(applied(disk.bytes, plan)).toEqual(readExactly(overlay, 0, 3002, 'all'));
  });

  it('takes a write whole or not at all when it would hold too much', () => {
    const overlay = new Overlay(memoryDisk(new Uint8Array(8 * SECTOR)), { maxBytes: 2 * SECTOR });
    overlay.write(0, Uint8Array.of(1));
    overlay.write(0, Uint8Array.of(2));
    expect(() => overlay.write(SECTOR, new Uint8Array(2 * SECTOR).fill(3))).toThrow(expect.objectContaining({ code: 'BLOCK_LIMIT' }));
    expect(overlay.heldBytes).toBe(SECTOR);
    overlay.write(SECTOR - 1, Uint8Array.of(4, 4));
    expect(overlay.heldBytes).toBe(2 * SECTOR);
    expect(() => overlay.write(7 * SECTOR, Uint8Array.of(1))).toThrow(DiskError);
  });

  it('says when the disk below vanished', () => {
    const disk = memoryDisk(new Uint8Array(4 * SECTOR));
    const overlay = new Overlay(disk);
    overlay.write(2 * SECTOR, new Uint8Array(SECTOR).fill(1));
    disk.resize(SECTOR);
    expect(() => overlay.readAt(SECTOR, new Uint8Array(SECTOR))).toThrow(expect.objectContaining({ code: 'BLOCK_SHORT' }));
    expect(() => overlay.write(SECTOR, Uint8Array.of(1))).toThrow(expect.objectContaining({ code: 'BLOCK_SHORT' }));
    expect(() => overlay.plan()).toThrow(expect.objectContaining({ code: 'BLOCK_SHORT' }));
  });

  it('agrees with a plain buffer after any writes, through slices, and its plan makes the same disk', () => {
    const write = fc.record({
      offset: fc.nat(9000),
      bytes: fc.uint8Array({ minLength: 0, maxLength: 1500 }),
      barrier: fc.boolean(),
      part: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6000 }),
        fc.constantFrom(512, 4096),
        fc.array(write, { maxLength: 12 }),
        (size, sectorBytes, writes) => {
          const base = pattern(size);
          const overlay = new Overlay(memoryDisk(base.slice(), sectorBytes), { growable: true });
          let want = base.slice();
          for (const { offset, bytes, barrier, part } of writes) {
            if (barrier) overlay.barrier();
            if (part && offset >= 512 && offset + bytes.length <= overlay.sizeBytes) {
              slice(overlay, 512, overlay.sizeBytes - 512).write?.(offset - 512, bytes);
            } else overlay.write(offset, bytes);
            const next = new Uint8Array(Math.max(want.length, bytes.length === 0 ? 0 : offset + bytes.length));
            next.set(want);
            next.set(bytes, bytes.length === 0 ? 0 : offset);
            want = next;
          }
          expect(readExactly(overlay, 0, want.length, 'all')).toEqual(want);
          const plan = overlay.plan();
          expect(applied(base, plan)).toEqual(want);
          let end = -1;
          for (const { offset } of [...plan.changes].sort((a, b) => a.offset - b.offset)) {
            expect(offset % sectorBytes).toBe(0);
            expect(offset).toBeGreaterThan(end);
            end = offset;
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
