/** Codes of errors thrown by `edit/`: unusable input or a refused write. */
export const EDIT_ERROR_CODES = [] as const;

/** Codes of damages reported by `edit/`. */
export const EDIT_DAMAGE_CODES = [] as const;
