import { createWriteStream, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ByteSource } from '@winmedic/bytes';
import { gunzipChunks } from '@winmedic/capture';
import type { Problems } from './problems.ts';
import type { TempDir } from './temp-dir.ts';
import type { ZipBudget, ZipLimits } from './zip.ts';

/** More than this deflate cannot do: the limit of bytes is the one that counts. */
const DEFLATE_RATIO = 1032;

/**
 * Writes what a gzip file holds to a temporary file, within the limits of archives. A file that is cut gives what stands before the cut.
 * @returns `undefined` when nothing came out of it: then a problem says why.
 */
export async function expandGzip(
  source: ByteSource,
  label: string,
  temp: TempDir,
  budget: ZipBudget,
  limits: ZipLimits,
  problems: Problems,
  signal?: AbortSignal,
): Promise<{ readonly path: string; readonly sizeBytes: number } | undefined> {
  const path = temp.newPath();
  let sizeBytes = 0;
  const chunks = gunzipChunks(source, {
    maxBytes: Math.min(budget.bytes, Math.max(limits.ratioFromBytes, source.sizeBytes * limits.ratio)),
    maxRatio: DEFLATE_RATIO,
    onDamage: (damage) => problems.damage(label, damage),
    ...(signal && { signal }),
  });
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      sizeBytes += chunk.length;
      budget.bytes -= chunk.length;
      yield chunk;
    }
  };
  try {
    await pipeline(Readable.from(counted()), createWriteStream(path, { mode: 0o600, flags: 'wx' }), { ...(signal && { signal }) });
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
  if (sizeBytes > 0) return { path, sizeBytes };
  rmSync(path, { force: true });
  return undefined;
}
