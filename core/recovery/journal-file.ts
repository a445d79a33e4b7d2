import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, fsyncSync, openSync, readdirSync, realpathSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { FormatError } from '@winmedic/bytes';
import { type BlockDevice, compareDisk, DiskError, type Journal, type JournalStore, readJournal, type Sha256 } from '@winmedic/disk';
import { readFd } from '../disk/read-fd.ts';
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

/**
 * Where journals of a disk lie: beside an image (the file itself, where a link was named); for a device in the current folder. The first is
 * `NAME.winmedic-undo`, further ones are numbered.
 * @param index 1 for the first.
 */
export function journalPath(disk: string, isDevice: boolean, index = 1): string {
  const folder = isDevice ? process.cwd() : dirname(real(disk));
  // Letters of every script stay: names of two images must not become the same.
  const name = basename(isDevice ? disk : real(disk)).replaceAll(/[^\p{L}\p{M}\p{N}_.-]+/gu, '_');
  return resolve(folder, `${name}${SUFFIX}${index === 1 ? '' : `-${index}`}`);
}

/** Journals of a disk that are there, oldest first. */
export function journalsOf(disk: string, isDevice: boolean): string[] {
  return numbersOf(disk, isDevice).map((index) => journalPath(disk, isDevice, index));
}

/** Where the journal of the next repair goes: behind all others, also where one between them was removed. */
export function nextJournalPath(disk: string, isDevice: boolean): string {
  return journalPath(disk, isDevice, (numbersOf(disk, isDevice).at(-1) ?? 0) + 1);
}

/** Numbers of the journals that are there, in rising order. */
function numbersOf(disk: string, isDevice: boolean): number[] {
  const first = journalPath(disk, isDevice);
  let names: string[];
  try {
    names = readdirSync(dirname(first));
  } catch {
    return [];
  }
  const numbers = names.flatMap((name) => {
    if (name === basename(first)) return [1];
    const number = name.startsWith(`${basename(first)}-`) ? name.slice(basename(first).length + 1) : '';
    return /^[1-9]\d{0,8}$/.test(number) && number !== '1' ? [Number(number)] : [];
  });
  return numbers.sort((a, b) => a - b);
}

/**
 * Whether a journal that was found, not named, may be undone: it belongs to the user himself, to root, or to the owner of the image. It says what is
 * written to the disk, and in a folder where anybody may write, anybody may have laid it there.
 */
export function isTrusted(journal: string, disk: string, isDevice: boolean): boolean {
  const me = process.getuid?.();
  if (me === undefined) return true;
  const { uid } = statSync(journal);
  return uid === me || uid === 0 || (!isDevice && uid === statSync(disk).uid);
}

/** The file a path leads to; the path itself when there is none (any more). */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
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

/** Journals of a disk, oldest first, without those that were never whole: their writer never came to touch the disk. One that is damaged is among them. */
export function wholeJournalsOf(disk: string, isDevice: boolean): string[] {
  return journalsOf(disk, isDevice).filter((path) => {
    try {
      return withJournal(path, () => true);
    } catch (error) {
      return !(error instanceof DiskError && error.code === 'JOURNAL_INCOMPLETE');
    }
  });
}

/**
 * The journal of a repair of a disk that was interrupted: it must be undone or finished before another is planned over it. Journals that were undone, that
 * were never whole or that are damaged count as none.
 * @param device the disk as it is, without planned changes.
 */
export function tornJournal(disk: string, isDevice: boolean, device: BlockDevice): string | undefined {
  return journalsOf(disk, isDevice).find((path) => {
    try {
      return withJournal(path, (journal) => journal.state !== 'undone' && compareDisk(journal, device).state === 'torn');
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
    readAt: (offset, into) => readFd(fd, offset, into),
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
