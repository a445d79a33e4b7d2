import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { compareDisk } from '@winmedic/disk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFileDevice } from '../../core/disk/file-device.ts';
import { journalsOf, undoRepair, withJournal } from '../../core/recovery/index.ts';
import { repair } from './recipe.ts';
import { copyOf, hashOf, shared } from './shared.ts';
import { contained, makeSmall } from './small.ts';
import { missingTools, removeFolder, scratchFolder } from './tools.ts';

/**
 * `kill -9` at every step of writing: a process of its own repairs, undoes or finishes a disk through core/recovery and kills itself before or inside each
 * write, flush and change of size, of the journal and of the disk. The next run finds a disk that is untouched, changed, or to be restored.
 */
if (process.platform === 'win32') console.log('skipped: no SIGKILL on Windows');
const CHILD = join(import.meta.dirname, 'repair-child.ts');

describe.skipIf(process.platform === 'win32').each([
  { layer: 'raw image', needs: [] },
  { layer: 'VHDX that grows', needs: ['qemu-img'] },
])('kill -9: $layer', ({ layer, needs }) => {
  const missing = missingTools(...needs);
  if (missing.length > 0) console.log(`skipped: ${layer}: ${missing.join(', ')} not installed (package qemu-utils)`);

  let folder = '';
  let image: string;
  let original: string;
  let changed: string;
  beforeAll(() => {
    folder = scratchFolder();
    const { path } =
      layer === 'raw image'
        ? shared('small', (into) => makeSmall(into))
        : shared('small-growing', (into) => makeSmall(into, { hives: 'growing' }));
    image = join(folder, 'disk.img');
    if (layer === 'raw image') copyOf(path, image);
    else if (missing.length === 0) contained(path, 'vhdx', image);
    else return;
    original = hashOf(image);
    repair(image);
    changed = hashOf(image);
    undoRepair(image);
    forget();
  });
  afterAll(() => removeFolder(folder));

  /** Leaves the image alone and forgets the repairs made to it. */
  const forget = (): void => {
    for (const journal of journalsOf(image, false)) rmSync(journal);
  };

  /** @returns the steps when it was not killed. */
  const child = (act: 'repair' | 'undo' | 'finish', step = -1, how: 'before' | 'in' = 'before'): string[] | undefined => {
    const { status, signal, stdout, stderr } = spawnSync(
      process.execPath,
      ['--conditions=@winmedic/source', CHILD, act, image, String(step), how],
      { encoding: 'utf8', env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'cache') } },
    );
    if (signal === 'SIGKILL') return undefined;
    expect([status, stderr]).toEqual([0, '']);
    return JSON.parse(stdout) as string[];
  };

  /** State of the disk by its journals; undefined when none was finished, so that no write can have happened. */
  const stateOf = (): string | undefined => {
    const device = openFileDevice(image);
    try {
      for (const path of journalsOf(image, false)) {
        try {
          return withJournal(path, (journal) => compareDisk(journal, device).state);
        } catch (error) {
          expect((error as { code?: string }).code).toMatch(/^JOURNAL_(INCOMPLETE|NOT_JOURNAL)$/);
        }
      }
      return undefined;
    } finally {
      device.close();
    }
  };

  /** The whole repair is on the disk. A VHDX gets new ids with every first write: there its journal says so. */
  const expectChanged = (what: string): void => {
    expect([what, stateOf()]).toEqual([what, 'changed']);
    if (layer === 'raw image') expect([what, hashOf(image)]).toEqual([what, changed]);
  };

  /** From any state back to the original, by undo or by finishing first. */
  const expectRescued = (what: string, by: 'undo' | 'finish'): void => {
    const state = stateOf();
    expect([what, state]).toEqual([what, state === undefined ? undefined : expect.stringMatching(/^(untouched|torn|changed)$/)]);
    if (state === undefined || state === 'untouched') {
      expect([what, hashOf(image)]).toEqual([what, original]);
      // As if nothing had happened: the repair can be made.
      repair(image);
      if (layer === 'raw image') expect([what, hashOf(image)]).toEqual([what, changed]);
    } else {
      if (state === 'torn') expect(() => repair(image)).toThrow();
      if (state === 'torn' && by === 'finish') undoRepair(image, { finish: true });
      if (state === 'changed' || by === 'finish') expectChanged(what);
    }
    expect([what, undoRepair(image).outcome]).toEqual([what, 'undone']);
    expect([what, hashOf(image)]).toEqual([what, original]);
    forget();
  };

  /** Each step once: a write in its middle, others before they happen. What lies between two writes the power cuts show. */
  const places = (steps: readonly string[]): (readonly [number, 'before' | 'in'])[] =>
    steps.map((step, at) => [at, step === 'write' ? 'in' : 'before'] as const);

  it.skipIf(missing.length > 0)('while repairing', () => {
    const steps = child('repair')!;
    expectChanged('not killed');
    expect(undoRepair(image).outcome).toBe('undone');
    forget();
    for (const [at, how] of places(steps)) {
      // Journals of the raw image are killed at every place, those of a container, which are the same, only where they end.
      if (layer !== 'raw image' && at < steps.indexOf('flush') - 1) continue;
      expect(child('repair', at, how)).toBeUndefined();
      expectRescued(`repair killed ${how} step ${at} of ${steps.length}`, at % 2 === 0 ? 'undo' : 'finish');
    }
    console.log(`${layer}: killed ${places(steps).length} times while repairing`);
  });

  it.skipIf(missing.length > 0)('while undoing and finishing', () => {
    repair(image);
    const steps = child('undo')!;
    expect(hashOf(image)).toBe(original);
    forget();
    for (const [at, how] of places(steps)) {
      repair(image);
      expect(child('undo', at, how)).toBeUndefined();
      if (stateOf() === 'untouched') {
        expect([at, hashOf(image)]).toEqual([at, original]);
        // Only the note that it is undone may be missing; a journal whose repair is not on the disk stands in nobody's way.
        repair(image);
        if (layer === 'raw image') expect([at, hashOf(image)]).toEqual([at, changed]);
        expect(undoRepair(image).outcome).toBe('undone');
        expect([at, hashOf(image)]).toEqual([at, original]);
        forget();
      } else expectRescued(`undo killed ${how} step ${at} of ${steps.length}`, at % 2 === 0 ? 'undo' : 'finish');
    }
  });
});
