import { type ByteSource, readUpTo, viewOf } from '@winmedic/bytes';
import { DiskError } from '../errors.ts';
import { addExtent, listValue, parseList } from './attribute-list.ts';
import { Lru } from './cache.ts';
import { SILENT, type Tell } from './damages.ts';
import { applyFixups } from './fixups.ts';
import { CACHED_RECORDS, RECORD_READ, RECORD_READ_AHEAD } from './limits.ts';
import { keyName } from './names.ts';
import { parseRecord, type RawRecord } from './record.ts';
import { readStretches, stretches } from './stretches.ts';
import { ATTRIBUTE, type NtfsBoot, type Run } from './types.ts';

/** What a record's place holds. `free`: zeros, never used. */
type Slot =
  | { readonly state: 'ok'; readonly bytes: Uint8Array }
  | { readonly state: 'torn' | 'invalid' | 'bad-mark' | 'free' | 'short' | 'unmapped' };

/** The bytes `FILE`. `BAAD` is what chkdsk writes over a record it found torn. */
const FILE_MARK = 0x454c4946;

/** $MFT: finds, reads and keeps file records. */
export class RecordTable {
  /** Runs of $MFT's data. */
  readonly runs: readonly Run[];
  /** Records that are mapped and initialized. */
  readonly count: number;
  readonly #source: ByteSource;
  readonly #boot: NtfsBoot;
  readonly #tell: Tell;
  readonly #slots = new Lru<number, Slot>(CACHED_RECORDS);
  /** Reading ahead: where the last read ended, and how much it took. */
  #readEnd = -1;
  #readSize = RECORD_READ;

  private constructor(source: ByteSource, boot: NtfsBoot, tell: Tell, runs: readonly Run[], count: number) {
    this.#source = source;
    this.#boot = boot;
    this.#tell = tell;
    this.runs = runs;
    this.count = count;
  }

  /**
   * Reads record 0 (or its mirror) and follows $MFT through its own attribute list.
   * @throws {DiskError} NTFS_NO_MFT
   */
  static open(source: ByteSource, boot: NtfsBoot, tell: Tell): RecordTable {
    const first = firstRecord(source, boot, tell);
    const data = first.attributes.find((a) => a.type === ATTRIBUTE.data && a.name === '' && a.extent?.firstVcn === 0)?.extent;
    if (data === undefined) throw new DiskError('NTFS_NO_MFT', '$MFT data', { offset: boot.mftCluster * boot.clusterBytes });
    const runs: Run[] = [];
    const at = boot.mftCluster * boot.clusterBytes;
    const begun = addExtent(runs, data, boot, at, tell);
    const table = (): RecordTable => {
      const end = runs.at(-1);
      const mapped = end === undefined ? 0 : (end.vcn + end.clusters) * boot.clusterBytes;
      // Runs that overlap could map more than the volume has.
      const most = Math.min(mapped, data.sizeBytes, data.initializedBytes, boot.totalSectors * boot.sectorBytes);
      const count = Math.floor(most / boot.recordBytes);
      return new RecordTable(source, boot, tell, runs.slice(), count);
    };
    let now = table();
    const list = begun ? first.attributes.find((a) => a.type === ATTRIBUTE.attributeList) : undefined;
    if (list === undefined) return now;
    const value = listValue(source, boot, list, at, tell);
    for (const entry of value === undefined ? [] : parseList(value, at, tell)) {
      if (entry.type !== ATTRIBUTE.data || entry.name !== '' || entry.firstVcn === 0) continue;
      const extension = now.record(entry.reference.record);
      const extent = extension?.attributes.find((a) => a.type === ATTRIBUTE.data && a.name === '' && a.extent?.firstVcn === entry.firstVcn);
      const known = runs.at(-1);
      // Each extent is found through the ones before it; the extents are in order, so that one that is missing ends the table.
      if (extent?.extent === undefined || extension?.base?.record !== 0 || entry.firstVcn !== (known ? known.vcn + known.clusters : 0)) {
        tell('NTFS_MFT_RUNS', at, '$MFT extent', `VCN ${entry.firstVcn}`, `record ${entry.reference.record}`);
        break;
      }
      const whole = addExtent(runs, extent.extent, boot, at, tell);
      now = table();
      if (!whole) break;
    }
    return now;
  }

  /** Where a record lies, in bytes on the volume; undefined outside the table. */
  place(number: number): readonly { readonly offset: number; readonly sizeBytes: number }[] | undefined {
    const { recordBytes, clusterBytes } = this.#boot;
    if (!(Number.isInteger(number) && number >= 0 && number < this.count)) return undefined;
    const { parts, whole } = stretches(this.runs, clusterBytes, number * recordBytes, recordBytes);
    if (!whole || parts.some((part) => part.at === undefined)) return undefined;
    return parts.map((part) => ({ offset: part.at!, sizeBytes: part.sizeBytes }));
  }

