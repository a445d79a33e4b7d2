import { type ByteSource, readUpTo, viewOf } from '@winmedic/bytes';
import { isFilled, undoFixups } from './fixups.ts';
import { RECORD_PAGE, TAIL_PAGES } from './layout.ts';
import { CACHED_PAGES, PAGES_PER_READ } from './limits.ts';
import type { RestartPage } from './restart.ts';

/** A whole log page, protection undone. */
export interface LogPage {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Highest LSN the page's header names: of the last record that begins or ends on it. */
  readonly newestLsn: bigint;
  /** LSN of the last record that ends on it. */
  readonly lastEndLsn: bigint;
  /** Read from a tail page: the regular page was older or torn. */
  readonly fromTail: boolean;
}

/** What lies at the place of a regular page: `used` for a whole one, `blank` for all 0xFF or all zero, `torn` for everything else, `missing` behind the end. */
export type PageState = 'used' | 'blank' | 'torn' | 'missing';

/** A place in the log: the best versions of the page first, and how the regular one is. */
export interface PagePlace {
  readonly versions: readonly LogPage[];
  readonly regular: PageState;
  /** Highest LSN in the header of the regular page, also of a torn one; 0 when there is none. */
  readonly claimedLsn: bigint;
  /**
   * What the regular page held may be lost: it cannot be read, and no tail page is as new as it claims to be. A tail page is written before the page itself
   * is written over, so that one of the two is always whole.
   */
  readonly lost: boolean;
}

/** Geometry of a log and its pages. Reads on demand; keeps the last pages read. */
export interface LogPages {
  readonly pageBytes: number;
  readonly dataOffset: number;
  /** Offset of the first regular page and end of the last. */
  readonly first: number;
  readonly end: number;
  /** LSNs up to which records are known to have been written, from the tail pages. */
  readonly tailEndLsn: bigint;
  /** Byte offset that an LSN names; may lie anywhere. */
  offsetOf(lsn: bigint): number;
  /** LSN of a record at `offset` that follows the record of LSN `after`: one sequence number higher when the log wrapped around. */
  lsnAt(offset: number, after: bigint): bigint;
  /** Offset of the page behind the one at `offset`. */
  nextPage(offset: number): number;
  /** The page at `offset` (of a regular page). */
  at(offset: number): PagePlace;
}

/** Pages of a log of version 1.1 or 2.0. @returns undefined when the log is too short for its own tail pages. */
export function openPages(source: ByteSource, restart: RestartPage): LogPages | undefined {
  const { systemPageBytes, logPageBytes: pageBytes, dataOffset, fileBytes } = restart;
  const fast = restart.major === 2;
  const tailsAt = 2 * systemPageBytes;
  const first = tailsAt + (fast ? TAIL_PAGES.fast : TAIL_PAGES.packed) * pageBytes;
  const end = first + Math.floor((fileBytes - first) / pageBytes) * pageBytes;
  if (end <= first) return undefined;
  const tails = readTails(source, { tailsAt, first, end, pageBytes, dataOffset, fast });
  const offsetBits = BigInt(64 - restart.sequenceBits);
  const offsetMask = (1n << offsetBits) - 1n;
  const cache = new Map<number, PagePlace>();

  function fill(offset: number): void {
    const block = readUpTo(source, offset, Math.min(PAGES_PER_READ * pageBytes, end - offset));
    for (let at = 0; at < Math.max(block.length, pageBytes); at += pageBytes) {
      const place = placeOf(block.slice(at, at + pageBytes), pageBytes, dataOffset, tails.get(offset + at) ?? []);
      cache.delete(offset + at);
      cache.set(offset + at, place);
    }
    for (const key of cache.keys()) {
      if (cache.size <= CACHED_PAGES) break;
      cache.delete(key);
    }
  }

  return {
    pageBytes,
    dataOffset,
    first,
    end,
    tailEndLsn: [...tails.values()].flat().reduce((most, page) => (page.lastEndLsn > most ? page.lastEndLsn : most), 0n),
    offsetOf: (lsn) => Number(lsn & offsetMask) * 8,
    lsnAt(offset, after) {
      const lsn = (after & ~offsetMask) | BigInt(offset / 8);
      return lsn > after ? lsn : lsn + offsetMask + 1n;
    },
    nextPage: (offset) => (offset + pageBytes < end ? offset + pageBytes : first),
    at(offset) {
      if (!cache.has(offset)) fill(offset);
      return cache.get(offset) ?? { versions: [], regular: 'missing', claimedLsn: 0n, lost: true };
    },
  };
}

