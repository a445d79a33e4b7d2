/**
 * Writer of NTFS 3.1 volumes in memory, without any tool, and of chosen damage. It shares no code with the reader in `formats/disk`, so that a fault in
 * one does not hide a fault in the other.
 */
export * from './damage.ts';
export { compressLznt1 } from './lznt1.ts';
export { UP_CASE } from './names.ts';
export { OPEN_DESCRIPTOR } from './secure.ts';
export { SparseImage } from './sparse-image.ts';
export type {
  WriteContent,
  WriteEntry,
  WriteLink,
  WriteNtfs,
  WriteReparse,
  WriteStream,
  WriteTimes,
  WrittenFile,
  WrittenIndexBlock,
  WrittenNtfs,
  WrittenRun,
} from './types.ts';
export { RESIDENT_AT_MOST } from './types.ts';
export { writeNtfs } from './write-ntfs.ts';