  /** The record's bytes with fixups resolved, not to be changed; undefined when unusable (told, unless it is one that was never used). */
  bytes(number: number, tell = this.#tell): Uint8Array | undefined {
    if (!(Number.isInteger(number) && number >= 0 && number < this.count)) return undefined;
    const slot = this.#slots.get(number) ?? this.#read(number);
    if (slot.state === 'ok') return slot.bytes;
    const at = this.place(number)?.[0]?.offset ?? 0;
    if (slot.state === 'torn') tell('NTFS_TORN', at, `record ${number}`);
    else if (slot.state === 'short') tell('NTFS_SHORT', at, `record ${number}`, this.#boot.recordBytes);
    else if (slot.state === 'unmapped') tell('NTFS_MFT_RUNS', 0, `record ${number}`);
    else if (slot.state !== 'free') tell('NTFS_RECORD', at, `record ${number}`, 'FILE', slot.state);
    return undefined;
  }

  /** The record parsed; damages of one that is not in use are not told: what lies there is left over. */
  record(number: number, tell = this.#tell): RawRecord | undefined {
    const bytes = this.bytes(number, tell);
    if (bytes === undefined) return undefined;
    const inUse = (viewOf(bytes).getUint16(22, true) & 1) !== 0;
    return parseRecord(bytes, number, this.place(number)?.[0]?.offset ?? 0, inUse ? tell : SILENT);
  }

  #read(number: number): Slot {
    const { recordBytes, clusterBytes } = this.#boot;
    const page = Math.max(RECORD_READ, recordBytes);
    const from = Math.floor((number * recordBytes) / page) * page;
    // One read after the other: the table is walked, and larger reads are fewer.
    this.#readSize = from === this.#readEnd ? Math.min(this.#readSize * 2, RECORD_READ_AHEAD) : page;
    const size = Math.min(Math.max(this.#readSize, page), this.count * recordBytes - from);
    this.#readEnd = from + size;
    const ahead = new Uint8Array(size);
    const good = readStretches(this.#source, stretches(this.runs, clusterBytes, from, size).parts, ahead);
    let asked: Slot | undefined;
    for (let at = 0; at + recordBytes <= good; at += recordBytes) {
      const slot = slotOf(ahead.slice(at, at + recordBytes));
      const index = (from + at) / recordBytes;
      this.#slots.set(index, slot);
      if (index === number) asked = slot;
    }
    asked ??= this.#alone(number);
    this.#slots.set(number, asked);
    return asked;
  }

  /** A record behind something unreadable. */
  #alone(number: number): Slot {
    const place = this.place(number);
    if (place === undefined) return { state: 'unmapped' };
    const bytes = new Uint8Array(this.#boot.recordBytes);
    const parts = place.map((part) => ({ at: part.offset, sizeBytes: part.sizeBytes }));
    return readStretches(this.#source, parts, bytes) < bytes.length ? { state: 'short' } : slotOf(bytes);
  }
}

function slotOf(bytes: Uint8Array): Slot {
  const mark = viewOf(bytes).getUint32(0, true);
  if (mark === 0 && bytes.every((byte) => byte === 0)) return { state: 'free' };
  if (mark !== FILE_MARK) return { state: 'bad-mark' };
  const fixed = applyFixups(bytes);
  return fixed === 'ok' ? { state: 'ok', bytes } : { state: fixed };
}

/** Record 0 from the table or its mirror, which holds the first four records. */
function firstRecord(source: ByteSource, boot: NtfsBoot, tell: Tell): RawRecord {
  const at = boot.mftCluster * boot.clusterBytes;
  const usable = (offset: number): RawRecord | undefined => {
    const slot = offset > 0 ? slotOf(padded(readUpTo(source, offset, boot.recordBytes), boot.recordBytes)) : undefined;
    if (slot?.state !== 'ok') return undefined;
    const record = parseRecord(slot.bytes, 0, offset, tell);
    // A wrong cluster number in the boot sector may lead to the record of any file.
    const name = record.attributes.find((a) => a.type === ATTRIBUTE.fileName)?.value;
    if (!record.inUse || (name !== undefined && keyName(name) !== '$MFT')) return undefined;
    return record.attributes.some((a) => a.type === ATTRIBUTE.data && a.name === '' && a.extent?.firstVcn === 0) ? record : undefined;
  };
  const main = usable(at);
  if (main !== undefined) return main;
  const mirror = usable(boot.mirrorCluster * boot.clusterBytes);
  if (mirror === undefined) throw new DiskError('NTFS_NO_MFT', 'record 0 of $MFT and its mirror', { offset: at });
  tell('NTFS_MFT_MIRROR', at, 'record 0 of $MFT', 'whole', 'unusable');
  return mirror;
}

function padded(bytes: Uint8Array, sizeBytes: number): Uint8Array {
  if (bytes.length === sizeBytes) return bytes.slice();
  const out = new Uint8Array(sizeBytes);
  out.set(bytes);
  return out;
}
