import { inspect } from 'node:util';
import { DerError, der } from '@winmedic/bytes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { channelBindingHash, readInitialToken, Secret, tlsServerEndPoint, writeInitialToken } from './index.ts';

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
/** Self-signed, ECDSA with SHA-384; its digest is openssl's. */
const CERTIFICATE = Uint8Array.from(
  Buffer.from(
    'MIIBbDCCAROgAwIBAgIUeeDGka9D9XwRo9IAVmLDHGC2DigwCgYIKoZIzj0EAwMwDDEKMAgGA1UEAwwBaDAeFw0yNjExMjExNTQyMDVaFw0zNjExMTgxNTQyMDVaMAwxCjAIBgNVBAMMAWgwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATzOuZFVvaXYgUVlA8c6V3FLVAu1r9Bfw3AAUc0+KOaoTge3j5nLGScEvm+OeYU3ZpVj2olWVzutd4WNwqcdkimo1MwUTAdBgNVHQ4EFgQUfTOwqO59idaXfVriwmcDYEIgJPUwHwYDVR0jBBgwFoAUfTOwqO59idaXfVriwmcDYEIgJPUwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAwNHADBEAiBwF2SDAnHuuA2DUTr++FTD0xOkmw2BLGOt8OWqdtJcAAIgBG/rkp9pG0dGz+I4v6HmukFgPAA/0TPG6dXW6rR9rI0=',
    'base64',
  ),
);
const DIGEST = '2f1987e6df87f610f1074e40d767ad00f322a9c8d90fbccf2b87304032bfe9737b6b9fe5223564158b033379efba035c';
const PREFIX = hex(new TextEncoder().encode('tls-server-end-point:'));

/** The outline of a certificate: what is signed, how, and the signature. */
const outline = (...algorithm: Uint8Array[]): Uint8Array =>
  der.sequence(der.sequence(), der.sequence(...algorithm), der.bits(Uint8Array.of(1)));
const length = (certificate: Uint8Array): number => (tlsServerEndPoint(certificate)?.length ?? Number.NaN) - PREFIX.length / 2;

describe('tls-server-end-point (RFC 5929 section 4)', () => {
  it('is the hash of the certificate by its own signature algorithm', () => {
    expect(hex(tlsServerEndPoint(CERTIFICATE))).toBe(PREFIX + DIGEST);
  });

  it.each([
    ['MD5 with RSA', '1.2.840.113549.1.1.4', 32],
    ['SHA-1 with RSA', '1.2.840.113549.1.1.5', 32],
    ['SHA-1 with RSA, OIW', '1.3.14.3.2.29', 32],
    ['SHA-512 with RSA', '1.2.840.113549.1.1.13', 64],
    ['ECDSA with SHA-1', '1.2.840.10045.4.1', 32],
    ['ECDSA with SHA-512', '1.2.840.10045.4.3.4', 64],
  ])('%s', (_, oid, bytesOfHash) => {
    expect(length(outline(der.oid(oid)))).toBe(bytesOfHash);
  });

  it.each([
    ['without parameters: SHA-1, so SHA-256', [], 32],
    ['SHA-1 named', ['1.3.14.3.2.26'], 32],
    ['SHA-384', ['2.16.840.1.101.3.4.2.2'], 48],
    ['a hash not known here', ['2.16.840.1.101.3.4.2.8'], Number.NaN],
  ])('RSASSA-PSS %s', (_, hashes, bytesOfHash) => {
    const parameters = der.sequence(...hashes.map((oid) => der.field(0, der.sequence(der.oid(oid)))));
    expect(length(outline(der.oid('1.2.840.113549.1.1.10'), parameters))).toBe(bytesOfHash);
  });

  it('does not exist for Ed25519', () => {
    expect(tlsServerEndPoint(outline(der.oid('1.3.101.112')))).toBeUndefined();
  });

  it('refuses what is no certificate', () => {
    for (const wrong of [new Uint8Array(), Uint8Array.of(0x30, 0), CERTIFICATE.subarray(0, 40)])
      expect(() => tlsServerEndPoint(wrong)).toThrow(DerError);
  });
});

describe('hash of the binding structure', () => {
  // Made with another implementation (pyspnego).
  it.each([
    ['', '441018525208457705bf09a8ee3c1093'],
    [`${PREFIX}000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f`, '8f1214c9c9cab8dc3bf866da9aba57a7'],
  ])('of %s', (data, expected) => {
    expect(hex(channelBindingHash(bytes(data)))).toBe(expected);
  });
});

describe('first tokens (RFC 2743 section 3.1)', () => {
  it('are written as the specification says', () => {
    expect(hex(writeInitialToken('1.3.6.1.5.5.2', Uint8Array.of(0xa0, 0)))).toBe('600a06062b0601050502a000');
  });

  it('come back, whatever the mechanism wrote and whatever follows', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('1.2.840.113554.1.2.2', '1.3.6.1.5.5.2', '2.999.1'),
        fc.uint8Array({ maxLength: 300 }),
        fc.uint8Array({ maxLength: 9 }),
        (oid, inner, behind) => {
          const read = readInitialToken(Uint8Array.from([...writeInitialToken(oid, inner), ...behind]));
          expect(read.oid).toBe(oid);
          expect([...read.inner]).toEqual([...inner]);
        },
      ),
    );
  });

  it.each([
    ['nothing', '', 'DER_TRUNCATED'],
    ['a raw NTLM message', '4e544c4d53535000', 'DER_TRUNCATED'],
    ['a sequence', '30040602', 'DER_TRUNCATED'],
    ['no object identifier', '60020500', 'DER_TAG'],
    ['a primitive frame', '40020600', 'DER_TAG'],
    ['an empty frame', '6000', 'DER_TRUNCATED'],
    ['an empty object identifier', '60020600', 'DER_VALUE'],
  ])('refuse %s', (_, text, code) => {
    expect(() => readInitialToken(bytes(text))).toThrow(expect.objectContaining({ code }));
  });

  it('of any bytes are read or refused with the one error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (any) => {
        try {
          expect(readInitialToken(Uint8Array.of(0x60, any.length, ...any)).oid).toMatch(/^\d+(\.\d+)+$/);
        } catch (error) {
          expect(error).toBeInstanceOf(DerError);
        }
      }),
    );
  });
});

describe('a secret', () => {
  const secret = new Secret('hunter2');

  it('shows itself nowhere but on demand', () => {
    const holder = { credential: { user: 'a', password: secret }, list: [secret] };
    const shown = [
      `${secret}`,
      String(secret),
      JSON.stringify(holder),
      inspect(holder, { depth: 9, showHidden: true }),
      String(new Error(`${secret}`).stack),
      Object.keys(secret).join(),
      JSON.stringify(Object.getOwnPropertyDescriptors(secret)),
    ].join('\n');
    expect(shown).not.toContain('hunter2');
    expect(secret.reveal()).toBe('hunter2');
  });

  it('says whether it is empty', () => {
    expect([secret.empty, new Secret('').empty]).toEqual([false, true]);
  });
});
