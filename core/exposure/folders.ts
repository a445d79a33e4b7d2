/** Deepest nesting of folders followed upwards; the walk over evidence stops long before. */
const MAX_LEVELS = 300;

/**
 * Folders a path lies in, nearest first, the path itself as the first and the empty folder as the last. Archives count as folders:
 * `a/x.zip!/b/f` gives `a/x.zip!/b/f`, `a/x.zip!/b`, `a/x.zip`, `a`, and the empty one.
 */
export function foldersOf(path: string): string[] {
  const list = [path];
  let at = path;
  while (at !== '' && list.length < MAX_LEVELS) {
    at = at.endsWith('!') ? at.slice(0, -1) : folderOf(at);
    if (!at.endsWith('!')) list.push(at);
  }
  if (list.at(-1) !== '') list.push('');
  return list;
}

/** Folder of a path, without its last separator; empty for a bare name. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'), 0));
}

/** Name of a path without its folders. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}
