import type { BlockChange, BlockSink } from '../block/types.ts';
import { DiskError } from '../errors.ts';
import { compareDisk } from './compare.ts';
import { SLOT_BYTES, TAG } from './layout.ts';
import { stateSlot } from './read-journal.ts';
import type { DiskState, Journal, JournalOptions, JournalResult, JournalStore } from './types.ts';
import { append, flush } from './write-journal.ts';

/**
 * Makes the planned changes on a disk that is as it was when they were planned: compares every old byte first, writes epoch by epoch (a flush after each),
 * reads every stretch back, and notes `applied` in the journal. A disk that holds all new bytes already is left as it is, and noted.
 * @throws {DiskError} Nothing was written: JOURNAL_FOREIGN (the disk changed since), JOURNAL_TORN (an earlier run was interrupted: undo or finish),
 * JOURNAL_CANCELLED, JOURNAL_DAMAGED, BLOCK_SHORT, BLOCK_WRITE_RANGE (the file would have to grow and cannot), and what reading throws. Something may be
 * written: JOURNAL_INTERRUPTED (`have` of `need` changes were done; the cause is kept), JOURNAL_VERIFY (it reads back differently). All was written and
 * verified: JOURNAL_STATE (only the note could not be made).
 */
export function applyJournal(sink: BlockSink, store: JournalStore, journal: Journal, options: JournalOptions): JournalResult {
  const { state } = compareForWriting(sink, journal, options);
  if (state === 'torn') throw new DiskError('JOURNAL_TORN', 'disk holds a part of the changes');
  return forward(sink, store, journal, state, options);
}

/**
 * Completes changes that were interrupted: every stretch gets its new bytes. Also makes all of them when none was made.
 * @throws {DiskError} as {@link applyJournal}, without JOURNAL_TORN.
 */
export function finishJournal(sink: BlockSink, store: JournalStore, journal: Journal, options: JournalOptions): JournalResult {
  const { state } = compareForWriting(sink, journal, options);
  return forward(sink, store, journal, state, options);
}

/**
 * Puts every old byte back, the last epoch first, takes back the growth of a container file, reads every stretch back, and notes `undone`. May be repeated
 * when it was interrupted, also on a disk that holds the old bytes already.
 * @throws {DiskError} as {@link applyJournal}, without JOURNAL_TORN. JOURNAL_FOREIGN when any byte is neither old nor new: nothing was written then.
 */
export function undoJournal(sink: BlockSink, store: JournalStore, journal: Journal, options: JournalOptions): JournalResult {
  const { state } = compareForWriting(sink, journal, options);
  const { sizeBefore, changes } = journal.plan;
  if (state === 'untouched') {
    during('flush', 0, changes.length, () => sink.flush());
    return finished(store, journal, TAG.undone, 'undone', options, { already: true, changes: 0, bytes: 0 });
  }
  const written = writeAll(
    sink,
    [...changes].reverse(),
    (change) => change.old,
    journal,
    options,
    (done) => {
      if (sink.sizeBytes === sizeBefore) return;
      during('size of the file put back', done, changes.length, () => {
        sink.resize?.(sizeBefore);
        sink.flush();
      });
    },
  );
  verify(sink, journal, 'untouched', options);
  return finished(store, journal, TAG.undone, 'undone', options, { already: false, ...written });
}

/** Compares, and refuses a foreign disk. */
function compareForWriting(sink: BlockSink, journal: Journal, options: JournalOptions) {
  const compared = compareDisk(journal, sink, options);
  const { sizeBefore, sizeAfter } = journal.plan;
  if (compared.state === 'foreign') {
    throw new DiskError('JOURNAL_FOREIGN', 'disk holds neither the old nor the new bytes', { offset: compared.place?.offset ?? 0 });
  }
  if (sizeBefore !== sizeAfter && sink.resize === undefined) {
    throw new DiskError('BLOCK_WRITE_RANGE', 'file whose size cannot be changed', {
      offset: sizeBefore,
      need: sizeAfter,
      have: sizeBefore,
    });
  }
  return compared;
}

