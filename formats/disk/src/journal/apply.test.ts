import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyJournal,
  compareDisk,
  finishJournal,
  type Journal,
  type JournalOptions,
  readJournal,
  undoJournal,
  writeJournal,
} from '../index.ts';
import {
  anyWrites,
  diskBytes,
  HEADER,
  planOf,
  Stopped,
  type StoppingDisk,
  sha256,
  stoppingDisk,
  type TestStore,
  testStore,
} from './test-store.ts';

const code = (wanted: string) => expect.objectContaining({ code: wanted });
const OPTIONS: JournalOptions = { sha256 };

const BASE = diskBytes(3000);
/** Two epochs, and a file that grows. */
const { plan: PLAN, after: AFTER } = planOf(BASE, [
  { offset: 100, bytes: Uint8Array.of(1, 2, 3), barrier: false },
  { offset: 2900, bytes: diskBytes(400).fill(9, 50, 300), barrier: false },
  { offset: 600, bytes: Uint8Array.of(4, 5, 6), barrier: true },
]);
/** Bytes that applying writes, with one for the change of size. */
const COST = PLAN.changes.reduce((sum, change) => sum + change.new.length, 1);

function planned(plan = PLAN): { store: TestStore; journal: Journal } {
  const store = testStore();
  return { store, journal: writeJournal(store, HEADER, plan, sha256) };
}

/** A disk on which applying stopped after `budget` bytes. */
function interrupted(budget: number, store: TestStore, journal: Journal, base = BASE): StoppingDisk {
  const disk = stoppingDisk(base, budget);
  try {
    applyJournal(disk, store, journal, OPTIONS);
  } catch (error) {
    if (!((error as Error).cause instanceof Stopped)) throw error;
  }
  disk.budget = Number.POSITIVE_INFINITY;
  return disk;
}

