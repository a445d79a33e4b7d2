import type { ByteSource, Damage } from '@winmedic/bytes';

/** Options of `openHive`. Every limit has a documented default with its reason in `limits.ts`. */
export interface HiveOptions {
  /**
   * The transaction logs beside the hive, in any order (`.LOG`, `.LOG1`, `.LOG2`). They are used only when the hive is dirty (or its base block
   * is broken) and they belong to it.
   */
  readonly logs?: readonly HiveLogFile[];
  readonly limits?: Partial<HiveLimits>;
  /** Called for every damage as it is met. */
  readonly onDamage?: (damage: Damage) => void;
}

/** A transaction log file with the name shown in damages. */
export interface HiveLogFile {
  readonly name: string;
  readonly source: ByteSource;
}

/** Caps against hostile files; defaults and reasons in `limits.ts`. */
export interface HiveLimits {
  /** Deepest nesting of keys (Windows itself allows 512). */
  readonly maxDepth: number;
  /** Most subkeys of one key, most values of one key, and most keys of one walk. */
  readonly maxSubkeys: number;
  readonly maxValues: number;
  readonly maxKeys: number;
  /** Most bytes of one value's data. */
  readonly maxDataBytes: number;
  /** Largest hive (and largest growth by a log entry). */
  readonly maxHiveBytes: number;
}

/**
 * State of a hive as read: `clean`: sequence numbers equal and checksum right; `dirty`: they differ and no log could be applied; `replayed`:
 * log entries were applied in memory; `damaged`: parts are unreadable (also after a replay).
 */
export type HiveState = 'clean' | 'dirty' | 'replayed' | 'damaged';

/** Parsed base block (msuhanov/regf specification, "Base block"). */
export interface HiveHeader {
  /** Sequence numbers as they stand in the file (or in the log, when rebuilt); a replay does not change them here. */
  readonly primarySequence: number;
  readonly secondarySequence: number;
  /** FILETIME ticks; Windows does not update it as of 8.1. */
  readonly lastWritten: bigint;
  readonly majorVersion: number;
  readonly minorVersion: number;
  /** Offset of the root cell relative to the hive bins data. */
  readonly rootOffset: number;
  /** Bytes, after the replay. */
  readonly binsDataSize: number;
  /** Path Windows noted (`\SystemRoot\System32\Config\SYSTEM`, cut to the last 31 characters). */
  readonly fileName: string;
  readonly flags: number;
  readonly checksumValid: boolean;
  /** The base block was rebuilt from a log. */
  readonly rebuilt: boolean;
}

/** What was done with one log file. */
export interface LogUse {
  readonly name: string;
  readonly format: 'old' | 'new' | 'none';
  /** Entries (new format) or dirty sectors (old format) applied. */
  readonly applied: number;
  /** Sequence numbers of the first and last entry applied. */
  readonly firstSequence?: number;
  readonly lastSequence?: number;
  /**
   * Why nothing (more) was applied, as a stable word. `end`: all of it was; `bad-hash`: checksum of the base block or hash of an entry;
   * `gap`: a sequence number that does not follow; `bad-bin`: a page that brings no valid hive bin.
   */
  readonly stopped?:
    | 'not-needed'
    | 'not-this-hive'
    | 'already-applied'
    | 'gap'
    | 'bad-hash'
    | 'bad-size'
    | 'bad-bin'
    | 'not-a-log'
    | 'truncated'
    | 'end';
}

/** Registry value types by number; other numbers are legal. */
export const VALUE_TYPES = {
  0: 'REG_NONE',
  1: 'REG_SZ',
  2: 'REG_EXPAND_SZ',
  3: 'REG_BINARY',
  4: 'REG_DWORD',
  5: 'REG_DWORD_BIG_ENDIAN',
  6: 'REG_LINK',
  7: 'REG_MULTI_SZ',
  8: 'REG_RESOURCE_LIST',
  9: 'REG_FULL_RESOURCE_DESCRIPTOR',
  10: 'REG_RESOURCE_REQUIREMENTS_LIST',
  11: 'REG_QWORD',
} as const;

/** A value, decoded on demand. */
export interface HiveValue {
  /** Empty for the default value. */
  readonly name: string;
  readonly type: number;
  /** `REG_DWORD`, or `REG_0x…` for other numbers. */
  readonly typeName: string;
  /** File offset of the vk cell (4096 + relative), and of the data (inside the vk cell for inline data). */
  readonly offset: number;
  readonly dataOffset: number;
  readonly sizeBytes: number;
  readonly inline: boolean;
  /** The raw data (a copy). Shorter than `sizeBytes` when part of it is unreadable (then a damage was told). */
  data(): Uint8Array;
  /** Text of SZ, EXPAND_SZ and LINK up to the first NUL; `undefined` for other types. Type and length are independent: odd bytes are dropped. */
  text(): string | undefined;
  /** Strings of MULTI_SZ up to the first empty one, which ends the list; `undefined` for other types. A list with empty strings inside needs `data()`. */
  texts(): readonly string[] | undefined;
  /** Number of DWORD, DWORD_BIG_ENDIAN and QWORD with enough data; else `undefined`. */
  number(): bigint | undefined;
}

/** A key, decoded on demand. Names compare case-insensitively (upper-case folding). */
export interface HiveKey {
  readonly name: string;
  /** Path from the root, without the root's own name, joined with a backslash; empty for the root. */
  readonly path: string;
  /** FILETIME ticks. */
  readonly lastWritten: bigint;
  readonly flags: number;
  /** File offset of the nk cell. */
  readonly offset: number;
  /** Counts the cell claims; what could be read may be less. */
  readonly subkeyCount: number;
  readonly valueCount: number;
  /** Class name, when there is one. */
  className(): string | undefined;
  /** Security descriptor (self-relative), shared by keys. */
  security(): Uint8Array | undefined;
  subkeys(): IterableIterator<HiveKey>;
  /** One subkey by name, found through the sorted lists; a list out of order is searched whole. */
  subkey(name: string): HiveKey | undefined;
  values(): IterableIterator<HiveValue>;
  value(name: string): HiveValue | undefined;
}

/** A cell of free space or of an unreadable part that holds a key or value. */
export interface DeletedEntry {
  readonly kind: 'key' | 'value';
  /** File offset of the cell. */
  readonly offset: number;
  /** For keys: name, time and the path as far as its parents can be followed; for values: name and data as far as readable. */
  readonly key?: HiveKey;
  readonly value?: HiveValue;
  /** The path could be followed to the root. */
  readonly pathKnown: boolean;
}

/** An opened hive. */
export interface Hive {
  readonly header: HiveHeader;
  /** Grows worse as damages are met: `damaged` once something was unreadable. */
  readonly state: HiveState;
  readonly logs: readonly LogUse[];
  /** `undefined` when the root cell is unreadable. */
  readonly root: HiveKey | undefined;
  /** A key by path (backslashes; empty = root), reading only what lies on the way. */
  key(path: string): HiveKey | undefined;
  /** Every key below (and with) `from`, depth first, children in stored order. */
  walk(from?: HiveKey): IterableIterator<HiveKey>;
  /** Deleted keys and values in free cells. */
  deleted(): IterableIterator<DeletedEntry>;
  /** Every key cell that can be found by scanning the bins, for hives without a usable tree: reading only, never written back. */
  salvage(): IterableIterator<DeletedEntry>;
  /** The hive's bytes as they are after the replay, with the base block it leads to: a copy of the whole file in memory. */
  image(): Uint8Array;
}
