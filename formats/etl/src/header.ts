import { type DamageReport, decodeUtf16, viewOf } from '@winmedic/bytes';
import { BUFFER_HEADER_BYTES, readBufferHeader, TYPE_HEADER } from './buffer-header.ts';
import { type EtlDamageCode, EtlError } from './errors.ts';
import { LAYOUTS, RECORD } from './layout.ts';
import { MAX_NAME_CHARS } from './limits.ts';
import type { EtlClock, EtlHeader } from './types.ts';

/** Header of the first record, a SYSTEM header; TRACE_LOGFILE_HEADER follows. */
const LOGFILE_AT = BUFFER_HEADER_BYTES + 0x20;
/** Up to PointerSize, which recognising looks at last. */
const RECOGNISED_BYTES = LOGFILE_AT + 0x30;

/** Sizes of TRACE_LOGFILE_HEADER and offsets behind its two pointers. @source Geoff Chappell, TRACE_LOGFILE_HEADER; Microsoft Learn, TRACE_LOGFILE_HEADER */
const FORM_32 = { bytes: 0x110, zone: 0x40, boot: 0xf0, frequency: 0xf8, start: 0x100, clock: 0x108, buffersLost: 0x10c } as const;
const FORM_64 = { bytes: 0x118, zone: 0x48, boot: 0xf8, frequency: 0x100, start: 0x108, clock: 0x110, buffersLost: 0x114 } as const;

/**
 * Whether the bytes a file begins with are those of a trace: a header buffer whose first record is TRACE_LOGFILE_HEADER.
 *
 * @param head the first bytes of a file, 152 at least; of fewer nothing is said (`false`).
 * @source Geoff Chappell, WMI_BUFFER_HEADER and SYSTEM_TRACE_HEADER
 */
export function recogniseEtl(head: Uint8Array): boolean {
  if (head.length < RECOGNISED_BYTES) return false;
  const view = viewOf(head);
  const buffer = readBufferHeader(view, 0);
  if (buffer === undefined || buffer.type !== TYPE_HEADER || buffer.compressed) return false;
  const at = BUFFER_HEADER_BYTES;
  const type = head[at + 2];
  const form = type === RECORD.system32 ? FORM_32 : FORM_64;
  if ((type !== RECORD.system32 && type !== RECORD.system64) || (head[at + 3]! & 0x80) === 0) return false;
  const size = view.getUint16(at + 4, true);
  const pointer = view.getUint32(LOGFILE_AT + 0x2c, true);
  return view.getUint16(at + 6, true) === 0 && size >= 0x20 + form.bytes && at + size <= buffer.bytes && (pointer === 4 || pointer === 8);
}

/** The opened header and what orders and times records by it. */
export interface TraceStart {
  readonly header: EtlHeader;
  /** Stamp of the first record: StartTime of the QPC clock. */
  readonly firstStamp: bigint;
}

const CLOCKS: readonly (EtlClock | undefined)[] = [undefined, 'qpc', 'filetime', 'cycles'];

/**
 * Reads TRACE_LOGFILE_HEADER out of the first bytes of a trace.
 *
 * @param head the first buffer, or as much of it as there is.
 * @throws EtlError ETL_FORMAT when it is no trace or ends within the header.
 */
export function readTraceStart(head: Uint8Array, damage: DamageReport<EtlDamageCode>): TraceStart {
  if (!recogniseEtl(head)) throw new EtlError('ETL_FORMAT', 'first buffer', { need: RECOGNISED_BYTES, have: head.length });
  const view = viewOf(head);
  const record = BUFFER_HEADER_BYTES;
  const form = head[record + 2] === RECORD.system32 ? FORM_32 : FORM_64;
  const at = LOGFILE_AT;
  if (at + form.bytes > head.length) {
    throw new EtlError('ETL_FORMAT', 'TRACE_LOGFILE_HEADER', { offset: at, need: form.bytes, have: head.length - at });
  }
  const reserved = view.getUint32(at + form.clock, true);
  // Windows 2000 and XP left it 0 and used the performance counter.
  const clock = reserved === 0 ? 'qpc' : CLOCKS[reserved];
  const frequency = view.getBigUint64(at + form.frequency, true);
  const cpuMhz = view.getUint32(at + 0x34, true);
  if (clock === undefined) damage('ETL_CLOCK', at + form.clock, 'clock', '1..3', reserved);
  if ((clock ?? 'qpc') === 'qpc' && frequency === 0n) damage('ETL_CLOCK', at + form.frequency, 'PerfFreq', '1..', 0);
  if (clock === 'cycles' && cpuMhz === 0) damage('ETL_CLOCK', at + 0x34, 'CpuSpeedInMHz', '1..', 0);
  const end = Math.min(head.length, record + view.getUint16(record + 4, true));
  const [loggerName, next] = name(head, at + form.bytes, end);
  const [logFileName, , whole] = name(head, next, end);
  if (!whole) damage('ETL_HEADER', next, 'LogFileName');
  return {
    firstStamp: view.getBigInt64(record + LAYOUTS[RECORD.system64]!.timeAt, true),
    header: {
      bufferBytes: view.getUint32(at, true),
      osMajor: head[at + 4]!,
      osMinor: head[at + 5]!,
      build: view.getUint32(at + 8, true),
      processors: view.getUint32(at + 0xc, true),
      pointerBytes: view.getUint32(at + 0x2c, true) === 4 ? 4 : 8,
      startTime: view.getBigUint64(at + form.start, true),
      endTime: view.getBigUint64(at + 0x10, true),
      bootTime: view.getBigUint64(at + form.boot, true),
      clock: clock ?? 'qpc',
      frequency,
      cpuMhz,
      logFileMode: view.getUint32(at + 0x20, true),
      buffersWritten: view.getUint32(at + 0x24, true),
      eventsLost: view.getUint32(at + 0x30, true),
      buffersLost: view.getUint32(at + form.buffersLost, true),
      loggerName,
      logFileName,
      biasMinutes: view.getInt32(at + form.zone, true),
    },
  };
}

/** NUL-terminated UTF-16 text at `at`, the offset behind it, and whether its NUL was there. */
function name(bytes: Uint8Array, at: number, end: number): [text: string, next: number, whole: boolean] {
  let chars = 0;
  while (chars < MAX_NAME_CHARS && at + chars * 2 + 1 < end && (bytes[at + chars * 2]! | bytes[at + chars * 2 + 1]!) !== 0) chars++;
  const next = at + chars * 2;
  return [decodeUtf16(bytes, at, chars), Math.min(end, next + 2), next + 1 < end];
}
