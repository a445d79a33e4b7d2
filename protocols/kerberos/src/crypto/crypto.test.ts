import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { deriveKey } from './aes-sha1.ts';
import { kdfHmacSha2 } from './aes-sha2.ts';
import { DEFAULT_ETYPES, encryptionType, supportsEtype, typeOfChecksum } from './encryption-type.ts';
import { nfold } from './nfold.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const raw = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('n-fold (RFC 3961 appendix A.1)', () => {
  it.each([
    ['012345', 64, 'be072631276b1955'],
    ['password', 56, '78a07b6caf85fa'],
    ['Rough Consensus, and Running Code', 64, 'bb6ed30870b7f0e0'],
    ['password', 168, '59e4a8ca7c0385c3c37b3f6d2000247cb6e6bd5b3e'],
    ['MASSACHVSETTS INSTITVTE OF TECHNOLOGY', 192, 'db3b0d8f0b061e603282b308a50841229ad798fab9540c1b'],
    ['Q', 168, '518a54a215a8452a518a54a215a8452a518a54a215'],
    ['ba', 168, 'fb25d531ae8974499f52fd92ea9857c4ba24cf297e'],
    ['kerberos', 64, '6b65726265726f73'],
    ['kerberos', 128, '6b65726265726f737b9b5b2b93132b93'],
    ['kerberos', 168, '8372c236344e5f1550cd0747e15d62ca7a5a3bcea4'],
    ['kerberos', 256, '6b65726265726f737b9b5b2b93132b935c9bdcdad95c9899c4cae4dee6d6cae4'],
  ])('%s to %i bits', (text, bits, expected) => {
    expect(hex(nfold(utf8(text), bits / 8))).toBe(expected);
  });
});

describe('string-to-key', () => {
  const eight = raw('1234567878563412');
  const x64 = 'X'.repeat(64);
  it.each([
    [17, 1, 'password', utf8('ATHENA.MIT.EDUraeburn'), '42263c6e89f4fc28b8df68ee09799f15'],
    [18, 1, 'password', utf8('ATHENA.MIT.EDUraeburn'), 'fe697b52bc0d3ce14432ba036a92e65bbb52280990a2fa27883998d72af30161'],
    [17, 2, 'password', utf8('ATHENA.MIT.EDUraeburn'), 'c651bf29e2300ac27fa469d693bdda13'],
    [18, 2, 'password', utf8('ATHENA.MIT.EDUraeburn'), 'a2e16d16b36069c135d5e9d2e25f896102685618b95914b467c67622225824ff'],
    [17, 1200, 'password', utf8('ATHENA.MIT.EDUraeburn'), '4c01cd46d632d01e6dbe230a01ed642a'],
    [18, 1200, 'password', utf8('ATHENA.MIT.EDUraeburn'), '55a6ac740ad17b4846941051e1e8b0a7548d93b0ab30a8bc3ff16280382b8c2a'],
    [17, 5, 'password', eight, 'e9b23d52273747dd5c35cb55be619d8e'],
    [18, 5, 'password', eight, '97a4e786be20d81a382d5ebc96d5909cabcdadc87ca48f574504159f16c36e31'],
    [17, 1200, x64, utf8('pass phrase equals block size'), '59d1bb789a828b1aa54ef9c2883f69ed'],
    [18, 1200, x64, utf8('pass phrase equals block size'), '89adee3608db8bc71f1bfbfe459486b05618b70cbae22092534e56c553ba4b34'],
    [17, 1200, `${x64}X`, utf8('pass phrase exceeds block size'), 'cb8005dc5f90179a7f02104c0018751d'],
    [18, 1200, `${x64}X`, utf8('pass phrase exceeds block size'), 'd78c5c9cb872a8c9dad4697f0bb5b2d21496c82beb2caeda2112fceea057401b'],
    [17, 50, '\u{1d11e}', utf8('EXAMPLE.COMpianist'), 'f149c1f2e154a73452d43e7fe62a56e5'],
    [18, 50, '\u{1d11e}', utf8('EXAMPLE.COMpianist'), '4b6d9839f84406df1f09cc166db4b83c571848b784a3d6bdc346589a3e393f9e'],
  ])('type %i, %i rounds (RFC 3962 appendix B)', (etype, rounds, password, salt, expected) => {
    expect(hex(encryptionType(etype).stringToKey(password, salt, rounds))).toBe(expected);
  });

  it.each([
    [19, '089bca48b105ea6ea77ca5d2f39dc5e7'],
    [20, '45bd806dbf6a833a9cffc1c94589a222367a79bc21c413718906e9f578a78467'],
  ])('type %i (RFC 8009 appendix A), 32768 rounds when not told', (etype, expected) => {
    const salt = Uint8Array.from([...raw('10df9dd783e5bc8acea1730e74355f61'), ...utf8('ATHENA.MIT.EDUraeburn')]);
    expect(hex(encryptionType(etype).stringToKey('password', salt))).toBe(expected);
  });

  it('gives the key of MS-KILE 4.4', () => {
    const key = encryptionType(17).stringToKey('\uffff'.repeat(120), utf8('DOMAIN.COMhostclient.domain.com'), 1000);
    expect(hex(key)).toBe('b82ee122531c2d94821ac755bccb5879');
  });

  it('makes the NT hash for RC4, whatever the salt (RFC 4757 section 2)', () => {
    expect(hex(encryptionType(23).stringToKey('foo', utf8('salt')))).toBe('ac8e657f83df82beea5d43bdaf7800cc');
  });

  it.each([0, -1, 1 << 21, 2 ** 32, Number.NaN])('refuses %d rounds', (rounds) => {
    expect(() => encryptionType(18).stringToKey('password', utf8('salt'), rounds)).toThrow(
      expect.objectContaining({ code: 'KERBEROS_KEY_PARAMETERS' }),
    );
  });
});

