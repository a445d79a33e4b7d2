import { createHash } from 'node:crypto';
import type { ByteSource } from '@winmedic/bytes';

/** Bytes read at once. */
const PIECE_BYTES = 1 << 20;
/** Pieces after which timers and signal handlers get their turn: some tens of milliseconds. */
const PIECES_BETWEEN_TURNS = 16;

/**
 * SHA-256 of a source as lower-case hex, piece by piece: memory does not grow with its size. Bytes that cannot be read because the source is shorter than it
 * says are not part of it.
 * @param onBytes called with the number of bytes of each piece, for progress.
 * @throws what the source throws, or the reason of `signal`.
 */
export async function sha256Of(source: ByteSource, onBytes: (bytes: number) => void, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const piece = new Uint8Array(PIECE_BYTES);
  for (let offset = 0, n = 1; ; n++) {
    signal?.throwIfAborted();
    const got = source.readAt(offset, piece);
    if (got === 0) break;
    hash.update(piece.subarray(0, got));
    offset += got;
    onBytes(got);
    if (n % PIECES_BETWEEN_TURNS === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return hash.digest('hex');
}
