import { encodeUtf16, joinBytes } from '@winmedic/bytes';
import { viewOf } from './numbers.ts';
import type { WriteReparse, WriteTimes } from './types.ts';

/** All four times. */
export type Times = Required<WriteTimes>;

/** Fills in what is missing. */
export function timesOf(times: WriteTimes | bigint | undefined, otherwise: Times): Times {
  if (typeof times === 'bigint') return { created: times, modified: times, mftChanged: times, accessed: times };
  return { ...otherwise, ...times };
}

function putTimes(view: DataView, at: number, times: Times): void {
  [times.created, times.modified, times.mftChanged, times.accessed].forEach((time, i) => {
    view.setBigUint64(at + 8 * i, time, true);
  });
}

/** Value of $STANDARD_INFORMATION as of NTFS 3.0. @source Linux-NTFS "$STANDARD_INFORMATION" */
export function standardInformation(times: Times, dosAttributes: number, securityId: number): Uint8Array {
  const out = new Uint8Array(72);
  const view = viewOf(out);
  putTimes(view, 0, times);
  view.setUint32(32, dosAttributes, true);
  view.setUint32(52, securityId, true);
  return out;
}

/** What a $FILE_NAME says. */
export interface NameValue {
  readonly parent: bigint;
  readonly name: string;
  readonly nameSpace: number;
  readonly times: Times;
  readonly allocatedBytes: number;
  readonly sizeBytes: number;
  /** DOS attributes with the flags only names have: 0x10000000 folder, 0x20000000 view index. */
  readonly attributes: number;
  readonly reparseTag: number;
}

/** Value of $FILE_NAME, which is also the key of the folder's index entry. @source Linux-NTFS "$FILE_NAME" */
export function fileName(value: NameValue): Uint8Array {
  if (value.name.length === 0 || value.name.length > 255) throw new RangeError(`a name of ${value.name.length} characters`);
  const out = new Uint8Array(66 + 2 * value.name.length);
  const view = viewOf(out);
  view.setBigUint64(0, value.parent, true);
  putTimes(view, 8, value.times);
  view.setBigUint64(40, BigInt(value.allocatedBytes), true);
  view.setBigUint64(48, BigInt(value.sizeBytes), true);
  view.setUint32(56, value.attributes, true);
  view.setUint32(60, value.reparseTag, true);
  view.setUint8(64, value.name.length);
  view.setUint8(65, value.nameSpace);
  out.set(encodeUtf16(value.name), 66);
  return out;
}

const MOUNT_POINT = 0xa000_0003;
const SYMLINK = 0xa000_000c;

/** Value of $REPARSE_POINT. @source [MS-FSCC] 2.1.2.4 "Symbolic Link Reparse Data Buffer", 2.1.2.5 "Mount Point Reparse Data Buffer" */
export function reparsePoint(reparse: WriteReparse): { readonly tag: number; readonly value: Uint8Array } {
  const wrap = (tag: number, data: Uint8Array): { tag: number; value: Uint8Array } => {
    const head = new Uint8Array(8);
    viewOf(head).setUint32(0, tag, true);
    viewOf(head).setUint16(4, data.length, true);
    return { tag, value: joinBytes(head, data) };
  };
  if ('tag' in reparse) return wrap(reparse.tag, reparse.data);
  const link = 'symlink' in reparse;
  const shown = link ? reparse.symlink : reparse.junction;
  const relative = link && reparse.relative === true;
  const substitute = encodeUtf16(relative ? shown : `\\??\\${shown}`);
  const print = encodeUtf16(shown);
  // The names of a mount point end with a NUL each, those of a symbolic link do not.
  const end = link ? 0 : 2;
  const head = new Uint8Array(link ? 12 : 8);
  const view = viewOf(head);
  view.setUint16(2, substitute.length, true);
  view.setUint16(4, substitute.length + end, true);
  view.setUint16(6, print.length, true);
  if (relative) view.setUint32(8, 1, true);
  return wrap(link ? SYMLINK : MOUNT_POINT, joinBytes(head, substitute, new Uint8Array(end), print, new Uint8Array(end)));
}

