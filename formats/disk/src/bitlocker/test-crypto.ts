import { createCipheriv, createDecipheriv, hash } from 'node:crypto';
import type { DiskCrypto } from './types.ts';

function aes(mode: string, encrypt: boolean, key: Uint8Array, iv: Uint8Array | null, data: Uint8Array): Uint8Array {
  const cipher = encrypt ? createCipheriv(mode, key, iv) : createDecipheriv(mode, key, iv);
  cipher.setAutoPadding(false);
  return new Uint8Array(Buffer.concat([cipher.update(data), cipher.final()]));
}

/** Node's cryptography for tests of this folder; the product's own is in `core`. */
export const testCrypto: DiskCrypto = {
  sha256: (bytes) => new Uint8Array(hash('sha256', bytes, 'buffer')),
  aesXts: (encrypt, key, tweak, data) => aes(`aes-${key.length * 4}-xts`, encrypt, key, tweak, data),
  aesCbc: (encrypt, key, iv, data) => aes(`aes-${key.length * 8}-cbc`, encrypt, key, iv, data),
  aesEcb: (encrypt, key, data) => aes(`aes-${key.length * 8}-ecb`, encrypt, key, null, data),
  aesCcmOpen(key, nonce, tag, data) {
    const cipher = createDecipheriv('aes-256-ccm', key, nonce, { authTagLength: 16 });
    cipher.setAuthTag(tag);
    const out = cipher.update(data);
    try {
      cipher.final();
    } catch {
      return undefined;
    }
    return new Uint8Array(out);
  },
};
