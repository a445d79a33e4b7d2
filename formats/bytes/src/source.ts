/**
 * Random access to bytes, handed in by the caller so that readers stay free of files and sockets.
 * Implementations: a file descriptor (`core/evidence`), an `ArrayBuffer` (browser, tests), a part of an archive.
 */
export interface ByteSource {
  /** Size in bytes as known when the source was opened; a growing or truncated file may deliver less. */
  readonly sizeBytes: number;
  /**
   * Copies bytes from `offset` into `into` and returns how many were copied (0 at or past the end, fewer than
   * `into.length` only at the end). Never throws for a short read; throws only for I/O errors.
   */
  readAt(offset: number, into: Uint8Array): number;
}

/** A {@link ByteSource} over bytes already in memory. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.length,
    readAt(offset, into) {
      if (offset >= bytes.length) return 0;
      const part = bytes.subarray(offset, Math.min(bytes.length, offset + into.length));
      into.set(part);
      return part.length;
    },
  };
}

/**
 * Something a reader could not read, as a value: the reader reports it and goes on.
 * `code` is stable (for example `EVTX_CHUNK_CRC`); texts in Japanese and English live in `knowledge`.
 */
export interface Damage {
  readonly code: string;
  /** Byte offset in the source. */
  readonly offset: number;
  /** What was being read, in the words of the specification ("chunk header", "record 1074 BinXML"). */
  readonly what: string;
  /** Bytes, count or value needed / found, when that is the point. */
  readonly need?: number | string;
  readonly have?: number | string;
  /** Chunk number (0-based slot) and record number, when known. */
  readonly chunk?: number;
  readonly recordId?: string;
}
