import type { Attribute, NtfsFile } from './types.ts';
import { ATTRIBUTE } from './types.ts';

/** Attribute flags ([MS-FSCC] does not list them; Linux-NTFS documentation, "Attribute header"). */
export const ATTRIBUTE_FLAG = { compressionMask: 0xff, encrypted: 0x4000, sparse: 0x8000 } as const;

/** The data stream of a name; the empty name is the unnamed one. Names of streams are compared exactly first, then without case by the caller. */
export function dataStream(file: NtfsFile, stream = ''): Attribute | undefined {
  return file.attributes.find((attribute) => attribute.type === ATTRIBUTE.data && attribute.name === stream);
}

/**
 * Why the bytes NTFS has for a stream are not the content of the file: NTFS_ENCRYPTED (EFS; the keys are the user's), or NTFS_REPARSE_DATA (the file carries
 * a reparse point, and a filter driver of Windows makes the content: CompactOS files, whose unnamed stream reads as zeros, deduplicated and cloud files).
 * Undefined when the bytes are the content, or there is no such stream.
 * @param stream name of the data stream; default the unnamed one.
 */
export function streamObstacle(file: NtfsFile, stream = ''): 'NTFS_ENCRYPTED' | 'NTFS_REPARSE_DATA' | undefined {
  const data = dataStream(file, stream);
  if (data === undefined) return undefined;
  if ((data.flags & ATTRIBUTE_FLAG.encrypted) !== 0 && data.sizeBytes > 0) return 'NTFS_ENCRYPTED';
  if (stream === '' && data.sizeBytes > 0 && file.attributes.some((attribute) => attribute.type === ATTRIBUTE.reparsePoint)) {
    return 'NTFS_REPARSE_DATA';
  }
  return undefined;
}
