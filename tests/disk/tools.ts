import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Folders of administrators' tools that an ordinary user's PATH lacks on Debian. */
const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];

/** Full path of an installed tool. */
function toolPath(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Tools of these names that are not installed. */
export function missingTools(...names: readonly string[]): string[] {
  return names.filter((name) => toolPath(name) === undefined);
}

/** What a tool gave back. */
export interface ToolResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a tool, in English and UTF-8, at most two minutes; a bad exit code is the caller's to judge. @throws {Error} when it is not there or does not end. */
export function tool(name: string, args: readonly string[], input?: Uint8Array): ToolResult {
  const path = toolPath(name);
  if (path === undefined) throw new Error(`${name} is not installed`);
  const { status, stdout, stderr, error, signal } = spawnSync(path, args, {
    input,
    maxBuffer: 1 << 28,
    timeout: 120_000,
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  if (error || status === null) throw new Error(`${name} ${args.join(' ')}: ${error?.message ?? signal}`);
  return { code: status, stdout: stdout.toString('utf8'), stderr: stderr.toString('utf8') };
}

/** Runs a tool that has to succeed; gives its output. @throws {Error} with what it said when it does not. */
export function must(name: string, args: readonly string[], input?: Uint8Array): string {
  const { code, stdout, stderr } = tool(name, args, input);
  if (code !== 0) throw new Error(`${name} ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
  return stdout;
}

/** A new temporary folder. */
export function scratchFolder(): string {
  return mkdtempSync(join(tmpdir(), 'winmedic-disk-'));
}

/** Deletes a folder of {@link scratchFolder}. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

let fuse: boolean | undefined;

/** Whether ntfs-3g can mount an image here: the device is there and may be opened, as root or through a setuid ntfs-3g. */
export function canMount(): boolean {
  fuse ??= existsSync('/dev/fuse') && missingTools('ntfs-3g', 'fusermount3').length === 0;
  return fuse;
}

/**
 * Mounts an NTFS image with ntfs-3g, works on it and unmounts it, whatever happens.
 * @param options of the mount, such as `ro`; a path is given to `work`.
 */
export function mounted<T>(image: string, options: string, work: (folder: string) => T): T {
  const folder = scratchFolder();
  try {
    must('ntfs-3g', ['-o', options, image, folder]);
    try {
      return work(folder);
    } finally {
      // The superuser needs no helper; the helper refuses where /etc/mtab is missing.
      if (tool('umount', [folder]).code !== 0) must('fusermount3', ['-u', folder]);
    }
  } finally {
    removeFolder(folder);
  }
}
