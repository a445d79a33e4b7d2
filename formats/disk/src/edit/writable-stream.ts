import { viewOf } from '@winmedic/bytes';
import { DiskError } from '../errors.ts';
import { streamObstacle } from '../ntfs/obstacle.ts';
import { ATTRIBUTE, type Attribute, type NtfsFile, type Run } from '../ntfs/types.ts';
import { encodeRuns } from './encode-runs.ts';
import { currentFile, sameReference } from './file-names.ts';
import type { ClusterBitmap, Piece } from './free-clusters.ts';
import { FILE_NAME_FIELD } from './index-node.ts';
import { IndexTree } from './index-tree.ts';
import { FIRST_USER_RECORD, type RawAttribute } from './raw-record.ts';
import { ENCRYPTED, onlyEntry } from './rename.ts';
import type { BlockImage, EditSession } from './session.ts';

const SPARSE = 0x8000;
/** Low byte of attribute flags: a compression method. */
const COMPRESSION = 0xff;
/** Fields of the header of a non-resident attribute. @source Linux-NTFS documentation, "Attribute header" */
const FIELD = { lastVcn: 0x18, allocated: 0x28, size: 0x30, initialized: 0x38, total: 0x40 } as const;

/** Windows writes 4 (16 clusters), or 0 for files without units. */
const MAX_UNIT_SHIFT = 4;

/** The part of an attribute in one record. */
interface Extent {
  readonly record: number;
  readonly raw: RawAttribute;
}

/** Sizes of a stream in clusters, in bytes. */
export interface StreamSizes {
  readonly size: number;
  readonly initialized: number;
}

/** A data stream an edit may write to, what the reader says of it checked against the records. */
export interface WritableStream {
  readonly file: NtfsFile;
  readonly path: string;
  readonly attribute: Attribute;
  /** In order of VCN; the first has the sizes. Nearly all files have one. */
  readonly extents: readonly [Extent, ...Extent[]];
  /** Clusters that are allocated together: NTFS keeps sparse files in units of several clusters, the allocation ends with a unit, and a unit is a hole as a whole. */
  readonly unit: number;
}

/**
 * A stream of a file, read anew, that may be written to.
 * @throws {DiskError} EDIT_NOT_FOUND, EDIT_ENCRYPTED, EDIT_COMPRESSED, EDIT_SPARSE (holes in a file that is not marked as sparse), EDIT_SYSTEM_FILE,
 * EDIT_TORN, EDIT_MISMATCH.
 */
export function writableStream(session: EditSession, { reference }: NtfsFile, stream: string): WritableStream {
  const { volume } = session;
  if (reference.record < FIRST_USER_RECORD) throw new DiskError('EDIT_SYSTEM_FILE', `MFT record ${reference.record}`);
  const file = currentFile(session, reference);
  const path = volume.pathOf(file) ?? file.name;
  const attribute = file.attributes.find(({ type, name }) => type === ATTRIBUTE.data && name === stream);
  if (!attribute) throw new DiskError('EDIT_NOT_FOUND', stream === '' ? path : `${path}:${stream}`);
  if ((attribute.flags & ENCRYPTED) !== 0) throw new DiskError('EDIT_ENCRYPTED', path);
  if ((attribute.flags & COMPRESSION) !== 0 || streamObstacle(file, stream) !== undefined) throw new DiskError('EDIT_COMPRESSED', path);
  if (!isSparse(attribute) && attribute.runs.some(({ lcn }) => lcn === undefined)) throw new DiskError('EDIT_SPARSE', path);
  const [first, ...more] = attribute.places.map((_, index) => extent(session, file, attribute, index));
  if (!first) throw new DiskError('EDIT_TORN', path);
  const extents = [first, ...more] as const;
  const { stored } = first.raw;
  if (stored) {
    if (stored.compressionUnit > MAX_UNIT_SHIFT) throw session.torn(`${path}: compression unit`, session.record(first.record));
    const { clusterBytes } = volume.boot;
    const clusters = attribute.runs.reduce((sum, run) => sum + run.clusters, 0);
    const last = extents.at(-1)?.raw.stored?.lastVcn;
    const total = allocatedClusters(attribute.runs) * clusterBytes;
    if (clusters * clusterBytes !== stored.allocated || last !== clusters - 1 || (isSparse(attribute) && stored.total !== total)) {
      throw session.torn(`${path}: run list`, session.record(first.record));
    }
  }
  return { file, path, attribute, extents, unit: 2 ** (stored?.compressionUnit ?? 0) };
}

/** The header of an extent in its record, which must say what the reader said. */
function extent(session: EditSession, file: NtfsFile, attribute: Attribute, index: number): Extent {
  const what = `stream of MFT record ${file.reference.record}`;
  const place = attribute.places[index];
  if (!place) throw new DiskError('EDIT_TORN', what);
  const record = session.parsed(place.record);
  const raw = record.attributes.find(({ offset }) => offset === place.offset);
  const owner =
    place.record === file.reference.record ? record.sequence === file.reference.sequence : sameReference(record.base, file.reference);
  const size = raw?.value?.length ?? raw?.stored?.size;
  const sameSize = index > 0 || size === attribute.sizeBytes;
  const same = raw?.type === ATTRIBUTE.data && raw.name === attribute.name && (raw.stored === undefined) === attribute.resident;
  if (!owner || !same || !sameSize || (raw.stored && raw.stored.firstVcn !== place.firstVcn)) {
    throw session.torn(what, session.record(place.record), 'EDIT_MISMATCH');
  }
  return { record: place.record, raw };
}