/** Rows of $AttrDef: name, type, collation, flags (0x2 may be indexed, 0x40 resident, 0x80 may leave the record), least and most bytes. @source Linux-NTFS "$AttrDef" */
const DEFINITIONS: readonly (readonly [string, number, number, number, number, number])[] = [
  ['$STANDARD_INFORMATION', 0x10, 0, 0x40, 0x30, 0x48],
  ['$ATTRIBUTE_LIST', 0x20, 0, 0x80, 0, -1],
  ['$FILE_NAME', 0x30, 0, 0x42, 0x44, 0x242],
  ['$OBJECT_ID', 0x40, 0, 0x40, 0, 0x100],
  ['$SECURITY_DESCRIPTOR', 0x50, 0, 0x80, 0, -1],
  ['$VOLUME_NAME', 0x60, 0, 0x40, 2, 0x100],
  ['$VOLUME_INFORMATION', 0x70, 0, 0x40, 0xc, 0xc],
  ['$DATA', 0x80, 0, 0, 0, -1],
  ['$INDEX_ROOT', 0x90, 0, 0x40, 0, -1],
  ['$INDEX_ALLOCATION', 0xa0, 0, 0x80, 0, -1],
  ['$BITMAP', 0xb0, 0, 0x80, 0, -1],
  ['$REPARSE_POINT', 0xc0, 0, 0x80, 0, 0x4000],
  ['$EA_INFORMATION', 0xd0, 0, 0x40, 8, 8],
  ['$EA', 0xe0, 0, 0, 0, 0x1_0000],
  ['$LOGGED_UTILITY_STREAM', 0x100, 0, 0x80, 0, 0x1_0000],
];

/** Contents of $AttrDef; the last row is empty. */
export function attributeDefinitions(): Uint8Array {
  const row = 0xa0;
  const out = new Uint8Array((DEFINITIONS.length + 1) * row);
  const view = viewOf(out);
  DEFINITIONS.forEach(([name, type, collation, flags, least, most], i) => {
    const at = i * row;
    out.set(encodeUtf16(name), at);
    view.setUint32(at + 0x80, type, true);
    view.setUint32(at + 0x88, collation, true);
    view.setUint32(at + 0x8c, flags, true);
    view.setBigInt64(at + 0x90, BigInt(least), true);
    view.setBigInt64(at + 0x98, BigInt(most), true);
  });
  return out;
}

/** What the boot sector says; sizes in bytes. */
export interface BootValue {
  readonly sectorBytes: number;
  readonly clusterBytes: number;
  readonly recordBytes: number;
  readonly indexBytes: number;
  readonly totalSectors: number;
  readonly hiddenSectors: number;
  readonly mftLcn: number;
  readonly mirrorLcn: number;
  readonly serial: bigint;
}

/** Clusters of a record, or below one cluster the negative base 2 logarithm of its bytes. */
function clustersOrPower(bytes: number, clusterBytes: number): number {
  return bytes >= clusterBytes ? bytes / clusterBytes : -Math.log2(bytes);
}

/** The boot sector: one sector. More than 128 sectors of a cluster are noted as a negative power of two. @source Linux-NTFS "$Boot"; [MS-FSCC] 2.5.2 for the size of clusters */
export function bootSector(value: BootValue): Uint8Array {
  const out = new Uint8Array(value.sectorBytes);
  const view = viewOf(out);
  out.set([0xeb, 0x52, 0x90]);
  out.set(new TextEncoder().encode('NTFS    '), 3);
  view.setUint16(11, value.sectorBytes, true);
  const sectors = value.clusterBytes / value.sectorBytes;
  view.setInt8(13, sectors > 128 ? -Math.log2(sectors) : sectors === 128 ? -128 : sectors);
  view.setUint8(21, 0xf8);
  view.setUint16(24, 63, true);
  view.setUint16(26, 255, true);
  view.setUint32(28, value.hiddenSectors, true);
  view.setUint32(36, 0x0080_0080, true);
  view.setBigUint64(40, BigInt(value.totalSectors), true);
  view.setBigUint64(48, BigInt(value.mftLcn), true);
  view.setBigUint64(56, BigInt(value.mirrorLcn), true);
  view.setInt8(64, clustersOrPower(value.recordBytes, value.clusterBytes));
  view.setInt8(68, clustersOrPower(value.indexBytes, value.clusterBytes));
  view.setBigUint64(72, value.serial, true);
  view.setUint16(510, 0xaa55, true);
  return out;
}
