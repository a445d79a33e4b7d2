import { ATTRIBUTE, type FindOptions, NAME_SPACE, type NtfsFile, type NtfsVolume } from '@winmedic/disk';
import type { DiskFile } from '../model/disk.ts';
import { DiskAccessError } from './errors.ts';

const FLAG = { compressed: 0x0001, encrypted: 0x4000, sparse: 0x8000 } as const;

/** What a list of files shows of one. */
export function diskFile(path: string, file: NtfsFile): DiskFile {
  const data = file.attributes.find(({ type, name }) => type === ATTRIBUTE.data && name === '');
  const has = (flag: number): boolean => ((data?.flags ?? 0) & flag) !== 0;
  const shortName = file.names.find(({ nameSpace }) => nameSpace === NAME_SPACE.dos)?.name;
  return {
    path,
    record: file.reference.record,
    sequence: file.reference.sequence,
    isDirectory: file.isDirectory,
    deleted: !file.inUse,
    sizeBytes: file.sizeBytes,
    ...file.times,
    dosAttributes: file.dosAttributes,
    ...(shortName !== undefined && { shortName }),
    streams: file.attributes.filter(({ type, name }) => type === ATTRIBUTE.data && name !== '').map(({ name }) => name),
    ...(file.reparse && { reparse: file.reparse.target ?? `0x${file.reparse.tag.toString(16)}` }),
    compressed: has(FLAG.compressed),
    sparse: has(FLAG.sparse),
    encrypted: has(FLAG.encrypted),
  };
}

/**
 * Files of a folder in the order of its index, each once (its 8.3 name is a fact of it); a file that was named alone.
 * @throws {DiskAccessError} DISK_NO_FILE.
 */
export function listFolder(volume: NtfsVolume, path: string): DiskFile[] {
  const file = volume.lookup(path);
  if (file === undefined) throw new DiskAccessError('DISK_NO_FILE', path);
  const place = volume.pathOf(file) ?? path;
  if (!file.isDirectory) return [diskFile(place, file)];
  const files: DiskFile[] = [];
  for (const entry of volume.entries(file)) {
    if (entry.nameSpace === NAME_SPACE.dos || entry.reference.record === file.reference.record) continue;
    const found = volume.file(entry.reference.record);
    if (found !== undefined) files.push(diskFile(place === '' ? entry.name : `${place}\\${entry.name}`, found));
  }
  return files;
}

/**
 * Files that fit, as {@link NtfsVolume.find} finds them.
 * @throws {DiskAccessError} DISK_NO_FILE at the first file, when the folder is not there.
 */
export function* findFiles(volume: NtfsVolume, options: FindOptions): Generator<DiskFile> {
  if (options.below !== undefined && volume.lookup(options.below) === undefined) throw new DiskAccessError('DISK_NO_FILE', options.below);
  for (const { path, file } of volume.find(options)) yield diskFile(path, file);
}
