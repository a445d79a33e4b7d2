import { writeTsRequest } from '@winmedic/credssp/messages';
import { describe, expect, it } from 'vitest';
import { CREDSSP } from './credssp.ts';
import { LDAP } from './ldap.ts';
import { bytesOf, converse, random, type Said } from './test-stream.ts';

const ntlm = Uint8Array.of(...bytesOf('NTLMSSP\0'), 1, 0, 0, 0, ...new Uint8Array(20));
const asked = writeTsRequest({ version: 6, negoTokens: [ntlm] });
const refused = writeTsRequest({ version: 6, negoTokens: [], errorCode: 0xc000006d });

describe('CredSSP', () => {
  it('is known by its version, and is no LDAP', () => {
    const ports = { client: 1, server: 2 };
    expect(CREDSSP.recognise('client', asked, ports)).toBe('yes');
    expect(CREDSSP.recognise('client', asked.subarray(0, 4), ports)).toBe('more');
    expect(LDAP.recognise('client', asked, ports)).toBe('no');
    expect(CREDSSP.recognise('client', bytesOf('0\x0c\x02\x01\x01'), ports)).toBe('no');
  });

  it('tells tokens and the error', () => {
    expect(
      converse(CREDSSP, [
        ['client', asked],
        ['server', refused],
      ]).messages,
    ).toMatchObject([
      { kind: 'ts-request', version: 6, tokens: [{ kind: 'ntlm', ntlm: { kind: 'negotiate' } }], from: 'client' },
      { version: 6, tokens: [], errorCode: 0xc000006d, from: 'server' },
    ]);
  });

  it('tells the version alone of a request that cannot be read or is cut', () => {
    const broken = asked.slice();
    broken[7] = 0x04;
    expect(converse(CREDSSP, [['client', broken]]).messages).toMatchObject([
      { version: 6, tokens: [], damages: [{ code: 'CAPTURE_CREDSSP_REQUEST' }] },
    ]);
    expect(converse(CREDSSP, [['client', asked.subarray(0, 20)]]).messages).toMatchObject([{ version: 6, partial: true }]);
  });

  it('tells the same however the bytes come, and survives anything', () => {
    const said: Said[] = [
      ['client', asked],
      ['server', refused],
      ['client', asked],
    ];
    const whole = converse(CREDSSP, said).messages;
    const next = random(8);
    for (let run = 0; run < 60; run++) {
      expect(converse(CREDSSP, said, { piece: () => 1 + Math.floor(next() * 20) }).messages).toEqual(whole);
      const broken = said.map(([side, what]): Said => {
        const changed = (what as Uint8Array).slice();
        changed[Math.floor(next() * changed.length)] = Math.floor(next() * 256);
        return [side, changed];
      });
      expect(() => converse(CREDSSP, broken)).not.toThrow();
    }
  });
});
