import { createCipheriv, createHmac, pbkdf2Sync } from 'node:crypto';
import { joinBytes } from '@winmedic/bytes';
import { aesCtsDecrypt, aesCtsEncrypt } from '@winmedic/ciphers';
import { sameBytes } from './bytes.ts';
import { badMic, checkedIterations, checkKey, usageConstants } from './common.ts';
import type { EncryptionType, UsageKey } from './encryption-type.ts';
import { nfold } from './nfold.ts';

const BLOCK = 16;
const ZERO_IV = new Uint8Array(BLOCK);
const MAC = 12;
const MAC_HASH = 'sha1';
const KERBEROS = new TextEncoder().encode('kerberos');

/** DK of the simplified profile (RFC 3961 section 5.1): the folded constant, encrypted again and again. random-to-key is the identity for AES. */
export function deriveKey(key: Uint8Array, constant: Uint8Array): Uint8Array {
  const out = new Uint8Array(key.length);
  let block = constant.length === BLOCK ? constant : nfold(constant, BLOCK);
  for (let at = 0; at < key.length; at += BLOCK) {
    const cipher = createCipheriv(`aes-${key.length * 8}-cbc`, key, ZERO_IV).setAutoPadding(false);
    block = Uint8Array.from(cipher.update(block));
    out.set(block, at);
  }
  return out;
}

function mac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const hmac = createHmac(MAC_HASH, key);
  for (const part of parts) hmac.update(part);
  return Uint8Array.from(hmac.digest().subarray(0, MAC));
}

/** aes128-cts-hmac-sha1-96 and aes256-cts-hmac-sha1-96 (RFC 3962). */
export function aesSha1(etype: number, keyLength: number, checksumType: number): EncryptionType {
  return {
    etype,
    keyLength,
    checksumType,
    checksumLength: MAC,
    confounderLength: BLOCK,
    trailerLength: MAC,
    stringToKey(password, salt, iterations = 4096) {
      const rounds = checkedIterations(iterations);
      return deriveKey(Uint8Array.from(pbkdf2Sync(password, salt, rounds, keyLength, 'sha1')), KERBEROS);
    },
    forUsage: (key, usage) => usageKey(checkKey(etype, keyLength, key), usage),
  };
}

function usageKey(key: Uint8Array, usage: number): UsageKey {
  const constants = usageConstants(usage);
  const encryption = deriveKey(key, constants.encryption);
  const integrity = deriveKey(key, constants.integrity);
  const checksumKey = deriveKey(key, constants.checksum);
  return {
    encrypt: (confounder, plaintext, signed = plaintext) =>
      joinBytes(aesCtsEncrypt(encryption, ZERO_IV, joinBytes(confounder, plaintext)), mac(integrity, confounder, signed)),
    decrypt(ciphertext, signed = (plaintext) => plaintext) {
      if (ciphertext.length < BLOCK + MAC) throw badMic();
      const whole = aesCtsDecrypt(encryption, ZERO_IV, ciphertext.subarray(0, -MAC));
      const plaintext = whole.subarray(BLOCK);
      if (!sameBytes(mac(integrity, whole.subarray(0, BLOCK), signed(plaintext)), ciphertext.subarray(-MAC))) throw badMic();
      return plaintext;
    },
    checksum: (data) => mac(checksumKey, data),
  };
}