/** Marked as sparse: then the header also counts the clusters that are there. */
export function isSparse({ flags }: Pick<Attribute, 'flags'>): boolean {
  return (flags & SPARSE) !== 0;
}

/** Clusters of runs, holes not counted. */
function allocatedClusters(runs: readonly Run[]): number {
  return runs.reduce((sum, run) => sum + (run.lcn === undefined ? 0 : run.clusters), 0);
}

/**
 * Writes sizes and runs of a stream to its records, and, when clusters were added, marks them and sets the sizes in the entries of its folders.
 * @param runs the whole stream's. @param taken clusters that are new in them. @throws {DiskError} EDIT_RECORD_FULL, EDIT_MISMATCH, EDIT_TORN.
 */
export function writeLayout(
  session: EditSession,
  target: WritableStream,
  runs: readonly Run[],
  { size, initialized }: StreamSizes,
  taken?: { readonly bitmap: ClusterBitmap; readonly pieces: readonly Piece[] },
): void {
  const { attribute, extents } = target;
  const { clusterBytes } = session.volume.boot;
  const clusters = runs.reduce((sum, run) => sum + run.clusters, 0);
  const [{ record, raw }] = extents;
  if (taken) {
    extents.forEach((each, i) => {
      const from = each.raw.stored?.firstVcn ?? 0;
      const until = extents[i + 1]?.raw.stored?.firstVcn ?? clusters;
      const image = session.record(each.record);
      writeRuns(session, image, each.raw, partOf(runs, from, until));
      viewOf(image.bytes).setBigInt64(each.raw.offset + FIELD.lastVcn, BigInt(until - 1), true);
    });
    taken.bitmap.take(session, taken.pieces);
  }
  const view = viewOf(session.record(record).bytes);
  const total = isSparse(attribute) ? allocatedClusters(runs) * clusterBytes : undefined;
  view.setBigUint64(raw.offset + FIELD.allocated, BigInt(clusters * clusterBytes), true);
  view.setBigUint64(raw.offset + FIELD.size, BigInt(size), true);
  view.setBigUint64(raw.offset + FIELD.initialized, BigInt(initialized), true);
  if (total !== undefined) view.setBigUint64(raw.offset + FIELD.total, BigInt(total), true);
  if (attribute.name === '' && (taken || size !== attribute.sizeBytes))
    sizesInFolders(session, target, total ?? clusters * clusterBytes, size);
}

/** Runs between two VCNs; the reader may have joined two extents into one run. */
function partOf(runs: readonly Run[], from: number, until: number): Run[] {
  return runs
    .filter(({ vcn, clusters }) => vcn + clusters > from && vcn < until)
    .map((run) => {
      const cut = Math.max(0, from - run.vcn);
      const clusters = Math.min(run.vcn + run.clusters, until) - run.vcn - cut;
      return { vcn: run.vcn + cut, lcn: run.lcn === undefined ? undefined : run.lcn + cut, clusters };
    });
}

/**
 * Puts a run list into an attribute, which becomes longer when it must: what follows in the record moves.
 * @throws {DiskError} EDIT_RECORD_FULL
 */
function writeRuns(session: EditSession, image: BlockImage, { offset, length, stored }: RawAttribute, runs: readonly Run[]): void {
  const pairs = encodeRuns(runs);
  const at = stored?.pairsOffset ?? offset;
  const newLength = Math.max(length, Math.ceil((at - offset + pairs.length) / 8) * 8);
  const { bytes } = image;
  const view = viewOf(bytes);
  const bytesInUse = view.getUint32(0x18, true);
  const grown = newLength - length;
  if (bytesInUse + grown > bytes.length) throw session.torn(image.what, image, 'EDIT_RECORD_FULL');
  bytes.copyWithin(offset + newLength, offset + length, bytesInUse);
  bytes.fill(0, at, offset + newLength);
  bytes.set(pairs, at);
  view.setUint32(offset + 4, newLength, true);
  view.setUint32(0x18, bytesInUse + grown, true);
}

/** Sizes in the index entries of every name of the file; a dir listing of Windows shows these. The copies in the record are set at a rename only: left. */
function sizesInFolders(session: EditSession, { file, path }: WritableStream, allocated: number, size: number): void {
  for (const { parent, name } of file.names) {
    const directory = session.volume.file(parent.record);
    if (!directory?.isDirectory || directory.reference.sequence !== parent.sequence)
      throw new DiskError('EDIT_MISMATCH', `${path}: its folder`);
    const entry = onlyEntry(new IndexTree(session, directory), name, path);
    if (!sameReference(entry.reference, file.reference)) throw session.torn(`${path}: index entry`, entry.image, 'EDIT_MISMATCH');
    const view = viewOf(entry.image.bytes);
    view.setBigUint64(entry.key.offset + FILE_NAME_FIELD.allocated, BigInt(allocated), true);
    view.setBigUint64(entry.key.offset + FILE_NAME_FIELD.size, BigInt(size), true);
  }
}
