import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AV_ID,
  flagNames,
  flagsOf,
  flagsPair,
  isNtlmMessage,
  type NtlmAuthenticate,
  type NtlmChallenge,
  NtlmError,
  parseNtlmMessage,
  redactNtlmMessage,
  textPair,
  timestampPair,
  writeAuthenticate,
  writeChallenge,
  writeNegotiate,
} from './messages.ts';

const UNICODE = flagsOf('NTLMSSP_NEGOTIATE_UNICODE');
const VERSIONED = flagsOf('NTLMSSP_NEGOTIATE_UNICODE', 'NTLMSSP_NEGOTIATE_VERSION', 'NTLMSSP_NEGOTIATE_TARGET_INFO');
const VERSION = { major: 10, minor: 0, build: 20348, revision: 15 };
const name = fc.string({ unit: fc.constantFrom(...'abcXYZ019-.$é日'), maxLength: 20 });
const latin = fc.string({ unit: fc.constantFrom(...'abcXYZ019-.$é'), maxLength: 20 });
const blob = fc.uint8Array({ maxLength: 60 });

/** NTLMv2 response: proof, fixed part, pairs. */
function v2Response(...pairs: readonly (readonly [id: number, value: Uint8Array])[]): Uint8Array {
  const list = [...pairs, [0, new Uint8Array()] as const].flatMap(([id, value]) => [id, 0, value.length, 0, ...value]);
  return Uint8Array.from([
    ...new Uint8Array(16).fill(0x77),
    1,
    1,
    ...new Uint8Array(14),
    ...new Uint8Array(8).fill(0xcc),
    0,
    0,
    0,
    0,
    ...list,
    0,
    0,
    0,
    0,
  ]);
}
const authenticate = (bytes: Uint8Array): NtlmAuthenticate => parseNtlmMessage(bytes) as NtlmAuthenticate;
const challengeOf = (bytes: Uint8Array): NtlmChallenge => parseNtlmMessage(bytes) as NtlmChallenge;
const codes = (bytes: Uint8Array): string[] => parseNtlmMessage(bytes).damages.map(({ code }) => code);
const at = (bytes: Uint8Array, offset: number, ...values: number[]): Uint8Array => {
  const copy = bytes.slice();
  copy.set(values, offset);
  return copy;
};

describe('messages come back as written', () => {
  it('NEGOTIATE, names in the OEM character set', () => {
    fc.assert(
      fc.property(latin, latin, fc.boolean(), (domain, workstation, versioned) => {
        const flags = flagsOf(
          'NTLMSSP_NEGOTIATE_UNICODE',
          'NTLMSSP_NEGOTIATE_OEM_DOMAIN_SUPPLIED',
          'NTLMSSP_NEGOTIATE_OEM_WORKSTATION_SUPPLIED',
          ...(versioned ? (['NTLMSSP_NEGOTIATE_VERSION'] as const) : []),
        );
        expect(parseNtlmMessage(writeNegotiate({ flags, domain, workstation, version: VERSION }))).toEqual({
          kind: 'negotiate',
          flags,
          flagNames: flagNames(flags),
          ...(versioned ? { version: VERSION } : {}),
          domain,
          workstation,
          damages: [],
        });
      }),
    );
  });

  it('CHALLENGE, in both character sets, target info always in UTF-16', () => {
    fc.assert(
      fc.property(fc.boolean(), latin, name, fc.bigInt({ min: 0n, max: 2n ** 63n }), (unicode, targetName, dns, clock) => {
        const flags = unicode ? VERSIONED : flagsOf('NTLM_NEGOTIATE_OEM', 'NTLMSSP_NEGOTIATE_TARGET_INFO');
        const serverChallenge = new Uint8Array(8).fill(9);
        const targetInfo = [textPair(AV_ID.MsvAvDnsComputerName, dns), timestampPair(clock), { id: 0x1234, value: Uint8Array.of(1) }];
        const message = challengeOf(writeChallenge({ flags, targetName, serverChallenge, targetInfo, version: VERSION }));
        expect(message).toMatchObject({ kind: 'challenge', targetName, serverChallenge, damages: [] });
        expect(message.version).toEqual(unicode ? VERSION : undefined);
        expect(message.targetInfo).toMatchObject({ dnsComputer: dns, timestamp: clock, pairs: targetInfo });
        expect(message.targetInfo?.netbiosComputer).toBeUndefined();
      }),
    );
  });

  it('AUTHENTICATE, with and without room for a MIC', () => {
    fc.assert(
      fc.property(name, name, name, blob, fc.boolean(), (domain, user, workstation, key, mic) => {
        const message = authenticate(
          writeAuthenticate({
            flags: VERSIONED,
            domain,
            user,
            workstation,
            lmResponse: new Uint8Array(24),
            ntResponse: v2Response(),
            encryptedSessionKey: key,
            version: VERSION,
            ...(mic ? { mic: new Uint8Array(16).fill(3) } : {}),
          }),
        );
        expect(message).toMatchObject({ domain, user, workstation, response: 'v2', version: VERSION, hasMic: false, damages: [] });
        expect(message.encryptedSessionKey).toEqual(key);
        expect(message.micOffset).toBe(mic ? 72 : undefined);
      }),
    );
  });
});

