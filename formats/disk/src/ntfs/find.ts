import type { Context } from './context.ts';
import { SILENT } from './damages.ts';
import type { Directories } from './directory.ts';
import { readFile } from './file.ts';
import { enterSteps, type GlobStep, parseGlob, takeName } from './glob.ts';
import { MAX_PATH_CHARS } from './limits.ts';
import { deletedPath, fileOf, findByPath } from './paths.ts';
import { type DirectoryEntry, type FindOptions, type FoundFile, NAME_SPACE, type NtfsFile, RECORD } from './types.ts';
import type { UpCase } from './upcase.ts';

/** A folder being searched. */
interface Folder {
  readonly path: string;
  readonly directory: NtfsFile;
  readonly entries: Iterator<DirectoryEntry>;
  readonly steps: readonly number[];
}

/** Every file below a folder that fits, in index order, then deleted ones in the order of their records. */
export function* findFiles(context: Context, directories: Directories, upCase: UpCase, options: FindOptions): Generator<FoundFile> {
  const base = findByPath(context, directories, options.below ?? '');
  if (base === undefined || !base.file.isDirectory) return;
  const pattern = parsePattern(options.glob, upCase);
  const fits = (file: NtfsFile): boolean =>
    (options.modifiedFrom === undefined || file.times.modified >= options.modifiedFrom) &&
    (options.modifiedBefore === undefined || file.times.modified < options.modifiedBefore);
  const root = enterSteps(pattern, [0]);
  const seen = new Set([base.file.reference.record]);
  const open = (path: string, directory: NtfsFile, steps: readonly number[]): Folder => ({
    ...{ path, directory, steps },
    entries: candidates(directories, directory, pattern, steps)[Symbol.iterator](),
  });
  const stack: Folder[] = [open(base.path, base.file, root)];
  while (stack.length > 0) {
    const folder = stack.at(-1)!;
    const next = folder.entries.next();
    if (next.done === true) {
      stack.pop();
      continue;
    }
    const entry = next.value;
    // The root lists itself.
    if (entry.reference.record === folder.directory.reference.record && entry.name === '.') continue;
    const taken = takeName(pattern, folder.steps, upCase.text(entry.name));
    const descends = entry.isDirectory && options.shallow !== true && taken.below.length > 0;
    if (!taken.matches && !descends) continue;
    const file = fileOf(context, folder.directory, entry);
    // The 8.3 name of a file that is also here by its long name is no second path.
    if (file === undefined || (entry.nameSpace === NAME_SPACE.dos && hasLongName(file, folder.directory))) continue;
    const path = folder.path === '' ? entry.name : `${folder.path}\\${entry.name}`;
    if (path.length > MAX_PATH_CHARS) {
      context.tell('NTFS_LIMIT', 0, `path below record ${folder.directory.reference.record}`, MAX_PATH_CHARS, path.length);
      continue;
    }
    if (taken.matches && fits(file)) yield { path, file };
    if (!descends || !file.isDirectory) continue;
    if (seen.has(file.reference.record)) {
      context.tell('NTFS_INDEX', 0, `directory, record ${file.reference.record}`, 'one place in the tree', 'a second one');
      continue;
    }
    seen.add(file.reference.record);
    stack.push(open(path, file, taken.below));
  }
  if (options.deleted === true) yield* deletedFiles(context, base, pattern, upCase, options.shallow === true, fits);
}

/** No glob is any name at any depth, and so is a glob over names with `**` before it. */
function parsePattern(glob: string | undefined, upCase: UpCase): GlobStep[] {
  const steps = parseGlob(glob === undefined || glob === '' ? '*' : glob, (text) => upCase.text(text));
  return glob === undefined || !/[\\/]/.test(glob) ? [{ kind: 'any-folders' }, ...steps.filter((step) => step.kind === 'name')] : steps;
}

/** The entries of a folder that may fit: where only one name can come next, only the part of the index where it stands is read. */
function candidates(
  directories: Directories,
  directory: NtfsFile,
  pattern: readonly GlobStep[],
  steps: readonly number[],
): Iterable<DirectoryEntry> {
  const next = steps.map((step) => pattern[step]).filter((step) => step !== undefined);
  const only = next.length === 1 ? next[0]! : undefined;
  if (only?.kind !== 'name') return directories.entries(directory);
  return directories.entries(directory, only.prefix);
}

function hasLongName(file: NtfsFile, directory: NtfsFile): boolean {
  return file.names.some((name) => name.nameSpace !== NAME_SPACE.dos && name.parent.record === directory.reference.record);
}

function* deletedFiles(
  context: Context,
  base: { readonly path: string; readonly file: NtfsFile },
  pattern: readonly GlobStep[],
  upCase: UpCase,
  shallow: boolean,
  fits: (file: NtfsFile) => boolean,
): Generator<FoundFile> {
  for (let record = 0; record < context.table.count; record++) {
    const raw = context.table.record(record, SILENT);
    if (raw === undefined || raw.inUse || raw.base !== undefined) continue;
    const file = readFile(context, record, SILENT);
    if (file === undefined || file.names.length === 0 || !fits(file)) continue;
    const found = deletedPath(context, file, base.file.reference.record);
    // What lost its folder is shown below the root only.
    if (found === undefined || (found.lost && base.file.reference.record !== RECORD.root) || (shallow && found.names.length > 1)) continue;
    let steps = enterSteps(pattern, [0]);
    let matches = false;
    for (const name of found.names) {
      const taken = takeName(pattern, steps, upCase.text(name));
      matches = taken.matches;
      steps = taken.below;
    }
    if (!matches) continue;
    const below = found.names.join('\\');
    yield { path: found.lost ? `?\\${below}` : base.path === '' ? below : `${base.path}\\${below}`, file };
  }
}