describe('key derivation', () => {
  const key128 = raw('42263c6e89f4fc28b8df68ee09799f15');
  const key256 = raw('fe697b52bc0d3ce14432ba036a92e65bbb52280990a2fa27883998d72af30161');
  it.each([
    [key128, '0000000299', '34280a382bc92769b2da2f9ef066854b'],
    [key128, '00000002aa', '5b14fc4e250e14ddf9dccf1af6674f53'],
    [key128, '0000000255', '4ed31063621684f09ae8d89991af3e8f'],
    [key256, '0000000299', 'bfab388bdcb238e9f9c98d6a878304f04d30c82556375ac507a7a852790f4674'],
    [key256, '00000002aa', 'c7cfd9cd75fe793a586a542d87e0d1396f1134a104bb1a9190b8c90ada3ddf37'],
    [key256, '0000000255', '97151b4c76945063e2eb0529dc067d97d7bba90776d8126d91f34f3101aea8ba'],
  ])('DK for AES-SHA1', (key, constant, expected) => {
    expect(hex(deriveKey(key, raw(constant)))).toBe(expected);
  });

  const sha256 = raw('3705d96080c17728a0e800eab6e0d23c');
  const sha384 = raw('6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52');
  it.each([
    ['sha256', sha256, '0000000299', 16, 'b31a018a48f54776f403e9a396325dc3'],
    ['sha256', sha256, '00000002aa', 16, '9b197dd1e8c5609d6e67c3e37c62c72e'],
    ['sha256', sha256, '0000000255', 16, '9fda0e56ab2d85e1569a688696c26a6c'],
    ['sha384', sha384, '0000000299', 24, 'ef5718be86cc84963d8bbb5031e9f5c4ba41f28faf69e73d'],
    ['sha384', sha384, '00000002aa', 32, '56ab22bee63d82d7bc5227f6773f8ea7a5eb1c825160c38312980c442e5c7e49'],
    ['sha384', sha384, '0000000255', 24, '69b16514e3cd8e56b82010d5c73012b622c4d00ffc23ed1f'],
  ])('KDF for AES-SHA2, %s (RFC 8009 appendix A)', (hash, key, constant, length, expected) => {
    expect(hex(kdfHmacSha2(hash, key, raw(constant), length))).toBe(expected);
  });
});

