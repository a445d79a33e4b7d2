import { Buffer } from 'node:buffer';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { encryptionType } from './crypto/encryption-type.ts';
import { readPerMessageToken } from './messages.ts';
import { type ContextKeys, messageProtection } from './protection.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const raw = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const ETYPES = [17, 18, 19, 20, 23];

/** Both ends of one context. */
function pair(etype: number, more: Partial<ContextKeys> = {}) {
  let counter = 0;
  const common = {
    etype,
    key: Uint8Array.from({ length: encryptionType(etype).keyLength }, (_, i) => i * 3 + 1),
    acceptorSubkey: true,
    dceStyle: false,
    random: (length: number) => Uint8Array.from({ length }, () => counter++),
    ...more,
  };
  return {
    initiator: messageProtection({ ...common, role: 'initiator', sendSequence: 0xffff_ffff, receiveSequence: 7 }),
    acceptor: messageProtection({ ...common, role: 'acceptor', sendSequence: 7, receiveSequence: 0xffff_ffff }),
  };
}

describe('wrap tokens of RC4', () => {
  it('are those of MS-KILE 4.5', () => {
    const protection = messageProtection({
      role: 'initiator',
      etype: 23,
      key: raw('81a2cb90af7fc2d19554a150d8185359'),
      acceptorSubkey: false,
      sendSequence: 0x60cbacd3,
      receiveSequence: 0,
      dceStyle: false,
      random: () => raw('5256f3fb630cf12a'),
    });
    const sealed = protection.seal(raw('112233445566778899aabbccddeeff'));
    expect(hex(sealed.data)).toBe('8ed63f0ac83815335b72e293bae1f660');
    expect(hex(sealed.header)).toBe('603b06092a864886f71201020202011100' + '1000ffffe29e8bbc6348e740ebaa619244a156a13b5cf65e3c21b9aa');
  });
});

