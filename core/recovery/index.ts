export { type AppliedRepair, type ApplyOptions, applyRepair } from './apply-repair.ts';
export { RECOVERY_CODES, type RecoveryCode, RecoveryError } from './errors.ts';
export { inspectDisk } from './inspect-disk.ts';
export { journalPath, journalsOf, withJournal } from './journal-file.ts';
export { type PlannedRepair, planRepair } from './plan-repair.ts';
export { ioOf, repairReport, undoReport } from './reports.ts';
export type { FreeStep, RepairRequest, RepairStep } from './request.ts';
export { type Undone, type UndoOptions, undoRepair } from './undo-repair.ts';
export { type VerifyOptions, verifyDisk } from './verify-disk.ts';