interface TailGeometry {
  readonly tailsAt: number;
  readonly first: number;
  readonly end: number;
  readonly pageBytes: number;
  readonly dataOffset: number;
  readonly fast: boolean;
}

/**
 * Tail pages: newer versions of regular pages, written before the page itself is written over. In version 1.1 the field of the last LSN holds the offset
 * of the page they stand for, in 2.0 a field of its own.
 */
function readTails(source: ByteSource, { tailsAt, first, end, pageBytes, dataOffset, fast }: TailGeometry): Map<number, LogPage[]> {
  const tails = new Map<number, LogPage[]>();
  const block = readUpTo(source, tailsAt, first - tailsAt);
  for (let at = 0; at + pageBytes <= block.length; at += pageBytes) {
    const bytes = block.slice(at, at + pageBytes);
    if (!isRecordPage(bytes) || !undoFixups(bytes, RECORD_PAGE.lastEndLsn + 8, dataOffset)) continue;
    const view = viewOf(bytes);
    const target = fast ? view.getUint32(RECORD_PAGE.tailTarget, true) : Number(view.getBigUint64(RECORD_PAGE.lastLsn, true));
    if (target < first || target >= end || (target - first) % pageBytes !== 0) continue;
    const lastEndLsn = view.getBigUint64(RECORD_PAGE.lastEndLsn, true);
    const lastLsn = fast ? view.getBigUint64(RECORD_PAGE.lastLsn, true) : 0n;
    const list = tails.get(target) ?? [];
    list.push({ bytes, view, lastEndLsn, newestLsn: lastLsn > lastEndLsn ? lastLsn : lastEndLsn, fromTail: true });
    tails.set(target, list);
  }
  return tails;
}

function placeOf(bytes: Uint8Array, pageBytes: number, dataOffset: number, tails: readonly LogPage[]): PagePlace {
  const regular = regularPage(bytes, pageBytes, dataOffset);
  const versions = [...(regular.page === undefined ? [] : [regular.page]), ...tails];
  // The newest version counts; of two that are as new the regular one (sorting keeps the order of equals).
  versions.sort((a, b) => (a.lastEndLsn === b.lastEndLsn ? 0 : a.lastEndLsn > b.lastEndLsn ? -1 : 1));
  const newest = versions[0]?.lastEndLsn;
  const lost = regular.state === 'missing' || (regular.state === 'torn' && (newest === undefined || newest < regular.claimedEndLsn));
  return { versions, regular: regular.state, claimedLsn: regular.claimedLsn, lost };
}

function regularPage(
  bytes: Uint8Array,
  pageBytes: number,
  dataOffset: number,
): { readonly state: PageState; readonly page?: LogPage; readonly claimedLsn: bigint; readonly claimedEndLsn: bigint } {
  if (bytes.length < pageBytes) return { state: 'missing', claimedLsn: 0n, claimedEndLsn: 0n };
  if (isRecordPage(bytes)) {
    const view = viewOf(bytes);
    const lastEndLsn = view.getBigUint64(RECORD_PAGE.lastEndLsn, true);
    const lastLsn = view.getBigUint64(RECORD_PAGE.lastLsn, true);
    const newestLsn = lastLsn > lastEndLsn ? lastLsn : lastEndLsn;
    if (!undoFixups(bytes, RECORD_PAGE.lastEndLsn + 8, dataOffset)) {
      return { state: 'torn', claimedLsn: newestLsn, claimedEndLsn: lastEndLsn };
    }
    return {
      state: 'used',
      page: { bytes, view, newestLsn, lastEndLsn, fromTail: false },
      claimedLsn: newestLsn,
      claimedEndLsn: lastEndLsn,
    };
  }
  return { state: isFilled(bytes, 0xff) || isFilled(bytes, 0) ? 'blank' : 'torn', claimedLsn: 0n, claimedEndLsn: 0n };
}

function isRecordPage(bytes: Uint8Array): boolean {
  return bytes[0] === 0x52 && bytes[1] === 0x43 && bytes[2] === 0x52 && bytes[3] === 0x44;
}
