import type { ByteSource, Damage } from '@winmedic/bytes';
import type { BlockDevice } from '../block/types.ts';

/** Reference to a file record: number (48 bits) and sequence number. @source [MS-FSCC] 2.1.5, Linux-NTFS "File reference" */
export interface FileReference {
  readonly record: number;
  readonly sequence: number;
}

/** Stretch of clusters. `lcn` undefined: sparse (reads as zeros). */
export interface Run {
  readonly vcn: number;
  readonly lcn: number | undefined;
  readonly clusters: number;
}

/** Attribute types by number. */
export const ATTRIBUTE = {
  standardInformation: 0x10,
  attributeList: 0x20,
  fileName: 0x30,
  objectId: 0x40,
  securityDescriptor: 0x50,
  volumeName: 0x60,
  volumeInformation: 0x70,
  data: 0x80,
  indexRoot: 0x90,
  indexAllocation: 0xa0,
  bitmap: 0xb0,
  reparsePoint: 0xc0,
  eaInformation: 0xd0,
  ea: 0xe0,
  loggedUtilityStream: 0x100,
} as const;

/** Well-known file records. */
export const RECORD = {
  mft: 0,
  mftMirror: 1,
  logFile: 2,
  volume: 3,
  root: 5,
  bitmap: 6,
  boot: 7,
  badClusters: 8,
  secure: 9,
  upCase: 10,
  extend: 11,
} as const;

/** Name spaces of $FILE_NAME. */
export const NAME_SPACE = { posix: 0, win32: 1, dos: 2, win32AndDos: 3 } as const;

/** Facts of the boot sector. Sizes in bytes. */
export interface NtfsBoot {
  readonly sectorBytes: number;
  readonly clusterBytes: number;
  readonly recordBytes: number;
  readonly indexBytes: number;
  readonly totalSectors: number;
  readonly mftCluster: number;
  readonly mirrorCluster: number;
  /** Volume serial number, 16 hexadecimal digits, upper case. */
  readonly serial: string;
  /** `boot`, or `backup` when the first sector was unusable and the copy at the end of the volume was taken. */
  readonly from: 'boot' | 'backup';
  /** Both copies were compared. */
  readonly copies: 'equal' | 'differ' | 'one-only';
}

/** One attribute of a file, over all its records: extents of a long one are joined. */
export interface Attribute {
  readonly type: number;
  /** Empty for the unnamed one (`$DATA` of a file); `$I30` for indexes of directories. */
  readonly name: string;
  /** Attribute number in its record. */
  readonly id: number;
  readonly resident: boolean;
  /** Bits 0x1 compressed, 0x4000 encrypted, 0x8000 sparse. */
  readonly flags: number;
  /** Length of the data (resident: of the value). */
  readonly sizeBytes: number;
  /** Field `AllocatedLength`: what the runs span, holes of a sparse or compressed attribute included (resident: 0). */
  readonly allocatedBytes: number;
  readonly initializedBytes: number;
  /** Clusters of one compression unit; 0 when not compressed. */
  readonly compressionUnit: number;
  /** Runs in the order of VCN; empty when resident. */
  readonly runs: readonly Run[];
  /** Where it stands: record number and byte offset of the attribute in the record, for each extent in VCN order. */
  readonly places: readonly { readonly record: number; readonly offset: number; readonly firstVcn: number }[];
}

/** Four times in FILETIME ticks (100 ns since 1601 UTC). */
export interface NtfsTimes {
  readonly created: bigint;
  readonly modified: bigint;
  readonly mftChanged: bigint;
  readonly accessed: bigint;
}

/** A $FILE_NAME attribute. */
export interface FileName {
  readonly parent: FileReference;
  readonly name: string;
  readonly nameSpace: number;
  /** Copy of times and sizes in the name: often stale, never decided on. */
  readonly times: NtfsTimes;
}

/** An entry of a directory as the index has it; facts of the file itself come from its record. */
export interface DirectoryEntry {
  readonly reference: FileReference;
  readonly name: string;
  readonly nameSpace: number;
  readonly isDirectory: boolean;
  /**
   * Where it lies: VCN of the INDX block and byte offset of the entry in it; `undefined` VCN for $INDEX_ROOT, then the offset is from the
   * beginning of that attribute's value.
   */
  readonly place: { readonly vcn: number | undefined; readonly offset: number };
}

/** A file or directory, from its record(s). */
export interface NtfsFile {
  readonly reference: FileReference;
  /** In use; false for a deleted file. */
  readonly inUse: boolean;
  readonly isDirectory: boolean;
  /** LSN of the last log record that changed the base record. */
  readonly lsn: bigint;
  /** Numbers of extension records (attribute list), without the base record. */
  readonly extensionRecords: readonly number[];
  /** From $STANDARD_INFORMATION: DOS attributes, times, security id (0 when only a descriptor attribute is there). */
  readonly times: NtfsTimes;
  readonly dosAttributes: number;
  readonly securityId: number;
  readonly names: readonly FileName[];
  readonly attributes: readonly Attribute[];
  /** Best name: Win32 before POSIX before DOS. */
  readonly name: string;
  /** Length of the unnamed $DATA (0 for directories). */
  readonly sizeBytes: number;
  /** Reparse point, when there is one: tag and, for symbolic links and junctions, where they point. */
  readonly reparse?: { readonly tag: number; readonly target?: string; readonly relative?: boolean };
}

