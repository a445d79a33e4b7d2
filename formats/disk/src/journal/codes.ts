/** Codes of errors thrown by `journal/`: unusable input or a refused write. */
export const JOURNAL_ERROR_CODES = [] as const;

/** Codes of damages reported by `journal/`. */
export const JOURNAL_DAMAGE_CODES = [] as const;
