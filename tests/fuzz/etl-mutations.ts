import { type WriteEtlOptions, type WriteRecord, writeEtl } from '@winmedic/labs/etl-writer';
import { mutateRange } from './binary-mutations.ts';
import type { EtlSeed } from './etl-seeds.ts';
import type { Random } from './random.ts';

/** Size of WMI_BUFFER_HEADER. */
const BUFFER_HEADER = 0x48;
/** Room a record needs beside its payload: header, extended items. */
const RECORD_ROOM = 700;

/** Changes which records there are, their order, times and payloads. */
export function changeRecords(records: WriteRecord[], random: Random): string {
  if (records.length === 0) return 'nothing';
  const at = random.below(records.length);
  const record = records[at] as WriteRecord;
  switch (random.below(7)) {
    case 0:
      records.splice(at, 1 + random.below(4));
      return 'lose records';
    case 1:
      records.splice(random.below(records.length + 1), 0, ...records.slice(at, at + 1 + random.below(4)));
      return 'repeat records';
    case 2:
      records.splice(random.below(records.length), 0, ...records.splice(at, 1 + random.below(8)));
      return 'move records';
    case 3:
      records[at] = { ...record, rawTime: random.pick([0n, 1n, -1n, (1n << 63n) - 1n, 13_000_000_000n, BigInt(random.below(2 ** 31))]) };
      return 'other time';
    case 4:
      records[at] = { ...record, processor: random.pick([0, 1, 63, 255]) };
      return 'other processor';
    default: {
      if (record.payload === undefined || record.payload.length === 0) return 'nothing';
      const payload = record.payload.slice();
      const name = mutateRange(payload, 0, payload.length, random);
      records[at] = { ...record, payload: random.below(4) ? payload : payload.slice(0, random.below(payload.length)) };
      return `payload: ${name}`;
    }
  }
}

/** Writes records with options of any kind. */
export function writtenTrace(records: readonly WriteRecord[], seed: EtlSeed, random: Random): { bytes: Uint8Array; name: string } {
  const largest = Math.max(256, ...records.map(({ payload }) => (payload?.length ?? 0) + RECORD_ROOM)) + BUFFER_HEADER;
  const options: WriteEtlOptions = {
    ...seed.options,
    bufferBytes: 2 ** Math.ceil(Math.log2(largest)),
    clock: random.pick(['qpc', 'qpc', 'filetime', 'cycles'] as const),
    frequency: random.pick([10_000_000n, 3_515_625n, 1n]),
    pointerBytes: random.pick([8, 8, 8, 4] as const),
    compress: random.below(3) === 0,
    bufferOrder: random.pick(['alternate', 'last-processor-first'] as const),
    ...(random.below(4) === 0 && { eventsLost: 3, lostEventsAt: [1], lostBuffersAt: [2] }),
  };
  return { bytes: writeEtl(options, records), name: `${options.clock}${options.compress === true ? ' compressed' : ''}` };
}

interface Places {
  readonly buffers: readonly { readonly at: number; readonly size: number; readonly compressed: boolean }[];
  readonly records: readonly { readonly at: number; readonly size: number }[];
}

/** Buffers of a trace as the labs wrote it, and the records of those that are not compressed. */
function placesOf(bytes: Uint8Array): Places {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const buffers: { at: number; size: number; compressed: boolean }[] = [];
  const records: { at: number; size: number }[] = [];
  for (let at = 0; at + BUFFER_HEADER <= bytes.length; ) {
    const size = view.getUint32(at, true);
    if (size < BUFFER_HEADER || at + size > bytes.length) break;
    const compressed = (view.getUint16(at + 0x34, true) & 0x40) !== 0;
    buffers.push({ at, size, compressed });
    const end = at + Math.min(size, view.getUint32(at + 0x30, true));
    for (let record = at + BUFFER_HEADER; !compressed && record + 16 <= end; ) {
      const type = view.getUint8(record + 2);
      // Kernel records have their size behind the type, all others before it.
      const kernel = type <= 4 || type === 0x10 || type === 0x11;
      const length = view.getUint16(record + (kernel ? 4 : 0), true);
      if (length < 16 || record + length > end) break;
      records.push({ at: record, size: length });
      record += (length + 7) & ~7;
    }
    at += size;
  }
  return { buffers, records };
}

/** Changes a written trace: headers of the file, of buffers and records, extended items, compressed bytes, its end. */
export function changeTrace(input: Uint8Array, random: Random): { bytes: Uint8Array; name: string } {
  const bytes = input.slice();
  const { buffers, records } = placesOf(bytes);
  if (buffers.length === 0) return { bytes, name: 'nothing' };
  const buffer = random.pick(buffers);
  switch (random.below(8)) {
    case 0:
      return { bytes, name: `header of a buffer: ${mutateRange(bytes, buffer.at, buffer.at + BUFFER_HEADER, random)}` };
    case 1:
      // TRACE_LOGFILE_HEADER is the payload of the first record.
      return { bytes, name: `header of the trace: ${mutateRange(bytes, BUFFER_HEADER, BUFFER_HEADER + 0x20 + 0x118, random)}` };
    case 2: {
      const packed = random.pick(buffers.filter(({ compressed }) => compressed).concat(buffer));
      const to = random.below(2) ? packed.at + packed.size : Math.min(packed.at + packed.size, packed.at + BUFFER_HEADER + 64);
      return { bytes, name: `contents of a buffer: ${mutateRange(bytes, packed.at + BUFFER_HEADER, to, random)}` };
    }
    case 3: {
      const cut = random.below(bytes.length + 1);
      return { bytes: bytes.subarray(0, cut), name: `truncate at ${cut}` };
    }
    case 4: {
      const into = random.pick(buffers).at;
      const part = random.below(3) ? input.subarray(buffer.at, buffer.at + buffer.size) : new Uint8Array(1 + random.below(200)).fill(0x41);
      const rest = input.subarray(into + (random.below(2) ? part.length : 0));
      return { bytes: Uint8Array.from(Buffer.concat([input.subarray(0, into), part, rest])), name: 'put in a buffer' };
    }
    default: {
      if (records.length === 0) return { bytes, name: 'nothing' };
      const { at, size } = random.pick(records);
      // The header decides most, then what stands behind it.
      const to = at + (random.below(2) ? Math.min(size, 0x50) : size);
      return { bytes, name: `record: ${mutateRange(bytes, at, to, random)}` };
    }
  }
}
