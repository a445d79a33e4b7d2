import { readUpTo, viewOf } from '@winmedic/bytes';
import type { BlockDevice } from '../block/types.ts';
import { DiskError } from '../errors.ts';
import { ENTRY, type Entry, type MasterKeyEntry, readMasterKey, readPlainKey, readSalt, readWrappedKey } from './entries.ts';
import { type FoundMetadata, findMetadata, type Metadata } from './metadata.ts';
import { type Method, methodOf } from './methods.ts';
import { describeVolume, reporter } from './read.ts';
import { parseRecoveryPassword } from './recovery-password.ts';
import { SectorCipher } from './sectors.ts';
import { readStartupKey } from './startup-key.ts';
import { hashPassword, hashRecoveryPassword, stretchKey } from './stretch.ts';
import type { BitLockerVolume, DiskCrypto, Protector, ProtectorKind, UnlockedVolume, UnlockOptions, VolumeSecret } from './types.ts';
import { PlainVolume, type VolumeParts } from './unlocked-volume.ts';

const MASTER_KEY_BYTES = 32;
/** Size, version and method in front of the key in what AES-CCM protects. @source libyal BDE format, "FVE AES-CCM encrypted key" */
const CONTAINER_BYTES = 12;
/** A stretched key costs about a second for each protector it is tried on; volumes have a handful. With a protector id only that one is tried. */
const MAX_TRIED = 16;
/** Protectors named in an error. */
const MAX_NAMED = 16;
/** Windows takes at most 256 characters. */
const MAX_PASSWORD_CHARS = 1024;

/** A master key and the protector that gave it. */
interface MasterKey {
  readonly key: Uint8Array;
  readonly protector?: Protector;
}

/** Opens a wrapped key entry; `undefined` when the key is not the right one. The result is overwritten by who asked. */
function unwrap(entry: Entry, key: Uint8Array, crypto: DiskCrypto): { readonly method: number; readonly key: Uint8Array } | undefined {
  const wrapped = readWrappedKey(entry);
  if (wrapped === undefined) return undefined;
  const plain = crypto.aesCcmOpen(key, wrapped.nonce, wrapped.tag, wrapped.data);
  if (plain === undefined || plain.length < CONTAINER_BYTES) return undefined;
  const view = viewOf(plain);
  const size = view.getUint32(0, true);
  const found =
    size > CONTAINER_BYTES && size <= plain.length
      ? { method: view.getUint16(8, true), key: new Uint8Array(plain.subarray(CONTAINER_BYTES, size)) }
      : undefined;
  plain.fill(0);
  return found;
}

/** Tries a protector's own key on its master key. */
function openMasterKey(entry: MasterKeyEntry, key: Uint8Array, crypto: DiskCrypto): Uint8Array | undefined {
  for (const property of entry.properties) {
    if (property.type !== ENTRY.property) continue;
    const found = unwrap(property, key, crypto)?.key;
    if (found?.length === MASTER_KEY_BYTES) return found;
    found?.fill(0);
  }
  return undefined;
}

/** The full volume encryption key, opened with the master key. */
function openVolumeKey(metadata: Metadata, method: Method, masterKey: Uint8Array, crypto: DiskCrypto): Uint8Array | undefined {
  for (const entry of metadata.entries) {
    if (entry.type !== ENTRY.volumeKey) continue;
    const found = unwrap(entry, masterKey, crypto);
    if (found === undefined) continue;
    if (found.method !== method.number || found.key.length !== method.keyBytes) {
      found.key.fill(0);
      throw new DiskError('BITLOCKER_METHOD', 'volume encryption key', { need: method.number, have: found.method });
    }
    return found.key;
  }
  return undefined;
}

/** Protectors as an error names them. */
function named(protectors: readonly Protector[]): string {
  const texts = protectors.slice(0, MAX_NAMED).map(({ kind, id }) => `${kind} ${id}`);
  return protectors.length > MAX_NAMED ? `${texts.join(', ')}, …` : texts.join(', ') || 'no protectors';
}

/** The first sector of every file system Windows keeps on a BitLocker volume: signature at byte 3, or FAT's at 54 and 82. */
function isBootSector(bytes: Uint8Array): boolean {
  const at = (offset: number, text: string): boolean => [...text].every((letter, i) => bytes[offset + i] === letter.charCodeAt(0));
  if (at(3, 'NTFS    ') || at(3, 'EXFAT   ') || at(54, 'FAT') || at(82, 'FAT32')) return bytes[510] === 0x55 && bytes[511] === 0xaa;
  return at(3, 'ReFS\0\0\0\0');
}

