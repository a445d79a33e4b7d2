import { wholeReads } from '@winmedic/bytes';
import type { BlockDevice } from '../block/types.ts';
import { DiskError } from '../errors.ts';

/** Bytes at `offset`; fewer where the device ends. */
export function readSome(device: BlockDevice, offset: number, length: number): Uint8Array {
  const into = new Uint8Array(length);
  return into.subarray(0, wholeReads(device).readAt(offset, into));
}

/** Replaces bytes by whole sectors. @throws {DiskError} FAT_READ_ONLY; FAT_RANGE when the sectors cannot be read; codes of the device. */
export function patch(device: BlockDevice, sectorBytes: number, offset: number, bytes: Uint8Array): void {
  if (device.write === undefined) throw new DiskError('FAT_READ_ONLY', 'device', { offset });
  const unit = Math.max(sectorBytes, device.sectorBytes);
  const start = offset - (offset % unit);
  const end = Math.ceil((offset + bytes.length) / unit) * unit;
  const sectors = readSome(device, start, end - start);
  if (sectors.length < end - start) throw new DiskError('FAT_RANGE', 'sectors', { offset: start, need: end - start, have: sectors.length });
  sectors.set(bytes, offset - start);
  device.write(start, sectors);
}
