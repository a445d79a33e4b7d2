import { crc32, joinBytes } from '@winmedic/bytes';
import type { BlockPlan } from '../block/types.ts';
import { DiskError } from '../errors.ts';
import {
  CHANGE_HEAD_BYTES,
  HEAD_BYTES,
  MAGIC,
  MOST_CHANGE_BYTES,
  MOST_CHANGES,
  MOST_JSON_BYTES,
  planFault,
  type Stretch,
  slotHead,
  TAG,
} from './layout.ts';
import { readJournal } from './read-journal.ts';
import type { Journal, JournalHeader, JournalStore, Sha256 } from './types.ts';

/**
 * Writes a plan into an empty store, flushes it, seals it, flushes again, and reads it back: when this returns, the journal is whole and on its disk.
 * @returns the journal as read back, for {@link applyJournal}.
 * @throws {DiskError} JOURNAL_WRITE when the store is not empty, takes less than it was given (full disk) or throws; JOURNAL_PLAN for a plan that
 * contradicts itself or is too large. Whatever it throws: the disk was not touched.
 */
export function writeJournal(store: JournalStore, header: JournalHeader, plan: BlockPlan, sha256: Sha256): Journal {
  if (store.sizeBytes !== 0) throw new DiskError('JOURNAL_WRITE', 'journal file that is not empty', { need: 0, have: store.sizeBytes });
  const stretches = stretchesOf(plan);
  const fault = stretches.length > MOST_CHANGES ? 'number of changes' : planFault(plan, stretches);
  if (fault !== undefined) throw new DiskError('JOURNAL_PLAN', fault, { have: stretches.length });
  const json = new TextEncoder().encode(JSON.stringify(header));
  if (json.length > MOST_JSON_BYTES)
    throw new DiskError('JOURNAL_PLAN', 'header of the journal', { need: MOST_JSON_BYTES, have: json.length });

  const head = new Uint8Array(HEAD_BYTES);
  const view = new DataView(head.buffer);
  head.set(MAGIC);
  view.setUint32(8, json.length, true);
  view.setUint32(12, stretches.length, true);
  view.setBigUint64(16, BigInt(plan.sizeBefore), true);
  view.setBigUint64(24, BigInt(plan.sizeAfter), true);
  view.setUint32(32, crc32(head.subarray(0, 32)), true);
  let digest = sha256(joinBytes(head, json));
  append(store, joinBytes(head, json, digest));

  for (const change of plan.changes) {
    const { old, new: fresh } = change;
    for (let at = 0; at < fresh.length; at += MOST_CHANGE_BYTES) {
      const oldPart = old.subarray(at, at + MOST_CHANGE_BYTES);
      const newPart = fresh.subarray(at, at + MOST_CHANGE_BYTES);
      const changeHead = new Uint8Array(CHANGE_HEAD_BYTES);
      const changeView = new DataView(changeHead.buffer);
      changeHead.set(new TextEncoder().encode(TAG.change));
      changeView.setUint32(4, change.epoch, true);
      changeView.setBigUint64(8, BigInt(change.offset + at), true);
      changeView.setUint32(16, oldPart.length, true);
      changeView.setUint32(20, newPart.length, true);
      changeView.setUint32(24, crc32(changeHead.subarray(0, 24)), true);
      digest = sha256(joinBytes(digest, changeHead, oldPart, newPart));
      append(store, joinBytes(changeHead, oldPart, newPart, digest));
    }
  }
  flush(store);
  const seal = slotHead(TAG.seal);
  append(store, joinBytes(seal, sha256(joinBytes(digest, seal))));
  flush(store);
  return readJournal(store, sha256);
}

/** Stretches as they are stored: none longer than the cap. */
function stretchesOf(plan: BlockPlan): Stretch[] {
  const stretches: Stretch[] = [];
  for (const { offset, epoch, old, new: fresh } of plan.changes) {
    if (fresh.length === 0) stretches.push({ offset, epoch, oldLength: old.length, newLength: 0 });
    for (let at = 0; at < fresh.length; at += MOST_CHANGE_BYTES) {
      const newLength = Math.min(MOST_CHANGE_BYTES, fresh.length - at);
      // Old bytes beyond the new ones stay with the last piece, where they are found to be wrong.
      const rest = at + newLength === fresh.length ? old.length - at : Math.min(newLength, old.length - at);
      stretches.push({ offset: offset + at, epoch, oldLength: Math.max(0, rest), newLength });
    }
  }
  return stretches;
}

/** @throws {DiskError} JOURNAL_WRITE. */
export function append(store: JournalStore, bytes: Uint8Array): void {
  const before = store.sizeBytes;
  try {
    store.append(bytes);
  } catch (cause) {
    throw new DiskError('JOURNAL_WRITE', 'writing the journal', { offset: before, need: bytes.length, cause });
  }
  const have = store.sizeBytes - before;
  if (have !== bytes.length) throw new DiskError('JOURNAL_WRITE', 'writing the journal', { offset: before, need: bytes.length, have });
}

/** @throws {DiskError} JOURNAL_WRITE. */
export function flush(store: JournalStore): void {
  try {
    store.flush();
  } catch (cause) {
    throw new DiskError('JOURNAL_WRITE', 'flushing the journal', { offset: store.sizeBytes, cause });
  }
}