/** The protector keys a secret gives, one for each protector it may belong to; stretched only when asked for. */
function* protectorKeys(
  secret: VolumeSecret,
  entries: readonly MasterKeyEntry[],
  crypto: DiskCrypto,
  { protectorId, onProgress }: UnlockOptions,
  kinds: ReadonlyMap<string, ProtectorKind>,
): Generator<{ readonly entry: MasterKeyEntry; readonly key: Uint8Array }> {
  const candidates = entries.filter(
    ({ id }) => kinds.get(id) === secret.kind && (protectorId === undefined || id === protectorId.toLowerCase()),
  );
  switch (secret.kind) {
    case 'recovery-password':
    case 'password': {
      if (secret.kind === 'password' && secret.text.length > MAX_PASSWORD_CHARS) return;
      const first =
        secret.kind === 'password' ? hashPassword(secret.text, crypto) : hashRecoveryPassword(parseRecoveryPassword(secret.digits), crypto);
      try {
        for (const entry of candidates.slice(0, MAX_TRIED)) {
          const salt = entry.properties.map(readSalt).find((bytes) => bytes !== undefined);
          if (salt !== undefined) yield { entry, key: stretchKey(first, salt, crypto, onProgress) };
        }
      } finally {
        first.fill(0);
      }
      return;
    }
    case 'startup-key': {
      const { id, key } = readStartupKey(secret.file);
      const entry = candidates.find((candidate) => candidate.id === id);
      if (entry !== undefined) yield { entry, key };
      key.fill(0);
      return;
    }
    case 'clear-key':
      for (const entry of candidates) {
        const key = entry.properties.map(readPlainKey).find((bytes) => bytes?.length === MASTER_KEY_BYTES);
        if (key !== undefined) yield { entry, key: new Uint8Array(key) };
      }
  }
}

/** Master key by a protector. @throws {DiskError} BITLOCKER_KEY. */
function findMasterKey(
  secret: VolumeSecret,
  metadata: Metadata,
  volume: BitLockerVolume,
  crypto: DiskCrypto,
  options: UnlockOptions,
): MasterKey {
  if (secret.kind === 'vmk') {
    if (secret.key.length !== MASTER_KEY_BYTES) {
      throw new DiskError('BITLOCKER_KEY', 'size of the volume master key', { need: MASTER_KEY_BYTES, have: secret.key.length });
    }
    return { key: new Uint8Array(secret.key) };
  }
  const entries = metadata.entries
    .filter(({ type }) => type === ENTRY.volumeMasterKey)
    .map(readMasterKey)
    .filter((entry) => entry !== undefined);
  const kinds = new Map(volume.protectors.map(({ id, kind }) => [id, kind]));
  for (const { entry, key } of protectorKeys(secret, entries, crypto, options, kinds)) {
    const master = openMasterKey(entry, key, crypto);
    key.fill(0);
    if (master !== undefined) return { key: master, protector: volume.protectors.find(({ id }) => id === entry.id)! };
  }
  throw new DiskError('BITLOCKER_KEY', `${secret.kind} opens no protector of this volume`, { need: named(volume.protectors) });
}

/** A raw key has nothing that confirms it: it must give a file system's first sector, or NTFS's copy at the end of the volume. */
function confirmVolumeKey(plain: UnlockedVolume): void {
  const { sectorBytes, sizeBytes } = plain;
  const sectors = [0, sizeBytes - sectorBytes].map((offset) => readUpTo(plain, offset, sectorBytes));
  if (sectors.some(isBootSector)) return;
  plain.forget();
  throw new DiskError('BITLOCKER_KEY', 'volume encryption key gives no file system');
}

/**
 * Opens a BitLocker volume: reads decrypt, writes encrypt. Without a secret only a volume whose protection is suspended (clear key) opens. A recovery password
 * or password is tried on every protector of its kind, or on `options.protectorId` only; a startup key file on the protector it names. Keys are overwritten
 * when no longer needed, except the volume encryption key, which `forget()` overwrites, and the caller's own. Damages: those of `readBitLocker` and
 * BITLOCKER_VALIDATION. Writing is refused where the layout is not certain: BITLOCKER_CONVERSION (encrypted in part), BITLOCKER_VERSION (Vista),
 * BITLOCKER_METADATA (copies contradict each other, or do not match their SHA-256), BITLOCKER_METADATA_WRITE (the metadata itself).
 * @throws {DiskError} those of `readBitLocker`; BITLOCKER_LOCKED (no secret; names the protectors), BITLOCKER_KEY (the secret does not open it),
 *   BITLOCKER_METHOD (encryption nobody described, or another than the key's), BITLOCKER_CONVERSION (which sectors are encrypted is not known),
 *   BITLOCKER_RECOVERY_PASSWORD, BITLOCKER_STARTUP_KEY.
 * @source libyal BDE format
 */
