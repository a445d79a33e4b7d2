import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BytesError,
  Cursor,
  crc32,
  decodeUtf16,
  encodeUtf16,
  filetimeToIso,
  formatGuid,
  formatSid,
  hexOffset,
  isoToTicks,
  MAX_ISO_TICKS,
  memorySource,
  parseGuid,
  parseSid,
  readSystemtime,
  sidSize,
  ticksToIso,
  ticksToUnixMs,
  toHex,
  Utf16Text,
  unixMsToTicks,
} from './index.ts';

const ticks = fc.bigInt({ min: 0n, max: MAX_ISO_TICKS });

describe('Cursor', () => {
  it('reads named little-endian values in order', () => {
    const cursor = new Cursor(Uint8Array.from([1, 2, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0xff]));
    expect([cursor.u8('a'), cursor.u16('b'), cursor.u32('c'), cursor.u64('d'), cursor.i8('e')]).toEqual([1, 2, 3, 4n, -1]);
    expect(cursor.left).toBe(0);
  });

  it('says what was missing, where in the file, and how much', () => {
    const cursor = new Cursor(new Uint8Array(6), 4, 0x1000);
    const error = (() => {
      try {
        cursor.u32('record size');
        return undefined;
      } catch (caught) {
        return caught as BytesError;
      }
    })();
    expect(error).toBeInstanceOf(BytesError);
    expect(error).toMatchObject({ code: 'BYTES_SHORT', what: 'record size', offset: 0x1004, need: 4, have: 2 });
    expect(error?.message).toBe('BYTES_SHORT reading record size at 0x1004: need 4, have 2');
    expect(cursor.position).toBe(4);
  });

  it('refuses to seek or take outside the bytes, also by NaN and negative numbers', () => {
    const cursor = new Cursor(new Uint8Array(4));
    expect(() => cursor.seek(5, 'x')).toThrow('BYTES_RANGE');
    expect(() => cursor.seek(Number.NaN, 'x')).toThrow('BYTES_RANGE');
    expect(() => cursor.take(-1, 'x')).toThrow('BYTES_SHORT');
  });

  it('cuts texts at the first NUL', () => {
    const cursor = new Cursor(Uint8Array.from([0x41, 0, 0, 0, 0x42, 0, 0x43, 0, 0x44]));
    expect(cursor.utf16(6, 'name')).toBe('A');
    expect(cursor.seek(6, 'x').latin1(3, 'tag')).toBe('C');
  });
});

describe('FILETIME', () => {
  it('prints seven digits', () => {
    expect(ticksToIso(0n)).toBe('1601-01-01T00:00:00.0000000Z');
    expect(ticksToIso(116_444_736_000_000_001n)).toBe('1970-01-01T00:00:00.0000001Z');
    expect(ticksToIso(MAX_ISO_TICKS)).toBe('9999-12-31T23:59:59.9999999Z');
    expect(ticksToIso(MAX_ISO_TICKS + 1n)).toBe('9999-12-31T23:59:59.9999999Z');
    expect(filetimeToIso(0xffff_ffff, 0xffff_ffff)).toBe('9999-12-31T23:59:59.9999999Z');
  });

  it('round-trips every tick', () => {
    fc.assert(
      fc.property(ticks, (t) => {
        expect(isoToTicks(ticksToIso(t))).toBe(t);
      }),
    );
  });

  it('agrees with Date, and between halves and BigInt', () => {
    fc.assert(
      fc.property(ticks, (t) => {
        const iso = filetimeToIso(Number(t & 0xffff_ffffn), Number(t >> 32n));
        expect(iso).toBe(ticksToIso(t));
        expect(iso.slice(0, 23)).toBe(new Date(ticksToUnixMs(t)).toISOString().slice(0, 23));
      }),
    );
  });

  it('reads offsets, short forms, and refuses what is no time', () => {
    expect(isoToTicks('2024-03-01T09:00:00+09:00')).toBe(isoToTicks('2024-03-01'));
    expect(isoToTicks('2024-03-01 12:30')).toBe(isoToTicks('2024-03-01T12:30:00.0000000Z'));
    for (const text of ['', 'yesterday', '2024-02-30', '2024-13-01', '2024-01-01T24:00', '1600-12-31'])
      expect(isoToTicks(text), text).toBeUndefined();
  });

  it('converts from and to milliseconds of 1970', () => {
    expect(ticksToUnixMs(unixMsToTicks(1_700_000_000_123))).toBe(1_700_000_000_123);
    expect(ticksToUnixMs(unixMsToTicks(-1) + 1n)).toBe(-1);
  });

  it('reads SYSTEMTIME and refuses impossible ones', () => {
    const view = new DataView(new ArrayBuffer(16));
    expect(readSystemtime(view, 0)).toBeUndefined();
    for (const [i, part] of [2024, 2, 4, 29, 23, 59, 58, 999].entries()) view.setUint16(i * 2, part, true);
    expect(ticksToIso(readSystemtime(view, 0)!)).toBe('2024-02-29T23:59:58.9990000Z');
    view.setUint16(0, 2023, true);
    expect(readSystemtime(view, 0)).toBeUndefined();
  });
});

