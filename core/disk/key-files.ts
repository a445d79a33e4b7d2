import type { Damage } from '@winmedic/bytes';
import { DiskError, parseKeyList, parseRecoveryPassword, parseStartupKey, RecoveryKey, type VolumeSecret } from '@winmedic/disk';
import { DiskAccessError } from './errors.ts';
import type { StartupKey } from './keys.ts';

/** Bytes of a volume master key, and of the volume encryption keys that are in use. @source libyal BDE format, "Encryption methods" */
const RAW_KEY_BYTES = { vmk: [32], fvek: [16, 32, 48, 64] } as const;
/** A file with more is no key: hexadecimal digits of the longest, with spaces and line breaks. */
const MAX_RAW_FILE = 1024;

/**
 * Recovery passwords of a key list or of a file with a single one.
 * @param name name of the list for messages. @throws {DiskAccessError} DISK_KEY_FILE when there is none in it.
 */
export function recoveryKeysFrom(list: Uint8Array | string, name: string, onDamage?: (damage: Damage) => void): readonly RecoveryKey[] {
  const keys = parseKeyList(list, onDamage === undefined ? {} : { onDamage });
  if (keys.length === 0) throw new DiskAccessError('DISK_KEY_FILE', name, { need: 'recovery password' });
  return keys;
}

/**
 * A recovery password that a person typed, for the protectors of one volume.
 * @throws {DiskError} BITLOCKER_RECOVERY_PASSWORD: which group is wrong, never the digits.
 */
export function typedRecoveryKeys(text: string, protectors: readonly string[]): RecoveryKey[] {
  const digits = parseRecoveryPassword(text);
  return protectors.map((id) => new RecoveryKey(id, digits));
}

/** A startup key file with the protector it is for. @throws {DiskAccessError} DISK_KEY_FILE. */
export function startupKeyFrom(file: Uint8Array, name: string): StartupKey {
  try {
    return { id: parseStartupKey(file).id, file };
  } catch (cause) {
    if (!(cause instanceof DiskError)) throw cause;
    throw new DiskAccessError('DISK_KEY_FILE', name, { need: '.BEK', cause });
  }
}

/** A raw key from a file: its bytes, or hexadecimal digits. @throws {DiskAccessError} DISK_KEY_FILE for any other length. */
export function rawKeyFrom(kind: 'vmk' | 'fvek', file: Uint8Array, name: string): VolumeSecret {
  const lengths: readonly number[] = RAW_KEY_BYTES[kind];
  const text = file.length > MAX_RAW_FILE ? '' : new TextDecoder('latin1').decode(file).replaceAll(/[\s:-]/g, '');
  // Thirty-two random bytes are never all digits: text comes first.
  const key = /^[0-9a-f]+$/i.test(text) && text.length % 2 === 0 && lengths.includes(text.length / 2) ? hexBytes(text) : file;
  if (!lengths.includes(key.length)) throw new DiskAccessError('DISK_KEY_FILE', name, { need: lengths.join(', '), have: file.length });
  return { kind, key };
}

function hexBytes(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(i * 2, i * 2 + 2), 16));
}
