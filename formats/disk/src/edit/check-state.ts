import { Lru } from '../ntfs/cache.ts';
import { applyFixups } from '../ntfs/fixups.ts';
import { ATTRIBUTE, type Attribute, type FileReference, type NtfsFile, type NtfsVolume, RECORD } from '../ntfs/types.ts';
import { Bits } from './bits.ts';
import { Findings } from './findings.ts';
import type { NameValue } from './index-node.ts';
import { parseRecord, type RawRecord } from './raw-record.ts';
import { clusterCount, readStretches, stretchesOf } from './stretches.ts';
import type { CheckOptions } from './types.ts';

/** What a record turned out to be. */
export const RECORD_STATE = { free: 0, file: 1, directory: 2, extension: 3, damaged: 4 } as const;
/** Bytes of $MFT read at once. */
const READ_BYTES = 65_536;
/** Steps between two calls of `onProgress`. */
const PROGRESS_STEPS = 1024;

/** Records whose list or names are remembered: one file with very many names or extension records is read once. */
const MAX_REMEMBERED = 64;

/** What a check knows so far: some bytes for each record and a bit for each cluster, whatever the volume holds. */
export class CheckState {
  readonly volume: NtfsVolume;
  readonly findings = new Findings();
  readonly clusters: number;
  readonly owned: Bits;
  /** Records that $MFT has room for, at most what the device could hold. */
  readonly recordCount: number;
  readonly recordState: Uint8Array;
  readonly sequences: Uint16Array;
  /** $FILE_NAME attributes of a base record, and index entries that name it. */
  readonly names: Uint16Array;
  readonly entriesOf: Uint32Array;
  /** `record sequence` of the records an attribute list names, by base record. */
  readonly holders = new Lru<string, ReadonlySet<string>>(MAX_REMEMBERED);
  /** Names of a file by record. */
  readonly namesOf = new Lru<string, readonly (NameValue | undefined)[]>(MAX_REMEMBERED);
  clustersUsed = 0;
  directories = 0;
  entries = 0;
  records = 0;
  readonly #options: CheckOptions;
  readonly #mft: Attribute | undefined;
  #part: { readonly first: number; readonly bytes: Uint8Array } | undefined;
  #steps = 0;

  constructor(volume: NtfsVolume, options: CheckOptions) {
    const { recordBytes } = volume.boot;
    this.volume = volume;
    this.#options = options;
    this.clusters = clusterCount(volume);
    this.owned = new Bits(this.clusters);
    this.recordCount = Math.min(volume.recordCount, Math.floor(volume.device.sizeBytes / recordBytes));
    this.recordState = new Uint8Array(this.recordCount);
    this.sequences = new Uint16Array(this.recordCount);
    this.names = new Uint16Array(this.recordCount);
    this.entriesOf = new Uint32Array(this.recordCount);
    const mft = volume.file(RECORD.mft);
    this.#mft = mft && streamOf(mft, ATTRIBUTE.data);
  }

  /** One step of the work is done. @returns false when the check is to stop. */
  step(): boolean {
    this.#steps++;
    if (this.#steps % PROGRESS_STEPS === 0) this.#options.onProgress?.(this.#steps, this.total);
    return !this.#options.signal?.aborted;
  }

  /** Steps in all: each record once, and once more for the trees. */
  get total(): number {
    return this.recordCount * (this.#options.deep === false ? 1 : 2);
  }

  /** Bytes of a record as stored; undefined behind the initialized length of $MFT. */
  stored(record: number): Uint8Array | undefined {
    const { recordBytes } = this.volume.boot;
    const mft = this.#mft;
    if (!mft || (record + 1) * recordBytes > mft.initializedBytes) return undefined;
    const many = Math.max(1, Math.floor(READ_BYTES / recordBytes));
    const first = Math.floor(record / many) * many;
    if (this.#part?.first !== first) {
      const size = Math.min(many * recordBytes, mft.initializedBytes - first * recordBytes);
      const stretches = stretchesOf(this.volume, mft.runs, first * recordBytes, size);
      const bytes = stretches && readStretches(this.volume.device, stretches);
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

  /** A record that a reference means, read alone. */
  referred({ record, sequence }: FileReference): RawRecord | string {
    if (record >= this.recordCount) return 'number beyond $MFT';
    const stretches = this.volume.recordPlace(record);
    const bytes = stretches && readStretches(this.volume.device, stretches);
    if (!bytes) return 'not readable';
    if (applyFixups(bytes) !== 'ok') return 'fixups';
    const parsed = parseRecord(bytes);
    return typeof parsed === 'string' || parsed.sequence === sequence ? parsed : 'sequence number';
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
