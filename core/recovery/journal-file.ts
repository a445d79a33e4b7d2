import { createHash } from 'node:crypto';
import { closeSync, constants, existsSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { FormatError } from '@winmedic/bytes';
import { compareDisk, type Journal, type JournalStore, readJournal, type Sha256 } from '@winmedic/disk';
import type { OpenedDisk } from '../disk/open-disk.ts';
import { RecoveryError } from './errors.ts';

/** An undo journal in a file. */
export interface JournalFile extends JournalStore {
  readonly path: string;
  close(): void;
}

/** SHA-256 of node:crypto. */
export const sha256: Sha256 = (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest());

/** Ending of journals beside an image. */
const SUFFIX = '.winmedic-undo';
/** Repairs of one disk that are remembered beside it. */
const MAX_JOURNALS = 1000;

/**
 * Where journals of a disk lie: beside an image; for a device in the current folder. The first is `NAME.winmedic-undo`, further ones are numbered.
 * @param index 1 for the first.
 */
export function journalPath(disk: string, isDevice: boolean, index = 1): string {
  const folder = isDevice ? process.cwd() : dirname(resolve(disk));
  const name = basename(disk).replaceAll(/[^\w.-]+/g, '_');
  return resolve(folder, `${name}${SUFFIX}${index === 1 ? '' : `-${index}`}`);
}

/** Journals of a disk that are there, oldest first. */
export function journalsOf(disk: string, isDevice: boolean): string[] {
  const found: string[] = [];
  for (let index = 1; index <= MAX_JOURNALS; index++) {
    const path = journalPath(disk, isDevice, index);
    if (!existsSync(path)) return found;
    found.push(path);
  }
  return found;
}

/**
 * Makes a new, empty journal file that only its owner can read: it holds what lay on the disk.
 * @throws {RecoveryError} RECOVERY_JOURNAL when the file exists or cannot be made.
 */
export function createJournalFile(path: string): JournalFile {
  try {
    return opened(path, openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600), true);
  } catch (cause) {
    throw new RecoveryError('RECOVERY_JOURNAL', path, { have: (cause as NodeJS.ErrnoException).code ?? '', cause });
  }
}

/** Opens a journal that exists. @throws {RecoveryError} RECOVERY_NO_JOURNAL, RECOVERY_JOURNAL. */
export function openJournalFile(path: string, write = false): JournalFile {
  try {
    return opened(path, openSync(path, write ? constants.O_RDWR : constants.O_RDONLY), false);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new RecoveryError(code === 'ENOENT' ? 'RECOVERY_NO_JOURNAL' : 'RECOVERY_JOURNAL', path, { have: code ?? '', cause });
  }
}

/** Reads a journal file that exists and closes it. @throws {RecoveryError} and {DiskError} of journals. */
export function withJournal<T>(path: string, work: (journal: Journal, file: JournalFile) => T, write = false): T {
  const file = openJournalFile(path, write);
  try {
    return work(readJournal(file, sha256), file);
  } finally {
    file.close();
  }
}

/**
 * The journal of a repair of this disk that was interrupted: it must be undone or finished before another is planned over it. Journals that were undone,
 * that were never whole (then nothing was written) or that are damaged count as none.
 */
export function tornJournal(disk: OpenedDisk): string | undefined {
  return journalsOf(disk.path, disk.isDevice).find((path) => {
    try {
      return withJournal(path, (journal) => journal.state !== 'undone' && compareDisk(journal, disk.bottom).state === 'torn');
    } catch (error) {
      if (error instanceof FormatError) return false;
      throw error;
    }
  });
}

function opened(path: string, fd: number, isNew: boolean): JournalFile {
  let size = fstatSync(fd).size;
  let folderToFlush = isNew;
  let isOpen = true;
  return {
    path,
    get sizeBytes() {
      return size;
    },
    readAt(offset, into) {
      let done = 0;
      while (done < into.length) {
        const n = readSync(fd, into, done, into.length - done, offset + done);
        if (n === 0) break;
        done += n;
      }
      return done;
    },
    append(bytes) {
      for (let done = 0; done < bytes.length; ) {
        const n = writeSync(fd, bytes, done, bytes.length - done, size);
        size += n;
        done += n;
      }
    },
    flush() {
      fsyncSync(fd);
      if (folderToFlush) flushFolder(dirname(path));
      folderToFlush = false;
    },
    close() {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
}

/** A new file is there after a power cut only when its folder was flushed too. Windows has no such call and needs none. */
function flushFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const fd = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
