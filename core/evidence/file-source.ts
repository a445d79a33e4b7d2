import { closeSync, fstatSync, openSync } from 'node:fs';
import type { ByteSource } from '@winmedic/bytes';
import { readFd } from '../disk/read-fd.ts';

/** A {@link ByteSource} over an open file; {@link close} releases the descriptor. */
export interface FileSource extends ByteSource {
  close(): void;
}

/**
 * Opens a file for random reading. Its size is the one at opening: a log that grows meanwhile is read up to there.
 * @throws the error of the file system (`ENOENT`, `EACCES`, `EIO` …), also from `readAt`.
 */
export function fileSource(path: string): FileSource {
  const fd = openSync(path, 'r');
  let open = true;
  try {
    const { size } = fstatSync(fd);
    return {
      sizeBytes: size,
      readAt: (offset, into) => readFd(fd, offset, into),
      close() {
        if (open) closeSync(fd);
        open = false;
      },
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
