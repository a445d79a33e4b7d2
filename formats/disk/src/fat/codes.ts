/** Codes of errors thrown by `fat/`: unusable input or a refused write. */
export const FAT_ERROR_CODES = [
  /** Neither the first sector nor the copy of FAT32 is a FAT boot sector. */
  'FAT_NOT_FAT',
  /** A boot sector was found, but its sizes are impossible. */
  'FAT_GEOMETRY',
  /** No such folder. */
  'FAT_NOT_FOUND',
  /** The device cannot be written to. */
  'FAT_READ_ONLY',
  /** Outside the file's length, or a length that is not possible. */
  'FAT_RANGE',
  /** Not enough free clusters. */
  'FAT_FULL',
  /** The folder's entry is no longer the one that was handed in. */
  'FAT_CHANGED',
  /** The file's clusters are not as its length says, or the copies of the FAT disagree about them: nothing is written. */
  'FAT_EDIT_CHAIN',
] as const;

/** Codes of damages reported by `fat/`. */
export const FAT_DAMAGE_CODES = [
  /** The first boot sector is unusable; the copy of FAT32 was taken. */
  'FAT_BOOT',
  /** The volume is longer than what it lies on, or its FAT too short for it. */
  'FAT_SHORT',
  /** A chain of clusters ends too early, goes on too long, leaves the volume or comes back to itself. */
  'FAT_CHAIN',
  /** A folder's entry is impossible. */
  'FAT_ENTRY',
  /** A long name is incomplete or of another file; the short one is shown. */
  'FAT_LONG_NAME',
  /** More than this reader takes: something was left out. */
  'FAT_LIMIT',
] as const;

/** Code of one damage. */
export type FatDamageCode = (typeof FAT_DAMAGE_CODES)[number];
