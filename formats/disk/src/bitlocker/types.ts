import type { Damage } from '@winmedic/bytes';
import type { BlockDevice } from '../block/types.ts';

/** Cryptography handed in, so that this package stays free of Node. All functions are synchronous. `core` gives those of node:crypto. */
export interface DiskCrypto {
  sha256(bytes: Uint8Array): Uint8Array;
  /** AES-XTS of whole data units: `key` is 32 (128) or 64 (256) bytes, `tweak` 16 bytes. */
  aesXts(encrypt: boolean, key: Uint8Array, tweak: Uint8Array, data: Uint8Array): Uint8Array;
  /** AES-CBC without padding, key of 16 or 32 bytes. */
  aesCbc(encrypt: boolean, key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array;
  /** AES of single blocks (ECB), length a multiple of 16. */
  aesEcb(encrypt: boolean, key: Uint8Array, data: Uint8Array): Uint8Array;
  /** AES-256-CCM with a 16-byte tag; undefined when the tag is wrong. */
  aesCcmOpen(key: Uint8Array, nonce: Uint8Array, tag: Uint8Array, data: Uint8Array): Uint8Array | undefined;
}

/** How a key is protected. */
export type ProtectorKind =
  | 'clear-key'
  | 'tpm'
  | 'tpm-pin'
  | 'startup-key'
  | 'tpm-startup-key'
  | 'recovery-password'
  | 'password'
  | 'public-key'
  | 'unknown';

/** One key protector of a volume: may be printed. */
export interface Protector {
  /** Key id `{...}`, lower case: what recovery key lists name ("Key ID" / 回復キー ID). */
  readonly id: string;
  readonly kind: ProtectorKind;
  /** Type word of the volume master key entry. */
  readonly type: number;
  readonly lastChanged: bigint;
}

/** What a BitLocker volume says about itself without any key. */
export interface BitLockerVolume {
  /** Volume identifier `{...}` of the metadata. */
  readonly id: string;
  /** Windows version of the format: `vista` or `7` (and later), and BitLocker To Go. */
  readonly version: 'vista' | '7' | 'to-go';
  /** `aes-xts-128` and so on; encryption method number beside. */
  readonly method: string;
  readonly methodNumber: number;
  readonly description: string;
  readonly created: bigint;
  readonly protectors: readonly Protector[];
  /** Encryption is complete, or stopped half way (writes are refused then). */
  readonly state: 'encrypted' | 'decrypting-or-encrypting' | 'decrypted' | 'unknown';
  /** Which of the three metadata copies were whole. */
  readonly copies: readonly ('ok' | 'damaged')[];
  /** A clear key protects the volume (protection suspended): it opens without any secret. */
  readonly suspended: boolean;
}

/** A secret that may open a volume. Never printed, never kept longer than needed. */
export type VolumeSecret =
  | { readonly kind: 'recovery-password'; readonly digits: string }
  | { readonly kind: 'password'; readonly text: string }
  /** Contents of a startup key file (.BEK). */
  | { readonly kind: 'startup-key'; readonly file: Uint8Array }
  /** Volume master key, 32 bytes. */
  | { readonly kind: 'vmk'; readonly key: Uint8Array }
  /** Full volume encryption key: 16 or 32 bytes CBC, 32 or 64 XTS (and the tweak key behind it for the diffuser). */
  | { readonly kind: 'fvek'; readonly key: Uint8Array }
  | { readonly kind: 'clear-key' };

/** Options of opening. */
export interface BitLockerOptions {
  readonly onDamage?: (damage: Damage) => void;
}

/** Options of unlocking. */
export interface UnlockOptions extends BitLockerOptions {
  /** Only this protector (`{...}`) is tried: the id a key list gave for the key. Absent: every protector of the secret's kind. */
  readonly protectorId?: string;
  /** Told about every 1 % of the key stretching (about a second per protector tried). */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A volume that was unlocked: reads decrypted, writes encrypted. The metadata copies and the moved boot sectors are never written over. */
export interface UnlockedVolume extends BlockDevice {
  readonly volume: BitLockerVolume;
  /** Protector that opened it; undefined for raw keys. */
  readonly protector?: Protector;
  /** Overwrites the keys in memory. Every later read or write throws BITLOCKER_LOCKED. */
  forget(): void;
}

/** What a startup key file (.BEK) says about itself; the key is not in it. */
export interface StartupKeyInfo {
  /** Id of the protector it belongs to, `{...}`. */
  readonly id: string;
  /** FILETIME of the file header. */
  readonly created: bigint;
}
