import { type ByteSource, wholeReads } from '@winmedic/bytes';

/** Bytes held together: a point read takes no more. */
const PAGE_BITS = 14;
const PAGE = 2 ** PAGE_BITS;
/**
 * Most bytes of one file held: system hives (SOFTWARE has some 150 MB) fit, so that planning reads each of their bytes once. What comes behind is read
 * again by each of the passes that plan and check a write.
 */
export const MAX_HELD_BYTES = 256 << 20;

/**
 * A source that reads each of its bytes once: planning reads a hive for its soundness, for the change, and to compare the result. It also makes all of them see
 * one state.
 */
export function held(given: ByteSource, most = MAX_HELD_BYTES): ByteSource {
  const source = wholeReads(given);
  const { sizeBytes } = source;
  const pages: (Uint8Array | undefined)[] = [];
  let left = most;
  /** Reads the pages [first, end), none of which is held; fewer bytes only where the source ends early. */
  const load = (first: number, end: number): Uint8Array => {
    const start = first * PAGE;
    const bytes = new Uint8Array(Math.min(sizeBytes, end * PAGE) - start);
    const got = bytes.subarray(0, source.readAt(start, bytes));
    if (left < bytes.length) return got;
    left -= bytes.length;
    for (let page = first; page < end; page++) pages[page] = got.subarray((page - first) * PAGE, (page - first + 1) * PAGE);
    return got;
  };
  return {
    sizeBytes,
    readAt(offset, into) {
      const end = Math.min(sizeBytes, offset + into.length);
      let at = offset;
      while (at < end) {
        const page = at >>> PAGE_BITS;
        let bytes = pages[page];
        if (bytes === undefined) {
          let next = page + 1;
          while (next * PAGE < end && pages[next] === undefined) next++;
          bytes = load(page, next);
        }
        const part = bytes.subarray(at - page * PAGE, end - page * PAGE);
        if (part.length === 0) break;
        into.set(part, at - offset);
        at += part.length;
      }
      return Math.max(0, at - offset);
    },
  };
}
