/** Minor versions of the format that can be written: 3 and 4 have no name hashes (3 no big data either), 5 and 6 are what Windows keeps for the machine. */
export type HiveMinorVersion = 3 | 4 | 5 | 6;

/** A value as it will be stored. Type and data are independent, as in the registry: {@link sz} and its neighbours make the usual pairs. */
export interface WriteHiveValue {
  /** Empty for the default value of the key. */
  readonly name: string;
  /** Number of the type (1 REG_SZ, 4 REG_DWORD …); any 32-bit number is legal. */
  readonly type: number;
  readonly data: Uint8Array;
}

/** A key with everything below it. */
export interface WriteHiveKey {
  readonly name: string;
  /** FILETIME ticks; default: the parent's, for the root {@link HiveDescription.savedAt}. */
  readonly lastWritten?: bigint;
  readonly className?: string;
  /** Self-relative security descriptor; default: the parent's, for the root {@link DEFAULT_SECURITY}. Equal ones share one cell. */
  readonly security?: Uint8Array;
  /** Flags beside those that follow from the name and the place (0x10: the key is a link). */
  readonly flags?: number;
  readonly values?: readonly WriteHiveValue[];
  readonly keys?: readonly WriteHiveKey[];
}

/** A whole hive. */
export interface HiveDescription {
  readonly root: WriteHiveKey;
  /** Default 5. */
  readonly minorVersion?: HiveMinorVersion;
  /** Last-written time of the base block and of the first bin (FILETIME ticks); default: now. Windows 8.1 and newer do not update it. */
  readonly savedAt?: bigint;
  /** Path noted in the base block; its last 31 characters are kept. */
  readonly fileName?: string;
  /** Both sequence numbers of the clean hive; default 1. */
  readonly sequence?: number;
  /** Kind of subkey lists; default by version: `lf` up to 4, `lh` from 5 on. */
  readonly lists?: 'li' | 'lf' | 'lh';
  /** Most elements of one list before an index root (`ri`) is put above several; default {@link LEAF_ELEMENTS}. */
  readonly leafElements?: number;
  /** Changes made after the tree was laid out: what they delete stays behind in free cells, as in a hive in use. */
  readonly changes?: readonly HiveChange[];
  /** Bytes behind the last bin (Windows leaves such room); default 0. */
  readonly tail?: number;
}

/** A later change. `path` is below the root, joined with backslashes, in any letter case; `at` becomes the key's last-written time. */
export type HiveChange =
  /** Sets a value; data that fit are overwritten in place. */
  | { readonly do: 'set'; readonly path: string; readonly value: WriteHiveValue; readonly at?: bigint }
  | { readonly do: 'delete-value'; readonly path: string; readonly name: string; readonly at?: bigint }
  /** Adds a key below `path`. */
  | { readonly do: 'add-key'; readonly path: string; readonly key: WriteHiveKey; readonly at?: bigint }
  /** Deletes the key at `path` and everything below; `at` is for its parent. */
  | { readonly do: 'delete-key'; readonly path: string; readonly at?: bigint };

/** Offsets and sizes of the format. @source msuhanov/regf "Base block", "Hive bin", "Big data" */
export const HIVE = {
  /** Size of the base block: bins begin here. */
  base: 4096,
  binHeader: 32,
  /** Bins are multiples of it; Windows also tracks changes in blocks of it. */
  page: 4096,
  sector: 512,
  none: 0xffff_ffff,
  /** Most bytes of data in one cell once big data exists (minor version above 3). */
  bigData: 16_344,
} as const;

/** Elements of one list that fit a cell in a bin of one page: (4096 - 32 - 4 - 4) / 8 = 507; one less, so that a rest of 8 bytes remains a cell. */
export const LEAF_ELEMENTS = 506;
