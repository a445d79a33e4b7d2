import { viewOf } from '@winmedic/bytes';
import { DiskError } from '../errors.ts';
import { ATTRIBUTE, type NtfsVolume, RECORD } from '../ntfs/types.ts';
import { RECORD_IN_USE } from './raw-record.ts';
import { EditSession } from './session.ts';
import type { EditPreview } from './types.ts';

/** Flags in $VOLUME_INFORMATION. @source Linux-NTFS documentation, "$VOLUME_INFORMATION" */
const FLAGS_AT = 10;
const DIRTY = 0x1;

/**
 * Sets or clears the dirty flag of the volume; set, Windows runs autochk at the next boot. Written to the record of $Volume and to its copy in $MFTMirr.
 * When the flag is as asked already, nothing is written and the preview is empty.
 * @throws {DiskError} EDIT_TORN, EDIT_READ_ONLY, EDIT_VERSION.
 */
export function setVolumeDirty(volume: NtfsVolume, dirty: boolean): EditPreview {
  const session = new EditSession(volume);
  const image = session.record(RECORD.volume);
  const record = session.parsed(RECORD.volume);
  const value = record.attributes.find(({ type }) => type === ATTRIBUTE.volumeInformation)?.value;
  if ((record.flags & RECORD_IN_USE) === 0 || !value || value.length < FLAGS_AT + 2)
    throw session.torn(`${image.what}: $VOLUME_INFORMATION`, image);
  const view = viewOf(image.bytes);
  const flags = view.getUint16(value.offset + FLAGS_AT, true);
  const from = (flags & DIRTY) !== 0;
  if (from === dirty) return session.commit([]);
  view.setUint16(value.offset + FLAGS_AT, dirty ? flags | DIRTY : flags & ~DIRTY, true);
  return session.commit([{ kind: 'dirty', from, to: dirty }]);
}

/**
 * Fills $LogFile with 0xFF: Windows then takes it for one never used, and what was pending in it is lost. Only for an operator who asked for exactly this;
 * the volume should be set dirty in the same repair.
 * @throws {DiskError} EDIT_TORN when $LogFile is not as Windows makes it, EDIT_SPARSE, EDIT_READ_ONLY, EDIT_VERSION.
 */
export function resetLogFile(volume: NtfsVolume): EditPreview {
  const session = new EditSession(volume);
  const file = volume.file(RECORD.logFile);
  const data = file?.attributes.find(({ type, name }) => type === ATTRIBUTE.data && name === '');
  // A record of another file in this place would have that file's clusters emptied, those of $Boot among them.
  const isLog = file?.inUse === true && file.names.length === 1 && file.name === '$LogFile' && file.names[0]?.parent.record === RECORD.root;
  if (!isLog || !data || data.resident || data.flags !== 0 || data.initializedBytes !== data.sizeBytes)
    throw new DiskError('EDIT_TORN', '$LogFile');
  session.stream(RECORD.logFile, ATTRIBUTE.data, data.runs, 0, [0xff, data.sizeBytes]);
  return session.commit([{ kind: 'log-reset', bytes: data.sizeBytes }]);
}
