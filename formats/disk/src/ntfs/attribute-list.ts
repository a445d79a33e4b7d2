import { type ByteSource, viewOf } from '@winmedic/bytes';
import type { Tell } from './damages.ts';
import { MAX_ATTRIBUTE_LIST_BYTES, MAX_RUNS } from './limits.ts';
import { count64, reference, unitsText } from './numbers.ts';
import type { RawAttribute, RawExtent } from './record.ts';
import { decodeRuns } from './runs.ts';
import { readStretches, stretches } from './stretches.ts';
import type { FileReference, NtfsBoot, Run } from './types.ts';

/** An entry of $ATTRIBUTE_LIST: which record holds an attribute, or an extent of one. */
export interface ListEntry {
  readonly type: number;
  readonly name: string;
  readonly firstVcn: number;
  readonly reference: FileReference;
  readonly id: number;
}

/** Bytes of an entry up to its name. */
const ENTRY_BYTES = 26;

/** The value of an attribute list, from its record or from its clusters (all its runs stand in the base record); undefined when unreadable (told). */
export function listValue(source: ByteSource, boot: NtfsBoot, list: RawAttribute, at: number, tell: Tell): Uint8Array | undefined {
  if (list.value !== undefined) return list.value;
  const extent = list.extent!;
  const runs: Run[] = [];
  addExtent(runs, extent, boot, at + list.offset, tell);
  if (extent.sizeBytes > MAX_ATTRIBUTE_LIST_BYTES) {
    tell('NTFS_LIMIT', at + list.offset, 'attribute list', MAX_ATTRIBUTE_LIST_BYTES, extent.sizeBytes);
  }
  const size = Math.min(extent.sizeBytes, extent.initializedBytes, MAX_ATTRIBUTE_LIST_BYTES);
  const value = new Uint8Array(size);
  const { parts, whole } = stretches(runs, boot.clusterBytes, 0, size);
  const got = readStretches(source, parts, value);
  if (!whole || got < size) tell('NTFS_ATTRIBUTE_LIST', at + list.offset, 'attribute list', size, got);
  return value.subarray(0, got);
}

/**
 * Entries of an attribute list in stored order (by type, name and VCN), up to one that is broken (told).
 * @param at where the list's attribute stands on the volume, for damages.
 * @source Linux-NTFS documentation, "$ATTRIBUTE_LIST"
 */
export function parseList(value: Uint8Array, at: number, tell: Tell): ListEntry[] {
  const view = viewOf(value);
  const entries: ListEntry[] = [];
  for (let offset = 0; offset < value.length; ) {
    const length = offset + ENTRY_BYTES > value.length ? 0 : view.getUint16(offset + 4, true);
    const nameUnits = length === 0 ? 0 : view.getUint8(offset + 6);
    const nameAt = length === 0 ? 0 : view.getUint8(offset + 7);
    const firstVcn = length === 0 ? -1 : count64(view, offset + 8);
    const fits = length >= ENTRY_BYTES && offset + length <= value.length && (nameUnits === 0 || nameAt + nameUnits * 2 <= length);
    if (!fits || firstVcn < 0) {
      tell('NTFS_ATTRIBUTE_LIST', at, 'entry of the attribute list', 'an entry', `length ${length}`);
      break;
    }
    entries.push({
      type: view.getUint32(offset, true),
      name: unitsText(view, offset + nameAt, nameUnits),
      firstVcn,
      reference: reference(view, offset + 16),
      id: view.getUint16(offset + 24, true),
    });
    offset += length;
  }
  return entries;
}

/**
 * Adds the runs of an extent behind those already known. @param at where the attribute stands on the volume. @returns false when the runs are broken, leave
 * the volume, or do not reach the extent's last VCN (told); those before the fault are added.
 */
export function addExtent(runs: Run[], extent: RawExtent, boot: NtfsBoot, at: number, tell: Tell): boolean {
  const decoded = decodeRuns(extent.runs, extent.firstVcn, Math.max(0, MAX_RUNS - runs.length));
  // The boot sector's own copy may lie in the cluster behind the last whole one.
  const clusters = Math.ceil((boot.totalSectors * boot.sectorBytes) / boot.clusterBytes);
  for (const run of decoded.runs) {
    if (run.lcn !== undefined && run.lcn + run.clusters > clusters) {
      tell('NTFS_RUNS', at, 'run list', `cluster below ${clusters}`, run.lcn + run.clusters);
      return false;
    }
    runs.push(run);
  }
  if (decoded.whole && decoded.nextVcn === extent.endVcn) return true;
  tell('NTFS_RUNS', at, 'run list', `VCN ${extent.endVcn}`, `VCN ${decoded.nextVcn}`);
  return false;
}
