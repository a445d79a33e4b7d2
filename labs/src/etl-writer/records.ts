import { ByteWriter } from '../evtx-writer/byte-writer.ts';
import { guidBytes, sidBytes } from './payload.ts';
import type {
  WriteClassicRecord,
  WriteEventRecord,
  WriteField,
  WriteFieldType,
  WriteKernelRecord,
  WriteMessageRecord,
  WriteRecord,
  WriteTraceLogging,
} from './types.ts';

/** Header types: 32-bit, 64-bit (Chappell, WMI trace headers; capture-and-etl 8.5). */
const TYPES = {
  system: [1, 2],
  compact: [3, 4],
  classic: [0x0a, 0x14],
  instance: [0x0b, 0x15],
  perfinfo: [0x10, 0x11],
  event: [0x12, 0x13],
  message: [0x0f, 0x0f],
} as const;

/** Byte +3 of a record: a header, of an event trace. Message records have their own. */
const HEADER_MARK = 0xc0;
const MESSAGE_MARK = 0x90;

const EVENT_FLAGS = { extended: 0x01, pointer32: 0x20, pointer64: 0x40 } as const;
const ITEMS = { relatedActivity: 1, sid: 2, sessionId: 3, schema: 0x0b, traits: 0x0c } as const;

/** In-types of TraceLogging (TraceLoggingProvider.h). */
const IN_TYPES: Partial<Record<WriteFieldType, number>> = {
  UnicodeString: 1,
  AnsiString: 2,
  Int8: 3,
  UInt8: 4,
  Int16: 5,
  UInt16: 6,
  Int32: 7,
  UInt32: 8,
  Int64: 9,
  UInt64: 10,
  Float: 11,
  Double: 12,
  Boolean: 13,
  Binary: 14,
  GUID: 15,
  FILETIME: 17,
  SYSTEMTIME: 18,
  SID: 19,
  HexInt32: 20,
  HexInt64: 21,
  CountedUnicodeString: 22,
  CountedAnsiString: 23,
  Struct: 24,
};
const IN_TYPE_FLAGS = { constantCount: 0x20, variableCount: 0x40, outType: 0x80 } as const;

function utf8z(out: ByteWriter, text: string): void {
  out.bytes(new TextEncoder().encode(text));
  out.u8(0);
}

function schemaFields(out: ByteWriter, fields: readonly WriteField[]): void {
  for (const field of fields) {
    utf8z(out, field.name);
    const type = IN_TYPES[field.type];
    if (type === undefined) throw new TypeError(`TraceLogging has no ${field.type}`);
    const count =
      field.count === undefined ? 0 : typeof field.count === 'number' ? IN_TYPE_FLAGS.constantCount : IN_TYPE_FLAGS.variableCount;
    const members = field.type === 'Struct' ? (field.fields ?? []) : undefined;
    out.u8(type | count | (members ? IN_TYPE_FLAGS.outType : 0));
    // The out-type of a struct is the number of its members.
    if (members) out.u8(members.length);
    if (typeof field.count === 'number') out.u16(field.count);
    if (members) schemaFields(out, members);
  }
}

/** The description of a TraceLogging event: size, tag, name, fields. */
function schema({ name, fields, tag = 0 }: WriteTraceLogging): Uint8Array {
  const out = new ByteWriter();
  out.u16(0);
  // 7 bits a byte from the most significant of 28 down; bit 7: another byte follows.
  for (let rest = tag, more = true; more; rest = (rest << 7) & 0x0fffffff) {
    more = ((rest << 7) & 0x0fffffff) !== 0;
    out.u8(((rest >>> 21) & 0x7f) | (more ? 0x80 : 0));
  }
  utf8z(out, name);
  schemaFields(out, fields);
  out.patchU16(0, out.written.length);
  return out.written.slice();
}

function traits(providerName: string): Uint8Array {
  const out = new ByteWriter();
  out.u16(0);
  utf8z(out, providerName);
  out.patchU16(0, out.written.length);
  return out.written.slice();
}

function extendedItems(record: WriteEventRecord): { readonly type: number; readonly data: Uint8Array }[] {
  const items = [...(record.items ?? [])];
  if (record.relatedActivityId !== undefined) items.push({ type: ITEMS.relatedActivity, data: guidBytes(record.relatedActivityId) });
  if (record.userSid !== undefined) items.push({ type: ITEMS.sid, data: sidBytes(record.userSid) });
  if (record.sessionId !== undefined) {
    const data = new ByteWriter();
    data.u32(record.sessionId);
    items.push({ type: ITEMS.sessionId, data: data.written });
  }
  if (record.traceLogging !== undefined) items.push({ type: ITEMS.schema, data: schema(record.traceLogging) });
  if (record.providerName !== undefined) items.push({ type: ITEMS.traits, data: traits(record.providerName) });
  return items;
}

