/** First bytes of `hiberfil.sys`: hibernated (Windows 8 and newer in capitals, Vista and 7 in small letters), resumed, never used. */
export type HibernationFile = 'HIBR' | 'hibr' | 'WAKE' | 'wake' | 'zeros';

/** What is to be on a disk. Without any: a crashed Server 2019 on a GPT disk, everything a repair meets. */
export interface DiskOptions {
  /** `gpt`: ESP (FAT32), MSR, Windows, recovery. `mbr`: System Reserved (NTFS) and Windows. Default `gpt`. */
  readonly table?: 'gpt' | 'mbr';
  /** Who makes the Windows volume: mkntfs and ntfs-3g, or the writer in `labs`. Default: ntfs-3g where it can mount. */
  readonly by?: 'ntfs-3g' | 'labs';
  /** Default Server 2019. On 2012 R2 (build 9600) transaction logs of the registry may not be put aside; on it and 2016 `RegBack` holds hives. */
  readonly build?: 'server-2012r2' | 'server-2016' | 'server-2019';
  /** The faulty channel file of 2024-07-19T04:09:11Z; default there. */
  readonly faulty?: boolean;
  /** The corrected one of 05:27:00Z beside it; default there. */
  readonly corrected?: boolean;
  /** Channel files that are neither; default 400. */
  readonly channelFiles?: number;
  /** Default 300. */
  readonly drivers?: number;
  /** Every third channel file, the faulty one too, has an 8.3 name. Default true. */
  readonly dosNames?: boolean;
  /** Default 4096. */
  readonly clusterBytes?: 512 | 1024 | 2048 | 4096 | 65_536;
  /**
   * `dirty`: what the last minutes wrote is in LOG1 and LOG2 only. `growing`: so much that the hives become longer; `growing-little`: by few pages. Default
   * `dirty`.
   */
  readonly hives?: 'clean' | 'dirty' | 'growing' | 'growing-little';
  /** SYSTEM lies in many pieces; default true. */
  readonly fragmentedHive?: boolean;
  /** Default: no such file. */
  readonly hiberfil?: HibernationFile;
  /** `pagefile.sys`: zeros, or with the header of a crash dump that was not yet copied out. Default: no such file. */
  readonly pagefile?: 'zeros' | 'dump';
  /** A folder with compressed files; default where clusters allow it. */
  readonly compressed?: boolean;
  /** Element `safeboot` in the boot entry; default none. */
  readonly safeBoot?: 'minimal' | 'network';
  /** Flag 1 of $VOLUME_INFORMATION; with `by: 'labs'` only. */
  readonly volumeDirty?: boolean;
  /** Contents of $LogFile; with `by: 'labs'` only. Default all 0xFF. */
  readonly logFile?: Uint8Array;
  /** LSN of a file's record; with `by: 'labs'` only. */
  readonly lsnOf?: (path: string) => bigint | undefined;
}

/** A partition of a made disk. */
export interface DiskPartition {
  readonly role: 'efi' | 'reserved' | 'windows' | 'recovery' | 'system-reserved';
  readonly number: number;
  /** In bytes. */
  readonly offset: number;
  readonly sizeBytes: number;
}

/** A file of the Windows volume as it has to be found. */
export interface ExpectedFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** SHA-256 of its contents, hexadecimal. */
  readonly sha256: string;
  /** FILETIME ticks. */
  readonly modified: bigint;
  readonly dosName?: string;
}

/** A registry value before and after its hive's logs are applied. */
export interface ExpectedValue {
  readonly hive: string;
  readonly key: string;
  readonly name: string;
  /** A number (REG_DWORD), or undefined: not there. */
  readonly raw: number | undefined;
  readonly replayed: number | undefined;
}

/** What is known about a made disk. */
export interface DiskFacts {
  readonly computer: string;
  readonly productName: string;
  readonly build: number;
  readonly installedAt: bigint;
  /** The faulty channel file, when it is there. */
  readonly faulty: ExpectedFile | undefined;
  /** Channel files with the same number that must not be touched: the older one, and the corrected one when it is there. */
  readonly good: readonly ExpectedFile[];
  /** Every file of the Windows volume. */
  readonly files: readonly ExpectedFile[];
  /** Paths of hives and how long their contents are. */
  readonly hives: readonly { readonly name: string; readonly path: string; readonly dirty: boolean }[];
  readonly values: readonly ExpectedValue[];
  /** Files of the registry's transaction log that a repair may put aside. */
  readonly transactionLogs: readonly string[];
  /** What the small dump says. */
  readonly dump: { readonly path: string; readonly code: number; readonly module: string; readonly time: bigint };
  /** Times of the bug checks in System.evtx. */
  readonly bugChecks: readonly bigint[];
  /** Boot entry of the BCD store. */
  readonly boot: { readonly defaultEntry: string; readonly description: string; readonly path: string };
}

/** A made disk. */
export interface DiskImage {
  /** Raw image, sparse. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly table: 'gpt' | 'mbr';
  readonly by: 'ntfs-3g' | 'labs';
  readonly partitions: readonly DiskPartition[];
  readonly windows: DiskPartition;
  readonly facts: DiskFacts;
}
