import { memorySource } from '@winmedic/bytes';
import { memoryDisk } from '@winmedic/labs/disk-writer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asDevice, cached, counting, DiskError, readExactly, slice, withFetchedBlocks, writeExactly } from '../index.ts';

const BYTES = Uint8Array.from({ length: 8192 }, (_, at) => (at * 31 + (at >> 8)) & 0xff);

const code = (wanted: string) => expect.objectContaining({ code: wanted });

describe('slice', () => {
  it('shows and changes only its stretch', () => {
    const disk = memoryDisk(BYTES.slice());
    const part = slice(disk, 512, 1024);
    expect(readExactly(part, 0, 1024, 'all')).toEqual(BYTES.slice(512, 1536));
    const beyond = new Uint8Array(100).fill(9);
    expect(part.readAt(1000, beyond)).toBe(24);
    expect(beyond.subarray(24).every((byte) => byte === 9)).toBe(true);
    expect([part.readAt(1024, beyond), part.readAt(-1, beyond)]).toEqual([0, 0]);
    part.write?.(1020, Uint8Array.of(1, 2, 3, 4));
    expect(disk.bytes.slice(1532, 1537)).toEqual(Uint8Array.of(1, 2, 3, 4, BYTES[1536]!));
    expect(() => part.write?.(1021, Uint8Array.of(1, 2, 3, 4))).toThrow(code('BLOCK_WRITE_RANGE'));
    expect(() => part.write?.(-1, Uint8Array.of(1))).toThrow(code('BLOCK_WRITE_RANGE'));
  });

  it('ends with a disk that is cut short', () => {
    expect(slice(asDevice(memorySource(BYTES)), 7680, 4096).sizeBytes).toBe(512);
    expect(slice(asDevice(memorySource(BYTES)), 81920, 4096).sizeBytes).toBe(0);
  });

  it('refuses a beginning that is no sector', () => {
    for (const offset of [1, -512, 0.5, Number.NaN])
      expect(() => slice(asDevice(memorySource(BYTES)), offset, 512)).toThrow(code('BLOCK_ALIGN'));
    expect(() => asDevice(memorySource(BYTES), 500)).toThrow(code('BLOCK_ALIGN'));
  });

  it('is read-only over what is read-only', () => {
    const part = slice(asDevice(memorySource(BYTES)), 0, 512);
    expect(part.write).toBeUndefined();
    expect(() => writeExactly(part, 0, Uint8Array.of(1), 'record')).toThrow(code('BLOCK_READ_ONLY'));
  });
});

describe('counting', () => {
  it('counts calls and delivered bytes, and writes through', () => {
    const disk = memoryDisk(BYTES.slice());
    const count = { reads: 0, bytes: 0 };
    const device = counting(disk, count);
    device.readAt(0, new Uint8Array(100));
    device.readAt(8190, new Uint8Array(100));
    device.write?.(0, Uint8Array.of(77));
    expect([count, disk.bytes[0]]).toEqual([{ reads: 2, bytes: 102 }, 77]);
  });
});

describe('cached', () => {
  it('reads a chunk once, drops the least used one, and passes large reads by', () => {
    const count = { reads: 0, bytes: 0 };
    const device = cached(counting(memoryDisk(BYTES.slice()), count), { chunkBytes: 512, maxBytes: 1024 });
    const touch = (chunk: number) => readExactly(device, chunk * 512 + 3, 5, 'part');
    for (const chunk of [0, 0, 1, 0]) touch(chunk);
    expect(count).toEqual({ reads: 2, bytes: 1024 });
    touch(2);
    touch(0);
    expect(count.reads).toBe(3);
    touch(1);
    expect(count.reads).toBe(4);
    expect(readExactly(device, 0, 8192, 'all')).toEqual(BYTES);
    // Chunks 0 and 1 are kept, the others come with one read.
    expect(count).toEqual({ reads: 5, bytes: 4 * 512 + 14 * 512 });
  });

  it('keeps large reads when asked to, and never more than its size', () => {
    const count = { reads: 0, bytes: 0 };
    const device = cached(counting(memoryDisk(BYTES.slice()), count), { chunkBytes: 512, maxBytes: 4096, keepLarge: true });
    for (let again = 0; again < 3; again++) expect(readExactly(device, 512, 4096, 'part')).toEqual(BYTES.slice(512, 4608));
    expect(count).toEqual({ reads: 1, bytes: 4096 });
    expect(readExactly(device, 0, 8192, 'all')).toEqual(BYTES);
    readExactly(device, 512, 100, 'gone');
    expect(count.bytes).toBeGreaterThan(4096 + 4096);
  });

  it('refuses sizes that hold nothing', () => {
    expect(() => cached(memoryDisk(BYTES.slice()), { chunkBytes: 4096, maxBytes: 512 })).toThrow(code('BLOCK_LIMIT'));
  });

  it('agrees with the disk below after any reads and writes', () => {
    const step = fc.record({ offset: fc.nat(8300), length: fc.nat(3000), write: fc.boolean(), value: fc.nat(255) });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.constantFrom(100, 512, 4096),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        (steps, chunkBytes, chunks, keepLarge) => {
          const disk = memoryDisk(BYTES.slice(0, 8100));
          const device = cached(disk, { chunkBytes, maxBytes: chunkBytes * chunks, keepLarge });
          for (const { offset, length, write, value } of steps) {
            if (write && offset + length <= 8100) device.write?.(offset, new Uint8Array(length).fill(value));
            const into = new Uint8Array(length);
            const want = disk.bytes.slice(offset, offset + length);
            expect(device.readAt(offset, into)).toBe(want.length);
            expect(into.subarray(0, want.length)).toEqual(want);
          }
        },
      ),
    );
  });
});

