import { Secret } from '@winmedic/gss';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CredsspError,
  parseTsCredentials,
  parseTsRequest,
  type TsCredentials,
  type TsRequest,
  writeTsCredentials,
  writeTsRequest,
} from './messages.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const code = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    if (error instanceof CredsspError) return error.code;
    throw error;
  }
  return 'none';
};

describe('TSRequest', () => {
  it('reads and writes byte by byte', () => {
    const bytes = hex('30 1d a0 03 020106 a1 09 3007 3005 a0 03 040141 a3 04 0402 0102 a5 05 0403 010203');
    bytes[1] = bytes.length - 2;
    const request = parseTsRequest(bytes);
    expect(request).toEqual({ version: 6, negoTokens: [hex('41')], pubKeyAuth: hex('0102'), clientNonce: hex('010203') });
    expect(writeTsRequest(request)).toEqual(bytes);
  });

  it('takes a status as signed and as unsigned number', () => {
    expect(parseTsRequest(hex('300d a003020106 a4060204c000006d')).errorCode).toBe(0xc000006d);
    expect(parseTsRequest(hex('300e a003020106 a407020500c000006d')).errorCode).toBe(0xc000006d);
    expect(writeTsRequest({ version: 6, negoTokens: [], errorCode: 0xc000006d })).toEqual(hex('300d a003020106 a4060204c000006d'));
  });

  it('keeps what it writes', () => {
    const octets = fc.uint8Array({ maxLength: 200 });
    const request = fc.record(
      {
        version: fc.integer({ min: 2, max: 6 }),
        negoTokens: fc.array(octets, { maxLength: 3 }),
        authInfo: octets,
        pubKeyAuth: octets,
        errorCode: fc.nat(0xffff_ffff),
        clientNonce: octets,
      },
      { requiredKeys: ['version', 'negoTokens'] },
    );
    fc.assert(
      fc.property(request, (value) => {
        expect(parseTsRequest(writeTsRequest(value as TsRequest))).toEqual(value);
      }),
    );
  });

  it('refuses what is none, and too much', () => {
    for (const bytes of [
      '',
      '30 00',
      '31 05 a003020106',
      '30 0a a003020106 a003020106',
      '30 05 a103020106',
      '30 0b a003020106 a104 3002 3000',
    ])
      expect(
        code(() => parseTsRequest(hex(bytes))),
        bytes,
      ).toBe('CREDSSP_MESSAGE');
    expect(code(() => parseTsRequest(writeTsRequest({ version: 6, negoTokens: Array(17).fill(hex('41')) })))).toBe('CREDSSP_LIMIT');
    expect(code(() => parseTsRequest(new Uint8Array((1 << 20) + 1)))).toBe('CREDSSP_LIMIT');
  });

  it('throws nothing but its own error', () => {
    const whole = writeTsRequest({ version: 6, negoTokens: [hex('41')], authInfo: hex('42'), errorCode: 1, clientNonce: hex('43') });
    for (let size = 0; size < whole.length; size++) expect(code(() => parseTsRequest(whole.subarray(0, size)))).toBe('CREDSSP_MESSAGE');
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.uint8Array({ maxLength: 40 }), (at, byte, noise) => {
        const changed = whole.slice();
        changed[at] = byte;
        code(() => parseTsRequest(changed));
        code(() => parseTsCredentials(changed));
        code(() => parseTsRequest(noise));
      }),
    );
  });
});

describe('TSCredentials', () => {
  const PASSWORD = 'Geheim-Pässw0rd 秘密';

  it('of a password shows names, and of the password its length alone', () => {
    const credential = { user: '田中', domain: 'CORP', password: new Secret(PASSWORD) };
    const view = parseTsCredentials(writeTsCredentials({ type: 'password', credential }));
    expect(view).toEqual({ type: 'password', user: '田中', domain: 'CORP', passwordBytes: PASSWORD.length * 2 });
    expect(JSON.stringify(view)).not.toContain('Geheim');
  });

  it('of a smart card keeps what names card and reader', () => {
    const names = {
      keySpec: 1,
      readerName: 'OMNIKEY CardMan 3x21 0',
      cspName: 'Microsoft Base Smart Card Crypto Provider',
      userHint: 'alice',
    };
    const card: TsCredentials = { type: 'smart-card', pin: new Secret('1234'), ...names };
    expect(parseTsCredentials(writeTsCredentials(card))).toEqual({ type: 'smart-card', pinBytes: 8, ...names });
  });

  it('of Remote Credential Guard keeps the packages', () => {
    const guard: TsCredentials = {
      type: 'remote-guard',
      logon: { packageName: 'Kerberos', credential: hex('010203') },
      supplemental: [{ packageName: 'NTLM', credential: hex('') }],
    };
    expect(parseTsCredentials(writeTsCredentials(guard))).toEqual({
      type: 'remote-guard',
      logon: { packageName: 'Kerberos', credentialBytes: 3 },
      supplemental: [{ packageName: 'NTLM', credentialBytes: 0 }],
    });
  });

  it('refuses another type, a missing part, and more packages than there are', () => {
    expect(code(() => parseTsCredentials(hex('300b a003020103 a104 0402 3000')))).toBe('CREDSSP_MESSAGE');
    expect(code(() => parseTsCredentials(hex('300b a003020101 a104 0402 3000')))).toBe('CREDSSP_MESSAGE');
    const logon = { packageName: 'x', credential: hex('') };
    const many = writeTsCredentials({ type: 'remote-guard', logon, supplemental: Array(65).fill(logon) });
    expect(code(() => parseTsCredentials(many))).toBe('CREDSSP_LIMIT');
  });
});
