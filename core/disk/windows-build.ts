import { FormatError } from '@winmedic/bytes';
import type { NtfsVolume } from '@winmedic/disk';
import { openHive } from '@winmedic/registry-hive';
import { CONFIG_FOLDER, hiveOnDisk } from './windows.ts';

/** Key of SOFTWARE and value with the build; a text, which must be compared as a number ("9600" is later than "14393" as a text). */
export const BUILD_KEY = 'Microsoft\\Windows NT\\CurrentVersion';
/** Name of the value. */
export const BUILD_VALUE = 'CurrentBuildNumber';

/** Build number of the Windows on a volume; undefined when SOFTWARE does not give one. Reads only what lies on the way (and the logs of a dirty hive). */
export function windowsBuild(volume: NtfsVolume): number | undefined {
  const hive = hiveOnDisk(volume, `${CONFIG_FOLDER}\\SOFTWARE`);
  if (hive === undefined) return undefined;
  try {
    const text = openHive(hive.source, { logs: hive.logs }).key(BUILD_KEY)?.value(BUILD_VALUE)?.text();
    return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
