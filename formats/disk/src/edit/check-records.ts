import { viewOf } from '@winmedic/bytes';
import { applyFixups } from '../ntfs/fixups.ts';
import { decodeRuns } from '../ntfs/runs.ts';
import { ATTRIBUTE, NAME_SPACE, RECORD } from '../ntfs/types.ts';
import { attributeList, type ListedAttribute } from './attribute-list.ts';
import { type CheckState, RECORD_STATE } from './check-state.ts';
import { sameReference } from './file-names.ts';
import { type NameValue, nameValue } from './index-node.ts';
import { attributeBytes, streamOf } from './mft-reader.ts';
import { FIRST_USER_RECORD, isBase, type RawAttribute, type RawRecord, RECORD_DIRECTORY, RECORD_IN_USE } from './raw-record.ts';

/** Records from here to {@link FIRST_USER_RECORD} are kept for later versions: Windows marks some as in use that hold no file. */
const FIRST_RESERVED = 12;
/** Bytes of a bitmap compared at once. */
const PART = 65_536;

/** Boot sector copies, $MFTMirr, every record with its attributes, and the clusters against $Bitmap. @returns false when it was stopped. */
export function checkRecords(state: CheckState): boolean {
  const { volume, findings } = state;
  if (volume.boot.copies !== 'equal') findings.warning('CHECK_BOOT_COPY', 'copy of the boot sector', { have: volume.boot.copies });
  checkMirror(state);
  const bitmap = state.table.bitmap();
  if (!bitmap) findings.error('CHECK_RECORD_BITMAP', '$BITMAP of $MFT', { record: RECORD.mft });
  for (let record = 0; record < state.recordCount; record++) {
    if (!state.step()) return false;
    checkRecord(state, record, bitmap?.(record));
  }
  checkClusters(state);
  return true;
}

/** The first four records and their copies in $MFTMirr, up to the bytes in use and without what the fixups change. */
function checkMirror({ volume, findings }: CheckState): void {
  const { recordBytes } = volume.boot;
  const mirror = volume.file(RECORD.mftMirror);
  const data = mirror && streamOf(mirror, ATTRIBUTE.data);
  for (let record = 0; record < 4; record++) {
    const copy = data && attributeBytes(volume, data, record * recordBytes, recordBytes);
    const own = volume.readRecord(record);
    if (!copy || !own || applyFixups(copy) !== 'ok') {
      findings.error('CHECK_MIRROR', `copy of MFT record ${record}`, { record });
      continue;
    }
    const inUse = Math.min(viewOf(own).getUint32(0x18, true), recordBytes);
    const fixups = viewOf(own).getUint16(4, true);
    if (own.subarray(0, inUse).some((byte, i) => byte !== copy[i] && i !== fixups && i !== fixups + 1)) {
      findings.error('CHECK_MIRROR', `copy of MFT record ${record}`, { record });
    }
  }
}

function checkRecord(state: CheckState, number: number, marked: boolean | undefined): void {
  const { findings } = state;
  const what = `MFT record ${number}`;
  const record = state.table.parsed(number);
  if (typeof record === 'string') {
    // A free record may hold anything; without the bitmap its header cannot be asked.
    if (marked) {
      state.recordState[number] = RECORD_STATE.damaged;
      findings.error('CHECK_RECORD', `${what}: ${record}`, { record: number });
    }
    return;
  }
  const inUse = (record.flags & RECORD_IN_USE) !== 0;
  state.sequences[number] = record.sequence;
  const reserved = number >= FIRST_RESERVED && number < FIRST_USER_RECORD;
  if (marked !== undefined && marked !== inUse && !reserved) {
    const where = { record: number, need: inUse ? 'set' : 'clear', have: marked ? 'set' : 'clear' };
    if (inUse) findings.error('CHECK_RECORD_BITMAP', what, where);
    else findings.warning('CHECK_RECORD_BITMAP', what, where);
  }
  if (!inUse) return;
  state.records++;
  if (record.number !== undefined && record.number !== number) {
    findings.error('CHECK_RECORD', `${what}: its own number`, { record: number, need: number, have: record.number });
  }
  for (const attribute of record.attributes) checkRuns(state, number, record, attribute);
  if (!isBase(record)) {
    state.recordState[number] = RECORD_STATE.extension;
    checkExtension(state, number, record);
    return;
  }
  const directory = (record.flags & RECORD_DIRECTORY) !== 0;
  state.recordState[number] = directory ? RECORD_STATE.directory : RECORD_STATE.file;
  checkBase(state, number, record);
}

