import { compressLznt1 } from './lznt1.ts';
import { alignUp } from './numbers.ts';
import type { ClusterSpace, Piece } from './space.ts';
import type { SparseImage } from './sparse-image.ts';
import { RESIDENT_AT_MOST, type WriteContent, type WriteStream, type WrittenRun } from './types.ts';

/** Attribute flags. @source Linux-NTFS "Attribute header" */
export const ATTRIBUTE_FLAG = { compressed: 0x1, encrypted: 0x4000, sparse: 0x8000 } as const;

/** Windows leaves out and compresses units of 64 KiB, up to 16 clusters. @source Linux-NTFS "Compression", "Sparse files" */
const UNIT_BYTES = 65_536;

/** A stream in clusters, as the header of a non-resident attribute describes it. */
export interface Stored {
  readonly runs: readonly WrittenRun[];
  readonly sizeBytes: number;
  readonly allocatedBytes: number;
  readonly initializedBytes: number;
  /** Bytes that really have clusters; less than allocated for compressed and sparse streams. */
  readonly clusterBytesUsed: number;
  /** Base 2 logarithm of the clusters of a unit; 0 when neither compressed nor sparse. */
  readonly unit: number;
  readonly flags: number;
}

/** A stream in its record. */
export interface InRecord {
  readonly value: Uint8Array;
  readonly flags: number;
}

/** Whether a stream is in clusters. */
export const isStored = (body: InRecord | Stored): body is Stored => 'runs' in body;

/** A value in its record, without flags. */
export const resident = (value: Uint8Array): InRecord => ({ value, flags: 0 });

/** What streams are written to. */
export interface Medium {
  readonly image: SparseImage;
  readonly space: ClusterSpace;
  readonly clusterBytes: number;
}

interface Filled {
  readonly sizeBytes: number;
  readonly fill: (offset: number, into: Uint8Array) => void;
}

function filled(content: WriteContent): Filled {
  if (typeof content !== 'string' && !(content instanceof Uint8Array)) return content;
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return { sizeBytes: bytes.length, fill: (offset, into) => into.set(bytes.subarray(offset, offset + into.length)) };
}

/** The long form of a stream's description. */
export function streamOf(each: WriteStream | WriteContent): WriteStream {
  return typeof each !== 'string' && !(each instanceof Uint8Array) && 'data' in each ? each : { data: each };
}

/** Takes pieces for a number of clusters; without fragments one piece. */
function pieces(medium: Medium, clusters: number, stream: WriteStream): Piece[] {
  const sizes: number[] = [];
  let left = clusters;
  for (const wanted of stream.fragments ?? []) {
    if (left <= 0) break;
    sizes.push(Math.min(wanted, left));
    left -= wanted;
  }
  if (left > 0) sizes.push(left);
  const at = stream.atClusters;
  if (at) return sizes.map((size, i) => medium.space.takeAt(at[i]!, size));
  if (!stream.backwards) return sizes.map((size) => medium.space.take(size, sizes.length > 1));
  return sizes
    .toReversed()
    .map((size) => medium.space.take(size, true))
    .reverse();
}

/** Segment of a stream before it has a place: clusters with contents, or a hole. */
interface Segment {
  readonly clusters: number;
  readonly hole: boolean;
}

/** Gives each stored segment its clusters, in order, and joins what touches. */
function place(segments: readonly Segment[], from: readonly Piece[]): WrittenRun[] {
  const runs: WrittenRun[] = [];
  let vcn = 0;
  let piece = 0;
  let used = 0;
  const add = (lcn: number | undefined, clusters: number): void => {
    const last = runs.at(-1);
    const joins = last && (lcn === undefined ? last.lcn === undefined : last.lcn !== undefined && last.lcn + last.clusters === lcn);
    if (joins) runs[runs.length - 1] = { ...last, clusters: last.clusters + clusters };
    else runs.push({ vcn, lcn, clusters });
    vcn += clusters;
  };
  for (const segment of segments) {
    if (segment.hole) {
      add(undefined, segment.clusters);
      continue;
    }
    for (let left = segment.clusters; left > 0; ) {
      const here = from[piece]!;
      const count = Math.min(left, here.clusters - used);
      add(here.lcn + used, count);
      left -= count;
      used += count;
      if (used === here.clusters) [piece, used] = [piece + 1, 0];
    }
  }
  return runs;
}

/** Writes bytes into the clusters of runs, from a byte of the stream on. */
export function writeRuns(medium: Medium, runs: readonly WrittenRun[], offset: number, bytes: Uint8Array): void {
  const size = medium.clusterBytes;
  for (const run of runs) {
    if (run.lcn === undefined) continue;
    const from = Math.max(offset, run.vcn * size);
    const to = Math.min(offset + bytes.length, (run.vcn + run.clusters) * size);
    if (from < to) medium.image.write(run.lcn * size + from - run.vcn * size, bytes.subarray(from - offset, to - offset));
  }
}

/** Clusters for bytes that are written later, or now. */
export function storeBytes(medium: Medium, bytes: Uint8Array, stream: Omit<WriteStream, 'data'> = {}): Stored {
  return storeStream(medium, { ...stream, data: bytes, resident: false }) as Stored;
}

