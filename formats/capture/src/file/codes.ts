/** Codes of errors of capture files. */
export const CAPTURE_FILE_ERROR_CODES = ['CAPTURE_FORMAT', 'CAPTURE_VERSION', 'CAPTURE_COMPRESSED', 'CAPTURE_REDACT_PROOF'] as const;
/** Codes of damages of capture files. */
export const CAPTURE_FILE_DAMAGE_CODES = [
  'CAPTURE_CUT',
  'CAPTURE_PACKET_LENGTH',
  'CAPTURE_RESYNC',
  'CAPTURE_LOST',
  'CAPTURE_BLOCK_LENGTH',
  'CAPTURE_INTERFACE',
  'CAPTURE_FRAME_TABLE',
  'CAPTURE_LOCAL_TIME',
  'CAPTURE_TLS_SECRETS',
  'CAPTURE_GZIP',
  'CAPTURE_GZIP_LIMIT',
] as const;
/** Code of a damage of a capture file. */
export type CaptureFileDamageCode = (typeof CAPTURE_FILE_DAMAGE_CODES)[number];
