import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  applyJournal,
  type BlockPlan,
  compareDisk,
  finishJournal,
  type Journal,
  openNtfs,
  readJournal,
  undoJournal,
  writeJournal,
} from '@winmedic/disk';
import { openHive } from '@winmedic/registry-hive';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hiveOnDisk } from '../../core/disk/windows.ts';
import { BaseFile, CachedDisk, CachedJournal, Power, PowerCut, SURVIVAL } from './failing-disk.ts';
import { planning, wholeRepair } from './recipe.ts';
import { shared } from './shared.ts';
import { contained, encrypted, makeSmall, type SmallVolume } from './small.ts';
import { missingTools, removeFolder, scratchFolder } from './tools.ts';

/**
 * The power is cut at every step of writing a whole repair, of undoing it and of finishing it, inside each write at several places, by a disk that loses or
 * reorders what was not flushed. There are three outcomes only: untouched, fully changed, or restored by undo.
 */
const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());
const HEADER = { purpose: 'test', disk: 'small', identity: [], madeAt: '2024-07-19T06:00:00.000Z', actions: [] };

/** How much of the write that is cut arrives. */
const TORN: readonly ((sizeBytes: number) => number)[] = [
  () => 0,
  () => 1,
  () => 512,
  (size) => (size >> 1) + 3,
  (size) => size - 1,
  (size) => size,
];

interface Layer {
  readonly name: string;
  readonly needs?: string;
  /** Path of the disk, and keys to open it with. */
  readonly make: (small: SmallVolume, folder: string) => { readonly path: string; readonly key?: Uint8Array };
  /** The container grows. */
  readonly grows: boolean;
}

const LAYERS: readonly Layer[] = [
  { name: 'raw image', make: ({ path }) => ({ path }), grows: false },
  {
    name: 'VHDX that grows',
    needs: 'qemu-img',
    make: ({ path }, folder) => ({ path: contained(path, 'vhdx', join(folder, 'c.vhdx')) }),
    grows: true,
  },
  {
    name: 'VHD that grows',
    needs: 'qemu-img',
    make: ({ path }, folder) => ({ path: contained(path, 'vhd', join(folder, 'c.vhd')) }),
    grows: true,
  },
  {
    name: 'BitLocker volume, XTS-AES 256',
    make: ({ path }, folder) => {
      const file = join(folder, 'bitlocker.img');
      return { path: file, key: encrypted(path, file).masterKey };
    },
    grows: false,
  },
];

