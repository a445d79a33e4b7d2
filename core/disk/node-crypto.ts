import { createCipheriv, createDecipheriv, hash } from 'node:crypto';
import type { DiskCrypto } from '@winmedic/disk';

/** The same bytes as a plain array: the `slice` of a Buffer would share its memory, and keys are overwritten after use. */
function plain(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** AES of whole blocks in a mode without padding. */
function aes(mode: string, encrypt: boolean, key: Uint8Array, iv: Uint8Array | null, data: Uint8Array): Uint8Array {
  const cipher = encrypt ? createCipheriv(mode, key, iv) : createDecipheriv(mode, key, iv);
  cipher.setAutoPadding(false);
  const out = cipher.update(data);
  cipher.final();
  return plain(out);
}

/** Key, nonce and tag sizes of AES-CCM as BitLocker uses it. @source libyal BDE format, "FVE AES-CCM encrypted key" */
const CCM_TAG_BYTES = 16;

/** The cryptography of Node (OpenSSL) for `@winmedic/disk`. */
export const nodeCrypto: DiskCrypto = {
  sha256: (bytes) => plain(hash('sha256', bytes, 'buffer')),
  aesXts: (encrypt, key, tweak, data) => aes(key.length === 64 ? 'aes-256-xts' : 'aes-128-xts', encrypt, key, tweak, data),
  aesCbc: (encrypt, key, iv, data) => aes(key.length === 32 ? 'aes-256-cbc' : 'aes-128-cbc', encrypt, key, iv, data),
  aesEcb: (encrypt, key, data) => aes(key.length === 32 ? 'aes-256-ecb' : 'aes-128-ecb', encrypt, key, null, data),
  aesCcmOpen: (key, nonce, tag, data) => {
    const cipher = createDecipheriv('aes-256-ccm', key, nonce, { authTagLength: CCM_TAG_BYTES });
    try {
      cipher.setAuthTag(tag);
      const out = cipher.update(data);
      cipher.final();
      return plain(out);
    } catch {
      // The tag is wrong (or has another size): the one thing OpenSSL refuses here.
      return undefined;
    }
  },
};
