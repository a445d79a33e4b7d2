import { viewOf } from '@winmedic/bytes';
import { DiskError } from '../errors.ts';
import { ATTRIBUTE, NAME_SPACE, type NtfsFile, type NtfsVolume, RECORD } from '../ntfs/types.ts';
import { currentFile, fileNames, type RecordName, sameReference } from './file-names.ts';
import { FILE_NAME_FIELD, type NameValue } from './index-node.ts';
import { IndexTree, type LocatedEntry } from './index-tree.ts';
import { type BlockImage, EditSession } from './session.ts';
import type { EditChange, EditPreview } from './types.ts';

/** Attribute flag of an encrypted stream (EFS). @source Linux-NTFS documentation, "Attribute header" */
export const ENCRYPTED = 0x4000;

/** Characters no Win32 name has. @source Microsoft Learn, "Naming Files, Paths, and Namespaces" */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are among those that are not allowed
const FORBIDDEN = /[\u0000-\u001f"*/:<>?\\|]/u;

/** A file found by its path inside an edit, its index entry and its record checked against each other. */
export interface NamedFile {
  readonly file: NtfsFile;
  readonly directory: NtfsFile;
  /** Path of the folder with a backslash behind it; empty for the root. */
  readonly folder: string;
  readonly entry: LocatedEntry;
  readonly own: RecordName;
  /** The 8.3 name beside a long one. */
  readonly short?: RecordName;
}

/** A change of one name in the index of a directory and in the file's record. */
export interface Rename {
  readonly folder: string;
  readonly directory: NtfsFile;
  readonly file: NtfsFile;
  readonly name: RecordName;
  readonly newName: string;
}

/**
 * Renames a file without moving anything: the new name has the same length and the same place in the index, so that only the characters themselves change,
 * in the index entry and in the file's record. Everything else stays, the times too: `$STANDARD_INFORMATION` says when the file was brought onto the disk,
 * which is evidence, and a rename by Windows would not change the time of the last write either. A paired 8.3 name is left as it is
 * ({@link quarantineFile} renames both).
 * @param path from the root, to the long name. @param newName the name alone.
 * @throws {DiskError} before anything is written: EDIT_NAME, EDIT_NOT_FOUND, EDIT_EXISTS, EDIT_ORDER, EDIT_HARD_LINKS, EDIT_SHORT_NAME, EDIT_SYSTEM_FILE,
 * EDIT_ENCRYPTED, EDIT_TORN, EDIT_MISMATCH, EDIT_READ_ONLY, EDIT_VERSION.
 */
export function renameInPlace(volume: NtfsVolume, path: string, newName: string): EditPreview {
  const session = new EditSession(volume);
  const named = namedFile(session, path);
  return session.commit([applyRename(session, { ...named, name: named.own, newName })]);
}

/**
 * Finds a file by path for a rename.
 * @throws {DiskError} as {@link renameInPlace}.
 */
export function namedFile(session: EditSession, path: string): NamedFile {
  const { volume } = session;
  const parts = path.split(/[\\/]/u).filter((part) => part !== '');
  const name = parts.pop();
  const directory = parts.length === 0 ? volume.file(RECORD.root) : volume.lookup(parts.join('\\'));
  if (name === undefined || !directory?.isDirectory) throw new DiskError('EDIT_NOT_FOUND', path);
  const entry = onlyEntry(new IndexTree(session, directory), name, path);
  const names = fileNames(session, entry.reference);
  const long = names.filter(({ key }) => key.nameSpace !== NAME_SPACE.dos);
  const short = names.filter(({ key }) => key.nameSpace === NAME_SPACE.dos);
  if (long.length !== 1) throw session.torn(`${path}: names of MFT record ${entry.reference.record}`, entry.image, 'EDIT_HARD_LINKS');
  if (entry.key.nameSpace === NAME_SPACE.dos) throw new DiskError('EDIT_SHORT_NAME', path);
  const own = long.find(({ key }) => sameName(key, entry.key));
  if (!own || !sameReference(own.key.parent, directory.reference)) {
    throw session.torn(`${path}: $FILE_NAME of MFT record ${entry.reference.record}`, entry.image, 'EDIT_MISMATCH');
  }
  if (
    short.length > 1 ||
    short.some(({ key }) => !sameReference(key.parent, directory.reference)) ||
    (short.length > 0 && own.key.nameSpace !== NAME_SPACE.win32)
  ) {
    throw session.torn(`${path}: 8.3 names of MFT record ${entry.reference.record}`, entry.image, 'EDIT_MISMATCH');
  }
  const file = currentFile(session, entry.reference);
  if (file.attributes.some(({ type, flags }) => type === ATTRIBUTE.data && (flags & ENCRYPTED) !== 0))
    throw new DiskError('EDIT_ENCRYPTED', path);
  const folder = parts.map((part) => `${part}\\`).join('');
  return { file, directory, folder, entry, own, ...(short[0] && { short: short[0] }) };
}

/**
 * Changes one name in both places, inside the session.
 * @returns the change for the report. @throws {DiskError} as {@link renameInPlace}.
 */
export function applyRename(session: EditSession, { folder, directory, file, name, newName }: Rename): EditChange {
  const { volume } = session;
  const from = name.key.name;
  const path = `${folder}${from}`;
  if (newName.length !== from.length || newName === from || FORBIDDEN.test(newName) || /[ .]$/u.test(newName) || !newName.isWellFormed()) {
    throw new DiskError('EDIT_NAME', newName, { need: from.length, have: newName.length });
  }
  const tree = new IndexTree(session, directory);
  const entry = onlyEntry(tree, from, path);
  if (!sameReference(entry.reference, file.reference) || !sameName(entry.key, name.key)) {
    throw session.torn(`${path}: index entry`, entry.image, 'EDIT_MISMATCH');
  }
  const { before, after } = tree.search(from);
  if (tree.search(newName).found.some(({ key }) => !sameName(key, entry.key))) throw new DiskError('EDIT_EXISTS', `${folder}${newName}`);
  for (const [neighbour, side] of [
    [before, -1],
    [after, 1],
  ] as const) {
    if (neighbour !== undefined && Math.sign(volume.compareNames(neighbour, newName)) !== side) {
      throw new DiskError('EDIT_ORDER', `${folder}${newName}`, { have: neighbour });
    }
  }
  writeName(entry.image, entry.key, newName);
  writeName(name.image, name.key, newName);
  return {
    kind: 'rename',
    path,
    record: file.reference.record,
    from,
    to: newName,
    nameSpace: name.key.nameSpace,
    nodeEntries: entry.nodeEntries,
  };
}

/** The one entry of a name. @throws {DiskError} EDIT_NOT_FOUND, EDIT_MISMATCH when there are several. */
export function onlyEntry(tree: IndexTree, name: string, path: string): LocatedEntry {
  const { found } = tree.search(name);
  const [entry] = found;
  if (!entry) throw new DiskError('EDIT_NOT_FOUND', path);
  if (found.length > 1) throw new DiskError('EDIT_MISMATCH', `${path}: several index entries`, { have: found.length });
  return entry;
}

function sameName(a: NameValue, b: NameValue): boolean {
  return a.name === b.name && a.nameSpace === b.nameSpace && sameReference(a.parent, b.parent);
}

function writeName(image: BlockImage, key: NameValue, name: string): void {
  const view = viewOf(image.bytes);
  for (let i = 0; i < name.length; i++) view.setUint16(key.offset + FILE_NAME_FIELD.name + i * 2, name.charCodeAt(i), true);
}
