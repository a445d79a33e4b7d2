import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { missingTools, mounted, must, removeFolder, scratchFolder, tool } from './tools.ts';

/** Tools of others that have to accept every repaired volume (packages ntfs-3g, sleuthkit). */
export const MISSING_JUDGES = missingTools('ntfsfix', 'ntfsresize', 'ntfsinfo', 'fls', 'istat', 'icat', 'fsstat');
/** Tools that have to accept every hive (packages libregf-utils, libhivex-bin, reglookup). */
export const MISSING_HIVE_JUDGES = missingTools('regfinfo', 'hivexml', 'reglookup');

/**
 * A volume as the tools of ntfs-3g see it: nothing to fix, a full pass over every record and every run, and no dirty flag.
 * @param volume a file that holds the volume alone. @param dirty the volume's flag is expected to be set.
 */
export function expectSound(volume: string, dirty = false): void {
  expect(tool('ntfsfix', ['-n', volume])).toMatchObject({ code: 0 });
  // `-c` refuses a volume whose check is due; `-f -i` goes over the same records whatever the flag says.
  const checked = tool('ntfsresize', ['-i', '-f', volume]);
  expect([checked.code, checked.stdout]).toEqual([0, expect.stringContaining('Current volume size')]);
  if (!dirty) expect(tool('ntfsresize', ['-c', volume])).toMatchObject({ code: 0 });
  expect(must('ntfsinfo', ['-m', '-f', volume])).toMatch(dirty ? /Volume Flags: 0x0001 DIRTY/ : /Volume Flags: 0x0000/);
}

/** A file as a tool lists it. */
export interface Seen {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** FILETIME in seconds of 1970. */
  readonly modified: number;
}

/** Every file below a mounted folder with its contents, by path with backslashes. */
function walk(top: string, below: string, found: Map<string, Seen>): void {
  for (const each of readdirSync(join(top, below), { withFileTypes: true })) {
    const path = below === '' ? each.name : `${below}/${each.name}`;
    if (each.isDirectory()) {
      walk(top, path, found);
      continue;
    }
    const bytes = readFileSync(join(top, path));
    const modified = Math.floor(statSync(join(top, path)).mtimeMs / 1000);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const name = path.replaceAll('/', '\\');
    found.set(name, { path: name, sizeBytes: bytes.length, sha256, modified });
  }
}

/** What ntfs-3g shows of a volume, mounted for reading: all files and what is in them. */
export function filesByNtfs3g(volume: string): Map<string, Seen> {
  return mounted(volume, 'ro', (top) => {
    const found = new Map<string, Seen>();
    walk(top, '', found);
    return found;
  });
}

/** Paths of all files and folders that sleuthkit finds (deleted ones not), with the number of their records. */
export function pathsBySleuthkit(image: string, offset = 0): Map<string, number> {
  const found = new Map<string, number>();
  for (const line of must('fls', ['-r', '-p', '-u', '-o', String(offset / 512), image]).split('\n')) {
    const parts = /^[rd]\/[rd] (\d+)-(?:128|144)-\d+:\t(.*)$/.exec(line);
    if (parts && !parts[2]!.startsWith('$OrphanFiles')) found.set(parts[2]!.replaceAll('/', '\\'), Number(parts[1]));
  }
  return found;
}

/** Contents of a file by its record, as sleuthkit reads them. */
export function contentsBySleuthkit(image: string, record: number, offset = 0): Uint8Array {
  const folder = scratchFolder();
  try {
    const path = join(folder, 'icat.out');
    must('sh', ['-c', 'icat -o "$1" "$2" "$3" > "$4"', 'sh', String(offset / 512), image, String(record), path]);
    return readFileSync(path);
  } finally {
    removeFolder(folder);
  }
}

/** A hive file has to be read to its end by libregf, hivex and reglookup; gives what reglookup lists: path, type, value. */
export function expectHiveAccepted(path: string): string {
  const info = tool('regfinfo', [path]);
  expect([info.code, info.stderr]).toEqual([0, '']);
  // hivexml cannot write to the socket that a child of Node has for its output.
  expect(tool('sh', ['-c', 'hivexml "$1" > /dev/null', 'sh', path])).toMatchObject({ code: 0, stderr: '' });
  const listed = tool('reglookup', [path]);
  // It warns of texts it cannot show; of anything else it does not.
  const others = listed.stderr.split('\n').filter((line) => line !== '' && !/^WARN: While quoting value for /.test(line));
  expect([listed.code, others]).toEqual([0, []]);
  return listed.stdout;
}
