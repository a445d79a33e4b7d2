import type { SparseImage } from './sparse-image.ts';

/** The four times of a file, FILETIME ticks (100 ns since 1601 UTC). One number stands for all four. */
export interface WriteTimes {
  readonly created?: bigint;
  readonly modified?: bigint;
  readonly mftChanged?: bigint;
  readonly accessed?: bigint;
}

/** Contents of a stream: bytes, text (written as UTF-8), or a length with a function that fills the bytes from an offset on (called in ascending order). */
export type WriteContent = Uint8Array | string | { readonly sizeBytes: number; readonly fill: (offset: number, into: Uint8Array) => void };

/** How a stream is stored. */
export interface WriteStream {
  readonly data: WriteContent;
  /** Default: resident when the record has room for it (at most {@link RESIDENT_AT_MOST} bytes), else in clusters. */
  readonly resident?: boolean;
  /** Clusters of each piece, in stream order; what is left goes to a last piece. Pieces never touch each other. */
  readonly fragments?: readonly number[];
  /** Pieces lie in descending order on the volume: run offsets are negative. */
  readonly backwards?: boolean;
  /** Stored clusters the pieces must begin at, instead of the next free ones (one for each piece). */
  readonly atClusters?: readonly number[];
  /** Ranges without clusters (attribute flag 0x8000); only whole units of 64 KiB inside are left out. Their contents read as zeros whatever `data` says. */
  readonly holes?: readonly { readonly offset: number; readonly sizeBytes: number }[];
  /** LZNT1 in units of 16 clusters (attribute flag 0x1); clusters up to 4096 bytes only. */
  readonly compressed?: boolean;
  /** Initialized length, less than the data length: bytes behind it are stored as {@link WriteStream.data} says and must read as zeros. */
  readonly initializedBytes?: number;
  /** Clusters allocated behind the data. */
  readonly spareClusters?: number;
  /** Attribute flag 0x4000 (EFS). The bytes are stored as given. */
  readonly encrypted?: boolean;
}

/** A further name of a file in any folder: a hard link. */
export interface WriteLink {
  readonly path: string;
  /** Its own 8.3 name. */
  readonly dosName?: string;
}

/** Where a reparse point leads. */
export type WriteReparse =
  | { readonly tag: number; readonly data: Uint8Array }
  /** Mount point (tag 0xA0000003): an absolute target such as `C:\\Users`. */
  | { readonly junction: string }
  /** Symbolic link (tag 0xA000000C). */
  | { readonly symlink: string; readonly relative?: boolean };

/** A file or a folder. */
export interface WriteEntry {
  /** From the root, backslashes: `Windows\System32\a.sys`. Missing folders above are made. */
  readonly path: string;
  /** A folder. */
  readonly directory?: boolean;
  /** The unnamed stream; default empty. */
  readonly content?: WriteStream | WriteContent;
  /** Named streams. */
  readonly streams?: Readonly<Record<string, WriteStream | WriteContent>>;
  readonly times?: WriteTimes | bigint;
  /** Times in the $FILE_NAME attributes and index entries; default as `times`. Windows lets them get stale. */
  readonly nameTimes?: WriteTimes | bigint;
  /** DOS attributes (0x1 read-only, 0x2 hidden, 0x4 system, 0x20 archive …); default 0x20 for files. Compressed, sparse, encrypted and reparse follow from the rest. */
  readonly dosAttributes?: number;
  /** 8.3 name as a second $FILE_NAME (name space 2) with its own index entry; the long one gets name space 1. */
  readonly dosName?: string;
  /**
   * Name space of the only name; default 3 (Win32 and DOS) for an 8.3 name, else 1 (Win32), which ntfs-3g reads but does not rename or delete while no 8.3 name
   * is beside it. ntfs-3g itself makes names of space 0 (POSIX).
   */
  readonly nameSpace?: number;
  readonly links?: readonly WriteLink[];
  readonly reparse?: WriteReparse;
  /** Index into {@link WriteNtfs.descriptors}; default 0. */
  readonly security?: number;
  /** Self-relative descriptor kept in the record (attribute 0x50) instead of $Secure. */
  readonly ownDescriptor?: Uint8Array;
  /**
   * `always`: contents and streams go to extension records named by an attribute list even where one record would do. Default: only when they do not fit.
   * `nonresident`: the list itself lies in clusters, too.
   */
  readonly attributeList?: 'always' | 'nonresident';
  /** Names go to extension records before anything else does; default: they stay in the base record as long as they fit. */
  readonly namesInExtensions?: boolean;
  /** LSN in the header of the base record and its extension records; default {@link WriteNtfs.lsn}. */
  readonly lsn?: bigint;
  /** Sequence number; default 1. */
  readonly sequence?: number;
  /** A deleted file: the record is no longer in use, in no index, its clusters are free. */
  readonly deleted?: boolean;
  /** Folders: most entries of one index block, to get deep trees from few files. Default: as many as fit. */
  readonly entriesPerBlock?: number;
  /** Folders: LSN of INDX blocks; default {@link WriteNtfs.lsn}. */
  readonly indexLsn?: bigint;
  /** Folders: blocks behind the tree that $BITMAP says are free, each with one stale entry of this name. */
  readonly staleEntries?: readonly string[];
  /** Folders: clusters of each piece of $INDEX_ALLOCATION. */
  readonly indexFragments?: readonly number[];
}

