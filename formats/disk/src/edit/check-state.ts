import { Lru } from '../ntfs/cache.ts';
import { applyFixups } from '../ntfs/fixups.ts';
import type { FileReference, NtfsVolume } from '../ntfs/types.ts';
import { Bits } from './bits.ts';
import { Findings } from './findings.ts';
import type { NameValue } from './index-node.ts';
import { MftReader } from './mft-reader.ts';
import { parseRecord, type RawRecord } from './raw-record.ts';
import { clusterCount, readStretches } from './stretches.ts';
import type { CheckOptions } from './types.ts';

/** What a record turned out to be. */
export const RECORD_STATE = { free: 0, file: 1, directory: 2, extension: 3, damaged: 4 } as const;
/** Steps between two calls of `onProgress`. */
const PROGRESS_STEPS = 1024;

/** Records whose list or names are remembered: one file with very many names or extension records is read once. */
const MAX_REMEMBERED = 64;

/** What a check knows so far: some bytes for each record and a bit for each cluster, whatever the volume holds. */
export class CheckState {
  readonly volume: NtfsVolume;
  readonly table: MftReader;
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
  #steps = 0;

  constructor(volume: NtfsVolume, options: CheckOptions) {
    this.volume = volume;
    this.table = new MftReader(volume);
    this.#options = options;
    this.clusters = clusterCount(volume);
    this.owned = new Bits(this.clusters);
    this.recordCount = this.table.count;
    this.recordState = new Uint8Array(this.recordCount);
    this.sequences = new Uint16Array(this.recordCount);
    this.names = new Uint16Array(this.recordCount);
    this.entriesOf = new Uint32Array(this.recordCount);
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
