import { viewOf } from '@winmedic/bytes';
import { DiskError } from '../errors.ts';
import { streamObstacle } from '../ntfs/obstacle.ts';
import { ATTRIBUTE, type Attribute, type NtfsFile, type NtfsVolume } from '../ntfs/types.ts';
import { currentFile, FIRST_USER_RECORD } from './file-names.ts';
import type { RawAttribute } from './raw-record.ts';
import { ENCRYPTED } from './rename.ts';
import { EditSession } from './session.ts';
import type { EditPreview } from './types.ts';

const SPARSE = 0x8000;
/** Low byte of attribute flags: a compression method. */
const COMPRESSION = 0xff;
/** Initialized length in the header of a non-resident attribute. */
export const INITIALIZED_AT = 0x38;

/** A data stream an edit may write to, its header in the record beside what the reader says of it. */
export interface WritableStream {
  readonly file: NtfsFile;
  readonly path: string;
  readonly attribute: Attribute;
  /** First extent: has the sizes. Last extent: has the end of the run list. The same for nearly all files. */
  readonly first: RawAttribute;
  readonly last: RawAttribute;
}

/**
 * Replaces bytes of a stream where they lie: in allocated clusters, or in the record for a small one. The length stays. Writing that begins within the
 * initialized length and ends behind it moves that length along.
 * @param file read from this volume. @param stream name of the stream, empty for the file's contents. @param offset first byte replaced.
 * @throws {DiskError} before anything is written: EDIT_NOT_FOUND without such a stream, EDIT_RANGE behind the data or the initialized length, EDIT_SPARSE,
 * EDIT_COMPRESSED (also content that a filter driver makes), EDIT_ENCRYPTED, EDIT_SYSTEM_FILE, EDIT_TORN, EDIT_MISMATCH, EDIT_READ_ONLY, EDIT_VERSION.
 */
export function overwriteData(volume: NtfsVolume, file: NtfsFile, stream: string, offset: number, bytes: Uint8Array): EditPreview {
  const session = new EditSession(volume);
  const target = writableStream(session, file, stream);
  const { attribute, first } = target;
  const { record } = file.reference;
  const end = offset + bytes.length;
  if (!(offset >= 0 && end <= attribute.sizeBytes))
    throw new DiskError('EDIT_RANGE', target.path, { offset, need: end, have: attribute.sizeBytes });
  const holder = session.record(attribute.places[0]?.record ?? record);
  if (first.value) holder.bytes.set(bytes, first.value.offset + offset);
  else {
    if (offset > attribute.initializedBytes) {
      throw new DiskError('EDIT_RANGE', `${target.path}: initialized length`, { offset, need: offset, have: attribute.initializedBytes });
    }
    session.stream(record, ATTRIBUTE.data, attribute.runs, offset, bytes);
    if (end > attribute.initializedBytes) viewOf(holder.bytes).setBigUint64(first.offset + INITIALIZED_AT, BigInt(end), true);
  }
  return session.commit([{ kind: 'data', path: target.path, record, offset, length: bytes.length }]);
}

/**
 * A stream of a file, read anew, that may be written to.
 * @throws {DiskError} as {@link overwriteData}, but for EDIT_RANGE.
 */
export function writableStream(session: EditSession, { reference }: NtfsFile, stream: string): WritableStream {
  const { volume } = session;
  if (reference.record < FIRST_USER_RECORD) throw new DiskError('EDIT_SYSTEM_FILE', `MFT record ${reference.record}`);
  const file = currentFile(session, reference);
  const path = volume.pathOf(file) ?? file.name;
  const attribute = file.attributes.find(({ type, name }) => type === ATTRIBUTE.data && name === stream);
  if (!attribute) throw new DiskError('EDIT_NOT_FOUND', stream === '' ? path : `${path}:${stream}`);
  if ((attribute.flags & ENCRYPTED) !== 0) throw new DiskError('EDIT_ENCRYPTED', path);
  if ((attribute.flags & COMPRESSION) !== 0 || attribute.compressionUnit !== 0 || streamObstacle(file, stream) !== undefined) {
    throw new DiskError('EDIT_COMPRESSED', path);
  }
  if ((attribute.flags & SPARSE) !== 0 || attribute.runs.some(({ lcn }) => lcn === undefined)) throw new DiskError('EDIT_SPARSE', path);
  return { file, path, attribute, first: extent(session, file, attribute, 0), last: extent(session, file, attribute, -1) };
}

/** The header of an extent in its record, which must say what the reader said. */
function extent(session: EditSession, file: NtfsFile, attribute: Attribute, index: number): RawAttribute {
  const place = attribute.places.at(index);
  const what = `stream of MFT record ${file.reference.record}`;
  if (!place) throw new DiskError('EDIT_TORN', what);
  const record = session.parsed(place.record);
  const raw = record.attributes.find(({ offset }) => offset === place.offset);
  const owner =
    place.record === file.reference.record ? record.sequence === file.reference.sequence : record.base.record === file.reference.record;
  if (!owner || raw?.type !== ATTRIBUTE.data || raw.name !== attribute.name || (raw.stored === undefined) !== attribute.resident) {
    throw session.torn(what, session.record(place.record), 'EDIT_MISMATCH');
  }
  if (raw.stored && raw.stored.firstVcn !== place.firstVcn) throw session.torn(what, session.record(place.record), 'EDIT_MISMATCH');
  const size = raw.value?.length ?? raw.stored?.size;
  if (place.firstVcn === 0 && size !== attribute.sizeBytes) throw session.torn(what, session.record(place.record), 'EDIT_MISMATCH');
  return raw;
}
