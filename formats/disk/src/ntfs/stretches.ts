import type { ByteSource } from '@winmedic/bytes';
import { runAt } from './runs.ts';
import type { Run } from './types.ts';

/** A stretch of a stream: where it lies on the volume; `at` undefined for a hole. */
export interface Stretch {
  readonly at: number | undefined;
  readonly sizeBytes: number;
}

/**
 * Where a part of a stream lies, in order, neighbours joined.
 * @returns the stretches, and whether they cover the part: a missing run ends them.
 */
export function stretches(
  runs: readonly Run[],
  clusterBytes: number,
  offset: number,
  sizeBytes: number,
): { readonly parts: Stretch[]; readonly whole: boolean } {
  const parts: Stretch[] = [];
  let done = 0;
  let index = runAt(runs, Math.floor(offset / clusterBytes));
  while (done < sizeBytes) {
    const run = index < 0 ? undefined : runs[index];
    const position = offset + done;
    const within = run === undefined ? -1 : position - run.vcn * clusterBytes;
    if (run === undefined || within < 0) return { parts, whole: false };
    const size = Math.min(run.clusters * clusterBytes - within, sizeBytes - done);
    const at = run.lcn === undefined ? undefined : run.lcn * clusterBytes + within;
    const last = parts.at(-1);
    const joins = last !== undefined && (last.at === undefined ? at === undefined : last.at + last.sizeBytes === at);
    if (joins) parts[parts.length - 1] = { at: last.at, sizeBytes: last.sizeBytes + size };
    else parts.push({ at, sizeBytes: size });
    done += size;
    index++;
  }
  return { parts, whole: true };
}

/** Reads stretches one behind the other; holes are zeros. @returns how many bytes were read before the source ended. */
export function readStretches(source: ByteSource, parts: readonly Stretch[], into: Uint8Array): number {
  let done = 0;
  for (const { at, sizeBytes } of parts) {
    const part = into.subarray(done, done + sizeBytes);
    if (at === undefined) part.fill(0);
    else {
      const got = source.readAt(at, part);
      if (got < part.length) return done + Math.max(0, got);
    }
    done += sizeBytes;
  }
  return done;
}
