import { DiskError } from '../errors.ts';
import { ATTRIBUTE, type Attribute, type NtfsVolume, RECORD, type Run } from '../ntfs/types.ts';
import type { EditSession } from './session.ts';
import { clusterCount, readStretches, stretchesOf } from './stretches.ts';
import type { GrowOptions } from './types.ts';

/** Bytes of $Bitmap looked at at once. */
const PART = 65_536;
/** Pieces a file may get in one edit: a record of 1 KiB has room for fewer runs. */
const MAX_PIECES = 64;

/** Files of the file system whose clusters a damaged $Bitmap may call free: all of them before $Extend. */
const SYSTEM_FILES = 12;

/** Clusters to give to a file. */
export interface Piece {
  readonly lcn: number;
  readonly clusters: number;
}

/** A file that needs clusters. */
export interface Neighbourhood {
  readonly runs: readonly Run[];
  /** The run the new clusters follow. */
  readonly near: Run | undefined;
}

/** $Bitmap of the volume: one bit a cluster, set when in use. */
export class ClusterBitmap {
  readonly #volume: NtfsVolume;
  readonly #data: Attribute;
  /** Clusters that have a bit and lie inside the volume. */
  readonly clusters: number;
  #part: { readonly index: number; readonly bytes: Uint8Array } | undefined;

  /** @throws {DiskError} EDIT_TORN when $Bitmap is not there, or does not cover the volume. */
  constructor(volume: NtfsVolume) {
    const file = volume.file(RECORD.bitmap);
    const data = file?.attributes.find(({ type, name }) => type === ATTRIBUTE.data && name === '');
    this.clusters = clusterCount(volume);
    if (!data || data.resident || data.initializedBytes * 8 < this.clusters) throw new DiskError('EDIT_TORN', '$Bitmap');
    this.#volume = volume;
    this.#data = data;
  }

  /** Whether a cluster is in use. @throws {DiskError} EDIT_TORN where $Bitmap cannot be read. */
  used(lcn: number): boolean {
    return (this.#byte(Math.floor(lcn / 8)) & (1 << (lcn % 8))) !== 0;
  }

  /** Whether the eight clusters from `lcn` (a multiple of 8) on are all in use. */
  allUsed(lcn: number): boolean {
    return this.#byte(lcn / 8) === 0xff;
  }

  /** Marks clusters as in use, inside a session. */
  take(session: EditSession, pieces: readonly Piece[]): void {
    const bytes = new Map<number, number>();
    for (const { lcn, clusters } of pieces) {
      for (let i = lcn; i < lcn + clusters; i++) {
        const at = Math.floor(i / 8);
        bytes.set(at, (bytes.get(at) ?? this.#byte(at)) | (1 << (i % 8)));
      }
    }
    const order = [...bytes.keys()].sort((a, b) => a - b);
    for (let i = 0; i < order.length; ) {
      const first = order[i] ?? 0;
      let count = 1;
      while (order[i + count] === first + count) count++;
      const run = Uint8Array.from({ length: count }, (_, k) => bytes.get(first + k) ?? 0);
      session.stream(RECORD.bitmap, ATTRIBUTE.data, this.#data.runs, first, run);
      i += count;
    }
  }

  #byte(at: number): number {
    const index = Math.floor(at / PART);
    if (this.#part?.index !== index) {
      const size = Math.min(PART, this.#data.initializedBytes - index * PART);
      const stretches = stretchesOf(this.#volume, this.#data.runs, index * PART, size);
      const bytes = stretches && readStretches(this.#volume.device, stretches);
      if (!bytes) throw new DiskError('EDIT_TORN', '$Bitmap');
      this.#part = { index, bytes };
    }
    return this.#part.bytes[at - index * PART] ?? 0xff;
  }
}

/**
 * Free clusters for a file that grows: right behind one of its runs as far as they are free, then the first stretch that holds the rest, then the largest
 * stretches there are.
 * @param needed clusters. @returns pieces in the order of the file.
 * @throws {DiskError} EDIT_NO_SPACE when fewer are free, or they lie in too many pieces; EDIT_TORN when $Bitmap calls clusters of the file itself, or of the
 * file system, free.
 */
export function freeClusters(
  volume: NtfsVolume,
  bitmap: ClusterBitmap,
  { runs, near }: Neighbourhood,
  needed: number,
  options: GrowOptions,
): Piece[] {
  const pieces = findFree(bitmap, near, needed, options);
  const system = Array.from(
    { length: SYSTEM_FILES },
    (_, record) => volume.file(record)?.attributes.flatMap((attribute) => attribute.runs) ?? [],
  );
  for (const run of [...runs, ...system.flat()]) {
    const { lcn } = run;
    if (lcn !== undefined && pieces.some((piece) => piece.lcn < lcn + run.clusters && lcn < piece.lcn + piece.clusters)) {
      throw new DiskError('EDIT_TORN', '$Bitmap', { have: lcn });
    }
  }
  return pieces;
}

function findFree(bitmap: ClusterBitmap, last: Run | undefined, needed: number, { avoid }: GrowOptions): Piece[] {
  const free = (lcn: number): boolean => !bitmap.used(lcn) && !avoid?.(lcn, 1);
  const begin = last?.lcn === undefined ? 0 : last.lcn + last.clusters;
  let behind = 0;
  while (last?.lcn !== undefined && behind < needed && begin + behind < bitmap.clusters && free(begin + behind)) behind++;
  const pieces = behind > 0 ? [{ lcn: begin, clusters: behind }] : [];
  let missing = needed - behind;
  if (missing === 0) return pieces;
  let largest: Piece[] = [];
  let start = -1;
  for (let lcn = 0; lcn <= bitmap.clusters; lcn++) {
    // Eight clusters in use at once: most of a full volume is passed over so.
    if (start < 0 && lcn % 8 === 0 && lcn + 8 <= bitmap.clusters && bitmap.allUsed(lcn)) {
      lcn += 7;
      continue;
    }
    const own = lcn >= begin && lcn < begin + behind;
    if (lcn < bitmap.clusters && !own && free(lcn)) {
      if (start < 0) start = lcn;
      if (lcn + 1 - start < missing) continue;
      return [...pieces, { lcn: start, clusters: missing }];
    }
    if (start >= 0) {
      largest.push({ lcn: start, clusters: lcn - start });
      if (largest.length > MAX_PIECES * 2) largest = best(largest);
      start = -1;
    }
  }
  for (const { lcn, clusters } of best(largest)) {
    const take = Math.min(clusters, missing);
    pieces.push({ lcn, clusters: take });
    missing -= take;
    if (missing === 0) return pieces;
  }
  throw new DiskError('EDIT_NO_SPACE', 'free clusters', { need: needed, have: needed - missing });
}

function best(pieces: readonly Piece[]): Piece[] {
  return [...pieces].sort((a, b) => b.clusters - a.clusters || a.lcn - b.lcn).slice(0, MAX_PIECES);
}
