import { encodeUtf16, joinBytes } from '@winmedic/bytes';
import { type Attribute, type Extent, encodeExtent, runsLeft, TYPE } from './attribute.ts';
import { compareNames } from './names.ts';
import { alignUp, fileReference, viewOf } from './numbers.ts';
import type { Stored } from './stream.ts';

/** Flags of a FILE record. @source Linux-NTFS "FILE record" (4: in $Extend, 8: has a view index) */
export const RECORD_FLAG = { inUse: 1, directory: 2, extend: 4, viewIndex: 8 } as const;

/** Header facts of a record. */
export interface RecordHead {
  readonly record: number;
  readonly sequence: number;
  readonly flags: number;
  readonly links: number;
  readonly lsn: bigint;
}

/** How the attributes of a file are spread over records. */
export interface SpreadOptions {
  readonly recordBytes: number;
  readonly attributeList?: 'always' | 'nonresident' | undefined;
  readonly namesInExtensions?: boolean | undefined;
  /** Record number and sequence of a new extension record. */
  readonly newRecord: () => { readonly record: number; readonly sequence: number };
  /** Stores an attribute list that does not stay in the record. */
  readonly store: (bytes: Uint8Array) => Stored;
}

/** Update sequence arrays are over 512 bytes, whatever the sector size. @source Linux-NTFS "Fixup" */
const STRIDE = 512;
const USA_AT = 0x30;

/** Where attributes begin in a record: behind the update sequence array. */
function attributesAt(recordBytes: number): number {
  return alignUp(USA_AT + 2 * (recordBytes / STRIDE + 1), 8);
}

/** Bytes a record has for attributes; 8 are for the end mark. */
export function recordRoom(recordBytes: number): number {
  return recordBytes - attributesAt(recordBytes) - 8;
}

/** A FILE record without its update sequence applied. */
export function fileRecord(head: RecordHead, recordBytes: number, attributes: readonly Uint8Array[], base = 0n): Uint8Array {
  const out = new Uint8Array(recordBytes);
  const view = viewOf(out);
  out.set(new TextEncoder().encode('FILE'));
  view.setUint16(4, USA_AT, true);
  view.setUint16(6, recordBytes / STRIDE + 1, true);
  view.setBigUint64(8, head.lsn, true);
  view.setUint16(16, head.sequence, true);
  view.setUint16(18, head.links, true);
  const from = attributesAt(recordBytes);
  view.setUint16(20, from, true);
  view.setUint16(22, head.flags, true);
  view.setUint32(28, recordBytes, true);
  view.setBigUint64(32, base, true);
  view.setUint16(40, attributes.length, true);
  view.setUint32(44, head.record, true);
  let at = from;
  attributes.forEach((each, id) => {
    out.set(each, at);
    view.setUint16(at + 14, id, true);
    at += each.length;
  });
  view.setUint32(at, 0xffff_ffff, true);
  view.setUint32(24, at + 8, true);
  return out;
}

/** Order of attributes in a record: by type, then by name. */
function inOrder(attributes: readonly Attribute[]): Attribute[] {
  return attributes.toSorted((a, b) => a.type - b.type || compareNames(a.name, b.name));
}

const sum = (extents: readonly Extent[]): number => extents.reduce((total, each) => total + each.bytes.length, 0);

interface Spread {
  readonly base: readonly Extent[];
  readonly more: readonly (readonly Extent[])[];
}

/** Spreads attributes; undefined when what has to stay in the base record does not fit beside a list of `listBytes`. */
function spread(
  attributes: readonly Attribute[],
  room: number,
  listBytes: number,
  stays: (each: Attribute) => boolean,
): Spread | undefined {
  const base: Extent[] = [];
  const rest: { readonly attribute: Attribute; readonly firstRun: number }[] = [];
  for (const attribute of attributes) {
    if (!stays(attribute)) {
      rest.push({ attribute, firstRun: 0 });
      continue;
    }
    const extent = encodeExtent(attribute, 0, room - listBytes - sum(base));
    if (!extent) return undefined;
    base.push(extent);
    if (runsLeft(extent) > 0) rest.push({ attribute, firstRun: extent.runCount });
  }
  const more: Extent[][] = [];
  for (const each of rest) {
    for (let firstRun = each.firstRun; ; ) {
      let here = more.at(-1);
      let extent = here && encodeExtent(each.attribute, firstRun, room - sum(here));
      if (!here || !extent) {
        here = [];
        more.push(here);
        extent = encodeExtent(each.attribute, firstRun, room);
        if (!extent) throw new RangeError(`an attribute of type ${each.attribute.type.toString(16)} does not fit into a record`);
      }
      here.push(extent);
      firstRun += extent.runCount;
      if (runsLeft(extent) === 0) break;
    }
  }
  return { base, more };
}

/** One entry of an attribute list. @source Linux-NTFS "$ATTRIBUTE_LIST" */
function listEntry(extent: Extent, reference: bigint, id: number): Uint8Array {
  const name = encodeUtf16(extent.attribute.name);
  const out = new Uint8Array(alignUp(26 + name.length, 8));
  const view = viewOf(out);
  view.setUint32(0, extent.attribute.type, true);
  view.setUint16(4, out.length, true);
  view.setUint8(6, extent.attribute.name.length);
  view.setUint8(7, 26);
  view.setBigUint64(8, BigInt(extent.firstVcn), true);
  view.setBigUint64(16, reference, true);
  view.setUint16(24, id, true);
  out.set(name, 26);
  return out;
}

