import type { EvtxLimits } from './types.ts';

/** Bytes of one chunk, fixed by the format. */
export const CHUNK_SIZE = 65_536;
/** Bytes of the file header block: the header fills 128 of them. */
export const FILE_HEADER_BLOCK = 4096;
/** Bytes of the chunk header with its two hash tables; the first record follows. */
export const CHUNK_HEADER_SIZE = 512;
/** Magic, size, id and time in front of a record's BinXML. */
export const RECORD_HEADER_SIZE = 24;
/** Header plus the copy of the size that ends every record. */
export const MIN_RECORD_SIZE = RECORD_HEADER_SIZE + 4;

/** Window of one pass: four chunks, so that what was just read is still in the processor's cache when it is looked at (1 MiB was 5 % slower). */
export const DEFAULT_WINDOW_BYTES = 1 << 18;
/** Progress is told about this often. */
export const PROGRESS_STEP = 4 << 20;

/**
 * Defaults of {@link EvtxLimits}. Genuine logs stay far below: nesting 3, 40 open elements, 170 values.
 * The caps keep a crafted file from exhausting stack, memory or time.
 */
export const DEFAULT_LIMITS: EvtxLimits = {
  // Each level costs one stack frame when printing; genuine records nest two or three fragments.
  maxNesting: 64,
  // Open elements at one time over all nestings, for the same reason.
  maxElements: 512,
  // Four bytes of descriptor each: 4096 already fill a quarter of a chunk.
  maxValues: 4096,
  // A record is at most 64 KiB; honest output is below 1 MiB even as XML with every byte escaped.
  maxRecordOutputBytes: 16 << 20,
};

/** How far into a file without any valid header a first chunk is searched: beyond 16 MiB it is not a log with a damaged start. */
export const MAX_HEADER_SEARCH = 16 << 20;
/** Most different template definitions kept. Genuine machines stay below 5,000; a crafted file could make one per record. */
export const MAX_TEMPLATES = 65_536;
/** Most bytes of template definitions kept, for the same reason. */
export const MAX_TEMPLATE_BYTES = 64 << 20;
/** Most different names interned across chunks. */
export const MAX_NAMES = 262_144;
/** Most carved candidates remembered: some 150 bytes each, so 40 MB. A 4 GB log of dirty chunks stays below. */
export const MAX_CARVED = 262_144;
/** Damages told through `onDamage` in one pass; further ones are only counted (a file of random bytes has millions). */
export const MAX_DAMAGES_REPORTED = 100_000;
/** Runs of record ids kept for one channel and computer. */
export const DEFAULT_MAX_RUNS = 10_000;
/** Most (channel, computer) spans in one pass: a merged log of a large company has a few thousand. */
export const MAX_SPANS = 65_536;
/** Characters of a user's regular expression. */
export const MAX_REGEX_LENGTH = 4096;
/** States of a user's regular expression: times 32,768 characters of the longest field that is at most a second of work. */
export const MAX_REGEX_STATES = 4096;
/** Groups inside groups in a user's regular expression. */
export const MAX_REGEX_NESTING = 64;

/** Limits with defaults filled in; a nonsensical number falls back to the default. */
export function withDefaults(limits: Partial<EvtxLimits> | undefined): EvtxLimits {
  const pick = (key: keyof EvtxLimits, most: number): number => {
    const value = limits?.[key];
    return value !== undefined && Number.isFinite(value) && value >= 1 ? Math.min(Math.floor(value), most) : DEFAULT_LIMITS[key];
  };
  return {
    // Printing recurses once per nesting and once per element: 1,024 frames stay far inside the default stack.
    maxNesting: pick('maxNesting', 256),
    maxElements: pick('maxElements', 1024),
    maxValues: pick('maxValues', 16_384),
    maxRecordOutputBytes: pick('maxRecordOutputBytes', 256 << 20),
  };
}