describe.each(ETYPES)('messages of encryption type %i', (etype) => {
  it('come back as they were, in both directions, from empty to beyond two length bytes', () => {
    const { initiator, acceptor } = pair(etype);
    for (const length of [0, 1, 15, 16, 17, 100, 127, 300, 70_000]) {
      const data = Uint8Array.from({ length }, (_, i) => i);
      const there = initiator.seal(data);
      expect(there.header).toHaveLength(initiator.headerLength(length));
      expect(acceptor.unseal(there)).toEqual(data);
      expect(initiator.unseal(acceptor.seal(data))).toEqual(data);
    }
  });

  it('do not show their key', () => {
    const { initiator } = pair(etype);
    initiator.seal(text('x'));
    const first = [...initiator.sessionKey.subarray(0, 8)];
    const shown = [inspect(initiator, { depth: 9, showHidden: true, maxArrayLength: null }), JSON.stringify({ ...initiator, initiator })];
    for (const text of shown)
      for (const form of [first.join(', '), first.join(','), Buffer.from(first).toString('hex')]) expect(text).not.toContain(form);
  });

  it('are read however header and data are cut', () => {
    const { initiator, acceptor } = pair(etype);
    const { header, data } = initiator.seal(text('cut anywhere'));
    const token = Uint8Array.from([...header, ...data]);
    expect(hex(acceptor.unseal({ header: token.subarray(0, 1), data: token.subarray(1) }))).toBe(hex(text('cut anywhere')));
  });

  it('with a changed bit anywhere are refused, and so is a message sent back to its sender', () => {
    const { initiator } = pair(etype);
    const { header, data } = initiator.seal(text('payload'));
    const token = Uint8Array.from([...header, ...data]);
    for (let i = 0; i < token.length; i++) {
      const { acceptor } = pair(etype);
      const changed = token.map((byte, at) => (at === i ? byte ^ 4 : byte));
      const cut = { header: changed.subarray(0, header.length), data: changed.subarray(header.length) };
      // A rotation of another size is undone as it is told: it then gives other bytes, or by chance the same ones.
      expect(() => acceptor.unseal(cut), `byte ${i}`).toThrow(expect.objectContaining({ name: 'KerberosError' }));
    }
    expect(() => initiator.unseal({ header, data })).toThrow(expect.objectContaining({ code: 'KERBEROS_BAD_MIC' }));
  });

  it('twice or out of order are refused', () => {
    const { initiator, acceptor } = pair(etype);
    const first = initiator.seal(text('one'));
    const second = initiator.seal(text('two'));
    expect(() => acceptor.unseal(second)).toThrow(expect.objectContaining({ code: 'KERBEROS_SEQUENCE' }));
    acceptor.unseal(first);
    expect(() => acceptor.unseal(first)).toThrow(expect.objectContaining({ code: 'KERBEROS_SEQUENCE' }));
    expect(hex(acceptor.unseal(second))).toBe(hex(text('two')));
  });

  it('are signed, and other data or a cut signature is refused', () => {
    const { initiator, acceptor } = pair(etype);
    const signature = initiator.sign(text('list'));
    expect(signature).toHaveLength(initiator.signatureLength as number);
    expect(() => pair(etype).acceptor.verify(text('lisT'), signature)).toThrow(expect.objectContaining({ code: 'KERBEROS_BAD_MIC' }));
    for (let length = 0; length < signature.length; length++)
      expect(() => pair(etype).acceptor.verify(text('list'), signature.subarray(0, length))).toThrow(
        expect.objectContaining({ name: 'KerberosError' }),
      );
    acceptor.verify(text('list'), signature);
    initiator.verify(text('answer'), acceptor.sign(text('answer')));
  });

  it('are described without the key', () => {
    const { initiator, acceptor } = pair(etype);
    const { header, data } = acceptor.seal(text('seen'));
    const token = readPerMessageToken(Uint8Array.from([...header, ...data]));
    expect(token).toMatchObject({ kind: 'wrap', format: etype === 23 ? 'v1' : 'cfx', sealed: true, headerLength: header.length });
    expect(readPerMessageToken(initiator.sign(text('seen')))).toMatchObject({ kind: 'mic', sealed: false });
  });
});

describe('the header of WinRM with AES', () => {
  it('has 60 bytes, no filler and is turned by 28, as Windows and MIT send it', () => {
    const { initiator, acceptor } = pair(18);
    const there = initiator.seal(text('soap')).header;
    const back = acceptor.seal(text('soap')).header;
    expect([there.length, hex(there.subarray(0, 8)), back.length, hex(back.subarray(0, 8))]).toEqual([
      60,
      '050406ff0000001c',
      60,
      '050407ff0000001c',
    ]);
  });
});

describe('parts signed around the data (DCE RPC)', () => {
  const cover = { before: text('rpc header'), after: text('trailer') };

  it.each([17, 18, 23])('are covered with encryption type %i', (etype) => {
    const make = () => pair(etype, { dceStyle: true });
    const { initiator, acceptor } = make();
    const sealed = initiator.seal(text('stub data'), cover);
    expect(sealed.data).toHaveLength(9);
    expect(sealed.header).toHaveLength(initiator.headerLength(9));
    const refuse = expect.objectContaining({ code: 'KERBEROS_BAD_MIC' });
    expect(() => make().acceptor.unseal(sealed)).toThrow(refuse);
    expect(() => make().acceptor.unseal(sealed, { ...cover, after: text('trailes') })).toThrow(refuse);
    expect(hex(acceptor.unseal(sealed, cover))).toBe(hex(text('stub data')));
  });

  it.each([19, 20])('are refused with encryption type %i, for which nothing defines them', (etype) => {
    expect(() => pair(etype, { dceStyle: true }).initiator.seal(text('stub'), cover)).toThrow(
      expect.objectContaining({ code: 'KERBEROS_COVER' }),
    );
  });
});
