/** Codes of errors of capture files. */
export const CAPTURE_FILE_ERROR_CODES = ['CAPTURE_FORMAT'] as const;
/** Codes of damages of capture files. */
export const CAPTURE_FILE_DAMAGE_CODES = [] as const;
