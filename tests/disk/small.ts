import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BitLockerDescription, type WriteProtector, type WrittenBitLocker, writeBitLocker } from '@winmedic/labs/bitlocker-writer';
import { windowsContent } from './content.ts';
import type { DiskOptions, ExpectedValue } from './options.ts';
import { drop } from './shared.ts';
import { must } from './tools.ts';
import { volumeByLabs } from './volume.ts';

/** A volume without a disk around it: everything a repair meets, small enough for hundreds of runs. */
export interface SmallVolume {
  readonly path: string;
  readonly sizeBytes: number;
  readonly values: readonly ExpectedValue[];
}

const MIB = 1 << 20;

/** Makes a Windows volume of 32 MiB by labs, hives that grow in it, the same bytes in every run. Options of the disk do not count. */
export function makeSmall(folder: string, options: DiskOptions = {}, sectorBytes: 512 | 4096 = 512): SmallVolume {
  const made = { drivers: 4, channelFiles: 12, hives: 'growing-little', compressed: false, ...options } as const;
  const content = windowsContent(made);
  const path = join(folder, 'small.img');
  const sizeBytes = 32 * MIB;
  volumeByLabs({ sizeBytes, label: 'OSDisk', hiddenSectors: 0, sectorBytes, content, options: made }, path);
  return { path, sizeBytes, values: content.values };
}

/** Puts a bare image into a container with small blocks, so that hives that grow need new ones. @returns path of the container. */
export function contained(image: string, to: 'vhdx' | 'vhd', path: string): string {
  drop(path);
  const format = to === 'vhdx' ? ['-O', 'vhdx', '-o', 'block_size=1M'] : ['-O', 'vpc', '-o', 'force_size=on'];
  must('qemu-img', ['convert', '-f', 'raw', ...format, image, path]);
  return path;
}

/** Recovery password of every volume made here. */
export const RECOVERY = '110000-000011-720885-123453-000000-654313-011011-345675';

const PROTECTORS: readonly WriteProtector[] = [
  { kind: 'recovery-password', digits: RECOVERY },
  { kind: 'startup-key' },
  { kind: 'sealed', type: 0x0100 },
];

/** Encrypts a bare image into a BitLocker volume of the same size. */
export function encrypted(image: string, path: string, description: Partial<BitLockerDescription> = {}): WrittenBitLocker {
  // A copy that is no Buffer: slices of those share their memory.
  const written = writeBitLocker(new Uint8Array(readFileSync(image)), { method: 'aes-xts-256', protectors: PROTECTORS, ...description });
  writeFileSync(path, written.volume);
  return written;
}
