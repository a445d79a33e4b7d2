import { Secret } from '@winmedic/gss';
import { describe, expect, it } from 'vitest';
import { AV_ID, textPair } from './av-pairs.ts';
import { lmHash, ntHash, ntOwfV2 } from './hashes.ts';
import { parseNtlmMessage, writeAuthenticate, writeChallenge } from './messages.ts';
import { NtlmProtection } from './protection.ts';
import { computeV1, computeV2 } from './responses.ts';
import { kxKey, rc4Once, sealKey, signKey } from './session-keys.ts';

/** The examples of MS-NLMP section 4.2, numbers as there. */
const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const password = new Secret('Password');
const serverChallenge = bytes('0123456789abcdef');
const clientChallenge = new Uint8Array(8).fill(0xaa);
const randomSessionKey = new Uint8Array(16).fill(0x55);
const plaintext = bytes('50006c00610069006e007400650078007400');
const NT_HASH = 'a4f49c406510bdcab6824ee7c30fd852';
const VERSION = { major: 5, minor: 1, build: 2600, revision: 15 };
const SERVER_VERSION = { major: 6, minor: 0, build: 6000, revision: 15 };
const NAMES = { domain: 'Domain', user: 'User', workstation: 'COMPUTER' };

describe('4.2.2 NTLMv1', () => {
  const flags = 0xe2028233;
  const lm = lmHash(password) as Uint8Array;
  const responses = computeV1({ flags, ntHash: ntHash(password), lmHash: lm, serverChallenge, clientChallenge });
  const key = (extra: number): Uint8Array =>
    kxKey({
      flags: flags | extra,
      version: 'v1',
      sessionBaseKey: responses.sessionBaseKey,
      lmResponse: responses.lm,
      lmHash: lm,
      serverChallenge,
    }) as Uint8Array;

  it('hashes and responses', () => {
    expect(hex(lm)).toBe('e52cac67419a9a224a3b108f3fa6cb6d');
    expect(hex(ntHash(password))).toBe(NT_HASH);
    expect(hex(responses.sessionBaseKey)).toBe('d87262b0cde4b1cb7499becccdf10784');
    expect(hex(responses.nt)).toBe('67c43011f30298a2ad35ece64f16331c44bdbed927841f94');
    expect(hex(responses.lm)).toBe('98def7b87f88aa5dafe2df779688a172def11c7d5ccdef13');
  });

  it('key exchange key in its three forms, seen through the encrypted session key', () => {
    expect(hex(rc4Once(key(0), randomSessionKey))).toBe('518822b1b3f350c8958682ecbb3e3cb7');
    expect(hex(rc4Once(key(0x400000), randomSessionKey))).toBe('7452ca55c225a1ca04b48fae32cf56fc');
    expect(hex(key(0x80))).toBe('b09e379f7fbecb1eaf0afdcb0383c8a0');
    expect(hex(rc4Once(key(0x80), randomSessionKey))).toBe('4cd7bb57d697ef9b549f02b8f9b37864');
  });

  it('messages', () => {
    const challenge = writeChallenge({ flags, targetName: 'Server', serverChallenge, version: SERVER_VERSION });
    // The example leaves the offset of the absent target info at zero.
    challenge.fill(0, 44, 48);
    expect(hex(challenge)).toBe(
      '4e544c4d53535000020000000c000c0038000000338202e20123456789abcdef00000000000000000000000000000000060070170000000f530065007200760065007200',
    );
    const authenticate = writeAuthenticate({
      flags: 0xe2808235,
      ...NAMES,
      lmResponse: responses.lm,
      ntResponse: responses.nt,
      encryptedSessionKey: rc4Once(key(0), randomSessionKey),
      version: VERSION,
    });
    expect(hex(authenticate)).toBe(
      '4e544c4d5353500003000000180018006c00000018001800840000000c000c00480000000800080054000000100010005c000000100010009c000000358280e20501280a0000000f44006f006d00610069006e00550073006500720043004f004d005000550054004500520098def7b87f88aa5dafe2df779688a172def11c7d5ccdef1367c43011f30298a2ad35ece64f16331c44bdbed927841f94518822b1b3f350c8958682ecbb3e3cb7',
    );
  });

  it('a sealed message; RandomPad (bytes 4 to 7) is sent as zero as 3.4.4.1 says, where the example still has it', () => {
    const { header, data } = new NtlmProtection(flags, randomSessionKey, 'client').seal(plaintext);
    expect(hex(data)).toBe('56fe04d861f9319af0d7238a2e3b4d457fb8');
    expect(hex(header)).toBe('010000000000000009dcd1df2e459d36');
    const received = { header: bytes('0100000045c844e509dcd1df2e459d36'), data };
    expect(new NtlmProtection(flags, randomSessionKey, 'server').unseal(received)).toEqual(plaintext);
  });
});

