import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { assembleDisk, GPT_TYPE, gptPieces } from '@winmedic/labs/disk-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { type FatFile, writeFat } from '../../labs/src/fat-writer/index.ts';
import { openDisk } from '../disk/open-disk.ts';
import { Problems } from '../evidence/index.ts';
import { applyRepair, inspectDisk, planRepair, safebootStep, undoRepair } from './index.ts';
import { bootStore, bytesOf, damagedVolume, imageFolder } from './test-disk.ts';

const images = imageFolder();
afterAll(() => images.dispose());

const SECTOR = 512;
const SYSTEM = { first: 2048, sizeBytes: 8 << 20 };
const WINDOWS = { first: 20_480, sizeBytes: 24 << 20 };

/** A disk that starts by UEFI: the boot store lies on a FAT volume. */
function uefi(): Uint8Array {
  const sizeBytes = 48 << 20;
  const part = (type: string, { first, sizeBytes: size }: typeof SYSTEM) => ({ type, firstLba: first, lastLba: first + size / SECTOR - 1 });
  const folder = (short: string, files: readonly FatFile[]): FatFile => ({ short, files });
  const store = { short: 'BCD        ', data: bootStore(0) };
  const path = folder('EFI        ', [{ ...folder('MICROS~1   ', [folder('BOOT       ', [store])]), long: 'Microsoft' }]);
  const fat = writeFat({ kind: 'FAT16', files: [path] });
  return assembleDisk(
    sizeBytes,
    gptPieces({ sizeBytes, partitions: [part(GPT_TYPE.efiSystem, SYSTEM), part(GPT_TYPE.basicData, WINDOWS)] }),
    [
      { offset: SYSTEM.first * SECTOR, bytes: fat.bytes },
      { offset: WINDOWS.first * SECTOR, bytes: bytesOf(damagedVolume()) },
    ],
  );
}

/** A disk whose boot store lies on the volume of Windows. */
const bios = (): Uint8Array => bytesOf(damagedVolume({ more: [{ path: 'Boot\\BCD', content: bootStore(0) }] }));

function opened<T>(path: string, plan: boolean, work: (disk: ReturnType<typeof openDisk>) => T): T {
  const disk = openDisk(path, { plan });
  try {
    return work(disk);
  } finally {
    disk.close();
  }
}
const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
const safeboots = (path: string): string[] =>
  opened(path, false, (disk) => inspectDisk(disk, new Problems()).volumes.flatMap(({ windows }) => windows?.safeboot ?? [])).map(
    ({ mode, store }) => `${store} ${mode}`,
  );

describe.each([
  ['an EFI system partition', uefi, '1:EFI\\Microsoft\\Boot\\BCD'],
  ['the volume of Windows', bios, '1:Boot\\BCD'],
] as const)('safe boot in the boot store of %s', (_, make, store) => {
  it('is cleared, the store checked as it would be, and put back', () => {
    const path = images.image(make());
    const before = hash(path);
    expect(safeboots(path)).toEqual([`${store} minimal`]);
    opened(path, true, (disk) => {
      const planned = planRepair(disk, { purpose: 'test', steps: [safebootStep('clear')] });
      expect(planned).toMatchObject({ outcome: 'planned', refusals: [] });
      // Without safe boot: the root, Objects, three objects with Description and Elements, two elements; three types and two elements.
      expect(planned.checks.filter(({ id }) => id === 'hives')).toEqual([
        { id: 'hives', ok: true, what: store, findings: [], counts: { keys: 13, values: 5 } },
      ]);
      applyRepair(planned);
    });
    expect(safeboots(path)).toEqual([]);
    undoRepair(path);
    expect(hash(path)).toBe(before);
  });
});
