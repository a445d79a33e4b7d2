import type { NtfsVolume } from '@winmedic/disk';
import type { HibernationState } from '../model/disk.ts';

/**
 * State of `hiberfil.sys` by its first four bytes: `HIBR`/`hibr` hibernated or fast start (Windows will continue and write its cached state back),
 * `WAKE`/`wake` resumed from, zeros never used since boot. Other bytes are `unknown` and count as hibernated where it decides.
 * @source libyal libhibr, "Windows Hibernation File (hiberfil.sys) format", section 2.1
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
