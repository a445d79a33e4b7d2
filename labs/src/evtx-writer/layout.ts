import { CHUNK, chunkHeaderCrc } from './chunk.ts';
import { crc32 } from './hash.ts';
import { FILE_HEADER_SIZE } from './write-evtx.ts';

/** A record found in a file, with offsets from the start of the file. */
export interface RecordPlace {
  /** 0-based number in the file. */
  readonly index: number;
  readonly id: bigint;
  readonly offset: number;
  readonly size: number;
  readonly chunk: number;
}

const RECORD_MAGIC = 0x00002a2a;

/** Returns the live records of an undamaged file in file order. */
export function recordPlaces(file: Uint8Array): readonly RecordPlace[] {
  const view = viewOf(file);
  const places: RecordPlace[] = [];
  for (let chunk = 0; chunkOffset(chunk) + CHUNK.size <= file.length; chunk++) {
    const start = chunkOffset(chunk);
    if (file[start] !== 0x45) continue;
    const end = start + view.getUint32(start + 48, true);
    for (let offset = start + CHUNK.firstRecord; offset < end && view.getUint32(offset, true) === RECORD_MAGIC; ) {
      const size = view.getUint32(offset + 4, true);
      places.push({ index: places.length, id: view.getBigUint64(offset + 8, true), offset, size, chunk });
      offset += size;
    }
  }
  return places;
}

/** Returns the offset of a chunk. */
export function chunkOffset(chunk: number): number {
  return FILE_HEADER_SIZE + chunk * CHUNK.size;
}

/** Returns a view of the bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Makes all checksums right again after a change, so that the change is the only defect. Changes the array it is given. */
export function reseal(file: Uint8Array): Uint8Array {
  const view = viewOf(file);
  for (let chunk = 0; chunkOffset(chunk) + CHUNK.size <= file.length; chunk++) {
    const start = chunkOffset(chunk);
    const bytes = file.subarray(start, start + CHUNK.size);
    const free = Math.min(view.getUint32(start + 48, true), CHUNK.size);
    if (free < CHUNK.firstRecord) continue;
    view.setUint32(start + 52, crc32(bytes.subarray(CHUNK.firstRecord, free)), true);
    view.setUint32(start + 124, chunkHeaderCrc(bytes), true);
  }
  view.setUint32(124, crc32(file.subarray(0, 120)), true);
  return file;
}
