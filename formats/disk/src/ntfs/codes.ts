/** Codes of errors thrown by `ntfs/`: unusable input or a refused write. */
export const NTFS_ERROR_CODES = [] as const;

/** Codes of damages reported by `ntfs/`. */
export const NTFS_DAMAGE_CODES = [] as const;
