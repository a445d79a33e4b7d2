import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authLevelName, authTypeName, faultName, nakReasonName, rejectReasonName } from './names.ts';
import { CallHead, parsePdu, pduLength } from './pdu.ts';
import { PduSplitter } from './pdu-splitter.ts';
import { pdu } from './test-samples.ts';
import { writePdu } from './write-pdu.ts';

/** A bind of the endpoint mapper, written by hand from C706 section 12.6.4.3. */
const BIND = Buffer.from(
  '05000b0310000000480000000100000000000000'.slice(0, 32) + // header: version 5.0, bind, first and last, little-endian, 72 bytes, call 1
    'd016d01600000000' + // 5840, 5840, group 0
    '01000000' + // one context
    '00000100' + // context 0, one transfer syntax
    '0883afe11f5dc91191a408002b14a0fa03000000' +
    '045d888aeb1cc9119fe808002b10486002000000',
  'hex',
);

describe('a unit', () => {
  it('is read as the specification lays it out', () => {
    expect(parsePdu(BIND)).toEqual({
      type: 'bind',
      flags: 3,
      callId: 1,
      littleEndian: true,
      maxTransmit: 5840,
      maxReceive: 5840,
      group: 0,
      contexts: [
        {
          id: 0,
          abstract: { uuid: '{e1af8308-5d1f-11c9-91a4-08002b14a0fa}', major: 3, minor: 0 },
          transfers: [{ uuid: '{8a885d04-1ceb-11c9-9fe8-08002b104860}', major: 2, minor: 0 }],
        },
      ],
    });
  });

  it('is written as it was read', () => {
    expect(Buffer.from(writePdu(parsePdu(BIND))).toString('hex')).toBe(BIND.toString('hex'));
  });

  it('comes back from its bytes, of every type and in both byte orders', () => {
    fc.assert(
      fc.property(pdu, (value) => {
        const read = parsePdu(writePdu(value));
        // The padding in front of a trailer is the writer's.
        const expected = value.auth === undefined ? value : { ...value, auth: { ...value.auth, padLength: read.auth?.padLength } };
        expect(read).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('places a trailer at a multiple of four in units that carry tokens', () => {
    const value = parsePdu(BIND);
    const auth = { type: 10, level: 6, padLength: 0, contextId: 7, token: Uint8Array.of(1, 2, 3) };
    const nak = writePdu({
      type: 'bind_nak',
      flags: 3,
      callId: 1,
      littleEndian: true,
      reason: 8,
      versions: [{ major: 5, minor: 0 }],
      auth,
    });
    expect((nak.length - auth.token.length - 8) % 4).toBe(0);
    expect(parsePdu(writePdu({ ...value, auth })).auth).toEqual(auth);
  });

  it.each([
    ['another version', 0, 4],
    ['another minor version', 1, 1],
    ['a type that is not connection-oriented', 2, 1],
    ['an unknown byte order', 4, 0x20],
    ['a length below the header', 8, 15],
    ['a length that is not its own', 8, 0x49],
    ['a token larger than the unit', 10, 0x48],
    ['more contexts than bytes', 24, 9],
  ])('is refused with %s', (_, at, value) => {
    const damaged = Uint8Array.from(BIND);
    damaged[at] = value;
    expect(() => parsePdu(damaged)).toThrow(expect.objectContaining({ name: 'DcerpcError', code: 'DCERPC_BAD_PDU' }));
  });

  it('larger than a fragment is not written', () => {
    const body = new Uint8Array(65_530);
    const value = { type: 'request', flags: 3, callId: 1, littleEndian: true, allocHint: 0, contextId: 0, opnum: 0, body } as const;
    expect(() => writePdu(value)).toThrow(expect.objectContaining({ code: 'DCERPC_LIMIT' }));
  });
});

describe('a stream', () => {
  it('is cut into the same units however it comes', () => {
    fc.assert(
      fc.property(
        fc.array(pdu, { minLength: 1, maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 }),
        (values, sizes) => {
          const units = values.map(writePdu);
          const stream = Buffer.concat(units);
          const splitter = new PduSplitter();
          const got: Uint8Array[] = [];
          for (let at = 0, i = 0; at < stream.length; i++) {
            const size = sizes[i % sizes.length]!;
            got.push(...splitter.push(stream.subarray(at, at + size)));
            at += size;
          }
          expect(got.map((unit) => Buffer.from(unit).toString('hex'))).toEqual(units.map((unit) => Buffer.from(unit).toString('hex')));
          expect(splitter.pending).toBe(0);
        },
      ),
    );
  });

  it('gives units that do not change when the bytes do', () => {
    const bytes = Uint8Array.from(BIND);
    const [unit] = new PduSplitter().push(bytes);
    bytes.fill(0);
    expect(Buffer.from(unit!).toString('hex')).toBe(BIND.toString('hex'));
  });

  it('of another protocol is refused at its first byte', () => {
    expect(() => new PduSplitter().push(Buffer.from('H'))).toThrow(expect.objectContaining({ code: 'DCERPC_BAD_PDU' }));
    expect(() => pduLength(Buffer.from('HTTP/1.1 400 Bad Request'))).toThrow(expect.objectContaining({ code: 'DCERPC_BAD_PDU' }));
  });
});

describe('numbers', () => {
  it('have their names, and stay numbers when unknown', () => {
    expect([authTypeName(10), authTypeName(77)]).toEqual(['ntlm', '77']);
    expect([authLevelName(6), authLevelName(9)]).toEqual(['privacy', '9']);
    expect([nakReasonName(8), nakReasonName(99)]).toEqual(['authentication_type_not_recognized', '99']);
    expect([rejectReasonName(1), rejectReasonName(9)]).toEqual(['abstract_syntax_not_supported', '9']);
    expect([faultName(5), faultName(0x6f7), faultName(0x1c010003), faultName(0x1234)]).toEqual([
      'ERROR_ACCESS_DENIED',
      'RPC_X_BAD_STUB_DATA',
      'nca_unk_if',
      '0x1234',
    ]);
  });
});

describe('the head of a call', () => {
  const head = new CallHead();
  /** What the whole reader says of the same unit; `undefined` when it is no request or response, or cannot be read. */
  const whole = (bytes: Uint8Array) => {
    try {
      const read = parsePdu(bytes);
      return read.type === 'request' || read.type === 'response' ? read : undefined;
    } catch {
      return undefined;
    }
  };
  const agrees = (bytes: Uint8Array): void => {
    const read = whole(bytes);
    expect(head.read(bytes)).toBe(read !== undefined);
    if (read === undefined) return;
    const { type, flags, littleEndian, callId, contextId } = read;
    expect(head).toMatchObject({ type, flags, littleEndian, callId, contextId, opnum: read.type === 'request' ? read.opnum : 0 });
    expect([head.authType, head.authLevel]).toEqual([read.auth?.type ?? -1, read.auth?.level ?? -1]);
    const body = read.body.subarray(0, read.body.length - (read.auth?.padLength ?? 0));
    expect(Buffer.from(bytes.subarray(head.bodyStart, head.bodyEnd)).equals(body)).toBe(true);
  };

  it('says the same as the reader of the whole unit', () => {
    fc.assert(
      fc.property(pdu, (value) => agrees(writePdu(value))),
      { numRuns: 500 },
    );
  });

  it('takes and refuses the same damaged units', () => {
    const damaged = fc.tuple(pdu, fc.array(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 255 })), { maxLength: 4 }), fc.nat({ max: 80 }));
    fc.assert(
      fc.property(damaged, ([value, changes, cut]) => {
        const bytes = writePdu(value).slice();
        for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
        agrees(bytes);
        agrees(bytes.subarray(0, cut));
      }),
      { numRuns: 1000 },
    );
  });
});
