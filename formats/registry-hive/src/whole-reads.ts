import type { ByteSource } from '@winmedic/bytes';

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
