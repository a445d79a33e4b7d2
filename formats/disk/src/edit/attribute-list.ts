import { viewOf } from '@winmedic/bytes';
import { MAX_ATTRIBUTE_LIST_BYTES } from '../ntfs/limits.ts';
import { decodeRuns } from '../ntfs/runs.ts';
import { ATTRIBUTE, type FileReference, type NtfsVolume } from '../ntfs/types.ts';
import { type RawAttribute, type RawRecord, referenceAt, unitsAt } from './raw-record.ts';
import { readStretches, stretchesOf } from './stretches.ts';

/** An entry of $ATTRIBUTE_LIST: where an attribute, or an extent of one, stands. */
export interface ListedAttribute {
  readonly type: number;
  readonly name: string;
  readonly firstVcn: bigint;
  readonly holder: FileReference;
  readonly id: number;
}

/** Bytes of an entry before its name. */
const ENTRY_HEADER = 0x1a;

/** Value of a resident attribute; undefined for one in clusters. */
export function residentValue(record: RawRecord, attribute: RawAttribute | undefined): Uint8Array | undefined {
  const value = attribute?.value;
  return value && record.bytes.subarray(value.offset, value.offset + value.length);
}

/**
 * The attribute list of a base record.
 * @returns undefined when it has none, else its entries, or a text that says what is wrong. @source Linux-NTFS documentation, "$ATTRIBUTE_LIST"
 */
export function attributeList(volume: NtfsVolume, record: RawRecord): ListedAttribute[] | string | undefined {
  const attribute = record.attributes.find(({ type }) => type === ATTRIBUTE.attributeList);
  if (!attribute) return undefined;
  const bytes = residentValue(record, attribute) ?? storedValue(volume, record, attribute);
  if (!bytes) return 'clusters of the attribute list';
  const view = viewOf(bytes);
  const entries: ListedAttribute[] = [];
  // An entry takes at least 26 bytes, so that the loop ends with the list.
  for (let at = 0; at < bytes.length; ) {
    if (at + ENTRY_HEADER > bytes.length) return 'entry of the attribute list';
    const length = view.getUint16(at + 4, true);
    const units = view.getUint8(at + 6);
    const name = view.getUint8(at + 7);
    if (length < ENTRY_HEADER || at + length > bytes.length || (units > 0 && name + units * 2 > length))
      return 'entry of the attribute list';
    entries.push({
      type: view.getUint32(at, true),
      name: units === 0 ? '' : unitsAt(view, at + name, units),
      firstVcn: view.getBigUint64(at + 8, true),
      holder: referenceAt(view, at + 0x10),
      id: view.getUint16(at + 0x18, true),
    });
    at += length;
  }
  return entries;
}

function storedValue(volume: NtfsVolume, record: RawRecord, attribute: RawAttribute): Uint8Array | undefined {
  const { stored } = attribute;
  if (!stored || stored.size > MAX_ATTRIBUTE_LIST_BYTES || stored.initialized < stored.size) return undefined;
  const pairs = decodeRuns(record.bytes.subarray(stored.pairsOffset, attribute.offset + attribute.length));
  const stretches = pairs.whole ? stretchesOf(volume, pairs.runs, 0, stored.size) : undefined;
  return stretches && readStretches(volume.device, stretches);
}