describe('what a response tells', () => {
  const written = (lm: number[], nt: Uint8Array, flags = UNICODE, mic = true): NtlmAuthenticate =>
    authenticate(
      writeAuthenticate({ flags, user: 'u', lmResponse: Uint8Array.from(lm), ntResponse: nt, ...(mic ? { mic: new Uint8Array(16) } : {}) }),
    );
  const ess = UNICODE | flagsOf('NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY');
  const full = Array.from({ length: 24 }, () => 7);
  const padded = Array.from({ length: 24 }, (_, i) => (i < 8 ? 7 : 0));

  it.each([
    ['none', [0], 0, UNICODE],
    ['lm', full, 0, UNICODE],
    ['v1', full, 24, UNICODE],
    ['v1', full, 24, ess],
    ['v1-ess', padded, 24, ess],
  ] as const)('%s', (kind, lm, nt, flags) => {
    expect(written([...lm], new Uint8Array(nt).fill(1), flags).response).toBe(kind);
  });

  it('v2 with its channel binding: absent, zero, present', () => {
    const binding = (fill: number, size = 16) => [AV_ID.MsvAvChannelBindings, new Uint8Array(size).fill(fill)] as const;
    expect(written(full, v2Response()).channelBinding).toBe('absent');
    expect(written(full, v2Response(binding(0))).channelBinding).toBe('zero');
    expect(written(full, v2Response(binding(5))).channelBinding).toBe('present');
    expect(written(full, v2Response(binding(5, 4))).channelBinding).toBe('absent');
  });

  it('a MIC only when MsvAvFlags has bit 2 and the message has room for it', () => {
    const marked = (flags: number) => v2Response([AV_ID.MsvAvFlags, flagsPair(flags).value]);
    expect(written(full, marked(2)).hasMic).toBe(true);
    expect(written(full, marked(1)).hasMic).toBe(false);
    const none = written(full, marked(2), UNICODE, false);
    expect(none).toMatchObject({ hasMic: false, damages: [{ code: 'NTLM_FIELD', what: 'MIC', need: 16, have: 0 }] });
  });

  it('the client challenge and its time', () => {
    expect(written(full, v2Response()).clientChallenge).toMatchObject({ timestamp: 0n, challenge: new Uint8Array(8).fill(0xcc) });
  });
});

describe('short forms of old systems', () => {
  it('a NEGOTIATE of 16 bytes', () => {
    expect(parseNtlmMessage(writeNegotiate({ flags: UNICODE }).subarray(0, 16))).toMatchObject({ flags: 1, domain: '', damages: [] });
  });

  it('a CHALLENGE of 40 bytes, without target info', () => {
    const whole = writeChallenge({ flags: UNICODE, serverChallenge: new Uint8Array(8) });
    expect(parseNtlmMessage(whole.subarray(0, 40))).toMatchObject({ targetName: '', damages: [] });
  });

  it('an AUTHENTICATE whose payload stands where the version would be', () => {
    const moved = Buffer.concat([writeAuthenticate({ flags: VERSIONED }).subarray(0, 64), Buffer.from('u\0', 'latin1')]);
    moved.writeUInt16LE(2, 36);
    moved.writeUInt32LE(64, 40);
    const message = authenticate(moved);
    expect(message).toMatchObject({ user: 'u', damages: [] });
    expect([message.version, message.micOffset]).toEqual([undefined, undefined]);
  });
});

