import { writeNegotiate } from '@winmedic/ntlm/messages';
import { MECHANISM_OID, writeSpnegoToken } from '@winmedic/spnego/messages';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readToken } from './token.ts';

const ntlm = writeNegotiate({ flags: 0xe2088237 });

describe('tokens', () => {
  it('are taken apart through SPNEGO', () => {
    const init = writeSpnegoToken({ kind: 'init', mechTypes: [MECHANISM_OID.kerberos, MECHANISM_OID.ntlm], mechToken: ntlm });
    expect(readToken(init)).toMatchObject({ kind: 'spnego', spnego: { kind: 'init' }, ntlm: { kind: 'negotiate' } });
    const empty = readToken(writeSpnegoToken({ kind: 'response', negState: 'reject' }));
    expect(empty).toMatchObject({ kind: 'spnego', spnego: { kind: 'response', negState: 'reject' } });
    expect(empty).not.toHaveProperty('ntlm');
    expect(empty).not.toHaveProperty('error');
  });

  it('with a mechanism inside that cannot be read keep what was read', () => {
    const broken = writeSpnegoToken({ kind: 'response', responseToken: ntlm.slice(0, 13).fill(9, 8, 12) });
    expect(readToken(broken)).toMatchObject({ kind: 'spnego', spnego: { kind: 'response' }, error: 'NTLM_BAD_MESSAGE' });
  });

  it('are copied', () => {
    const bytes = ntlm.slice();
    const token = readToken(bytes);
    bytes.fill(0);
    expect(token.raw).toEqual(ntlm);
  });

  it('never give an error, whatever they are', () => {
    const starts = fc.constantFrom<readonly number[]>(
      [...ntlm.subarray(0, 8)],
      [0x60, 40, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2],
      [0xa1, 20, 0x30, 18],
      [],
    );
    fc.assert(
      fc.property(starts, fc.uint8Array({ maxLength: 120 }), (start, rest) => {
        const token = readToken(Uint8Array.of(...start, ...rest));
        expect(['spnego', 'ntlm', 'kerberos', 'unknown']).toContain(token.kind);
      }),
      { numRuns: 1000 },
    );
  });
});
