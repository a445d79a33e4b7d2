import { FILE_HEADER_BLOCK } from './limits.ts';
import type { EvtxFileHeader } from './types.ts';

/** `ElfFile\0` as two little-endian dwords. */
export const FILE_MAGIC_LOW = 0x4666_6c45;
/** See {@link FILE_MAGIC_LOW}. */
export const FILE_MAGIC_HIGH = 0x0065_6c69;
/** Bytes of the header that mean something; its CRC covers the first 120. */
export const FILE_HEADER_SIZE = 128;

const FLAG_DIRTY = 1;
const FLAG_FULL = 2;
const FLAG_NO_CRC = 4;

/** True when a file header's magic lies at the offset. */
export function isFileMagic(view: DataView, at: number): boolean {
  return view.getUint32(at, true) === FILE_MAGIC_LOW && view.getUint32(at + 4, true) === FILE_MAGIC_HIGH;
}

/** True when the constant fields behind the magic fit too: header size 128, block size 4096. */
export function looksLikeFileHeader(view: DataView, at: number): boolean {
  return (
    isFileMagic(view, at) && (view.getUint32(at + 32, true) === FILE_HEADER_SIZE || view.getUint16(at + 40, true) === FILE_HEADER_BLOCK)
  );
}

/**
 * The file header at the offset (128 bytes must be there).
 * Layout: magic 0, first chunk 8, last chunk 16, next record id 24, header size 32, minor 36, major 38, block size 40,
 * chunk count 42, flags 120, CRC of bytes 0-119 at 124.
 */
export function readFileHeader(bytes: Uint8Array, at: number, crc32: (bytes: Uint8Array) => number): EvtxFileHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, FILE_HEADER_SIZE);
  const flags = view.getUint32(120, true);
  return {
    present: true,
    minorVersion: view.getUint16(36, true),
    majorVersion: view.getUint16(38, true),
    chunkCount: view.getUint16(42, true),
    nextRecordId: view.getBigUint64(24, true),
    dirty: (flags & FLAG_DIRTY) !== 0,
    full: (flags & FLAG_FULL) !== 0,
    noCrc: (flags & FLAG_NO_CRC) !== 0,
    crcValid: crc32(bytes.subarray(at, at + 120)) === view.getUint32(124, true),
  };
}

/** Stands for a header that is missing or overwritten. */
export const ABSENT_HEADER: EvtxFileHeader = {
  present: false,
  majorVersion: 0,
  minorVersion: 0,
  chunkCount: 0,
  nextRecordId: 0n,
  dirty: true,
  full: false,
  noCrc: false,
  crcValid: false,
};
