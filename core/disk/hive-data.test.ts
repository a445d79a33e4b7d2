import { describe, expect, it } from 'vitest';
import { hiveDataText, parseHiveData } from './hive-data.ts';

const hex = (text: string): string => Buffer.from(text.replaceAll(' ', ''), 'hex').toString('hex');

describe('data of values as text', () => {
  it.each([
    ['dword:4', 4, '04000000'],
    ['dword:4294967295', 4, 'ffffffff'],
    ['qword:18446744073709551615', 11, 'ffffffffffffffff'],
    ['sz:', 1, '0000'],
    ['sz:a=b:c', 1, '61003d0062003a0063000000'],
    ['expand:%a%', 2, '2500610025000000'],
    ['multi:a;b', 7, '61000000620000000000'],
    ['multi:', 7, '0000'],
    ['hex:01 ff', 3, '01ff'],
    ['hex(10):00', 16, '00'],
  ])('%s is type %i, and reads back as the same', (text, type, data) => {
    const parsed = parseHiveData(text);
    expect(parsed?.type).toBe(type);
    expect(Buffer.from(parsed!.data).toString('hex')).toBe(hex(data));
    expect(hiveDataText(parsed!)).toBe(text);
  });

  it.each([
    'dword:4294967296',
    'dword:-1',
    'dword:',
    'qword:0x1ffffffffffffffff',
    'dword(4):1',
    'hex:0',
    'hex:zz',
    'sz:a\0b',
    'multi:a;;b',
    'word:1',
    '4',
    '',
  ])('%j is none', (text) => {
    expect(parseHiveData(text)).toBeUndefined();
  });

  it('takes hexadecimal numbers and the commas of regedit', () => {
    expect(parseHiveData('dword:0x10')?.data).toEqual(Uint8Array.of(16, 0, 0, 0));
    expect(parseHiveData('HEX:01,02')?.data).toEqual(Uint8Array.of(1, 2));
  });

  it('shows bytes where the text would hide them: odd lengths, missing and doubled ends, long data', () => {
    expect(hiveDataText({ type: 1, data: Uint8Array.of(0x61, 0) })).toBe('hex(1):61 00');
    expect(hiveDataText({ type: 1, data: Uint8Array.of(0x61, 0, 0, 0, 0, 0) })).toBe('hex(1):61 00 00 00 00 00');
    expect(hiveDataText({ type: 4, data: Uint8Array.of(1) })).toBe('hex(4):01');
    expect(hiveDataText({ type: 3, data: new Uint8Array(100) })).toMatch(/ … \(100\)$/);
  });
});
