import { sealVhdx } from './castagnoli.ts';
import type { WriteLogEntry } from './types.ts';

const SECTOR = 4096;

/** Bytes of an entry of the log: descriptors, then one sector for each that carries data ([MS-VHDX] 2.3.1). */
export function logEntry(entry: WriteLogEntry, logGuid: Uint8Array): Uint8Array {
  const descriptorSectors = Math.ceil((64 + entry.writes.length * 32) / SECTOR);
  const dataCount = entry.writes.filter((write) => 'data' in write).length;
  const bytes = new Uint8Array((descriptorSectors + dataCount) * SECTOR);
  const view = new DataView(bytes.buffer);
  put(bytes, 0, 'loge');
  view.setUint32(8, bytes.length, true);
  view.setUint32(12, entry.tail, true);
  view.setBigUint64(16, entry.sequence, true);
  view.setUint32(24, entry.writes.length, true);
  bytes.set(logGuid, 32);
  view.setBigUint64(48, BigInt(entry.flushedBytes), true);
  view.setBigUint64(56, BigInt(entry.lastBytes), true);
  let sector = descriptorSectors * SECTOR;
  entry.writes.forEach((write, i) => {
    const at = 64 + i * 32;
    view.setBigUint64(at + 16, BigInt(write.offset), true);
    view.setBigUint64(at + 24, entry.sequence, true);
    if ('zeroBytes' in write) {
      put(bytes, at, 'zero');
      view.setBigUint64(at + 8, BigInt(write.zeroBytes), true);
      return;
    }
    put(bytes, at, 'desc');
    bytes.set(write.data.subarray(SECTOR - 4), at + 4);
    bytes.set(write.data.subarray(0, 8), at + 8);
    bytes.set(write.data, sector);
    put(bytes, sector, 'data');
    view.setUint32(sector + 4, Number(entry.sequence >> 32n), true);
    view.setUint32(sector + SECTOR - 4, Number(entry.sequence & 0xffff_ffffn), true);
    sector += SECTOR;
  });
  return sealVhdx(bytes);
}

/** A log with entries one behind the other from an offset on; what does not fit goes on at its start. */
export function ringOf(sizeBytes: number, at: number, entries: readonly Uint8Array[]): Uint8Array {
  const ring = new Uint8Array(sizeBytes);
  let place = at;
  for (const entry of entries) {
    for (let i = 0; i < entry.length; i += SECTOR) ring.set(entry.subarray(i, i + SECTOR), (place + i) % sizeBytes);
    place += entry.length;
  }
  return ring;
}

function put(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
}
