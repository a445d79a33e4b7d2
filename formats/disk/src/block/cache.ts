import { wholeReads } from '@winmedic/bytes';
import { DiskError } from '../errors.ts';
import type { BlockDevice } from './types.ts';

/** Options of {@link cached}. */
export interface CacheOptions {
  /** Bytes read at once below; default 64 KiB: the index blocks and file records of one lookup lie close together. */
  readonly chunkBytes?: number;
  /** Bytes kept at most; default 16 MiB. The least recently used go first. */
  readonly maxBytes?: number;
  /** Keeps also what is read many chunks at once: for work that reads the same files several times. Default false. */
  readonly keepLarge?: boolean;
}

/**
 * The same device with its last used chunks kept in memory. A read of whole chunks that are not kept goes straight into the caller's buffer and, unless
 * {@link CacheOptions.keepLarge} says otherwise, keeps nothing, so that reading a large file neither needs its size twice nor drives everything else out. Writes go through, and what they touched is read
 * again. Whoever writes below, past this device, must not read through it any more.
 * @throws {DiskError} BLOCK_LIMIT for sizes that make no cache.
 */
export function cached(device: BlockDevice, options: CacheOptions = {}): BlockDevice {
  const chunkBytes = options.chunkBytes ?? 0x1_0000;
  const most = Math.floor((options.maxBytes ?? 0x100_0000) / chunkBytes);
  if (!(Number.isSafeInteger(chunkBytes) && chunkBytes > 0 && most >= 1)) {
    throw new DiskError('BLOCK_LIMIT', 'cache', { need: chunkBytes, have: options.maxBytes ?? 0 });
  }
  const whole = wholeReads(device);
  // The order of insertion of a Map is the order of use: a chunk that is used is put in again.
  const chunks = new Map<number, Uint8Array>();

  const keep = (index: number, chunk: Uint8Array): void => {
    if (chunks.size >= most)
      for (const [oldest] of chunks) {
        chunks.delete(oldest);
        break;
      }
    chunks.set(index, chunk);
  };
  const chunkAt = (index: number): Uint8Array => {
    const kept = chunks.get(index);
    if (kept !== undefined) {
      chunks.delete(index);
      chunks.set(index, kept);
      return kept;
    }
    const chunk = new Uint8Array(chunkBytes);
    const got = whole.readAt(index * chunkBytes, chunk);
    // A short chunk is not kept: the device may have grown, or come back, by the next read.
    if (got < chunkBytes) return chunk.subarray(0, got);
    keep(index, chunk);
    return chunk;
  };

  const { write } = device;
  return {
    sectorBytes: device.sectorBytes,
    get sizeBytes() {
      return device.sizeBytes;
    },
    readAt(offset, into) {
      let done = 0;
      while (done < into.length) {
        const at = offset + done;
        const index = Math.floor(at / chunkBytes);
        const inside = at - index * chunkBytes;
        const left = into.length - done;
        let got: number;
        if (inside === 0 && left >= chunkBytes && !chunks.has(index)) {
          let run = 1;
          while ((run + 1) * chunkBytes <= left && !chunks.has(index + run)) run++;
          got = whole.readAt(at, into.subarray(done, done + run * chunkBytes));
          if (options.keepLarge === true)
            for (let n = 0; (n + 1) * chunkBytes <= got; n++)
              keep(index + n, into.slice(done + n * chunkBytes, done + (n + 1) * chunkBytes));
          if (got < run * chunkBytes) return done + got;
        } else {
          const part = chunkAt(index).subarray(inside, inside + left);
          into.set(part, done);
          got = part.length;
          if (got < Math.min(left, chunkBytes - inside)) return done + got;
        }
        done += got;
      }
      return done;
    },
    ...(write === undefined
      ? {}
      : {
          write(offset: number, bytes: Uint8Array) {
            try {
              write.call(device, offset, bytes);
            } finally {
              const last = Math.floor((offset + bytes.length - 1) / chunkBytes);
              if (last - Math.floor(offset / chunkBytes) >= chunks.size) chunks.clear();
              else for (let index = Math.floor(offset / chunkBytes); index <= last; index++) chunks.delete(index);
            }
          },
        }),
  };
}
