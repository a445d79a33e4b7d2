import type { DumpLimits } from './types.ts';

/** Bytes of one page; x64 and ARM64 Windows both use 4 KiB (Intel SDM vol. 3A 4.5; Arm ARM DDI 0487 D8.2, 4 KB granule). */
export const PAGE_BYTES = 4096;
/** Header of a 64-bit dump (DUMP_HEADER64); the part of its kind follows. */
export const HEADER_BYTES_64 = 0x2000;
/** Header of a 32-bit dump (DUMP_HEADER32). */
export const HEADER_BYTES_32 = 0x1000;

/** Defaults of {@link DumpLimits}: far above genuine dumps, low enough that a crafted file cannot exhaust memory or time. */
export const DEFAULT_LIMITS: DumpLimits = {
  // A busy server loads some 300 images.
  maxModules: 8192,
  // A kernel stack has tens of KiB; the sample at hand keeps 8 KiB of it.
  maxStackBytes: 1 << 18,
  // The sample at hand has 1,831 blocks.
  maxDataBlocks: 1 << 16,
  // Fragmented memory of a machine with 64 GiB; 24 bytes each.
  maxRuns: 1 << 20,
};

/** Damages told through `onDamage`; a crafted file could cause one per entry of every table. */
export const MAX_DAMAGES_REPORTED = 10_000;
/** Unloaded drivers read: Windows keeps a few dozen, so more is a wrong count. */
export const MAX_UNLOADED = 1024;
/** Characters of a module's path: the object manager's own limit of a UNICODE_STRING (65,534 bytes) is far beyond any real one. */
export const MAX_NAME_CHARS = 4096;
/** Bytes given out by one `readMemory`: callers want structures, not whole memories. */
export const MAX_READ_BYTES = 16 << 20;
/** Pages of the dump held in memory while tables and lists are walked (2 MiB). */
export const CACHED_PAGES = 512;
/** Results of page-table walks remembered. */
export const CACHED_TRANSLATIONS = 4096;
/** Bytes of the bitmap behind one remembered count of pages: 128 MiB of the machine's memory. */
export const BITMAP_BLOCK_BYTES = 4096;
/** Pages a bitmap may describe: 64 TiB, above the 48 TB Windows Server supports; larger counts are damage. */
export const MAX_BITMAP_PAGES = 2 ** 34;
/** Physical page numbers have 40 bits (52-bit physical addresses, Intel SDM vol. 3A 4.1.4). */
export const MAX_PAGE_NUMBER = 2 ** 40;

/** Limits with defaults filled in; a nonsensical number falls back to the default. */
export function withDefaults(limits: Partial<DumpLimits> | undefined): DumpLimits {
  const pick = (key: keyof DumpLimits, most: number): number => {
    const value = limits?.[key];
    return value !== undefined && Number.isFinite(value) && value >= 1 ? Math.min(Math.floor(value), most) : DEFAULT_LIMITS[key];
  };
  return {
    maxModules: pick('maxModules', 1 << 20),
    maxStackBytes: pick('maxStackBytes', MAX_READ_BYTES),
    maxDataBlocks: pick('maxDataBlocks', 1 << 20),
    maxRuns: pick('maxRuns', 1 << 24),
  };
}