describe('encryption', () => {
  // RFC 8009 appendix A with confounders, usage 2.
  it.each([
    [19, '', '7e5895eaf2672435bad817f545a37148', 'ef85fb890bb8472f4dab20394dca781dad877eda39d50c870c0d5a0a8e48c718'],
    [
      19,
      '000102030405',
      '7bca285e2fd4130fb55b1a5c83bc5b24',
      '84d7f30754ed987bab0bf3506beb09cfb55402cef7e6877ce99e247e52d16ed4421dfdf8976c',
    ],
    [
      19,
      '000102030405060708090a0b0c0d0e0f',
      '56ab21713ff62c0a1457200f6fa9948f',
      '3517d640f50ddc8ad3628722b3569d2ae07493fa8263254080ea65c1008e8fc295fb4852e7d83e1e7c48c37eebe6b0d3',
    ],
    [
      19,
      '000102030405060708090a0b0c0d0e0f1011121314',
      'a7a4e29a4728ce10664fb64e49ad3fac',
      '720f73b18d9859cd6ccb4346115cd336c70f58edc0c4437c5573544c31c813bce1e6d072c186b39a413c2f92ca9b8334a287ffcbfc',
    ],
    [20, '', 'f764e9fa15c276478b2c7d0c4e5f58e4', '41f53fa5bfe7026d91faf9be959195a058707273a96a40f0a01960621ac612748b9bbfbe7eb4ce3c'],
    [
      20,
      '000102030405',
      'b80d3251c1f6471494256ffe712d0b9a',
      '4ed7b37c2bcac8f74f23c1cf07e62bc7b75fb3f637b9f559c7f664f69eab7b6092237526ea0d1f61cb20d69d10f2',
    ],
    [
      20,
      '000102030405060708090a0b0c0d0e0f',
      '53bf8a0d105265d4e276428624ce5e63',
      'bc47ffec7998eb91e8115cf8d19dac4bbbe2e163e87dd37f49beca92027764f68cf51f14d798c2273f35df574d1f932e40c4ff255b36a266',
    ],
    [
      20,
      '000102030405060708090a0b0c0d0e0f1011121314',
      '763e65367e864f02f55153c7e3b58af1',
      '40013e2df58e8751957d2878bcd2d6fe101ccfd556cb1eae79db3c3ee86429f2b2a602ac86fef6ecb647d6295fae077a1feb517508d2c16b4192e01f62',
    ],
  ])('type %i of %s (RFC 8009 appendix A)', (etype, plaintext, confounder, expected) => {
    const key = raw(etype === 19 ? '3705d96080c17728a0e800eab6e0d23c' : '6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52');
    const usage = encryptionType(etype).forUsage(key, 2);
    expect(hex(usage.encrypt(raw(confounder), raw(plaintext)))).toBe(expected);
    expect(hex(usage.decrypt(raw(expected)))).toBe(plaintext);
  });

  // Numbers of MIT krb5's known-answer test (t_decrypt.c): type, text, usage, key, ciphertext.
  it.each([
    [23, '', 0, 'f81fec39255f5784e850c4377c88bd85', '02c1eb15586144122ec717763dd348bf00434ddc6585954c'],
    [23, '1', 1, '67d1300d281223867f9647ff48721273', '6156e0cc04e0a0874f9fda008f498a7adbbc80b70b14dddbc0'],
    [23, '9 bytesss', 2, '3e40ab6093695281b3ac1a9304224d98', '0f9ad121d99d4a09448e4f1f718c4f5cbe6096262c66f29df232a87c9f98755d55'],
    [
      23,
      '13 bytes byte',
      3,
      '4ba2fbf0379faed87a254d3b353d5a7e',
      '612c57568b17a70352bae8cf26fb9459a6f3353cd35fd439db3107cbec765d326dfc04c1dd',
    ],
    [
      23,
      '30 bytes bytes bytes bytes byt',
      4,
      '68f263db3fce15d031c9eab02d67107a',
      '95f9047c3ad75891c2e9b04b16566dc8b6eb9ce4231afb2542ef87a7b5a0f260a99f0460508de0cecc632d07c354124e46c5d2234eb8',
    ],
    [17, '', 0, '5a5c0f0ba54f3828b2195e66ca24a289', '49ff8e11c173d9583a3254fbe7b1f1df36c538e8416784a1672e6676'],
    [17, '1', 1, '98450e3f3baa13f5c99beb936981b06f', 'f86742f537b35dc2174a4dbaa920faf9042090b065e1ebb1cad9a65394'],
    [17, '9 bytesss', 2, '9062430c8cda3388922e6d6a509f5b7a', '68fb9679601f45c78857b2bf820fd6e53eca8d42fd4b1d7024a09205abb7cd2ec26c355d2f'],
    [
      17,
      '13 bytes byte',
      3,
      '033ee6502c54fd23e27791e987983827',
      'ec366d0327a933bf49330e650e49bc6b974637fe80bf532fe51795b4809718e6194724db948d1fd637',
    ],
    [
      17,
      '30 bytes bytes bytes bytes byt',
      4,
      'dceeb70b3de76562e689226c76429148',
      'c96081032d5d8eeb7e32b4089f789d0faa481dea74c0f97cbf3146ddfcf8e800156ecb532fc203e30ff600b63b350939fece510f02d7ff1e7bac',
    ],
    [
      18,
      '',
      0,
      '17f275f2954f2ed1f90c377ba7f4d6a369aa0136e0bf0c927ad6133c693759a9',
      'e5094c55ee7b38262e2b044280b069379a95bf95bd8376fb3281b435',
    ],
    [
      18,
      '1',
      1,
      'b9477e1ff0329c0050e20ce6c72d2dff27e8fe541ab0954429a9cb5b4f7b1e2a',
      '406150b97aeb76d43b36b62cc1ecdfbe6f40e95755e0beb5c27825f3a4',
    ],
    [
      18,
      '9 bytesss',
      2,
      'b1ae4cd8462aff1677053cc9279aac30b796fb81ce21474dd3ddbcfea4ec76d7',
      '09957aa25fcaf88f7b39e4406e633012d5fea21853f6478da7065caef41fd454a40824eec5',
    ],
    [
      18,
      '13 bytes byte',
      3,
      'e5a72be9b7926c1225bafef9c1872e7ba4cdb2b17893d84abd90acdd8764d966',
      'd8f1aafeec84587cc3e700a774e56651a6d693e174ec4473b5e6d96f80297a653fb818ad893e719f96',
    ],
    [
      18,
      '30 bytes bytes bytes bytes byt',
      4,
      'f1c795e9248a09338d82c3f8d5b567040b0110736845041347235b1404231398',
      'd1137a4d634cfece924dbc3bf6790648bd5cff7de0e7b99460211d0daef3d79a295c688858f3b34b9cbd6eebae81daf6b734d4d498b6714f1c1d',
    ],
  ])('type %i reads "%s" of usage %i', (etype, text, usage, key, ciphertext) => {
    expect(new TextDecoder().decode(encryptionType(etype).forUsage(raw(key), usage).decrypt(raw(ciphertext)))).toBe(text);
  });

  it('encrypts as RFC 3962 with a known confounder', () => {
    const usage = encryptionType(17).forUsage(raw('9062430c8cda3388922e6d6a509f5b7a'), 2);
    expect(hex(usage.encrypt(raw('94b491f481485b9a0678cd3c4ea386ad'), utf8('9 bytesss')))).toBe(
      '68fb9679601f45c78857b2bf820fd6e53eca8d42fd4b1d7024a09205abb7cd2ec26c355d2f',
    );
  });

  it.each([...DEFAULT_ETYPES])('type %i finds every changed bit, a short text and another usage', (etype) => {
    const type = encryptionType(etype);
    const key = new Uint8Array(type.keyLength).fill(7);
    const sealed = type.forUsage(key, 5).encrypt(new Uint8Array(type.confounderLength).fill(1), utf8('a secret of 23 bytes...'));
    const refuse = expect.objectContaining({ code: 'KERBEROS_BAD_MIC' });
    for (let i = 0; i < sealed.length; i++) {
      const changed = sealed.map((byte, at) => (at === i ? byte ^ 0x10 : byte));
      expect(() => type.forUsage(key, 5).decrypt(changed)).toThrow(refuse);
    }
    for (let length = 0; length < sealed.length; length++)
      expect(() => type.forUsage(key, 5).decrypt(sealed.subarray(0, length))).toThrow(refuse);
    expect(() => type.forUsage(key, 6).decrypt(sealed)).toThrow(refuse);
  });

  it('refuses a key of the wrong length and types it does not have', () => {
    expect(() => encryptionType(18).forUsage(new Uint8Array(16), 1)).toThrow(expect.objectContaining({ code: 'KERBEROS_ETYPE' }));
    expect(() => encryptionType(3)).toThrow(expect.objectContaining({ code: 'KERBEROS_ETYPE', have: 3 }));
    expect([3, 16, 17, 18, 19, 20, 23, 24, 25].filter(supportsEtype)).toEqual([17, 18, 19, 20, 23]);
  });
});

describe('checksums (numbers of MIT krb5, t_cksums.c)', () => {
  it.each([
    [15, 3, 'eight nine ten eleven twelve thirteen', '9062430c8cda3388922e6d6a509f5b7a', '01a4b088d45628f6946614e3'],
    [16, 4, 'fourteen', 'b1ae4cd8462aff1677053cc9279aac30b796fb81ce21474dd3ddbcfea4ec76d7', 'e08739e3279e2903ec8e3836'],
    [-138, 6, 'seventeen eighteen nineteen twenty', 'f7d3a155af5e238a0b7a871a96ba2ab2', 'eb38cc97e2230f59da4117dc5859d7ec'],
  ])('type %i, usage %i', (checksumType, usage, text, key, expected) => {
    expect(hex(typeOfChecksum(checksumType)!.forUsage(raw(key), usage).checksum(utf8(text)))).toBe(expected);
  });
});
