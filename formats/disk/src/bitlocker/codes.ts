/** Codes of errors thrown by `bitlocker/`: unusable input or a refused write. */
export const BITLOCKER_ERROR_CODES = [] as const;

/** Codes of damages reported by `bitlocker/`. */
export const BITLOCKER_DAMAGE_CODES = [] as const;
