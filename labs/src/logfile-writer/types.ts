/** Shape of a log. */
export interface LogShape {
  /** Bytes of `$LogFile`; a multiple of 4096. */
  readonly sizeBytes: number;
  /** LFS version: 1.1 has two tail pages, 2.0 thirty-two. */
  readonly version: '1.1' | '2.0';
  /** Dialect of the tables: 0.0 is written by 32-bit Windows, 1.0 by 64-bit Windows. */
  readonly client: '0.0' | '1.0';
  /** Page the first record is written to, counted from the first regular page: near the end makes the log wrap around. */
  readonly firstPage?: number;
  /** Sequence number of the first round. */
  readonly sequence?: number;
  /** What the BytesPerCluster field of checkpoints says. */
  readonly clusterBytes?: number;
}

/** A record of NTFS to be written. Lengths follow from the data. */
export interface LogRecordInput {
  readonly redo: number;
  readonly undo: number;
  readonly transaction: number;
  readonly target?: number;
  readonly vcn?: number;
  readonly clusterBlock?: number;
  readonly recordOffset?: number;
  readonly attributeOffset?: number;
  readonly lcns?: readonly number[];
  readonly redoData?: Uint8Array;
  readonly undoData?: Uint8Array;
  /** Overrides the link to the transaction's last record. */
  readonly previousLsn?: bigint;
}

/** An attribute as the open attribute table lists it. */
export interface OpenAttributeInput {
  readonly target: number;
  readonly record: number;
  readonly sequence?: number;
  readonly type: number;
  readonly name?: string;
  readonly indexBytes?: number;
  readonly openLsn?: bigint;
}

/** A dirty page of a checkpoint. */
export interface DirtyPageInput {
  readonly target: number;
  readonly vcn: number;
  readonly lcns: readonly number[];
  readonly oldestLsn: bigint;
}

/** A transaction of a checkpoint. */
export interface TransactionInput {
  readonly id: number;
  /** 1 active, 2 prepared, 3 committed. */
  readonly state: number;
  readonly firstLsn: bigint;
  readonly lastLsn: bigint;
}

/** Tables of a checkpoint; each is dumped when it has entries. */
export interface CheckpointInput {
  readonly attributes?: readonly OpenAttributeInput[];
  readonly dirtyPages?: readonly DirtyPageInput[];
  readonly transactions?: readonly TransactionInput[];
  /** Where analysis begins; default the record before the tables. */
  readonly startLsn?: bigint;
}

/** Which of the last pages is on the disk, and how. */
export type LastPage =
  /** Written, and before that to a tail page: as Windows leaves it. */
  | 'regular'
  /** Only in the tail page; the regular one still holds what it held at the last but one flush. */
  | 'tail-only'
  /** Torn in the middle of being written, tail page whole. */
  | 'torn-with-tail'
  /** Torn, no tail page. */
  | 'torn'
  /** Never written, neither to its tail page: it holds what it held at the last flush. */
  | 'lost';

/** How a log ends. */
export interface LogEnd {
  /** Cleanly dismounted: flag 0x2, both restart pages equal. */
  readonly clean?: boolean;
  readonly lastPage?: LastPage;
  /** Signature `CHKD` instead of `RSTR`. */
  readonly checked?: boolean;
}
