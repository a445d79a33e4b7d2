import { type BufferHeader, FLAG_BUFFER_LOST, FLAG_EVENTS_LOST, TYPE_HEADER } from './buffer-header.ts';
import { MAX_PLANNED_BUFFERS } from './limits.ts';

/** Counts buffers and what their headers say of lost ones. */
export class Losses {
  buffers = 0;
  compressed = 0;
  /** Buffers marked as having lost events or buffers in front of them: at least as many were lost. */
  markedEvents = 0;
  markedBuffers = 0;
  readonly #sequences: number[] = [];

  /** Notes one buffer. */
  note(header: BufferHeader): void {
    this.buffers++;
    if (header.compressed) this.compressed++;
    if ((header.flags & FLAG_EVENTS_LOST) !== 0) this.markedEvents++;
    if ((header.flags & FLAG_BUFFER_LOST) !== 0) this.markedBuffers++;
    // The header buffer has number 0 and none of its own.
    if (header.type !== TYPE_HEADER && this.#sequences.length < MAX_PLANNED_BUFFERS) this.#sequences.push(header.sequence);
  }

  /**
   * Numbers missing between the lowest and the highest: a circular file lacks its oldest, so nothing is said of the numbers below. A session also skips
   * numbers of buffers that were empty when it stopped: only as many count as the header says were written and are not there. Numbers that leave out more
   * than they hold are no sequence (a merged or damaged file): 0.
   *
   * @param written BuffersWritten of the header; `undefined` when the session was not stopped in order and the number is old.
   */
  gaps(written: number | undefined): number {
    const sorted = Float64Array.from(this.#sequences).sort();
    let missing = 0;
    for (let i = 1; i < sorted.length; i++) missing += Math.max(0, sorted[i]! - sorted[i - 1]! - 1);
    if (missing > sorted.length) return 0;
    return written === undefined ? missing : Math.min(missing, Math.max(0, written - this.buffers));
  }
}
