import type { ByteWriter } from './byte-writer.ts';
import type { ArrayItemType, WriteValue } from './types.ts';

/** Type codes of BinXML values ([MS-EVEN6] 2.2.12.5); arrays add 0x80. */
export const VALUE_TYPE = {
  null: 0x00,
  string: 0x01,
  ansi: 0x02,
  i8: 0x03,
  u8: 0x04,
  i16: 0x05,
  u16: 0x06,
  i32: 0x07,
  u32: 0x08,
  i64: 0x09,
  u64: 0x0a,
  f32: 0x0b,
  f64: 0x0c,
  bool: 0x0d,
  binary: 0x0e,
  guid: 0x0f,
  sizeT: 0x10,
  filetime: 0x11,
  systemtime: 0x12,
  sid: 0x13,
  hex32: 0x14,
  hex64: 0x15,
  binxml: 0x21,
} as const;

const ARRAY_FLAG = 0x80;
const TICKS_PER_MS = 10_000n;
const MS_1601_TO_1970 = 11_644_473_600_000n;

/** Type code of a value as it stands in its descriptor. */
export function typeCode(value: WriteValue): number {
  return value.type === 'array' ? ARRAY_FLAG | VALUE_TYPE[value.of] : VALUE_TYPE[value.type];
}

/** Writes a scalar or array value. Nested BinXML needs the chunk and is written by it. */
export function writeValue(value: Exclude<WriteValue, { type: 'binxml' }>, out: ByteWriter): void {
  if (value.type === 'array') {
    for (const item of value.items) {
      if (item.type !== value.of) throw new TypeError(`array of ${value.of} holds a ${item.type}`);
      writeScalar(item, out, true);
    }
  } else writeScalar(value, out, false);
}

function writeScalar(value: WriteValue & { type: ArrayItemType | 'null' | 'binary' }, out: ByteWriter, inArray: boolean): void {
  switch (value.type) {
    case 'null':
      return;
    case 'string':
      if (inArray && value.value.includes('\0')) throw new RangeError('a string of an array cannot hold NUL: it separates the items');
      out.utf16(value.value);
      if (inArray || value.nul) out.u16(0);
      return;
    case 'ansi':
      for (let i = 0; i < value.value.length; i++) {
        const code = value.value.charCodeAt(i);
        if (code > 0xff) throw new RangeError(`character U+${code.toString(16)} does not fit an ANSI string`);
        out.u8(code);
      }
      if (inArray || value.nul) out.u8(0);
      return;
    case 'i8':
    case 'u8':
      out.u8(value.value & 0xff);
      return;
    case 'i16':
    case 'u16':
      out.u16(value.value & 0xffff);
      return;
    case 'i32':
    case 'u32':
    case 'hex32':
      out.u32(value.value >>> 0);
      return;
    case 'i64':
    case 'u64':
    case 'hex64':
      out.u64(value.value);
      return;
    case 'f32':
      out.f32(value.value);
      return;
    case 'f64':
      out.f64(value.value);
      return;
    case 'bool':
      if (value.width === 1) out.u8(value.value ? 1 : 0);
      else out.u32(value.value ? 1 : 0);
      return;
    case 'binary':
      out.bytes(value.value);
      return;
    case 'guid':
      out.bytes(guidBytes(value.value));
      return;
    case 'sizeT':
      if (value.width === 4) out.u32(Number(BigInt.asUintN(32, value.value)));
      else out.u64(value.value);
      return;
    case 'filetime':
      out.u64(value.ticks);
      return;
    case 'systemtime':
      writeSystemTime(value.ticks, out);
      return;
    case 'sid':
      out.bytes(sidBytes(value.value));
      return;
  }
}

/** Returns the 16 bytes of a GUID in the mixed-endian layout Windows stores. */
export function guidBytes(text: string): Uint8Array {
  const digits = text.replace(/[{}-]/g, '');
  if (!/^[0-9a-fA-F]{32}$/.test(digits)) throw new TypeError(`not a GUID: ${text}`);
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  return Uint8Array.from(order, (at) => Number.parseInt(digits.slice(at * 2, at * 2 + 2), 16));
}

/** Returns the bytes of `S-1-<authority>-<sub>…`: revision, count, 6-byte big-endian authority, little-endian sub-authorities. */
export function sidBytes(text: string): Uint8Array {
  const match = /^S-(\d+)-(\d+)((?:-\d+)*)$/.exec(text);
  if (!match) throw new TypeError(`not a SID: ${text}`);
  const subs = match[3]!.split('-').slice(1).map(Number);
  const out = new Uint8Array(8 + subs.length * 4);
  const view = new DataView(out.buffer);
  out[0] = Number(match[1]);
  out[1] = subs.length;
  const authority = BigInt(match[2]!);
  view.setUint16(2, Number(authority >> 32n));
  view.setUint32(4, Number(authority & 0xffffffffn));
  subs.forEach((sub, index) => {
    view.setUint32(8 + index * 4, sub, true);
  });
  return out;
}

/** Writes the 16 bytes of a SYSTEMTIME (8 x u16: year, month, day of week, day, hour, minute, second, milliseconds). */
export function writeSystemTime(ticks: bigint, out: ByteWriter): void {
  const date = new Date(Number(ticks / TICKS_PER_MS - MS_1601_TO_1970));
  out.u16(date.getUTCFullYear());
  out.u16(date.getUTCMonth() + 1);
  out.u16(date.getUTCDay());
  out.u16(date.getUTCDate());
  out.u16(date.getUTCHours());
  out.u16(date.getUTCMinutes());
  out.u16(date.getUTCSeconds());
  out.u16(date.getUTCMilliseconds());
}
