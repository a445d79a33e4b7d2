import { type FileSource, fileSource } from './file-source.ts';
import type { FoundFile } from './walk.ts';
import type { ZipBudget } from './zip.ts';

/** One input: a file of the user, a member of an archive, a file on a disk. */
export interface Input {
  /** Path as the user would recognise it. */
  readonly label: string;
  /** Opens it for reading. @throws errors of the file system, or of the format it lies in. */
  readonly open: () => FileSource;
  /** The file itself, when it is one: archives and disks are opened by their path. */
  readonly file?: string;
  readonly sizeBytes: number;
  /** 0: named or found; more: inside of something. */
  readonly depth: number;
  readonly budget?: ZipBudget;
  readonly isFacts?: boolean;
  /** A device, not a file: it can only be a disk. */
  readonly isDevice?: boolean;
  /** Named by the user, or looked for by its name: then not to be recognised is an error; a file that merely lies in a folder is passed over. */
  readonly named?: boolean;
  /** Modification time in ms since 1970. */
  readonly modifiedMs?: number;
}

/** A file that was found, as an input. */
export function inputOf({ path, sizeBytes, modifiedMs, below, isDevice }: FoundFile): Input {
  return {
    label: path,
    open: () => fileSource(path),
    file: path,
    sizeBytes,
    depth: 0,
    named: below === undefined,
    modifiedMs,
    ...(isDevice && { isDevice }),
  };
}
