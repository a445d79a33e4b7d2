/** A file or folder on a FAT volume. */
export interface FatEntry {
  /** Long name when there is one, else the 8.3 name. */
  readonly name: string;
  readonly shortName: string;
  readonly isDirectory: boolean;
  readonly sizeBytes: number;
  readonly firstCluster: number;
}
