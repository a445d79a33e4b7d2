import { type ByteSource, Cursor, readUpTo } from '@winmedic/bytes';
import { DiskError } from '../errors.ts';
import { structureChecksum } from './crc32c.ts';
import { MIB, smallNumber } from './file.ts';
import type { Report } from './report.ts';
import type { VhdxHeader } from './vhdx-header.ts';

/** Places of the two region tables, and their size. @source [MS-VHDX] 2.2.3 */
const TABLES = [0x3_0000, 0x4_0000] as const;
const TABLE_BYTES = 0x1_0000;

/** @source [MS-VHDX] 2.2.3.1 EntryCount */
const MAX_ENTRIES = 2047;

/** Known regions. @source [MS-VHDX] 2.2.3.2 */
const BAT = '{2dc27766-f623-4200-9d64-115e9bfd4a08}';
const METADATA = '{8b7ca206-4790-4b9a-b8fe-575f050f886e}';

/** A stretch of the file. */
export interface Region {
  readonly offset: number;
  readonly sizeBytes: number;
}

/** The regions of a VHDX. */
export interface Regions {
  readonly bat: Region;
  readonly metadata: Region;
  /** Everything no block may lie in besides the first MiB: all regions, known or not, and the log. */
  readonly reserved: readonly Region[];
  /** Both tables are whole and differ: readable by the first, not to be written. */
  readonly unclear: boolean;
}

/**
 * Reads the region table, the second one when the first is damaged.
 * @param source the file with its log replayed: updates of the table go through the log.
 * @throws {DiskError} CONTAINER_HEADER when both are damaged, a region is missing or lies where none can; CONTAINER_UNSUPPORTED for a required region
 * nobody here knows.
 */
export function readRegions(source: ByteSource, header: VhdxHeader, report: Report): Regions {
  const [first, second] = TABLES.map((offset) => readTable(source, offset));
  for (const [i, table] of [first, second].entries()) if (table === undefined) report('CONTAINER_COPY', TABLES[i]!, 'region table');
  const table = first ?? second;
  if (table === undefined) throw new DiskError('CONTAINER_HEADER', 'both region tables', { offset: TABLES[0] });
  const unclear = first !== undefined && second !== undefined && entryBytes(first).some((byte, i) => i >= 8 && byte !== second[i]);
  if (unclear) report('CONTAINER_FIELD', TABLES[1], 'region tables that differ');

  const offset = table === first ? TABLES[0] : TABLES[1];
  const count = new Cursor(table, 8, offset).u32('entry count');
  if (count > MAX_ENTRIES)
    throw new DiskError('CONTAINER_LIMIT', 'regions', { offset: offset + 8, need: `at most ${MAX_ENTRIES}`, have: count });
  const known = new Map<string, Region>();
  const reserved: Region[] = [];
  const cursor = new Cursor(table, 16, offset);
  for (let i = 0; i < count; i++) {
    const place = offset + cursor.position;
    const id = cursor.guid('region');
    const start = smallNumber(cursor.u64('region offset'));
    const region = { offset: start ?? Number.MAX_SAFE_INTEGER, sizeBytes: cursor.u32('region length') };
    const required = (cursor.u32('required') & 1) !== 0;
    if (id !== BAT && id !== METADATA && required) throw new DiskError('CONTAINER_UNSUPPORTED', `required region ${id}`, { offset: place });
    if (!isPlace(region, source.sizeBytes)) {
      throw new DiskError('CONTAINER_HEADER', `place of region ${id}`, { offset: place + 16, need: source.sizeBytes, have: region.offset });
    }
    if (known.has(id)) throw new DiskError('CONTAINER_HEADER', `region ${id} twice`, { offset: place });
    known.set(id, region);
    reserved.push(region);
  }
  const bat = known.get(BAT);
  const metadata = known.get(METADATA);
  if (bat === undefined || metadata === undefined) {
    throw new DiskError('CONTAINER_HEADER', 'region table without block allocation table or metadata', { offset });
  }
  const log = { offset: header.logOffset ?? Number.MAX_SAFE_INTEGER, sizeBytes: header.logBytes };
  if (isPlace(log, source.sizeBytes)) reserved.push(log);
  else if (log.sizeBytes > 0) report('CONTAINER_FIELD', header.offset + 72, 'place of the log', source.sizeBytes, log.offset);
  const sorted = reserved.toSorted((a, b) => a.offset - b.offset);
  const overlap = sorted.find((region, i) => i > 0 && sorted[i - 1]!.offset + sorted[i - 1]!.sizeBytes > region.offset);
  if (overlap !== undefined) throw new DiskError('CONTAINER_HEADER', 'regions that overlap', { offset: overlap.offset });
  return { bat, metadata, reserved, unclear };
}

/** A region or log starts and ends at whole MiB behind the header section, inside the file. @source [MS-VHDX] 2.2.2, 2.2.3.2 */
export function isPlace(region: Region, fileBytes: number): boolean {
  return (
    region.offset >= MIB &&
    region.offset % MIB === 0 &&
    region.sizeBytes > 0 &&
    region.sizeBytes % MIB === 0 &&
    region.offset + region.sizeBytes <= fileBytes
  );
}

function readTable(source: ByteSource, offset: number): Uint8Array | undefined {
  const bytes = readUpTo(source, offset, TABLE_BYTES);
  if (bytes.length < TABLE_BYTES) return undefined;
  const cursor = new Cursor(bytes, 0, offset);
  return cursor.latin1(4, 'signature') === 'regi' && cursor.u32('checksum') === structureChecksum(bytes) ? bytes : undefined;
}

/** The part of a table that means something: the space behind the last entry is reserved (and counts in the checksum only). */
function entryBytes(table: Uint8Array): Uint8Array {
  return table.subarray(0, 16 + Math.min(MAX_ENTRIES, new Cursor(table, 8).u32('entry count')) * 32);
}