describe('applying a journal', () => {
  it('writes the planned bytes, epoch by epoch with a flush after each, and notes it', () => {
    const { store, journal } = planned();
    const disk = stoppingDisk(BASE);
    const result = applyJournal(disk, store, journal, OPTIONS);
    expect(disk.bytes).toEqual(AFTER);
    expect(result).toEqual({ already: false, changes: PLAN.changes.length, bytes: COST - 1 });
    expect(disk.log.map((step) => (typeof step === 'string' ? step : step.offset))).toEqual(['resize', 0, 2560, 'flush', 512, 'flush']);
    expect(readJournal(store, sha256).state).toBe('applied');
    expect(compareDisk(journal, disk).state).toBe('changed');
  });

  it('and undoing it gives the disk as it was, in the reverse order', () => {
    const { store, journal } = planned();
    const disk = stoppingDisk(BASE);
    applyJournal(disk, store, journal, OPTIONS);
    disk.log.length = 0;
    undoJournal(disk, store, readJournal(store, sha256), OPTIONS);
    expect(disk.bytes).toEqual(BASE);
    expect(disk.log.map((step) => (typeof step === 'string' ? step : step.offset))).toEqual([
      512,
      'flush',
      2560,
      0,
      'flush',
      'resize',
      'flush',
    ]);
    expect(readJournal(store, sha256).state).toBe('undone');
    // And again forward: the plan still fits.
    applyJournal(disk, store, readJournal(store, sha256), OPTIONS);
    expect([disk.bytes, readJournal(store, sha256).state]).toEqual([AFTER, 'applied']);
  });

  it('does nothing to a disk that has it already, but notes it', () => {
    const { store, journal } = planned();
    const disk = stoppingDisk(AFTER);
    expect(applyJournal(disk, store, journal, OPTIONS).already).toBe(true);
    expect([disk.log, readJournal(store, sha256).state]).toEqual([['flush'], 'applied']);
    const size = store.bytes.length;
    applyJournal(disk, store, readJournal(store, sha256), OPTIONS);
    expect(store.bytes.length).toBe(size);
  });

  it('refuses a disk that changed since planning, with the place, and writes nothing', () => {
    const { store, journal } = planned();
    for (const { offset, old } of PLAN.changes) {
      for (const at of [0, old.length - 1]) {
        const disk = stoppingDisk(BASE);
        // A byte that is neither the old nor the new one.
        const other = [1, 2, 3].map((add) => (BASE[offset + at]! + add) & 0xff).find((byte) => byte !== AFTER[offset + at])!;
        disk.bytes[offset + at] = other;
        const before = disk.bytes.slice();
        for (const act of [applyJournal, finishJournal, undoJournal]) {
          expect(() => act(disk, store, journal, OPTIONS)).toThrow(
            expect.objectContaining({ code: 'JOURNAL_FOREIGN', offset: offset + at }),
          );
        }
        expect(compareDisk(journal, disk)).toMatchObject({ state: 'foreign', place: { offset: offset + at } });
        expect([disk.bytes, disk.log]).toEqual([before, []]);
      }
    }
  });

  it('refuses a disk of another size', () => {
    const { store, journal } = planned();
    for (const size of [BASE.length - 1, AFTER.length + 1]) {
      const bytes = new Uint8Array(size);
      bytes.set(AFTER.subarray(0, size));
      expect(() => applyJournal(stoppingDisk(bytes), store, journal, OPTIONS)).toThrow(code('JOURNAL_FOREIGN'));
    }
  });

  it('refuses to go on over an interrupted run', () => {
    const { store, journal } = planned();
    const disk = interrupted(700, store, journal);
    expect(() => applyJournal(disk, store, journal, OPTIONS)).toThrow(code('JOURNAL_TORN'));
  });

  it('refuses a file that would have to grow and cannot', () => {
    const { store, journal } = planned();
    const { resize: _, ...disk } = stoppingDisk(BASE);
    const fixed = Object.create(disk, Object.getOwnPropertyDescriptors({ ...disk, sizeBytes: BASE.length }));
    expect(() => applyJournal(fixed, store, journal, OPTIONS)).toThrow(code('BLOCK_WRITE_RANGE'));
  });

  it('can be stopped only before the first write', () => {
    const { store, journal } = planned();
    const disk = stoppingDisk(BASE);
    expect(() => applyJournal(disk, store, journal, { sha256, signal: { aborted: true } })).toThrow(code('JOURNAL_CANCELLED'));
    expect(disk.log).toEqual([]);
    const signal = { aborted: false };
    const onProgress: JournalOptions['onProgress'] = ({ step }) => {
      if (step === 'write') signal.aborted = true;
    };
    applyJournal(disk, store, journal, { sha256, signal, onProgress });
    expect(disk.bytes).toEqual(AFTER);
  });

  it('tells how far it is, up to all bytes of each step', () => {
    const { store, journal } = planned();
    const seen: string[] = [];
    applyJournal(stoppingDisk(BASE), store, journal, {
      sha256,
      onProgress: ({ step, done, total }) => seen.push(`${step} ${done}/${total}`),
    });
    for (const step of ['compare', 'write', 'verify'])
      expect(seen.filter((line) => line.startsWith(step)).at(-1)).toBe(`${step} ${COST - 1}/${COST - 1}`);
  });

  it('says how far it came when the disk vanished, and keeps the cause', () => {
    const { store, journal } = planned();
    const cause = new Error('EIO');
    const disk = stoppingDisk(BASE);
    const write = disk.write.bind(disk);
    const failing = Object.create(disk, {
      write: { value: (offset: number, bytes: Uint8Array) => (offset === 512 ? fail(cause) : write(offset, bytes)) },
    });
    expect(() => applyJournal(failing, store, journal, OPTIONS)).toThrow(
      expect.objectContaining({ code: 'JOURNAL_INTERRUPTED', have: 2, need: 3, cause }),
    );
    expect(compareDisk(journal, disk).state).toBe('torn');
  });

  it('notices a disk that does not keep what is written', () => {
    const { store, journal } = planned();
    const disk = stoppingDisk(BASE);
    const write = disk.write.bind(disk);
    const lying = Object.create(disk, {
      write: { value: (offset: number, bytes: Uint8Array) => (offset === 512 ? undefined : write(offset, bytes)) },
    });
    expect(() => applyJournal(lying, store, journal, OPTIONS)).toThrow(code('JOURNAL_VERIFY'));
    expect(readJournal(store, sha256).state).toBe('planned');
  });

  it('that cannot note it says just that; undo works all the same', () => {
    const { store, journal } = planned();
    const append = store.append.bind(store);
    store.append = () => fail(new Error('ENOSPC'));
    const disk = stoppingDisk(BASE);
    expect(() => applyJournal(disk, store, journal, OPTIONS)).toThrow(code('JOURNAL_STATE'));
    expect(disk.bytes).toEqual(AFTER);
    store.append = append;
    undoJournal(disk, store, readJournal(store, sha256), OPTIONS);
    expect(disk.bytes).toEqual(BASE);
  });

  it('finds its notes also behind one that was torn', () => {
    const { store, journal } = planned();
    const disk = stoppingDisk(BASE);
    applyJournal(disk, store, journal, OPTIONS);
    for (let cut = 1; cut < 64; cut += 9) {
      const torn = testStore(store.bytes.slice(0, store.bytes.length - cut));
      expect(readJournal(torn, sha256).state).toBe('planned');
      undoJournal(stoppingDisk(AFTER), torn, readJournal(torn, sha256), OPTIONS);
      expect(readJournal(torn, sha256).state).toBe('undone');
    }
  });

  it('passes on what reading throws, before anything is written', () => {
    const { store, journal } = planned();
    const cause = new Error('EIO');
    const disk = Object.create(stoppingDisk(BASE), { readAt: { value: () => fail(cause) } });
    expect(() => applyJournal(disk, store, journal, OPTIONS)).toThrow(cause);
    const short = Object.create(stoppingDisk(BASE), { readAt: { value: () => 0 } });
    expect(() => applyJournal(short, store, journal, OPTIONS)).toThrow(code('BLOCK_SHORT'));
  });
});

