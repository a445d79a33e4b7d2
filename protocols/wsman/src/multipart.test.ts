import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WsmanError } from './errors.ts';
import { LIMITS } from './limits.ts';
import { isSealedType, parameter, type SealingScheme, sealBody, unsealBody } from './multipart.ts';
import { ToyError, type ToyShape, toyProtection } from './test-context.ts';

const TYPE = 'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"';
const SHAPES: readonly (readonly [SealingScheme, ToyShape])[] = [
  ['Negotiate', 'ntlm'],
  ['NTLM', 'ntlm'],
  ['Kerberos', 'aes'],
  ['Kerberos', 'rc4'],
  ['CredSSP', 'tls'],
];

/** A body of NTLM shape, changed as text. */
function body(change: (text: string) => string, clear = 'hello'): Uint8Array {
  return Buffer.from(
    change(Buffer.from(sealBody(toyProtection('client'), 'Negotiate', Buffer.from(clear)).body).toString('latin1')),
    'latin1',
  );
}
function outcome(bytes: Uint8Array, type = TYPE): string {
  try {
    return Buffer.from(unsealBody(type, bytes, toyProtection('server'))).toString();
  } catch (error) {
    if (error instanceof WsmanError || error instanceof ToyError) return error.code;
    throw error;
  }
}

describe('a sealed body', () => {
  it.each(SHAPES)('of %s in the shape of %s is unsealed as it was, in order', (scheme, shape) => {
    const [client, server] = [toyProtection('client', shape), toyProtection('server', shape)];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (clear) => {
        const { contentType, body } = sealBody(client, scheme, clear);
        expect(Buffer.from(unsealBody(contentType, body, server))).toEqual(Buffer.from(clear));
      }),
      { numRuns: 50, endOnFailure: true },
    );
  });

  it('looks on the wire as MS-WSMV describes', () => {
    const { contentType, body } = sealBody(toyProtection('client'), 'Kerberos', Buffer.from('hello'));
    expect(contentType).toBe('multipart/encrypted;protocol="application/HTTP-Kerberos-session-encrypted";boundary="Encrypted Boundary"');
    const head =
      '--Encrypted Boundary\r\n\tContent-Type: application/HTTP-Kerberos-session-encrypted\r\n' +
      '\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=5\r\n--Encrypted Boundary\r\n' +
      '\tContent-Type: application/octet-stream\r\n\x10\0\0\0';
    expect(Buffer.from(body).toString('latin1').slice(0, head.length)).toBe(head);
    expect(Buffer.from(body).toString('latin1')).toMatch(/--Encrypted Boundary--\r\n$/);
    expect(body.length).toBe(head.length + 16 + 5 + '--Encrypted Boundary--\r\n'.length);
  });

  it('counts the padding of old Kerberos tokens in its length', () => {
    const { body } = sealBody(toyProtection('client', 'rc4'), 'Kerberos', Buffer.from('hello'));
    expect(Buffer.from(body).toString('latin1')).toContain('Length=6\r\n');
  });

  it('goes in pieces of 16 KiB with CredSSP, and in one piece otherwise', () => {
    const clear = Buffer.alloc(40_000, 'x');
    const sealed = sealBody(toyProtection('client', 'tls'), 'CredSSP', clear);
    expect(sealed.contentType).toContain('multipart/x-multi-encrypted;');
    const lengths = [
      ...Buffer.from(sealed.body)
        .toString('latin1')
        .matchAll(/Length=(\d+)/g),
    ].map(([, length]) => Number(length));
    expect(lengths).toEqual([16_384, 16_384, 7232]);
    expect(Buffer.from(unsealBody(sealed.contentType, sealed.body, toyProtection('server', 'tls')))).toEqual(clear);
    expect(sealBody(toyProtection('client'), 'Negotiate', clear).contentType).toContain('multipart/encrypted;');
    expect(sealBody(toyProtection('client', 'tls'), 'CredSSP', clear.subarray(0, 16_384)).contentType).toContain('multipart/encrypted;');
  });
});

