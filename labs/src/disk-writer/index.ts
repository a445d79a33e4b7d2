/**
 * Writer of partition tables, for tests. It shares no code with the reader in `formats/disk`, so that a fault in one does not hide a fault in the other.
 */
export { assembleDisk, type DiskPiece, type MemoryDisk, memoryDisk } from './assemble.ts';
export { GPT_TYPE, gptPieces, type WriteGpt, type WriteGptPartition } from './gpt.ts';
export { ldmPieces, type MbrSlot, mbrPieces, type WriteMbr } from './mbr.ts';
