import { describe, expect, it } from 'vitest';
import { utf16WithoutMark } from './index.ts';

const le = (text: string): Uint8Array => Buffer.from(text, 'utf16le');
const be = (text: string): Uint8Array => Buffer.from(text, 'utf16le').swap16();

describe('UTF-16 without byte order mark', () => {
  it('is recognised in either order', () => {
    const text = 'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE]\r\n"名前"="日本語"\r\n';
    expect(utf16WithoutMark(le(text))).toBe('utf-16le');
    expect(utf16WithoutMark(be(text))).toBe('utf-16be');
    expect(utf16WithoutMark(le('C:\\>systeminfo\r\nホスト名:    SRV01\r\n'))).toBe('utf-16le');
  });

  it('is not seen in UTF-8, Shift_JIS or binary data', () => {
    expect(utf16WithoutMark(Buffer.from('Windows Registry Editor'.repeat(9)))).toBeUndefined();
    expect(utf16WithoutMark(Buffer.from('ホスト名: SRV01\r\n'.repeat(50)))).toBeUndefined();
    expect(utf16WithoutMark(Uint8Array.of(0x83, 0x7a, 0x83, 0x58, 0x83, 0x67, 0x96, 0xbc, 0x3a, 0x20))).toBeUndefined();
    expect(utf16WithoutMark(Uint8Array.of(0x4d, 0x5a, 0x90, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0xff, 0xff))).toBeUndefined();
    expect(utf16WithoutMark(Uint8Array.of(0x41, 0))).toBeUndefined();
    expect(utf16WithoutMark(Buffer.concat([le('abcd'), Uint8Array.of(0, 0xd8, 0x41, 0)]))).toBeUndefined();
  });
});
