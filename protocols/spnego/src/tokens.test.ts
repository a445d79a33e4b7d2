import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MECHANISM_OID,
  mechanismName,
  type NegTokenInit,
  type NegTokenResp,
  parseSpnegoToken,
  recogniseToken,
  SpnegoError,
  sameMechanism,
  writeMechTypes,
  writeSpnegoToken,
} from './messages.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const code = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    if (error instanceof SpnegoError) return error.code;
    throw error;
  }
  return 'none';
};

/** NegTokenInit with NTLM alone and the token `A`, by hand after RFC 4178 section 4.2.1. */
const INIT = hex('60 21 06 06 2b0601050502 a0 17 30 15 a0 0e 30 0c 06 0a 2b06010401823702020a a2 03 04 01 41');

describe('tokens of SPNEGO', () => {
  it('reads and writes NegTokenInit byte by byte', () => {
    const token = parseSpnegoToken(INIT);
    expect(token).toEqual({
      kind: 'init',
      mechTypes: [MECHANISM_OID.ntlm],
      mechTypesDer: writeMechTypes([MECHANISM_OID.ntlm]),
      mechToken: Uint8Array.of(0x41),
    });
    expect(writeSpnegoToken(token)).toEqual(INIT);
  });

  it('reads and writes NegTokenResp byte by byte', () => {
    const bytes = hex('a1 19 30 17 a0 03 0a01 01 a1 0c 06 0a 2b06010401823702020a a2 02 04 00');
    const token = parseSpnegoToken(bytes);
    expect(token).toEqual({
      kind: 'response',
      negState: 'accept-incomplete',
      supportedMech: MECHANISM_OID.ntlm,
      responseToken: new Uint8Array(),
    });
    expect(writeSpnegoToken(token)).toEqual(bytes);
  });

  it('tells the hints of NegTokenInit2 from a mechListMIC in the same place', () => {
    const hinted: NegTokenInit = {
      kind: 'init',
      mechTypes: [MECHANISM_OID.kerberos],
      negHints: { hintName: 'hint' },
      mechListMIC: hex('0102'),
    };
    const plain: NegTokenInit = { kind: 'init', mechTypes: [MECHANISM_OID.kerberos], mechListMIC: hex('0102') };
    expect(parseSpnegoToken(writeSpnegoToken(hinted))).toMatchObject(hinted);
    expect(parseSpnegoToken(writeSpnegoToken(plain))).toMatchObject(plain);
    expect(parseSpnegoToken(writeSpnegoToken(plain))).not.toHaveProperty('negHints');
  });

  it('keeps what it writes, whatever it is', () => {
    const octets = fc.uint8Array({ maxLength: 300 });
    const init = fc.record(
      {
        kind: fc.constant('init' as const),
        mechTypes: fc.array(fc.constantFrom(...Object.values(MECHANISM_OID)), { minLength: 1, maxLength: 8 }),
        mechToken: octets,
        negHints: fc.record({ hintName: fc.string({ unit: 'binary-ascii' }), hintAddress: octets }, { requiredKeys: [] }),
        mechListMIC: octets,
      },
      { requiredKeys: ['kind', 'mechTypes'] },
    );
    const response = fc.record(
      {
        kind: fc.constant('response' as const),
        negState: fc.constantFrom('accept-completed', 'accept-incomplete', 'reject', 'request-mic'),
        supportedMech: fc.constantFrom(...Object.values(MECHANISM_OID)),
        responseToken: octets,
        mechListMIC: octets,
      },
      { requiredKeys: ['kind'] },
    );
    fc.assert(
      fc.property(fc.oneof(init, response), (token) => {
        const bytes = writeSpnegoToken(token as NegTokenInit | NegTokenResp);
        const { mechTypesDer, ...read } = parseSpnegoToken(bytes) as NegTokenInit;
        expect(read).toEqual(token);
        if (mechTypesDer) expect(mechTypesDer).toEqual(writeMechTypes(read.mechTypes));
      }),
    );
  });

  it('takes a token without the frame of GSS-API', () => {
    expect(parseSpnegoToken(INIT.subarray(10))).toMatchObject({ kind: 'init', mechTypes: [MECHANISM_OID.ntlm] });
  });

  it.each([
    ['nothing', ''],
    ['another frame', '60 0b 06 09 2a864886f712010202'],
    ['a frame without a token', '60 08 06 06 2b0601050502'],
    ['a state that is not defined', 'a1 07 30 05 a0 03 0a 01 04'],
    ['a field twice', 'a1 0c 30 0a a0 03 0a 01 00 a0 03 0a 01 00'],
    ['another type in a field', 'a1 07 30 05 a2 03 02 01 00'],
    ['neither choice', 'a2 02 30 00'],
  ])('refuses %s', (_, bytes) => {
    expect(code(() => parseSpnegoToken(hex(bytes)))).toBe('SPNEGO_TOKEN');
  });

  it('refuses more mechanisms and more bytes than a login has', () => {
    expect(code(() => parseSpnegoToken(writeSpnegoToken({ kind: 'init', mechTypes: Array(65).fill(MECHANISM_OID.ntlm) })))).toBe(
      'SPNEGO_LIMIT',
    );
    expect(code(() => parseSpnegoToken(new Uint8Array((1 << 20) + 1)))).toBe('SPNEGO_LIMIT');
  });

  it('throws nothing but its own error, for anything cut or changed', () => {
    const whole = writeSpnegoToken({
      kind: 'init',
      mechTypes: Object.values(MECHANISM_OID),
      mechToken: INIT,
      negHints: { hintName: 'x' },
      mechListMIC: INIT,
    });
    for (let size = 0; size < whole.length; size++) expect(code(() => parseSpnegoToken(whole.subarray(0, size)))).toBe('SPNEGO_TOKEN');
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.uint8Array({ maxLength: 64 }), (at, byte, noise) => {
        const changed = whole.slice();
        changed[at] = byte;
        code(() => parseSpnegoToken(changed));
        code(() => parseSpnegoToken(noise));
        recogniseToken(noise);
      }),
    );
  });
});

describe('recognising tokens', () => {
  it('tells SPNEGO, bare NTLM and bare Kerberos by their first bytes', () => {
    expect(recogniseToken(INIT)).toBe('spnego');
    expect(recogniseToken(hex('a1 02 30 00'))).toBe('spnego');
    expect(recogniseToken(Buffer.from('NTLMSSP\0\x01\0\0\0'))).toBe('ntlm');
    expect(recogniseToken(hex('60 0d 06 09 2a864886f712010202 01 00'))).toBe('kerberos');
    expect(recogniseToken(hex('60 0d 06 09 2a864882f712010202 01 00'))).toBe('kerberos');
  });

  it('says unknown for the rest', () => {
    for (const bytes of ['', '60', '60 03 06 01 2a', '60 02 30 00', '16 03 03 00 00', '4e 54 4c 4d 53 53 50'])
      expect(recogniseToken(hex(bytes))).toBe('unknown');
  });
});

describe('mechanisms', () => {
  it('have names, and the two identifiers of Kerberos are one', () => {
    expect(mechanismName(MECHANISM_OID.negoEx)).toBe('NegoEx');
    expect(mechanismName('1.2.3')).toBe('1.2.3');
    expect(sameMechanism(MECHANISM_OID.kerberosMicrosoft, MECHANISM_OID.kerberos)).toBe(true);
    expect(sameMechanism(MECHANISM_OID.ntlm, MECHANISM_OID.kerberos)).toBe(false);
  });
});
