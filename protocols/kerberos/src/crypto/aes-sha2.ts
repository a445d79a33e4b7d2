import { createHmac, pbkdf2Sync } from 'node:crypto';
import { joinBytes } from '@winmedic/bytes';
import { aesCtsDecrypt, aesCtsEncrypt } from '@winmedic/ciphers';
import { KerberosError } from '../errors.ts';
import { sameBytes } from './bytes.ts';
import { badMic, checkedIterations, checkKey, usageConstants } from './common.ts';
import type { EncryptionType, UsageKey } from './encryption-type.ts';

const BLOCK = 16;
const ZERO_IV = new Uint8Array(BLOCK);
const KERBEROS = new TextEncoder().encode('kerberos');

/** KDF-HMAC-SHA2 (RFC 8009 section 3), one round of SP 800-108 in counter mode: enough for keys no longer than the hash. */
export function kdfHmacSha2(hash: string, key: Uint8Array, label: Uint8Array, length: number): Uint8Array {
  const end = new Uint8Array(5);
  new DataView(end.buffer).setUint32(1, length * 8);
  const hmac = createHmac(hash, key)
    .update(Uint8Array.of(0, 0, 0, 1))
    .update(label)
    .update(end);
  return Uint8Array.from(hmac.digest().subarray(0, length));
}

/** aes128-cts-hmac-sha256-128 and aes256-cts-hmac-sha384-192 (RFC 8009). */
export function aesSha2(etype: number, keyLength: 16 | 32): EncryptionType {
  const hash = keyLength === 16 ? 'sha256' : 'sha384';
  const macLength = keyLength === 16 ? 16 : 24;
  const name = new TextEncoder().encode(keyLength === 16 ? 'aes128-cts-hmac-sha256-128\0' : 'aes256-cts-hmac-sha384-192\0');
  return {
    etype,
    keyLength,
    checksumType: etype,
    checksumLength: macLength,
    confounderLength: BLOCK,
    trailerLength: macLength,
    stringToKey(password, salt, iterations = 32_768) {
      const rounds = checkedIterations(iterations);
      const key = Uint8Array.from(pbkdf2Sync(password, joinBytes(name, salt), rounds, keyLength, hash));
      return kdfHmacSha2(hash, key, KERBEROS, keyLength);
    },
    forUsage: (key, usage) => usageKey(hash, macLength, checkKey(etype, keyLength, key), usage),
  };
}

function usageKey(hash: string, macLength: number, key: Uint8Array, usage: number): UsageKey {
  const constants = usageConstants(usage);
  const encryption = kdfHmacSha2(hash, key, constants.encryption, key.length);
  const integrity = kdfHmacSha2(hash, key, constants.integrity, macLength);
  const checksumKey = kdfHmacSha2(hash, key, constants.checksum, macLength);
  const mac = (macKey: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array => {
    const hmac = createHmac(hash, macKey);
    for (const part of parts) hmac.update(part);
    return Uint8Array.from(hmac.digest().subarray(0, macLength));
  };
  return {
    encrypt(confounder, plaintext, signed) {
      if (signed !== undefined) throw noCover();
      const ciphertext = aesCtsEncrypt(encryption, ZERO_IV, joinBytes(confounder, plaintext));
      return joinBytes(ciphertext, mac(integrity, ZERO_IV, ciphertext));
    },
    decrypt(ciphertext, signed) {
      if (signed !== undefined) throw noCover();
      if (ciphertext.length < BLOCK + macLength) throw badMic();
      const body = ciphertext.subarray(0, -macLength);
      if (!sameBytes(mac(integrity, ZERO_IV, body), ciphertext.subarray(-macLength))) throw badMic();
      return aesCtsDecrypt(encryption, ZERO_IV, body).subarray(BLOCK);
    },
    checksum: (data) => mac(checksumKey, data),
  };
}

/** The checksum covers the ciphertext here, and no specification says how parts around it go in (MS-KILE 3.4.5.4.1 speaks of AES-SHA1). */
function noCover(): KerberosError {
  return new KerberosError('KERBEROS_COVER', 'parts signed with AES-SHA2');
}
