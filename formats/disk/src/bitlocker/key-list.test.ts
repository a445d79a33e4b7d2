import { inspect } from 'node:util';
import type { Damage } from '@winmedic/bytes';
import { encodeUtf16 } from '@winmedic/bytes';
import { describe, expect, it } from 'vitest';
import { DiskError } from '../errors.ts';
import { parseKeyList, recoveryKeyFor } from './key-list.ts';
import { parseRecoveryPassword } from './recovery-password.ts';
import type { BitLockerVolume } from './types.ts';

/** Groups that are eleven times a number: made up. */
const KEY_A = '110000-000011-720885-123453-000000-654313-011011-345675';
const KEY_B = '220000-000022-720874-123464-000011-654324-022022-345686';
const ID_A = '{aaaaaaaa-0001-4001-8001-00000000000a}';
const ID_B = '{bbbbbbbb-0002-4002-8002-00000000000b}';
const OTHER = '{cccccccc-0003-4003-8003-00000000000c}';
const bare = (id: string): string => id.slice(1, -1).toUpperCase();

function volume(...ids: readonly string[]): BitLockerVolume {
  return {
    id: OTHER,
    version: '7',
    method: 'aes-xts-128',
    methodNumber: 0x8004,
    description: '',
    created: 0n,
    protectors: ids.map((id) => ({ id, kind: 'recovery-password', type: 0x0800, lastChanged: 0n })),
    state: 'encrypted',
    copies: ['ok', 'ok', 'ok'],
    suspended: false,
  };
}

const chosen = (list: string | Uint8Array, id: string): string | undefined => recoveryKeyFor(volume(id), parseKeyList(list))?.digits;

