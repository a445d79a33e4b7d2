import { type ByteSource, FormatError } from '@winmedic/bytes';
import type { NtfsFile, NtfsVolume } from '@winmedic/disk';
import type { HiveLogFile } from '@winmedic/registry-hive';
import { DiskAccessError } from './errors.ts';
import type { OpenedDisk } from './open-disk.ts';
import type { DiskVolume } from './volume.ts';

/** Folder of the hives of Windows. */
export const CONFIG_FOLDER = 'Windows\\System32\\config';
/** Names of the logs beside a hive; `.LOG` is the one of old versions, empty since Windows Vista. */
export const LOG_SUFFIXES = ['.LOG', '.LOG1', '.LOG2'] as const;

/** Whether a volume holds a Windows: its SYSTEM hive is there. A recovery or system partition also has a `Windows` folder at times. */
export function hasWindows(volume: DiskVolume): boolean {
  return volume.readable && volume.ntfs?.lookup(`${CONFIG_FOLDER}\\SYSTEM`) !== undefined;
}

/**
 * The volume to work on: the one asked for by partition number, or the only one with a Windows.
 * @throws {DiskAccessError} DISK_NO_VOLUME, DISK_NO_WINDOWS, DISK_SEVERAL_WINDOWS; {DiskError} of a volume that was asked for and cannot be opened, or of
 *   one that cannot be opened or is locked when no other has a Windows.
 */
export function windowsVolume(disk: OpenedDisk, number?: number): DiskVolume {
  if (number !== undefined) {
    const volume = disk.volumes.find((one) => one.number === number);
    if (volume === undefined)
      throw new DiskAccessError('DISK_NO_VOLUME', String(number), { need: disk.volumes.map((one) => one.number).join(', ') });
    if (volume.ntfs === undefined) throw new DiskAccessError('DISK_NO_WINDOWS', String(number), { need: 'NTFS', have: volume.kind });
    return volume;
  }
  let failure: FormatError<string> | undefined;
  const found = disk.volumes.filter((volume) => {
    try {
      return hasWindows(volume);
    } catch (error) {
      // A volume beside it that is beyond reading (an old recovery partition) is no reason to give up.
      if (!(error instanceof FormatError)) throw error;
      failure ??= error;
      return false;
    }
  });
  const [only] = found;
  if (found.length > 1) throw new DiskAccessError('DISK_SEVERAL_WINDOWS', disk.path, { have: found.map((one) => one.number).join(', ') });
  if (only !== undefined) return only;
  if (failure !== undefined) throw failure;
  for (const volume of disk.volumes) if (volume.kind === 'bitlocker') volume.clear();
  throw new DiskAccessError('DISK_NO_WINDOWS', disk.path);
}

/** A hive on a volume with its logs: files and their bytes. */
export interface HiveOnDisk {
  readonly path: string;
  readonly file: NtfsFile;
  readonly source: ByteSource;
  /** With the file each lies in, in the order of their names. */
  readonly logs: readonly (HiveLogFile & { readonly path: string; readonly file: NtfsFile })[];
}

/** A hive by its path on the volume with all logs beside it that hold anything; undefined when there is none. */
export function hiveOnDisk(volume: NtfsVolume, path: string): HiveOnDisk | undefined {
  const file = volume.lookup(path);
  const source = file === undefined || file.isDirectory ? undefined : volume.open(file);
  if (file === undefined || source === undefined) return undefined;
  const logs = LOG_SUFFIXES.flatMap((suffix) => {
    const logPath = `${path}${suffix}`;
    const logFile = volume.lookup(logPath);
    const log = logFile === undefined || logFile.isDirectory ? undefined : volume.open(logFile);
    if (logFile === undefined || log === undefined || log.sizeBytes === 0) return [];
    return [{ name: logPath.slice(logPath.lastIndexOf('\\') + 1), path: logPath, file: logFile, source: log }];
  });
  return { path, file, source, logs };
}