describe('work over fetched blocks', () => {
  const fetchFrom = (asked: number[]) => async (index: number) => {
    asked.push(index);
    return BYTES.slice(index * 1024, (index + 1) * 1024);
  };

  it('fetches each block once and returns what the complete run returned', async () => {
    const asked: number[] = [];
    let runs = 0;
    const read = await withFetchedBlocks(
      8000,
      1024,
      (index) => fetchFrom(asked)(index).then((bytes) => bytes.slice(0, 8000 - index * 1024)),
      (device) => {
        runs++;
        const first = readExactly(device, 1000, 100, 'a');
        // What the first block says decides what is read next.
        return [first, readExactly(device, first[0]! > 0 ? 7900 : 0, 100, 'b')];
      },
    );
    expect(read).toEqual([BYTES.slice(1000, 1100), BYTES.slice(7900, 8000)]);
    expect([asked, runs]).toEqual([[0, 1, 7], 3]);
  });

  it('does not take a run that swallowed the missing block', async () => {
    const result = await withFetchedBlocks(8192, 1024, fetchFrom([]), (device) => {
      try {
        return readExactly(device, 0, 1, 'a')[0];
      } catch {
        return 'swallowed';
      }
    });
    expect(result).toBe(BYTES[0]);
  });

  it('passes on errors of the work and of fetching', async () => {
    const stop = new Error('stop');
    await expect(
      withFetchedBlocks(8192, 1024, fetchFrom([]), (device) => {
        readExactly(device, 0, 1, 'a');
        throw stop;
      }),
    ).rejects.toBe(stop);
    await expect(
      withFetchedBlocks(
        8192,
        1024,
        () => Promise.reject(stop),
        (device) => readExactly(device, 0, 1, 'a'),
      ),
    ).rejects.toBe(stop);
  });

  it('is bounded, and refuses blocks of a wrong size', async () => {
    const all = (device: Parameters<typeof readExactly>[0]) => readExactly(device, 0, 8192, 'all');
    await expect(withFetchedBlocks(8192, 1024, fetchFrom([]), all, { maxBytes: 4096 })).rejects.toThrow(code('BLOCK_LIMIT'));
    const one = (device: Parameters<typeof readExactly>[0]) => {
      for (let at = 0; at < 8192; at += 1024) readExactly(device, at, 1, 'each');
    };
    await expect(withFetchedBlocks(8192, 1024, fetchFrom([]), one, { maxBytes: 4096 })).rejects.toThrow(code('BLOCK_LIMIT'));
    await expect(withFetchedBlocks(8192, 1024, async () => new Uint8Array(7), one)).rejects.toThrow(code('BLOCK_SHORT'));
    await expect(withFetchedBlocks(8192, 1000, fetchFrom([]), one)).rejects.toBeInstanceOf(DiskError);
  });

  it('reads nothing outside the disk', async () => {
    const seen = await withFetchedBlocks(8192, 1024, fetchFrom([]), (device) => [
      device.readAt(8192, new Uint8Array(4)),
      device.readAt(-4, new Uint8Array(4)),
    ]);
    expect(seen).toEqual([0, 0]);
  });
});
