import type { BlockPlan } from '../block/types.ts';

/*
 * A journal, little-endian. Written once from front to back, then only appended to.
 *
 *   head     0  magic `WMUNDO1\n`
 *            8  u32 bytes of the header's JSON
 *           12  u32 number of changes
 *           16  u64 size of the disk before, 24 u64 after
 *           32  u32 CRC-32 of the 32 bytes before
 *           36  JSON (UTF-8), then digest 0: SHA-256 of everything up to here
 *   change   0  `CHNG`, 4 u32 epoch, 8 u64 offset, 16 u32 old length, 20 u32 new length, 24 u32 CRC-32 of the 24 bytes before
 *           28  old bytes, new bytes, then digest n: SHA-256 of digest n-1 and everything of this change up to here
 *   seal     0  `SEAL`, 4 28 zero bytes, then the digest: SHA-256 of the last digest and these 32 bytes
 *   state    0  `APPL` (applied) or `UNDO` (undone), 4 28 zero bytes, then the digest: SHA-256 of the seal's digest and these 32 bytes
 *
 * Each digest covers all before it, so that nothing can be left out or exchanged, and a writer or reader holds one change at a time. The CRCs keep a damaged
 * length from being taken for a journal that ends too early. The seal follows only
 * after everything before it was flushed; without a seal the disk was not touched. State records stand in slots of 64 bytes behind the seal: a slot that
 * holds no whole record (torn at a power cut) is passed over, and the next one is appended at the following slot.
 */

/** First bytes of a journal. */
export const MAGIC = new TextEncoder().encode('WMUNDO1\n');

/** Fixed part of the head, with its CRC. */
export const HEAD_BYTES = 36;

/** Fixed part of a change, with its CRC. */
export const CHANGE_HEAD_BYTES = 28;

/** SHA-256. */
export const DIGEST_BYTES = 32;

/** Seal and state records. */
export const SLOT_BYTES = 64;

/** JSON of the header: actions name each file and value that is changed; some thousands of them fit. */
export const MOST_JSON_BYTES = 0x100_0000;

/** As many as sectors of 512 bytes fit into what an overlay holds by default (512 MiB). */
export const MOST_CHANGES = 0x10_0000;

/** Longest old or new part of a change in a journal; longer ones are stored in pieces. So one change is what memory holds. */
export const MOST_CHANGE_BYTES = 0x10_0000;

/** State records read: nobody applies and undoes a journal a thousand times, and a torn or appended tail must not be searched for ever. */
export const MOST_SLOTS = 1024;

/** First four bytes of the records. */
export const TAG = { change: 'CHNG', seal: 'SEAL', applied: 'APPL', undone: 'UNDO' } as const;

/** The 32 bytes of a seal or state record before its digest. */
export function slotHead(tag: string): Uint8Array {
  const head = new Uint8Array(SLOT_BYTES - DIGEST_BYTES);
  head.set(new TextEncoder().encode(tag));
  return head;
}

/** A stretch of a plan without its bytes. */
export interface Stretch {
  readonly offset: number;
  readonly epoch: number;
  readonly oldLength: number;
  readonly newLength: number;
}

/**
 * What is wrong with the stretches of a plan, in words for a message; undefined when nothing is. A plan that contradicts itself could not be undone:
 * stretches must lie inside the disk, not overlap, stand in the order of their epochs, and have all old bytes the disk has there.
 */
export function planFault(plan: Pick<BlockPlan, 'sizeBefore' | 'sizeAfter'>, stretches: readonly Stretch[]): string | undefined {
  const { sizeBefore, sizeAfter } = plan;
  if (!(Number.isSafeInteger(sizeBefore) && Number.isSafeInteger(sizeAfter) && sizeBefore >= 0 && sizeAfter >= sizeBefore)) {
    return 'sizes of the disk before and after';
  }
  let epoch = 0;
  for (const change of stretches) {
    const { offset, oldLength, newLength } = change;
    if (!(Number.isSafeInteger(offset) && offset >= 0 && newLength > 0 && offset + newLength <= sizeAfter))
      return 'change outside the disk';
    if (oldLength !== Math.max(0, Math.min(newLength, sizeBefore - offset))) return 'old bytes missing from a change';
    if (!(Number.isSafeInteger(change.epoch) && change.epoch >= epoch && change.epoch <= 0xffff_ffff)) return 'epochs out of order';
    epoch = change.epoch;
  }
  let end = 0;
  for (const change of [...stretches].sort((a, b) => a.offset - b.offset)) {
    if (change.offset < end) return 'changes that overlap';
    end = change.offset + change.newLength;
  }
  return undefined;
}
