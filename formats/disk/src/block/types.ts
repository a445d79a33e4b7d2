import type { ByteSource } from '@winmedic/bytes';

/**
 * A disk, or a layer of one: the bytes of a file, of a virtual disk inside a container file, of a partition, of a decrypted volume. Each layer is opened
 * over the one below and is itself a `BlockDevice`, so that a change made above arrives, translated, at the bottom: in an {@link Overlay} that
 * collects it. Nothing else in this package touches what lies below.
 */
export interface BlockDevice extends ByteSource {
  /** Bytes of a logical sector: 512 or 4096. All writes of this package begin and end at multiples of it, except into container files. */
  readonly sectorBytes: number;
  /**
   * Writes all bytes at `offset`. Absent: the layer is read-only. Only an overlay over a container file may be written beyond its end (it grows).
   * @throws {DiskError} BLOCK_WRITE_RANGE outside the device; codes of the layer for what it cannot write.
   */
  readonly write?: (offset: number, bytes: Uint8Array) => void;
}

/** What is really written to in the end: a file or device. */
export interface BlockSink extends BlockDevice {
  readonly write: (offset: number, bytes: Uint8Array) => void;
  /** Returns when everything written is on the disk (fsync, block device flush). */
  readonly flush: () => void;
  /** Sets the size of a container file that grew, or shrinks back at undo. Absent for devices and raw images: their size never changes. */
  readonly resize?: (sizeBytes: number) => void;
}

/** A stretch that a planned change replaces, in bytes of the bottom layer. Aligned to whole sectors; stretches of one plan never overlap. */
export interface BlockChange {
  readonly offset: number;
  /** What lies there; shorter than `new` (down to empty) only behind the end of a container file that grows. */
  readonly old: Uint8Array;
  readonly new: Uint8Array;
  /**
   * Order of writing: all changes of an epoch reach the disk (flush) before one of the next is begun. {@link Overlay.barrier} begins a new epoch; a sector
   * that is written in several epochs belongs to the last.
   */
  readonly epoch: number;
}

/** Everything a repair changes at the bottom layer, in the order of writing. */
export interface BlockPlan {
  readonly sizeBefore: number;
  readonly sizeAfter: number;
  readonly changes: readonly BlockChange[];
}

/** Counts of what was read through a device, for the figures a report prints. */
export interface ReadCount {
  reads: number;
  bytes: number;
}
