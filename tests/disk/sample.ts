import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { canMount, missingTools, must } from './tools.ts';

/** Script that builds a damaged disk out of real hives and a real dump; not part of the project. */
const SCRIPT = join(process.env['WINMEDIC_CORPUS'] ?? resolve(import.meta.dirname, '../../../shared/corpus'), 'disk', 'build.sh');

/** Why the sample cannot be built here; undefined when it can. */
export const NO_SAMPLE: string | undefined = !existsSync(SCRIPT)
  ? `no sample disk at ${SCRIPT} (set WINMEDIC_CORPUS)`
  : !canMount() || missingTools('mkntfs', 'sgdisk', 'bash', 'xz').length > 0
    ? 'no sample disk: it needs ntfs-3g with /dev/fuse, sgdisk and xz'
    : undefined;

/** The sample disk: GPT, 2 GiB virtual, the Windows volume in partition 3. */
export interface SampleDisk {
  readonly path: string;
  /** In bytes. */
  readonly windows: { readonly offset: number; readonly sizeBytes: number };
}

/** Builds the sample into a folder (about 10 s, 70 MB), the corrected channel file included. @throws {Error} when {@link NO_SAMPLE}, or when the script fails. */
export function buildSample(folder: string): SampleDisk {
  if (NO_SAMPLE !== undefined) throw new Error(NO_SAMPLE);
  must('env', ['WITH_FIXED_FILE=1', 'bash', SCRIPT, folder]);
  const [from = 0, sectors = 0] = readFileSync(join(folder, 'part3.txt'), 'utf8').trim().split(' ').map(Number);
  for (const part of ['win.raw', 'ntfs.raw']) rmSync(join(folder, part));
  return { path: join(folder, 'disk.raw'), windows: { offset: from * 512, sizeBytes: sectors * 512 } };
}