const entryBytes = (extents: readonly Extent[]): number =>
  extents.reduce((total, each) => total + alignUp(26 + 2 * each.attribute.name.length, 8), 0);

/** Smallest $ATTRIBUTE_LIST header in the record, and one in clusters with a single run. */
const RESIDENT_HEAD = 24;
const NONRESIDENT_LIST = 80;

/**
 * Records of a file: the base record first, then extension records when an attribute list is needed or asked for. $STANDARD_INFORMATION and $INDEX_ROOT stay in
 * the base record, as does the beginning of the unnamed $DATA of record 0 (a reader finds the rest of $MFT only through it).
 * @throws {RangeError} when it cannot be done.
 */
export function fileRecords(
  head: RecordHead,
  attributes: readonly Attribute[],
  options: SpreadOptions,
): { readonly record: number; readonly bytes: Uint8Array }[] {
  const room = recordRoom(options.recordBytes);
  const sorted = inOrder(attributes);
  if (!options.attributeList && !options.namesInExtensions) {
    const one = spread(sorted, room, 0, () => true);
    if (one && one.more.length === 0) {
      return [
        {
          record: head.record,
          bytes: fileRecord(
            head,
            options.recordBytes,
            one.base.map((each) => each.bytes),
          ),
        },
      ];
    }
  }
  const always = (each: Attribute): boolean =>
    each.type === TYPE.standardInformation ||
    each.type === TYPE.indexRoot ||
    (head.record === 0 && each.type === TYPE.data && each.name === '');
  const withNames = (each: Attribute): boolean => always(each) || each.type === TYPE.fileName;
  for (const nonresident of options.attributeList === 'nonresident' ? [true] : [false, true]) {
    for (const stays of options.namesInExtensions ? [always] : [withNames, always]) {
      // The list's length follows from the spread and the other way round: tried with growing room for it.
      for (let listBytes = nonresident ? NONRESIDENT_LIST : RESIDENT_HEAD + 32; listBytes < room; listBytes += 32) {
        const tried = spread(sorted, room, listBytes, stays);
        if (!tried) break;
        const needed = nonresident ? NONRESIDENT_LIST : RESIDENT_HEAD + entryBytes([tried.base, ...tried.more].flat());
        if (needed > listBytes) {
          if (nonresident) break;
          continue;
        }
        return write(head, tried, options, nonresident);
      }
    }
  }
  throw new RangeError(`the attributes of record ${head.record} do not fit`);
}

function write(
  head: RecordHead,
  { base, more }: Spread,
  options: SpreadOptions,
  nonresident: boolean,
): { record: number; bytes: Uint8Array }[] {
  const own = fileReference(head.record, head.sequence);
  const extensions = more.map((extents) => ({ ...options.newRecord(), extents }));
  const placed = [
    // In the base record the list itself has number 1: it stands behind $STANDARD_INFORMATION, the only attribute of a lower type.
    ...base.map((extent, i) => ({ extent, reference: own, id: i === 0 ? 0 : i + 1 })),
    ...extensions.flatMap(({ record, sequence, extents }) =>
      extents.map((extent, id) => ({ extent, reference: fileReference(record, sequence), id })),
    ),
  ].sort((a, b) => {
    const [x, y] = [a.extent, b.extent];
    return x.attribute.type - y.attribute.type || compareNames(x.attribute.name, y.attribute.name) || x.firstVcn - y.firstVcn;
  });
  const value = joinBytes(...placed.map(({ extent, reference, id }) => listEntry(extent, reference, id)));
  const list = encodeExtent({ type: TYPE.attributeList, name: '', body: nonresident ? options.store(value) : { value, flags: 0 } })!;
  const [first, ...others] = base;
  if (first?.attribute.type !== TYPE.standardInformation) throw new RangeError(`record ${head.record} has no $STANDARD_INFORMATION`);
  const bytes = fileRecord(head, options.recordBytes, [first.bytes, list.bytes, ...others.map((each) => each.bytes)]);
  return [
    { record: head.record, bytes },
    ...extensions.map(({ record, sequence, extents }) => ({
      record,
      // An extension record is in use and has no links and none of the kinds of its base record.
      bytes: fileRecord(
        { record, sequence, flags: head.flags & RECORD_FLAG.inUse, links: 0, lsn: head.lsn },
        options.recordBytes,
        extents.map((each) => each.bytes),
        own,
      ),
    })),
  ];
}

/** Stamps an update sequence number into a FILE or INDX block: the tails of its 512-byte stretches move into the array. @source Linux-NTFS "Fixup" */
export function stamp(block: Uint8Array, number = 1): void {
  const view = viewOf(block);
  const at = view.getUint16(4, true);
  const count = view.getUint16(6, true);
  view.setUint16(at, number, true);
  for (let i = 1; i < count; i++) {
    view.setUint16(at + 2 * i, view.getUint16(i * STRIDE - 2, true), true);
    view.setUint16(i * STRIDE - 2, number, true);
  }
}

/** The reverse of {@link stamp}; returns the number. */
export function unstamp(block: Uint8Array): number {
  const view = viewOf(block);
  const at = view.getUint16(4, true);
  const count = view.getUint16(6, true);
  for (let i = 1; i < count; i++) view.setUint16(i * STRIDE - 2, view.getUint16(at + 2 * i, true), true);
  return view.getUint16(at, true);
}
