import { chownSync, mkdirSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadKnowledge } from '@winmedic/knowledge';
import type { Recipe } from '@winmedic/knowledge/model';
import { afterAll, describe, expect, it } from 'vitest';
import { openFileSink } from '../disk/file-device.ts';
import { openDisk } from '../disk/open-disk.ts';
import { type ApplyOptions, applyRepair, journalPath, journalsOf, nextJournalPath, planRepair, undoRepair, verifyDisk } from './index.ts';
import { bytesOf, damagedVolume, imageFolder } from './test-disk.ts';

const images = imageFolder();
afterAll(() => images.dispose());

const { steps } = loadKnowledge().recipes.find(({ id }) => id === 'crowdstrike-291') as Recipe;
const original = bytesOf(damagedVolume());
const QUARANTINE = new Set(['hives', 'txr-logs']);

function repair(path: string, without = new Set<string>(), options: ApplyOptions = {}) {
  const disk = openDisk(path, { plan: true });
  try {
    return applyRepair(planRepair(disk, { purpose: 'test', steps, without }), options);
  } finally {
    disk.close();
  }
}

/** A disk that vanishes when the first byte is to be written. */
const gone: ApplyOptions = {
  openSink: (path) => ({
    ...openFileSink(path),
    write() {
      throw new Error('vanished');
    },
  }),
};

describe('journals of a disk', () => {
  it('lie beside the image itself, whatever link leads to it', () => {
    const path = images.image(original);
    mkdirSync(`${path}.links`);
    const link = join(`${path}.links`, 'link.raw');
    symlinkSync(path, link);
    expect(repair(link).journal).toBe(journalPath(path, false));
    expect(undoRepair(path).outcome).toBe('undone');
  });

  it('are told apart by letters of every script', () => {
    const names = ['会計サーバー.raw', '配信サーバー.raw', 'Übung.raw', 'a.raw'].map((name) =>
      journalPath(join(images.folder, name), false),
    );
    expect(new Set(names).size).toBe(names.length);
    expect(names[0]).toBe(join(images.folder, '会計サーバー.raw.winmedic-undo'));
  });

  it('keep their order when one of them was removed', () => {
    const path = images.image(original);
    for (const index of [2, 10, 9]) writeFileSync(journalPath(path, false, index), '');
    for (const other of ['-1', '-02', '-2x', '.bak']) writeFileSync(`${journalPath(path, false)}${other}`, '');
    expect(journalsOf(path, false)).toEqual([2, 9, 10].map((index) => journalPath(path, false, index)));
    expect(nextJournalPath(path, false)).toBe(journalPath(path, false, 11));
  });

  it.runIf(process.getuid?.() === 0)('are not taken from a stranger unless they are named', () => {
    const path = images.image(original);
    const { journal } = repair(path);
    chownSync(journal, 4711, 4711);
    expect(() => undoRepair(path)).toThrow(expect.objectContaining({ code: 'RECOVERY_JOURNAL' }));
    expect(undoRepair(path, { journal, dryRun: true }).outcome).toBe('planned');
    chownSync(path, 4711, 4711);
    expect(undoRepair(path).outcome).toBe('undone');
  });
});

describe('a repair that died before its first write', () => {
  it('does not stand in the way of another one', () => {
    const path = images.image(original);
    expect(() => repair(path, new Set(), gone)).toThrow(expect.objectContaining({ code: 'JOURNAL_INTERRUPTED' }));
    expect(journalsOf(path, false)).toHaveLength(1);
    expect(repair(path, QUARANTINE).writes).toBeGreaterThan(0);
    expect(undoRepair(path).journal).toBe(journalPath(path, false, 2));
  });
});

describe('a journal that was never whole', () => {
  it('hides no repair before it', () => {
    const path = images.image(original);
    const { journal } = repair(path, QUARANTINE);
    const cut = journalPath(path, false, 2);
    const other = images.image(original);
    renameSync(repair(other).journal, cut);
    truncateSync(cut, 500);
    const disk = openDisk(path);
    expect(verifyDisk(disk, { quick: true }).journal).toEqual({ path: journal, state: 'changed' });
    disk.close();
    expect(undoRepair(path)).toMatchObject({ journal, outcome: 'undone' });
  });

  it('is not confused with one that was damaged later', () => {
    const path = images.image(original);
    repair(path, QUARANTINE);
    const damaged = journalPath(path, false, 2);
    const other = images.image(original);
    renameSync(repair(other).journal, damaged);
    const sink = openFileSink(damaged);
    sink.write(600, new Uint8Array([0xff, 0xee]));
    sink.close();
    expect(() => undoRepair(path)).toThrow(expect.objectContaining({ code: 'JOURNAL_DAMAGED' }));
  });
});
