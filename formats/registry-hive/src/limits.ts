import type { HiveLimits } from './types.ts';

/** Defaults of {@link HiveLimits}: far above genuine hives, low enough that a crafted file exhausts neither memory nor time. */
export const DEFAULT_LIMITS: HiveLimits = {
  // Windows allows a tree of 512 levels (Microsoft Learn, "Registry element size limits").
  maxDepth: 512,
  // HKCR\CLSID and component stores reach some 50,000.
  maxSubkeys: 1_000_000,
  // Genuine keys have a few thousand at most.
  maxValues: 1_000_000,
  // A key takes at least 88 bytes: a hive of 700 MB full of nothing but keys.
  maxKeys: 8_000_000,
  // Windows stores some MB in one value at most; 65,535 segments would be 1 GB.
  maxDataBytes: 64 << 20,
  // Offsets have 31 bits; the top one marks cells that exist only in memory.
  maxHiveBytes: 2 ** 31,
};

/** Bytes read at once for a point read: four pages, since a path rarely needs two cells of one neighbourhood. */
export const SMALL_READ_BITS = 14;
export const SMALL_READ = 2 ** SMALL_READ_BITS;
/** Bytes read at once as soon as {@link READS_BEFORE_LARGE} small reads show that the hive is walked. */
export const LARGE_READ = 262_144;
/** Small reads before reading ahead: 1 MiB, more than any series of point reads on one path needs. */
export const READS_BEFORE_LARGE = 64;
/** Most bytes of the hive kept in memory; the least recently used are dropped. System hives fit; only those of 64 MB and more are read again in parts. */
export const MAX_CACHED_BYTES = 64 << 20;

/** Most bytes of one cell looked at as a list or record: 65,535 elements of 8 bytes fit. Data of values is not bound by this. */
export const MAX_RECORD_BYTES = 1 << 20;
/** Most page references of all log entries together: with pages of 4 KiB they rewrite the largest possible hive twice. */
export const MAX_PATCHES = 1 << 20;
/** Pages looked back for the bin a page lies in: a bin is as large as its largest cell, 64 MiB is the largest value read. */
export const MAX_BIN_PAGES = 16_384 + 16;
/** Parents of salvaged keys kept, so that a long chain is followed once: some 20 MB. */
export const MAX_PARENTS = 65_536;
/** Different damages told through `onDamage`; a file of random bytes has millions. */
export const MAX_DAMAGES_REPORTED = 10_000;
/** Bytes searched for a first bin when there is no base block: behind 16 MiB of something else it is no hive with a damaged start. */
export const MAX_BIN_SEARCH = 16 << 20;

/** Limits with defaults filled in; a nonsensical number falls back to the default. */
export function withDefaults(limits: Partial<HiveLimits> | undefined): HiveLimits {
  const pick = (key: keyof HiveLimits, most = Number.MAX_SAFE_INTEGER): number => {
    const value = limits?.[key];
    return value !== undefined && Number.isFinite(value) && value >= 1 ? Math.min(Math.floor(value), most) : DEFAULT_LIMITS[key];
  };
  return {
    // Each level is one entry on a stack and one link in a path: 4,096 stay harmless.
    maxDepth: pick('maxDepth', 4096),
    maxSubkeys: pick('maxSubkeys'),
    maxValues: pick('maxValues'),
    maxKeys: pick('maxKeys'),
    // Beyond it an ArrayBuffer cannot be had everywhere.
    maxDataBytes: pick('maxDataBytes', 2 ** 31 - 1),
    maxHiveBytes: pick('maxHiveBytes', 2 ** 31),
  };
}