/** Options of opening a volume. */
export interface NtfsOptions {
  readonly onDamage?: (damage: Damage) => void;
  /** Where the volume begins on the disk, for the offsets of damages. Default 0. */
  readonly origin?: number;
}

/** What to look for. */
export interface FindOptions {
  /** Folder below which is searched; default the root. */
  readonly below?: string;
  /** Glob over names, or over paths below `below` when it contains a separator: `*`, `?`, `**`; compared as the volume compares names (its own $UpCase). */
  readonly glob?: string;
  /** Modification time ($STANDARD_INFORMATION) from (inclusive) and before (exclusive), FILETIME ticks. */
  readonly modifiedFrom?: bigint;
  readonly modifiedBefore?: bigint;
  /** Only files directly in the folder. */
  readonly shallow?: boolean;
  /** Also deleted files whose record is still there; the path of one whose folder is gone begins with `?\\`. Reads the whole $MFT. Default false. */
  readonly deleted?: boolean;
}

/** A file that was found, with the path it was found by. */
export interface FoundFile {
  /** From the root, backslashes, no drive letter: `Windows\System32\ntoskrnl.exe`. */
  readonly path: string;
  readonly file: NtfsFile;
}

/** An opened volume. Reads lazily through its device; memory does not grow with the volume. Damage never throws: it is reported and the rest is read. */
export interface NtfsVolume {
  readonly device: BlockDevice;
  readonly boot: NtfsBoot;
  /** $VOLUME_NAME; empty when there is none. */
  readonly label: string;
  /** NTFS version of $VOLUME_INFORMATION (3.1 since Windows XP); 0.0 when it cannot be read (reported), then the flags say nothing. */
  readonly version: { readonly major: number; readonly minor: number };
  /** Flags of $VOLUME_INFORMATION: 0x1 dirty (chkdsk at next boot). */
  readonly volumeFlags: number;
  /** File records that $MFT has room for and that were ever initialized. */
  readonly recordCount: number;
  /** Upper case as this volume compares names ($UpCase). */
  upCase(text: string): string;
  /** Collation order of two names (COLLATION_FILE_NAME): negative, 0, positive. */
  compareNames(a: string, b: string): number;
  /** A file by record number, in use or not; undefined for an unusable record (reported), and for an extension record of another file. */
  file(record: number): NtfsFile | undefined;
  /** A file by path (`\\` or `/`), names compared without case, long or 8.3; reparse points are not followed. Descends the index trees: reads only what lies on the way. */
  lookup(path: string): NtfsFile | undefined;
  /** One name in a directory, by descending its tree. */
  entry(directory: NtfsFile, name: string): DirectoryEntry | undefined;
  /** All entries of a directory in index order, DOS names included. With `prefix`, only names that begin so (without case), reading only that part of the tree. */
  entries(directory: NtfsFile, prefix?: string): Iterable<DirectoryEntry>;
  /** Every file and folder below a folder that fits, found by long names; a literal beginning of the glob is used to read less. Loops end; hard links are found by each path. */
  find(options: FindOptions): Iterable<FoundFile>;
  /** Path from the root by parent references (empty for the root itself); undefined for orphans. */
  pathOf(file: NtfsFile): string | undefined;
  /**
   * Bytes of a data stream (default the unnamed one), also sparse, compressed, resident; zeros behind the initialized length. Undefined: no such stream, or
   * what NTFS has is not the content ({@link streamObstacle}: NTFS_REPARSE_DATA, NTFS_ENCRYPTED, reported). A read stops short where a damage is reported.
   */
  open(file: NtfsFile, stream?: string): ByteSource | undefined;
  /** Self-relative security descriptor, from the record or $Secure. */
  security(file: NtfsFile): Uint8Array | undefined;
  /** Where a file record lies on the volume: stretches in bytes (several when $MFT is fragmented inside it). */
  recordPlace(record: number): readonly { readonly offset: number; readonly sizeBytes: number }[] | undefined;
  /** The record's bytes with fixups resolved (a copy); undefined when torn or unusable. */
  readRecord(record: number): Uint8Array | undefined;
  /** An INDX block of a directory with fixups resolved (a copy), by VCN of its index allocation; undefined when torn or unusable. */
  readIndexBlock(directory: NtfsFile, vcn: number): Uint8Array | undefined;
  /** Forgets what was cached; to be called after the device was written to. @throws {DiskError} NTFS_NO_MFT */
  refresh(): void;
}
