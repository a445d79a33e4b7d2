import type { ByteSource } from '@winmedic/bytes';
import { BASE_BLOCK_SIZE, BASE_SECTOR, HVLE, PAGE_SIZE } from './layout.ts';
import type { Stopped } from './log-file.ts';
import { Marvin32 } from './marvin32.ts';
import type { Patches } from './patches.ts';

/** Bytes of an entry in front of its page references. */
const ENTRY_HEADER = 40;
/** Bytes hashed or parsed at once. */
const PIECE = 1 << 18;

/** What the entries of one log did to the hive. */
export interface AppliedEntries {
  readonly applied: number;
  readonly stopped: Stopped;
  /** Byte offset in the log at which it stopped. */
  readonly at: number;
  readonly firstSequence: number | undefined;
  readonly lastSequence: number | undefined;
  /** Hive bins data size after the entries. */
  readonly binsDataSize: number;
  /** The hive's flags after the entries: only bit 0 is taken from them. */
  readonly flags: number;
}

/** State of the hive in front of a log. */
export interface BeforeEntries {
  readonly binsDataSize: number;
  readonly flags: number;
  /** Sequence number the first entry must have. */
  readonly sequence: number;
  readonly maxHiveBytes: number;
}

/** The hash over [from, to) of a source, and whether all of it was there. */
function hashOf(source: ByteSource, from: number, to: number): { readonly low: number; readonly high: number } | undefined {
  const hash = new Marvin32();
  for (let at = from; at < to; at += PIECE) {
    const piece = new Uint8Array(Math.min(PIECE, to - at));
    if (source.readAt(at, piece) < piece.length) return undefined;
    hash.update(piece);
  }
  return hash.digest();
}

/**
 * Applies the entries of a log of Windows 8.1 and later, from its first on as long as sequence numbers follow each other and hashes are right.
 * @source msuhanov/regf, "New format", "Log entries" with notes 5 to 11
 */
export function applyEntries(source: ByteSource, before: BeforeEntries, patches: Patches): AppliedEntries {
  const header = new Uint8Array(ENTRY_HEADER);
  const view = new DataView(header.buffer);
  let { binsDataSize, flags, sequence } = before;
  let applied = 0;
  let at = BASE_SECTOR;
  const stop = (stopped: Stopped): AppliedEntries => ({
    applied,
    stopped,
    at,
    firstSequence: applied > 0 ? before.sequence : undefined,
    lastSequence: applied > 0 ? sequence - 1 : undefined,
    binsDataSize,
    flags,
  });
  for (;;) {
    if (source.readAt(at, header) < ENTRY_HEADER || view.getUint32(0, true) !== HVLE) return stop('end');
    const second = new Marvin32().update(header.subarray(0, 32)).digest();
    if (view.getUint32(32, true) !== second.low || view.getUint32(36, true) !== second.high) return stop('bad-hash');
    // Behind the newest entry lie those of an earlier use of the file.
    const found = view.getUint32(12, true);
    if (found !== sequence) return stop(found < sequence ? 'end' : 'gap');
    const size = view.getUint32(4, true);
    const grown = view.getUint32(16, true);
    // A hive only grows: what lies behind a smaller size stays free space.
    const after = Math.max(binsDataSize, grown);
    const references = view.getUint32(20, true);
    if (size < ENTRY_HEADER || size % BASE_SECTOR !== 0 || grown % PAGE_SIZE !== 0 || after + BASE_BLOCK_SIZE > before.maxHiveBytes)
      return stop('bad-size');
    if (at + size > source.sizeBytes) return stop('truncated');
    const dataStart = ENTRY_HEADER + references * 8;
    if (dataStart > size || !patches.hasRoom(references)) return stop('bad-size');
    const first = hashOf(source, at + ENTRY_HEADER, at + size);
    if (first === undefined) return stop('truncated');
    if (view.getUint32(24, true) !== first.low || view.getUint32(28, true) !== first.high) return stop('bad-hash');
    const list = new Uint8Array(references * 8);
    source.readAt(at + ENTRY_HEADER, list);
    const pairs = new DataView(list.buffer);
    let data = dataStart;
    for (let i = 0; i < references; i++) {
      const length = pairs.getUint32(i * 8 + 4, true);
      if (length === 0 || pairs.getUint32(i * 8, true) + length > after || data + length > size) return stop('bad-size');
      data += length;
    }
    data = at + dataStart;
    for (let i = 0; i < references; i++) {
      const length = pairs.getUint32(i * 8 + 4, true);
      patches.add(BASE_BLOCK_SIZE + pairs.getUint32(i * 8, true), length, source, data);
      data += length;
    }
    binsDataSize = after;
    flags = (flags & ~1) | (view.getUint32(8, true) & 1);
    applied++;
    sequence++;
    at += size;
  }
}
