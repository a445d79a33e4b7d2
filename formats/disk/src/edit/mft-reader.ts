import { applyFixups } from '../ntfs/fixups.ts';
import { ATTRIBUTE, type Attribute, type NtfsFile, type NtfsVolume, RECORD } from '../ntfs/types.ts';
import { parseRecord, type RawRecord } from './raw-record.ts';
import { readStretches, stretchesOf } from './stretches.ts';

/** Bytes of $MFT read at once. */
const READ_BYTES = 65_536;

/** All records of $MFT, one behind the other. */
export class MftReader {
  /** Records that $MFT has room for, at most what the device could hold. */
  readonly count: number;
  readonly #volume: NtfsVolume;
  readonly #file: NtfsFile | undefined;
  readonly #mft: Attribute | undefined;
  #part: { readonly first: number; readonly bytes: Uint8Array } | undefined;

  constructor(volume: NtfsVolume) {
    this.#volume = volume;
    this.count = Math.min(volume.recordCount, Math.floor(volume.device.sizeBytes / volume.boot.recordBytes));
    this.#file = volume.file(RECORD.mft);
    this.#mft = this.#file && streamOf(this.#file, ATTRIBUTE.data);
  }

  /** Bits of $MFT's own bitmap: set for records in use; undefined when it cannot be read. */
  bitmap(): ((record: number) => boolean) | undefined {
    const attribute = this.#file && streamOf(this.#file, ATTRIBUTE.bitmap);
    const size = Math.ceil(this.count / 8);
    const bytes = attribute && attribute.sizeBytes >= size ? attributeBytes(this.#volume, attribute, 0, size) : undefined;
    return bytes && ((record) => ((bytes[record >> 3] ?? 0) & (1 << (record & 7))) !== 0);
  }

  /** Bytes of a record as stored; undefined behind the initialized length of $MFT. */
  stored(record: number): Uint8Array | undefined {
    const { recordBytes } = this.#volume.boot;
    const mft = this.#mft;
    if (!mft || (record + 1) * recordBytes > mft.initializedBytes) return undefined;
    const many = Math.max(1, Math.floor(READ_BYTES / recordBytes));
    const first = Math.floor(record / many) * many;
    if (this.#part?.first !== first) {
      const size = Math.min(many * recordBytes, mft.initializedBytes - first * recordBytes);
      const stretches = stretchesOf(this.#volume, mft.runs, first * recordBytes, size);
      const bytes = stretches && readStretches(this.#volume.device, stretches);
      if (!bytes) return undefined;
      this.#part = { first, bytes };
    }
    const at = (record - first) * recordBytes;
    const bytes = this.#part.bytes.subarray(at, at + recordBytes);
    return bytes.length === recordBytes ? bytes.slice() : undefined;
  }

  /** A record taken apart; a text says why it cannot be. */
  parsed(record: number): RawRecord | string {
    const bytes = this.stored(record);
    if (!bytes) return 'not readable';
    const fixups = applyFixups(bytes);
    return fixups === 'ok' ? parseRecord(bytes) : `fixups ${fixups}`;
  }
}

/** An attribute of a file by type and name. */
export function streamOf(file: NtfsFile, type: number, name = ''): Attribute | undefined {
  return file.attributes.find((attribute) => attribute.type === type && attribute.name === name);
}

/** Bytes of any attribute; undefined when they cannot be read. Resident ones are taken from their record. */
export function attributeBytes(volume: NtfsVolume, attribute: Attribute, offset: number, sizeBytes: number): Uint8Array | undefined {
  if (!attribute.resident) {
    const stretches = stretchesOf(volume, attribute.runs, offset, sizeBytes);
    return stretches && readStretches(volume.device, stretches);
  }
  const place = attribute.places[0];
  const bytes = place && volume.readRecord(place.record);
  const record = bytes ? parseRecord(bytes) : undefined;
  if (typeof record !== 'object') return undefined;
  const value = record.attributes.find((raw) => raw.offset === place?.offset)?.value;
  return value && offset + sizeBytes <= value.length
    ? record.bytes.slice(value.offset + offset, value.offset + offset + sizeBytes)
    : undefined;
}