function storePlain(medium: Medium, data: Filled, stream: WriteStream): Stored {
  const size = medium.clusterBytes;
  const unitBytes = Math.max(UNIT_BYTES, size);
  const holes = stream.holes ?? [];
  const clusters = alignUp(data.sizeBytes, holes.length > 0 ? unitBytes : size) / size;
  const segments: Segment[] = [];
  let vcn = 0;
  for (const hole of [...holes].sort((a, b) => a.offset - b.offset)) {
    const first = Math.max(vcn, alignUp(hole.offset, unitBytes) / size);
    const end = Math.min(clusters, (Math.floor((hole.offset + hole.sizeBytes) / unitBytes) * unitBytes) / size);
    if (end <= first) continue;
    if (first > vcn) segments.push({ clusters: first - vcn, hole: false });
    segments.push({ clusters: end - first, hole: true });
    vcn = end;
  }
  if (clusters > vcn) segments.push({ clusters: clusters - vcn, hole: false });
  if (stream.spareClusters) segments.push({ clusters: stream.spareClusters, hole: false });
  const used = segments.reduce((sum, each) => sum + (each.hole ? 0 : each.clusters), 0);
  const runs = place(segments, used === 0 ? [] : pieces(medium, used, stream));
  const step = 1 << 20;
  for (const run of runs) {
    if (run.lcn === undefined) continue;
    const end = Math.min(data.sizeBytes, (run.vcn + run.clusters) * size);
    for (let at = run.vcn * size; at < end; at += step) {
      const bytes = new Uint8Array(Math.min(step, end - at));
      data.fill(at, bytes);
      medium.image.write(run.lcn * size + at - run.vcn * size, bytes);
    }
  }
  const sparse = holes.length > 0;
  const total = segments.reduce((sum, each) => sum + each.clusters, 0);
  return {
    runs,
    sizeBytes: data.sizeBytes,
    allocatedBytes: total * size,
    initializedBytes: stream.initializedBytes ?? data.sizeBytes,
    clusterBytesUsed: used * size,
    unit: sparse ? Math.log2(unitBytes / size) : 0,
    flags: (sparse ? ATTRIBUTE_FLAG.sparse : 0) | (stream.encrypted ? ATTRIBUTE_FLAG.encrypted : 0),
  };
}

function storeCompressed(medium: Medium, data: Filled, stream: WriteStream): Stored {
  const size = medium.clusterBytes;
  if (size > 4096) throw new RangeError('compression needs clusters of at most 4096 bytes');
  const unitClusters = 16;
  const unitBytes = unitClusters * size;
  const units: { readonly bytes: Uint8Array; readonly clusters: number; readonly unit: number }[] = [];
  const segments: Segment[] = [];
  for (let at = 0, unit = 0; at < data.sizeBytes; at += unitBytes, unit++) {
    const raw = new Uint8Array(unitBytes);
    data.fill(at, raw.subarray(0, Math.min(unitBytes, data.sizeBytes - at)));
    if (raw.every((byte) => byte === 0)) {
      segments.push({ clusters: unitClusters, hole: true });
      continue;
    }
    const packed = compressLznt1(raw);
    const clusters = Math.ceil(packed.length / size);
    if (clusters < unitClusters) {
      segments.push({ clusters, hole: false }, { clusters: unitClusters - clusters, hole: true });
      units.push({ bytes: packed, clusters, unit });
    } else {
      segments.push({ clusters: unitClusters, hole: false });
      units.push({ bytes: raw, clusters: unitClusters, unit });
    }
  }
  const used = units.reduce((sum, each) => sum + each.clusters, 0);
  const runs = place(segments, used === 0 ? [] : pieces(medium, used, stream));
  for (const { bytes, unit } of units) writeRuns(medium, runs, unit * unitBytes, bytes);
  return {
    runs,
    sizeBytes: data.sizeBytes,
    allocatedBytes: alignUp(data.sizeBytes, unitBytes),
    initializedBytes: stream.initializedBytes ?? data.sizeBytes,
    clusterBytesUsed: used * size,
    unit: Math.log2(unitClusters),
    flags: ATTRIBUTE_FLAG.compressed,
  };
}

/** Puts a stream where its description says. @throws {RangeError} volume too small, or a description that cannot be met. */
export function storeStream(medium: Medium, stream: WriteStream): Stored | InRecord {
  const data = filled(stream.data);
  const inClusters =
    stream.compressed ||
    stream.holes ||
    stream.encrypted ||
    stream.fragments ||
    stream.atClusters ||
    stream.spareClusters ||
    stream.initializedBytes !== undefined;
  if (stream.resident ?? (!inClusters && data.sizeBytes <= RESIDENT_AT_MOST)) {
    const value = new Uint8Array(data.sizeBytes);
    data.fill(0, value);
    return { value, flags: stream.compressed ? ATTRIBUTE_FLAG.compressed : 0 };
  }
  return stream.compressed ? storeCompressed(medium, data, stream) : storePlain(medium, data, stream);
}
