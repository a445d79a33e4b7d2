import type { ByteSource } from '@winmedic/bytes';
import { HiveError } from '../errors.ts';
import { BASE_SECTOR } from '../layout.ts';

/** Equal bytes between two differences up to which they are written in one piece: a write costs more than they do. */
const JOIN = 16;
/** Bytes compared at once when a replay may have changed anything. */
const PIECE = 1 << 16;

/** A stretch in which the draft differs from the file. */
export interface Difference {
  readonly offset: number;
  readonly old: Uint8Array;
  readonly new: Uint8Array;
}

/** A file with changes laid over it in memory; the file itself is only read. */
export class Draft implements ByteSource {
  readonly #original: ByteSource;
  readonly #image: Uint8Array | undefined;
  readonly #sectors = new Map<number, Uint8Array>();

  /** @param image the file's first bytes as they are to be (after a replay); absent: as in the file. */
  constructor(original: ByteSource, image?: Uint8Array) {
    this.#original = original;
    this.#image = image;
  }

  /** Size after the changes: a replay may grow the hive, and never cuts what lies behind it. */
  get sizeBytes(): number {
    return Math.max(this.#original.sizeBytes, this.#image?.length ?? 0);
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
    return done;
  }

  #base(offset: number, into: Uint8Array): number {
    const image = this.#image;
    if (image === undefined || offset >= image.length) return this.#original.readAt(offset, into);
    const part = image.subarray(offset, offset + into.length);
    into.set(part);
    return part.length;
  }

  /** Bytes of the draft; shorter at its end. */
  read(offset: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    return out.subarray(0, this.readAt(offset, out));
  }

  /** Lays bytes over the file. @throws {HiveError} HIVE_EDIT_STATE when they reach beyond it: a cell of a cut file. */
  write(offset: number, bytes: Uint8Array): void {
    if (offset + bytes.length > this.sizeBytes) throw new HiveError('HIVE_EDIT_STATE', 'cell beyond the end', offset);
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

  /** Where the draft differs from the file, in the order of offsets, without the base block's sector. */
  *differences(): Generator<Difference> {
    let from = -1;
    let to = -1;
    for (const [start, length] of this.#changedPieces()) {
      const old = this.#old(start, length);
      const now = this.read(start, length);
      for (let i = 0; i < now.length; i++) {
        if (i < old.length && old[i] === now[i]) continue;
        const at = start + i;
        if (from >= 0 && at > to + JOIN) {
          yield this.#between(from, to);
          from = -1;
        }
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
  *#changedPieces(): Generator<readonly [start: number, length: number]> {
    if (this.#image === undefined) {
      const starts = [...this.#sectors.keys()].filter((start) => start > 0).sort((a, b) => a - b);
      for (const start of starts) yield [start, BASE_SECTOR];
    } else for (let start = BASE_SECTOR; start < this.sizeBytes; start += PIECE) yield [start, PIECE];
  }

  #between(from: number, to: number): Difference {
    return { offset: from, old: this.#old(from, to - from), new: this.read(from, to - from) };
  }

  #old(offset: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    return out.subarray(0, this.#original.readAt(offset, out));
  }
}