/** Runs of one extent: whole, inside the volume, of nobody else. */
function checkRuns(state: CheckState, number: number, record: RawRecord, attribute: RawAttribute): void {
  const { stored } = attribute;
  if (!stored) return;
  const what = `attribute 0x${attribute.type.toString(16)} of MFT record ${number}`;
  const { runs, nextVcn, whole } = decodeRuns(
    record.bytes.subarray(stored.pairsOffset, attribute.offset + attribute.length),
    stored.firstVcn,
  );
  if (!whole || nextVcn !== stored.lastVcn + 1) {
    state.findings.error('CHECK_RUNS', what, { record: number, need: stored.lastVcn + 1, have: nextVcn });
  }
  for (const { lcn, clusters } of runs) {
    if (lcn === undefined) continue;
    if (lcn + clusters > state.clusters) {
      state.findings.error('CHECK_RUNS', `${what}: outside the volume`, { record: number, need: lcn + clusters, have: state.clusters });
      return;
    }
    const shared = state.owned.addRange(lcn, clusters);
    state.clustersUsed += shared < 0 ? clusters : shared - lcn;
    if (shared >= 0) {
      // The rest of this extent is not looked at: so each cluster is marked once, however many attributes claim it.
      state.findings.error('CHECK_CLUSTER_SHARED', what, { record: number, have: shared });
      return;
    }
  }
}

/** An extension record is listed by its base record. */
function checkExtension(state: CheckState, number: number, record: RawRecord): void {
  const { base } = record;
  const key = `${base.record} ${base.sequence}`;
  let listed = state.holders.get(key);
  if (!listed) {
    const owner = state.referred(base);
    const list = typeof owner === 'string' || (owner.flags & RECORD_IN_USE) === 0 ? undefined : attributeList(state.volume, owner);
    listed = new Set(Array.isArray(list) ? list.map(({ holder }) => `${holder.record} ${holder.sequence}`) : []);
    state.holders.set(key, listed);
  }
  if (!listed.has(`${number} ${record.sequence}`)) {
    state.findings.error('CHECK_ATTRIBUTE_LIST', `extension record ${number} of MFT record ${base.record}`, { record: number });
  }
}

/** A $FILE_NAME or other attribute with the record that holds it. */
export interface HeldAttribute {
  readonly holder: RawRecord;
  readonly raw: RawAttribute;
}

/**
 * All attributes of a file over its records, in the order of its list.
 * @param onMissing called for an entry of the list without its attribute, or `undefined` for a list that cannot be read.
 */
export function heldAttributes(
  state: CheckState,
  number: number,
  record: RawRecord,
  onMissing: (entry: ListedAttribute | undefined) => void,
): HeldAttribute[] {
  const own = record.attributes.map((raw) => ({ holder: record, raw }));
  const list = attributeList(state.volume, record);
  if (list === undefined) return own;
  if (typeof list === 'string') {
    onMissing(undefined);
    return own;
  }
  const self = { record: number, sequence: record.sequence };
  const holders = new Map<number, RawRecord | string>([[number, record]]);
  const held: HeldAttribute[] = [];
  for (const entry of list) {
    let holder = holders.get(entry.holder.record);
    if (holder === undefined) {
      holder = state.referred(entry.holder);
      holders.set(entry.holder.record, holder);
    }
    const usable =
      typeof holder !== 'string' && (holder === record || ((holder.flags & RECORD_IN_USE) !== 0 && sameReference(holder.base, self)));
    const raw =
      typeof holder === 'string' || !usable
        ? undefined
        : holder.attributes.find(
            ({ type, name, id, stored }) =>
              type === entry.type && name === entry.name && id === entry.id && BigInt(stored?.firstVcn ?? 0) === entry.firstVcn,
          );
    if (raw && typeof holder !== 'string') held.push({ holder, raw });
    else onMissing(entry);
  }
  return held;
}

/** Names of a file over its records; undefined for one that is none. */
export function heldNames(held: readonly HeldAttribute[]): (NameValue | undefined)[] {
  return held
    .filter(({ raw }) => raw.type === ATTRIBUTE.fileName)
    .map(({ holder, raw: { value } }) => value && nameValue(viewOf(holder.bytes), value.offset, value.length));
}

