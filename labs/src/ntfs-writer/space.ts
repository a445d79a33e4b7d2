import { alignUp } from './numbers.ts';

/** A stretch of clusters on the volume. */
export interface Piece {
  readonly lcn: number;
  readonly clusters: number;
}

/** Which clusters are given away: the contents of $Bitmap. */
export class ClusterSpace {
  readonly clusters: number;
  /** Least significant bit first. */
  readonly #bits: Uint8Array;
  /** Clusters of deleted files: given away, but free in $Bitmap. */
  readonly #freed: Piece[] = [];
  #next = 0;

  /** @param clusters clusters of the volume. */
  constructor(clusters: number) {
    this.clusters = clusters;
    this.#bits = new Uint8Array(Math.ceil(clusters / 8));
  }

  /** Gives away the next free stretch. With `apart` the cluster behind it stays free for now, so that the next stretch does not touch it. @throws {RangeError} volume too small. */
  take(clusters: number, apart = false): Piece {
    for (const from of [this.#next, 0]) {
      for (let lcn = from; lcn + clusters <= this.clusters; ) {
        const taken = this.#lastTaken(lcn, clusters);
        if (taken === undefined) {
          this.#next = lcn + clusters + (apart ? 1 : 0);
          return this.#mark(lcn, clusters);
        }
        lcn = taken + 1;
      }
    }
    throw new RangeError(`no ${clusters} clusters in a row are free: the volume is too small`);
  }

  /** Gives away a stretch at a place. @throws {RangeError} when it is taken or outside. */
  takeAt(lcn: number, clusters: number): Piece {
    if (lcn < 0 || lcn + clusters > this.clusters)
      throw new RangeError(`clusters ${lcn} to ${lcn + clusters - 1} are outside of the volume`);
    if (this.#lastTaken(lcn, clusters) !== undefined) throw new RangeError(`clusters ${lcn} to ${lcn + clusters - 1} are taken`);
    return this.#mark(lcn, clusters);
  }

  /** Marks a stretch as free in $Bitmap; nothing else is put there. */
  free(piece: Piece): void {
    this.#freed.push(piece);
  }

  /** Contents of $Bitmap: whole 8 bytes, bits behind the end of the volume set. @source Linux-NTFS "$Bitmap" */
  bitmap(): Uint8Array {
    const out = new Uint8Array(alignUp(this.#bits.length, 8)).fill(0xff);
    out.set(this.#bits);
    for (let lcn = this.clusters; lcn < this.#bits.length * 8; lcn++) out[lcn >> 3]! |= 1 << (lcn & 7);
    for (const { lcn, clusters } of this.#freed) {
      for (let i = lcn; i < lcn + clusters; i++) out[i >> 3]! &= ~(1 << (i & 7));
    }
    return out;
  }

  #mark(lcn: number, clusters: number): Piece {
    for (let i = lcn; i < lcn + clusters; i++) this.#bits[i >> 3]! |= 1 << (i & 7);
    return { lcn, clusters };
  }

  #lastTaken(lcn: number, clusters: number): number | undefined {
    for (let i = lcn + clusters - 1; i >= lcn; i--) if (this.#bits[i >> 3]! & (1 << (i & 7))) return i;
    return undefined;
  }
}
