import type { ByteSource } from '@winmedic/bytes';
import { HiveError } from '../errors.ts';
import { BASE_SECTOR } from '../layout.ts';
import type { ReplayedFile } from '../open-hive.ts';

/** Equal bytes between two differences up to which they are written in one piece: a write costs more than they do. */
const JOIN = 16;
/** Most bytes compared at once. */
const PIECE = 1 << 16;

/** A stretch in which the draft differs from the file. */
export interface Difference {
  readonly offset: number;
  readonly old: Uint8Array;
  readonly new: Uint8Array;
}

/**
 * When a change reaches the file: `page` first; `cell` behind the pages (the size field that makes cells of what was written into a free one), then the base
 * block; `link` after it (what makes new cells part of the tree, or takes old ones out of it); `free` behind the links (what gives up cells that
 * were taken out). So an interruption leaves cells that nobody uses, never a reference to a cell that is not there.
 */
export type WriteOrder = 'page' | 'cell' | 'link' | 'free';

type Span = readonly [start: number, end: number];

/** A file with changes laid over it in memory; the file itself is only read. */
export class Draft implements ByteSource {
  readonly #original: ByteSource;
  readonly #replayed: ReplayedFile | undefined;
  readonly #sectors = new Map<number, Uint8Array>();
  readonly #late = { cell: [] as Span[], link: [] as Span[], free: [] as Span[] };
  #size: number;
  /** Stretches that held nothing before: what is written there is seen only through a link. */
  readonly #fresh: Span[] = [];
  /** Beginnings of cells that were in use and are given up. */
  readonly #givenUp = new Set<number>();

  /** @param replayed the file as it is to be after a replay; absent: as in the file. */
  constructor(original: ByteSource, replayed?: ReplayedFile) {
    this.#original = original;
    this.#replayed = replayed;
    // A replay may grow the hive, and never cuts what lies behind it.
    this.#size = Math.max(original.sizeBytes, replayed?.source.sizeBytes ?? 0);
  }

  get sizeBytes(): number {
    return this.#size;
  }

