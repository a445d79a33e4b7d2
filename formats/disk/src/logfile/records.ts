import { viewOf } from '@winmedic/bytes';
import { NTFS_RECORD, RECORD, RECORD_TYPE } from './layout.ts';
import { MAX_RECORD_BYTES } from './limits.ts';
import type { LogPage, LogPages } from './pages.ts';

/** A record of LFS: header and the client's data. */
export interface RawRecord {
  readonly lsn: bigint;
  /** Offset in the log. */
  readonly offset: number;
  readonly previousLsn: bigint;
  readonly undoNextLsn: bigint;
  readonly clientIndex: number;
  readonly type: number;
  readonly transactionId: number;
  readonly data: Uint8Array;
  /** Where the next record begins, and its LSN if there is one. */
  readonly next: { readonly offset: number; readonly lsn: bigint };
}

/**
 * Why there is no record: `absent` (whole or blank pages that hold something else: the log ends before), `incomplete` (it began, its end was not written),
 * `torn` (the page it would be on cannot be read), `malformed` (its header is impossible).
 */
export type NoRecord = 'absent' | 'incomplete' | 'torn' | 'malformed';

/** The record of an LSN, or why there is none. */
export function readRecord(pages: LogPages, lsn: bigint): RawRecord | NoRecord {
  const offset = pages.offsetOf(lsn);
  if (offset < pages.first || offset >= pages.end) return 'malformed';
  const within = (offset - pages.first) % pages.pageBytes;
  const pageAt = offset - within;
  if (within < pages.dataOffset || within + RECORD.header > pages.pageBytes) return 'malformed';
  const place = pages.at(pageAt);
  // A version that is not the newest may be the only one that holds the record: one that begins on the page and does not end there changes no LSN of it.
  const page = place.versions.find((version) => version.view.getBigUint64(within + RECORD.thisLsn, true) === lsn);
  if (page === undefined) return place.lost ? 'torn' : 'absent';
  const { view } = page;
  const dataBytes = view.getUint32(within + RECORD.dataBytes, true);
  const type = view.getUint32(within + RECORD.type, true);
  if (dataBytes > MAX_RECORD_BYTES || dataBytes > pages.end - pages.first) return 'malformed';
  if (type !== RECORD_TYPE.client && type !== RECORD_TYPE.restart) return 'malformed';
  const body = readBody(pages, page, pageAt, within + RECORD.header, dataBytes, lsn);
  if (typeof body === 'string') return body;
  return {
    lsn,
    offset,
    previousLsn: view.getBigUint64(within + RECORD.previousLsn, true),
    undoNextLsn: view.getBigUint64(within + RECORD.undoNextLsn, true),
    clientIndex: view.getUint16(within + RECORD.clientIndex, true),
    type,
    transactionId: view.getUint32(within + RECORD.transaction, true),
    data: body.data,
    next: { offset: body.next, lsn: pages.lsnAt(body.next, lsn) },
  };
}

/** Client data, which may go on at the data offset of the pages that follow. */
function readBody(
  pages: LogPages,
  page: LogPage,
  pageAt: number,
  from: number,
  dataBytes: number,
  lsn: bigint,
): { readonly data: Uint8Array; readonly next: number } | NoRecord {
  const data = new Uint8Array(dataBytes);
  let at = pageAt;
  let position = from;
  let current = page;
  for (let done = 0; ; ) {
    const part = Math.min(dataBytes - done, pages.pageBytes - position);
    data.set(current.bytes.subarray(position, position + part), done);
    done += part;
    position += part;
    if (done === dataBytes) break;
    at = pages.nextPage(at);
    position = pages.dataOffset;
    const place = pages.at(at);
    const last = dataBytes - done <= pages.pageBytes - position;
    // The page the record ends on names it, or a later one, as ended. Pages in between are only known not to be of an earlier round.
    const found = place.versions.find((version) => (last ? version.lastEndLsn >= lsn : version.newestLsn >= page.lastEndLsn));
    if (found === undefined) return place.lost ? 'torn' : 'incomplete';
    current = found;
  }
  const aligned = position + (-position & 7);
  return { data, next: pages.pageBytes - aligned < RECORD.header ? pages.nextPage(at) + pages.dataOffset : at + aligned };
}

