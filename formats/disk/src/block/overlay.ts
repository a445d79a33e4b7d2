import { wholeReads } from '@winmedic/bytes';
import { DiskError } from '../errors.ts';
import { checkRange, checkSector } from './devices.ts';
import type { BlockChange, BlockDevice, BlockPlan } from './types.ts';

/** Options of an {@link Overlay}. */
export interface OverlayOptions {
  /** Bytes of changed sectors held at most; default 512 MiB: a log reset (64 MiB) and the largest hives that are met fit several times. */
  readonly maxBytes?: number;
  /** May be written beyond its end and grows: for container files. Default false. */
  readonly growable?: boolean;
}

/** Longest stretch of one change: so that old and new bytes of a change are small beside the whole, whatever the whole is. */
const LONGEST_CHANGE = 0x10_0000;

/** A changed sector. */
interface Sector {
  /** Whole sector, also when the device ends inside it (the rest is zero then). */
  readonly bytes: Uint8Array;
  epoch: number;
}

/**
 * Everything that is written to it is kept in memory, by sectors; what lies below is never touched. A repair writes all its edits into one, checks the
 * result by reading through it, and takes the {@link Overlay.plan}.
 *
 * Writes need not be aligned: the rest of a sector is read from below (then BLOCK_SHORT when the device delivers less than its size said).
 */
export class Overlay implements BlockDevice {
  readonly sectorBytes: number;
  readonly #base: BlockDevice;
  readonly #baseSize: number;
  readonly #maxBytes: number;
  readonly #growable: boolean;
  readonly #sectors = new Map<number, Sector>();
  #size: number;
  #epoch = 0;

  /** @param base what is read where nothing was written; its size is taken now. @throws {DiskError} BLOCK_ALIGN for an impossible sector size. */
  constructor(base: BlockDevice, options: OverlayOptions = {}) {
    checkSector(base.sectorBytes);
    this.#base = base;
    this.#baseSize = base.sizeBytes;
    this.#size = base.sizeBytes;
    this.sectorBytes = base.sectorBytes;
    this.#maxBytes = options.maxBytes ?? 0x2000_0000;
    this.#growable = options.growable ?? false;
  }

  /** Bytes, with what it grew by. */
  get sizeBytes(): number {
    return this.#size;
  }

  /** Bytes of changed sectors held. */
  get heldBytes(): number {
    return this.#sectors.size * this.sectorBytes;
  }

