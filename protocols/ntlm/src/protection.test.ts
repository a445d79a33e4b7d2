import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flagsOf } from './flags.ts';
import { NtlmProtection } from './protection.ts';

const KEY = Uint8Array.from({ length: 16 }, (_, i) => i);
const BOTH = flagsOf('NTLMSSP_NEGOTIATE_SIGN', 'NTLMSSP_NEGOTIATE_SEAL', 'NTLMSSP_NEGOTIATE_128', 'NTLMSSP_NEGOTIATE_KEY_EXCH');
const ESS = (BOTH | flagsOf('NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY')) >>> 0;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const pair = (flags: number): [NtlmProtection, NtlmProtection] => [
  new NtlmProtection(flags, KEY, 'client'),
  new NtlmProtection(flags, KEY, 'server'),
];
const badMic = expect.objectContaining({ code: 'NTLM_BAD_MIC' });

describe.each([
  ['with extended session security', ESS],
  ['without', BOTH],
])('messages %s', (_, flags) => {
  it('sign the parts around the data, which stay readable', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array({ minLength: 1 }), fc.uint8Array({ minLength: 1 }), (data, before, after) => {
        const [client, server] = pair(flags);
        expect(server.unseal(client.seal(data, { before, after }), { before, after })).toEqual(data);
        const [client2, server2] = pair(flags);
        const changed = after.slice();
        changed[0]! ^= 1;
        expect(() => server2.unseal(client2.seal(data, { before, after }), { before, after: changed })).toThrow(badMic);
      }),
    );
  });

  it('are refused when changed, of the wrong length, out of order, twice, or sent back', () => {
    const broken: ((
      seal: (data: Uint8Array) => { header: Uint8Array; data: Uint8Array },
      server: NtlmProtection,
      client: NtlmProtection,
    ) => void)[] = [
      (seal, server) => {
        const { header, data } = seal(text('abc'));
        data[1]! ^= 0x20;
        server.unseal({ header, data });
      },
      (seal, server) => {
        const { header, data } = seal(text('abc'));
        header[9]! ^= 1;
        server.unseal({ header, data });
      },
      (seal, server) => server.unseal({ ...seal(text('abc')), header: new Uint8Array(15) }),
      (seal, server) => {
        seal(text('first'));
        server.unseal(seal(text('second')));
      },
      (seal, server) => {
        const message = seal(text('abc'));
        server.unseal(message);
        server.unseal(message);
      },
      (seal, _server, client) => client.unseal(seal(text('abc'))),
    ];
    for (const [i, act] of broken.entries()) {
      const [client, server] = pair(flags);
      expect(() => act((data) => client.seal(data) as { header: Uint8Array; data: Uint8Array }, server, client), `case ${i}`).toThrow(
        badMic,
      );
    }
  });

  it('are not opened by another key', () => {
    const other = new NtlmProtection(flags, new Uint8Array(16), 'server');
    expect(() => other.unseal(pair(flags)[0].seal(text('abc')))).toThrow(badMic);
  });
});

describe('after a mechListMIC (MS-SPNG 3.2.5.1)', () => {
  it('the key stream goes back, the sequence number does not', () => {
    const [client, server] = pair(ESS);
    const [plain] = pair(ESS);
    server.verify(text('mechanisms'), client.sign(text('mechanisms')));
    client.rewindCipher('sent');
    server.rewindCipher('received');
    const message = client.seal(text('first'));
    expect(message.data).toEqual(plain.seal(text('first')).data);
    expect(message.header[12]).toBe(1);
    expect(server.unseal(message)).toEqual(text('first'));
  });

  it('and only once: a second call does nothing', () => {
    const [client, server] = pair(ESS);
    client.rewindCipher('sent');
    server.verify(text('x'), client.sign(text('x')));
    client.rewindCipher('sent');
    server.rewindCipher('received');
    server.unseal(client.seal(text('y')));
    client.rewindCipher('sent');
    expect(server.unseal(client.seal(text('z')))).toEqual(text('z'));
  });
});

it('gives and takes no signature without signing agreed: it would protect nothing (3.4.4.3)', () => {
  const nothing = new NtlmProtection(flagsOf('NTLMSSP_NEGOTIATE_ALWAYS_SIGN'), KEY, 'client');
  const constant = Uint8Array.from({ length: 16 }, (_, i) => (i === 0 ? 1 : 0));
  const refused = expect.objectContaining({ code: 'NTLM_NOT_READY' });
  expect(() => nothing.sign(text('a'))).toThrow(refused);
  expect(() => nothing.verify(text('a'), constant)).toThrow(refused);
  expect(() => nothing.signatureLength).toThrow(refused);
  expect(() => nothing.headerLength(1)).toThrow(refused);
  const signing = new NtlmProtection(flagsOf('NTLMSSP_NEGOTIATE_SIGN'), KEY, 'client');
  expect(signing.signatureLength).toBe(16);
  expect(() => signing.headerLength(1)).toThrow(refused);
});