function checkBase(state: CheckState, number: number, record: RawRecord): void {
  const { findings } = state;
  const held = heldAttributes(state, number, record, (entry) => {
    const what = entry ? `attribute 0x${entry.type.toString(16)} in record ${entry.holder.record}` : 'attribute list';
    findings.error('CHECK_ATTRIBUTE_LIST', `${what} of MFT record ${number}`, { record: number });
  });
  const names = heldNames(held);
  if (names.includes(undefined)) findings.error('CHECK_ATTRIBUTE', `$FILE_NAME of MFT record ${number}`, { record: number });
  state.names[number] = names.length;
  const long = names.filter((name) => name?.nameSpace !== NAME_SPACE.dos).length;
  if (record.linkCount !== names.length && record.linkCount !== long) {
    findings.warning('CHECK_LINK_COUNT', `MFT record ${number}`, { record: number, need: names.length, have: record.linkCount });
  }
  checkExtents(state, number, held);
}

/** What is known of an attribute in clusters after some of its extents. */
interface Joined {
  readonly type: number;
  readonly allocated: number;
  readonly total: number | undefined;
  next: number;
  present: number;
}

/** Extents of one attribute follow each other; the first has the sizes of all. */
function checkExtents({ findings, volume }: CheckState, number: number, held: readonly HeldAttribute[]): void {
  const { clusterBytes } = volume.boot;
  const what = (type: number): string => `attribute 0x${type.toString(16)} of MFT record ${number}`;
  const size = (type: number, need: number, have: number): void => {
    if (need !== have) findings.error('CHECK_SIZE', what(type), { record: number, need, have });
  };
  const open = new Map<string, Joined>();
  for (const { holder, raw } of held) {
    const { stored, type } = raw;
    if (!stored) continue;
    const key = `${type} ${raw.name}`;
    const known = open.get(key) ?? { type, allocated: stored.allocated, total: stored.total, next: 0, present: 0 };
    open.set(key, known);
    if (stored.firstVcn !== known.next) {
      findings.error('CHECK_ATTRIBUTE', `extents of ${what(type)}`, { record: number, need: known.next, have: stored.firstVcn });
    }
    if (stored.firstVcn === 0 && stored.size > stored.allocated) size(type, stored.size, stored.allocated);
    known.next = stored.lastVcn + 1;
    if (known.total === undefined) continue;
    const { runs } = decodeRuns(holder.bytes.subarray(stored.pairsOffset, raw.offset + raw.length), stored.firstVcn);
    for (const { lcn, clusters } of runs) if (lcn !== undefined) known.present += clusters;
  }
  for (const { type, allocated, total, next, present } of open.values()) {
    size(type, next * clusterBytes, allocated);
    if (total !== undefined) size(type, present * clusterBytes, total);
  }
}

/** Clusters that attributes own against the bits of $Bitmap. */
function checkClusters(state: CheckState): void {
  const { volume, findings, owned, clusters } = state;
  const file = volume.file(RECORD.bitmap);
  const data = file && streamOf(file, ATTRIBUTE.data);
  const size = Math.ceil(clusters / 8);
  let range: { readonly free: boolean; readonly from: number; count: number } | undefined;
  const flush = (): void => {
    if (!range) return;
    const what = `clusters ${range.from}..${range.from + range.count - 1}`;
    if (range.free) findings.error('CHECK_CLUSTER_FREE', what, { have: range.count });
    else findings.warning('CHECK_CLUSTER_LOST', what, { have: range.count });
    range = undefined;
  };
  for (let at = 0; at < size; at += PART) {
    const bytes = data && data.sizeBytes >= size ? attributeBytes(volume, data, at, Math.min(PART, size - at)) : undefined;
    if (!bytes) {
      findings.error('CHECK_CLUSTER_FREE', '$Bitmap', { record: RECORD.bitmap });
      return;
    }
    for (let i = 0; i < bytes.length; i++) {
      if (bytes[i] === owned.bytes[at + i]) continue;
      for (let bit = 0; bit < 8; bit++) {
        const lcn = (at + i) * 8 + bit;
        const used = owned.has(lcn);
        if (lcn >= clusters || (((bytes[i] ?? 0) >> bit) & 1) === (used ? 1 : 0)) continue;
        if (range && range.free === used && range.from + range.count === lcn) range.count++;
        else {
          flush();
          range = { free: used, from: lcn, count: 1 };
        }
      }
    }
  }
  flush();
}