describe('a recovery password', () => {
  it.each([
    ['as Windows shows it', KEY_A],
    ['in one row', KEY_A.replaceAll('-', '')],
    ['with spaces', KEY_A.replaceAll('-', ' ')],
    [
      'with full-width digits and minus',
      KEY_A.replaceAll('-', '－').replace(/[0-9]/gu, (digit) => String.fromCharCode(0xff10 + Number(digit))),
    ],
    ['with the Japanese long sound mark', KEY_A.replaceAll('-', 'ー')],
    ['with dashes a word processor made', KEY_A.replaceAll('-', '–')],
    ['on two lines', `  ${KEY_A.slice(0, 27)}\r\n${KEY_A.slice(28)}\n`],
  ])('%s is accepted', (_, text) => expect(parseRecoveryPassword(text)).toBe(KEY_A));

  it.each([
    ['a digit is wrong', KEY_A.replace('123453', '123454'), 'group 4'],
    ['a group is too large', KEY_A.replace('720885', '720896'), 'group 3'],
    ['a digit is missing', KEY_A.replace('654313', '65431'), 'digits of group 6'],
    ['a letter is in it', KEY_A.replace('000011', '0000l1'), 'characters of group 2'],
    ['a group is missing', KEY_A.slice(0, 48), 'digits of the recovery password'],
    ['there is nothing', ' ', 'digits of the recovery password'],
    ['it is a book', '1'.repeat(5000), 'length'],
  ])('is refused by naming the place when %s', (_, text, place) => {
    let thrown: unknown;
    try {
      parseRecoveryPassword(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(DiskError);
    expect(thrown).toMatchObject({ code: 'BITLOCKER_RECOVERY_PASSWORD', what: expect.stringContaining(place) });
    // Six digits in a row would be a part of the key.
    expect(String(thrown)).not.toMatch(/[0-9]{6}/u);
  });
});

describe('a key list', () => {
  it('of manage-bde gives each key with its own id, in any language', () => {
    const english = `Volume C: [OS]\r\nAll Key Protectors\r\n\r\n    TPM:\r\n      ID: {${bare(OTHER)}}\r\n      PCR Validation Profile:\r\n        7, 11\r\n\r\n    Numerical Password:\r\n      ID: {${bare(ID_A)}}\r\n      Password:\r\n        ${KEY_A}\r\n\r\n    Numerical Password:\r\n      ID: {${bare(ID_B)}}\r\n      Password:\r\n        ${KEY_B}\r\n`;
    const japanese = english
      .replace('All Key Protectors', 'すべてのキーの保護機能')
      .replaceAll('Numerical Password', '数字パスワード')
      .replaceAll('Password', 'パスワード');
    for (const text of [english, japanese]) {
      expect(chosen(text, ID_A)).toBe(KEY_A);
      expect(chosen(text, ID_B)).toBe(KEY_B);
    }
  });

  it('of a directory in CSV ignores the other GUIDs of a row, before and behind the key', () => {
    const rows = [
      '"DistinguishedName","msFVE-RecoveryPassword","msFVE-VolumeGuid"',
      `"CN=2024-07-19T04:09:11-00:00${ID_A},CN=PC1,DC=example","${KEY_A}","${OTHER}"`,
      `"CN=2024-07-19T05:09:11-00:00${ID_B},CN=PC2,DC=example","${KEY_B}","${OTHER}"`,
    ].join('\r\n');
    expect(chosen(rows, ID_A)).toBe(KEY_A);
    expect(chosen(rows, ID_B)).toBe(KEY_B);
    expect(chosen(`${KEY_A};${bare(ID_A)}\n${KEY_B};${bare(ID_B)}\n`, ID_B)).toBe(KEY_B);
  });

  it('in JSON on one line keeps the records apart', () => {
    const json = JSON.stringify([
      { id: bare(ID_A), deviceId: bare(OTHER), key: KEY_A },
      { id: bare(ID_B), deviceId: bare(OTHER), key: KEY_B },
    ]);
    expect(chosen(json, ID_A)).toBe(KEY_A);
    expect(chosen(json, ID_B)).toBe(KEY_B);
  });

  it('that Windows saved is read in UTF-16, with and without a mark', () => {
    const text = `BitLocker ドライブ暗号化の回復キー\r\n\r\n識別子:\r\n\r\n\t${bare(ID_A)}\r\n\r\n回復キー:\r\n\r\n\t${KEY_A}\r\n`;
    const plain = encodeUtf16(`\r\n${text}`);
    expect(chosen(encodeUtf16(`\ufeff${text}`), ID_A)).toBe(KEY_A);
    expect(chosen(plain, ID_A)).toBe(KEY_A);
    const swapped = plain.map((_, i) => plain[i ^ 1]!);
    expect(chosen(swapped, ID_A)).toBe(KEY_A);
    expect(chosen(new TextEncoder().encode(text), ID_A)).toBe(KEY_A);
  });

  it('gives no key to a volume it does not name', () => {
    expect(chosen(`${ID_A}\t${KEY_A}\n${ID_B}\t${KEY_B}`, OTHER)).toBeUndefined();
    expect(chosen(`${KEY_A}\n${KEY_B}\n`, ID_A)).toBeUndefined();
    expect(chosen('', ID_A)).toBeUndefined();
  });

  it('of one key without an id gives that key', () => expect(chosen(`key: ${KEY_A}`, ID_B)).toBe(KEY_A));

  it('matches recovery password protectors only', () => {
    const tpm = { ...volume(ID_A), protectors: [{ id: ID_A, kind: 'tpm', type: 0x0100, lastChanged: 0n }] } as const;
    expect(recoveryKeyFor(tpm, parseKeyList(`${ID_A} ${KEY_A}`))).toBeUndefined();
  });

  it('names the line and group of a mistyped key and goes on', () => {
    const damages: Damage[] = [];
    const keys = parseKeyList(`${ID_A} ${KEY_A.replace('000011', '000012')}\n${ID_B} ${KEY_B}\n`, {
      onDamage: (damage) => damages.push(damage),
    });
    expect(keys.map(({ id }) => id)).toEqual([ID_B]);
    expect(damages).toEqual([{ code: 'BITLOCKER_KEY_LIST_LINE', offset: 39, what: 'line 1: group 2' }]);
  });

  it('takes no numbers of other kinds for keys', () => {
    const damages: Damage[] = [];
    const numbers = `${'123456\n'.repeat(20)}${'1'.repeat(60)}\n123456-123456-123456`;
    expect(parseKeyList(numbers, { onDamage: (damage) => damages.push(damage) })).toEqual([]);
    expect(damages).toEqual([]);
  });

  it('shows no digits in JSON, in text or to an inspector', () => {
    const [key] = parseKeyList(`${ID_A} ${KEY_A}`);
    expect(key?.digits).toBe(KEY_A);
    for (const shown of [JSON.stringify(key), inspect(key, { showHidden: true, depth: 9 }), String(key)])
      expect(shown).not.toContain('110000');
  });

  it('of a megabyte of half keys and GUIDs is read in reasonable time', () => {
    const started = performance.now();
    expect(parseKeyList(`${'110000-'.repeat(100_000)}${'aaaaaaaa-0001-4001-'.repeat(50_000)}`)).toEqual([]);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