function eventRecord(out: ByteWriter, record: WriteEventRecord, rawTime: bigint, machine: 4 | 8): void {
  const items = extendedItems(record);
  const pointer = record.pointerBytes ?? machine;
  out.u16(
    (items.length > 0 ? EVENT_FLAGS.extended : 0) | (pointer === 4 ? EVENT_FLAGS.pointer32 : pointer === 8 ? EVENT_FLAGS.pointer64 : 0),
  );
  out.u16(0);
  out.u32(record.tid ?? 0);
  out.u32(record.pid ?? 0);
  out.u64(rawTime);
  out.bytes(guidBytes(record.provider));
  out.u16(record.id);
  out.u8(record.version ?? 0);
  out.u8(record.channel ?? 0);
  out.u8(record.level ?? 4);
  out.u8(record.opcode ?? 0);
  out.u16(record.task ?? 0);
  out.u64(record.keyword ?? 0n);
  out.u64(0n);
  out.bytes(record.activityId === undefined ? new Uint8Array(16) : guidBytes(record.activityId));
  for (const [index, { type, data }] of items.entries()) {
    const size = (8 + data.length + 7) & ~7;
    out.u16(size);
    out.u16(type);
    out.u16(index + 1 < items.length ? 1 : 0);
    out.u16(data.length);
    out.bytes(data);
    for (let rest = size - 8 - data.length; rest > 0; rest--) out.u8(0);
  }
}

function classicRecord(out: ByteWriter, record: WriteClassicRecord, rawTime: bigint): void {
  out.u8(record.id);
  out.u8(record.level ?? 4);
  out.u16(record.version ?? 0);
  out.u32(record.tid ?? 0);
  out.u32(record.pid ?? 0);
  out.u64(rawTime);
  out.bytes(guidBytes(record.provider));
  out.u64(0n);
  if (record.kind === 'classic') return;
  out.u32(record.instance?.id ?? 0);
  out.u32(record.instance?.parentId ?? 0);
  out.bytes(record.instance ? guidBytes(record.instance.parent) : new Uint8Array(16));
}

/** Order of what the flags announce: MESSAGE_TRACE_HEADER and TraceMessage of evntrace.h. */
function messageRecord(out: ByteWriter, record: WriteMessageRecord, rawTime: bigint): void {
  const process = record.pid !== undefined || record.tid !== undefined;
  const timed = record.timed !== false;
  out.u16(record.id);
  out.u16(
    (record.sequence !== undefined ? 1 : 0) |
      (record.provider !== undefined ? 2 : 0) |
      (record.componentId !== undefined ? 4 : 0) |
      (timed ? 8 : 0) |
      (process ? 0x20 : 0),
  );
  if (record.sequence !== undefined) out.u32(record.sequence);
  if (record.provider !== undefined) out.bytes(guidBytes(record.provider));
  if (record.componentId !== undefined) out.u32(record.componentId);
  if (timed) out.u64(rawTime);
  if (process) {
    out.u32(record.tid ?? 0);
    out.u32(record.pid ?? 0);
  }
}

function kernelRecord(out: ByteWriter, record: WriteKernelRecord, rawTime: bigint): void {
  out.u16(0);
  out.u16(record.id);
  if (record.kind !== 'perfinfo') {
    out.u32(record.tid ?? 0);
    out.u32(record.pid ?? 0);
  }
  out.u64(rawTime);
  if (record.kind === 'system') out.u64(0n);
}

function isKernel(record: WriteRecord): record is WriteKernelRecord {
  return record.kind === 'system' || record.kind === 'compact' || record.kind === 'perfinfo';
}

/** A record as it stands in a buffer, without the bytes that align the next. @throws RangeError when it is longer than 65,535 bytes */
export function recordBytes(record: WriteRecord, rawTime: bigint, machine: 4 | 8): Uint8Array {
  const out = new ByteWriter();
  const kernel = isKernel(record);
  out.u16(kernel ? (record.version ?? 2) : 0);
  out.u8(TYPES[record.kind][machine === 4 ? 0 : 1]);
  out.u8(record.kind === 'message' ? MESSAGE_MARK : HEADER_MARK);
  if (isKernel(record)) kernelRecord(out, record, rawTime);
  else if (record.kind === 'event') eventRecord(out, record, rawTime, machine);
  else if (record.kind === 'message') messageRecord(out, record, rawTime);
  else classicRecord(out, record, rawTime);
  if (record.payload) out.bytes(record.payload);
  const size = out.written.length;
  if (size > 0xffff) throw new RangeError(`a record of ${size} bytes: its size has 16 bits`);
  out.patchU16(kernel ? 4 : 0, size);
  return out.written.slice();
}
