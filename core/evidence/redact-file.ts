import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { type RedactSummary, redactCapture } from '@winmedic/capture';
import type { InputProblem } from '../model/observation.ts';
import { type FileSource, fileSource } from './file-source.ts';
import { expandGzip } from './gzip.ts';
import { Problems } from './problems.ts';
import { recognise } from './recognise.ts';
import { TempDir } from './temp-dir.ts';
import { DEFAULT_ZIP_LIMITS, newBudget } from './zip.ts';

/** How a capture file is redacted. */
export interface RedactFileOptions {
  /** Names of users, domains and workstations as well; see `RedactOptions.names` of formats/capture. */
  readonly names?: 'keep' | 'mask';
  /** Bytes done of all passes, and of how many. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
  /** Runs what does not return to the event loop; `finally` blocks in it need not run. */
  readonly runSync?: <T>(work: () => T) => T;
}

/** What became of a capture file. */
export interface RedactedFile {
  readonly summary: RedactSummary;
  readonly sizeBytes: number;
  /** Damages of the input. */
  readonly problems: readonly InputProblem[];
}

/**
 * Writes a capture without secrets to another file: into a temporary file beside it that gets its name only after the proof, so that `output` is either whole and
 * proved or what it was before. A capture packed with gzip is unpacked.
 * @throws CaptureError (not a capture; `CAPTURE_REDACT_PROOF`), errors of the file system, the reason of the signal.
 */
export async function redactCaptureFile(input: string, output: string, options: RedactFileOptions = {}): Promise<RedactedFile> {
  const problems = new Problems();
  const run = options.runSync ?? ((work) => work());
  const temporary = `${output}.${randomBytes(6).toString('hex')}.tmp`;
  let temp: TempDir | undefined;
  let source: FileSource | undefined;
  let reread: FileSource | undefined;
  let fd: number | undefined;
  try {
    source = fileSource(input);
    if (recognise(source) === 'gzip') {
      temp = new TempDir();
      const file = await expandGzip(source, input, temp, newBudget(DEFAULT_ZIP_LIMITS), DEFAULT_ZIP_LIMITS, problems, options.signal);
      source.close();
      // Nothing came out: the empty file is refused as no capture.
      source = fileSource(file?.path ?? input);
    }
    const from = source;
    const to = openSync(temporary, 'wx', 0o600);
    fd = to;
    let sizeBytes = 0;
    const steps = ['look', 'write', 'prove'] as const;
    const summary = run(() =>
      redactCapture(
        from,
        (bytes) => {
          for (let done = 0; done < bytes.length; ) done += writeSync(to, bytes, done);
          sizeBytes += bytes.length;
        },
        {
          names: options.names ?? 'keep',
          reread: () => {
            fsyncSync(to);
            reread = fileSource(temporary);
            return reread;
          },
          onDamage: (damage) => problems.damage(input, damage),
          onProgress: (step, offset) =>
            options.onProgress?.(steps.indexOf(step) * from.sizeBytes + Math.min(offset, from.sizeBytes), steps.length * from.sizeBytes),
          ...(options.signal && { signal: options.signal }),
        },
      ),
    );
    reread?.close();
    closeSync(fd);
    fd = undefined;
    renameSync(temporary, output);
    return { summary, sizeBytes, problems: problems.list() };
  } finally {
    reread?.close();
    if (fd !== undefined) closeSync(fd);
    rmSync(temporary, { force: true });
    source?.close();
    temp?.dispose();
  }
}
