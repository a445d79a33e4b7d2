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
  /** A line in the head of an HTTP message that is no header. */
  'CAPTURE_HTTP_HEAD',
  /** A head of HTTP larger than is kept. */
  'CAPTURE_HTTP_HEAD_LIMIT',
  /** Lengths of an HTTP body that contradict each other, or are none. */
  'CAPTURE_HTTP_LENGTH',
  /** Chunks of an HTTP body that cannot be read. */
  'CAPTURE_HTTP_CHUNK',
  /** A token in a header of HTTP that is no base64. */
  'CAPTURE_HTTP_TOKEN',
  /** A SOAP envelope that cannot be read. */
  'CAPTURE_HTTP_ENVELOPE',
  /** A handshake message of TLS larger than is kept. */
  'CAPTURE_TLS_LIMIT',
] as const;
