import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DER, DerError, der, readDer, writeDer } from './der.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('DER', () => {
  it('writes the examples of X.690', () => {
    expect(hex(der.oid('2.100.3'))).toBe('0603813403');
    expect(hex(der.oid('1.3.6.1.5.5.2'))).toBe('06062b0601050502');
    expect(hex(der.integer(128))).toBe('02020080');
    expect(hex(der.integer(-129))).toBe('0202ff7f');
    expect(hex(der.field(0, der.integer(5)))).toBe('a003020105');
  });

  it('reads what it writes: integers, object identifiers, octets of any length', () => {
    fc.assert(fc.property(fc.bigInt({ min: -(1n << 80n), max: 1n << 80n }), (n) => readDer(der.integer(n)).bigint() === n));
    for (const n of [(1n << 32_760n) - 1n, -(1n << 32_700n)]) expect(readDer(der.integer(n)).bigint()).toBe(n);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 39 }), fc.array(fc.nat(), { maxLength: 8 }), (second, rest) => {
        const text = [1, second, ...rest].join('.');
        return readDer(der.oid(text)).oid() === text;
      }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 70_000 }), (bytes) => Buffer.from(readDer(der.octets(bytes)).content).equals(bytes)));
  });

  it('numbers and identifiers of any size are what their digits say', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (n) => readDer(der.integer(n)).integer() === n),
      { numRuns: 300 },
    );
    for (const n of [0, -1, 127, -128, 255, 2 ** 40, -(2 ** 47), 2 ** 47 - 1, 2 ** 47]) expect(readDer(der.integer(n)).integer()).toBe(n);
    const uuid = '2.25.329800735698586629295641978511506172918';
    for (const oid of [uuid, '2.999.3', '0.39', '1.2.840.113554.1.2.2', '1.3.34359738367', '1.3.34359738368.5'])
      expect(readDer(der.oid(oid)).oid()).toBe(oid);
    for (const broken of ['0600', '060180', '06022a80'])
      expect(() => readDer(Uint8Array.from(Buffer.from(broken, 'hex'))).oid()).toThrow(DerError);
  });

  it('a broken element beside the field asked for is told', () => {
    const sequence = der.sequence(der.field(1, der.integer(7)), Uint8Array.of(0xa2, 0x05, 0x02));
    const node = readDer(sequence);
    expect(() => node.field(1)).toThrow(DerError);
    expect(() => node.checked()).toThrow(DerError);
    expect(() => node.children()).toThrow(DerError);
  });

  it('finds explicit fields of a sequence and leaves what follows the element', () => {
    const node = readDer(Uint8Array.of(...der.sequence(der.field(1, der.integer(7)), der.field(3, der.text('AD'))), 0xff));
    expect(node.field(1)?.integer()).toBe(7);
    expect(node.field(2)).toBeUndefined();
    expect(node.field(3)?.expect(DER.generalString).latin1()).toBe('AD');
    expect(node.raw.length).toBe(13);
  });

  it.each([
    ['nothing', '', 'DER_TRUNCATED'],
    ['a length that lies', '04850000000001', 'DER_LENGTH'],
    ['an indefinite length', '30800000', 'DER_LENGTH'],
    ['less content than announced', '0405aabb', 'DER_TRUNCATED'],
    ['4 GiB announced', '0484ffffffff00', 'DER_TRUNCATED'],
  ])('refuses %s', (_, text, code) => {
    expect(() => readDer(Uint8Array.from(Buffer.from(text, 'hex')))).toThrow(expect.objectContaining({ code }));
  });

  it('ends at a depth no token has', () => {
    let bytes = der.integer(1);
    for (let i = 0; i < 60; i++) bytes = writeDer(DER.sequence, [bytes]);
    let node = readDer(bytes);
    expect(() => {
      for (;;) node = node.only();
    }).toThrow(DerError);
  });
});
