import { viewOf } from '@winmedic/bytes';
import { DiskError } from '../errors.ts';
import { ATTRIBUTE, type NtfsFile, type NtfsVolume, type Run } from '../ntfs/types.ts';
import { INITIALIZED_AT, writableStream } from './data.ts';
import { encodeRuns } from './encode-runs.ts';
import { sameReference } from './file-names.ts';
import { ClusterBitmap, freeClusters, type Piece } from './free-clusters.ts';
import { FILE_NAME_FIELD } from './index-node.ts';
import { IndexTree } from './index-tree.ts';
import type { RawAttribute } from './raw-record.ts';
import { onlyEntry } from './rename.ts';
import { type BlockImage, EditSession } from './session.ts';
import type { EditPreview, GrowOptions } from './types.ts';

/**
 * Bytes a file may grow by in one edit; they are written as zeros first. A hive grows by what its logs hold, and those of Windows are at most some 64 MiB.
 */
const MAX_GROWTH = 256 << 20;
/** Fields of the header of a non-resident attribute. @source Linux-NTFS documentation, "Attribute header" */
const LAST_VCN_AT = 0x18;
const ALLOCATED_AT = 0x28;
const SIZE_AT = 0x30;

/**
 * Makes a file longer: within its allocation, else with free clusters, best right behind its last ones. The new part reads as zeros, and what lay on the disk
 * there is overwritten. Sizes in the record and in the entries of the folders are set, the clusters marked in $Bitmap. $Bitmap is believed but for clusters
 * of the file system's own files: whether another file owns a cluster it calls free only {@link checkVolume} (`deep: false`) can tell.
 * @param file read from this volume; its unnamed stream must lie in clusters. @param newSize length in bytes, not less than now.
 * @throws {DiskError} before anything is written: EDIT_RECORD_FULL when the run list does not fit into the record, EDIT_NO_SPACE, EDIT_TOO_LARGE, EDIT_RANGE
 * for a file that would become shorter, EDIT_RESIDENT for contents inside the record, and those of {@link overwriteData}.
 */
export function growFile(volume: NtfsVolume, file: NtfsFile, newSize: number, options: GrowOptions = {}): EditPreview {
  const session = new EditSession(volume);
  const { clusterBytes } = volume.boot;
  const target = writableStream(session, file, '');
  const { attribute, first, last, path } = target;
  const { record } = file.reference;
  const holder = session.record(attribute.places[0]?.record ?? record);
  if (!first.stored || !last.stored) throw session.torn(path, holder, 'EDIT_RESIDENT');
  const { allocated, size, initialized } = first.stored;
  if (!Number.isSafeInteger(newSize) || newSize < size) throw new DiskError('EDIT_RANGE', path, { need: size, have: newSize });
  if (newSize - initialized > MAX_GROWTH) throw new DiskError('EDIT_TOO_LARGE', path, { need: newSize - initialized, have: MAX_GROWTH });
  if (newSize === size) return session.commit([]);
  const clusters = attribute.runs.reduce((sum, run) => sum + run.clusters, 0);
  if (clusters * clusterBytes !== allocated || last.stored.lastVcn !== clusters - 1) throw session.torn(`${path}: run list`, holder);

  const needed = Math.max(0, Math.ceil(newSize / clusterBytes) - clusters);
  let runs: readonly Run[] = attribute.runs;
  if (needed > 0) {
    const bitmap = new ClusterBitmap(volume);
    const pieces = freeClusters(volume, bitmap, attribute.runs, needed, options);
    runs = withPieces(attribute.runs, pieces);
    const place = attribute.places.at(-1);
    const tail = session.record(place?.record ?? record);
    writeRuns(session, tail, last, extentRuns(runs, last.stored.firstVcn));
    viewOf(tail.bytes).setBigInt64(last.offset + LAST_VCN_AT, BigInt(clusters + needed - 1), true);
    bitmap.take(session, pieces);
  }
  const allocatedNow = (clusters + needed) * clusterBytes;
  const view = viewOf(holder.bytes);
  view.setBigUint64(first.offset + ALLOCATED_AT, BigInt(allocatedNow), true);
  view.setBigUint64(first.offset + SIZE_AT, BigInt(newSize), true);
  view.setBigUint64(first.offset + INITIALIZED_AT, BigInt(newSize), true);
  session.stream(record, ATTRIBUTE.data, runs, initialized, [0, newSize - initialized]);
  sizesInFolders(session, target.file, path, allocatedNow, newSize);
  return session.commit([{ kind: 'grow', path, record, from: size, to: newSize, clusters: needed }]);
}

/** The runs with new clusters behind them; clusters right behind the last run make it longer. */
function withPieces(runs: readonly Run[], pieces: readonly Piece[]): Run[] {
  const all = [...runs];
  for (const { lcn, clusters } of pieces) {
    const last = all.at(-1);
    if (last?.lcn !== undefined && last.lcn + last.clusters === lcn) all[all.length - 1] = { ...last, clusters: last.clusters + clusters };
    else all.push({ vcn: last ? last.vcn + last.clusters : 0, lcn, clusters });
  }
  return all;
}

/** Runs of the extent that begins at a VCN; the reader may have joined two extents into one run. */
function extentRuns(runs: readonly Run[], firstVcn: number): Run[] {
  return runs
    .filter(({ vcn, clusters }) => vcn + clusters > firstVcn)
    .map((run) => {
      const cut = Math.max(0, firstVcn - run.vcn);
      return { vcn: run.vcn + cut, lcn: run.lcn === undefined ? undefined : run.lcn + cut, clusters: run.clusters - cut };
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
function sizesInFolders(session: EditSession, file: NtfsFile, path: string, allocated: number, size: number): void {
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
