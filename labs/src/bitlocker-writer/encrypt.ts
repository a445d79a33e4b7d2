import { createCipheriv } from 'node:crypto';
import type { WriteMethod } from './types.ts';

/** Numbers and stored key sizes of the methods. @source libyal BDE format, "Encryption methods", "Full Volume Encryption Key (FVEK)" */
export const METHODS: Readonly<Record<WriteMethod, { readonly number: number; readonly keyBytes: number; readonly aesBytes: number }>> = {
  'aes-cbc-128-diffuser': { number: 0x8000, keyBytes: 64, aesBytes: 16 },
  'aes-cbc-256-diffuser': { number: 0x8001, keyBytes: 64, aesBytes: 32 },
  'aes-cbc-128': { number: 0x8002, keyBytes: 16, aesBytes: 16 },
  'aes-cbc-256': { number: 0x8003, keyBytes: 32, aesBytes: 32 },
  'aes-xts-128': { number: 0x8004, keyBytes: 32, aesBytes: 16 },
  'aes-xts-256': { number: 0x8005, keyBytes: 64, aesBytes: 32 },
};

function cipher(mode: string, key: Uint8Array, iv: Uint8Array | null, data: Uint8Array): Uint8Array {
  const aes = createCipheriv(mode, key, iv);
  aes.setAutoPadding(false);
  return new Uint8Array(Buffer.concat([aes.update(data), aes.final()]));
}

function littleEndian(value: number): Uint8Array {
  const block = new Uint8Array(16);
  for (let i = 0, left = value; left > 0; i++, left = Math.floor(left / 256)) block[i] = left % 256;
  return block;
}

/** The diffuser's encryption as the paper writes it: A backwards five times, then B backwards three times. @source Ferguson 2006, section 4 */
function diffuse(sector: Uint8Array, sectorKey: Uint8Array): Uint8Array {
  const mixed = sector.map((byte, i) => byte ^ sectorKey[i % 32]!);
  const d = new Int32Array(mixed.buffer, 0, mixed.length / 4);
  const n = d.length;
  const rotate = (value: number, by: number): number => (by === 0 ? value : (value << by) | (value >>> (32 - by)));
  for (let cycle = 0; cycle < 5; cycle++) {
    for (let i = n - 1; i >= 0; i--) d[i]! -= d[(i - 2 + n) % n]! ^ rotate(d[(i - 5 + n) % n]!, [9, 0, 13, 0][i % 4]!);
  }
  for (let cycle = 0; cycle < 3; cycle++) {
    for (let i = n - 1; i >= 0; i--) d[i]! -= d[(i + 2) % n]! ^ rotate(d[(i + 5) % n]!, [0, 10, 0, 25][i % 4]!);
  }
  return mixed;
}

/**
 * One sector that will lie at `offset`. XTS counts sectors, CBC encrypts the byte offset for its vector, the diffuser has a key of its own in the second half.
 * @source libyal BDE format, "Encryption methods"
 */
export function encryptSector(method: WriteMethod, key: Uint8Array, offset: number, sector: Uint8Array): Uint8Array {
  const { aesBytes, keyBytes } = METHODS[method];
  const bits = aesBytes * 8;
  if (method === 'aes-xts-128' || method === 'aes-xts-256')
    return cipher(`aes-${bits}-xts`, key, littleEndian(offset / sector.length), sector);
  const place = littleEndian(offset);
  const main = key.subarray(0, aesBytes);
  let input = sector;
  if (method === 'aes-cbc-128-diffuser' || method === 'aes-cbc-256-diffuser') {
    const tweak = key.subarray(keyBytes / 2, keyBytes / 2 + aesBytes);
    const marked = place.slice();
    marked[15] = 0x80;
    const sectorKey = cipher(`aes-${bits}-ecb`, tweak, null, new Uint8Array([...place, ...marked]));
    input = diffuse(sector, sectorKey);
  }
  return cipher(`aes-${bits}-cbc`, main, cipher(`aes-${bits}-ecb`, main, null, place), input);
}

/** A key (or hash) wrapped with AES-CCM: nonce, tag, then the encrypted container. @source libyal BDE format, "FVE AES-CCM encrypted key" */
export function wrapKey(wrapping: Uint8Array, nonce: Uint8Array, method: number, key: Uint8Array): Uint8Array {
  const container = new Uint8Array(12 + key.length);
  const view = new DataView(container.buffer);
  view.setUint32(0, container.length, true);
  view.setUint16(4, 1, true);
  view.setUint32(8, method, true);
  container.set(key, 12);
  const aes = createCipheriv('aes-256-ccm', wrapping, nonce, { authTagLength: 16 });
  const data = Buffer.concat([aes.update(container), aes.final()]);
  return new Uint8Array(Buffer.concat([nonce, aes.getAuthTag(), data]));
}
