import { createCipheriv, createDecipheriv } from 'node:crypto';

const BLOCK = 16;

/**
 * AES in CBC mode with ciphertext stealing, last two blocks always swapped (CBC-CS3), as Kerberos uses it (RFC 3962 section 5).
 * @param key 16 or 32 bytes. @param iv 16 bytes. @param data at least 16 bytes; one block alone is plain CBC.
 * @returns as many bytes as went in. @throws RangeError for other lengths.
 */
export function aesCtsEncrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
  check(key, iv, data);
  const blocks = Math.ceil(data.length / BLOCK);
  const padded = new Uint8Array(blocks * BLOCK);
  padded.set(data);
  const cipher = createCipheriv(`aes-${key.length * 8}-cbc`, key, iv).setAutoPadding(false);
  const whole = cipher.update(padded);
  if (blocks === 1) return viewless(whole);
  const last = (blocks - 1) * BLOCK;
  const out = new Uint8Array(data.length);
  out.set(whole.subarray(0, last - BLOCK));
  out.set(whole.subarray(last), last - BLOCK);
  out.set(whole.subarray(last - BLOCK, last - BLOCK + data.length - last), last);
  return out;
}

/** The inverse of {@link aesCtsEncrypt}; the integrity of the data is the caller's matter. */
export function aesCtsDecrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
  check(key, iv, data);
  const blocks = Math.ceil(data.length / BLOCK);
  const mode = `aes-${key.length * 8}-cbc`;
  if (blocks === 1) return viewless(createDecipheriv(mode, key, iv).setAutoPadding(false).update(data));
  const last = (blocks - 1) * BLOCK;
  const stolen = data.subarray(last);
  // The block before the last is the encrypted last plaintext: without chaining it gives the missing end of the other block.
  const swapped = data.subarray(last - BLOCK, last);
  const raw = createDecipheriv(mode, key, new Uint8Array(BLOCK)).setAutoPadding(false).update(swapped);
  const whole = new Uint8Array(blocks * BLOCK);
  whole.set(data.subarray(0, last - BLOCK));
  whole.set(stolen, last - BLOCK);
  whole.set(raw.subarray(stolen.length), last - BLOCK + stolen.length);
  whole.set(swapped, last);
  return viewless(createDecipheriv(mode, key, iv).setAutoPadding(false).update(whole)).subarray(0, data.length);
}

function check(key: Uint8Array, iv: Uint8Array, data: Uint8Array): void {
  if ((key.length !== 16 && key.length !== 32) || iv.length !== BLOCK || data.length < BLOCK)
    throw new RangeError(`AES-CTS with a key of ${key.length}, IV of ${iv.length} and data of ${data.length} bytes`);
}

/** A plain array: a Buffer may be a window into Node's pool and compares unequal in tests and callers. */
function viewless(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes);
}