export function unlockBitLocker(
  device: BlockDevice,
  secret: VolumeSecret | undefined,
  crypto: DiskCrypto,
  options: UnlockOptions = {},
): UnlockedVolume {
  const report = reporter(options);
  const found = findMetadata(device, report);
  const { metadata } = found;
  const volume = describeVolume(found);
  const method = methodOf(metadata.methodNumber);
  if (method === undefined) throw new DiskError('BITLOCKER_METHOD', 'encryption method', { have: metadata.methodNumber });
  if (metadata.header.encryptOnWrite) {
    throw new DiskError('BITLOCKER_CONVERSION', 'volume whose used space is still being encrypted', { have: volume.state });
  }
  const given = secret ?? (volume.suspended ? ({ kind: 'clear-key' } as const) : undefined);
  if (given === undefined) throw new DiskError('BITLOCKER_LOCKED', 'no key was given', { need: named(volume.protectors) });
  const open = (key: Uint8Array, proven: boolean, protector?: Protector): UnlockedVolume => {
    const cipher = new SectorCipher(crypto, method, metadata.header.sectorBytes, key);
    return new PlainVolume({ device, metadata, volume, protector, cipher, refusal: refusalOf(found, volume, proven) });
  };

  if (given.kind === 'fvek') {
    const key = rawVolumeKey(given.key, method);
    // The hash cannot be opened with it; the checksum of the metadata has to do.
    const plain = open(key, true);
    key.fill(0);
    confirmVolumeKey(plain);
    return plain;
  }
  const master = findMasterKey(given, metadata, volume, crypto, options);
  try {
    const key = openVolumeKey(metadata, method, master.key, crypto);
    if (key === undefined)
      throw new DiskError('BITLOCKER_KEY', 'master key opens no volume encryption key', { need: named(volume.protectors) });
    const plain = open(key, validate(metadata, master.key, crypto, report), master.protector);
    key.fill(0);
    return plain;
  } finally {
    master.key.fill(0);
  }
}

/** A raw key in the form it is stored in: with the diffuser also the two AES keys one behind the other. A copy. */
function rawVolumeKey(key: Uint8Array, method: Method): Uint8Array {
  if (key.length === method.keyBytes) return new Uint8Array(key);
  if (method.mode !== 'cbc-diffuser' || key.length !== 2 * method.aesBytes) {
    throw new DiskError('BITLOCKER_KEY', 'size of the volume encryption key', { need: method.keyBytes, have: key.length });
  }
  const stored = new Uint8Array(method.keyBytes);
  stored.set(key.subarray(0, method.aesBytes));
  stored.set(key.subarray(method.aesBytes), method.keyBytes / 2);
  return stored;
}

/** Why a volume may be read but not written: nothing is written where its layout is not certain. */
function refusalOf({ metadata, agree }: FoundMetadata, volume: BitLockerVolume, proven: boolean): VolumeParts['refusal'] {
  if (volume.state !== 'encrypted') {
    return (offset) =>
      new DiskError('BITLOCKER_CONVERSION', 'write to a volume that is not fully encrypted', { offset, have: volume.state });
  }
  // How Vista validates its metadata is not described.
  if (metadata.blockVersion === 1) return (offset) => new DiskError('BITLOCKER_VERSION', "write to a volume of Vista's format", { offset });
  if (!agree) return (offset) => new DiskError('BITLOCKER_METADATA', 'write while the metadata copies contradict each other', { offset });
  if (!proven) return (offset) => new DiskError('BITLOCKER_METADATA', 'write while the metadata does not match its SHA-256', { offset });
  return undefined;
}

/** Compares the metadata with its SHA-256, which only the master key shows. */
function validate(
  { hash, covered, offset }: Metadata,
  masterKey: Uint8Array,
  crypto: DiskCrypto,
  report: ReturnType<typeof reporter>,
): boolean {
  if (hash === undefined) return false;
  const stored = unwrap(hash, masterKey, crypto)?.key;
  const sum = crypto.sha256(covered);
  const same = stored?.length === sum.length && sum.every((byte, i) => byte === stored[i]);
  if (!same) report({ code: 'BITLOCKER_VALIDATION', offset, what: 'SHA-256 of the metadata' });
  return same;
}
