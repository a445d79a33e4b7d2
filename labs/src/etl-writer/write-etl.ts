import { joinBytes } from '@winmedic/bytes';
import { ByteWriter } from '../evtx-writer/byte-writer.ts';
import { compressLzxpress } from './lzxpress.ts';
import { recordBytes } from './records.ts';
import type { WriteEtlOptions, WriteRecord } from './types.ts';

/** Size of WMI_BUFFER_HEADER. */
const BUFFER_HEADER = 0x48;
const FLAGS = { eventsLost: 2, bufferLost: 4, processorIndex: 0x20, compressed: 0x40 } as const;
const BUFFER_TYPES = { generic: 0, header: 4 } as const;
const CLOCKS = { qpc: 1, filetime: 2, cycles: 3 } as const;
/** EVENT_TRACE_COMPRESSED_MODE. */
const COMPRESSED_MODE = 0x04000000;
/** EVENT_TRACE_FILE_MODE_SEQUENTIAL. */
const SEQUENTIAL = 1;
/** Stamp of the first record when the clock does not count from 1601. */
const FIRST_STAMP = 13_000_000_000n;
/** 2026-04-01T00:00:00Z in FILETIME ticks. */
const DEFAULT_START = 134_195_136_000_000_000n;

type Options = Required<Omit<WriteEtlOptions, 'endTime'>> & { readonly endTime: bigint };

function withDefaults(options: WriteEtlOptions, records: readonly WriteRecord[]): Options {
  const startTime = options.startTime ?? records.reduce((least, { at }) => (at < least ? at : least), records[0]?.at ?? DEFAULT_START);
  const last = records.reduce((most, { at }) => (at > most ? at : most), startTime);
  const compress = options.compress ?? false;
  return {
    build: 26100,
    osMajor: 10,
    osMinor: 0,
    pointerBytes: 8,
    clock: 'qpc',
    frequency: 10_000_000n,
    cpuMhz: 2400,
    bootTime: startTime - 36_000_000_000n,
    bufferBytes: 65_536,
    processors: Math.max(1, ...records.map(({ processor = 0 }) => processor + 1)),
    loggerName: 'winmedic',
    logFileName: 'C:\\Traces\\winmedic.etl',
    logFileMode: SEQUENTIAL | (compress ? COMPRESSED_MODE : 0),
    biasMinutes: 0,
    eventsLost: 0,
    buffersLost: 0,
    lostEventsAt: [],
    lostBuffersAt: [],
    bufferOrder: 'alternate',
    ...options,
    compress,
    startTime,
    endTime: options.endTime ?? last,
  };
}

/** The stamp of a moment in the clock of the trace, rounded up: turned back it is the same moment if the clock ticks at least ten million times a second. */
function stamp(at: bigint, options: Options): bigint {
  if (options.clock === 'filetime') return at;
  const passed = at - options.startTime;
  const [times, by] = options.clock === 'qpc' ? [options.frequency, 10_000_000n] : [BigInt(options.cpuMhz), 10n];
  return FIRST_STAMP + (passed * times + by - 1n) / by;
}

/** TRACE_LOGFILE_HEADER with the two names behind it: payload of the first record. */
function logFileHeader(options: Options, buffers: number): Uint8Array {
  const out = new ByteWriter();
  out.u32(options.bufferBytes);
  for (const part of [options.osMajor, options.osMinor, 1, 5]) out.u8(part);
  out.u32(options.build);
  out.u32(options.processors);
  out.u64(options.endTime);
  out.u32(156_250);
  out.u32(0);
  out.u32(options.logFileMode);
  out.u32(buffers);
  out.u32(1);
  out.u32(options.pointerBytes);
  out.u32(options.eventsLost);
  out.u32(options.cpuMhz);
  // LoggerName and LogFileName: pointers that mean nothing in a file.
  for (let rest = 2 * options.pointerBytes; rest > 0; rest--) out.u8(0);
  // TIME_ZONE_INFORMATION: bias, name, date, bias of each season.
  out.u32(options.biasMinutes >>> 0);
  for (let rest = 0xac - 4; rest > 0; rest--) out.u8(0);
  while (out.position % 8 !== 0) out.u8(0);
  out.u64(options.bootTime);
  out.u64(options.frequency);
  out.u64(options.startTime);
  out.u32(CLOCKS[options.clock]);
  out.u32(options.buffersLost);
  for (const name of [options.loggerName, options.logFileName]) {
    out.utf16(name);
    out.u16(0);
  }
  return out.written.slice();
}

