/** Codes of damages of flows and their reassembly. */
export const FLOW_DAMAGE_CODES = [] as const;