describe('4.2.3 NTLMv1 with client challenge', () => {
  const flags = 0x820a8233;
  const responses = computeV1({ flags, ntHash: ntHash(password), serverChallenge, clientChallenge });
  const key = kxKey({
    flags,
    version: 'v1',
    sessionBaseKey: responses.sessionBaseKey,
    lmResponse: responses.lm,
    lmHash: undefined,
    serverChallenge,
  }) as Uint8Array;

  it('responses and keys', () => {
    expect(hex(responses.sessionBaseKey)).toBe('d87262b0cde4b1cb7499becccdf10784');
    expect(hex(responses.lm)).toBe('aaaaaaaaaaaaaaaa00000000000000000000000000000000');
    expect(hex(responses.nt)).toBe('7537f803ae367128ca458204bde7caf81e97ed2683267232');
    expect(hex(key)).toBe('eb93429a8bd952f8b89c55b87f475edc');
    expect(hex(sealKey(flags, key, 'client'))).toBe('04dd7f014d8504d265a25cc86a3a7c06');
    expect(hex(signKey(flags, key, 'client'))).toBe('60e799be5c72fc92922ae8ebe961fb8d');
  });

  it('messages', () => {
    const challenge = writeChallenge({ flags, targetName: 'Server', serverChallenge, version: SERVER_VERSION });
    challenge.fill(0, 44, 48);
    expect(hex(challenge)).toBe(
      '4e544c4d53535000020000000c000c003800000033820a820123456789abcdef00000000000000000000000000000000060070170000000f530065007200760065007200',
    );
    const authenticate = writeAuthenticate({
      flags: 0x82088235,
      ...NAMES,
      lmResponse: responses.lm,
      ntResponse: responses.nt,
      version: VERSION,
    });
    expect(hex(authenticate)).toBe(
      '4e544c4d5353500003000000180018006c00000018001800840000000c000c00480000000800080054000000100010005c000000000000009c000000358208820501280a0000000f44006f006d00610069006e00550073006500720043004f004d0050005500540045005200aaaaaaaaaaaaaaaa000000000000000000000000000000007537f803ae367128ca458204bde7caf81e97ed2683267232',
    );
    expect(parseNtlmMessage(authenticate)).toMatchObject({ response: 'v1-ess', hasMic: false, channelBinding: 'absent', damages: [] });
  });

  it('a sealed message: without key exchange the checksum is not encrypted', () => {
    const { header, data } = new NtlmProtection(flags, key, 'client').seal(plaintext);
    expect(hex(data)).toBe('a02372f6530273f3aa1eb90190ce5200c99d');
    expect(hex(header)).toBe('01000000ff2aeb52f681793a00000000');
  });
});

