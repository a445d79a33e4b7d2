import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aesCtsDecrypt, aesCtsEncrypt, desEncryptBlock, desKeyFrom7Bytes, md4, rc4 } from './index.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const any = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });

describe('MD4 (RFC 1320, A.5)', () => {
  it.each([
    ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
    ['a', 'bde52cb31de33e46245e05fbdbd6fb24'],
    ['abc', 'a448017aaf21d8525fc10ae87aa6729d'],
    ['message digest', 'd9130a8164549fe818874806e1c7014b'],
    ['abcdefghijklmnopqrstuvwxyz', 'd79e1c308aa5bbcdeea8ed63df412da9'],
    ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', '043f8582f241db351ce627e153e7f0e4'],
    ['12345678901234567890123456789012345678901234567890123456789012345678901234567890', 'e33b4ddc9c38f2199c3e7b164fcc0536'],
  ])('of "%s"', (text, digest) => {
    expect(hex(md4(ascii(text)))).toBe(digest);
  });

  it('tells lengths around the edge of a block apart', () => {
    const digests = Array.from({ length: 130 }, (_, n) => hex(md4(new Uint8Array(n))));
    expect(new Set(digests).size).toBe(130);
  });
});

describe('RC4', () => {
  it.each([
    // RFC 6229 section 2: first 16 bytes of the key stream.
    ['0102030405', 'b2396305f03dc027ccc3524a0a1118a8'],
    ['01020304050607', '293f02d47f37c9b633f2af5285feb46b'],
    ['0102030405060708', '97ab8a1bf0afb96132f2f67258da15a8'],
    ['0102030405060708090a0b0c0d0e0f10', '9ac7cc9a609d1ef7b2932899cde41b97'],
  ])('key %s', (key, stream) => {
    expect(hex(rc4(bytes(key)).update(new Uint8Array(16)))).toBe(stream);
  });

  it('key stream far from its start (RFC 6229, 128-bit key, offset 4096)', () => {
    const stream = rc4(bytes('0102030405060708090a0b0c0d0e0f10')).update(new Uint8Array(4112));
    expect(hex(stream.subarray(4096))).toBe('a36a4c301ae8ac13610ccbc12256cacc');
  });

  it('goes on where it stopped, and a clone goes its own way', () => {
    fc.assert(
      fc.property(any(16), fc.uint8Array({ maxLength: 600 }), fc.nat(600), (key, data, cut) => {
        const whole = rc4(key).update(data);
        const stream = rc4(key);
        const first = stream.update(data.subarray(0, cut));
        const twin = stream.clone();
        const rest = data.subarray(cut);
        expect([...first, ...stream.update(rest)]).toEqual([...whole]);
        expect([...first, ...twin.update(rest)]).toEqual([...whole]);
        expect(rc4(key).update(whole)).toEqual(data);
      }),
    );
  });

  it('refuses an empty key', () => {
    expect(() => rc4(new Uint8Array())).toThrow(RangeError);
  });
});

describe('DES', () => {
  it.each([
    // FIPS 81 example and NIST SP 800-17 known answers.
    ['0123456789abcdef', '4e6f772069732074', '3fa40e8a984d4815'],
    ['133457799bbcdff1', '0123456789abcdef', '85e813540f0ab405'],
    ['0101010101010101', '8000000000000000', '95f8a5e5dd31d900'],
    ['8001010101010101', '0000000000000000', '95a8d72813daa94d'],
  ])('key %s, block %s', (key, block, expected) => {
    expect(hex(desEncryptBlock(bytes(key), bytes(block)))).toBe(expected);
  });

  it('equals triple DES with three equal keys, which OpenSSL still has', () => {
    fc.assert(
      fc.property(any(8), any(8), (key, block) => {
        const triple = createCipheriv('des-ede3', Buffer.concat([key, key, key]), null).setAutoPadding(false);
        expect(hex(desEncryptBlock(key, block))).toBe(hex(triple.update(block)));
      }),
    );
  });

  it('spreads 56 bits over 8 bytes and leaves the parity bits clear', () => {
    expect(hex(desKeyFrom7Bytes(bytes('ffffffffffffff')))).toBe('fefefefefefefefe');
    expect(hex(desKeyFrom7Bytes(bytes('01020304050607')))).toBe('008080604028180e');
  });

  it('refuses other lengths', () => {
    expect(() => desEncryptBlock(new Uint8Array(7), new Uint8Array(8))).toThrow(RangeError);
    expect(() => desKeyFrom7Bytes(new Uint8Array(8))).toThrow(RangeError);
  });
});

describe('AES with ciphertext stealing (RFC 3962 appendix B)', () => {
  const key = ascii('chicken teriyaki');
  const input = ascii("I would like the General Gau's Chicken, please, and wonton soup.");
  it.each([
    [17, 'c6353568f2bf8cb4d8a580362da7ff7f97'],
    [31, 'fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5'],
    [32, '39312523a78662d5be7fcbcc98ebf5a897687268d6ecccc0c07b25e25ecfe584'],
    [47, '97687268d6ecccc0c07b25e25ecfe584b3fffd940c16a18c1b5549d2f838029e39312523a78662d5be7fcbcc98ebf5'],
    [48, '97687268d6ecccc0c07b25e25ecfe5849dad8bbb96c4cdc03bc103e1a194bbd839312523a78662d5be7fcbcc98ebf5a8'],
    [
      64,
      '97687268d6ecccc0c07b25e25ecfe58439312523a78662d5be7fcbcc98ebf5a84807efe836ee89a526730dbc2f7bc8409dad8bbb96c4cdc03bc103e1a194bbd8',
    ],
  ])('%i bytes', (length, expected) => {
    expect(hex(aesCtsEncrypt(key, new Uint8Array(16), input.subarray(0, length)))).toBe(expected);
  });

  it('comes back, for both key sizes and every length', () => {
    fc.assert(
      fc.property(fc.constantFrom(16, 32).chain(any), any(16), fc.uint8Array({ minLength: 16, maxLength: 200 }), (aKey, iv, data) => {
        const sealed = aesCtsEncrypt(aKey, iv, data);
        expect(sealed.length).toBe(data.length);
        expect(aesCtsDecrypt(aKey, iv, sealed)).toEqual(data);
      }),
    );
  });

  it('refuses less than a block and other key sizes', () => {
    expect(() => aesCtsEncrypt(key, new Uint8Array(16), new Uint8Array(15))).toThrow(RangeError);
    expect(() => aesCtsDecrypt(new Uint8Array(24), new Uint8Array(16), new Uint8Array(32))).toThrow(RangeError);
  });
});
