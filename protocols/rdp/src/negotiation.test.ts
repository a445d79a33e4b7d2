import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ConnectionConfirm,
  type ConnectionRequest,
  parseRdpNegotiation,
  RdpError,
  rdpFailureName,
  rdpProtocolNames,
  tpktLength,
  writeConnectionConfirm,
  writeConnectionRequest,
} from './messages.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const code = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    if (error instanceof RdpError) return error.code;
    throw error;
  }
  return 'none';
};

/** MS-RDPBCGR 4.1.1. */
const REQUEST = hex('0300002c27e00000000000 436f6f6b69653a206d737473686173683d656c746f6e73 0d0a 0100080000000000');
/** MS-RDPBCGR 4.1.2, with the source reference 0 that we write. */
const CONFIRM = hex('030000130ed00000000000 0200080000000000');

describe('messages of the negotiation', () => {
  it('are those of the specification', () => {
    const request: ConnectionRequest = { kind: 'request', cookie: 'eltons', negotiation: { flags: 0, protocols: 0 } };
    expect(parseRdpNegotiation(REQUEST)).toEqual(request);
    expect(writeConnectionRequest(request)).toEqual(REQUEST);
    const confirm: ConnectionConfirm = { kind: 'confirm', selected: { flags: 0, protocol: 0 } };
    expect(parseRdpNegotiation(CONFIRM)).toEqual(confirm);
    expect(writeConnectionConfirm(confirm)).toEqual(CONFIRM);
    expect(parseRdpNegotiation(hex('030000130ed00000123400 0200080000000000'))).toEqual(confirm);
  });

  it('tell a failure, and a server that knows no negotiation', () => {
    expect(parseRdpNegotiation(hex('030000130ed00000123400 0300080005000000'))).toEqual({ kind: 'confirm', failure: 5 });
    expect(parseRdpNegotiation(hex('0300000b06d00000123400'))).toEqual({ kind: 'confirm' });
    expect(rdpFailureName(5)).toBe('HYBRID_REQUIRED_BY_SERVER');
    expect(rdpFailureName(77)).toBe('failure 77');
  });

  it('name protocols', () => {
    expect(rdpProtocolNames(0)).toEqual(['rdp']);
    expect(rdpProtocolNames(0x1f)).toEqual(['tls', 'credssp', 'rdstls', 'aad']);
  });

  it('keep what they write', () => {
    const name = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 });
    const negotiation = fc.record({ flags: fc.constantFrom(0, 1, 2, 3), protocols: fc.nat(0xffff_ffff) });
    const request = fc.oneof(
      fc.record({ cookie: name, negotiation }, { requiredKeys: [] }),
      fc.record({ routingToken: name.filter((text) => !text.startsWith('Cookie: mstshash=')), negotiation }, { requiredKeys: [] }),
      fc.record({ negotiation, correlationId: fc.uint8Array({ minLength: 16, maxLength: 16 }) }),
    );
    const confirm = fc.oneof(
      fc.constant({}),
      fc.record({ failure: fc.nat(0xffff_ffff) }),
      fc.record({ selected: fc.record({ flags: fc.nat(255), protocol: fc.nat(0xffff_ffff) }) }),
    );
    fc.assert(
      fc.property(request, confirm, (asked, said) => {
        const read = parseRdpNegotiation(writeConnectionRequest(asked)) as ConnectionRequest;
        const expected = { kind: 'request', ...asked } as ConnectionRequest;
        if (expected.correlationId === undefined) expect(read).toEqual(expected);
        else expect(read).toEqual({ ...expected, negotiation: { ...expected.negotiation, flags: (expected.negotiation?.flags ?? 0) | 8 } });
        expect(parseRdpNegotiation(writeConnectionConfirm({ kind: 'confirm', ...said } as ConnectionConfirm))).toEqual({
          kind: 'confirm',
          ...said,
        });
      }),
    );
  });

  it('refuse to write what could not be read again', () => {
    const negotiation = { flags: 0, protocols: 0 };
    for (const request of [
      { cookie: 'a\r\nb' },
      { cookie: '名前' },
      { routingToken: '' },
      { routingToken: '\x01' },
      { cookie: 'x'.repeat(250), negotiation },
      { correlationId: new Uint8Array(16) },
      { negotiation, correlationId: new Uint8Array(15) },
    ])
      expect(code(() => writeConnectionRequest(request))).toBe('RDP_MESSAGE');
  });
});

describe('what is no negotiation', () => {
  it.each([
    ['an HTTP answer', Buffer.from('HTTP/1.1 400').toString('hex'), 'RDP_NOT_TPKT'],
    ['TLS', '16030300', 'RDP_NOT_TPKT'],
    ['a reserved byte that is set', '0301000b06d00000000000', 'RDP_NOT_TPKT'],
    ['too short a length', '0300000a05d000000000', 'RDP_MESSAGE'],
    ['too long a length', '03000200', 'RDP_MESSAGE'],
    ['a length indicator that does not fit', '0300000b07d00000000000', 'RDP_MESSAGE'],
    ['another TPDU', '0300000b06f00000000000', 'RDP_MESSAGE'],
    ['half of the negotiation data', '0300000f0ad00000000000 02000800', 'RDP_MESSAGE'],
    ['another type', '030000130ed00000000000 0900080000000000', 'RDP_MESSAGE'],
    ['another length of the data', '030000130ed00000000000 0200090000000000', 'RDP_MESSAGE'],
    ['a cookie without end', '0300000e09e00000000000 436f6f', 'RDP_MESSAGE'],
    ['nothing', '', 'RDP_TRUNCATED'],
    ['a packet that has not come whole', '030000130ed000001234', 'RDP_TRUNCATED'],
  ])('%s', (_, bytes, expected) => {
    expect(code(() => parseRdpNegotiation(hex(bytes)))).toBe(expected);
  });

  it('is told as early as the first byte', () => {
    expect(code(() => tpktLength(hex('48')))).toBe('RDP_NOT_TPKT');
    expect(tpktLength(hex('0300'))).toBeUndefined();
    expect(tpktLength(REQUEST.subarray(0, 4))).toBe(44);
  });

  it('throws nothing but its own error', () => {
    fc.assert(
      fc.property(fc.nat(REQUEST.length - 1), fc.nat(255), fc.uint8Array({ maxLength: 60 }), (at, byte, noise) => {
        const changed = Buffer.from(REQUEST);
        changed[at] = byte;
        code(() => parseRdpNegotiation(changed));
        code(() => parseRdpNegotiation(noise));
        code(() => parseRdpNegotiation(Uint8Array.from([3, 0, 0, noise.length + 4, ...noise])));
      }),
    );
  });
});
