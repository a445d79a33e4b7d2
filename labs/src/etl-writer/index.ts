/**
 * Writer of event trace files (.etl) with known contents, for tests and benches. It shares no code with the reader in `formats/etl`, so that a fault in one does not
 * hide a fault in the other.
 */
export { compressLzxpress } from './lzxpress.ts';
export { ndisPacket, pktmonPacket, type WriteNdisPacket, type WritePktmonPacket } from './packets.ts';
export { encodePayload, encodeTraceLogging } from './payload.ts';
export type {
  WriteClassicRecord,
  WriteEtlOptions,
  WriteEventRecord,
  WriteField,
  WriteFieldType,
  WriteFieldValue,
  WriteFieldValues,
  WriteKernelRecord,
  WriteMessageRecord,
  WriteRecord,
  WriteTraceLogging,
} from './types.ts';
export { writeEtl } from './write-etl.ts';
