/** Codes of damages below TCP and UDP. */
export const LINK_DAMAGE_CODES = ['CAPTURE_LINK_HEADER', 'CAPTURE_LINK_TYPE', 'CAPTURE_LINK_DEPTH', 'CAPTURE_LINK_FRAGMENTS'] as const;
/** Code of one damage below TCP and UDP. */
export type LinkDamageCode = (typeof LINK_DAMAGE_CODES)[number];
