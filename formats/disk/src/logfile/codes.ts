/** Codes of errors thrown by `logfile/`: none, a log that cannot be used is a state and its damages. */
export const LOGFILE_ERROR_CODES = [] as const;

/** Codes of damages reported by `logfile/`. */
export const LOGFILE_DAMAGE_CODES = [
  'LOGFILE_RESTART',
  'LOGFILE_VERSION',
  'LOGFILE_CHKDSK',
  'LOGFILE_CHECKPOINT',
  'LOGFILE_PAGE',
  'LOGFILE_RECORD',
  'LOGFILE_TAIL',
  'LOGFILE_HOLE',
  'LOGFILE_CHAIN',
  'LOGFILE_LIMIT',
] as const;
