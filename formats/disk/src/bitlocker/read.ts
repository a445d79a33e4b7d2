import type { Damage } from '@winmedic/bytes';
import type { BlockDevice } from '../block/types.ts';
import { ENTRY, readMasterKey, readText, VALUE } from './entries.ts';
import { type FoundMetadata, findMetadata, type Metadata } from './metadata.ts';
import { methodOf } from './methods.ts';
import type { BitLockerOptions, BitLockerVolume, Protector, ProtectorKind } from './types.ts';

/**
 * Protection types. @source libyal BDE format, "Key protection types"; 0x1000 from a volume of Windows 10 with a smart card. 0x0300 is not described: it follows
 * from the bits of the others (0x0100 TPM, 0x0200 external key, 0x0500 TPM and PIN); unverified.
 */
const KINDS: ReadonlyMap<number, ProtectorKind> = new Map([
  [0x0000, 'clear-key'],
  [0x0100, 'tpm'],
  [0x0200, 'startup-key'],
  [0x0300, 'tpm-startup-key'],
  [0x0500, 'tpm-pin'],
  [0x0800, 'recovery-password'],
  [0x1000, 'public-key'],
  [0x2000, 'password'],
]);

/** State words. @source libyal BDE format, "FVE metadata block header version 2": 4 commonly, 5 and 1 while decrypting; 2 while encrypting is unverified */
const STATE = { decrypted: 1, encrypting: 2, encrypted: 4, decrypting: 5 } as const;

function stateOf({ header, blockVersion, currentState, nextState }: Metadata): BitLockerVolume['state'] {
  if (header.encryptOnWrite) return 'decrypting-or-encrypting';
  // Vista's two words are not described beyond "4 commonly".
  if (blockVersion === 1) return currentState === STATE.encrypted && nextState === STATE.encrypted ? 'encrypted' : 'unknown';
  if (currentState === STATE.encrypted && nextState === STATE.encrypted) return 'encrypted';
  if (currentState === STATE.decrypted && nextState === STATE.decrypted) return 'decrypted';
  const known = new Set<number>(Object.values(STATE));
  return known.has(currentState) && known.has(nextState) ? 'decrypting-or-encrypting' : 'unknown';
}

/** The public side of metadata. */
export function describeVolume({ metadata, copies }: FoundMetadata): BitLockerVolume {
  const protectors = metadata.entries
    .filter(({ type }) => type === ENTRY.volumeMasterKey)
    .map(readMasterKey)
    .filter((key) => key !== undefined)
    .map(({ id, lastChanged, type }): Protector => ({ id, kind: KINDS.get(type) ?? 'unknown', type, lastChanged }));
  const description = metadata.entries.find(({ type, value }) => type === ENTRY.description && value === VALUE.text);
  return {
    id: metadata.id,
    version: metadata.header.version,
    method: methodOf(metadata.methodNumber)?.name ?? 'unknown',
    methodNumber: metadata.methodNumber,
    description: description === undefined ? '' : readText(description),
    created: metadata.created,
    protectors,
    state: stateOf(metadata),
    copies,
    suspended: protectors.some(({ kind }) => kind === 'clear-key'),
  };
}

/** Reports of a caller who wants none go nowhere. */
export function reporter({ onDamage }: BitLockerOptions): (damage: Damage) => void {
  return onDamage ?? (() => undefined);
}

/**
 * Reads what a BitLocker volume says about itself, without any key: version, encryption method, key protectors with their ids, state. `device` is the volume
 * (the partition), not the disk. Damages: BITLOCKER_COPY, BITLOCKER_COPIES_DIFFER, BITLOCKER_ENTRY.
 * @throws {DiskError} BITLOCKER_SIGNATURE (no BitLocker volume), BITLOCKER_VERSION (a version nobody described), BITLOCKER_METADATA (no copy is whole).
 * @source libyal BDE format
 */
export function readBitLocker(device: BlockDevice, options: BitLockerOptions = {}): BitLockerVolume {
  return describeVolume(findMetadata(device, reporter(options)));
}
