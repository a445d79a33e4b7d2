import { DiskError } from '../errors.ts';
import { decodeRuns } from '../ntfs/runs.ts';
import { ATTRIBUTE, type Attribute, type NtfsVolume, RECORD, type Run } from '../ntfs/types.ts';
import { Bits } from './bits.ts';
import { MftReader } from './mft-reader.ts';
import { RECORD_IN_USE } from './raw-record.ts';
import type { EditSession } from './session.ts';
import { clusterCount, readStretches, stretchesOf } from './stretches.ts';
import type { GrowOptions } from './types.ts';

/** Bytes of $Bitmap looked at at once. */
const PART = 65_536;
/** Pieces a file may get in one edit: a record of 1 KiB has room for fewer runs. */
const MAX_PIECES = 64;

/** Clusters to give to a file. */
export interface Piece {
  readonly lcn: number;
  readonly clusters: number;
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
    session.whenWritten(() => {
      for (const { lcn, clusters } of pieces) OWNED.get(this.#volume)?.addRange(lcn, clusters);
    });
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
 * Free clusters for a file that grows: right behind a run as far as they are free, then the first stretch that holds the rest, then the largest
 * stretches there are.
 * @param needed clusters. @returns pieces in the order of the file.
 * @throws {DiskError} EDIT_NO_SPACE when fewer are free, or they lie in too many pieces; EDIT_TORN when $Bitmap calls clusters of a file
 * free, or when a record that may own some cannot be read.
 */
export function freeClusters(
  volume: NtfsVolume,
  bitmap: ClusterBitmap,
  near: Run | undefined,
  needed: number,
  options: GrowOptions,
): Piece[] {
  const pieces = findFree(bitmap, near, needed, options);
  const owned = ownedClusters(volume);
  for (const { lcn, clusters } of pieces) {
    for (let i = lcn; i < lcn + clusters; i++)
      if (owned.has(i)) throw new DiskError('EDIT_TORN', '$Bitmap: cluster of a file', { have: i });
  }
  return pieces;
}

/** By volume: kept as long as the volume, since a hive with holes takes clusters many times. Clusters an edit took are added when it is written. */
const OWNED = new WeakMap<NtfsVolume, Bits>();

/**
 * Clusters that any file owns. A bit of $Bitmap alone, wrong after a crash, would let one file overwrite another. Reads all of $MFT the first time; memory:
 * a bit for each cluster.
 * @throws {DiskError} EDIT_TORN when a record in use cannot be asked.
 */
function ownedClusters(volume: NtfsVolume): Bits {
  const known = OWNED.get(volume);
  if (known) return known;
  const total = clusterCount(volume);
  const owned = new Bits(total);
  const table = new MftReader(volume);
  const marked = table.bitmap();
  if (!marked) throw new DiskError('EDIT_TORN', '$BITMAP of $MFT');
  for (let number = 0; number < table.count; number++) {
    const record = table.parsed(number);
    if (typeof record === 'string') {
      if (marked(number)) throw new DiskError('EDIT_TORN', `MFT record ${number}: ${record}`);
      continue;
    }
    if ((record.flags & RECORD_IN_USE) === 0) continue;
    for (const { stored, offset, length } of record.attributes) {
      if (!stored) continue;
      const { runs, whole } = decodeRuns(record.bytes.subarray(stored.pairsOffset, offset + length), stored.firstVcn);
      if (!whole) throw new DiskError('EDIT_TORN', `MFT record ${number}: run list`);
      for (const { lcn, clusters } of runs) {
        // Two owners of one cluster: which clusters belong to whom is unclear on such a volume, and nothing is given away.
        if (lcn !== undefined && (lcn + clusters > total || owned.addRange(lcn, clusters) >= 0)) {
          throw new DiskError('EDIT_TORN', `MFT record ${number}: clusters`, { have: lcn });
        }
      }
    }
  }
  OWNED.set(volume, owned);
  return owned;
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
