import { DiskError } from '../errors.ts';
import { asDevice } from './devices.ts';
import type { BlockDevice } from './types.ts';

/** Options of {@link withFetchedBlocks}. */
export interface FetchOptions {
  /** Logical sector of the device; default 512. */
  readonly sectorBytes?: number;
  /** Bytes of fetched blocks held at most; default 512 MiB. */
  readonly maxBytes?: number;
}

/** Ends a run of `work` at the first block that is not there yet. Not an error of the disk, and never seen by the caller. */
class MissingBlock extends Error {
  override readonly name = 'MissingBlock';
}

/** Requests on their way at a time: a service answers several at once, and one that limits its callers is not flooded. */
const AT_ONCE = 8;

/**
 * Runs synchronous work over blocks that come asynchronously (a snapshot behind a service, a file chosen in a browser). The first read of a block that
 * is not there yet ends the run; the block is fetched and **the work begins again from the start**, until a run finds everything. So `work` must be
 * repeatable: it must do nothing outside itself before it returns. Errors that it catches do no harm: a run in which a block was missing is never taken.
 * @param size bytes of the disk. @param blockBytes bytes of a block; the last one may be shorter. @param fetch gives the bytes of one block.
 * @returns what `work` returned in the run that found every block.
 * @throws {DiskError} BLOCK_LIMIT when the blocks needed are more than `maxBytes`; BLOCK_SHORT when `fetch` gives a wrong number of bytes; BLOCK_ALIGN for
 * a block that is not made of sectors. What `fetch` and `work` throw is passed on.
 */
export async function withFetchedBlocks<T>(
  size: number,
  blockBytes: number,
  fetch: (index: number) => Promise<Uint8Array>,
  work: (device: BlockDevice) => T,
  options: FetchOptions = {},
): Promise<T> {
  const sectorBytes = options.sectorBytes ?? 512;
  if (!(Number.isSafeInteger(blockBytes) && blockBytes > 0 && blockBytes % sectorBytes === 0)) {
    throw new DiskError('BLOCK_ALIGN', 'block to be fetched', { need: `a multiple of ${sectorBytes}`, have: blockBytes });
  }
  const most = Math.floor((options.maxBytes ?? 0x2000_0000) / blockBytes);
  const blocks = new Map<number, Uint8Array>();
  const missing = new Set<number>();
  const source = {
    sizeBytes: size,
    readAt(offset: number, into: Uint8Array): number {
      if (!(offset >= 0 && offset < size) || into.length === 0) return 0;
      const end = Math.min(size, offset + into.length);
      const first = Math.floor(offset / blockBytes);
      const last = Math.floor((end - 1) / blockBytes);
      if (last - first >= most)
        throw new DiskError('BLOCK_LIMIT', 'one read of blocks to be fetched', { offset, need: end - offset, have: most * blockBytes });
      for (let index = first; index <= last; index++) if (!blocks.has(index)) missing.add(index);
      if (missing.size > 0) throw new MissingBlock('a block is fetched and the work begins again');
      for (let index = first; index <= last; index++) {
        const begin = index * blockBytes;
        const from = Math.max(offset, begin);
        into.set(blocks.get(index)!.subarray(from - begin, Math.min(end, begin + blockBytes) - begin), from - offset);
      }
      return end - offset;
    },
  };
  const device = asDevice(source, sectorBytes);

  const add = async (index: number): Promise<void> => {
    const need = Math.min(blockBytes, size - index * blockBytes);
    const bytes = await fetch(index);
    if (bytes.length !== need)
      throw new DiskError('BLOCK_SHORT', `fetched block ${index}`, { offset: index * blockBytes, need, have: bytes.length });
    blocks.set(index, bytes);
  };

  // Every round but the last brings at least one new block, and there are at most `most`.
  for (;;) {
    let outcome: { readonly value: T } | { readonly error: unknown };
    try {
      outcome = { value: work(device) };
    } catch (error) {
      outcome = { error };
    }
    if (missing.size === 0) {
      if ('error' in outcome) throw outcome.error;
      return outcome.value;
    }
    const wanted = [...missing];
    missing.clear();
    if (blocks.size + wanted.length > most) {
      throw new DiskError('BLOCK_LIMIT', 'blocks to be fetched', {
        need: (blocks.size + wanted.length) * blockBytes,
        have: most * blockBytes,
      });
    }
    for (let at = 0; at < wanted.length; at += AT_ONCE) await Promise.all(wanted.slice(at, at + AT_ONCE).map(add));
  }
}
