/**
 * Writer of whole `$LogFile` images, for tests: never used, clean, and pending with any records, tables, wrap-around and torn ends.
 * It shares no code with the reader in `formats/disk`, so that a fault in one does not hide a fault in the other.
 */
export { LogWriter, unusedLog, type WrittenLog } from './log-writer.ts';
export { utf16 } from './tables.ts';
export type {
  CheckpointInput,
  DirtyPageInput,
  LastPage,
  LogEnd,
  LogRecordInput,
  LogShape,
  OpenAttributeInput,
  TransactionInput,
} from './types.ts';
