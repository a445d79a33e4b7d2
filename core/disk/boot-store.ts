import { type ByteSource, FormatError } from '@winmedic/bytes';
import type { HiveLogFile } from '@winmedic/registry-hive';
import type { OpenedDisk } from './open-disk.ts';
import type { DiskVolume } from './volume.ts';
import { hiveOnDisk, LOG_SUFFIXES } from './windows.ts';

/** The boot store (BCD) on an EFI system partition, and on the system volume of a BIOS machine. */
const ON_FAT = 'EFI\\Microsoft\\Boot\\BCD';
const ON_NTFS = 'Boot\\BCD';

/** A boot store on a disk: a hive with its logs. */
export interface BootStore {
  readonly volume: DiskVolume;
  readonly on: 'fat' | 'ntfs';
  /** Path on its volume. */
  readonly path: string;
  readonly source: ByteSource;
  readonly logs: readonly HiveLogFile[];
}

/**
 * All boot stores of a disk; those of EFI system partitions first, because a machine that boots by UEFI uses no other. Volumes that are locked or cannot be read
 * have none.
 */
export function bootStores(disk: OpenedDisk): BootStore[] {
  const stores = disk.volumes.flatMap((volume) => {
    try {
      return bootStoresOf(volume);
    } catch (error) {
      if (error instanceof FormatError) return [];
      throw error;
    }
  });
  return [...stores.filter(({ on }) => on === 'fat'), ...stores.filter(({ on }) => on === 'ntfs')];
}

/** Boot stores of one volume. @throws {DiskError} of a volume that cannot be read. */
export function bootStoresOf(volume: DiskVolume): BootStore[] {
  const { fat } = volume;
  if (fat === undefined) {
    const hive = volume.readable && volume.ntfs !== undefined ? hiveOnDisk(volume.ntfs, ON_NTFS) : undefined;
    return hive === undefined ? [] : [{ volume, on: 'ntfs', path: ON_NTFS, source: hive.source, logs: hive.logs }];
  }
  const entry = fat.lookup(ON_FAT);
  if (entry === undefined || entry.isDirectory) return [];
  const logs = LOG_SUFFIXES.flatMap((suffix) => {
    const log = fat.lookup(`${ON_FAT}${suffix}`);
    return log === undefined || log.isDirectory || log.sizeBytes === 0 ? [] : [{ name: log.name, source: fat.open(log) }];
  });
  return [{ volume, on: 'fat', path: ON_FAT, source: fat.open(entry), logs }];
}
