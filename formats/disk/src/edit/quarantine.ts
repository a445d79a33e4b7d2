import { DiskError } from '../errors.ts';
import type { NtfsVolume } from '../ntfs/types.ts';
import { applyRename, type NamedFile, namedFile } from './rename.ts';
import { EditSession } from './session.ts';
import type { EditPreview } from './types.ts';

/** What the last character of a quarantined name becomes. */
const MARK = '_';

/**
 * Name of a file in quarantine: the last character replaced by `_` (`C-00000291.sys` becomes `C-00000291.sy_`). Nothing loads it by its pattern any more,
 * its place in the index of the folder stays, and a person sees what it was.
 * @throws {DiskError} EDIT_NAME for a name that ends with `_` already (nobody could tell how to undo it) or with half a surrogate pair.
 */
export function quarantineName(name: string): string {
  const last = name.charCodeAt(name.length - 1);
  if (name === '' || name.endsWith(MARK) || (last >= 0xd800 && last <= 0xdfff)) throw new DiskError('EDIT_NAME', name);
  return `${name.slice(0, -1)}${MARK}`;
}

/**
 * Renames a file to its {@link quarantineName}, and its paired 8.3 name, too: a search for `*.sys` in Windows matches short names as well, and would still
 * find `C-0000~1.SYS`.
 * @param path from the root, to the long name. @throws {DiskError} as {@link renameInPlace}; EDIT_SHORT_NAME when the 8.3 name could not be restored from
 * the long one later.
 * @source Microsoft, The Old New Thing, 2005-07-20 "Why does FindFirstFile find short names?"
 */
export function quarantineFile(volume: NtfsVolume, path: string): EditPreview {
  const session = new EditSession(volume);
  const named = namedFile(session, path);
  const { own, short } = named;
  const quarantined = quarantineName(own.key.name);
  if (!short) return commit(session, named, quarantined);
  const shortName = quarantineName(short.key.name);
  if (shortOriginal(volume, shortName, own.key.name) !== short.key.name)
    throw new DiskError('EDIT_SHORT_NAME', `${named.folder}${short.key.name}`);
  return commit(session, named, quarantined, shortName);
}

/**
 * Takes a file out of quarantine: both names get back what {@link quarantineFile} changed.
 * @param path from the root, to the quarantined long name. @param originalName the long name it had.
 * @throws {DiskError} as {@link renameInPlace}; EDIT_NAME when `originalName` would not become this name in quarantine; EDIT_SHORT_NAME when the 8.3 name
 * is not one in quarantine.
 */
export function undeleteFile(volume: NtfsVolume, path: string, originalName: string): EditPreview {
  const session = new EditSession(volume);
  const named = namedFile(session, path);
  const { own, short } = named;
  if (quarantineName(originalName) !== own.key.name) throw new DiskError('EDIT_NAME', originalName);
  if (!short) return commit(session, named, originalName);
  const original = shortOriginal(volume, short.key.name, originalName);
  if (original === undefined) throw new DiskError('EDIT_SHORT_NAME', `${named.folder}${short.key.name}`);
  return commit(session, named, originalName, original);
}

function commit(session: EditSession, named: NamedFile, newName: string, newShort?: string): EditPreview {
  const changes = [applyRename(session, { ...named, name: named.own, newName })];
  if (named.short && newShort !== undefined) changes.push(applyRename(session, { ...named, name: named.short, newName: newShort }));
  return session.commit(changes);
}

/**
 * The 8.3 name a quarantined one was made from, when its extension is the first three characters of the long name's in upper case, as Windows makes it.
 * A quarantine checks first that this gives the name that is there; another name may be there, since anybody can set one.
 * @returns undefined when the short name is not one in quarantine, or has no extension.
 */
function shortOriginal(volume: NtfsVolume, shortName: string, longName: string): string | undefined {
  const dot = shortName.lastIndexOf('.');
  const longDot = longName.lastIndexOf('.');
  if (dot < 0 || longDot < 0 || !shortName.endsWith(MARK)) return undefined;
  const last = volume.upCase(longName.slice(longDot + 1)).charAt(shortName.length - dot - 2);
  return last === '' ? undefined : `${shortName.slice(0, -1)}${last}`;
}
