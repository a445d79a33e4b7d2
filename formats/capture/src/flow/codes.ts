/** Codes of damages of flows and their reassembly. */
export const FLOW_DAMAGE_CODES = ['CAPTURE_FLOW_HEADER', 'CAPTURE_FLOW_LIMIT'] as const;
/** Code of one damage of flows. */
export type FlowDamageCode = (typeof FLOW_DAMAGE_CODES)[number];
