/** Codes of errors thrown by `edit/`: unusable input or a refused write. */
export const EDIT_ERROR_CODES = [
  'EDIT_NAME',
  'EDIT_NOT_FOUND',
  'EDIT_EXISTS',
  'EDIT_ORDER',
  'EDIT_HARD_LINKS',
  'EDIT_SHORT_NAME',
  'EDIT_SYSTEM_FILE',
  'EDIT_TORN',
  'EDIT_MISMATCH',
  'EDIT_ENCRYPTED',
  'EDIT_COMPRESSED',
  'EDIT_SPARSE',
  'EDIT_RANGE',
  'EDIT_RESIDENT',
  'EDIT_RECORD_FULL',
  'EDIT_NO_SPACE',
  'EDIT_TOO_LARGE',
  'EDIT_READ_ONLY',
  'EDIT_VERSION',
] as const;

/** Codes of findings of {@link checkVolume} and {@link checkRename}. */
export const CHECK_CODES = [
  'CHECK_BOOT_COPY',
  'CHECK_MIRROR',
  'CHECK_RECORD',
  'CHECK_RECORD_BITMAP',
  'CHECK_ATTRIBUTE',
  'CHECK_ATTRIBUTE_LIST',
  'CHECK_RUNS',
  'CHECK_SIZE',
  'CHECK_CLUSTER_SHARED',
  'CHECK_CLUSTER_FREE',
  'CHECK_CLUSTER_LOST',
  'CHECK_INDEX',
  'CHECK_INDEX_ORDER',
  'CHECK_ENTRY_REFERENCE',
  'CHECK_ENTRY_NAME',
  'CHECK_NAME_MISSING',
  'CHECK_LINK_COUNT',
  'CHECK_RENAME',
  'CHECK_STOPPED',
  'CHECK_MORE',
] as const;

/** Codes of damages reported by `edit/`: those of its findings. */
export const EDIT_DAMAGE_CODES = CHECK_CODES;