describe('GUID and SID', () => {
  it('formats and parses GUIDs in mixed byte order', () => {
    const text = '{54849625-5478-4994-a5ba-3e3b0328c30d}';
    const bytes = parseGuid(text.toUpperCase())!;
    expect(toHex(bytes)).toBe('2596845478549449a5ba3e3b0328c30d');
    expect(formatGuid(bytes)).toBe(text);
    expect(parseGuid('54849625')).toBeUndefined();
  });

  it('formats and parses SIDs', () => {
    for (const text of ['S-1-5-18', 'S-1-5-21-1-2-3-500', 'S-1-0', 'S-1-0x123456789abc-1']) expect(formatSid(parseSid(text)!)).toBe(text);
    expect(parseSid('S-2-5')).toBeUndefined();
    expect(parseSid('S-1-5-4294967296')).toBeUndefined();
  });

  it('does not read a SID past its end', () => {
    const bytes = parseSid('S-1-5-32-544')!;
    expect(sidSize(bytes)).toBe(16);
    expect(formatSid(bytes, 0, 15)).toBeUndefined();
    expect(formatSid(Uint8Array.from([1, 200, 0, 0, 0, 0, 0, 5]))).toBeUndefined();
  });
});

describe('UTF-16', () => {
  it('round-trips well-formed text of any length, aligned or not', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (raw, odd) => {
        const text = raw.toWellFormed();
        const encoded = encodeUtf16(text);
        const shift = odd ? 1 : 0;
        const bytes = new Uint8Array(encoded.length + shift);
        bytes.set(encoded, shift);
        expect(new Utf16Text(bytes).decode(shift, text.length)).toBe(text);
        expect(decodeUtf16(bytes, shift, text.length)).toBe(text);
      }),
    );
  });

  it('replaces lone surrogates and keeps a byte order mark', () => {
    for (const filler of ['', 'long enough for the fast way']) {
      const text = `${filler}a\ud800b`;
      expect(new Utf16Text(encodeUtf16(text)).decode(0, text.length)).toBe(`${filler}a\ufffdb`);
    }
    expect(decodeUtf16(encodeUtf16('\ufeffx'))).toBe('\ufeffx');
  });
});

describe('CRC-32', () => {
  it('gives the check value, and continues from a seed', () => {
    const bytes = new TextEncoder().encode('123456789');
    expect(crc32(bytes)).toBe(0xcbf43926);
    expect(crc32(bytes.subarray(4), crc32(bytes.subarray(0, 4)))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array(0))).toBe(0);
  });
});

describe('memorySource', () => {
  it('copies what there is and nothing past the end', () => {
    const source = memorySource(Uint8Array.from([1, 2, 3]));
    const into = new Uint8Array(2);
    expect([source.readAt(0, into), source.readAt(2, into), source.readAt(9, into)]).toEqual([2, 1, 0]);
    expect([...into]).toEqual([3, 2]);
    expect(hexOffset(4096)).toBe('0x1000');
  });
});
