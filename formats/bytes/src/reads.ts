import type { ByteSource } from './source.ts';

/**
 * The same source with reads that are cut short only by its end. One that delivers a little at a time (a pipe, a network drive, a read that a signal
 * interrupts) would otherwise look like a cut file. What the source throws is passed on.
 */
export function wholeReads(source: ByteSource): ByteSource {
  return {
    sizeBytes: source.sizeBytes,
    readAt(offset, into) {
      let done = 0;
      while (done < into.length) {
        const got = source.readAt(offset + done, done === 0 ? into : into.subarray(done));
        if (!(got > 0)) break;
        done += got;
      }
      return done;
    },
  };
}

/** Up to `size` bytes at `offset`, fewer only at the end of the source, also when it delivers a little at a time. */
export function readUpTo(source: ByteSource, offset: number, size: number): Uint8Array {
  const into = new Uint8Array(Math.max(0, Math.min(size, source.sizeBytes - offset)));
  const got = wholeReads(source).readAt(offset, into);
  return got === into.length ? into : into.subarray(0, got);
}

/** A view for reading numbers out of a part. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
