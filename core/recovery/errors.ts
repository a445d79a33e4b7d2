import { WireError, type WireErrorPlace } from '@winmedic/bytes';

/** Codes of {@link RecoveryError} and of the refusals of a repair. */
export const RECOVERY_CODES = [
  /** The volume is hibernated or in fast start: Windows would continue over what was changed. */
  'RECOVERY_HIBERNATED',
  /** Not NTFS 3.1: nobody described how to change it. */
  'RECOVERY_NTFS_VERSION',
  /** Windows ran after the repair and its log has pending records: what is put back could be overwritten by them. */
  'RECOVERY_STARTED_SINCE',
  /** A member of a dynamic disk or of a storage pool. */
  'RECOVERY_COMPOSITE',
  /** Mounted, held, locked, or open for writing elsewhere. */
  'RECOVERY_IN_USE',
  /** A pending log record would be redone over a block that is to be changed. */
  'RECOVERY_LOG_REDO',
  /** A transaction that did not commit would be rolled back over it. */
  'RECOVERY_LOG_UNDO',
  /** Pending log records cannot be attributed, or the log cannot be read. */
  'RECOVERY_LOG_UNKNOWN',
  /** What a step requires is not on the volume. */
  'RECOVERY_NOTHING_FOUND',
  /** The check of the planned state found a fault: nothing is written. */
  'RECOVERY_CHECK',
  /** The image can only be read (qcow2, VMDK). */
  'RECOVERY_READ_ONLY',
  /** An earlier repair was interrupted: undo or finish it first. */
  'RECOVERY_TORN',
  /** The journal cannot be made. */
  'RECOVERY_JOURNAL',
  /** No journal was found beside the disk. */
  'RECOVERY_NO_JOURNAL',
  /** No boot store was found. */
  'RECOVERY_NO_BOOT_STORE',
  /** The path of a file to restore does not end as quarantine leaves it. */
  'RECOVERY_NOT_QUARANTINED',
  /** No journal tells which name a quarantined file had. */
  'RECOVERY_NAME_UNKNOWN',
] as const;

/** Code of a {@link RecoveryError}. */
export type RecoveryCode = (typeof RECOVERY_CODES)[number];

/** A repair or its undoing cannot be carried out. Match on `code`. */
export class RecoveryError extends WireError<RecoveryCode> {
  override readonly name = 'RecoveryError';

  /** @param code stable code. @param what what was to be done. @param where offset, need and have. */
  constructor(code: RecoveryCode, what: string, where: WireErrorPlace = {}) {
    super(code, what, where);
  }
}
