/** Writing: replay and clean, edits in place, undo. Everything is planned first and carried out by a sink that the caller hands in. */
export { applyWrites, undoWrites } from './apply.ts';
export type { CleanHive } from './plan.ts';
export { CRC_32, HIVE_FILE_NAME, planEdit, replayAndClean } from './plan.ts';
export type {
  HiveChange,
  HiveCreateKey,
  HiveCreateValue,
  HiveDeleteKey,
  HiveDeleteValue,
  HiveEdit,
  HiveFiles,
  HivePlan,
  HiveSetValue,
  HiveSink,
  HiveUndoOptions,
  HiveUndoRecord,
  HiveWrite,
  HiveWriteHash,
  HiveWriteOptions,
  PlannedEdit,
  PlannedFile,
  PlannedStructure,
  UndoFile,
  UndoWrite,
} from './types.ts';
