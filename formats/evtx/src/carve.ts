import type { ByteSource } from '@winmedic/bytes';
import { isFramedRecord } from './chunk.ts';
import { CHUNK_SIZE, MAX_CARVED, RECORD_HEADER_SIZE } from './limits.ts';
import type { SlackRange, WalkOptions } from './walker.ts';
import { Walker } from './walker.ts';
import { type AnsiDecoder, Window } from './window.ts';

/** `0f 01 01 00`: the fragment header every record begins with. */
const FRAGMENT_HEADER = 0x0001_010f;

/** A record frame found outside the live records. */
export interface Candidate {
  readonly chunk: number;
  readonly slotOffset: number;
  /** Slot-relative offset and size. */
  readonly at: number;
  readonly size: number;
  /** Record id and time: the identity by which copies are recognised. */
  readonly key: string;
  readonly idLow: number;
}

/**
 * Finds records in slack: behind the live records of a chunk and in slots whose header is broken. Candidates are collected while
 * the live records are read; afterwards those that are copies of live ones are dropped and the rest is given in file order.
 */
export class Carver {
  readonly #candidates: Candidate[] = [];
  /** Offsets of live records that could not be read: a slack copy of those is welcome. */
  readonly #lost = new Set<number>();
  readonly #window: Window;
  #loaded = -1;
  /** Candidates beyond the cap were not remembered. */
  truncated = false;

  constructor(ansi: AnsiDecoder) {
    this.#window = new Window(new Uint8Array(CHUNK_SIZE), ansi);
  }

  /** Holds the slot of the candidate loaded last. */
  get window(): Window {
    return this.#window;
  }

  /** Looks for record frames in a range of the current window. */
  add(range: SlackRange, view: DataView): void {
    const end = range.base + range.to;
    for (let at = range.base + ((range.from + 7) & ~7); at + RECORD_HEADER_SIZE + 4 < end; ) {
      if (!isFramedRecord(view, at, end) || view.getUint32(at + RECORD_HEADER_SIZE, true) !== FRAGMENT_HEADER) {
        at += 8;
        continue;
      }
      if (this.#candidates.length >= MAX_CARVED) {
        this.truncated = true;
        return;
      }
      const size = view.getUint32(at + 4, true);
      this.#candidates.push({
        chunk: range.chunk,
        slotOffset: range.slotOffset,
        at: at - range.base,
        size,
        key: keyAt(view, at),
        idLow: view.getUint32(at + 8, true),
      });
      at += size;
    }
  }

  /** Notes a live record that was given up. */
  lost(offset: number): void {
    if (this.#lost.size < MAX_CARVED) this.#lost.add(offset);
  }

  /** The candidates no live record repeats, in file order. Walks the source once more when there are any. */
  survivors(source: ByteSource, walk: WalkOptions): Candidate[] {
    if (this.#candidates.length === 0) return [];
    const ids = new Set(this.#candidates.map((candidate) => candidate.idLow));
    const live = new Set<string>();
    const wanted = new Set(this.#candidates.map((candidate) => candidate.key));
    const { options, start } = walk;
    const walker = new Walker(source, { options, start, quiet: true }, new Window(new Uint8Array(CHUNK_SIZE * 2)));
    while (walker.nextChunk()) {
      const { view } = walker.window;
      for (let i = 0; i < walker.recordCount; i++) {
        const at = walker.records[i]!;
        if (!ids.has(view.getUint32(at + 8, true)) || this.#lost.has(walker.offsetOf(at))) continue;
        const key = keyAt(view, at);
        if (wanted.has(key)) live.add(key);
      }
    }
    return this.#candidates.filter((candidate) => !live.has(candidate.key));
  }

  /** Brings the candidate's slot into the window. @returns true when another slot than before was read. */
  load(source: ByteSource, candidate: Candidate): boolean {
    if (this.#loaded === candidate.slotOffset) return false;
    const { bytes } = this.#window;
    const got = source.readAt(candidate.slotOffset, bytes);
    bytes.fill(0, got);
    this.#window.stamp++;
    this.#loaded = candidate.slotOffset;
    return true;
  }
}

function keyAt(view: DataView, at: number): string {
  return `${view.getUint32(at + 12, true)}.${view.getUint32(at + 8, true)}.${view.getUint32(at + 20, true)}.${view.getUint32(at + 16, true)}`;
}
