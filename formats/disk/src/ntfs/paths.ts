import type { Context } from './context.ts';
import { SILENT } from './damages.ts';
import type { Directories } from './directory.ts';
import { readFile } from './file.ts';
import { MAX_PATH_CHARS } from './limits.ts';
import { bestName } from './names.ts';
import { type DirectoryEntry, type FileName, NAME_SPACE, type NtfsFile, RECORD } from './types.ts';

/**
 * The file an entry of a directory names. Undefined when its record is unusable, or was given to another file since (told): then the entry is left over, and
 * the file it would lead to is not the one it names. A record without that name in that directory is told and taken: the index is what Windows goes by.
 */
export function fileOf(context: Context, directory: NtfsFile, entry: DirectoryEntry): NtfsFile | undefined {
  const { record, sequence } = entry.reference;
  const file = readFile(context, record);
  const at = context.table.place(record)?.[0]?.offset ?? 0;
  const what = `entry of record ${record} in directory, record ${directory.reference.record}`;
  if (file === undefined || !file.inUse || (sequence !== 0 && file.reference.sequence !== sequence)) {
    const have = file === undefined ? 'unusable' : file.inUse ? `sequence ${file.reference.sequence}` : 'not in use';
    context.tell('NTFS_ENTRY', at, what, `sequence ${sequence}`, have);
    return undefined;
  }
  const named = file.names.some((name) => name.parent.record === directory.reference.record && name.name === entry.name);
  if (!named) context.tell('NTFS_ENTRY', at, what, 'a name in this directory', 'none');
  return file;
}

/** A file by path, with the path as the indexes write it (long names); undefined when a part is not there. */
export function findByPath(
  context: Context,
  directories: Directories,
  path: string,
): { readonly path: string; readonly file: NtfsFile } | undefined {
  let file = readFile(context, RECORD.root);
  const names: string[] = [];
  if (path.length > MAX_PATH_CHARS) return undefined;
  for (const part of path.split(/[\\/]/)) {
    if (part === '') continue;
    if (file === undefined) return undefined;
    const entry = directories.entry(file, part);
    const found: NtfsFile | undefined = entry === undefined ? undefined : fileOf(context, file, entry);
    if (entry === undefined || found === undefined) return undefined;
    names.push(entry.nameSpace === NAME_SPACE.dos ? longName(found, file, entry.name) : entry.name);
    file = found;
  }
  return file === undefined ? undefined : { path: names.join('\\'), file };
}

function longName(file: NtfsFile, directory: NtfsFile, short: string): string {
  const here = file.names.filter((name) => name.parent.record === directory.reference.record);
  return bestName(here)?.name ?? short;
}

/** Path by parent references from the best name on; undefined when a parent is gone, or parents go round in a circle. */
export function pathByParents(context: Context, file: NtfsFile): string | undefined {
  if (file.reference.record === RECORD.root) return '';
  const found = climb(context, file, RECORD.root, false);
  return found === undefined || found.lost ? undefined : found.names.join('\\');
}

/** Names from a folder down to a deleted file, whose folders may be deleted too. `lost`: they lead to no folder. Undefined: it lies elsewhere. */
export function deletedPath(
  context: Context,
  file: NtfsFile,
  below: number,
): { readonly names: readonly string[]; readonly lost: boolean } | undefined {
  return climb(context, file, below, true);
}

function climb(
  context: Context,
  file: NtfsFile,
  to: number,
  deleted: boolean,
): { readonly names: readonly string[]; readonly lost: boolean } | undefined {
  const names: string[] = [];
  const seen = new Set<number>();
  let name: FileName | undefined = bestName(file.names);
  let chars = 0;
  while (name !== undefined) {
    names.unshift(name.name);
    chars += name.name.length + 1;
    const { record, sequence } = name.parent;
    const parent = seen.has(record) || chars > MAX_PATH_CHARS ? undefined : readFile(context, record, deleted ? SILENT : context.tell);
    seen.add(record);
    // Deleting counts a record's sequence number up by one.
    const same = parent?.inUse
      ? sequence === 0 || parent.reference.sequence === sequence
      : deleted && parent?.reference.sequence === sequence + 1;
    if (parent === undefined || !same || !parent.isDirectory) return { names, lost: true };
    if (record === to) return { names, lost: false };
    if (record === RECORD.root) return undefined;
    name = bestName(parent.names);
  }
  return { names, lost: true };
}
