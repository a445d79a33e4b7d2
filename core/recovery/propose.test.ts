import { loadKnowledge } from '@winmedic/knowledge';
import { assembleDisk, GPT_TYPE, gptPieces } from '@winmedic/labs/disk-writer';
import { dword, sz, writeHive } from '@winmedic/labs/hive-writer';
import { type WriteEntry, writeNtfs } from '@winmedic/labs/ntfs-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { openDisk } from '../disk/open-disk.ts';
import { applyRepair, planRepair, proposeRecipes, type Verdicts } from './index.ts';
import { bootStore, bytesOf, damagedVolume, FILES, imageFolder, ticks, WINDOWS_ENTRY } from './test-disk.ts';

const images = imageFolder();
afterAll(() => images.dispose());

const { recipes } = loadKnowledge();
const NONE: Verdicts = new Map();
const CONFIG = 'Windows\\System32\\config';

function proposed(path: string, verdicts: Verdicts = NONE) {
  const disk = openDisk(path);
  try {
    return proposeRecipes(disk, verdicts, recipes);
  } finally {
    disk.close();
  }
}
const ids = (path: string, verdicts: Verdicts = NONE): string[] => proposed(path, verdicts).map(({ recipe }) => recipe.id);
const factsOf = (path: string, id: string, verdicts: Verdicts = NONE): string[] =>
  proposed(path, verdicts).flatMap(({ recipe, because }) => (recipe.id === id ? because.flatMap(({ facts }) => facts) : []));

/** What a service has besides its start. */
interface Service {
  readonly start: number;
  readonly override?: number;
}

/** A clean SYSTEM with these services. */
function system(services: Readonly<Record<string, Service>>): Uint8Array {
  return writeHive({
    root: {
      name: 'ROOT',
      keys: [
        { name: 'Select', values: [dword('Current', 1), dword('Default', 1)] },
        {
          name: 'ControlSet001',
          keys: [
            {
              name: 'Services',
              keys: Object.entries(services).map(([name, { start, override }]) => ({
                name,
                values: [dword('Start', start)],
                ...(override !== undefined && { keys: [{ name: 'StartOverride', values: [dword('0', override)] }] }),
              })),
            },
          ],
        },
      ],
    },
  });
}

const software = (build?: string): Uint8Array =>
  writeHive({
    root: {
      name: 'ROOT',
      keys: [
        {
          name: 'Microsoft',
          keys: [
            {
              name: 'Windows NT',
              keys: [{ name: 'CurrentVersion', values: build === undefined ? [] : [sz('CurrentBuildNumber', build)] }],
            },
          ],
        },
      ],
    },
  });

/** A healthy volume with clean hives. */
function volume(more: readonly WriteEntry[] = [], services: Readonly<Record<string, Service>> = {}, build: string | undefined = '17763') {
  return writeNtfs({
    sizeBytes: 8 << 20,
    time: ticks('2024-07-19T04:10:00Z'),
    entries: [{ path: `${CONFIG}\\SYSTEM`, content: system(services) }, { path: `${CONFIG}\\SOFTWARE`, content: software(build) }, ...more],
  });
}
const image = (...args: Parameters<typeof volume>): string => images.image(bytesOf(volume(...args)));