/** A whole volume. */
export interface WriteNtfs {
  /** Bytes of the partition, the backup boot sector in its last sector included. A multiple of the sector size; at least 2 MiB. */
  readonly sizeBytes: number;
  /** Default 512. */
  readonly sectorBytes?: 512 | 4096;
  /** A power of two from the sector size to 2 MiB; default 4096. */
  readonly clusterBytes?: number;
  /** Default 1024, or 4096 with sectors of 4096 bytes. */
  readonly recordBytes?: 1024 | 4096;
  /** Bytes of an INDX block; default 4096. */
  readonly indexBytes?: number;
  /** Volume serial number, 64 bits. */
  readonly serial?: bigint;
  readonly label?: string;
  /** Flags of $VOLUME_INFORMATION (0x1 dirty); default 0. */
  readonly volumeFlags?: number;
  /** Version of $VOLUME_INFORMATION; default 3.1. */
  readonly version?: { readonly major: number; readonly minor: number };
  /** Sectors in front of the partition, as the boot sector notes them; default 0. */
  readonly hiddenSectors?: number;
  /** Bytes of $LogFile; default all 0xFF. */
  readonly logFile?: Uint8Array;
  /** Bytes of $LogFile when {@link WriteNtfs.logFile} is not given; default 2 MiB, 256 KiB on volumes below 16 MiB. */
  readonly logFileBytes?: number;
  /** Time of everything that has none of its own. */
  readonly time?: bigint;
  /** LSN of every record and INDX block that has none of its own; default 0. */
  readonly lsn?: bigint;
  /** Self-relative descriptors of $Secure; default one that allows everybody everything. */
  readonly descriptors?: readonly Uint8Array[];
  readonly entries?: readonly WriteEntry[];
  /** Clusters of each piece of $MFT, what is left in a last one; pieces that do not touch. The first holds at least the four records that have a mirror. */
  readonly mftFragments?: readonly number[];
  /** Room for that many records beyond those in use; default 8. */
  readonly spareRecords?: number;
  /** Number of the first record given to {@link WriteNtfs.entries}; default 64, as mkntfs and ntfs-3g do; at least 27. */
  readonly firstRecord?: number;
}

/** A stretch of clusters of a written stream; `lcn` undefined: a hole. */
export interface WrittenRun {
  readonly vcn: number;
  readonly lcn: number | undefined;
  readonly clusters: number;
}

/** Where an INDX block lies and what is in it. */
export interface WrittenIndexBlock {
  /** VCN as child pointers and the block's header have it. */
  readonly vcn: number;
  /** First byte on the volume. */
  readonly offset: number;
  /** Distance from the leaves: 0 for a leaf. */
  readonly level: number;
  /** Names of its entries in order. */
  readonly names: readonly string[];
}

/** Where a file or folder lies. */
export interface WrittenFile {
  /** As described; hard links and 8.3 names are in {@link WrittenFile.paths}. */
  readonly path: string;
  readonly paths: readonly string[];
  readonly record: number;
  readonly sequence: number;
  readonly directory: boolean;
  readonly deleted: boolean;
  /** Extension records of its attribute list. */
  readonly extensionRecords: readonly number[];
  /** Runs by stream name (empty: the unnamed one); no runs: resident. Of a folder: `$I30`; of $MFT also `$BITMAP`. */
  readonly runs: ReadonlyMap<string, readonly WrittenRun[]>;
  /** INDX blocks of a folder in the order of their VCN; empty when all is in $INDEX_ROOT. */
  readonly indexBlocks: readonly WrittenIndexBlock[];
}

/** A written volume and where everything lies in it. */
export interface WrittenNtfs {
  /** The volume; memory is used only for what is not zero. A readable and writable block device. */
  readonly image: SparseImage;
  readonly clusterBytes: number;
  readonly recordBytes: number;
  readonly indexBytes: number;
  readonly sectorBytes: number;
  /** Clusters of the volume. */
  readonly clusters: number;
  /** Records $MFT has room for. */
  readonly recordCount: number;
  /** Every file and folder; system files as `$MFT`, `$Extend\\$ObjId`, the root with the empty path. */
  readonly files: readonly WrittenFile[];
  /** A file by any of its paths, compared as the volume compares names; deleted ones only when no other has the path. @throws {RangeError} when there is none. */
  file(path: string): WrittenFile;
  /** Stretches of the volume in which a file record lies, in bytes; several when a piece of $MFT ends inside it. */
  recordPlace(record: number): readonly { readonly offset: number; readonly sizeBytes: number }[];
  /** First byte of a file record. */
  recordOffset(record: number): number;
}

/** Longest stream kept in its record unless asked otherwise; Windows decides by the room that is left. */
export const RESIDENT_AT_MOST = 400;
