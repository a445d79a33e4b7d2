import { FormatError } from '@winmedic/bytes';
import { openHive } from '@winmedic/registry-hive';
import { identifyWindows } from './system.ts';
import type { DiskVolume } from './volume.ts';
import { CONFIG_FOLDER, hiveOnDisk } from './windows.ts';

/** Name of the computer a Windows volume belongs to, as its SYSTEM hive says; undefined when that cannot be read. */
export function computerName(volume: DiskVolume): string | undefined {
  const hive = volume.ntfs === undefined ? undefined : hiveOnDisk(volume.ntfs, `${CONFIG_FOLDER}\\SYSTEM`);
  if (hive === undefined) return undefined;
  try {
    return identifyWindows(undefined, openHive(hive.source, { logs: hive.logs })).computerName?.value;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