interface Filled {
  readonly processor: number;
  readonly content: Uint8Array;
}

/** Records of one processor in buffers, each record at a multiple of 8. */
function fill(records: readonly WriteRecord[], processor: number, options: Options): Filled[] {
  const filled: Filled[] = [];
  let out = new ByteWriter();
  for (const record of records) {
    const bytes = recordBytes(record, record.rawTime ?? stamp(record.at, options), options.pointerBytes);
    const aligned = (bytes.length + 7) & ~7;
    if (aligned > options.bufferBytes - BUFFER_HEADER) throw new RangeError(`a record of ${bytes.length} bytes is larger than a buffer`);
    if (out.written.length + aligned > options.bufferBytes - BUFFER_HEADER) {
      filled.push({ processor, content: out.written.slice() });
      out = new ByteWriter();
    }
    out.bytes(bytes);
    for (let rest = aligned - bytes.length; rest > 0; rest--) out.u8(0);
  }
  if (out.written.length > 0) filled.push({ processor, content: out.written.slice() });
  return filled;
}

function ordered(perProcessor: readonly Filled[][], order: Options['bufferOrder']): Filled[] {
  if (order === 'last-processor-first') return perProcessor.toReversed().flat();
  const rounds = Math.max(0, ...perProcessor.map((list) => list.length));
  return Array.from({ length: rounds }, (_, round) => perProcessor.flatMap((list) => list.slice(round, round + 1))).flat();
}

interface BufferPlace {
  readonly index: number;
  readonly sequence: bigint;
}

function bufferBytes({ processor, content }: Filled, { index, sequence }: BufferPlace, options: Options): Uint8Array {
  const filled = BUFFER_HEADER + content.length;
  const compressed = options.compress && index > 0 ? compressLzxpress(content) : undefined;
  const size = compressed ? BUFFER_HEADER + compressed.length : options.bufferBytes;
  const out = new ByteWriter(0, size);
  out.u32(size);
  // SavedOffset: what is filled; of a compressed buffer the size it had.
  out.u32(filled);
  out.u32(filled);
  out.u32(0);
  out.u64(options.endTime);
  out.u64(sequence);
  out.u64((options.frequency << 3n) | BigInt(CLOCKS[options.clock]));
  out.u16(processor);
  out.u16(0);
  out.u32(3);
  out.u32(filled);
  out.u16(
    FLAGS.processorIndex |
      (compressed ? FLAGS.compressed : 0) |
      (options.lostEventsAt.includes(index) ? FLAGS.eventsLost : 0) |
      (options.lostBuffersAt.includes(index) ? FLAGS.bufferLost : 0),
  );
  out.u16(index === 0 ? BUFFER_TYPES.header : BUFFER_TYPES.generic);
  out.u64(0n);
  out.u64(0n);
  out.bytes(compressed ?? content);
  // What is not used is filled with 0xFF, as Windows does.
  while (out.written.length < size) out.u8(0xff);
  return out.written.slice();
}

/**
 * Writes a trace file (.etl) of given records: layout of WMI_BUFFER_HEADER, TRACE_LOGFILE_HEADER and the trace headers as Geoff Chappell and Microsoft Learn
 * (ETW_BUFFER_HEADER, TRACE_LOGFILE_HEADER) describe them, compressed buffers by [MS-XCA] 2.3. The first buffer holds the header record alone; the records of each
 * processor follow in their order, in buffers of their own.
 * @throws TypeError or RangeError when something does not fit its place
 */
export function writeEtl(given: WriteEtlOptions, records: readonly WriteRecord[]): Uint8Array {
  const options = withDefaults(given, records);
  const perProcessor = Array.from({ length: options.processors }, (_, processor) =>
    fill(
      records.filter((record) => (record.processor ?? 0) === processor),
      processor,
      options,
    ),
  );
  const content = ordered(perProcessor, options.bufferOrder);
  const header = recordBytes(
    { kind: 'system', id: 0, at: options.startTime, payload: logFileHeader(options, content.length + 1) },
    stamp(options.startTime, options),
    options.pointerBytes,
  );
  const first = new Uint8Array((header.length + 7) & ~7);
  first.set(header);
  let sequence = 0n;
  const buffers = [{ processor: 0, content: first }, ...content].map((filled, index) => {
    // A buffer that was lost had a number, too.
    if (options.lostBuffersAt.includes(index)) sequence++;
    return bufferBytes(filled, { index, sequence: sequence++ }, options);
  });
  return joinBytes(...buffers);
}