describe('damaged messages', () => {
  const challenge = writeChallenge({
    flags: VERSIONED,
    targetName: 'CORP',
    serverChallenge: new Uint8Array(8).fill(1),
    targetInfo: [textPair(AV_ID.MsvAvNbComputerName, 'HV01'), textPair(AV_ID.MsvAvNbDomainName, 'CORP')],
    version: VERSION,
  });

  it('may end anywhere: what is whole is given, the rest is named', () => {
    expect(codes(challenge)).toEqual([]);
    for (let size = 12; size < challenge.length; size++) expect(codes(challenge.subarray(0, size)), `${size}`).not.toEqual([]);
    expect(challengeOf(challenge.subarray(0, 90))).toMatchObject({
      targetName: 'CORP',
      version: VERSION,
      damages: [{ what: 'TargetInfo' }],
    });
  });

  it('may point outside', () => {
    const message = parseNtlmMessage(at(challenge, 16, 0xff, 0xff, 0xff, 0xff));
    expect(message).toMatchObject({
      targetName: '',
      damages: [{ code: 'NTLM_FIELD', offset: 12, what: 'TargetName', need: 0xffffffff + 8 }],
    });
  });

  it('may have AV pairs that lie: pairs before them hold', () => {
    const cut = challengeOf(at(challenge, 64 + 12 + 2, 0xff));
    expect(cut.targetInfo).toMatchObject({ netbiosComputer: 'HV01' });
    expect(cut.damages).toMatchObject([{ code: 'NTLM_AV_PAIRS', what: 'value of AV pair 2', need: 255, have: 12 }]);
    const endless = writeChallenge({ flags: VERSIONED, serverChallenge: new Uint8Array(8), targetInfo: Array(500).fill(textPair(1, '')) });
    expect(codes(endless)).toEqual(['NTLM_AV_PAIRS']);
    expect(challengeOf(endless).targetInfo?.pairs.length).toBe(100);
  });

  it('may hold half a character, or a response of a size there is none of', () => {
    expect(codes(at(challenge, 12, 7))).toEqual(['NTLM_FIELD']);
    const odd = writeAuthenticate({ flags: UNICODE, ntResponse: new Uint8Array(20) });
    expect(parseNtlmMessage(odd)).toMatchObject({ response: 'none', damages: [{ what: 'NtChallengeResponse', need: 24, have: 20 }] });
    expect(codes(writeAuthenticate({ flags: UNICODE, ntResponse: new Uint8Array(30) }))).toEqual(['NTLM_FIELD']);
  });

  it.each([
    ['nothing', []],
    ['the signature alone', [0x4e, 0x54, 0x4c, 0x4d, 0x53, 0x53, 0x50, 0]],
    ['another protocol', Array(40).fill(0x60)],
    ['type 4', [0x4e, 0x54, 0x4c, 0x4d, 0x53, 0x53, 0x50, 0, 4, 0, 0, 0]],
  ])('are refused when they are none: %s', (_, values) => {
    const bytes = Uint8Array.from(values);
    expect(() => parseNtlmMessage(bytes)).toThrow(expect.objectContaining({ name: 'NtlmError', code: 'NTLM_BAD_MESSAGE' }));
    expect(isNtlmMessage(bytes)).toBe(values.length === 12);
  });

  it('of any bytes are answered or refused with the one error', () => {
    const whole = [
      writeNegotiate({ flags: VERSIONED, version: VERSION }),
      challenge,
      writeAuthenticate({ flags: VERSIONED, user: 'user', ntResponse: v2Response([6, flagsPair(2).value]), mic: new Uint8Array(16) }),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...whole),
        fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 10 }),
        fc.nat(200),
        (message, changes, size) => {
          const bytes = message.slice(0, size);
          for (const [offset, value] of changes) if (offset < bytes.length) bytes[offset] = value;
          try {
            expect(parseNtlmMessage(bytes).damages.length).toBeLessThanOrEqual(32);
          } catch (error) {
            expect(error).toBeInstanceOf(NtlmError);
          }
          expect(redactNtlmMessage(bytes).length).toBe(bytes.length);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('a message to be shown', () => {
  const secret = (byte: number, size: number): Uint8Array => new Uint8Array(size).fill(byte);
  const message = (nt: Uint8Array): Uint8Array =>
    writeAuthenticate({
      flags: VERSIONED,
      domain: 'CORP',
      user: 'alice',
      lmResponse: secret(0x71, 24),
      ntResponse: nt,
      encryptedSessionKey: secret(0x72, 16),
      mic: secret(0x73, 16),
      version: VERSION,
    });

  it('keeps names and AV pairs, and loses responses, key and MIC', () => {
    const shown = redactNtlmMessage(message(v2Response([AV_ID.MsvAvFlags, flagsPair(2).value])));
    for (const byte of [0x71, 0x72, 0x73, 0x77]) expect(shown).not.toContain(byte);
    expect(parseNtlmMessage(shown)).toMatchObject({
      user: 'alice',
      response: 'v2',
      hasMic: true,
      clientChallenge: { targetInfo: { flags: 2 } },
    });
    expect(redactNtlmMessage(message(secret(0x74, 24)))).not.toContain(0x74);
  });

  it('loses everything behind the fixed part when it is damaged', () => {
    const damaged = at(message(v2Response()), 24, 0xff, 0xff);
    expect([...redactNtlmMessage(damaged).subarray(72)].every((byte) => byte === 0)).toBe(true);
  });

  it('is as it was when it is no AUTHENTICATE message', () => {
    const challenge = writeChallenge({ flags: VERSIONED, serverChallenge: secret(8, 8) });
    expect(redactNtlmMessage(challenge)).toEqual(challenge);
  });
});

it('flags go by the names of the specification', () => {
  expect(flagNames(0x82088235)).toEqual([
    'NTLMSSP_NEGOTIATE_UNICODE',
    'NTLMSSP_REQUEST_TARGET',
    'NTLMSSP_NEGOTIATE_SIGN',
    'NTLMSSP_NEGOTIATE_SEAL',
    'NTLMSSP_NEGOTIATE_NTLM',
    'NTLMSSP_NEGOTIATE_ALWAYS_SIGN',
    'NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY',
    'NTLMSSP_NEGOTIATE_VERSION',
    'NTLMSSP_NEGOTIATE_56',
  ]);
  expect(flagsOf(...flagNames(0x82088235))).toBe(0x82088235);
});

it('a name too long for its length field is refused', () => {
  expect(() => writeAuthenticate({ flags: UNICODE, user: 'x'.repeat(40_000) })).toThrow(
    expect.objectContaining({ code: 'NTLM_CREDENTIAL' }),
  );
});
