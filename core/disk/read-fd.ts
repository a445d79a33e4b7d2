import { readSync } from 'node:fs';

/** Reads from an open file until the buffer is full or the file ends; returns the bytes read. @throws the error of the file system. */
export function readFd(fd: number, offset: number, into: Uint8Array): number {
  let done = 0;
  while (done < into.length) {
    const n = readSync(fd, into, done, into.length - done, offset + done);
    if (n === 0) break;
    done += n;
  }
  return done;
}
