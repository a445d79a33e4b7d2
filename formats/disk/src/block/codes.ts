/** Codes of errors thrown by `block/`: unusable input or a refused write. */
export const BLOCK_ERROR_CODES = [] as const;

/** Codes of damages reported by `block/`. */
export const BLOCK_DAMAGE_CODES = [] as const;
