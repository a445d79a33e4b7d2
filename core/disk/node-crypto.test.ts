import { toHex } from '@winmedic/bytes';
import { describe, expect, it } from 'vitest';
import { nodeCrypto } from './node-crypto.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../gu) ?? [], (pair) => Number.parseInt(pair, 16));

describe('the cryptography of Node gives the published values of', () => {
  it('SHA-256', () => {
    // FIPS 180-2, B.1
    expect(toHex(nodeCrypto.sha256(new TextEncoder().encode('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it('AES-XTS', () => {
    // IEEE Std 1619, vector 2
    const key = bytes('11'.repeat(16) + '22'.repeat(16));
    const tweak = bytes(`3333333333${'00'.repeat(11)}`);
    const plain = bytes('44'.repeat(32));
    const secret = 'c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0';
    expect(toHex(nodeCrypto.aesXts(true, key, tweak, plain))).toBe(secret);
    expect(toHex(nodeCrypto.aesXts(false, key, tweak, bytes(secret)))).toBe(toHex(plain));
  });

  it('AES-CBC and single blocks, 128 and 256 bits', () => {
    // NIST SP 800-38A, F.1.1, F.1.5, F.2.1, F.2.5
    const plain = bytes('6bc1bee22e409f96e93d7e117393172a');
    const iv = bytes('000102030405060708090a0b0c0d0e0f');
    const small = bytes('2b7e151628aed2a6abf7158809cf4f3c');
    const large = bytes('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4');
    expect(toHex(nodeCrypto.aesEcb(true, small, plain))).toBe('3ad77bb40d7a3660a89ecaf32466ef97');
    expect(toHex(nodeCrypto.aesEcb(true, large, plain))).toBe('f3eed1bdb5d2a03c064b5a7e3db181f8');
    expect(toHex(nodeCrypto.aesCbc(true, small, iv, plain))).toBe('7649abac8119b246cee98e9b12e9197d');
    expect(toHex(nodeCrypto.aesCbc(true, large, iv, plain))).toBe('f58c4c04d6e5f1ba779eabfb5f7bfbd6');
    expect(toHex(nodeCrypto.aesCbc(false, large, iv, bytes('f58c4c04d6e5f1ba779eabfb5f7bfbd6')))).toBe(toHex(plain));
  });

  it('AES-CCM, and nothing when key, tag or data are wrong', () => {
    // Made with OpenSSL's aes-256-ccm by another binding (Python cryptography): key 00..1f, nonce 00..0b, "BitLocker".
    const key = Uint8Array.from({ length: 32 }, (_, i) => i);
    const nonce = Uint8Array.from({ length: 12 }, (_, i) => i);
    const data = bytes('c8bccc5a514ca2f2de');
    const tag = bytes('4866086288b41f2c692a72cb853a2207');
    expect(new TextDecoder().decode(nodeCrypto.aesCcmOpen(key, nonce, tag, data))).toBe('BitLocker');
    expect(nodeCrypto.aesCcmOpen(key.with(0, 1), nonce, tag, data)).toBeUndefined();
    expect(nodeCrypto.aesCcmOpen(key, nonce, tag.with(0, tag[0]! ^ 1), data)).toBeUndefined();
    expect(nodeCrypto.aesCcmOpen(key, nonce, tag, data.with(0, data[0]! ^ 1))).toBeUndefined();
    expect(nodeCrypto.aesCcmOpen(key, nonce, tag.subarray(1), data)).toBeUndefined();
  });

  it('gives plain arrays: overwriting a slice of a key must not touch the key', () => {
    const sum = nodeCrypto.sha256(new Uint8Array(1));
    const before = toHex(sum);
    sum.slice().fill(0);
    expect(toHex(sum)).toBe(before);
  });
});