describe.each(LAYERS)('power cut: $name', ({ name, needs, make, grows }) => {
  const missing = needs === undefined ? [] : missingTools(needs);
  if (missing.length > 0) console.log(`skipped: ${name}: ${missing.join(', ')} not installed (package qemu-utils)`);

  let folder = '';
  let base: BaseFile;
  let plan: BlockPlan;
  let original: CachedDisk;
  let changed: CachedDisk;
  let small: SmallVolume;
  beforeAll(() => {
    if (missing.length > 0) return;
    folder = scratchFolder();
    // Only hives that grow by much need new blocks in the container.
    small = grows ? shared('small-growing', (into) => makeSmall(into, { hives: 'growing' })) : shared('small', (into) => makeSmall(into));
    const { path, key } = make(small, folder);
    const options = key === undefined ? {} : { keys: { raw: { secret: { kind: 'vmk', key } as const } } };
    plan = planning(
      path,
      wholeRepair(),
      (planned) => {
        expect([planned.outcome, planned.refusals]).toEqual(['planned', []]);
        return planned.plan;
      },
      options,
    );
    base = new BaseFile(path);
    original = new CachedDisk(base);
    changed = new CachedDisk(base);
    const journal = new CachedJournal();
    applyJournal(changed, journal, writeJournal(journal, HEADER, plan, sha256), { sha256 });
  }, 120_000);
  afterAll(() => {
    base?.close();
    if (folder !== '') removeFolder(folder);
  });

  /** Runs something that may be cut. @returns whether it was. */
  const cut = (work: () => void): boolean => {
    try {
      work();
      return false;
    } catch (error) {
      for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) if (cause instanceof PowerCut) return true;
      throw error;
    }
  };
  /** Steps something takes. */
  const stepsOf = (work: (power: Power) => void): Power['done'] => {
    const power = new Power();
    work(power);
    return power.done;
  };
  const written = (power = new Power()): { readonly store: CachedJournal; readonly journal: Journal } => {
    const store = new CachedJournal(power);
    return { store, journal: writeJournal(store, HEADER, plan, sha256) };
  };
  const journalBytes = (store: CachedJournal): Uint8Array => {
    const bytes = new Uint8Array(store.sizeBytes);
    store.readAt(0, bytes);
    return bytes;
  };

  it.skipIf(missing.length > 0)('writes a repair of many steps', () => {
    expect(plan.changes.length).toBeGreaterThan(20);
    expect(new Set(plan.changes.map(({ epoch }) => epoch)).size).toBeGreaterThan(5);
    expect(plan.sizeAfter > plan.sizeBefore).toBe(grows);
    expect(changed.differsFrom(original).length).toBeGreaterThan(20);
  });

  it.skipIf(missing.length > 0)('while the journal is written: the disk is untouched, and nothing takes the journal for one', () => {
    const steps = stepsOf((power) => written(power));
    expect(steps.every(({ on }) => on === 'journal')).toBe(true);
    for (const at of steps.keys()) {
      for (const torn of grows ? TORN.slice(3, 4) : TORN) {
        const store = new CachedJournal(new Power(at, torn));
        expect(cut(() => writeJournal(store, HEADER, plan, sha256))).toBe(true);
        // What counts as a journal was whole, its seal written behind the flush of everything else.
        for (const rest of ['kept', 'lost', 'zeros'] as const) {
          const found = store.afterPowerCut(rest);
          let journal: Journal | undefined;
          try {
            journal = readJournal(found, sha256);
          } catch (error) {
            expect((error as { code?: string }).code).toMatch(/^JOURNAL_(INCOMPLETE|NOT_JOURNAL|DAMAGED)$/);
          }
          if (journal !== undefined) expect([at >= steps.length - 2, journal.state]).toEqual([true, 'planned']);
        }
      }
    }
  });

  /** What was rescued before: many cuts leave the same. */
  const rescued = new Set<string>();
  const states = new Set<string>();

  /** Whatever a cut left: undo restores the original, finish makes the repair, both from the same state; nothing is foreign. */
  const expectRescued = (disk: CachedDisk, store: CachedJournal, what: string): void => {
    const left = `${disk.digest()} ${sha256(journalBytes(store)).join()}`;
    if (rescued.has(left)) return;
    rescued.add(left);
    const { state } = compareDisk(readJournal(store, sha256), disk);
    expect([what, state]).toEqual([what, expect.stringMatching(/^(untouched|torn|changed)$/)]);
    states.add(state);
    if (state === 'untouched') expect([what, disk.differsFrom(original)]).toEqual([what, []]);
    if (state === 'changed') expect([what, disk.differsFrom(changed)]).toEqual([what, []]);
    for (const [act, wanted, states] of [
      [undoJournal, original, 'undone'],
      [finishJournal, changed, 'applied'],
    ] as const) {
      const again = disk.afterPowerCut(() => true);
      const kept = store.afterPowerCut('kept');
      act(again, kept, readJournal(kept, sha256), { sha256 });
      const settled = again.afterPowerCut(() => false);
      expect([what, states, settled.differsFrom(wanted)]).toEqual([what, states, []]);
      expect([what, readJournal(kept.afterPowerCut('lost'), sha256).state]).toEqual([what, states]);
    }
  };

  it.skipIf(missing.length > 0)('at every step of the repair: untouched, changed, or restored; never anything else', () => {
    const ready = journalBytes(written().store);
    const run = (power: Power): { readonly disk: CachedDisk; readonly store: CachedJournal; readonly wasCut: boolean } => {
      const store = new CachedJournal(power, ready);
      const disk = new CachedDisk(base, power);
      const journal = readJournal(store, sha256);
      return { disk, store, wasCut: cut(() => applyJournal(disk, store, journal, { sha256 })) };
    };
    const steps = stepsOf((power) => run(power));
    states.clear();
    let cuts = 0;
    for (const [at, { on, what, sizeBytes }] of steps.entries()) {
      const places = new Set((grows ? TORN.slice(3) : TORN).map((torn) => Math.max(0, Math.min(sizeBytes, torn(sizeBytes)))));
      for (const place of places) {
        const { disk, store, wasCut } = run(new Power(at, () => place));
        expect(wasCut).toBe(true);
        for (const [kind, survives] of Object.entries(SURVIVAL)) {
          const found = disk.afterPowerCut(survives);
          const rest = on === 'journal' && kind.startsWith('nothing') ? 'lost' : 'kept';
          const label = `step ${at} (${on} ${what}), ${place} of ${sizeBytes} bytes, ${kind}`;
          const left = store.afterPowerCut(rest);
          expectRescued(found, left, label);
          cuts++;
        }
      }
    }
    console.log(`${name}: ${steps.length} steps, ${cuts} power cuts of the repair, ${rescued.size} different disks`);
    expect(states).toEqual(new Set(['untouched', 'torn', 'changed']));
  });

  it.skipIf(missing.length > 0)('at every step of undoing and of finishing: the same again leads to the end', () => {
    const { store: full } = written();
    const applied = new CachedDisk(base);
    applyJournal(applied, full, readJournal(full, sha256), { sha256 });
    const done = journalBytes(full);
    // A repair that was cut in the middle, for finishing.
    const half = new CachedDisk(base, new Power(Math.floor(plan.changes.length * 0.7)));
    const planned = journalBytes(written().store);
    const halfStore = new CachedJournal(half.power, planned);
    expect(cut(() => applyJournal(half, halfStore, readJournal(halfStore, sha256), { sha256 }))).toBe(true);
    let cuts = 0;
    for (const [act, from, bytes] of [
      [undoJournal, applied, done],
      [undoJournal, half, planned],
      [finishJournal, half, planned],
    ] as const) {
      const run = (power: Power) => {
        const disk = from.afterPowerCut(() => true, power);
        const store = new CachedJournal(power, bytes);
        const journal = readJournal(store, sha256);
        return { disk, store, wasCut: cut(() => act(disk, store, journal, { sha256 })) };
      };
      const steps = stepsOf((power) => run(power));
      for (const [at, { sizeBytes }] of steps.entries()) {
        for (const place of new Set([0, sizeBytes >> 1])) {
          const { disk, store, wasCut } = run(new Power(at, () => place));
          expect(wasCut).toBe(true);
          for (const [kind, survives] of Object.entries(SURVIVAL)) {
            if ((place > 0 || grows) && !kind.startsWith('all that') && !(place === 0 && kind.startsWith('every other'))) continue;
            const left = store.afterPowerCut(kind.startsWith('nothing') ? 'lost' : 'kept');
            expectRescued(disk.afterPowerCut(survives), left, `${act.name} cut at step ${at}, ${place} bytes, ${kind}`);
            cuts++;
          }
        }
      }
    }
    console.log(`${name}: ${cuts} power cuts of undoing and finishing`);
  });

  it.skipIf(name !== 'raw image')('at every step Windows finds hives that are whole: clean, or dirty with whole logs', () => {
    const lines = (
      disk: CachedDisk,
      hive: string,
    ): { readonly state: string; readonly start: bigint | undefined; readonly rest: string } => {
      const found = hiveOnDisk(openNtfs(disk, {}), `Windows\\System32\\config\\${hive}`)!;
      const opened = openHive(found.source, { logs: found.logs });
      const hash = createHash('sha256');
      for (const key of opened.walk()) {
        hash.update(`K ${key.path} `);
        for (const value of key.values())
          if (!(value.name === 'Start' && key.path.endsWith('\\CSAgent')))
            hash.update(`V ${value.name} ${value.type} `).update(value.data());
      }
      const start = opened.key('ControlSet001\\Services\\CSAgent')?.value('Start')?.number();
      return { state: opened.state, start, rest: hash.digest('hex') };
    };
    for (const hive of ['SYSTEM', 'SOFTWARE']) {
      const before = lines(original, hive);
      const after = lines(changed, hive);
      expect([before.state, after.state, after.rest]).toEqual(['replayed', 'clean', before.rest]);
      const states: string[] = [];
      const starts = new Set<bigint | undefined>();
      const disk = new CachedDisk(base);
      for (const change of plan.changes) {
        disk.write(change.offset, change.new);
        const now = lines(disk, hive);
        expect([change.offset, now.rest]).toEqual([change.offset, before.rest]);
        states.push(now.state);
        starts.add(now.start);
      }
      // Dirty until its base block is written, clean from then on: never dirty again.
      expect(states.join(' ')).toMatch(/^(replayed )+clean( clean)*$/);
      expect(starts).toEqual(new Set(hive === 'SYSTEM' ? [1n, 4n] : [undefined]));
    }
  });
});
