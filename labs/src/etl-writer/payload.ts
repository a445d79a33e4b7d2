import { parseGuid, parseSid } from '@winmedic/bytes';
import { ByteWriter } from '../evtx-writer/byte-writer.ts';
import type { WriteField, WriteFieldValue, WriteFieldValues } from './types.ts';

/** The 16 bytes of a GUID. @throws TypeError */
export function guidBytes(text: string): Uint8Array {
  const bytes = parseGuid(text);
  if (!bytes) throw new TypeError(`not a GUID: ${text}`);
  return bytes;
}

/** The bytes of a SID. @throws TypeError */
export function sidBytes(text: string): Uint8Array {
  const bytes = parseSid(text);
  if (!bytes) throw new TypeError(`not a SID: ${text}`);
  return bytes;
}

/** How a payload is laid out: as a manifest says, or TraceLogging, where binary and arrays without a fixed count carry their size before them. */
interface Layout {
  readonly pointerBytes: 4 | 8;
  readonly traceLogging: boolean;
}

function integer(value: WriteFieldValue, field: WriteField): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (typeof value === 'boolean') return value ? 1n : 0n;
  throw new TypeError(`${field.name} needs a whole number`);
}

function text(value: WriteFieldValue, field: WriteField): string {
  if (typeof value !== 'string') throw new TypeError(`${field.name} needs a text`);
  return value;
}

function bytes(value: WriteFieldValue, field: WriteField): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new TypeError(`${field.name} needs bytes`);
  return value;
}

function writeInteger(out: ByteWriter, value: bigint, size: number): void {
  for (let at = 0; at < size; at++) out.u8(Number(BigInt.asUintN(8, value >> BigInt(8 * at))));
}

function ansiBytes(value: string): Uint8Array {
  return Uint8Array.from(value, (char) => {
    const code = char.codePointAt(0) ?? 0;
    if (code > 0xff) throw new RangeError(`no single byte: ${char}`);
    return code;
  });
}

function utf16Bytes(value: string): Uint8Array {
  const out = new ByteWriter(0, value.length * 2 + 2);
  out.utf16(value);
  return out.written.slice();
}

/** A fixed length fills up with zeros and cuts nothing. */
function fixed(out: ByteWriter, value: Uint8Array, size: number, field: WriteField): void {
  if (value.length > size) throw new RangeError(`${field.name} is longer than its length`);
  out.bytes(value);
  for (let rest = size - value.length; rest > 0; rest--) out.u8(0);
}

function length(field: WriteField, earlier: WriteFieldValues): number | undefined {
  if (field.length === undefined || typeof field.length === 'number') return field.length;
  return Number(earlier[field.length]);
}

function writeText(out: ByteWriter, field: WriteField, value: WriteFieldValue, earlier: WriteFieldValues): void {
  const wide = field.type === 'UnicodeString';
  const encoded = wide ? utf16Bytes(text(value, field)) : ansiBytes(text(value, field));
  const count = length(field, earlier);
  if (count !== undefined) {
    fixed(out, encoded, wide ? count * 2 : count, field);
    return;
  }
  if (text(value, field).includes('\0')) throw new RangeError(`${field.name} ends at its first NUL`);
  out.bytes(encoded);
  writeInteger(out, 0n, wide ? 2 : 1);
}

const SIZES: Partial<Record<WriteField['type'], number>> = {
  Int8: 1,
  UInt8: 1,
  Int16: 2,
  UInt16: 2,
  Int32: 4,
  UInt32: 4,
  Int64: 8,
  UInt64: 8,
  Boolean: 4,
  HexInt32: 4,
  HexInt64: 8,
  FILETIME: 8,
};

function writeOne(out: ByteWriter, field: WriteField, value: WriteFieldValue, earlier: WriteFieldValues, layout: Layout): void {
  const size = SIZES[field.type];
  if (size !== undefined) {
    writeInteger(out, integer(value, field), size);
    return;
  }
  switch (field.type) {
    case 'Pointer':
    case 'SizeT':
      writeInteger(out, integer(value, field), layout.pointerBytes);
      break;
    case 'Float':
      out.f32(Number(value));
      break;
    case 'Double':
      out.f64(Number(value));
      break;
    case 'GUID':
      out.bytes(guidBytes(text(value, field)));
      break;
    case 'SID':
      out.bytes(sidBytes(text(value, field)));
      break;
    case 'SYSTEMTIME':
      fixed(out, bytes(value, field), 16, field);
      break;
    case 'UnicodeString':
    case 'AnsiString':
      writeText(out, field, value, earlier);
      break;
    case 'CountedUnicodeString':
    case 'CountedAnsiString':
    case 'CountedBinary':
      counted(out, field, value);
      break;
    case 'Binary': {
      const size = length(field, earlier);
      if (layout.traceLogging) counted(out, field, value);
      else if (size === undefined) out.bytes(bytes(value, field));
      else fixed(out, bytes(value, field), size, field);
      break;
    }
    case 'Struct':
      writeFields(out, field.fields ?? [], value as WriteFieldValues, layout);
      break;
    default:
      throw new TypeError(`${field.name}: type ${field.type}`);
  }
}

/** Size in bytes as 16 bits, then the bytes. */
function counted(out: ByteWriter, field: WriteField, value: WriteFieldValue): void {
  const encoded =
    field.type === 'CountedUnicodeString'
      ? utf16Bytes(text(value, field))
      : field.type === 'CountedAnsiString'
        ? ansiBytes(text(value, field))
        : bytes(value, field);
  if (encoded.length > 0xffff) throw new RangeError(`${field.name} is longer than 65,535 bytes`);
  out.u16(encoded.length);
  out.bytes(encoded);
}

function writeFields(out: ByteWriter, fields: readonly WriteField[], values: WriteFieldValues, layout: Layout): void {
  for (const field of fields) {
    const value = values[field.name];
    if (value === undefined) throw new TypeError(`${field.name} has no value`);
    if (field.count === undefined) {
      writeOne(out, field, value, values, layout);
      continue;
    }
    const items = value as readonly WriteFieldValue[];
    if (layout.traceLogging && typeof field.count === 'string') out.u16(items.length);
    else {
      const count = typeof field.count === 'number' ? field.count : Number(values[field.count]);
      if (items.length !== count) throw new RangeError(`${field.name} needs ${count} elements`);
    }
    for (const item of items) writeOne(out, field, item, values, layout);
  }
}

/**
 * The payload of a manifest event: its fields one behind the other, without padding (template of the event; [MS-EVEN6] and winmeta.xml name the types).
 * @throws TypeError or RangeError when a value is missing or does not fit its field
 */
export function encodePayload(fields: readonly WriteField[], values: WriteFieldValues, pointerBytes: 4 | 8 = 8): Uint8Array {
  const out = new ByteWriter();
  writeFields(out, fields, values, { pointerBytes, traceLogging: false });
  return out.written.slice();
}

/**
 * The payload of a TraceLogging event (TraceLoggingProvider.h): as {@link encodePayload}, but binary has its size before it, and so have arrays whose `count` is a
 * name (any: it says "not fixed").
 * @throws TypeError or RangeError when a value is missing or does not fit its field
 */
export function encodeTraceLogging(fields: readonly WriteField[], values: WriteFieldValues, pointerBytes: 4 | 8 = 8): Uint8Array {
  const out = new ByteWriter();
  writeFields(out, fields, values, { pointerBytes, traceLogging: true });
  return out.written.slice();
}
