import { viewOf } from '@winmedic/bytes';
import type { Tell } from './damages.ts';
import { MAX_ATTRIBUTES_OF_RECORD } from './limits.ts';
import { count64, reference, unitsText } from './numbers.ts';
import type { FileReference } from './types.ts';

/** Mark behind the last attribute of a record. */
const END_MARK = 0xffff_ffff;
/** Bytes of the shortest record header: up to the number of the next attribute. */
const HEADER_BYTES = 42;

/** One attribute as a record has it: the whole of it, or one extent of a long one. */
export interface RawAttribute {
  readonly type: number;
  readonly name: string;
  readonly id: number;
  readonly flags: number;
  /** Byte offset in the record. */
  readonly offset: number;
  /** Resident: the value. */
  readonly value: Uint8Array | undefined;
  /** Not resident: the extent. */
  readonly extent: RawExtent | undefined;
}

/** A non-resident extent. Sizes are those of the whole attribute and hold in the first extent (lowest VCN 0) only. */
export interface RawExtent {
  readonly firstVcn: number;
  /** VCN behind the last; 0 for an empty extent. */
  readonly endVcn: number;
  /** The run list. */
  readonly runs: Uint8Array;
  readonly compressionUnit: number;
  readonly allocatedBytes: number;
  readonly sizeBytes: number;
  readonly initializedBytes: number;
}

/** A file record: of a file, or an extension of another one's. */
export interface RawRecord {
  readonly number: number;
  readonly sequence: number;
  readonly inUse: boolean;
  readonly isDirectory: boolean;
  readonly lsn: bigint;
  /** The record this one extends; undefined for a base record. */
  readonly base: FileReference | undefined;
  readonly attributes: readonly RawAttribute[];
}

/**
 * Reads a file record with fixups resolved. Attributes behind one that does not fit are not read.
 * @param at where the record lies on the volume, for damages.
 * @source Linux-NTFS documentation, "FILE record" and "Attribute header"
 */
export function parseRecord(bytes: Uint8Array, number: number, at: number, tell: Tell): RawRecord {
  const view = viewOf(bytes);
  const flags = view.getUint16(22, true);
  const base = reference(view, 32);
  const attributes: RawAttribute[] = [];
  const broken = (offset: number, need: number | string, have: number | string): void =>
    tell('NTFS_ATTRIBUTE', at + offset, `attribute in record ${number}`, need, have);
  // What lies behind the used bytes is left over; a used size that is impossible is no bound.
  const used = view.getUint32(24, true);
  const end = used >= HEADER_BYTES && used <= bytes.length ? used : bytes.length;
  if (end !== used) tell('NTFS_RECORD', at, `used size of record ${number}`, bytes.length, used);
  let offset = view.getUint16(20, true);
  for (;;) {
    if (offset + 4 > end) {
      broken(offset, 'end mark', 'end of record');
      break;
    }
    const type = view.getUint32(offset, true);
    if (type === END_MARK) break;
    const length = offset + 24 > end ? 0 : view.getUint32(offset + 4, true);
    if (length < 24 || length % 8 !== 0 || offset + length > end || attributes.length >= MAX_ATTRIBUTES_OF_RECORD) {
      broken(offset, `length up to ${end - offset}`, length);
      break;
    }
    const attribute = parseAttribute(view, offset, length);
    if (attribute === undefined) broken(offset, 'name, value or runs inside the attribute', `type 0x${type.toString(16)}`);
    else attributes.push(attribute);
    offset += length;
  }
  return {
    number,
    sequence: view.getUint16(16, true),
    inUse: (flags & 1) !== 0,
    isDirectory: (flags & 2) !== 0,
    lsn: view.getBigUint64(8, true),
    base: base.record === 0 && base.sequence === 0 ? undefined : base,
    attributes,
  };
}

function parseAttribute(view: DataView, offset: number, length: number): RawAttribute | undefined {
  const nameUnits = view.getUint8(offset + 9);
  const nameAt = view.getUint16(offset + 10, true);
  if (nameUnits > 0 && (nameAt < 16 || nameAt + nameUnits * 2 > length)) return undefined;
  const common = {
    type: view.getUint32(offset, true),
    name: unitsText(view, offset + nameAt, nameUnits),
    id: view.getUint16(offset + 14, true),
    flags: view.getUint16(offset + 12, true),
    offset,
  };
  const bytes = (from: number, size: number): Uint8Array => new Uint8Array(view.buffer, view.byteOffset + offset + from, size);
  const form = view.getUint8(offset + 8);
  if (form === 0) {
    const size = view.getUint32(offset + 16, true);
    const from = view.getUint16(offset + 20, true);
    if (from < 24 ? size > 0 : from + size > length) return undefined;
    return { ...common, value: bytes(size === 0 ? 0 : from, size), extent: undefined };
  }
  if (form !== 1 || length < 64) return undefined;
  const firstVcn = count64(view, offset + 16);
  // The last VCN of an empty attribute is -1.
  const endVcn = Number(view.getBigInt64(offset + 24, true)) + 1;
  const runsAt = view.getUint16(offset + 32, true);
  const extent: RawExtent = {
    firstVcn,
    endVcn,
    runs: bytes(0, 0),
    compressionUnit: view.getUint8(offset + 34),
    allocatedBytes: count64(view, offset + 40),
    sizeBytes: count64(view, offset + 48),
    initializedBytes: count64(view, offset + 56),
  };
  if (firstVcn < 0 || endVcn < firstVcn || runsAt < 64 || runsAt >= length) return undefined;
  if (firstVcn === 0 && (extent.allocatedBytes < 0 || extent.sizeBytes < 0 || extent.initializedBytes < 0)) return undefined;
  return { ...common, value: undefined, extent: { ...extent, runs: bytes(runsAt, length - runsAt) } };
}