  /** As below, with what was written laid over; zeros between the end of the base and what was written behind it. */
  readAt(offset: number, into: Uint8Array): number {
    if (!(offset >= 0 && offset < this.#size)) return 0;
    const length = Math.min(into.length, this.#size - offset);
    const part = into.length === length ? into : into.subarray(0, length);
    this.#readBase(offset, part);
    if (this.#sectors.size > 0 && length > 0) this.#lay(offset, part);
    return length;
  }

  /**
   * Keeps the bytes. In an arrow, so that it may be handed on by itself.
   * @throws {DiskError} BLOCK_WRITE_RANGE beyond the end when not growable; BLOCK_LIMIT when more sectors changed than may be held (nothing was taken
   * then); BLOCK_SHORT when the rest of a sector cannot be read.
   */
  readonly write = (offset: number, bytes: Uint8Array): void => {
    const end = offset + bytes.length;
    checkRange(offset, bytes.length, this.#growable ? Number.MAX_SAFE_INTEGER : this.#size, 'overlay');
    if (bytes.length === 0) return;
    const sector = this.sectorBytes;
    const first = Math.floor(offset / sector);
    const last = Math.floor((end - 1) / sector);
    this.#checkLimit(first, last);
    // One buffer for the whole write; its first and last sectors are completed with what is there now.
    const begin = first * sector;
    const fresh = new Uint8Array((last + 1) * sector - begin);
    if (offset > begin) this.readAt(begin, fresh.subarray(0, sector));
    if (end % sector !== 0 && (last > first || offset === begin)) this.readAt(last * sector, fresh.subarray(fresh.length - sector));
    fresh.set(bytes, offset - begin);
    for (let index = first; index <= last; index++)
      this.#keep(index, fresh.subarray((index - first) * sector, (index - first + 1) * sector));
    if (end > this.#size) this.#size = end;
  };

  /** Begins a new epoch: what is written from now on reaches the disk only after everything before is there. */
  barrier(): void {
    this.#epoch++;
  }

  /**
   * The changes, in the order of writing: by epoch, then by offset. Sectors that hold the same bytes as below are left out, adjacent ones of an epoch are one
   * change of up to 1 MiB. Old bytes are read from below now; later writes to the overlay leave the plan as it is.
   * @throws {DiskError} BLOCK_SHORT when the base delivers less than its size said.
   */
  plan(): BlockPlan {
    const epochs = new Map<number, number[]>();
    for (const index of [...this.#sectors.keys()].sort((a, b) => a - b)) {
      const { epoch } = this.#sectors.get(index)!;
      const list = epochs.get(epoch);
      if (list === undefined) epochs.set(epoch, [index]);
      else list.push(index);
    }
    const changes: BlockChange[] = [];
    for (const epoch of [...epochs.keys()].sort((a, b) => a - b)) {
      for (const [first, last] of runs(epochs.get(epoch)!, LONGEST_CHANGE / this.sectorBytes))
        this.#addChanges(changes, first, last, epoch);
    }
    return { sizeBefore: this.#baseSize, sizeAfter: this.#size, changes };
  }

  /** Sectors `first` to `last`, all held, as changes; cut where a sector holds what lies below anyway. */
  #addChanges(changes: BlockChange[], first: number, last: number, epoch: number): void {
    const sector = this.sectorBytes;
    const begin = first * sector;
    const old = new Uint8Array(Math.max(0, Math.min(this.#baseSize, (last + 1) * sector) - begin));
    this.#readBase(begin, old);
    const fresh = new Uint8Array(Math.min(this.#size, (last + 1) * sector) - begin);
    this.#lay(begin, fresh);
    const add = (from: number, to: number): void => {
      if (from >= to) return;
      changes.push({ offset: begin + from, old: old.subarray(from, to), new: fresh.subarray(from, to), epoch });
    };
    let from = 0;
    for (let at = 0; at < fresh.length; at += sector) {
      const end = Math.min(fresh.length, at + sector);
      if (end > old.length || differs(old, fresh, at, end)) continue;
      add(from, at);
      from = end;
    }
    add(from, fresh.length);
  }

  /** Bytes of the base; behind its end zeros. */
  #readBase(offset: number, part: Uint8Array): void {
    const inside = Math.max(0, Math.min(part.length, this.#baseSize - offset));
    if (inside > 0) {
      const have = wholeReads(this.#base).readAt(offset, inside === part.length ? part : part.subarray(0, inside));
      if (have !== inside) throw new DiskError('BLOCK_SHORT', 'below the overlay', { offset, need: inside, have });
    }
    part.fill(0, inside);
  }

  /** Lays the held sectors over a part that was read. */
  #lay(offset: number, part: Uint8Array): void {
    const sector = this.sectorBytes;
    const end = offset + part.length;
    const lay = (index: number, held: Sector): void => {
      const from = Math.max(offset, index * sector);
      part.set(held.bytes.subarray(from - index * sector, Math.min(end, (index + 1) * sector) - index * sector), from - offset);
    };
    const first = Math.floor(offset / sector);
    const last = Math.floor((end - 1) / sector);
    if (last - first < this.#sectors.size) {
      for (let index = first; index <= last; index++) {
        const held = this.#sectors.get(index);
        if (held !== undefined) lay(index, held);
      }
    } else {
      for (const [index, held] of this.#sectors) if (index >= first && index <= last) lay(index, held);
    }
  }

  #keep(index: number, bytes: Uint8Array): void {
    const held = this.#sectors.get(index);
    if (held === undefined) {
      this.#sectors.set(index, { bytes, epoch: this.#epoch });
      return;
    }
    held.bytes.set(bytes);
    held.epoch = this.#epoch;
  }

  #checkLimit(first: number, last: number): void {
    const count = last - first + 1;
    const most = Math.floor(this.#maxBytes / this.sectorBytes);
    // Counting those that are held already only where it matters: near the cap.
    if (this.#sectors.size + count <= most) return;
    let fresh = 0;
    if (count <= most) for (let index = first; index <= last; index++) if (!this.#sectors.has(index)) fresh++;
    if (count > most || this.#sectors.size + fresh > most) {
      throw new DiskError('BLOCK_LIMIT', 'changed sectors held in memory', {
        offset: first * this.sectorBytes,
        need: (this.#sectors.size + Math.max(fresh, count > most ? count : 0)) * this.sectorBytes,
        have: this.#maxBytes,
      });
    }
  }
}

/** Whether two buffers differ somewhere in a stretch that both have. */
function differs(a: Uint8Array, b: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (a[at] !== b[at]) return true;
  return false;
}

/** First and last of each stretch of adjacent numbers in a rising list, no stretch longer than `longest`. */
function* runs(sorted: readonly number[], longest: number): Generator<readonly [number, number]> {
  let first = sorted[0];
  if (first === undefined) return;
  let last = first;
  for (const next of sorted.slice(1)) {
    if (next === last + 1 && next - first < longest) {
      last = next;
      continue;
    }
    yield [first, last];
    first = next;
    last = next;
  }
  yield [first, last];
}
