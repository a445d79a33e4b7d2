/** Codes of damages of the protocols inside. */
export const DISSECT_DAMAGE_CODES = [
  /** A unit of DCE RPC that cannot be read. */
  'CAPTURE_RPC_UNIT',
  /** Arguments or results of an activation or an endpoint map that cannot be read. */
  'CAPTURE_RPC_STUB',
  /** An LDAP bind or its answer that cannot be read. */
  'CAPTURE_LDAP_BIND',
  /** A Kerberos message that cannot be read. */
  'CAPTURE_KERBEROS_MESSAGE',
  /** A request of RDP's negotiation that cannot be read. */
  'CAPTURE_RDP_NEGOTIATION',
  /** A TSRequest of CredSSP that cannot be read. */
  'CAPTURE_CREDSSP_REQUEST',
] as const;