function forward(sink: BlockSink, store: JournalStore, journal: Journal, state: DiskState, options: JournalOptions): JournalResult {
  const { sizeAfter, changes } = journal.plan;
  if (state === 'changed' || (changes.length === 0 && sink.sizeBytes === sizeAfter)) {
    // An earlier run may have been ended between its last write and its flush.
    during('flush', 0, changes.length, () => sink.flush());
    return finished(store, journal, TAG.applied, 'applied', options, { already: true, changes: 0, bytes: 0 });
  }
  if (sink.sizeBytes !== sizeAfter) during('growing the file', 0, changes.length, () => sink.resize?.(sizeAfter));
  const written = writeAll(sink, changes, (change) => change.new, journal, options);
  verify(sink, journal, 'changed', options);
  return finished(store, journal, TAG.applied, 'applied', options, { already: false, ...written });
}

/** Writes one side of every change, with a flush behind each epoch. @param last what follows the last flush. */
function writeAll(
  sink: BlockSink,
  changes: readonly BlockChange[],
  side: (change: BlockChange) => Uint8Array,
  journal: Journal,
  options: JournalOptions,
  last?: (done: number) => void,
): { readonly changes: number; readonly bytes: number } {
  let bytes = 0;
  let done = 0;
  for (const change of changes) {
    during(`change at ${change.offset}`, done, changes.length, () => {
      const part = side(change);
      if (part.length > 0) sink.write(change.offset, part);
      bytes += part.length;
    });
    done++;
    if (changes[done]?.epoch !== change.epoch) during('flush', done, changes.length, () => sink.flush());
    during('progress', done, changes.length, () => options.onProgress?.({ step: 'write', done: bytes, total: journal.bytes }));
  }
  last?.(done);
  return { changes: done, bytes };
}

/** Runs one step of writing; whatever it throws is JOURNAL_INTERRUPTED with the number of changes written before it. */
function during<T>(what: string, have: number, need: number, step: () => T): T {
  try {
    return step();
  } catch (cause) {
    throw new DiskError('JOURNAL_INTERRUPTED', what, { need, have, cause });
  }
}

/** Reads all stretches back: none of their bytes may be of the other side. */
function verify(sink: BlockSink, journal: Journal, wanted: 'untouched' | 'changed', options: JournalOptions): void {
  const need = journal.plan.changes.length;
  const compared = during('reading back', need, need, () =>
    compareDisk(journal, sink, { onProgress: (progress) => options.onProgress?.({ ...progress, step: 'verify' }) }),
  );
  if (compared.state === 'foreign' || (wanted === 'changed' ? compared.old : compared.new) > 0) {
    throw new DiskError('JOURNAL_VERIFY', 'reading back', { offset: compared.place?.offset ?? 0, need: wanted, have: compared.state });
  }
}

/** Notes the state at the next slot, unless it is the last one noted anyway. */
function finished(
  store: JournalStore,
  journal: Journal,
  tag: string,
  state: Journal['state'],
  options: JournalOptions,
  result: JournalResult,
): JournalResult {
  if (result.already && journal.state === state) return result;
  try {
    // The rest of a slot that a power cut tore is filled, so that this one begins where a reader looks.
    const torn = (store.sizeBytes - journal.seal.end) % SLOT_BYTES;
    const slot = stateSlot(tag, journal.seal.digest, options.sha256);
    const bytes = new Uint8Array((torn === 0 ? 0 : SLOT_BYTES - torn) + SLOT_BYTES);
    bytes.set(slot, bytes.length - SLOT_BYTES);
    append(store, bytes);
    flush(store);
  } catch (cause) {
    throw new DiskError('JOURNAL_STATE', state, { cause });
  }
  return result;
}
