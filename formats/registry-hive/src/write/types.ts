import type { ByteSource } from '@winmedic/bytes';
import type { HiveLimits, HiveLogFile } from '../types.ts';

/** A hive with the transaction logs that lie beside it. All logs must be handed over: what they hold decides how the write is guarded. */
export interface HiveFiles {
  readonly source: ByteSource;
  readonly logs?: readonly HiveLogFile[];
}

/** Options of planning a write. */
export interface HiveWriteOptions {
  readonly limits?: Partial<HiveLimits>;
  /**
   * How much of the hive is read. `all` (default): every key and value, before the edit and after it in memory: nothing else may have changed. `path`: only
   * what lies on the way to the edited values, for hives on slow disks whose soundness was checked otherwise. A replayed hive, and one to which keys or
   * values are added or removed, is always read whole. Each byte is read once (of files of more than 256 MiB, the rest several times).
   */
  readonly check?: 'all' | 'path';
  /** Last-written time for the base block and the first bin (FILETIME ticks). Default: left as it is (but see `guard.ts` for old-format logs). */
  readonly writtenAt?: bigint;
  /** Hash for the undo record. Default: CRC-32, against mistakes; hand in SHA-256 where records must be safe against forgery. */
  readonly hash?: HiveWriteHash;
}

/** A named hash function; the name goes into the undo record. */
export interface HiveWriteHash {
  readonly name: string;
  /** Digest as text. Two calls with equal bytes give equal text. */
  readonly digest: (bytes: Uint8Array) => string;
}

/** A change of one value that exists. */
export interface HiveEdit {
  /** Path below the root, in any letter case. */
  readonly key: string;
  /** Empty for the default value. */
  readonly value: string;
  readonly data: Uint8Array;
  /** Number of the new type; default: as it is. */
  readonly type?: number;
  /** New last-written time of the key (FILETIME ticks); default: left as it is. */
  readonly keyWritten?: bigint;
}

/** `set` changes a value that exists and whose room suffices ({@link HiveEdit}); `op` may be left out. */
export interface HiveSetValue extends HiveEdit {
  readonly op?: 'set' | undefined;
}

/** Adds a value to a key that exists. Data of any size. To give an existing value more room, delete it in the same plan before. */
export interface HiveCreateValue {
  readonly op: 'create-value';
  readonly key: string;
  /** Empty for the default value; at most 16,383 characters. */
  readonly value: string;
  readonly data: Uint8Array;
  readonly type: number;
  /** New last-written time of the key (FILETIME ticks); default: left as it is. */
  readonly keyWritten?: bigint;
}

/**
 * Adds the keys of a path that are missing below the deepest one that exists; each takes the security descriptor of its parent. A path that exists is
 * refused.
 */
export interface HiveCreateKey {
  readonly op: 'create-key';
  readonly key: string;
  /** Last-written time of the new keys and of the key they hang below; default: new keys take that of the key they hang below, which keeps its own. */
  readonly keyWritten?: bigint;
}

/** Removes a value. */
export interface HiveDeleteValue {
  readonly op: 'delete-value';
  readonly key: string;
  readonly value: string;
  /** New last-written time of the key (FILETIME ticks); default: left as it is. */
  readonly keyWritten?: bigint;
}

/** Removes a key with everything below it; the root cannot be removed. */
export interface HiveDeleteKey {
  readonly op: 'delete-key';
  readonly key: string;
  /** New last-written time of the parent (FILETIME ticks); default: left as it is. */
  readonly keyWritten?: bigint;
}

/** One change of a plan; changes are made in their order, and each sees what those before it left. */
export type HiveChange = HiveSetValue | HiveCreateValue | HiveCreateKey | HiveDeleteValue | HiveDeleteKey;

/** What a structural change does, for showing before anything is written. */
export type PlannedStructure =
  | { readonly op: 'create-value'; readonly key: string; readonly value: string; readonly type: number; readonly data: Uint8Array }
  | { readonly op: 'create-key'; readonly key: string /** Keys made, from the top; the last is `key`. */; readonly made: readonly string[] }
  | { readonly op: 'delete-value'; readonly key: string; readonly value: string; readonly type: number; readonly data: Uint8Array }
  | {
      readonly op: 'delete-key';
      readonly key: string;
      /** Keys removed, the named one among them, and their values. */
      readonly keys: number;
      readonly values: number;
    };