describe('recipes are proposed', () => {
  it('for the faulty channel file with its time in UTC, and for hives that need their logs', () => {
    const path = images.image(bytesOf(damagedVolume()));
    expect(ids(path)).toEqual(['crowdstrike-291', 'hives-replay']);
    expect(factsOf(path, 'crowdstrike-291')).toEqual([`${FILES.faulty} 2024-07-19T04:09:00Z`]);
    expect(factsOf(path, 'hives-replay')).toEqual([
      expect.stringMatching(/^Windows\\System32\\config\\SYSTEM 21\/20 \(SYSTEM\.LOG1: 2\)$/),
      expect.stringMatching(/^Windows\\System32\\config\\SOFTWARE \d+\/\d+ \(SOFTWARE\.LOG1: 1\)$/),
    ]);
    expect(proposed(path).map((one) => one.volume)).toEqual([1, 1]);
  });

  it('no more once they are carried out', () => {
    const path = images.image(bytesOf(damagedVolume()));
    for (const { recipe } of proposed(path)) {
      const disk = openDisk(path, { plan: true });
      try {
        const plan = planRepair(disk, { purpose: recipe.id, steps: recipe.steps });
        if (plan.outcome === 'planned') applyRepair(plan);
      } finally {
        disk.close();
      }
    }
    expect(ids(path)).toEqual([]);
  });

  it('not for good channel files alone', () => {
    const older = { path: FILES.older, content: 'x', times: ticks('2024-07-19T04:08:59.9999999Z') };
    const fixed = { path: FILES.fixed, content: 'x', times: ticks('2024-07-19T05:27:00Z') };
    expect(ids(image([older, fixed]))).toEqual([]);
    const last = { path: FILES.faulty, content: 'x', times: ticks('2024-07-19T05:26:59.9999999Z') };
    expect(factsOf(image([older, fixed, last]), 'crowdstrike-291')).toEqual([`${FILES.faulty} 2024-07-19T05:26:59.9999999Z`]);
  });

  it('for a safe boot flag of a Windows entry, not for that of Windows PE', () => {
    const stored = (windows?: number, windowsPe?: number): WriteEntry[] => [{ path: 'Boot\\BCD', content: bootStore(windows, windowsPe) }];
    expect(factsOf(image(stored(0)), 'safeboot-clear')).toEqual([`1:Boot\\BCD ${WINDOWS_ENTRY} safeboot=minimal`]);
    expect(ids(image(stored(2)))).toEqual(['safeboot-clear']);
    expect(ids(image(stored()))).toEqual([]);
    expect(ids(image(stored(undefined, 1)))).toEqual([]);
  });

  it('for a driver of every start that does not start at boot, not for one whose controller is not there', () => {
    const core = { disk: { start: 0 }, partmgr: { start: 0 }, volsnap: { start: 0 } };
    expect(ids(image([], { ...core, stornvme: { start: 0, override: 3 }, storvsc: { start: 3 } }))).toEqual([]);
    const path = image([], { ...core, partmgr: { start: 3 }, volsnap: { start: 0, override: 3 } });
    expect(factsOf(path, 'storage-drivers')).toEqual([
      'SYSTEM\\ControlSet001\\Services\\partmgr!Start=3',
      'SYSTEM\\ControlSet001\\Services\\volsnap\\StartOverride',
    ]);
  });

  it('for a cause the diagnosis names, as long as a step that needs no asking has something to do', () => {
    const seen: Verdicts = new Map([['boot-device-missing', 'likely']]);
    const path = image([], { stornvme: { start: 0, override: 3 } });
    expect(ids(path)).toEqual([]);
    expect(factsOf(path, 'storage-drivers', seen)).toEqual(['boot-device-missing: likely']);
    expect(ids(image([], { stornvme: { start: 0 }, vpci: { start: 3 } }), seen)).toEqual([]);
  });

  it('for logs of the transactional registry only from the build on that never replays them', () => {
    const hang: Verdicts = new Map([['hive-load-hang', 'confirmed']]);
    const log = [{ path: `${CONFIG}\\TxR\\{47a6a166-a514-11e3-a94b-ec0d9a05c860}.TxR.blf`, content: 'x' }];
    expect(ids(image(log, {}, '14393'), hang)).toEqual(['txr-aside']);
    expect(ids(image(log, {}, '9600'), hang)).toEqual([]);
    expect(ids(image(log, {}, ''), hang)).toEqual([]);
    expect(ids(image([], {}, '14393'), hang)).toEqual([]);
  });

  it('for each Windows of a disk by its partition; boot entries are told once', () => {
    const sectors = (8 << 20) / 512;
    const first = volume([{ path: FILES.faulty, content: 'x', times: ticks('2024-07-19T04:10:00Z') }]);
    const second = volume([{ path: 'Boot\\BCD', content: bootStore(1) }], { volume: { start: 4 } });
    const sizeBytes = 20 << 20;
    const at = [2048, 2048 + sectors] as const;
    const gpt = gptPieces({
      sizeBytes,
      partitions: at.map((firstLba) => ({ type: GPT_TYPE.basicData, firstLba, lastLba: firstLba + sectors - 1 })),
    });
    const disk = assembleDisk(sizeBytes, gpt, [
      { offset: at[0] * 512, bytes: bytesOf(first) },
      { offset: at[1] * 512, bytes: bytesOf(second) },
    ]);
    expect(proposed(images.image(disk)).map(({ recipe, volume: number }) => `${number} ${recipe.id}`)).toEqual([
      '1 crowdstrike-291',
      '1 safeboot-clear',
      '2 storage-drivers',
    ]);
  });

  it('whatever else on the disk cannot be read', () => {
    const damaged = writeNtfs({
      sizeBytes: 8 << 20,
      entries: [
        { path: `${CONFIG}\\SYSTEM`, content: 'no hive' },
        { path: `${CONFIG}\\SOFTWARE`, content: new Uint8Array(8192) },
        { path: 'Boot\\BCD', content: 'no store' },
        { path: FILES.faulty, content: 'x', times: ticks('2024-07-19T04:10:00Z') },
      ],
    });
    const causes: Verdicts = new Map(recipes.flatMap(({ causes: ids }) => ids.map((id) => [id, 'confirmed'] as const)));
    expect(ids(images.image(bytesOf(damaged)), causes)).toEqual(['crowdstrike-291']);
  });
});
