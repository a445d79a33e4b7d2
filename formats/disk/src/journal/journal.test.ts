import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BlockPlan, readJournal, writeJournal } from '../index.ts';
import { anyWrites, diskBytes, HEADER, planOf, sha256, testStore } from './test-store.ts';

const code = (wanted: string) => expect.objectContaining({ code: wanted });

/** A plan as plain data. */
function plain(plan: BlockPlan): unknown {
  return {
    sizes: [plan.sizeBefore, plan.sizeAfter],
    changes: plan.changes.map(({ offset, epoch, old, new: fresh }) => [offset, epoch, [...old], [...fresh]]),
  };
}

const BASE = diskBytes(2048);
const SMALL = planOf(BASE, [
  { offset: 100, bytes: Uint8Array.of(1, 2, 3), barrier: false },
  { offset: 1500, bytes: Uint8Array.of(4, 5, 6), barrier: true },
]).plan;

function written(plan: BlockPlan) {
  const store = testStore();
  writeJournal(store, HEADER, plan, sha256);
  return store;
}

describe('a journal', () => {
  it('gives back header and plan, whatever the plan', () => {
    fc.assert(
      fc.property(fc.nat(5000), anyWrites, (size, writes) => {
        const { plan } = planOf(diskBytes(size), writes);
        const journal = readJournal(written(plan), sha256);
        expect(journal.header).toEqual(HEADER);
        expect(journal.state).toBe('planned');
        expect(journal.bytes).toBe(plan.changes.reduce((sum, change) => sum + change.new.length, 0));
        expect(plain(journal.plan)).toEqual(plain(plan));
      }),
    );
  });

  it('is sealed only after everything before the seal was flushed', () => {
    const store = testStore();
    const flushedAt: number[] = [];
    const flush = store.flush.bind(store);
    store.flush = () => {
      flushedAt.push(store.bytes.length);
      flush();
    };
    const journal = writeJournal(store, HEADER, SMALL, sha256);
    expect(flushedAt).toEqual([store.bytes.length - 64, store.bytes.length]);
    expect(journal.seal.end).toBe(store.bytes.length);
  });

  it('stores long changes in pieces, so that reading needs the memory of one', () => {
    const size = 0x25_0000;
    const fresh = diskBytes(size);
    const plan: BlockPlan = {
      sizeBefore: 0x18_0000,
      sizeAfter: size,
      changes: [{ offset: 0, old: new Uint8Array(0x18_0000), new: fresh, epoch: 3 }],
    };
    const journal = readJournal(written(plan), sha256);
    expect(journal.plan.changes.map(({ offset, epoch, old, new: part }) => [offset, epoch, old.length, part.length])).toEqual([
      [0, 3, 0x10_0000, 0x10_0000],
      [0x10_0000, 3, 0x8_0000, 0x10_0000],
      [0x20_0000, 3, 0, 0x5_0000],
    ]);
    for (const { offset, new: part } of journal.plan.changes) expect(part.every((byte, at) => byte === fresh[offset + at])).toBe(true);
  });

  it('cut at any byte is refused as incomplete', () => {
    const { bytes } = written(SMALL);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readJournal(testStore(bytes.slice(0, length)), sha256), `cut to ${length}`).toThrow(code('JOURNAL_INCOMPLETE'));
    }
  });

  it('with zeros from any byte on is refused; where whole parts are missing, as incomplete', () => {
    const { bytes } = written(SMALL);
    const codes = new Set<string>();
    for (let length = 8; length < bytes.length; length++) {
      const cut = bytes.slice();
      cut.fill(0, length);
      if (cut.every((byte, at) => byte === bytes[at])) continue;
      expect(() => {
        try {
          readJournal(testStore(cut), sha256);
        } catch (error) {
          codes.add((error as { code: string }).code);
          throw error;
        }
      }, `zeros from ${length}`).toThrow();
    }
    expect([...codes].sort()).toEqual(['JOURNAL_DAMAGED', 'JOURNAL_INCOMPLETE']);
    const unsealed = bytes.slice();
    unsealed.fill(0, bytes.length - 64);
    expect(() => readJournal(testStore(unsealed), sha256)).toThrow(code('JOURNAL_INCOMPLETE'));
    // With a state record behind it, torn or not, there was a seal, and the disk may have been written to.
    const noted = new Uint8Array(unsealed.length + 64);
    noted.set(unsealed);
    expect(() => readJournal(testStore(noted), sha256)).toThrow(code('JOURNAL_DAMAGED'));
  });

  it('with any byte changed is refused as damaged, never as incomplete', () => {
    const { bytes } = written(SMALL);
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] = changed[at]! ^ 0x41;
      expect(() => readJournal(testStore(changed), sha256), `byte ${at}`).toThrow(code(at < 8 ? 'JOURNAL_NOT_JOURNAL' : 'JOURNAL_DAMAGED'));
    }
  });

  it('notices damage that came after it was opened', () => {
    const store = written(SMALL);
    const journal = readJournal(store, sha256);
    const at = store.bytes.length - 64 - 32 - 5;
    store.bytes[at] = store.bytes[at]! ^ 1;
    // The last change may still be held; the one before it is read again first.
    expect(journal.plan.changes[0]?.old.length).toBe(512);
    expect(() => journal.plan.changes[1]?.new).toThrow(code('JOURNAL_DAMAGED'));
  });

  it('of a foreign file is none', () => {
    expect(() => readJournal(testStore(new TextEncoder().encode('regf and more bytes')), sha256)).toThrow(code('JOURNAL_NOT_JOURNAL'));
    expect(() => readJournal(testStore(new Uint8Array(4096)), sha256)).toThrow(code('JOURNAL_NOT_JOURNAL'));
  });

  it('is not begun for a plan that could not be undone', () => {
    const change = { offset: 0, old: new Uint8Array(4), new: new Uint8Array(4), epoch: 0 };
    const plans: BlockPlan[] = [
      { sizeBefore: 8, sizeAfter: 4, changes: [] },
      { sizeBefore: 8, sizeAfter: 8, changes: [{ ...change, offset: 6 }] },
      { sizeBefore: 8, sizeAfter: 8, changes: [{ ...change, old: new Uint8Array(3) }] },
      { sizeBefore: 8, sizeAfter: 8, changes: [{ ...change, old: new Uint8Array(5) }] },
      { sizeBefore: 8, sizeAfter: 8, changes: [{ ...change, old: new Uint8Array(0), new: new Uint8Array(0) }] },
      { sizeBefore: 8, sizeAfter: 8, changes: [change, { ...change, offset: 3 }] },
      {
        sizeBefore: 8,
        sizeAfter: 8,
        changes: [
          { ...change, epoch: 1 },
          { ...change, offset: 4 },
        ],
      },
      { sizeBefore: 8, sizeAfter: 8, changes: [{ ...change, offset: -4 }] },
    ];
    for (const plan of plans) {
      const store = testStore();
      expect(() => writeJournal(store, HEADER, plan, sha256)).toThrow(code('JOURNAL_PLAN'));
      expect(store.bytes.length).toBe(0);
    }
  });

  it('that cannot be written whole is an error', () => {
    const whole = written(SMALL).bytes.length;
    for (let room = 0; room < whole; room += 37) {
      const full = testStore();
      const append = full.append.bind(full);
      full.append = (bytes) => append(bytes.subarray(0, Math.max(0, room - full.bytes.length)));
      expect(() => writeJournal(full, HEADER, SMALL, sha256), `room for ${room}`).toThrow(code('JOURNAL_WRITE'));
    }
    const cause = new Error('ENOSPC');
    for (const part of ['append', 'flush'] as const) {
      const failing = testStore();
      failing[part] = () => {
        throw cause;
      };
      expect(() => writeJournal(failing, HEADER, SMALL, sha256)).toThrow(expect.objectContaining({ code: 'JOURNAL_WRITE', cause }));
    }
    expect(() => writeJournal(testStore(Uint8Array.of(1)), HEADER, SMALL, sha256)).toThrow(code('JOURNAL_WRITE'));
  });
});
