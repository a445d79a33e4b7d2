import { type ByteSource, readUpTo, wholeReads } from '@winmedic/bytes';
import type { BlockDevice } from '../block/types.ts';
import { DiskError } from '../errors.ts';
import { put } from './file.ts';

/** A write that a log asks for: bytes, or zeros when there are none. */
export interface Patch {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly bytes?: Uint8Array;
}

/** Bytes compared and written at once when patches reach the file. */
const PIECE_BYTES = 1 << 16;

/** Zeros laid over existing bytes of the file at most: structures that are updated through a log (tables, bitmaps) have a few MiB. */
const MAX_ZERO_BYTES = 2 ** 30;

/** A file with the writes of its log laid over it in memory: later ones over earlier ones. */
export class ReplayedFile implements ByteSource {
  readonly sizeBytes: number;
  readonly #base: ByteSource;
  /** Stretches that do not overlap, by offset. */
  readonly #stretches: readonly Stretch[];

  /** @param base the file. @param patches in the order of writing. @param sizeBytes size after the replay. */
  constructor(base: ByteSource, patches: readonly Patch[], sizeBytes: number) {
    this.#base = wholeReads(base);
    this.#stretches = flatten(patches);
    this.sizeBytes = sizeBytes;
  }

  readAt(offset: number, into: Uint8Array): number {
    const length = Math.max(0, Math.min(into.length, this.sizeBytes - offset));
    const inside = Math.max(0, Math.min(length, this.#base.sizeBytes - offset));
    if (inside > 0) {
      const have = this.#base.readAt(offset, into.subarray(0, inside));
      if (have < inside) return have;
    }
    into.fill(0, inside, length);
    for (let i = this.#firstBehind(offset); i < this.#stretches.length; i++) {
      const { from, to, patch } = this.#stretches[i]!;
      if (from >= offset + length) break;
      const start = Math.max(from, offset);
      const end = Math.min(to, offset + length);
      if (patch.bytes === undefined) into.fill(0, start - offset, end - offset);
      else into.set(patch.bytes.subarray(start - patch.offset, end - patch.offset), start - offset);
    }
    return length;
  }

  /** Index of the first stretch that ends behind `offset`. */
  #firstBehind(offset: number): number {
    let low = 0;
    for (let high = this.#stretches.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (this.#stretches[middle]!.to > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /**
   * Writes to the file what the patches change in it.
   * @throws {DiskError} CONTAINER_LIMIT when they would zero more than any structure has.
   */
  writeTo(device: BlockDevice): void {
    const end = device.sizeBytes;
    const zeroed = this.#stretches.reduce((sum, { from, to, patch }) => sum + (patch.bytes ? 0 : Math.max(0, Math.min(to, end) - from)), 0);
    if (zeroed > MAX_ZERO_BYTES)
      throw new DiskError('CONTAINER_LIMIT', 'zeros of the log', { need: `at most ${MAX_ZERO_BYTES}`, have: zeroed });
    for (const { from, to, patch } of this.#stretches) {
      // Behind its end a file that grows is zero anyway.
      const last = patch.bytes === undefined ? Math.min(to, end) : to;
      for (let at = from; at < last; at += PIECE_BYTES) {
        const piece = readUpTo(this, at, Math.min(PIECE_BYTES, last - at));
        const old = readUpTo(device, at, piece.length);
        if (piece.some((byte, i) => byte !== old[i])) put(device, at, piece);
      }
    }
    if (device.sizeBytes < this.sizeBytes) put(device, this.sizeBytes - device.sectorBytes, new Uint8Array(device.sectorBytes));
  }
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly patch: Patch;
}

/**
 * The stretches of which each belongs to its last patch. From the last patch to the first, each takes the pieces between any two boundaries that nobody took
 * yet; `next` leads over the taken ones, so that hostile heaps of patches cost no more than sorting them.
 */
function flatten(patches: readonly Patch[]): Stretch[] {
  const bounds = [...new Set(patches.flatMap((patch) => [patch.offset, patch.offset + patch.sizeBytes]))].sort((a, b) => a - b);
  const indexOf = new Map(bounds.map((bound, i) => [bound, i]));
  const owner = new Array<Patch | undefined>(bounds.length);
  const next = Int32Array.from(bounds, (_, i) => i);
  const free = (from: number): number => {
    let at = from;
    while (next[at] !== at) {
      next[at] = next[next[at]!]!;
      at = next[at]!;
    }
    return at;
  };
  for (const patch of patches.toReversed()) {
    const end = indexOf.get(patch.offset + patch.sizeBytes)!;
    for (let i = free(indexOf.get(patch.offset)!); i < end; i = free(i)) {
      owner[i] = patch;
      next[i] = i + 1;
    }
  }
  return owner.flatMap((patch, i) => (patch === undefined ? [] : [{ from: bounds[i]!, to: bounds[i + 1]!, patch }]));
}