/** What an edit does to a value, for showing before anything is written. */
export interface PlannedEdit {
  readonly key: string;
  readonly value: string;
  /** File offset of the value cell. */
  readonly offset: number;
  readonly before: { readonly type: number; readonly data: Uint8Array };
  readonly after: { readonly type: number; readonly data: Uint8Array };
}

/** One write: `old` is what lies there now (shorter at the end of a file that grows), `new` what will. */
export interface HiveWrite {
  /** 0: the hive; 1 and up: the logs in the order they were handed over. */
  readonly file: number;
  readonly offset: number;
  readonly old: Uint8Array;
  readonly new: Uint8Array;
  /** All writes of a stage must have reached the disk (fsync) before one of a higher stage is begun. */
  readonly stage: number;
}

/** One file of a plan. */
export interface PlannedFile {
  /** `hive`, or the log's name. */
  readonly name: string;
  readonly sizeBefore: number;
  readonly sizeAfter: number;
}

/** A write that was thought through to the end and not begun. */
export interface HivePlan {
  /** Values that exist and get other data. */
  readonly edits: readonly PlannedEdit[];
  /** Keys and values that are added or removed, in the order they were asked for. */
  readonly structure: readonly PlannedStructure[];
  /** Log entries were applied: the hive was dirty. */
  readonly replayed: boolean;
  /** Log entries that were applied (old format: dirty sectors). */
  readonly entriesApplied: number;
  /**
   * Flag 0x1 of the base block: transactions of the transactional registry are pending or to come. Their logs (`config\\TxR`) are a layer above this
   * format; nobody looked at them, and Windows may carry them out over the edit.
   */
  readonly pendingTransactions: boolean;
  /** Both sequence numbers after the write; `undefined` when nothing is to be written. */
  readonly sequence: number | undefined;
  readonly files: readonly PlannedFile[];
  /**
   * In the order they must happen: hive bins, base block (one sector, so that it is never half written), what makes new cells part of the tree, cells given
   * up, logs. Interrupted before the base block, a hive that was dirty is still dirty and its logs are whole, so Windows replays them. Interrupted anywhere,
   * each change to the tree is there or not; cells that nobody uses may remain.
   */
  readonly writes: readonly HiveWrite[];
  /** To be stored safely before the first write. */
  readonly undo: HiveUndoRecord;
}

/** Undoes a plan bit for bit. Plain data: may be kept as JSON. */
export interface HiveUndoRecord {
  readonly kind: 'winmedic-hive-undo';
  readonly version: 1;
  /** Name of the hash in `oldHash` and `newHash`. */
  readonly hash: string;
  readonly files: readonly UndoFile[];
}

/** One file of an undo record. */
export interface UndoFile {
  readonly name: string;
  readonly sizeBefore: number;
  readonly sizeAfter: number;
  readonly writes: readonly UndoWrite[];
}

/** One write of an undo record: the old bytes themselves, the new ones by length and hash. */
export interface UndoWrite {
  readonly offset: number;
  /** Hexadecimal digits. */
  readonly old: string;
  readonly oldHash: string;
  readonly newLength: number;
  readonly newHash: string;
}

/** Options of undoing. */
export interface HiveUndoOptions {
  /** The function the record names, when it is not CRC-32. */
  readonly hash?: HiveWriteHash;
  /**
   * The plan was not carried out to its end: every stretch may still be as it was (default false: all must be as the plan left them). A stretch that is
   * neither is refused all the same.
   */
  readonly interrupted?: boolean;
}

/** A file that can be written. */
export interface HiveSink extends ByteSource {
  /** Writes all bytes at `offset`; growing the file when they reach beyond its end. */
  write(offset: number, bytes: Uint8Array): void;
  /** Cuts the file off (undo of a replay that grew it). */
  resize(sizeBytes: number): void;
  /** Called after the last write of a file and before the next file is touched: data must have reached the disk (fsync). */
  flush?(): void;
}
