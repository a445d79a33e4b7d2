import type { FramePlace } from './place.ts';

/** What one kept piece takes beside its bytes (objects of the engine and its allocator, measured): small segments must not count as nothing. */
export const KEPT_OVERHEAD = 512;

/** A segment that waits: before it bytes are missing, or it answers bytes that are. */
export interface PendingSegment {
  sequence: number;
  /** Length on the wire; at least that of the bytes. */
  length: number;
  bytes: Uint8Array;
  /** What it acknowledges; NaN: nothing. */
  readonly acknowledgement: number;
  readonly place: FramePlace;
}

/** One direction of a followed flow. Sequence numbers are signed 32-bit words; their order is the sign of the difference, so they may wrap. */
export class Half {
  /** {@link next} is known. */
  started = false;
  /** A packet of this side was seen: holes in it are losses, not a side that was never captured. */
  seen = false;
  /** Sequence number of the first byte not yet handed over. */
  next = 0;
  /** Sorted, without overlaps. */
  readonly pending: PendingSegment[] = [];
  pendingBytes = 0;
  /** Bytes still to pass unseen, and how many there were to pass. */
  skip = 0;
  skipTotal = 0;
  /** Highest acknowledgement of it by the other side. */
  acked = 0;
  ackedKnown = false;
  /** Sequence number behind the last byte, once a FIN came. */
  fin = 0;
  finKnown = false;
  ended = false;

  /** Does the other side acknowledge bytes that have not come? */
  get lags(): boolean {
    return this.started && this.ackedKnown && ((this.acked - this.next) | 0) > 0;
  }
}

/**
 * Puts a segment among those that wait; of bytes that are there already the first ones stay. @param keep makes a copy of part of the bytes.
 * @returns bytes now kept more than before.
 */
export function insertPending(
  half: Half,
  sequence: number,
  length: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  acknowledgement: number,
  place: FramePlace,
): number {
  const { pending } = half;
  let at = lowerBound(half, sequence);
  let from = 0;
  const before = pending[at - 1];
  if (before !== undefined) from = Math.max(0, (before.sequence + before.length - sequence) | 0);
  let kept = 0;
  while (from < length) {
    const after = pending[at];
    const free = after === undefined ? length : Math.min(length, (after.sequence - sequence) | 0);
    if (free > from) {
      const first = Math.min(start + from, end);
      const piece = bytes.slice(first, Math.min(start + free, end));
      pending.splice(at, 0, { sequence: (sequence + from) | 0, length: free - from, bytes: piece, acknowledgement, place });
      kept += piece.length + KEPT_OVERHEAD;
      at++;
    }
    if (after === undefined) break;
    from = Math.max(from, (after.sequence + after.length - sequence) | 0);
    at++;
  }
  half.pendingBytes += kept;
  return kept;
}

function lowerBound(half: Half, sequence: number): number {
  const { pending } = half;
  let low = 0;
  let high = pending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((((pending[middle] as PendingSegment).sequence - sequence) | 0) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
