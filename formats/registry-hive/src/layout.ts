/**
 * Fixed sizes and marks of the registry hive format.
 * @source msuhanov/regf, "Windows registry file format specification", sections "Base block", "Hive bin", "Cell", "Key node", "Key value"
 */

/** Bytes of the base block; every relative offset counts from behind it. */
export const BASE_BLOCK_SIZE = 4096;
/** Bytes of the base block that its checksum covers and that a log repeats. */
export const BASE_SECTOR = 512;
/** Bins are multiples of this. */
export const PAGE_SIZE = 4096;
/** Bytes in front of the first cell of a bin. */
export const BIN_HEADER_SIZE = 32;
/** A relative offset that points nowhere. */
export const NOWHERE = 0xffff_ffff;

/** `regf`, `hbin`, `HvLE`, `DIRT` read as u32 little-endian. */
export const REGF = 0x6667_6572;
export const HBIN = 0x6e69_6268;
export const HVLE = 0x454c_7648;
export const DIRT = 0x5452_4944;
/** `rmtm`: the transaction fields of the base block are in use. */
export const RMTM = 0x6d74_6d72;

/** Two-letter marks of cells read as u16 little-endian. */
export const NK = 0x6b6e;
export const VK = 0x6b76;
export const SK = 0x6b73;
export const LI = 0x696c;
export const LF = 0x666c;
export const LH = 0x686c;
export const RI = 0x6972;
export const DB = 0x6264;

/** Bytes of a key node in front of its name, and of a key value in front of its name. */
export const NK_SIZE = 76;
export const VK_SIZE = 20;

/** Flags of a key node. */
export const KEY_HIVE_ENTRY = 0x4;
export const KEY_COMP_NAME = 0x20;
export const KEY_PREDEF_HANDLE = 0x40;
/** Flag of a key value: its name is extended ASCII. */
export const VALUE_COMP_NAME = 0x1;

/** Data beyond this is cut into segments of this many bytes (minor version > 3). */
export const SEGMENT_SIZE = 16_344;
/** Hives of up to this minor version hold data of any size in one cell. */
export const LAST_MINOR_WITHOUT_BIG_DATA = 3;
