import type { DamageReport } from '@winmedic/bytes';
import type { EtlDamageCode } from './errors.ts';
import { MAX_HELD_BYTES } from './limits.ts';
import type { Plan } from './plan.ts';
import { LoadedBuffer, type RecordReader } from './records.ts';
import type { BufferPlace } from './scan.ts';

/** Hands on one record: the one the cursor of the buffer stands at. `false` ends the read. */
export type Emit = (buffer: LoadedBuffer) => boolean;

/** Whether the record `a` stands at comes before that of `b`: earlier, or of the same time and in front of it in the file. */
function before(a: LoadedBuffer, b: LoadedBuffer): boolean {
  const highs = a.highs[a.cursor]! - b.highs[b.cursor]!;
  if (highs !== 0) return highs < 0;
  const lows = a.lows[a.cursor]! - b.lows[b.cursor]!;
  return lows !== 0 ? lows < 0 : a.place!.index < b.place!.index;
}

/**
 * Puts the records of buffers into one order of time. Each buffer is loaded when the read comes to its first record and freed behind its last, so that
 * only those are held that overlap in time.
 */
export class TimeMerge {
  readonly #reader: RecordReader;
  readonly #damage: DamageReport<EtlDamageCode>;
  /** Binary heap by {@link before}. */
  readonly #heap: LoadedBuffer[] = [];
  readonly #free: LoadedBuffer[] = [];
  #held = 0;
  /** The next buffer waits until one is done. */
  #full = false;
  #told = false;

  constructor(reader: RecordReader, damage: DamageReport<EtlDamageCode>) {
    this.#reader = reader;
    this.#damage = damage;
  }

  /** Merges the buffers of a sorted plan. @returns `false` when `emit` ended the read. */
  run(plan: Plan, emit: Emit, loading: (place: BufferPlace) => void): boolean {
    const heap = this.#heap;
    let next = 0;
    let until = plan.length === 0 ? undefined : plan.place(0);
    while (until !== undefined || heap.length > 0) {
      while (until !== undefined && this.#due(until)) {
        loading(until);
        this.#load(until);
        until = ++next < plan.length ? plan.place(next) : undefined;
      }
      const top = heap[0];
      if (top === undefined) continue;
      // Records up to the first of the next buffer, and while this one stays on top.
      do {
        if (!emit(top)) return false;
        if (++top.cursor === top.count) {
          this.#release();
          break;
        }
        this.#sink(0);
      } while (heap[0] === top && (until === undefined || this.#full || !reached(top, until)));
    }
    return true;
  }

  /** Whether a buffer has to be loaded now. */
  #due(place: BufferPlace): boolean {
    const top = this.#heap[0];
    if (top === undefined) return true;
    if (!reached(top, place)) return false;
    if (this.#held <= MAX_HELD_BYTES) {
      this.#full = false;
      return true;
    }
    // Not loaded until one is done: its records may come too late.
    if (!this.#told) this.#damage('ETL_ORDER', place.offset, 'buffers at one time', MAX_HELD_BYTES, this.#held);
    this.#told = true;
    this.#full = true;
    return false;
  }

  #load(place: BufferPlace): void {
    const buffer = this.#free.pop() ?? new LoadedBuffer();
    this.#reader.load(place, buffer);
    if (buffer.count === 0) {
      this.#free.push(buffer);
      return;
    }
    buffer.sort();
    this.#held += buffer.heldBytes;
    const heap = this.#heap;
    let at = heap.length;
    heap.push(buffer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(buffer, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = buffer;
  }

  #release(): void {
    const heap = this.#heap;
    const done = heap[0]!;
    this.#held -= done.heldBytes;
    // One or two for each processor serve again; a heap of big ones is not kept.
    if (this.#free.length < 8) this.#free.push(done);
    const last = heap.pop()!;
    if (last !== done) {
      heap[0] = last;
      this.#sink(0);
    }
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const moving = heap[from]!;
    let at = from;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, moving)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = moving;
  }
}

/** Whether the read has come to the first record of a buffer. */
function reached(top: LoadedBuffer, place: BufferPlace): boolean {
  const high = top.highs[top.cursor]!;
  return place.high < high || (place.high === high && place.low <= top.lows[top.cursor]!);
}
