import { viewOf } from '@winmedic/bytes';
import type { FileReference } from '../ntfs/types.ts';

/** Records below this number belong to the file system itself; Windows never puts a file there. @source Linux-NTFS documentation, "$MFT" */
export const FIRST_USER_RECORD = 24;
/** Flag of a record header: the record is in use. */
export const RECORD_IN_USE = 0x1;
/** Flag of a record header: a directory, with an index of names. */
export const RECORD_DIRECTORY = 0x2;
/** Attribute flags with which the header of the first extent has one field more. */
const COMPRESSED_OR_SPARSE = 0x80ff;
/** Marks the end of the attributes of a record. */
const END = 0xffff_ffff;
/** From this offset of the update sequence array on, the header also carries the record's own number (Windows XP and later). */
const HEADER_WITH_NUMBER = 0x30;

/** An attribute as it stands in one record, checked to lie inside it. All offsets count from the beginning of the record. */
export interface RawAttribute {
  readonly type: number;
  readonly name: string;
  readonly id: number;
  readonly flags: number;
  readonly offset: number;
  readonly length: number;
  /** Resident: where the value lies. */
  readonly value?: { readonly offset: number; readonly length: number };
  /** Non-resident: fields of the header. Sizes in bytes are those of the first extent only (`firstVcn` 0). `lastVcn` is -1 when nothing is allocated. */
  readonly stored?: {
    readonly firstVcn: number;
    readonly lastVcn: number;
    readonly pairsOffset: number;
    readonly compressionUnit: number;
    readonly allocated: number;
    readonly size: number;
    readonly initialized: number;
    /** Bytes of the clusters that are there; only in the header of compressed and sparse attributes. */
    readonly total: number | undefined;
  };
}

/** A file record taken apart. */
export interface RawRecord {
  readonly bytes: Uint8Array;
  readonly lsn: bigint;
  readonly sequence: number;
  readonly linkCount: number;
  readonly flags: number;
  readonly bytesInUse: number;
  /** Base record of an extension record; see {@link isBase}. */
  readonly base: FileReference;
  /** The record's own number, when the header has room for it. */
  readonly number: number | undefined;
  readonly attributes: readonly RawAttribute[];
}

/** Whether a record is a base record: an extension record of $MFT itself refers to record 0, so that the sequence number decides. */
export function isBase({ base }: RawRecord): boolean {
  return base.record === 0 && base.sequence === 0;
}

/** A 48-bit record number and 16-bit sequence number. @source [MS-FSCC] 2.1.5, Linux-NTFS documentation "File reference" */
export function referenceAt(view: DataView, at: number): FileReference {
  return { record: view.getUint32(at, true) + view.getUint16(at + 4, true) * 2 ** 32, sequence: view.getUint16(at + 6, true) };
}

/** Text of UTF-16 units as they stand, unpaired surrogates kept: names are compared and written back unit by unit. */
export function unitsAt(view: DataView, at: number, units: number): string {
  let text = '';
  for (let i = 0; i < units; i++) text += String.fromCharCode(view.getUint16(at + i * 2, true));
  return text;
}

/** A 64-bit number that is used as an offset or count; NaN beyond 2^53, so that every comparison with it fails. */
function count64(view: DataView, at: number): number {
  const value = view.getBigInt64(at, true);
  return value >= -1n && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : Number.NaN;
}

/**
 * Takes a file record apart, stricter than a reader has to be: an edit is made only in a record every part of which is understood.
 * @param bytes the record with fixups resolved. @returns the record, or a text that says what is wrong (for messages, in the words of the format).
 * @source Linux-NTFS documentation, "FILE record", "Attribute header"
 */
export function parseRecord(bytes: Uint8Array): RawRecord | string {
  const view = viewOf(bytes);
  if (bytes.length < 0x30 || view.getUint32(0, true) !== 0x454c_4946) return 'no FILE signature';
  const first = view.getUint16(0x14, true);
  const bytesInUse = view.getUint32(0x18, true);
  if (view.getUint32(0x1c, true) !== bytes.length) return 'size of the record';
  if (first < 0x28 || first % 8 !== 0 || bytesInUse % 8 !== 0 || bytesInUse > bytes.length || first + 8 > bytesInUse) return 'size in use';
  const attributes: RawAttribute[] = [];
  // An attribute takes at least 24 bytes, so that the loop ends with the record.
  for (let at = first; ; ) {
    if (at + 4 > bytesInUse) return 'attributes without an end';
    const type = view.getUint32(at, true);
    if (type === END) {
      // The end mark and the 4 bytes that fill it up to 8 are the last bytes in use.
      if (bytesInUse - at > 8) return 'bytes behind the last attribute';
      break;
    }
    const attribute = parseAttribute(view, at, bytesInUse);
    if (typeof attribute === 'string') return attribute;
    if (type < (attributes.at(-1)?.type ?? 0)) return 'order of attributes';
    attributes.push(attribute);
    at += attribute.length;
  }
  return {
    bytes,
    lsn: view.getBigUint64(8, true),
    sequence: view.getUint16(0x10, true),
    linkCount: view.getUint16(0x12, true),
    flags: view.getUint16(0x16, true),
    bytesInUse,
    base: referenceAt(view, 0x20),
    number: view.getUint16(4, true) >= HEADER_WITH_NUMBER ? view.getUint32(0x2c, true) : undefined,
    attributes,
  };
}

function parseAttribute(view: DataView, at: number, end: number): RawAttribute | string {
  if (at + 0x18 > end) return 'attribute header';
  const length = view.getUint32(at + 4, true);
  const resident = view.getUint8(at + 8);
  if (length % 8 !== 0 || length < 0x18 || at + length > end || resident > 1) return 'attribute length';
  const nameUnits = view.getUint8(at + 9);
  const nameOffset = view.getUint16(at + 0xa, true);
  if (nameUnits > 0 && nameOffset + nameUnits * 2 > length) return 'attribute name';
  const common = {
    type: view.getUint32(at, true),
    name: nameUnits === 0 ? '' : unitsAt(view, at + nameOffset, nameUnits),
    id: view.getUint16(at + 0xe, true),
    flags: view.getUint16(at + 0xc, true),
    offset: at,
    length,
  };
  if (resident === 0) {
    const value = { offset: at + view.getUint16(at + 0x14, true), length: view.getUint32(at + 0x10, true) };
    if (value.offset < at + 0x18 || value.offset + value.length > at + length) return 'attribute value';
    return { ...common, value };
  }
  if (length < 0x40) return 'attribute header';
  const stored = {
    firstVcn: count64(view, at + 0x10),
    lastVcn: count64(view, at + 0x18),
    pairsOffset: at + view.getUint16(at + 0x20, true),
    compressionUnit: view.getUint8(at + 0x22),
    allocated: count64(view, at + 0x28),
    size: count64(view, at + 0x30),
    initialized: count64(view, at + 0x38),
    total: (common.flags & COMPRESSED_OR_SPARSE) !== 0 && view.getUint16(at + 0x20, true) >= 0x48 ? count64(view, at + 0x40) : undefined,
  };
  if (stored.pairsOffset < at + 0x40 || stored.pairsOffset >= at + length) return 'run list';
  if (!(stored.firstVcn >= 0 && stored.lastVcn >= stored.firstVcn - 1)) return 'range of clusters';
  if (
    stored.firstVcn === 0 &&
    !(stored.initialized >= 0 && stored.initialized <= stored.size && stored.size >= 0 && stored.allocated >= 0)
  ) {
    return 'sizes of an attribute';
  }
  return { ...common, stored };
}
