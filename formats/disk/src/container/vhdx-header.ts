import { type ByteSource, Cursor, readUpTo } from '@winmedic/bytes';
import { DiskError } from '../errors.ts';
import { structureChecksum } from './crc32c.ts';
import { smallNumber } from './file.ts';
import type { Report } from './report.ts';

/** Places of the two headers, and their size. @source [MS-VHDX] 2.2.2 */
const HEADERS = [0x1_0000, 0x2_0000] as const;
const HEADER_BYTES = 4096;

/** The current header of a VHDX. @source [MS-VHDX] 2.2.2 */
export interface VhdxHeader {
  /** All 4096 bytes. */
  readonly bytes: Uint8Array;
  readonly offset: number;
  /** Where the header lies that is not current, or is damaged: the next one is written there. */
  readonly otherOffset: number;
  readonly sequence: bigint;
  /** `{...}` that a child names as its parent. */
  readonly dataWriteGuid: string;
  /** Undefined: the log is empty. */
  readonly logGuid: string | undefined;
  readonly logVersion: number;
  readonly logBytes: number;
  /** Undefined: beyond every file. */
  readonly logOffset: number | undefined;
}

const EMPTY_GUID = '{00000000-0000-0000-0000-000000000000}';

/**
 * The current one of both headers: the whole one with the higher sequence number.
 * @throws {DiskError} CONTAINER_HEADER when none is whole or two of the same number differ, CONTAINER_UNSUPPORTED for another version.
 */
export function readVhdxHeader(source: ByteSource, report: Report): VhdxHeader {
  const [first, second] = HEADERS.map((offset) => readOne(source, offset));
  for (const [i, header] of [first, second].entries()) if (header === undefined) report('CONTAINER_COPY', HEADERS[i]!, 'header');
  const current = first === undefined || (second !== undefined && second.sequence > first.sequence) ? second : first;
  if (current === undefined) throw new DiskError('CONTAINER_HEADER', 'both headers', { offset: HEADERS[0] });
  if (first !== undefined && second?.sequence === first.sequence && first.bytes.some((byte, i) => byte !== second.bytes[i])) {
    throw new DiskError('CONTAINER_HEADER', 'two headers of the same sequence number differ', {
      offset: HEADERS[0],
      have: String(first.sequence),
    });
  }
  const version = new Cursor(current.bytes, 66).u16('version');
  if (version !== 1) throw new DiskError('CONTAINER_UNSUPPORTED', 'version', { offset: current.offset + 66, need: 1, have: version });
  return current;
}

function readOne(source: ByteSource, offset: number): VhdxHeader | undefined {
  const bytes = readUpTo(source, offset, HEADER_BYTES);
  if (bytes.length < HEADER_BYTES) return undefined;
  const cursor = new Cursor(bytes, 0, offset);
  if (cursor.latin1(4, 'signature') !== 'head' || cursor.u32('checksum') !== structureChecksum(bytes)) return undefined;
  const sequence = cursor.u64('sequence number');
  cursor.skip(16, 'file write GUID');
  const dataWriteGuid = cursor.guid('data write GUID');
  const logGuid = cursor.guid('log GUID');
  const logVersion = cursor.u16('log version');
  cursor.skip(2, 'version');
  return {
    bytes,
    offset,
    otherOffset: offset === HEADERS[0] ? HEADERS[1] : HEADERS[0],
    sequence,
    dataWriteGuid,
    logGuid: logGuid === EMPTY_GUID ? undefined : logGuid,
    logVersion,
    logBytes: cursor.u32('log length'),
    logOffset: smallNumber(cursor.u64('log offset')),
  };
}

/**
 * The header that follows the current one: sequence number plus `step`, new GUIDs, no log.
 * @throws {DiskError} CONTAINER_LIMIT when the sequence number cannot grow.
 * @source [MS-VHDX] 2.2.2.1
 */
export function nextHeader(current: VhdxHeader, step: bigint, fileWriteGuid: Uint8Array, dataWriteGuid: Uint8Array): Uint8Array {
  const sequence = current.sequence + step;
  if (sequence >= 2n ** 64n)
    throw new DiskError('CONTAINER_LIMIT', 'sequence number', { offset: current.offset + 8, have: String(current.sequence) });
  const bytes = current.bytes.slice();
  const view = new DataView(bytes.buffer);
  view.setBigUint64(8, sequence, true);
  bytes.set(fileWriteGuid, 16);
  bytes.set(dataWriteGuid, 32);
  bytes.fill(0, 48, 64);
  view.setUint32(4, structureChecksum(bytes), true);
  return bytes;
}
