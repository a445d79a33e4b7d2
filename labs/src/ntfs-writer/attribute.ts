import { encodeUtf16 } from '@winmedic/bytes';
import { alignUp, viewOf } from './numbers.ts';
import { encodeRuns } from './runs.ts';
import { ATTRIBUTE_FLAG, type InRecord, isStored, type Stored } from './stream.ts';

/** Attribute types. @source Linux-NTFS "Attributes" */
export const TYPE = {
  standardInformation: 0x10,
  attributeList: 0x20,
  fileName: 0x30,
  securityDescriptor: 0x50,
  volumeName: 0x60,
  volumeInformation: 0x70,
  data: 0x80,
  indexRoot: 0x90,
  indexAllocation: 0xa0,
  bitmap: 0xb0,
  reparsePoint: 0xc0,
} as const;

/** An attribute before it has a record. */
export interface Attribute {
  readonly type: number;
  readonly name: string;
  readonly body: InRecord | Stored;
  /** $FILE_NAME attributes are marked as indexed. */
  readonly indexed?: boolean;
}

/** An attribute, or of one in clusters the extent that begins with run `firstRun`. */
export interface Extent {
  readonly attribute: Attribute;
  readonly firstRun: number;
  readonly runCount: number;
  readonly bytes: Uint8Array;
  /** First VCN, as the attribute list has it. */
  readonly firstVcn: number;
}

/**
 * Encodes an attribute, or as many of its runs from `firstRun` on as fit into `room` bytes; undefined when not even one fits.
 * The attribute number (offset 14) is set later.
 * @source Linux-NTFS "Attribute header"
 */
export function encodeExtent(attribute: Attribute, firstRun = 0, room = Number.POSITIVE_INFINITY): Extent | undefined {
  const { body } = attribute;
  const name = encodeUtf16(attribute.name);
  if (!isStored(body)) {
    const valueAt = alignUp(24 + name.length, 8);
    const bytes = new Uint8Array(alignUp(valueAt + body.value.length, 8));
    if (bytes.length > room) return undefined;
    const view = viewOf(bytes);
    view.setUint32(0, attribute.type, true);
    view.setUint32(4, bytes.length, true);
    view.setUint8(9, attribute.name.length);
    view.setUint16(10, 24, true);
    view.setUint16(12, body.flags, true);
    view.setUint32(16, body.value.length, true);
    view.setUint16(20, valueAt, true);
    view.setUint8(22, attribute.indexed ? 1 : 0);
    bytes.set(name, 24);
    bytes.set(body.value, valueAt);
    return { attribute, firstRun: 0, runCount: 0, bytes, firstVcn: 0 };
  }
  const first = firstRun === 0;
  const nameAt = first && body.flags & (ATTRIBUTE_FLAG.compressed | ATTRIBUTE_FLAG.sparse) ? 72 : 64;
  const runsAt = alignUp(nameAt + name.length, 8);
  const runs = encodeRuns(body.runs.slice(firstRun), Math.floor(room / 8) * 8 - runsAt);
  if (runsAt + runs.bytes.length > room || (runs.count === 0 && body.runs.length > 0)) return undefined;
  const bytes = new Uint8Array(alignUp(runsAt + runs.bytes.length, 8));
  const view = viewOf(bytes);
  const firstVcn = body.runs[firstRun]?.vcn ?? 0;
  const last = body.runs[firstRun + runs.count - 1];
  view.setUint32(0, attribute.type, true);
  view.setUint32(4, bytes.length, true);
  view.setUint8(8, 1);
  view.setUint8(9, attribute.name.length);
  view.setUint16(10, nameAt, true);
  view.setUint16(12, body.flags, true);
  view.setBigUint64(16, BigInt(firstVcn), true);
  view.setBigInt64(24, BigInt(last ? last.vcn + last.clusters : 0) - 1n, true);
  view.setUint16(32, runsAt, true);
  view.setUint8(34, body.unit);
  if (first) {
    view.setBigUint64(40, BigInt(body.allocatedBytes), true);
    view.setBigUint64(48, BigInt(body.sizeBytes), true);
    view.setBigUint64(56, BigInt(body.initializedBytes), true);
    if (nameAt === 72) view.setBigUint64(64, BigInt(body.clusterBytesUsed), true);
  }
  bytes.set(name, nameAt);
  bytes.set(runs.bytes, runsAt);
  return { attribute, firstRun, runCount: runs.count, bytes, firstVcn };
}

/** Runs that are left behind an extent. */
export function runsLeft(extent: Extent): number {
  const { body } = extent.attribute;
  return isStored(body) ? body.runs.length - extent.firstRun - extent.runCount : 0;
}
