/** Bytes that stand at a place of a disk. */
export interface DiskPiece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A disk of zeros with pieces on it; later pieces lie over earlier ones, what reaches behind the end is cut. */
export function assembleDisk(sizeBytes: number, ...pieces: readonly (readonly DiskPiece[])[]): Uint8Array {
  const disk = new Uint8Array(sizeBytes);
  for (const { offset, bytes } of pieces.flat()) if (offset < sizeBytes) disk.set(bytes.subarray(0, sizeBytes - offset), offset);
  return disk;
}

/** A disk in memory that can be read, written and flushed, as tests hand it to what is tested. */
export interface MemoryDisk {
  readonly sectorBytes: number;
  readonly sizeBytes: number;
  /** Its bytes now. */
  readonly bytes: Uint8Array;
  readAt(offset: number, into: Uint8Array): number;
  write(offset: number, bytes: Uint8Array): void;
  flush(): void;
  resize(sizeBytes: number): void;
}

/** A {@link MemoryDisk} over these bytes. */
export function memoryDisk(bytes: Uint8Array, sectorBytes = 512): MemoryDisk {
  let now = bytes;
  return {
    sectorBytes,
    get sizeBytes() {
      return now.length;
    },
    get bytes() {
      return now;
    },
    readAt(offset, into) {
      if (offset >= now.length) return 0;
      const part = now.subarray(offset, offset + into.length);
      into.set(part);
      return part.length;
    },
    write(offset, part) {
      if (offset + part.length > now.length) throw new RangeError(`write of ${part.length} bytes at ${offset} behind ${now.length}`);
      now.set(part, offset);
    },
    flush() {},
    resize(sizeBytes) {
      const next = new Uint8Array(sizeBytes);
      next.set(now.subarray(0, sizeBytes));
      now = next;
    },
  };
}
