/** Codes of errors thrown by `container/`: unusable input or a refused write. */
export const CONTAINER_ERROR_CODES = [] as const;

/** Codes of damages reported by `container/`. */
export const CONTAINER_DAMAGE_CODES = [] as const;
