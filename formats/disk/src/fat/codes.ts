/** Codes of errors thrown by `fat/`: unusable input or a refused write. */
export const FAT_ERROR_CODES = [] as const;

/** Codes of damages reported by `fat/`. */
export const FAT_DAMAGE_CODES = [] as const;
