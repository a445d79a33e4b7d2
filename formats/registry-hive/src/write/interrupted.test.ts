import { memorySource } from '@winmedic/bytes';
import { dword, keyPlace, patch32, sz, writeDirtyHive, writeHive } from '@winmedic/labs/hive-writer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HiveChange, HivePlan } from '../index.ts';
import { applyWrites, HiveError, openHive, planEdit, replayAndClean, undoWrites } from '../index.ts';
import { BASE, CHANGES, code, dump, files, type MemoryFile, START } from './test-files.ts';

/** Carries out the first `count` writes of a plan only, as a failing machine does. */
function applyPart(sinks: readonly MemoryFile[], plan: HivePlan, count: number): void {
  for (const write of plan.writes.slice(0, count)) sinks[write.file]!.write(write.offset, write.new);
}

const START_LINE = /^V Services\\CSAgent Start .*/;
const withoutStart = (lines: readonly string[]): string[] => lines.filter((line) => !START_LINE.test(line));

describe('a plan that is interrupted', () => {
  for (const format of ['new', 'old'] as const) {
    it(`leaves a readable hive at every step, and can be undone from every step (${format} logs)`, () => {
      const made = writeDirtyHive(BASE, CHANGES, { format, splitAt: 1 });
      const before = dump(made.after);
      const { input } = files(made.hive, [made.log1, made.log2]);
      const plan = planEdit(input, [START]);
      expect(plan.writes.length).toBeGreaterThan(3);
      for (let count = 0; count <= plan.writes.length; count++) {
        const { sinks, input: now } = files(made.hive, [made.log1, made.log2]);
        applyPart(sinks, plan, count);
        const lines = dump(sinks[0]!.bytes, now.logs);
        expect(withoutStart(lines)).toEqual(withoutStart(before));
        expect(lines.find((line) => START_LINE.test(line))).toMatch(/ 4 0[14]000000$/);
        undoWrites(sinks, plan.undo, { interrupted: true });
        expect(sinks.map((sink) => sink.bytes)).toEqual([made.hive, made.log1, made.log2]);
      }
    });
  }

  it('is not undone by accident, and never when something else was written', () => {
    const made = writeDirtyHive(BASE, CHANGES);
    const { sinks, input } = files(made.hive, [made.log1]);
    const plan = planEdit(input, [START]);
    applyPart(sinks, plan, 2);
    expect(code(() => undoWrites(sinks, plan.undo))).toBe('HIVE_UNDO_MISMATCH');
    sinks[0]!.write(4, Uint8Array.of(200));
    expect(code(() => undoWrites(sinks, plan.undo, { interrupted: true }))).toBe('HIVE_UNDO_MISMATCH');
  });
});

describe('transactions of the transactional registry', () => {
  it('are named, since nobody looked at their logs', () => {
    const hive = writeHive(BASE);
    expect(planEdit(files(hive).input, [START]).pendingTransactions).toBe(false);
    const locked = patch32(hive, 144, 1);
    const view = new DataView(locked.buffer);
    view.setUint32(508, view.getUint32(508, true) ^ 1, true);
    expect(planEdit(files(locked).input, [START]).pendingTransactions).toBe(true);
  });
});

describe('crafted and damaged files', () => {
  it('an edit that would reach into another key is refused', () => {
    const hive = writeHive({
      root: { name: 'R', values: [sz('mine', 'abcdefgh')], keys: [{ name: 'Other', values: [sz('theirs', 'abcdefgh')] }] },
    });
    const dataOf = (path: string): number => new DataView(hive.buffer).getUint32(keyPlace(hive, path).values[0]! + 12, true);
    // Both values point to one data cell.
    const crafted = patch32(hive, keyPlace(hive, '').values[0]! + 12, dataOf('Other'));
    expect(openHive(memorySource(crafted)).key('Other')!.value('theirs')!.text()).toBe('abcdefgh');
    expect(code(() => planEdit(files(crafted).input, [{ key: '', value: 'mine', data: sz('', 'x').data }]))).toBe('HIVE_EDIT_STATE');
  });

  it('bytes changed anywhere give a plan that can be undone, or a refusal', () => {
    const made = writeDirtyHive(BASE, CHANGES, { splitAt: 1 });
    const clean = writeHive(BASE);
    const change = fc.record({ at: fc.nat(0xffff), byte: fc.nat(255) });
    const edits = fc.constantFrom<HiveChange[]>(
      [
        { op: 'create-key', key: 'Services\\New' },
        { op: 'create-value', key: 'Services\\New', value: 'v', type: 3, data: new Uint8Array(300) },
      ],
      [
        { op: 'delete-key', key: 'Big' },
        { op: 'delete-value', key: 'Services\\CSAgent', value: 'ImagePath' },
      ],
      [START],
      [{ key: 'Big', value: 'blob', data: new Uint8Array(39_000) }],
      [{ key: 'Other', value: '', data: dword('', 1).data, type: 4 }],
      [],
    );
    let planned = 0;
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 4 }),
        fc.nat(3),
        edits,
        fc.constantFrom('all' as const, 'path' as const),
        (changes, which, list, check) => {
          const originals = which === 3 ? [clean] : [made.hive, made.log1, made.log2];
          const bytes = originals.map((original) => original.slice());
          const victim = bytes[which % bytes.length]!;
          // Half of the changes hit the first 1024 bytes, where headers are.
          for (const { at, byte } of changes) victim[at % (byte % 2 === 0 ? Math.min(1024, victim.length) : victim.length)] = byte;
          const { sinks, input } = files(bytes[0]!, bytes.slice(1));
          try {
            const plan = list.length === 0 ? replayAndClean(input).plan : planEdit(input, list, { check });
            applyWrites(sinks, plan);
            planned++;
            if (plan.writes.length > 0) expect(openHive(sinks[0]!).header.checksumValid).toBe(true);
            undoWrites(sinks, plan.undo);
          } catch (error) {
            expect(error).toBeInstanceOf(HiveError);
          }
          expect(sinks.map((sink) => sink.bytes)).toEqual(bytes);
        },
      ),
      { numRuns: 800 },
    );
    expect(planned).toBeGreaterThan(50);
  });

  it('anything handed over as an undo record is refused, not obeyed', () => {
    const { sinks } = files(writeHive(BASE));
    const good = { kind: 'winmedic-hive-undo', version: 1, hash: 'crc32', files: [] };
    const write = { offset: 0, old: '', oldHash: '0', newLength: 0, newHash: '0' };
    const file = { name: 'hive', sizeBefore: 1, sizeAfter: 1, writes: [write] };
    const bad: unknown[] = [
      null,
      undefined,
      'text',
      {},
      { ...good, files: [null] },
      { ...good, files: {} },
      { ...good, files: [{ ...file, writes: [null] }] },
      { ...good, files: [{ ...file, writes: [{ ...write, offset: 0.5 }] }] },
      { ...good, files: [{ ...file, sizeBefore: -1 }] },
      { ...good, files: [file] },
      {
        ...good,
        files: [{ ...file, sizeBefore: sinks[0]!.sizeBytes, sizeAfter: sinks[0]!.sizeBytes, writes: [{ ...write, newLength: 2 ** 52 }] }],
      },
    ];
    for (const record of bad) expect(code(() => undoWrites(sinks, record as never))).toBe('HIVE_UNDO_MISMATCH');
    expect(code(() => undoWrites(sinks, good as never))).toBe('none');
    expect(sinks[0]!.bytes).toEqual(writeHive(BASE));
  });
});
