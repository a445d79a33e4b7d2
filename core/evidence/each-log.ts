import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import { crc32 } from 'node:zlib';
import { EvtxError, type EvtxLog, openEvtx } from '@winmedic/evtx';
import { type OpenedDisk, openDisk } from '../disk/index.ts';
import type { InputProblem } from '../model/observation.ts';
import { affordable, type DiskEvidenceOptions, logsOf, windowsOn } from './disk-evidence.ts';
import { type FileSource, fileSource } from './file-source.ts';
import { type Input, inputOf } from './input.ts';
import { diskDamage, Problems, unreadable } from './problems.ts';
import { type ContentKind, recognise } from './recognise.ts';
import { TempDir } from './temp-dir.ts';
import type { RecordingInput, RecordingVisitor } from './visit-recording.ts';
import { findFiles } from './walk.ts';
import { DEFAULT_ZIP_LIMITS, membersOf, newBudget } from './zip.ts';

/** How logs are opened. */
export interface EachLogOptions {
  /** Also carve deleted records. */
  readonly recover?: boolean;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number; readonly path: string }) => void;
  readonly signal?: AbortSignal;
  /** Keys of disks, and which of their volumes is meant. */
  readonly disk?: DiskEvidenceOptions;
  /** Gets what captures, event traces and texts of events among the inputs hold; without it they are inputs that are no logs. */
  readonly recordings?: RecordingVisitor;
}

/** Kinds of inputs that {@link EachLogOptions.recordings} are read of. */
const RECORDINGS: ReadonlySet<ContentKind> = new Set(['capture', 'trace', 'text']);

/**
 * Opens every event log of files, folders, zip archives and disks, one after the other, and hands it to `visit`; a log is closed when the visit is
 * over. Recordings of other kinds go to {@link EachLogOptions.recordings}. `visit` returns false to stop. Inputs that are no logs and places that cannot be read are problems, and the rest is still visited.
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
  let total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const logs = new Set<string>();
  const disks: OpenedDisk[] = [];
  let temp: TempDir | undefined;
  let done = 0;

  const openDiskAt = async ({ label, sizeBytes, named }: Input): Promise<boolean> => {
    // Only what is read of it counts.
    total -= sizeBytes;
    const { signal, disk: wanted = {} } = options;
    const disk = openDisk(label, {
      ...(wanted.keys && { keys: wanted.keys }),
      ...(signal && { signal }),
      onDamage: (damage) => diskDamage(problems, label, damage),
    });
    disks.push(disk);
    for (const windows of windowsOn(disk, label, problems, { ...wanted, named: named === true })) {
      const members = affordable(windows, logsOf(windows, problems), problems);
      total += members.reduce((sum, member) => sum + member.sizeBytes, 0);
      for (const member of members) {
        if (!(await open(member))) return false;
        done += member.sizeBytes;
      }
    }
    return true;
  };

  const open = async (input: Input): Promise<boolean> => {
    const { label, depth, budget, file } = input;
    options.signal?.throwIfAborted();
    let source: FileSource | undefined;
    try {
      if (input.isDevice === true) return await openDiskAt(input);
      source = input.open();
      const kind = recognise(source);
      if (kind === 'disk' && depth === 0) return await openDiskAt(input);
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
      if (kind === 'zip' && file !== undefined && depth < DEFAULT_ZIP_LIMITS.depth) {
        temp ??= new TempDir();
        const share = budget ?? newBudget(DEFAULT_ZIP_LIMITS);
        for await (const member of membersOf(file, label, temp, problems, share, DEFAULT_ZIP_LIMITS, options.signal)) {
          if (!(await open({ ...member, open: () => fileSource(member.file), depth: depth + 1, budget: share }))) return false;
        }
        return true;
      }
      if (options.recordings !== undefined && RECORDINGS.has(kind)) {
        // Loaded when there is one: a log alone needs none of it.
        const { visitRecording } = await import('./visit-recording.ts');
        const recording: RecordingInput = {
          kind: kind as RecordingInput['kind'],
          source,
          path: label,
          onProgress: (bytes) => options.onProgress?.({ done: Math.min(done + bytes, total), total, path: label }),
          ...(options.signal && { signal: options.signal }),
        };
        if (visitRecording(recording, options.recordings, problems)) {
          logs.add(label);
          return options.recordings.isDone?.() !== true;
        }
      }
      if (options.recordings !== undefined && kind === 'gzip' && depth < DEFAULT_ZIP_LIMITS.depth) {
        const { expandGzip } = await import('./gzip.ts');
        temp ??= new TempDir();
        const share = budget ?? newBudget(DEFAULT_ZIP_LIMITS);
        const expanded = await expandGzip(source, label, temp, share, DEFAULT_ZIP_LIMITS, problems, options.signal);
        if (expanded === undefined) return true;
        const { path, sizeBytes: size } = expanded;
        const member = {
          label: `${label}!/${basename(label).replace(/\.t?gz$/i, '')}`,
          open: () => fileSource(path),
          file: path,
          sizeBytes: size,
        };
        try {
          return await open({ ...member, depth: depth + 1, budget: share, named: input.named === true });
        } finally {
          rmSync(path, { force: true });
        }
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
      problems.add({ code, path: label, severity: input.named === true ? 'unusable' : 'note' });
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof EvtxError) problems.add({ code: error.code, path: label, severity: 'unusable' });
      else problems.add(unreadable(error, label));
    } finally {
      source?.close();
    }
    return true;
  };

  try {
    for (const file of files) {
      const totalBefore = total;
      if (!(await open(inputOf(file)))) break;
      // A disk counts by what was read of it, which was added on the way.
      if (total === totalBefore) done += file.sizeBytes;
    }
  } finally {
    for (const disk of disks) disk.close();
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
