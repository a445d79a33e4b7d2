import type { ByteSource, Damage } from '@winmedic/bytes';

/** A file or folder on a FAT volume, as it was when its folder was read. */
export interface FatEntry {
  /** Long name when there is one whose checksum fits, else the 8.3 name. */
  readonly name: string;
  readonly shortName: string;
  readonly isDirectory: boolean;
  readonly sizeBytes: number;
  /** 0: no cluster (an empty file). */
  readonly firstCluster: number;
  /** Attributes: 1 read-only, 2 hidden, 4 system, 0x10 folder, 0x20 archive. */
  readonly attributes: number;
  /** Byte offset of the 32-byte entry on the device. */
  readonly entryOffset: number;
}

/** Options of `openFat`. */
export interface FatOptions {
  readonly onDamage?: (damage: Damage) => void;
}

/** An opened FAT12, FAT16 or FAT32 volume. Paths are joined with a backslash or a slash, in any letter case; empty is the root. */
export interface FatVolume {
  readonly kind: 'FAT12' | 'FAT16' | 'FAT32';
  readonly sectorBytes: number;
  readonly clusterBytes: number;
  /** Number of data clusters; they are numbered from 2. */
  readonly clusters: number;
  /** Volume label of the boot sector without padding; empty when there is none. */
  readonly label: string;
  /** Volume serial number, when the boot sector has one. */
  readonly serial: number | undefined;
  /**
   * The volume was cleanly dismounted and had no disk error, as the marks in the second FAT entry say. FAT12 has no such marks: `true`.
   */
  readonly clean: boolean;
  /** Files and folders of a folder, without `.`, `..` and the volume label. @throws {DiskError} FAT_NOT_FOUND. */
  entries(path: string): readonly FatEntry[];
  /** One file or folder by its long or short name; the root has no entry. */
  lookup(path: string): FatEntry | undefined;
  /** Bytes of a file. What its chain of clusters does not hold is missing at the end (a damage was told). */
  open(file: FatEntry): ByteSource;
  /**
   * Replaces bytes of a file inside its length, in place.
   * @throws {DiskError} FAT_READ_ONLY, FAT_RANGE, FAT_CHANGED, FAT_EDIT_CHAIN.
   */
  overwrite(file: FatEntry, offset: number, bytes: Uint8Array): void;
  /**
   * Makes a file longer, filled with zeros: inside its last cluster, else with free clusters in every copy of the FAT. Returns the file's new entry.
   * Order of writing for an interruption: data, FATs, then the folder's entry, which alone makes the new length seen.
   * @throws {DiskError} FAT_READ_ONLY, FAT_RANGE, FAT_FULL, FAT_CHANGED, FAT_EDIT_CHAIN.
   */
  grow(file: FatEntry, sizeBytes: number): FatEntry;
}
