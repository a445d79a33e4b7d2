import { viewOf } from '@winmedic/bytes';
import type { FileReference } from '../ntfs/types.ts';
import { referenceAt, unitsAt } from './raw-record.ts';

/** Offsets inside a $FILE_NAME value, in records and in index entries. @source Linux-NTFS documentation, "$FILE_NAME" */
export const FILE_NAME_FIELD = { parent: 0, allocated: 0x28, size: 0x30, nameUnits: 0x40, nameSpace: 0x41, name: 0x42 } as const;
/** Index header inside an INDX block. */
export const BLOCK_HEADER = 0x18;
/** Index header inside the value of $INDEX_ROOT. */
export const ROOT_HEADER = 0x10;
/** Bytes of an entry before its key. */
const ENTRY_HEADER = 16;
const HAS_CHILD = 1;
const LAST = 2;

/** The $FILE_NAME of an index entry or of a record. `offset` is where the value begins in the block. */
export interface NameValue {
  readonly offset: number;
  readonly parent: FileReference;
  readonly name: string;
  readonly nameSpace: number;
}

/** An entry of an index node. */
export interface NodeEntry {
  readonly reference: FileReference;
  /** Undefined in the last entry, which only points to a node. */
  readonly key: NameValue | undefined;
  /** VCN of the node with what sorts before this entry, in the units of the index. */
  readonly child: number | undefined;
}

/** A $FILE_NAME value. @returns undefined when it does not fit into its length. @source Linux-NTFS documentation, "$FILE_NAME" */
export function nameValue(view: DataView, offset: number, length: number): NameValue | undefined {
  if (length < FILE_NAME_FIELD.name + 2) return undefined;
  const units = view.getUint8(offset + FILE_NAME_FIELD.nameUnits);
  if (units === 0 || FILE_NAME_FIELD.name + units * 2 > length) return undefined;
  return {
    offset,
    parent: referenceAt(view, offset),
    name: unitsAt(view, offset + FILE_NAME_FIELD.name, units),
    nameSpace: view.getUint8(offset + FILE_NAME_FIELD.nameSpace),
  };
}

/**
 * Entries of a node of a directory's index, in their order, the last one included.
 * @param block INDX block or file record with fixups resolved. @param header where the index header begins. @param limit where the node must end.
 * @returns the entries, or a text that says what is wrong. @source Linux-NTFS documentation, "Index header", "Index entry"
 */
export function nodeEntries(block: Uint8Array, header: number, limit: number): NodeEntry[] | string {
  if (header + 16 > limit || limit > block.length) return 'index header';
  const view = viewOf(block);
  const first = view.getUint32(header, true);
  const used = view.getUint32(header + 4, true);
  const allocated = view.getUint32(header + 8, true);
  const parentNode = (view.getUint8(header + 12) & 1) !== 0;
  if (first < 16 || first % 8 !== 0 || used > allocated || header + allocated > limit || used % 8 !== 0) return 'index header';
  const end = header + used;
  const entries: NodeEntry[] = [];
  // An entry takes at least 16 bytes, so that the loop ends with the node.
  for (let at = header + first; ; ) {
    if (at + ENTRY_HEADER > end) return 'entries without an end';
    const length = view.getUint16(at + 8, true);
    const keyLength = view.getUint16(at + 10, true);
    const flags = view.getUint16(at + 12, true);
    const hasChild = (flags & HAS_CHILD) !== 0;
    const room = length - ENTRY_HEADER - (hasChild ? 8 : 0);
    if (length % 8 !== 0 || room < 0 || at + length > end) return 'entry length';
    if (hasChild !== parentNode) return 'entry and node disagree on nodes below';
    const child = hasChild ? Number(view.getBigInt64(at + length - 8, true)) : undefined;
    if ((flags & LAST) !== 0) {
      if (at + length !== end) return 'bytes behind the last entry';
      entries.push({ reference: { record: 0, sequence: 0 }, key: undefined, child });
      return entries;
    }
    const key = keyLength <= room ? nameValue(view, at + ENTRY_HEADER, keyLength) : undefined;
    if (!key) return 'name of an entry';
    entries.push({ reference: referenceAt(view, at), key, child });
    at += length;
  }
}
