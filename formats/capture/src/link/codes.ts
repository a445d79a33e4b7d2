/** Codes of damages below TCP and UDP. */
export const LINK_DAMAGE_CODES = [] as const;
