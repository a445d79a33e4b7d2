import { createHash, createHmac, type KeyObject } from 'node:crypto';
import { encodeUtf16, joinBytes } from '@winmedic/bytes';
import { desEncryptBlock, desKeyFrom7Bytes, md4 } from '@winmedic/ciphers';
import type { Secret } from '@winmedic/gss';
import { NtlmError } from './errors.ts';

/** MD5 over the parts. */
export function md5(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
}

/** HMAC_MD5 of MS-NLMP section 6. @param key a key object where one key serves many messages: making it takes longer than a short HMAC. */
export function hmacMd5(key: Uint8Array | KeyObject, ...parts: readonly Uint8Array[]): Uint8Array {
  const hmac = createHmac('md5', key);
  for (const part of parts) hmac.update(part);
  return Uint8Array.from(hmac.digest());
}

/** NTOWFv1 (MS-NLMP 3.3.1): MD4 over the UTF-16LE password. @returns 16 bytes: worth as much as the password itself. */
export function ntHash(password: Secret): Uint8Array {
  return md4(encodeUtf16(password.reveal()));
}

/** NT hash given as text. @throws NtlmError NTLM_CREDENTIAL unless it is 32 hexadecimal digits. */
export function ntHashFromHex(text: Secret): Uint8Array {
  const digits = text.reveal();
  if (!/^[0-9a-f]{32}$/i.test(digits)) throw new NtlmError('NTLM_CREDENTIAL', 'NT hash: hexadecimal digits', { need: 32 });
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/**
 * LMOWFv1 (MS-NLMP 3.3.1).
 * @returns 16 bytes; `undefined` when there is no LM hash: more than 14 characters, or characters beyond ASCII, whose byte depends on the code
 * page of the machine that stored it.
 */
export function lmHash(password: Secret): Uint8Array | undefined {
  const upper = password.reveal().replace(/[a-z]/g, (letter) => letter.toUpperCase());
  if (upper.length > 14 || /[^ -~]/.test(upper)) return undefined;
  const bytes = new Uint8Array(14);
  bytes.set(new TextEncoder().encode(upper));
  const magic = new TextEncoder().encode('KGS!@#$%');
  return joinBytes(des(bytes.subarray(0, 7), magic), des(bytes.subarray(7), magic));
}

/** NTOWFv2 and LMOWFv2 (MS-NLMP 3.3.2) from the NT hash. */
export function ntOwfV2(hash: Uint8Array, user: string, domain: string): Uint8Array {
  return hmacMd5(hash, encodeUtf16(upperCase(user) + domain));
}

/** Upper case as Windows does it: code unit by code unit, never longer than before (`ß` stays). */
function upperCase(text: string): string {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const unit = text[i] as string;
    const upper = unit.toUpperCase();
    out += upper.length === 1 ? upper : unit;
  }
  return out;
}

/** DES(K, D) of MS-NLMP section 6: a 7-byte key. */
export function des(key: Uint8Array, block: Uint8Array): Uint8Array {
  return desEncryptBlock(desKeyFrom7Bytes(key), block);
}

/** DESL(K, D) of MS-NLMP section 6. @param key 16 bytes. @param block 8 bytes. @returns 24 bytes. */
export function desl(key: Uint8Array, block: Uint8Array): Uint8Array {
  return joinBytes(
    des(key.subarray(0, 7), block),
    des(key.subarray(7, 14), block),
    des(joinBytes(key.subarray(14), new Uint8Array(5)), block),
  );
}