describe('a body of another server', () => {
  it.each([
    ['without TAB', (text: string) => text.replaceAll('\t', '')],
    ['with a blank in its boundaries', (text: string) => text.replaceAll('--Encrypted', '-- Encrypted')],
    ['with one more line end', (text: string) => `${text}\r\n`],
    ['with a line end before the last boundary', (text: string) => text.replace('--Encrypted Boundary--', '\r\n--Encrypted Boundary--')],
    ['with bare line feeds', (text: string) => text.replaceAll('\r\n', '\n')],
    ['without the last line end', (text: string) => text.slice(0, -2)],
  ])('%s is read', (_, change) => {
    expect(outcome(body(change))).toBe('hello');
  });

  it('may hold its own boundary inside the sealed data: lengths cut, not patterns', () => {
    // Masked twice with the same key, the boundary itself stands in the sealed bytes.
    const plain = Buffer.from('--Encrypted Boundary--\r\n');
    const once = sealBody(toyProtection('client'), 'Negotiate', plain).body;
    const masked = once.subarray(once.length - 24 - plain.length, once.length - 24);
    const sealed = sealBody(toyProtection('client'), 'Negotiate', masked);
    expect(
      Buffer.from(sealed.body)
        .toString('latin1')
        .match(/--Encrypted Boundary--/g),
    ).toHaveLength(2);
    expect(Buffer.from(unsealBody(sealed.contentType, sealed.body, toyProtection('server')))).toEqual(Buffer.from(masked));
  });

  it('may leave the padding of old Kerberos tokens out of its length', () => {
    const { contentType, body } = sealBody(toyProtection('client', 'rc4'), 'Kerberos', Buffer.from('hello'));
    const uncounted = Buffer.from(Buffer.from(body).toString('latin1').replace('Length=6', 'Length=5'), 'latin1');
    expect(Buffer.from(unsealBody(contentType, uncounted, toyProtection('server', 'rc4'))).toString()).toBe('hello');
  });

  it('may name any boundary, quoted or not', () => {
    const renamed = body((text) => text.replaceAll('Encrypted Boundary', 'b1'));
    expect(outcome(renamed, 'multipart/encrypted; boundary=b1; protocol="x"')).toBe('hello');
    expect(outcome(renamed, 'Multipart/Encrypted;boundary="b1"')).toBe('hello');
    expect(parameter('a/b; X="y z"; q=1', 'x')).toBe('y z');
  });
});

describe('a body that does not fit', () => {
  it.each([
    ['a length too small', (text: string) => text.replace('Length=5', 'Length=4'), 'WSMAN_LENGTH'],
    ['a length too large', (text: string) => text.replace('Length=5', 'Length=6'), 'WSMAN_LENGTH'],
    ['a huge length', (text: string) => text.replace('Length=5', 'Length=999999999'), 'WSMAN_LENGTH'],
    ['no length', (text: string) => text.replace('Length=5', ''), 'WSMAN_MULTIPART'],
    ['no end', (text: string) => text.replace('--Encrypted Boundary--\r\n', ''), 'WSMAN_LENGTH'],
    ['something behind its end', (text: string) => `${text}x`, 'WSMAN_LENGTH'],
    ['a seal longer than the body', (text: string) => text.replace('\x10\0\0\0', '\xff\x0f\0\0'), 'WSMAN_LENGTH'],
    ['a seal of 4 GiB', (text: string) => text.replace('\x10\0\0\0', '\xff\xff\xff\xff'), 'WSMAN_LENGTH'],
    ['another type in its second part', (text: string) => text.replace('octet-stream', 'other'), 'WSMAN_MULTIPART'],
    ['only its end', () => '--Encrypted Boundary--\r\n', 'WSMAN_MULTIPART'],
    ['nothing', () => '', 'WSMAN_LENGTH'],
    ['endless headers', () => `--Encrypted Boundary\r\n${'x: y\r\n'.repeat(LIMITS.partHeaderBytes)}`, 'WSMAN_MULTIPART'],
    ['a changed byte', (text: string) => text.replace(/.(?=--Encrypted Boundary--)/s, (byte) => (byte === 'a' ? 'b' : 'a')), 'TOY_BAD_MIC'],
  ])('(%s) is refused', (_, change, code) => {
    expect(outcome(body(change))).toBe(code);
  });

  it('of another media type, or with an impossible boundary, is refused', () => {
    expect(
      outcome(
        body((text) => text),
        'application/soap+xml',
      ),
    ).toBe('WSMAN_MULTIPART');
    expect(
      outcome(
        body((text) => text),
        `multipart/encrypted;boundary="${'x'.repeat(71)}"`,
      ),
    ).toBe('WSMAN_MULTIPART');
    expect(isSealedType('multipart/x-multi-encrypted')).toBe(true);
    expect(isSealedType('multipart/encryptedx')).toBe(false);
  });

  it('never makes the reader fail otherwise, with TLS records too', () => {
    const { body: bytes, contentType } = sealBody(toyProtection('client', 'tls'), 'CredSSP', Buffer.alloc(100, 'x'));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(bytes.length), (at, value, length) => {
        const changed = Uint8Array.from(bytes.subarray(0, length));
        if (at < length) changed[at] = value;
        try {
          unsealBody(contentType, changed, toyProtection('server', 'tls'));
        } catch (error) {
          if (!(error instanceof WsmanError || error instanceof ToyError)) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });
});
