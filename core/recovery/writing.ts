import { type FileSink, openFileSink } from '../disk/file-device.ts';
import { diskUses } from '../disk/in-use.ts';
import { RecoveryError } from './errors.ts';

/** @throws {RecoveryError} RECOVERY_IN_USE when anything is known to use the disk. */
export function refuseUsed(path: string): void {
  const { uses } = diskUses(path);
  if (uses.length > 0) throw new RecoveryError('RECOVERY_IN_USE', path, { have: uses.map(({ kind, by }) => `${kind} ${by}`).join(', ') });
}

/** Opens a disk for writing. @throws {RecoveryError} RECOVERY_IN_USE when the system says so; other errors of the file system. */
export function openForWriting(path: string, open: (path: string) => FileSink = openFileSink): FileSink {
  try {
    return open(path);
  } catch (cause) {
    // The exclusive claim of a block device fails so while any part of it is in use; Windows answers the same way for a file that is attached.
    if ((cause as NodeJS.ErrnoException).code === 'EBUSY') throw new RecoveryError('RECOVERY_IN_USE', path, { cause });
    throw cause;
  }
}