describe('4.2.4 NTLMv2', () => {
  const flags = 0xe28a8233;
  const targetInfo = [textPair(AV_ID.MsvAvNbDomainName, 'Domain'), textPair(AV_ID.MsvAvNbComputerName, 'Server')];
  const responseKey = ntOwfV2(ntHash(password), 'User', 'Domain');
  const responses = computeV2({ responseKey, serverChallenge, clientChallenge, time: 0n, targetInfo });
  const temp =
    '01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000';
  const proof = '68cd0ab851e51c96aabc927bebef6a1c';

  it('hashes, responses and keys', () => {
    expect(hex(responseKey)).toBe('0c868a403bfd7a93a3001ef22ef02e3f');
    expect(hex(responses.nt)).toBe(proof + temp);
    expect(hex(responses.lm)).toBe('86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa');
    expect(hex(responses.sessionBaseKey)).toBe('8de40ccadbc14a82f15cb0ad0de95ca3');
    expect(hex(rc4Once(responses.sessionBaseKey, randomSessionKey))).toBe('c5dad2544fc9799094ce1ce90bc9d03e');
    expect(hex(sealKey(flags, randomSessionKey, 'client'))).toBe('59f600973cc4960a25480a7c196e4c58');
    expect(hex(signKey(flags, randomSessionKey, 'client'))).toBe('4788dc861b4782f35d43fd98fe1a2d39');
  });

  it('messages', () => {
    const challenge = writeChallenge({ flags, targetName: 'Server', serverChallenge, targetInfo, version: SERVER_VERSION });
    expect(hex(challenge)).toBe(
      '4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef00000000000000002400240044000000060070170000000f53006500720076006500720002000c0044006f006d00610069006e0001000c0053006500720076006500720000000000',
    );
    const authenticate = writeAuthenticate({
      flags: 0xe2888235,
      ...NAMES,
      lmResponse: responses.lm,
      ntResponse: responses.nt,
      encryptedSessionKey: rc4Once(responses.sessionBaseKey, randomSessionKey),
      version: VERSION,
    });
    expect(hex(authenticate)).toBe(
      `4e544c4d5353500003000000180018006c00000054005400840000000c000c00480000000800080054000000100010005c00000010001000d8000000358288e20501280a0000000f44006f006d00610069006e00550073006500720043004f004d005000550054004500520086c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa${proof}${temp}c5dad2544fc9799094ce1ce90bc9d03e`,
    );
  });

  it('a sealed message', () => {
    const { header, data } = new NtlmProtection(flags, randomSessionKey, 'client').seal(plaintext);
    expect(hex(data)).toBe('54e50165bf1936dc996020c1811b0f06fb5f');
    expect(hex(header)).toBe('010000007fb38ec5c55d497600000000');
  });
});

describe('names and hashes beyond the examples', () => {
  it('user names count without case, letter by letter as Windows does; domain names as sent', () => {
    const hash = ntHash(password);
    expect(ntOwfV2(hash, 'straße', 'D')).toEqual(ntOwfV2(hash, 'STRAßE', 'D'));
    expect(ntOwfV2(hash, 'STRASSE', 'D')).not.toEqual(ntOwfV2(hash, 'straße', 'D'));
    expect(ntOwfV2(hash, 'a', 'd')).not.toEqual(ntOwfV2(hash, 'a', 'D'));
  });

  it('there is no LM hash of more than 14 characters or of characters beyond ASCII', () => {
    expect(lmHash(new Secret('123456789012345'))).toBeUndefined();
    expect(lmHash(new Secret('pässword'))).toBeUndefined();
    expect(lmHash(new Secret('password'))).toEqual(lmHash(new Secret('PASSWORD')));
  });

  it('keys of 40 and 56 bits without extended session security (3.4.5.3)', () => {
    const key = bytes('000102030405060708090a0b0c0d0e0f');
    expect(hex(sealKey(0x80, key, 'client'))).toBe('0001020304e538b0');
    expect(hex(sealKey(0x80000080, key, 'server'))).toBe('00010203040506a0');
    expect(sealKey(0x80000000, key, 'client')).toEqual(key);
  });
});
