/** Codes of errors thrown by `ntfs/`: unusable input or a refused write. */
export const NTFS_ERROR_CODES = [
  /** Neither the first sector nor the copy at the end is an NTFS boot sector. */
  'NTFS_NOT_NTFS',
  /** A boot sector was found, but its sizes are impossible. */
  'NTFS_GEOMETRY',
  /** The first record of $MFT is unusable, in the table and in its mirror. */
  'NTFS_NO_MFT',
] as const;

/** Codes of damages reported by `ntfs/`. */
export const NTFS_DAMAGE_CODES = [
  /** The first boot sector is unusable; the copy was taken. */
  'NTFS_BOOT',
  /** The copy of the boot sector is missing or differs. */
  'NTFS_BOOT_COPY',
  /** The volume is longer than what it lies on. */
  'NTFS_SHORT',
  /** Record 0 of $MFT is unusable; its mirror was taken. */
  'NTFS_MFT_MIRROR',
  /** Stretches of $MFT cannot be found. */
  'NTFS_MFT_RUNS',
  /** A block was written only in part. */
  'NTFS_TORN',
  /** A file record is no file record, or its header is impossible. */
  'NTFS_RECORD',
  /** An attribute does not fit into its record, or its content is impossible. */
  'NTFS_ATTRIBUTE',
  /** The run list of an attribute is broken, or a part of it is missing. */
  'NTFS_RUNS',
  /** An attribute list names records that are not there or belong to another file. */
  'NTFS_ATTRIBUTE_LIST',
  /** An index block or entry is broken, is in a loop, or is not in use. */
  'NTFS_INDEX',
  /** An index entry names a record that now belongs to another file, or another folder. */
  'NTFS_ENTRY',
  /** A compressed unit cannot be decompressed. */
  'NTFS_COMPRESSED',
  /** Content lies elsewhere than in the stream: compressed by WOF, deduplicated, in the cloud. */
  'NTFS_REPARSE_DATA',
  /** Content is encrypted (EFS). */
  'NTFS_ENCRYPTED',
  /** A reparse point cannot be read. */
  'NTFS_REPARSE',
  /** The security descriptor cannot be found or is not the one its hash tells. */
  'NTFS_SECURITY',
  /** $UpCase cannot be read or is unusual. */
  'NTFS_UPCASE',
  /** More than this reader takes: something was left out. */
  'NTFS_LIMIT',
] as const;

/** Code of one damage. */
export type NtfsDamageCode = (typeof NTFS_DAMAGE_CODES)[number];
