import { createHash, createHmac } from 'node:crypto';
import { joinBytes } from '@winmedic/bytes';
import { md4, rc4 } from '@winmedic/ciphers';
import { sameBytes } from './bytes.ts';
import { badMic, checkKey } from './common.ts';
import type { EncryptionType, UsageKey } from './encryption-type.ts';

const MAC = 16;
const CONFOUNDER = 8;
const SIGNATURE_KEY = new TextEncoder().encode('signaturekey\0');

/** HMAC-MD5. */
export function hmacMd5(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const hmac = createHmac('md5', key);
  for (const part of parts) hmac.update(part);
  return Uint8Array.from(hmac.digest());
}

/** A number as four bytes, little-endian, as RFC 4757 salts its keys. */
export function salt32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** Usage numbers that Microsoft counts differently (RFC 4757 section 3 with its errata: 9 stays 9). */
function microsoftUsage(usage: number): number {
  return usage === 3 ? 8 : usage === 23 ? 13 : usage;
}

/** Checksum HMAC-MD5 (RFC 4757 section 4); `usage` already as Microsoft counts. */
export function rc4Checksum(key: Uint8Array, usage: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const md5 = createHash('md5').update(salt32(usage));
  for (const part of parts) md5.update(part);
  return hmacMd5(hmacMd5(key, SIGNATURE_KEY), md5.digest());
}

/** rc4-hmac (RFC 4757). */
export const rc4Hmac: EncryptionType = {
  etype: 23,
  keyLength: 16,
  checksumType: -138,
  checksumLength: MAC,
  confounderLength: CONFOUNDER,
  trailerLength: 0,
  stringToKey: (password) => md4(Uint8Array.from(Buffer.from(password, 'utf16le'))),
  forUsage: (key, usage) => usageKey(checkKey(23, 16, key), microsoftUsage(usage)),
};

function usageKey(key: Uint8Array, usage: number): UsageKey {
  const usageKey = hmacMd5(key, salt32(usage));
  return {
    encrypt(confounder, plaintext, signed = plaintext) {
      const mac = hmacMd5(usageKey, confounder, signed);
      return joinBytes(mac, rc4(hmacMd5(usageKey, mac)).update(joinBytes(confounder, plaintext)));
    },
    decrypt(ciphertext, signed = (plaintext) => plaintext) {
      if (ciphertext.length < MAC + CONFOUNDER) throw badMic();
      const mac = ciphertext.subarray(0, MAC);
      const whole = rc4(hmacMd5(usageKey, mac)).update(ciphertext.subarray(MAC));
      const plaintext = whole.subarray(CONFOUNDER);
      if (!sameBytes(hmacMd5(usageKey, whole.subarray(0, CONFOUNDER), signed(plaintext)), mac)) throw badMic();
      return plaintext;
    },
    checksum: (data) => rc4Checksum(key, usage, data),
  };
}
