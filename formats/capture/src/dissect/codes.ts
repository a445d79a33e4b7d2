/** Codes of damages of the protocols inside. */
export const DISSECT_DAMAGE_CODES = [] as const;
