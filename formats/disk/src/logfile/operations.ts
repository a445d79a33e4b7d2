/** NTFS_LOG_OPERATION codes that this reader names. @source Linux-NTFS documentation, "File - $LogFile (2)" */
export const OPERATION = {
  noop: 0x00,
  compensation: 0x01,
  initializeFileRecord: 0x02,
  deallocateFileRecord: 0x03,
  updateResidentValue: 0x07,
  updateNonresidentValue: 0x08,
  deleteDirtyClusters: 0x0a,
  addIndexEntryAllocation: 0x0e,
  setBits: 0x15,
  clearBits: 0x16,
  hotFix: 0x17,
  commit: 0x1a,
  forget: 0x1b,
  openNonresidentAttribute: 0x1c,
  openAttributeTableDump: 0x1d,
  attributeNamesDump: 0x1e,
  dirtyPageTableDump: 0x1f,
  transactionTableDump: 0x20,
} as const;

/**
 * What an operation changes on the volume: `nothing`; one file record of $MFT; one block of an index; a stretch of bytes of a stream; bits of a bitmap
 * stream; or `unknown`, an operation nobody described, that may change anything in the clusters it names.
 */
export type Effect = 'nothing' | 'file-record' | 'index-block' | 'value' | 'bits' | 'unknown';

/** Operation 0x25 of Windows 10: fills a file record from an offset to its end. Not documented: seen in logs, always with $MFT as its target. */
const CLEAR_FILE_RECORD_END = 0x25;

const EFFECTS = new Map<number, Effect>([
  ...[0x00, 0x01, 0x0a, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20].map((code): [number, Effect] => [code, 'nothing']),
  ...[0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x09, 0x0b, 0x0c, 0x0d, 0x11, 0x13, 0x21, CLEAR_FILE_RECORD_END].map((code): [number, Effect] => [
    code,
    'file-record',
  ]),
  ...[0x0e, 0x0f, 0x10, 0x12, 0x14, 0x22].map((code): [number, Effect] => [code, 'index-block']),
  [OPERATION.updateNonresidentValue, 'value'],
  [OPERATION.setBits, 'bits'],
  [OPERATION.clearBits, 'bits'],
]);

/** What an operation changes. HotFix (moves a bad cluster, layout not described) and codes beyond the list are `unknown`. */
export function effectOf(operation: number): Effect {
  return EFFECTS.get(operation) ?? 'unknown';
}

/** UpdateResidentValue, and the operations on entries of $INDEX_ROOT. */
const VALUES_IN_RECORDS: ReadonlySet<number> = new Set([OPERATION.updateResidentValue, 0x0c, 0x0d, 0x11, 0x13, 0x21]);

/** Whether an operation on a file record may change where the file's data lie: all do but those on values that stay in the record. */
export function mayMoveData(operation: number): boolean {
  return !VALUES_IN_RECORDS.has(operation);
}

/** Tables written by a checkpoint: they carry a transaction id but belong to no transaction. */
export function isTableDump(operation: number): boolean {
  return operation >= OPERATION.openAttributeTableDump && operation <= OPERATION.transactionTableDump;
}
