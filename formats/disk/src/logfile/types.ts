/** What the log file says about the volume. */
export type LogFileState =
  /** All 0xFF: no Windows mounted the volume since it was made or the log was reset. */
  | 'never-used'
  /** Cleanly dismounted: nothing is pending. */
  | 'clean'
  /** Windows stopped without dismounting: at the next mount it redoes and undoes what the log holds. */
  | 'pending'
  /** The restart area or records needed for the decision cannot be read or have a version nobody described. */
  | 'unreadable';

/** A log record of a client, as far as it decides what it touches. */
export interface LogRecord {
  readonly lsn: bigint;
  readonly previousLsn: bigint;
  readonly undoNextLsn: bigint;
  readonly transactionId: number;
  /** Operation codes (NTFS_LOG_OPERATION). */
  readonly redo: number;
  readonly undo: number;
  /** Offset of the target in the open attribute table. */
  readonly target: number;
  /** What the target attribute is, when the open attribute table names it. */
  readonly attribute?: { readonly record: number; readonly sequence: number; readonly type: number; readonly name?: string };
  /** First target VCN and offset in it in 512-byte units; offsets in the record and in the attribute. */
  readonly targetVcn: number;
  readonly clusterBlockOffset: number;
  readonly recordOffset: number;
  readonly attributeOffset: number;
  /** Clusters of the target as the log has them; -1 for 0 and for numbers no volume has, whose place is then not known. */
  readonly lcns: readonly number[];
}

/** A block of the volume that an edit is about to change, in the log's terms. */
export interface TouchedBlock {
  /** What it is, for messages: `MFT record 72`, `INDX VCN 4 of directory 41`, `clusters 100..140`. */
  readonly what: string;
  /** First byte on the volume and length. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** LSN in the block's header (FILE and INDX); undefined for plain data such as $Bitmap. */
  readonly lsn?: bigint;
  /** A file record, or its copy in $MFTMirr: then records that name it by number count as touching, whatever clusters they give (the log never names the copy's). */
  readonly fileRecord?: number;
  /** A block of an attribute's stream (an INDX block: 0xA0 and its VCN): then records that name attribute and VCN count. */
  readonly stream?: { readonly record: number; readonly type: number; readonly vcn: number; readonly clusters: number };
  /**
   * A file record that is not written itself but says where a block that is written lies: only records count that may change its run lists or attributes
   * (a file that was moved, cut or deleted), not those that change values and index entries in it.
   */
  readonly placing?: true;
}

/** The decision for one block. */
export interface BlockVerdict {
  readonly block: TouchedBlock;
  /**
   * `free`: no pending record touches it. `redo`: a record newer than the block would be redone over it. `undo`: a transaction that did not commit touched it
   * and would be rolled back. `unknown`: records that could not be attributed might. Of several the first of `undo`, `redo`, `unknown`. Updates of the times and
   * sizes in an index entry (operations 0x13 and 0x14) do not change the block's LSN: they count as `redo` although they may long be on the disk.
   */
  readonly verdict: 'free' | 'redo' | 'undo' | 'unknown';
  /** Records that decide, newest first, at most 16. */
  readonly records: readonly LogRecord[];
}

/** The log of a volume. */
export interface LogFile {
  readonly state: LogFileState;
  /** Version `1.1` or `2.0`; absent when never used. */
  readonly version?: string;
  readonly currentLsn?: bigint;
  /** Restart area's flag 0x2: cleanly dismounted. */
  readonly cleanDismount?: boolean;
  /** Pending: LSN where redo begins, number of records read from there, transactions that did not commit. */
  readonly redoFrom?: bigint;
  readonly records: number;
  readonly openTransactions: number;
  /** Decides for each block; everything is `free` when never used or clean. @throws never */
  judge(blocks: readonly TouchedBlock[]): readonly BlockVerdict[];
  /** Whether a pending record allocates or frees these clusters in $Bitmap, or writes to them: then they must not be given to a file. Always true when that is not known. */
  touchesClusters(lcn: number, clusters: number): boolean;
}
