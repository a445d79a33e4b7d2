/** Codes of errors thrown by `partition/`: unusable input or a refused write. */
export const PARTITION_ERROR_CODES = [] as const;

/** Codes of damages reported by `partition/`. */
export const PARTITION_DAMAGE_CODES = [] as const;