  readAt(offset: number, into: Uint8Array): number {
    let done = 0;
    const end = Math.min(into.length, this.sizeBytes - offset);
    while (done < end) {
      const at = offset + done;
      const within = at % BASE_SECTOR;
      const sector = this.#sectors.get(at - within);
      if (sector) {
        const part = sector.subarray(within, within + end - done);
        into.set(part, done);
        done += part.length;
        continue;
      }
      let next = at - within + BASE_SECTOR;
      while (next < offset + end && !this.#sectors.has(next)) next += BASE_SECTOR;
      const got = this.#base(at, into.subarray(done, Math.min(end, next - offset)));
      if (got === 0) break;
      done += got;
    }
    return Math.max(0, done);
  }

  #base(offset: number, into: Uint8Array): number {
    return (this.#replayed?.source ?? this.#original).readAt(offset, into);
  }

  /** Bytes of the draft; shorter at its end. */
  read(offset: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    return out.subarray(0, this.readAt(offset, out));
  }

  /** Makes the file longer; the new bytes are zero. */
  grow(sizeBytes: number): void {
    const from = this.#size;
    this.#size = sizeBytes;
    for (let start = from - (from % BASE_SECTOR); start < sizeBytes; start += BASE_SECTOR) {
      const sector = new Uint8Array(Math.min(BASE_SECTOR, sizeBytes - start));
      if (start < from) sector.set(this.#sectors.get(start) ?? this.#baseBytes(start, from - start));
      this.#sectors.set(start, sector);
    }
  }

  /** Marks a stretch that held nothing before: a free cell, or room behind the last bin. */
  markFresh(start: number, end: number): void {
    this.#fresh.push([start, end]);
  }

  /** The stretch held nothing before. */
  isFresh(offset: number): boolean {
    return this.#fresh.some(([start, end]) => offset >= start && offset < end);
  }

  /** The cell that begins here was in use and is given up: until the last write something may refer to it. */
  isGivenUp(start: number): boolean {
    return this.#givenUp.has(start);
  }

  /**
   * Lays bytes over the file. Where a replay changes the very bytes, they cannot wait for the base block: a link is then written with the pages (its page
   * is in the logs, which bring back the state without it), and a cell is not given up at all.
   * @throws {HiveError} HIVE_EDIT_STATE when they reach beyond the file (a cell of a cut file), and for a link that the logs bring in part only.
   */
  write(offset: number, bytes: Uint8Array, order: WriteOrder = 'page'): void {
    const end = offset + bytes.length;
    if (end > this.sizeBytes) throw new HiveError('HIVE_EDIT_STATE', 'cell beyond the end', offset);
    if (order === 'cell') this.#late.cell.push([offset, end]);
    else if (order !== 'page' && !this.isFresh(offset)) {
      if (order === 'free') this.#givenUp.add(offset);
      if (this.canWait(offset, bytes.length)) this.#late[order].push([offset, end]);
      else if (order === 'free') return;
      else if (!this.inOneStretch(offset, end)) throw new HiveError('HIVE_EDIT_STATE', 'a key that the logs change in part', offset);
    }
    for (let done = 0; done < bytes.length; ) {
      const at = offset + done;
      const within = at % BASE_SECTOR;
      let sector = this.#sectors.get(at - within);
      if (!sector) {
        sector = this.read(at - within, BASE_SECTOR);
        this.#sectors.set(at - within, sector);
      }
      const part = bytes.subarray(done, done + BASE_SECTOR - within);
      sector.set(part, within);
      done += part.length;
    }
  }

  /** Whether a replay leaves these bytes as they are in the file, so that they may be written after the base block. */
  canWait(offset: number, length: number): boolean {
    if (this.#replayed === undefined) return true;
    const old = this.#old(offset, length);
    const now = this.#baseBytes(offset, length);
    return old.length === now.length && old.every((byte, i) => byte === now[i]);
  }

  /** Whether the logs bring all bytes of a stretch. */
  inOneStretch(start: number, end: number): boolean {
    return this.#replayed?.stretches.some(([from, to]) => from <= start && end <= to) === true;
  }

  /** Whether the logs bring all bytes of a stretch or none, so that one state of it is as good as written at once. */
  isUndivided(start: number, end: number): boolean {
    return this.inOneStretch(start, end) || !this.#replayed?.stretches.some(([from, to]) => from < end && start < to);
  }

  /** Anything differs from the file. */
  get changed(): boolean {
    const none = ({ done }: IteratorResult<Difference>): boolean => done === true;
    return this.#replayed !== undefined || !none(this.pages().next()) || !none(this.late('link').next()) || !none(this.late('free').next());
  }

  /** Where the draft differs from the file apart from what is written {@link late}r, in the order of offsets, without the base block's sector. */
  *pages(): Generator<Difference> {
    const late = merged([...this.#late.cell, ...this.#late.link, ...this.#late.free]);
    let next = 0;
    yield* this.#differences(this.#changedPieces(), (at) => {
      while (next < late.length && late[next]![1] <= at) next++;
      return next < late.length && at >= late[next]![0];
    });
  }

  /** Where it differs in what is written in this order. */
  *late(order: 'cell' | 'link' | 'free'): Generator<Difference> {
    for (const span of merged(this.#late[order])) yield* this.#differences([span], () => false);
  }

  *#differences(pieces: Iterable<Span>, skip: (at: number) => boolean): Generator<Difference> {
    let from = -1;
    let to = -1;
    for (const [start, end] of pieces) {
      const old = this.#old(start, end - start);
      const now = this.read(start, end - start);
      for (let i = 0; i < now.length; i++) {
        const at = start + i;
        const skipped = skip(at);
        if (!skipped && i < old.length && old[i] === now[i]) continue;
        if (from >= 0 && (skipped || at > to + JOIN)) {
          yield this.#between(from, to);
          from = -1;
        }
        if (skipped) continue;
        if (from < 0) from = at;
        to = at + 1;
      }
    }
    if (from >= 0) yield this.#between(from, to);
  }

  /** The base block's sector as it is and as it is to be. */
  head(): Difference {
    return this.#between(0, BASE_SECTOR);
  }

  /** Pieces that may differ, ascending, behind the base block's sector. */
  *#changedPieces(): Generator<Span> {
    const spans = [...this.#sectors.keys()].map((start): Span => [start, start + BASE_SECTOR]);
    if (this.#replayed !== undefined) spans.push(...this.#replayed.stretches);
    if (this.#original.sizeBytes < this.#size) spans.push([this.#original.sizeBytes, this.#size]);
    for (const [first, last] of merged(spans)) {
      const end = Math.min(last, this.#size);
      for (let start = Math.max(first, BASE_SECTOR); start < end; start += PIECE) yield [start, Math.min(end, start + PIECE)];
    }
  }

  #between(from: number, to: number): Difference {
    return { offset: from, old: this.#old(from, to - from), new: this.read(from, to - from) };
  }

  #old(offset: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    return out.subarray(0, this.#original.readAt(offset, out));
  }

  #baseBytes(offset: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    return out.subarray(0, this.#base(offset, out));
  }
}

/** Stretches in ascending order, joined where they touch. */
function merged(spans: readonly Span[]): Span[] {
  const out: [number, number][] = [];
  for (const [start, end] of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = out.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else out.push([start, end]);
  }
  return out;
}