/**
 * The record behind another: at the place the page arithmetic gives, else at the beginning of the next page (a log that is opened again may leave the rest of a
 * page free). Each is known by its exact LSN, so that what an earlier round of the log left is never taken for a record.
 */
export function readNext(pages: LogPages, record: RawRecord): RawRecord | NoRecord {
  const here = readRecord(pages, record.next.lsn);
  if (here !== 'absent') return here;
  const { offset } = record.next;
  const pageAt = offset - ((offset - pages.first) % pages.pageBytes);
  if (offset === pageAt + pages.dataOffset) return 'absent';
  const there = pages.nextPage(pageAt) + pages.dataOffset;
  const next = readRecord(pages, pages.lsnAt(there, record.lsn));
  return typeof next === 'string' ? 'absent' : next;
}

/** Client data of a record of NTFS, as it stands in the log. Lengths are those the record claims. */
export interface NtfsRecord {
  readonly raw: RawRecord;
  readonly redo: number;
  readonly undo: number;
  readonly target: number;
  readonly vcn: number;
  readonly clusterBlock: number;
  readonly recordOffset: number;
  readonly attributeOffset: number;
  readonly redoBytes: number;
  readonly undoBytes: number;
  /** Clusters; -1 for numbers no volume has, and for 0, which NTFS writes for clusters that were given back meanwhile (not documented: treated as unknown). */
  readonly lcns: readonly number[];
}

/** Reads the client data. @returns undefined when it is too short or names an impossible place. */
export function readNtfsRecord(raw: RawRecord): NtfsRecord | undefined {
  const { data } = raw;
  if (data.length < NTFS_RECORD.lcns) return undefined;
  const view = viewOf(data);
  const u16 = (at: number) => view.getUint16(at, true);
  const count = u16(NTFS_RECORD.lcnCount);
  const vcn = view.getBigUint64(NTFS_RECORD.vcn, true);
  // More clusters than a volume can have (2^32 - 1, [MS-FSCC]); offsets in bytes stay exact in a double below it.
  if (NTFS_RECORD.lcns + count * 8 > data.length || vcn > 0xffffffffn) return undefined;
  const lcns: number[] = [];
  for (let i = 0; i < count; i++) {
    const lcn = view.getBigInt64(NTFS_RECORD.lcns + i * 8, true);
    lcns.push(lcn > 0n && lcn <= 0xffffffffn ? Number(lcn) : -1);
  }
  return {
    raw,
    redo: u16(NTFS_RECORD.redo),
    undo: u16(NTFS_RECORD.undo),
    target: u16(NTFS_RECORD.target),
    vcn: Number(vcn),
    clusterBlock: u16(NTFS_RECORD.clusterBlock),
    recordOffset: u16(NTFS_RECORD.recordOffset),
    attributeOffset: u16(NTFS_RECORD.attributeOffset),
    redoBytes: u16(NTFS_RECORD.redoBytes),
    undoBytes: u16(NTFS_RECORD.undoBytes),
    lcns,
  };
}

/** Data of the redo or undo operation; undefined when it does not lie in the record. `bytes`: length when the record's own is not to be used. */
export function operationData(
  record: NtfsRecord,
  side: 'redo' | 'undo',
  bytes = side === 'redo' ? record.redoBytes : record.undoBytes,
): Uint8Array | undefined {
  const { data } = record.raw;
  const at = viewOf(data).getUint16(side === 'redo' ? NTFS_RECORD.redoOffset : NTFS_RECORD.undoOffset, true);
  return at + bytes <= data.length ? data.subarray(at, at + bytes) : undefined;
}
