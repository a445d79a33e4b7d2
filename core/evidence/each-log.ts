import { crc32 } from 'node:zlib';
import { EvtxError, type EvtxLog, openEvtx } from '@winmedic/evtx';
import type { InputProblem } from '../model/observation.ts';
import { fileSource } from './file-source.ts';
import { codeOfFileError, Problems } from './problems.ts';
import { recognise } from './recognise.ts';
import { TempDir } from './temp-dir.ts';
import { findFiles } from './walk.ts';
import { DEFAULT_ZIP_LIMITS, membersOf, newBudget, type ZipBudget } from './zip.ts';

/** How logs are opened. */
export interface EachLogOptions {
  /** Also carve deleted records. */
  readonly recover?: boolean;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number; readonly path: string }) => void;
  readonly signal?: AbortSignal;
}

/**
 * Opens every event log of files, folders and zip archives, one after the other, and hands it to `visit`; a log is closed when the visit is
 * over. `visit` returns false to stop. Inputs that are no logs and places that cannot be read are problems, and the rest is still visited.
 * @returns the problems met, damages of the logs included
 * @throws the reason of `signal` when aborted, and what `visit` throws
 */
export async function eachLog(
  paths: readonly string[],
  options: EachLogOptions,
  visit: (log: EvtxLog, path: string) => boolean | Promise<boolean>,
): Promise<readonly InputProblem[]> {
  const problems = new Problems();
  const files = findFiles(paths, problems);
  const total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const logs = new Set<string>();
  let temp: TempDir | undefined;
  let done = 0;

  const open = async (file: string, label: string, depth: number, budget: ZipBudget | undefined): Promise<boolean> => {
    options.signal?.throwIfAborted();
    let source: ReturnType<typeof fileSource> | undefined;
    try {
      source = fileSource(file);
      const kind = recognise(source);
      if (kind === 'evtx') {
        const log = openEvtx(source, {
          crc32: (bytes) => crc32(bytes),
          recover: options.recover === true,
          onDamage: (damage) => problems.damage(label, damage),
          onProgress: (bytes) => options.onProgress?.({ done: Math.min(done + bytes, total), total, path: label }),
        });
        logs.add(label);
        return await visit(log, label);
      }
      if (kind === 'zip' && depth < DEFAULT_ZIP_LIMITS.depth) {
        temp ??= new TempDir();
        const share = budget ?? newBudget(DEFAULT_ZIP_LIMITS);
        for await (const member of membersOf(file, label, temp, problems, share, DEFAULT_ZIP_LIMITS, options.signal)) {
          if (!(await open(member.file, member.label, depth + 1, share))) return false;
        }
        return true;
      }
      const code =
        kind === 'empty'
          ? 'EVIDENCE_EMPTY'
          : kind === 'old-evt'
            ? 'EVIDENCE_OLD_EVT_FORMAT'
            : kind === 'zip'
              ? 'EVIDENCE_ZIP_DEPTH'
              : 'EVIDENCE_UNRECOGNISED';
      // A file that the user named and that is no log is an error; one that merely lies in a folder is not.
      problems.add({
        code,
        path: label,
        severity: files.some(({ path, below }) => path === label && below === undefined) ? 'unusable' : 'note',
      });
    } catch (error) {
      if (error instanceof EvtxError) problems.add({ code: error.code, path: label, severity: 'unusable' });
      else if (typeof (error as NodeJS.ErrnoException).syscall === 'string')
        problems.add({
          code: codeOfFileError(error),
          path: label,
          severity: 'unusable',
          what: (error as NodeJS.ErrnoException).code ?? '',
        });
      else throw error;
    } finally {
      source?.close();
    }
    return true;
  };

  try {
    for (const { path, sizeBytes } of files) {
      if (!(await open(path, path, 0, undefined))) break;
      done += sizeBytes;
    }
  } finally {
    temp?.dispose();
  }
  for (const path of paths) {
    const held = [...logs].some(
      (label) =>
        label === path ||
        label.startsWith(`${path}!/`) ||
        files.some((file) => file.below === path && (label === file.path || label.startsWith(`${file.path}!/`))),
    );
    if (!held && !problems.list().some((problem) => problem.path === path))
      problems.add({ code: 'EVIDENCE_NO_LOGS', path, severity: 'unusable' });
  }
  return problems.list();
}
