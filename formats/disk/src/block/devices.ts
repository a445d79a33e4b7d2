import { type ByteSource, wholeReads } from '@winmedic/bytes';
import { DiskError } from '../errors.ts';
import type { BlockDevice, ReadCount } from './types.ts';

/** Smallest logical sector there is: nothing on a disk begins between two of them. */
const LEAST_SECTOR = 512;

/**
 * `size` bytes at `offset`, all of them.
 * @throws {DiskError} BLOCK_SHORT when the device delivers less, because it ends there or because it vanished. What the device throws is passed on.
 */
export function readExactly(device: ByteSource, offset: number, size: number, what: string): Uint8Array {
  const into = new Uint8Array(size);
  const have = wholeReads(device).readAt(offset, into);
  if (have !== size) throw new DiskError('BLOCK_SHORT', what, { offset, need: size, have });
  return into;
}

/**
 * Writes through a device that may be read-only.
 * @throws {DiskError} BLOCK_READ_ONLY when the device cannot be written to; codes of the device.
 */
export function writeExactly(device: BlockDevice, offset: number, bytes: Uint8Array, what: string): void {
  if (device.write === undefined) throw new DiskError('BLOCK_READ_ONLY', what, { offset });
  device.write(offset, bytes);
}

/** A source of bytes as a device that can only be read. @param sectorBytes logical sector, 512 or 4096. @throws {DiskError} BLOCK_ALIGN for another. */
export function asDevice(source: ByteSource, sectorBytes = LEAST_SECTOR): BlockDevice {
  checkSector(sectorBytes);
  return {
    sectorBytes,
    get sizeBytes() {
      return source.sizeBytes;
    },
    readAt: (offset, into) => source.readAt(offset, into),
  };
}

/** A logical sector that this package writes in: a power of two from 512 to 4096. @throws {DiskError} BLOCK_ALIGN. */
export function checkSector(sectorBytes: number): void {
  if (sectorBytes !== 512 && sectorBytes !== 1024 && sectorBytes !== 2048 && sectorBytes !== 4096) {
    throw new DiskError('BLOCK_ALIGN', 'logical sector', { need: '512, 1024, 2048 or 4096', have: sectorBytes });
  }
}

/**
 * A stretch of a device as a device of its own: a partition. Ends with the device below when that is shorter than said (a truncated image): `sizeBytes`
 * tells. Writable when the device below is; nothing is ever read or written outside the stretch.
 * @param sectorBytes logical sector of the stretch when it is known better than by the device below.
 * @throws {DiskError} BLOCK_ALIGN when the stretch does not begin at a sector; BLOCK_WRITE_RANGE for a write outside it.
 */
export function slice(device: BlockDevice, offset: number, sizeBytes: number, sectorBytes = device.sectorBytes): BlockDevice {
  checkSector(sectorBytes);
  if (!(Number.isSafeInteger(offset) && offset >= 0 && offset % LEAST_SECTOR === 0)) {
    throw new DiskError('BLOCK_ALIGN', 'beginning of a slice', { offset, need: `a multiple of ${LEAST_SECTOR}`, have: offset });
  }
  if (!(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0)) {
    throw new DiskError('BLOCK_ALIGN', 'length of a slice', { offset, need: 'a whole number', have: sizeBytes });
  }
  const size = Math.max(0, Math.min(sizeBytes, device.sizeBytes - offset));
  const read = {
    sectorBytes,
    sizeBytes: size,
    readAt(at: number, into: Uint8Array): number {
      if (!(at >= 0 && at < size)) return 0;
      return device.readAt(offset + at, into.length <= size - at ? into : into.subarray(0, size - at));
    },
  };
  if (device.write === undefined) return read;
  return {
    ...read,
    write(at, bytes) {
      checkRange(at, bytes.length, size, 'slice');
      writeExactly(device, offset + at, bytes, 'slice');
    },
  };
}

/** @throws {DiskError} BLOCK_WRITE_RANGE when `length` bytes at `offset` are not all inside `size`. */
export function checkRange(offset: number, length: number, size: number, what: string): void {
  if (!(Number.isSafeInteger(offset) && offset >= 0 && offset + length <= size)) {
    throw new DiskError('BLOCK_WRITE_RANGE', what, { offset, need: offset + length, have: size });
  }
}

/** The same device; what is read through it is added to `count`: calls, and bytes delivered. */
export function counting(device: BlockDevice, count: ReadCount): BlockDevice {
  const { write } = device;
  return {
    sectorBytes: device.sectorBytes,
    get sizeBytes() {
      return device.sizeBytes;
    },
    readAt(offset, into) {
      const got = device.readAt(offset, into);
      count.reads++;
      count.bytes += got;
      return got;
    },
    ...(write === undefined ? {} : { write: (offset, bytes) => write.call(device, offset, bytes) }),
  };
}
