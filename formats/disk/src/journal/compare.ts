import { readUpTo } from '@winmedic/bytes';
import type { BlockDevice } from '../block/types.ts';
import { DiskError } from '../errors.ts';
import type { DiskComparison, Journal, JournalOptions } from './types.ts';

/**
 * How the disk stands to a journal: each byte of each stretch is compared with its old and its new one. Behind the old end of a file that grows, a byte
 * that is not there, or zero, counts as old: that is what growing leaves. Reads every stretch once; writes nothing.
 * @throws {DiskError} BLOCK_SHORT when the disk delivers less than its size says; JOURNAL_DAMAGED for the journal; JOURNAL_CANCELLED. What the disk
 * throws is passed on.
 */
export function compareDisk(
  journal: Journal,
  disk: BlockDevice,
  options: Pick<JournalOptions, 'onProgress' | 'signal'> = {},
): DiskComparison {
  const { sizeBefore, sizeAfter, changes } = journal.plan;
  const size = disk.sizeBytes;
  let older = size < sizeAfter ? 1 : 0;
  let newer = size > sizeBefore ? 1 : 0;
  let firstOld: DiskComparison['place'] = older > 0 ? { offset: size } : undefined;
  const foreign = (place: DiskComparison['place']): DiskComparison => ({
    state: 'foreign',
    old: older,
    new: newer,
    ...(place && { place }),
  });
  if (size < sizeBefore || size > sizeAfter) return foreign({ offset: size });
  let done = 0;
  for (const [index, change] of changes.entries()) {
    if (options.signal?.aborted === true)
      throw new DiskError('JOURNAL_CANCELLED', 'comparing the disk with the journal', { offset: change.offset });
    const { offset, old, new: fresh } = change;
    const need = Math.max(0, Math.min(fresh.length, size - offset));
    const now = readUpTo(disk, offset, need);
    if (now.length !== need) throw new DiskError('BLOCK_SHORT', 'comparing the disk with the journal', { offset, need, have: now.length });
    for (let at = 0; at < need; at++) {
      const byte = now[at];
      const before = at < old.length ? old[at] : 0;
      const after = fresh[at];
      if (byte !== after && byte !== before) return foreign({ offset: offset + at, change: index });
      if (before === after) continue;
      if (byte === after) newer++;
      else {
        older++;
        if (firstOld?.change === undefined) firstOld = { offset: offset + at, change: index };
      }
    }
    done += fresh.length;
    options.onProgress?.({ step: 'compare', done, total: journal.bytes });
  }
  const counts = { old: older, new: newer };
  if (newer === 0) return { state: 'untouched', ...counts };
  if (older === 0) return { state: 'changed', ...counts };
  return { state: 'torn', ...counts, ...(firstOld && { place: firstOld }) };
}
