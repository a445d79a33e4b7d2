import { FormatError } from '@winmedic/bytes';
import type { NtfsVolume } from '@winmedic/disk';
import type { HibernationState } from '../model/disk.ts';
import type { OpenedDisk } from './open-disk.ts';
import type { DiskVolume } from './volume.ts';

/**
 * State of `hiberfil.sys` by its first four bytes: `HIBR`/`hibr` hibernated or fast start (Windows will continue and write its cached state back),
 * `WAKE`/`wake` no longer valid (resumed from; the system starts normally), zeros not hibernated. Other bytes (`RSTR` of a resume that broke off among them)
 * are `unknown` and count as hibernated where it decides.
 * @source libyal libhibr, "Windows Hibernation File (hiberfil.sys) format", sections "Signature" and "Memory image information"
 */
export function hibernationState(volume: NtfsVolume): HibernationState {
  const file = volume.lookup('hiberfil.sys');
  if (file === undefined || file.sizeBytes === 0) return 'none';
  const data = volume.open(file);
  const head = new Uint8Array(4);
  if (data === undefined || data.readAt(0, head) < head.length) return 'unknown';
  if (head.every((byte) => byte === 0)) return 'none';
  const text = String.fromCharCode(...head).toLowerCase();
  if (text === 'hibr') return 'hibernated';
  return text === 'wake' ? 'resumed' : 'unknown';
}

/**
 * Volumes of a disk whose Windows is hibernated or in fast start: it has every volume it had mounted in memory, the others of the disk, too. Locked volumes and
 * those that cannot be read are not among them.
 */
export function hibernatedVolumes(disk: OpenedDisk): { readonly volume: DiskVolume; readonly state: HibernationState }[] {
  return disk.volumes.flatMap((volume) => {
    try {
      const ntfs = volume.readable ? volume.ntfs : undefined;
      const state = ntfs === undefined ? 'none' : hibernationState(ntfs);
      return state === 'none' || state === 'resumed' ? [] : [{ volume, state }];
    } catch (error) {
      if (error instanceof FormatError) return [];
      throw error;
    }
  });
}
