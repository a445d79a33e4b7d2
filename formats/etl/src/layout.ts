import type { EtlRecordKind } from './types.ts';

/** Header types of records. @source Geoff Chappell, Trace Headers (NTWMI.H) */
export const RECORD = {
  system32: 1,
  system64: 2,
  compact32: 3,
  compact64: 4,
  full32: 10,
  instance32: 11,
  message: 15,
  perfinfo32: 16,
  perfinfo64: 17,
  event32: 18,
  event64: 19,
  full64: 20,
  instance64: 21,
} as const;

/** How one header type is laid out. */
export interface RecordLayout {
  readonly kind: EtlRecordKind;
  /** Bytes of the header without what flags add. */
  readonly headerBytes: number;
  /** Offset of the u16 total size. */
  readonly sizeAt: 0 | 4;
  /** Offset of the time stamp; -1 for a message, where flags decide. */
  readonly timeAt: number;
  /** Offset of the GUID; -1 without one. */
  readonly guidAt: number;
  /** Size of pointers when no flag says it. */
  readonly pointerBytes: 4 | 8;
}

function layout(
  kind: EtlRecordKind,
  headerBytes: number,
  sizeAt: 0 | 4,
  timeAt: number,
  guidAt: number,
  pointerBytes: 4 | 8,
): RecordLayout {
  return { kind, headerBytes, sizeAt, timeAt, guidAt, pointerBytes };
}

const known: ReadonlyMap<number, RecordLayout> = new Map([
  [RECORD.system32, layout('system', 0x20, 4, 0x10, -1, 4)],
  [RECORD.system64, layout('system', 0x20, 4, 0x10, -1, 8)],
  [RECORD.compact32, layout('compact', 0x18, 4, 0x10, -1, 4)],
  [RECORD.compact64, layout('compact', 0x18, 4, 0x10, -1, 8)],
  [RECORD.full32, layout('classic', 0x30, 0, 0x10, 0x18, 4)],
  [RECORD.instance32, layout('instance', 0x48, 0, 0x10, 0x18, 4)],
  [RECORD.message, layout('message', 8, 0, -1, -1, 8)],
  [RECORD.perfinfo32, layout('perfinfo', 0x10, 4, 8, -1, 4)],
  [RECORD.perfinfo64, layout('perfinfo', 0x10, 4, 8, -1, 8)],
  [RECORD.event32, layout('event', 0x50, 0, 0x10, 0x18, 4)],
  [RECORD.event64, layout('event', 0x50, 0, 0x10, 0x18, 8)],
  [RECORD.full64, layout('classic', 0x30, 0, 0x10, 0x18, 8)],
  [RECORD.instance64, layout('instance', 0x48, 0, 0x10, 0x18, 8)],
]);

/** Layout by header type; `undefined` for none. */
export const LAYOUTS: readonly (RecordLayout | undefined)[] = Array.from({ length: 256 }, (_, type) => known.get(type));

/** Flags of EVENT_HEADER. @source Microsoft Learn, EVENT_HEADER (evntcons.h) */
export const EVENT_FLAG = { extended: 1, stringOnly: 4, pointer32: 0x20, pointer64: 0x40, classic: 0x100 } as const;

/** OptionFlags of MESSAGE_TRACE_HEADER. @source Microsoft Learn, TraceMessage; Geoff Chappell, MESSAGE_TRACE_HEADER */
const MESSAGE_FLAG = { sequence: 1, guid: 2, component: 4, stamp: 8, oldStamp: 0x10, system: 0x20 } as const;

/** Where the parts of a message lie that its flags choose. Offsets from the start of the record, -1 for one that is not there. */
export interface MessageParts {
  readonly guidAt: number;
  readonly timeAt: number;
  readonly threadAt: number;
  readonly headerBytes: number;
  readonly pointerBytes: 4 | 8 | 0;
}

/** Parts of a message by its flags: sequence number, component or GUID, stamp, thread and process, in this order. */
function messageParts(flags: number): MessageParts {
  let at = 8;
  if ((flags & MESSAGE_FLAG.sequence) !== 0) at += 4;
  let guidAt = -1;
  if ((flags & MESSAGE_FLAG.component) !== 0) at += 4;
  else if ((flags & MESSAGE_FLAG.guid) !== 0) {
    guidAt = at;
    at += 16;
  }
  let timeAt = -1;
  if ((flags & (MESSAGE_FLAG.stamp | MESSAGE_FLAG.oldStamp)) !== 0) {
    // Room is kept for either flag, but only the first one fills it.
    if ((flags & MESSAGE_FLAG.stamp) !== 0) timeAt = at;
    at += 8;
  }
  let threadAt = -1;
  if ((flags & MESSAGE_FLAG.system) !== 0) {
    threadAt = at;
    at += 8;
  }
  const pointers = (flags >> 6) & 3;
  return { guidAt, timeAt, threadAt, headerBytes: at, pointerBytes: pointers === 1 ? 4 : pointers === 2 ? 8 : 0 };
}

const MESSAGES: readonly MessageParts[] = Array.from({ length: 256 }, (_, flags) => messageParts(flags));

/** Where the parts of a message lie, by its flags. */
export function partsOfMessage(flags: number): MessageParts {
  return MESSAGES[flags & 0xff]!;
}

/** Bytes that counters and the PEBS index add to the header of a PERFINFO record. @source Geoff Chappell, PERFINFO_TRACE_HEADER, Extended Data Items */
export function perfinfoExtra(version: number): number {
  return ((version & 0x8000) !== 0 ? 8 : 0) + ((version >> 8) & 7) * 8;
}
