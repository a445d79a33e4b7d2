import { MAX_BUFFER_BYTES } from './limits.ts';

/** Size of WMI_BUFFER_HEADER in all versions. */
export const BUFFER_HEADER_BYTES = 0x48;
/** BufferFlag: the session lost events before this buffer. */
export const FLAG_EVENTS_LOST = 2;
/** BufferFlag: the session lost whole buffers. */
export const FLAG_BUFFER_LOST = 4;
/** BufferFlag: processor in 16 bits instead of 8. */
const FLAG_PROC_INDEX = 0x20;
/** BufferFlag: records compressed. */
export const FLAG_COMPRESSED = 0x40;
/** BufferType of the buffer with TRACE_LOGFILE_HEADER. */
export const TYPE_HEADER = 4;
/** First BufferType that is none (ETW_BUFFER_TYPE_MAXIMUM). */
const TYPE_MAXIMUM = 8;
/** First BufferFlag bit without meaning. */
const FLAG_MAXIMUM = 0x80;

/**
 * WMI_BUFFER_HEADER, checked.
 * @source Geoff Chappell, WMI_BUFFER_HEADER; Microsoft Learn, ETW_BUFFER_HEADER
 */
export interface BufferHeader {
  /** Bytes of the buffer in the file: the next one follows. */
  readonly bytes: number;
  /** Bytes in use as the header says, itself included; of a compressed buffer: once decompressed. */
  readonly filled: number;
  readonly sequence: number;
  readonly processor: number;
  readonly flags: number;
  readonly type: number;
  readonly compressed: boolean;
}

/** Header at `at`, of which 0x48 bytes are there; `undefined` when it is none: sizes, flags or type impossible. */
export function readBufferHeader(view: DataView, at: number): BufferHeader | undefined {
  const bytes = view.getUint32(at, true);
  const flags = view.getUint16(at + 0x34, true);
  const type = view.getUint16(at + 0x36, true);
  if (bytes < BUFFER_HEADER_BYTES || bytes > MAX_BUFFER_BYTES || flags >= FLAG_MAXIMUM || type >= TYPE_MAXIMUM) return undefined;
  const saved = view.getUint32(at + 4, true);
  const compressed = (flags & FLAG_COMPRESSED) !== 0;
  // Offset (0x30) counts what was reserved; older and relogged files leave it or the others 0.
  const offset = view.getUint32(at + 0x30, true);
  const filled = compressed ? saved || offset : offset || saved || view.getUint32(at + 8, true);
  if (filled > MAX_BUFFER_BYTES || filled < BUFFER_HEADER_BYTES) return undefined;
  return {
    bytes,
    filled,
    sequence: view.getUint32(at + 0x18, true) + view.getUint32(at + 0x1c, true) * 0x1_0000_0000,
    processor: (flags & FLAG_PROC_INDEX) === 0 ? view.getUint8(at + 0x28) : view.getUint16(at + 0x28, true),
    flags,
    type,
    compressed,
  };
}
