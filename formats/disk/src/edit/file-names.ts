import { viewOf } from '@winmedic/bytes';
import { DiskError } from '../errors.ts';
import { ATTRIBUTE, type FileReference, NAME_SPACE, type NtfsFile } from '../ntfs/types.ts';
import { attributeList } from './attribute-list.ts';
import { type NameValue, nameValue } from './index-node.ts';
import { FIRST_USER_RECORD, isBase, RECORD_DIRECTORY, RECORD_IN_USE } from './raw-record.ts';
import type { BlockImage, BlockImages } from './session.ts';

/** A $FILE_NAME attribute in one of a file's records. */
export interface RecordName {
  readonly image: BlockImage;
  readonly key: NameValue;
}

/** The same record: number and sequence number. */
export function sameReference(a: FileReference, b: FileReference): boolean {
  return a.record === b.record && a.sequence === b.sequence;
}

/**
 * All $FILE_NAME attributes of a file, of its base record and of every extension record its attribute list names.
 * @throws {DiskError} EDIT_MISMATCH when the record is not the file the reference means, EDIT_TORN when a record or the list cannot be understood,
 * EDIT_SYSTEM_FILE for directories and for the file system's own files.
 */
export function fileNames(session: BlockImages, reference: FileReference): RecordName[] {
  const { record: number } = reference;
  if (number < FIRST_USER_RECORD) throw new DiskError('EDIT_SYSTEM_FILE', `MFT record ${number}`);
  const record = session.parsed(number);
  const image = session.record(number);
  const wrong = (what: string): DiskError => session.torn(`${image.what}: ${what}`, image, 'EDIT_MISMATCH');
  if ((record.flags & RECORD_IN_USE) === 0) throw wrong('not in use');
  if (record.sequence !== reference.sequence) throw wrong('sequence number');
  if (!isBase(record)) throw wrong('an extension record');
  if (record.number !== undefined && record.number !== number) throw wrong('its own number');
  if ((record.flags & RECORD_DIRECTORY) !== 0) throw session.torn(`${image.what}: a directory`, image, 'EDIT_SYSTEM_FILE');
  const listed = attributeList(session.volume, record);
  if (typeof listed === 'string') throw session.torn(`${image.what}: ${listed}`, image);
  const holders = new Map([[number, reference], ...(listed ?? []).map(({ holder }) => [holder.record, holder] as const)]);
  const names: RecordName[] = [];
  for (const holder of holders.values()) {
    const part = holder.record === number ? record : session.parsed(holder.record);
    const partImage = session.record(holder.record);
    if (
      holder.record !== number &&
      !(part.sequence === holder.sequence && sameReference(part.base, reference) && (part.flags & RECORD_IN_USE) !== 0)
    ) {
      throw session.torn(`${partImage.what}: extension of record ${number}`, partImage, 'EDIT_MISMATCH');
    }
    for (const { type, value } of part.attributes) {
      if (type !== ATTRIBUTE.fileName) continue;
      const key = value && nameValue(viewOf(part.bytes), value.offset, value.length);
      if (!key) throw session.torn(`${partImage.what}: $FILE_NAME`, partImage);
      names.push({ image: partImage, key });
    }
  }
  // A list that lost an entry would hide a name: the count in the header knows of it. Windows counts 8.3 names, other writers do not.
  const long = names.filter(({ key }) => key.nameSpace !== NAME_SPACE.dos).length;
  if (record.linkCount !== long && record.linkCount !== names.length) throw wrong('count of names');
  return names;
}

/** A file read anew by its reference. @throws {DiskError} EDIT_MISMATCH when the record now is another file, or none. */
export function currentFile(session: BlockImages, reference: FileReference): NtfsFile {
  const file = session.volume.file(reference.record);
  if (!file?.inUse || file.reference.sequence !== reference.sequence)
    throw new DiskError('EDIT_MISMATCH', `MFT record ${reference.record}`);
  return file;
}
