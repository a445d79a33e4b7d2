import { viewOf } from '@winmedic/bytes';
import { applyFixups } from '../ntfs/fixups.ts';
import { MAX_INDEX_DEPTH } from '../ntfs/limits.ts';
import { ATTRIBUTE, type Attribute, type NtfsFile } from '../ntfs/types.ts';
import { Bits } from './bits.ts';
import { heldAttributes, heldNames } from './check-records.ts';
import { type CheckState, RECORD_STATE } from './check-state.ts';
import { sameReference } from './file-names.ts';
import { BLOCK_HEADER, type NameValue, type NodeEntry, nodeEntries, ROOT_HEADER } from './index-node.ts';
import { INDEX_NAME, indexUnit } from './index-tree.ts';
import { attributeBytes, streamOf } from './mft-reader.ts';

/** Every directory's tree, and that entries and names of records belong together. @returns false when it was stopped. */
export function checkDirectories(state: CheckState): boolean {
  for (let record = 0; record < state.recordCount; record++) {
    if (!state.step()) return false;
    if (state.recordState[record] !== RECORD_STATE.directory) continue;
    const file = state.volume.file(record);
    if (file) checkDirectory(state, file);
    else state.findings.error('CHECK_INDEX', `directory ${record}`, { record });
  }
  for (let record = 0; record < state.recordCount; record++) {
    const [names, entries] = [state.names[record] ?? 0, state.entriesOf[record] ?? 0];
    if (names !== entries) state.findings.error('CHECK_NAME_MISSING', `MFT record ${record}`, { record, need: names, have: entries });
  }
  return true;
}

/** One tree on the way. */
interface Walk {
  readonly state: CheckState;
  readonly directory: NtfsFile;
  readonly allocation: Attribute | undefined;
  readonly seen: Bits;
  readonly bitmap: Uint8Array | undefined;
  last: string | undefined;
}

function checkDirectory(state: CheckState, directory: NtfsFile): void {
  const { volume, findings } = state;
  const { record } = directory.reference;
  const { indexBytes } = volume.boot;
  state.directories++;
  const root = streamOf(directory, ATTRIBUTE.indexRoot, INDEX_NAME);
  const value = root?.resident ? attributeBytes(volume, root, 0, root.sizeBytes) : undefined;
  if (!value || value.length < ROOT_HEADER) {
    findings.error('CHECK_INDEX', `$INDEX_ROOT of directory ${record}`, { record });
    return;
  }
  const allocation = streamOf(directory, ATTRIBUTE.indexAllocation, INDEX_NAME);
  const bits = streamOf(directory, ATTRIBUTE.bitmap, INDEX_NAME);
  // What lies behind the device cannot be a block: the count of a damaged header would take any memory.
  const blocks = Math.floor(Math.min(allocation?.initializedBytes ?? 0, volume.device.sizeBytes) / indexBytes);
  const bitmapSize = Math.min(bits?.sizeBytes ?? 0, Math.ceil(blocks / 8));
  const bitmap = bits && allocation ? attributeBytes(volume, bits, 0, bitmapSize) : undefined;
  const walk: Walk = { state, directory, allocation, seen: new Bits(blocks), bitmap, last: undefined };
  const entries = nodeEntries(value, ROOT_HEADER, value.length);
  if (typeof entries === 'string') findings.error('CHECK_INDEX', `$INDEX_ROOT of directory ${record}: ${entries}`, { record });
  else checkNode(walk, entries, 0);
  for (let block = 0; block < blocks; block++) {
    const marked = ((bitmap?.[block >> 3] ?? 0) & (1 << (block & 7))) !== 0;
    if (marked && !walk.seen.has(block)) {
      findings.warning('CHECK_INDEX', `INDX block ${block} of directory ${record}: in no place of the tree`, { record });
    }
  }
}

function checkNode(walk: Walk, entries: readonly NodeEntry[], depth: number): void {
  for (const { reference, key, child } of entries) {
    if (child !== undefined) checkChild(walk, child, depth);
    if (!key) continue;
    checkOrder(walk, key);
    checkEntry(walk, reference, key);
  }
}

function checkChild(walk: Walk, vcn: number, depth: number): void {
  const { state, directory, allocation, seen, bitmap } = walk;
  const { record } = directory.reference;
  const { indexBytes } = state.volume.boot;
  const position = vcn * indexUnit(state.volume);
  const block = position / indexBytes;
  const what = `INDX block at VCN ${vcn} of directory ${record}`;
  const wrong = (why: string): void => state.findings.error('CHECK_INDEX', `${what}: ${why}`, { record });
  if (!allocation || !Number.isInteger(block) || block < 0 || position + indexBytes > allocation.initializedBytes) {
    wrong('outside the index');
    return;
  }
  if (seen.has(block) || depth >= MAX_INDEX_DEPTH) {
    wrong('reached twice');
    return;
  }
  seen.add(block);
  if (((bitmap?.[block >> 3] ?? 0) & (1 << (block & 7))) === 0) wrong('not marked in $BITMAP');
  const bytes = attributeBytes(state.volume, allocation, position, indexBytes);
  const signature = bytes && String.fromCharCode(...bytes.subarray(0, 4));
  if (!bytes || signature !== 'INDX' || applyFixups(bytes) !== 'ok') {
    wrong('torn');
    return;
  }
  if (Number(viewOf(bytes).getBigUint64(0x10, true)) !== vcn) wrong('its own VCN');
  const entries = nodeEntries(bytes, BLOCK_HEADER, bytes.length);
  if (typeof entries === 'string') wrong(entries);
  else checkNode(walk, entries, depth + 1);
}

/** Entries ascend over the whole tree. Names equal but for case are there in folders that tell upper from lower case; the same name twice is not. */
function checkOrder(walk: Walk, { name }: NameValue): void {
  const { state, last, directory } = walk;
  const order = last === undefined ? -1 : state.volume.compareNames(last, name);
  if (order > 0 || (order === 0 && last === name)) {
    const { record } = directory.reference;
    state.findings.error('CHECK_INDEX_ORDER', `${name} of directory ${record}`, { record, ...(last !== undefined && { have: last }) });
  }
  walk.last = name;
}

/** The entry's file exists, is the one meant, and has this name in this folder. */
function checkEntry({ state, directory }: Walk, reference: NodeEntry['reference'], key: NameValue): void {
  const { findings } = state;
  const { record } = reference;
  const where = { record: directory.reference.record, have: record };
  const what = `${key.name} of directory ${where.record}`;
  state.entries++;
  const kind = state.recordState[record] ?? RECORD_STATE.free;
  if ((kind !== RECORD_STATE.file && kind !== RECORD_STATE.directory) || state.sequences[record] !== reference.sequence) {
    findings.error('CHECK_ENTRY_REFERENCE', what, where);
    return;
  }
  state.entriesOf[record] = (state.entriesOf[record] ?? 0) + 1;
  const id = `${record} ${reference.sequence}`;
  let names = state.namesOf.get(id);
  if (!names) {
    const own = state.referred(reference);
    names = typeof own === 'string' ? [] : heldNames(heldAttributes(state, record, own, () => undefined));
    state.namesOf.set(id, names);
  }
  const matches = names.some(
    (name) =>
      name?.name === key.name &&
      name.nameSpace === key.nameSpace &&
      sameReference(name.parent, directory.reference) &&
      sameReference(key.parent, name.parent),
  );
  if (!matches) findings.error('CHECK_ENTRY_NAME', what, where);
}
