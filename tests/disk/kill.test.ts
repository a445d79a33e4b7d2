import { spawn } from 'node:child_process';
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
  /** Two disks, so that two processes work at a time. */
  let images: readonly string[];
  let original: string;
  let changed: string;
  beforeAll(() => {
    folder = scratchFolder();
    const { path } =
      layer === 'raw image'
        ? shared('small', (into) => makeSmall(into))
        : shared('small-growing', (into) => makeSmall(into, { hives: 'growing' }));
    images = [join(folder, 'one.img'), join(folder, 'two.img')];
    const [image, twin] = images as [string, string];
    if (layer === 'raw image') copyOf(path, image);
    else if (missing.length === 0) contained(path, 'vhdx', image);
    else return;
    copyOf(image, twin);
    original = hashOf(image);
    repair(image);
    changed = hashOf(image);
    undoRepair(image);
    forget(image);
  });
  afterAll(() => removeFolder(folder));

  /** Leaves the image alone and forgets the repairs made to it. */
  const forget = (image: string): void => {
    for (const journal of journalsOf(image, false)) rmSync(journal);
  };

  /** @returns the steps when it was not killed. */
  const child = async (
    image: string,
    act: 'repair' | 'undo',
    step = -1,
    how: 'before' | 'in' = 'before',
  ): Promise<string[] | undefined> => {
    const run = spawn(process.execPath, ['--conditions=@winmedic/source', CHILD, act, image, String(step), how], {
      env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'cache') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      run[name].on('data', (part: Buffer) => {
        said[name] += part.toString();
      });
    const [code, signal] = await new Promise<[number | null, string | null]>((done) => {
      run.once('close', (...end) => done(end));
    });
    if (signal === 'SIGKILL') return undefined;
    expect([code, said.stderr]).toEqual([0, '']);
    return JSON.parse(said.stdout) as string[];
  };

  /** State of the disk by its journals; undefined when none was finished, so that no write can have happened. */
  const stateOf = (image: string): string | undefined => {
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
  const expectChanged = (image: string, what: string): void => {
    expect([what, stateOf(image)]).toEqual([what, 'changed']);
    if (layer === 'raw image') expect([what, hashOf(image)]).toEqual([what, changed]);
  };

  /** From any state back to the original, by undo or by finishing first. */
  const expectRescued = (image: string, what: string, by: 'undo' | 'finish'): void => {
    const state = stateOf(image);
    expect([what, state]).toEqual([what, state === undefined ? undefined : expect.stringMatching(/^(untouched|torn|changed)$/)]);
    if (state === undefined || state === 'untouched') {
      expect([what, hashOf(image)]).toEqual([what, original]);
      // As if nothing had happened: the repair can be made.
      repair(image);
      if (layer === 'raw image') expect([what, hashOf(image)]).toEqual([what, changed]);
    } else {
      if (state === 'torn') expect(() => repair(image)).toThrow();
      if (state === 'torn' && by === 'finish') undoRepair(image, { finish: true });
      if (state === 'changed' || by === 'finish') expectChanged(image, what);
    }
    expect([what, undoRepair(image).outcome]).toEqual([what, 'undone']);
    expect([what, hashOf(image)]).toEqual([what, original]);
    forget(image);
  };

  /** Each step once: a write in its middle, others before they happen. What lies between two writes the power cuts show. */
  const places = (steps: readonly string[]): (readonly [number, 'before' | 'in'])[] =>
    steps.map((step, at) => [at, step === 'write' ? 'in' : 'before'] as const);

  /** Kills a process at each place, two at a time. */
  const atEach = async (
    steps: readonly string[],
    work: (image: string, at: number, how: 'before' | 'in') => Promise<void>,
  ): Promise<number> => {
    const left = places(steps);
    const count = left.length;
    await Promise.all(
      images.map(async (image) => {
        for (let next = left.shift(); next !== undefined; next = left.shift()) await work(image, ...next);
      }),
    );
    return count;
  };

  it.skipIf(missing.length > 0)('while repairing', async () => {
    const image = images[0]!;
    const steps = (await child(image, 'repair'))!;
    expectChanged(image, 'not killed');
    expect(undoRepair(image).outcome).toBe('undone');
    forget(image);
    const count = await atEach(steps, async (one, at, how) => {
      // The journal of a container is written as that of an image: there only its end.
      if (layer !== 'raw image' && at < steps.indexOf('flush') - 1) return;
      expect(await child(one, 'repair', at, how)).toBeUndefined();
      expectRescued(one, `repair killed ${how} step ${at} of ${steps.length}`, at % 2 === 0 ? 'undo' : 'finish');
    });
    console.log(`${layer}: ${count} steps of repairing`);
  });

  it.skipIf(missing.length > 0)('while undoing', async () => {
    const image = images[0]!;
    repair(image);
    const steps = (await child(image, 'undo'))!;
    expect(hashOf(image)).toBe(original);
    forget(image);
    const count = await atEach(steps, async (one, at, how) => {
      repair(one);
      expect(await child(one, 'undo', at, how)).toBeUndefined();
      if (stateOf(one) !== 'untouched') {
        expectRescued(one, `undo killed ${how} step ${at} of ${steps.length}`, at % 2 === 0 ? 'undo' : 'finish');
        return;
      }
      // Only the note that it is undone may be missing; a journal whose repair is not on the disk stands in nobody's way.
      expect([at, hashOf(one)]).toEqual([at, original]);
      repair(one);
      if (layer === 'raw image') expect([at, hashOf(one)]).toEqual([at, changed]);
      expect(undoRepair(one).outcome).toBe('undone');
      expect([at, hashOf(one)]).toEqual([at, original]);
      forget(one);
    });
    console.log(`${layer}: ${count} steps of undoing`);
  });
});
