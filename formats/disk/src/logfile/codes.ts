/** Codes of errors thrown by `logfile/`: unusable input or a refused write. */
export const LOGFILE_ERROR_CODES = [] as const;

/** Codes of damages reported by `logfile/`. */
export const LOGFILE_DAMAGE_CODES = [] as const;
