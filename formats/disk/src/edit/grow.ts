import { DiskError } from '../errors.ts';
import { ATTRIBUTE, type NtfsFile, type NtfsVolume, type Run } from '../ntfs/types.ts';
import { ClusterBitmap, freeClusters, type Piece } from './free-clusters.ts';
import { EditSession } from './session.ts';
import type { EditPreview, GrowOptions } from './types.ts';
import { writableStream, writeLayout } from './writable-stream.ts';

/**
 * Bytes a file may grow by in one edit; they are written as zeros first. A hive grows by what its logs hold, and those of Windows are at most some 64 MiB.
 */
const MAX_GROWTH = 256 << 20;

/**
 * Makes a file longer: within its allocation, else with free clusters, best right behind its last ones. The new part reads as zeros, and what lay on the disk
 * there is overwritten. Sizes in the record and in the entries of the folders are set, the clusters marked in $Bitmap. When clusters are
 * taken, all of $MFT is read to see that nobody owns them, whatever $Bitmap says.
 * @param file read from this volume; its unnamed stream must lie in clusters. @param newSize length in bytes, not less than now.
 * @throws {DiskError} before anything is written: EDIT_RECORD_FULL when the run list does not fit into the record, EDIT_NO_SPACE, EDIT_TOO_LARGE, EDIT_RANGE
 * for a file that would become shorter, EDIT_RESIDENT for contents inside the record, and those of {@link overwriteData}.
 */
export function growFile(volume: NtfsVolume, file: NtfsFile, newSize: number, options: GrowOptions = {}): EditPreview {
  const session = new EditSession(volume);
  const { clusterBytes } = volume.boot;
  const target = writableStream(session, file, '');
  const { attribute, extents, path, unit } = target;
  const { record } = file.reference;
  const { sizeBytes: size, initializedBytes: initialized, allocatedBytes } = attribute;
  if (extents[0].raw.value) throw new DiskError('EDIT_RESIDENT', path);
  if (!Number.isSafeInteger(newSize) || newSize < size) throw new DiskError('EDIT_RANGE', path, { need: size, have: newSize });
  if (newSize - initialized > MAX_GROWTH) throw new DiskError('EDIT_TOO_LARGE', path, { need: newSize - initialized, have: MAX_GROWTH });
  if (newSize === size) return session.commit([]);
  const needed = Math.max(0, Math.ceil(newSize / clusterBytes / unit) * unit - allocatedBytes / clusterBytes);
  const sizes = { size: newSize, initialized: newSize };
  let { runs } = attribute;
  if (needed > 0) {
    const bitmap = new ClusterBitmap(volume);
    const pieces = freeClusters(volume, bitmap, runs.at(-1), needed, options);
    runs = withPieces(runs, pieces);
    writeLayout(session, target, runs, sizes, { bitmap, pieces });
  } else writeLayout(session, target, runs, sizes);
  for (const { vcn, lcn, clusters } of runs) {
    // A hole reads as zeros as it is.
    const from = Math.max(initialized, vcn * clusterBytes);
    const until = Math.min(newSize, (vcn + clusters) * clusterBytes);
    if (lcn !== undefined && from < until) session.stream(record, ATTRIBUTE.data, runs, from, [0, until - from]);
  }
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
