import { KerberosError } from '../errors.ts';
import { etypeName } from '../numbers.ts';
import { aesSha1 } from './aes-sha1.ts';
import { aesSha2 } from './aes-sha2.ts';
import { rc4Hmac } from './rc4-hmac.ts';

/** An encryption type with its checksum (RFC 3961 section 3). */
export interface EncryptionType {
  readonly etype: number;
  readonly keyLength: number;
  /** Checksum type that goes with it (RFC 3961 section 8), and its bytes. */
  readonly checksumType: number;
  readonly checksumLength: number;
  /** Random bytes before the plaintext. */
  readonly confounderLength: number;
  /** Bytes after the ciphertext (AES) for integrity; RC4 has them before. */
  readonly trailerLength: number;
  /**
   * Key of a password (RFC 3962 section 4, RFC 4757 section 2, RFC 8009 section 4).
   * @param iterations default 4096 for AES-SHA1, 32 768 for AES-SHA2; without meaning for RC4.
   * @throws KerberosError KERBEROS_KEY_PARAMETERS
   */
  stringToKey(password: string, salt: Uint8Array, iterations?: number): Uint8Array;
  /** Keys for one usage, derived once. @throws KerberosError KERBEROS_ETYPE for a key of another length. */
  forUsage(key: Uint8Array, usage: number): UsageKey;
}

/** A key for one purpose (RFC 3961 section 5.3: Ke, Ki and Kc of a usage number). */
export interface UsageKey {
  /**
   * @param confounder {@link EncryptionType.confounderLength} random bytes.
   * @param signed what the checksum covers in place of the plaintext (parts that go unencrypted around it); not with AES-SHA2.
   * @throws KerberosError KERBEROS_COVER
   */
  encrypt(confounder: Uint8Array, plaintext: Uint8Array, signed?: Uint8Array): Uint8Array;
  /**
   * @param signed makes the covered bytes out of the plaintext, when that is not all.
   * @throws KerberosError KERBEROS_BAD_MIC, KERBEROS_COVER
   */
  decrypt(ciphertext: Uint8Array, signed?: (plaintext: Uint8Array) => Uint8Array): Uint8Array;
  checksum(data: Uint8Array): Uint8Array;
}

const TYPES: ReadonlyMap<number, EncryptionType> = new Map(
  [aesSha1(18, 32, 16), aesSha1(17, 16, 15), aesSha2(20, 32), aesSha2(19, 16), rc4Hmac].map((type) => [type.etype, type]),
);

/** Encryption types of this package, best first by what Windows domains use. */
export const DEFAULT_ETYPES: readonly number[] = [18, 17, 20, 19, 23];

/** Is it one of those this package can use? */
export function supportsEtype(etype: number): boolean {
  return TYPES.has(etype);
}

/** @throws KerberosError KERBEROS_ETYPE for one this package does not know (DES, Camellia). */
export function encryptionType(etype: number): EncryptionType {
  const type = TYPES.get(etype);
  if (type === undefined) throw new KerberosError('KERBEROS_ETYPE', `encryption type ${etypeName(etype) ?? etype}`, { have: etype });
  return type;
}

/** The type whose checksum has that number (RFC 3961 section 8, RFC 4757 section 4: -138), `undefined` for others. */
export function typeOfChecksum(checksumType: number): EncryptionType | undefined {
  return [...TYPES.values()].find((type) => type.checksumType === checksumType);
}
