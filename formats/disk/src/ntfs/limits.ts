/** Different damages told through `onDamage`; a volume of random bytes has millions. */
export const MAX_DAMAGES_REPORTED = 10_000;
/** Largest cluster Windows formats (Microsoft Learn, "Default cluster size for NTFS": 2 MB since Windows Server 2019). */
export const MAX_CLUSTER_BYTES = 2 << 20;
/** Record sizes: Windows makes 1,024, and 4,096 on disks of 4 KiB sectors. */
export const MIN_RECORD_BYTES = 512;
export const MAX_RECORD_BYTES = 4096;
/** Index block sizes: Windows makes 4,096; a cluster of 64 KiB is the largest unit written as a count of clusters. */
export const MIN_INDEX_BYTES = 512;
export const MAX_INDEX_BYTES = 65_536;
/** Attributes of one record: the shortest takes 24 bytes of at most 4,096. */
export const MAX_ATTRIBUTES_OF_RECORD = 170;
/** Bytes of an attribute list: the most Windows makes is 256 KiB (unverified; ntfs-3g has the same limit), some 8,000 entries. */
export const MAX_ATTRIBUTE_LIST_BYTES = 1 << 18;
/** Runs of one attribute: an attribute list of 256 KiB names 8,192 records of at most some 480 runs each, which Windows never fills: about 1.5 million. */
export const MAX_RUNS = 4 << 20;
/** Levels of an index tree: blocks of 4 KiB hold at least six entries of the longest name, so that 13 levels hold more entries than there are records. */
export const MAX_INDEX_DEPTH = 24;
/** Blocks of one index that are visited: 2^32 records in blocks half full are never reached; this is a folder of some 100 million files. */
export const MAX_INDEX_BLOCKS = 8 << 20;
/** Blocks looked through one by one when a tree is broken: 256 MiB of index, some two million files in one folder. */
export const MAX_SALVAGED_BLOCKS = 65_536;
/** Characters of a path: the most Windows takes (Microsoft Learn, "Maximum Path Length Limitation"). */
export const MAX_PATH_CHARS = 32_767;
/** Records kept, with fixups resolved: 2 MiB with records of 1 KiB. */
export const CACHED_RECORDS = 2048;
/** Files kept, but none with more runs than that: some 30 MB at most. */
export const CACHED_FILES = 64;
export const MAX_RUNS_KEPT = 10_000;
/** Index blocks kept: 2 MiB with blocks of 4 KiB. */
export const CACHED_INDEX_BLOCKS = 512;
/** Bytes of $MFT read at once for a record read alone, and at most when records are read one after the other. */
export const RECORD_READ = 4096;
export const RECORD_READ_AHEAD = 65_536;
/** Bytes of one security descriptor: an access list has at most 65,535 bytes, a descriptor two of them and two SIDs. */
export const MAX_SECURITY_BYTES = 132_000;
/** Bytes of a reparse point ([MS-FSCC] 2.1.2: MAXIMUM_REPARSE_DATA_BUFFER_SIZE). */
export const MAX_REPARSE_BYTES = 16_384;
/** Bytes of one compression unit: 16 clusters of 4 KiB; larger units are not compressed by Windows. */
export const MAX_COMPRESSION_UNIT_BYTES = 1 << 20;
/** Bytes of a volume label: 32 characters of UTF-16 by Windows' rules, 255 by the length in the attribute definition. */
export const MAX_LABEL_BYTES = 512;
