/** Codes of errors thrown by `block/`: unusable input or a refused write. */
export const BLOCK_ERROR_CODES = ['BLOCK_WRITE_RANGE', 'BLOCK_READ_ONLY', 'BLOCK_ALIGN', 'BLOCK_LIMIT', 'BLOCK_SHORT'] as const;

/** Codes of damages reported by `block/`: none, a device either delivers or throws. */
export const BLOCK_DAMAGE_CODES = [] as const;
