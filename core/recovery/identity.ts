import type { OpenedDisk } from '../disk/open-disk.ts';
import type { DiskVolume } from '../disk/volume.ts';

/**
 * What tells a disk from others, as `name=value`: kept in the journal for people and
 * for {@link ranSince} (what decides at undo are the bytes). Never the container's id, which a write changes.
 */
export function identityOf(disk: OpenedDisk, volume: DiskVolume): string[] {
  const { diskId, scheme } = disk.table;
  return [
    `scheme=${scheme}`,
    ...(diskId === undefined ? [] : [`disk=${diskId}`]),
    `volume=${volume.number}@${volume.partition.offset}+${volume.partition.sizeBytes}`,
    ...(volume.ntfs === undefined ? [] : [`serial=${volume.ntfs.boot.serial}`, `${LOG}${logPosition(volume)}`]),
  ];
}

const LOG = 'log=';

/** Where the log of a volume has come to, by its restart area and the records behind it: it moves on as soon as Windows mounts the volume. */
function logPosition(volume: DiskVolume): string {
  const log = volume.logFile();
  return `${log?.currentLsn ?? 0n}+${log?.records ?? 0}`;
}

/**
 * The volume of a journal's identity whose Windows ran since and left records pending: they may concern any block, though it looks as the repair left it.
 */
export function ranSince(disk: OpenedDisk, identity: readonly string[]): DiskVolume | undefined {
  const number = identity.map((part) => /^volume=(\d+)@/.exec(part)?.[1]).find((found) => found !== undefined);
  const position = identity.find((part) => part.startsWith(LOG))?.slice(LOG.length);
  const volume = disk.volumes.find((one) => String(one.number) === number);
  if (volume === undefined || position === undefined || !volume.readable) return undefined;
  const state = volume.logFile()?.state;
  return (state === 'pending' || state === 'unreadable') && logPosition(volume) !== position ? volume : undefined;
}
