import type { ByteSource } from '@winmedic/bytes';
import { ATTRIBUTE, type NtfsVolume, streamObstacle } from '@winmedic/disk';
import type { DiskFile } from '../model/disk.ts';
import { DiskAccessError } from './errors.ts';
import { diskFile } from './files.ts';

/** A file with the bytes of one of its streams. */
export interface FileContent {
  readonly file: DiskFile;
  readonly source: ByteSource;
}

/**
 * The content of a file, or of a named stream of it.
 * @throws {DiskAccessError} DISK_NO_FILE for a path, or a stream, that is not there; DISK_FOLDER; DISK_NO_CONTENT where the bytes on the disk are not the
 *   content: encrypted by EFS, or made by a filter driver of Windows (CompactOS, deduplication, files kept in the cloud).
 */
export function openContent(volume: NtfsVolume, path: string, stream = ''): FileContent {
  const found = volume.lookup(path);
  if (found === undefined) throw new DiskAccessError('DISK_NO_FILE', path);
  if (found.isDirectory && stream === '') throw new DiskAccessError('DISK_FOLDER', path);
  const upper = volume.upCase(stream);
  const name =
    found.attributes.find((one) => one.type === ATTRIBUTE.data && one.name === stream)?.name ??
    found.attributes.find((one) => one.type === ATTRIBUTE.data && volume.upCase(one.name) === upper)?.name;
  if (name === undefined) throw new DiskAccessError('DISK_NO_FILE', `${path}:${stream}`);
  const obstacle = streamObstacle(found, name);
  const source = obstacle === undefined ? volume.open(found, name) : undefined;
  if (source === undefined) throw new DiskAccessError('DISK_NO_CONTENT', path, { need: 'content', have: obstacle ?? 'nothing' });
  return { file: diskFile(volume.pathOf(found) ?? path, found), source };
}
