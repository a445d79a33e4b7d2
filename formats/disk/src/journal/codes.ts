/** Codes of errors thrown by `journal/`: unusable input or a refused write. */
export const JOURNAL_ERROR_CODES = [
  'JOURNAL_WRITE',
  'JOURNAL_PLAN',
  'JOURNAL_NOT_JOURNAL',
  'JOURNAL_INCOMPLETE',
  'JOURNAL_DAMAGED',
  'JOURNAL_FOREIGN',
  'JOURNAL_TORN',
  'JOURNAL_CANCELLED',
  'JOURNAL_INTERRUPTED',
  'JOURNAL_VERIFY',
  'JOURNAL_STATE',
] as const;

/** Codes of damages reported by `journal/`: none, a journal is whole or of no use. */
export const JOURNAL_DAMAGE_CODES = [] as const;
