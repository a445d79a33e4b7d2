import type { BitLockerVolume, RecoveryKey, VolumeSecret } from '@winmedic/disk';
import { recoveryKeyFor } from '@winmedic/disk';

/** A startup key file with the id it is for. */
export interface StartupKey {
  readonly id: string;
  readonly file: Uint8Array;
}

/** Keys handed in for one run. They stay in memory, are matched by protector id, and are never printed. */
export interface DiskKeys {
  /** Recovery passwords of key lists. */
  readonly recovery?: readonly RecoveryKey[];
  readonly startup?: readonly StartupKey[];
  /** A raw VMK or FVEK, for the volume (partition number) that is named, or for the only locked one. */
  readonly raw?: { readonly secret: VolumeSecret; readonly volume?: number };
  /** A password of a person, for volumes with a password protector. */
  readonly password?: string;
}

/**
 * Secrets worth trying on a volume, best first: only those whose protector the volume has. A suspended volume needs none.
 */
export function secretsFor(volume: BitLockerVolume, number: number, keys: DiskKeys): VolumeSecret[] {
  const secrets: VolumeSecret[] = [];
  if (volume.suspended) secrets.push({ kind: 'clear-key' });
  if (keys.raw !== undefined && (keys.raw.volume === undefined || keys.raw.volume === number)) secrets.push(keys.raw.secret);
  const recovery = keys.recovery === undefined ? undefined : recoveryKeyFor(volume, keys.recovery);
  if (recovery !== undefined) secrets.push({ kind: 'recovery-password', digits: recovery.digits });
  for (const { id, file } of keys.startup ?? [])
    if (volume.protectors.some((protector) => protector.id === id)) secrets.push({ kind: 'startup-key', file });
  if (keys.password !== undefined && volume.protectors.some(({ kind }) => kind === 'password'))
    secrets.push({ kind: 'password', text: keys.password });
  return secrets;
}
