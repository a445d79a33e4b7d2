import type { ByteSource } from '@winmedic/bytes';
import { parseBaseBlock } from '../base-block.ts';
import { BASE_SECTOR, DIRT, HVLE } from '../layout.ts';
import { marvin32 } from '../marvin32.ts';
import type { HiveLogFile } from '../types.ts';
import type { Difference } from './draft.ts';

/*
 * Why logs from before a write cannot be played back over it (msuhanov/regf):
 * - "Dirty state of a hive": with equal sequence numbers and a right checksum a hive is not dirty, and log entries are ignored. Every write here ends so.
 * - "Log entries", note 7: recovery begins with an entry whose number is the primary number of its log's base block and not less than the secondary number
 *   of the hive. Both numbers are set above every number in the logs: even when the hive becomes dirty again (Windows raises the primary number before it
 *   writes), an older entry is less than the secondary number and stops the recovery.
 * - "Old format", notes 2 and 3: a log of the old format is valid by its own base block and belongs to the hive whose last-written time it repeats;
 *   its number is not compared with the hive's. Therefore the time of the hive is moved by one tick when a log has the same, in the base block
 *   and in the first bin, which stands in for a broken base block.
 * - All of that holds without touching the logs. In addition their base block and the head of their first entry are overwritten with zeros: "Base block"
 *   of logs, note 2, has a log without a valid base block repaired by the self-healing process, which would then find no entry and no dirty vector.
 */

/** Bytes of the header of an entry that its second hash covers, and that hash. */
const ENTRY_HEADER = 40;
/** Sectors read at once while searching entries. */
const PIECE_SECTORS = 128;

/** What the logs hold that a write must be above of. */
export interface LogTraces {
  /** Largest sequence number of any base block or entry in any log, applied or not; 0 without logs. */
  readonly highestSequence: number;
  /** Last-written times of logs of the old format. */
  readonly oldTimes: readonly bigint[];
}

/** Looks through whole logs, remnants behind the last entry included: they are found again when a later writer leaves them in place. */
export function traceLogs(logs: readonly HiveLogFile[]): LogTraces {
  let highestSequence = 0;
  const oldTimes: bigint[] = [];
  for (const { source } of logs) {
    const head = new Uint8Array(BASE_SECTOR);
    const base = parseBaseBlock(head.subarray(0, source.readAt(0, head)));
    if (base?.signature && base.checksumValid) {
      highestSequence = Math.max(highestSequence, base.primarySequence, base.secondarySequence);
      if (base.fileType !== 6) oldTimes.push(base.lastWritten);
    }
    highestSequence = Math.max(highestSequence, highestEntry(source));
  }
  return { highestSequence, oldTimes };
}

/** Largest sequence number of an entry that begins at any sector and whose header hash is right (another could never be applied). */
function highestEntry(source: ByteSource): number {
  const piece = new Uint8Array(PIECE_SECTORS * BASE_SECTOR);
  const view = new DataView(piece.buffer);
  let highest = 0;
  for (let start = BASE_SECTOR; start < source.sizeBytes; start += piece.length) {
    const got = source.readAt(start, piece);
    for (let at = 0; at + ENTRY_HEADER <= got; at += BASE_SECTOR) {
      if (view.getUint32(at, true) !== HVLE) continue;
      const hash = marvin32(piece.subarray(at, at + 32));
      if (hash.low !== view.getUint32(at + 32, true) || hash.high !== view.getUint32(at + 36, true)) continue;
      highest = Math.max(highest, view.getUint32(at + 12, true));
    }
    if (got < piece.length) break;
  }
  return highest;
}

/** Zeros over a log's base block and over the head of its first entry or dirty vector (second sector; 4096 with a clustering factor of 8). */
export function neutralise({ source }: HiveLogFile): Difference[] {
  const out: Difference[] = [];
  const clear = (offset: number, length: number): void => {
    const old = new Uint8Array(length);
    const there = old.subarray(0, source.readAt(offset, old));
    if (there.some((byte) => byte !== 0)) out.push({ offset, old: there, new: new Uint8Array(there.length) });
  };
  clear(0, 2 * BASE_SECTOR);
  const far = 8 * BASE_SECTOR;
  const mark = new Uint8Array(4);
  if (source.readAt(far, mark) === 4 && new DataView(mark.buffer).getUint32(0, true) === DIRT) clear(far, BASE_SECTOR);
  return out;
}
