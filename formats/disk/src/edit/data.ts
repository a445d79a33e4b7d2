import { DiskError } from '../errors.ts';
import { ATTRIBUTE, type NtfsFile, type NtfsVolume, type Run } from '../ntfs/types.ts';
import { ClusterBitmap, freeClusters } from './free-clusters.ts';
import { EditSession } from './session.ts';
import type { EditPreview, GrowOptions } from './types.ts';
import { type WritableStream, writableStream, writeLayout } from './writable-stream.ts';

/**
 * Replaces bytes of a stream where they lie: in allocated clusters, or in the record for a small one. The length stays. Writing that begins within the
 * initialized length and ends behind it moves that length along.
 * @param file read from this volume. @param stream name of the stream, empty for the file's contents. @param offset first byte replaced.
 * @param options given: holes of a sparse file that are written to get clusters (as {@link growFile} takes them); absent: they are refused.
 * @throws {DiskError} before anything is written: EDIT_NOT_FOUND without such a stream, EDIT_RANGE behind the data or the initialized length, EDIT_SPARSE,
 * EDIT_COMPRESSED (also content that a filter driver makes), EDIT_ENCRYPTED, EDIT_SYSTEM_FILE, EDIT_TORN, EDIT_MISMATCH, EDIT_READ_ONLY, EDIT_VERSION; for
 * holes also EDIT_RECORD_FULL and EDIT_NO_SPACE.
 */
export function overwriteData(
  volume: NtfsVolume,
  file: NtfsFile,
  stream: string,
  offset: number,
  bytes: Uint8Array,
  options?: GrowOptions,
): EditPreview {
  const session = new EditSession(volume);
  const target = writableStream(session, file, stream);
  const { attribute, path, extents } = target;
  const { record } = file.reference;
  const end = offset + bytes.length;
  if (!(Number.isSafeInteger(offset) && offset >= 0 && end <= attribute.sizeBytes)) {
    throw new DiskError('EDIT_RANGE', path, { offset, need: end, have: attribute.sizeBytes });
  }
  const change = { kind: 'data', path, record, offset, length: bytes.length } as const;
  const [{ record: holder, raw }] = extents;
  if (bytes.length === 0) return session.commit([change]);
  if (raw.value) {
    session.record(holder).bytes.set(bytes, raw.value.offset + offset);
    return session.commit([change]);
  }
  const { sizeBytes: size, initializedBytes } = attribute;
  if (offset > initializedBytes)
    throw new DiskError('EDIT_RANGE', `${path}: initialized length`, { offset, need: offset, have: initializedBytes });
  const initialized = Math.max(initializedBytes, end);
  const holes = holesIn(target, volume.boot.clusterBytes, offset, end);
  if (holes.length === 0) {
    if (initialized > initializedBytes) writeLayout(session, target, attribute.runs, { size, initialized });
    session.stream(record, ATTRIBUTE.data, attribute.runs, offset, bytes);
  } else {
    if (!options) throw new DiskError('EDIT_SPARSE', path, { offset });
    const runs = fillHoles(session, target, holes, { size, initialized }, options);
    session.stream(record, ATTRIBUTE.data, runs, offset, bytes);
  }
  return session.commit([change]);
}

/** A part of a stream without clusters, in clusters. */
interface Hole {
  readonly from: number;
  readonly until: number;
}

/** Holes a range of bytes touches, in whole units. */
function holesIn({ attribute: { runs }, unit }: WritableStream, clusterBytes: number, offset: number, end: number): Hole[] {
  const from = Math.floor(offset / clusterBytes / unit) * unit;
  const until = Math.ceil(end / clusterBytes / unit) * unit;
  return runs
    .filter(({ lcn, vcn, clusters }) => lcn === undefined && vcn < until && vcn + clusters > from)
    .map(({ vcn, clusters }) => ({ from: Math.max(vcn, from), until: Math.min(vcn + clusters, until) }));
}

/** Gives clusters, full of zeros, to holes. @returns the runs of the stream as they then are. */
function fillHoles(
  session: EditSession,
  target: WritableStream,
  holes: readonly Hole[],
  sizes: { readonly size: number; readonly initialized: number },
  options: GrowOptions,
): Run[] {
  const { volume } = session;
  const { clusterBytes } = volume.boot;
  const { attribute, file } = target;
  const bitmap = new ClusterBitmap(volume);
  const needed = holes.reduce((sum, hole) => sum + hole.until - hole.from, 0);
  const near = attribute.runs.findLast(({ lcn, vcn }) => lcn !== undefined && vcn < (holes[0]?.from ?? 0));
  const pieces = freeClusters(volume, bitmap, near, needed, options);
  const free = pieces.flatMap(({ lcn, clusters }) => Array.from({ length: clusters }, (_, i) => lcn + i));
  let runs: readonly Run[] = attribute.runs;
  for (const hole of holes) runs = withClusters(runs, hole, free.splice(0, hole.until - hole.from));
  const joined = join(runs);
  writeLayout(session, target, joined, sizes, { bitmap, pieces });
  for (const { from, until } of holes) {
    session.stream(file.reference.record, ATTRIBUTE.data, joined, from * clusterBytes, [0, (until - from) * clusterBytes]);
  }
  return joined;
}

/** Runs with a hole, which lies inside one of them, replaced by single clusters. */
function withClusters(runs: readonly Run[], { from, until }: Hole, lcns: readonly number[]): Run[] {
  return runs.flatMap((run) => {
    const end = run.vcn + run.clusters;
    if (run.lcn !== undefined || end <= from || run.vcn >= until) return [run];
    return [
      ...(run.vcn < from ? [{ vcn: run.vcn, lcn: undefined, clusters: from - run.vcn }] : []),
      ...lcns.map((lcn, i) => ({ vcn: from + i, lcn, clusters: 1 })),
      ...(end > until ? [{ vcn: until, lcn: undefined, clusters: end - until }] : []),
    ];
  });
}

/** Runs that follow each other on the volume become one. */
function join(runs: readonly Run[]): Run[] {
  const joined: Run[] = [];
  for (const run of runs) {
    const last = joined.at(-1);
    if (last?.lcn !== undefined && last.lcn + last.clusters === run.lcn)
      joined[joined.length - 1] = { ...last, clusters: last.clusters + run.clusters };
    else joined.push(run);
  }
  return joined;
}