describe('a power cut', () => {
  it('after any written byte leaves a disk that is undone to the old and finished to the new bytes', () => {
    for (let budget = 0; budget <= COST; budget++) {
      const { store, journal } = planned();
      const torn = interrupted(budget, store, journal).bytes;
      const undone = stoppingDisk(torn);
      undoJournal(undone, store, readJournal(store, sha256), OPTIONS);
      const finished = stoppingDisk(torn);
      finishJournal(finished, store, readJournal(store, sha256), OPTIONS);
      expect(undone.bytes.every((byte, at) => byte === BASE[at]) && undone.bytes.length === BASE.length, `undo after ${budget}`).toBe(true);
      expect(
        finished.bytes.every((byte, at) => byte === AFTER[at]) && finished.bytes.length === AFTER.length,
        `finish after ${budget}`,
      ).toBe(true);
      const { state } = compareDisk(journal, stoppingDisk(torn));
      if (budget === 0 || budget >= COST) expect(state).toBe(budget === 0 ? 'untouched' : 'changed');
      else expect(['torn', 'changed'], `state after ${budget}`).toContain(state);
    }
  });

  it('after any byte of an undo is repaired by another undo', () => {
    const { store, journal } = planned();
    for (let budget = 0; budget <= COST; budget++) {
      const disk = stoppingDisk(AFTER, budget);
      try {
        undoJournal(disk, store, journal, OPTIONS);
      } catch (error) {
        expect(error).toMatchObject({ code: 'JOURNAL_INTERRUPTED', cause: expect.any(Stopped) });
      }
      disk.budget = Number.POSITIVE_INFINITY;
      undoJournal(disk, store, journal, OPTIONS);
      expect(disk.bytes.length === BASE.length && disk.bytes.every((byte, at) => byte === BASE[at]), `undo after ${budget}`).toBe(true);
    }
  });

  it('is survived by any plan at any byte, twice in a row too', () => {
    fc.assert(
      fc.property(fc.nat(4000), anyWrites, fc.nat(10_000), fc.nat(10_000), (size, writes, first, second) => {
        const base = diskBytes(size);
        const { plan, after } = planOf(base, writes);
        const { store, journal } = planned(plan);
        const disk = interrupted(first, store, journal, base);
        const torn = disk.bytes.slice();
        disk.budget = second;
        try {
          undoJournal(disk, store, journal, OPTIONS);
        } catch (error) {
          expect(error).toMatchObject({ code: 'JOURNAL_INTERRUPTED' });
        }
        const half = disk.bytes.slice();
        disk.budget = Number.POSITIVE_INFINITY;
        undoJournal(disk, store, journal, OPTIONS);
        expect(disk.bytes).toEqual(base);
        for (const bytes of [torn, half]) {
          const forward = stoppingDisk(bytes);
          finishJournal(forward, store, journal, OPTIONS);
          expect(forward.bytes).toEqual(after);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('that loses any of the writes since the last flush is survived, and never leaves a later epoch without an earlier one', () => {
    fc.assert(
      fc.property(anyWrites, fc.nat(40), fc.infiniteStream(fc.boolean()), (writes, stop, kept) => {
        const base = diskBytes(4000);
        const { plan, after } = planOf(base, writes);
        const { store, journal } = planned(plan);
        const disk = forgettingDisk(base, stop, () => kept.next().value as boolean);
        try {
          applyJournal(disk, store, journal, OPTIONS);
        } catch (error) {
          expect(error).toMatchObject({ code: 'JOURNAL_INTERRUPTED' });
        }
        const left = disk.left();
        const touched = (epoch: number, bytes: Uint8Array) =>
          plan.changes
            .filter((change) => change.epoch === epoch)
            .some(({ offset, new: fresh }) => fresh.some((byte, at) => bytes[offset + at] !== byte));
        const epochs = [...new Set(plan.changes.map(({ epoch }) => epoch))];
        const incomplete = epochs.findIndex((epoch) => touched(epoch, left));
        if (incomplete >= 0) {
          for (const { epoch, offset, old } of plan.changes) {
            if (epochs.indexOf(epoch) > incomplete) expect(left.slice(offset, offset + old.length)).toEqual(old);
          }
        }
        const undone = stoppingDisk(left);
        undoJournal(undone, store, journal, OPTIONS);
        expect(undone.bytes).toEqual(base);
        const finished = stoppingDisk(left);
        finishJournal(finished, store, journal, OPTIONS);
        expect(finished.bytes).toEqual(after);
      }),
      { numRuns: 200 },
    );
  });
});

function fail(error: Error): never {
  throw error;
}

/** A disk with a cache: at the power cut after `stop` writes, each unflushed sector is on the platters or not. */
function forgettingDisk(base: Uint8Array, stop: number, keep: () => boolean) {
  const disk = stoppingDisk(base);
  let platters: Uint8Array = base.slice();
  let dirty: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  let left = stop;
  return {
    sectorBytes: 512,
    get sizeBytes() {
      return disk.sizeBytes;
    },
    readAt: (offset: number, into: Uint8Array) => disk.readAt(offset, into),
    write(offset: number, bytes: Uint8Array) {
      for (let at = 0; at < bytes.length; at += 512) {
        if (left-- <= 0) throw new Stopped('power cut');
        const part = bytes.slice(at, at + 512);
        disk.write(offset + at, part);
        dirty.push({ offset: offset + at, bytes: part });
      }
    },
    flush() {
      if (left <= 0) throw new Stopped('power cut');
      platters = disk.bytes.slice();
      dirty = [];
    },
    resize: (size: number) => disk.resize?.(size),
    /** What is on the platters now, with the size the file system kept. */
    left(): Uint8Array {
      const kept = dirty.filter(keep);
      const end = kept.reduce((most, { offset, bytes }) => Math.max(most, offset + bytes.length), platters.length);
      const bytes = new Uint8Array(keep() ? Math.max(end, disk.sizeBytes) : end);
      bytes.set(platters);
      for (const part of kept) bytes.set(part.bytes, part.offset);
      return bytes;
    },
  };
}
