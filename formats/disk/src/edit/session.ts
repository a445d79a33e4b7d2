import { viewOf } from '@winmedic/bytes';
import { DiskError, type DiskErrorCode } from '../errors.ts';
import type { TouchedBlock } from '../logfile/types.ts';
import { applyFixups, FIXUP_STRIDE } from '../ntfs/fixups.ts';
import { ATTRIBUTE, type NtfsFile, type NtfsVolume, RECORD, type Run } from '../ntfs/types.ts';
import { FIRST_USER_RECORD, parseRecord, type RawRecord } from './raw-record.ts';
import { readStretches, type Stretch, stretchesOf, wholeSectors } from './stretches.ts';
import type { EditChange, EditPreview } from './types.ts';

/** A FILE record or INDX block that an edit works on: a copy with fixups resolved. */
export interface BlockImage {
  readonly what: string;
  readonly bytes: Uint8Array;
  readonly stretches: readonly Stretch[];
  /** What the log calls it. */
  readonly identity: Pick<TouchedBlock, 'fileRecord' | 'stream'>;
}

interface Held extends BlockImage {
  readonly before: Uint8Array;
}

interface PlainWrite {
  readonly stretch: Stretch;
  readonly bytes: Uint8Array | number;
  readonly touched: TouchedBlock;
}

/** NTFS versions whose structures are those this package writes (3.0 of Windows 2000, 3.1 since Windows XP). */
const MAJOR_VERSION = 3;
/** Bytes written at once where one byte is repeated. */
const FILL_BYTES = 1 << 20;

/** The FILE records and INDX blocks of a volume that an edit or a check looks at: each is read once, and a later look sees what was changed before. */
export class BlockImages {
  readonly volume: NtfsVolume;
  protected readonly images = new Map<string, Held>();

  /** @param volume whose device is read. */
  constructor(volume: NtfsVolume) {
    this.volume = volume;
  }

  /** A file record to read and change. @throws {DiskError} EDIT_TORN when it cannot be read whole. */
  record(number: number): BlockImage {
    return this.held(number);
  }

  /** A file record with its bytes from before the edit. */
  protected held(number: number): Held {
    return this.#image(`record ${number}`, `MFT record ${number}`, this.volume.recordPlace(number), 'FILE', { fileRecord: number });
  }

  /** A file record taken apart, as it is now in this edit. @throws {DiskError} EDIT_TORN when it cannot be understood. */
  parsed(number: number): RawRecord {
    const image = this.record(number);
    const record = parseRecord(image.bytes);
    if (typeof record === 'string') throw this.torn(`${image.what}: ${record}`, image);
    return record;
  }

  /**
   * A block of a directory's index allocation to read and change.
   * @param position its first byte in the index allocation. @throws {DiskError} EDIT_TORN when it cannot be read whole.
   */
  indexBlock(directory: NtfsFile, runs: readonly Run[], position: number): BlockImage {
    const { clusterBytes, indexBytes } = this.volume.boot;
    const { record } = directory.reference;
    const vcn = Math.floor(position / clusterBytes);
    const stream = { record, type: ATTRIBUTE.indexAllocation, vcn, clusters: Math.ceil(indexBytes / clusterBytes) };
    const what = `INDX block at ${position} of directory ${record}`;
    return this.#image(`index ${record} ${position}`, what, stretchesOf(this.volume, runs, position, indexBytes), 'INDX', { stream });
  }

  /** An EDIT_TORN (or other) error about a block. */
  torn(what: string, image?: Pick<BlockImage, 'stretches'>, code: DiskErrorCode = 'EDIT_TORN'): DiskError {
    const offset = image?.stretches[0]?.offset;
    return new DiskError(code, what, offset === undefined ? {} : { offset });
  }

  #image(key: string, what: string, stretches: readonly Stretch[] | undefined, signature: string, identity: Held['identity']): Held {
    const known = this.images.get(key);
    if (known) return known;
    const bytes = stretches && readStretches(this.volume.device, stretches);
    if (!bytes || !stretches || bytes.length === 0) throw new DiskError('EDIT_TORN', what);
    const place = { stretches };
    if (String.fromCharCode(...bytes.subarray(0, 4)) !== signature) throw this.torn(`${what}: no ${signature} signature`, place);
    if (applyFixups(bytes) !== 'ok') throw this.torn(`${what}: fixups`, place);
    const image = { what, bytes, before: bytes.slice(), stretches, identity };
    this.images.set(key, image);
    return image;
  }
}

/**
 * One edit in preparation: blocks are read, checked and changed in memory, and only {@link EditSession.commit} writes. So an edit that is refused in the
 * middle has written nothing.
 */
export class EditSession extends BlockImages {
  readonly #write: (offset: number, bytes: Uint8Array) => void;
  readonly #plain: PlainWrite[] = [];
  readonly #written: (() => void)[] = [];

  /** @throws {DiskError} EDIT_READ_ONLY for a device without `write`, EDIT_VERSION for an NTFS version nobody described. */
  constructor(volume: NtfsVolume) {
    super(volume);
    const { device } = volume;
    if (!device.write) throw new DiskError('EDIT_READ_ONLY', 'volume');
    if (volume.version.major !== MAJOR_VERSION) {
      throw new DiskError('EDIT_VERSION', 'NTFS version', { need: MAJOR_VERSION, have: `${volume.version.major}.${volume.version.minor}` });
    }
    this.#write = (offset, bytes) => device.write?.(offset, bytes);
  }

  /**
   * Plans to write bytes that have no fixups: a part of a stream in clusters.
   * @param record base record of the file. @param offset first byte in the stream. @param bytes what to write, or `[byte, count]` repeated.
   * @throws {DiskError} EDIT_SPARSE where nothing is allocated.
   */
  stream(
    record: number,
    type: number,
    runs: readonly Run[],
    offset: number,
    bytes: Uint8Array | readonly [byte: number, count: number],
  ): void {
    const { clusterBytes } = this.volume.boot;
    const repeated = !(bytes instanceof Uint8Array);
    const sizeBytes = repeated ? bytes[1] : bytes.length;
    const stretches = stretchesOf(this.volume, runs, offset, sizeBytes);
    if (!stretches) throw new DiskError('EDIT_SPARSE', `stream of MFT record ${record}`, { offset });
    let done = 0;
    for (const stretch of stretches) {
      const place = wholeSectors(this.volume.device, stretch);
      const first = Math.floor(place.offset / clusterBytes);
      const last = Math.floor((place.offset + place.sizeBytes - 1) / clusterBytes);
      const vcn = Math.floor((offset + done) / clusterBytes);
      const clusters = Math.floor((offset + done + stretch.sizeBytes - 1) / clusterBytes) - vcn + 1;
      const touched = { what: `clusters ${first}..${last} of MFT record ${record}`, ...place, stream: { record, type, vcn, clusters } };
      this.#plain.push({ stretch, bytes: repeated ? bytes[0] : bytes.subarray(done, done + stretch.sizeBytes), touched });
      done += stretch.sizeBytes;
    }
  }

  /** Does something once the edit is written; never when it is refused. */
  whenWritten(work: () => void): void {
    this.#written.push(work);
  }

  /** Writes every changed block and plain stretch, fixups stamped, and forgets the volume's caches. @returns what was touched. */
  commit(changes: readonly EditChange[]): EditPreview {
    const { device } = this.volume;
    const blocks: TouchedBlock[] = [];
    const writes: { readonly offset: number; readonly bytes: Uint8Array | number; readonly sizeBytes: number }[] = [];
    for (const image of this.images.values()) {
      if (image.bytes.every((byte, i) => byte === image.before[i])) continue;
      const lsn = viewOf(image.before).getBigUint64(8, true);
      const stamped = stampFixups(image.bytes);
      for (const places of [image.stretches, this.#mirror(image)]) {
        let done = 0;
        for (const stretch of places) {
          blocks.push({ what: image.what, ...wholeSectors(device, stretch), lsn, ...image.identity });
          writes.push({ ...stretch, bytes: stamped.subarray(done, done + stretch.sizeBytes) });
          done += stretch.sizeBytes;
        }
      }
    }
    for (const { stretch, bytes, touched } of this.#plain) {
      blocks.push(touched);
      writes.push({ ...stretch, bytes });
    }
    blocks.push(...this.#placing(blocks));
    for (const { offset, sizeBytes } of writes) {
      if (offset + sizeBytes > device.sizeBytes) throw new DiskError('EDIT_RANGE', 'end of the volume', { offset, need: sizeBytes });
    }
    const recordsChanged = blocks.some(
      ({ lsn, stream, placing }) => (lsn !== undefined && !placing) || (stream !== undefined && stream.record < FIRST_USER_RECORD),
    );
    try {
      for (const { offset, sizeBytes, bytes } of writes) {
        if (typeof bytes === 'number') this.#fill(offset, sizeBytes, bytes);
        else this.#aligned(offset, bytes);
      }
    } finally {
      // The contents of files are not kept by the volume: many overwrites in a row read its records once.
      if (recordsChanged) this.volume.refresh();
    }
    for (const work of this.#written) work();
    return { blocks, changes };
  }

  /**
   * File records with the run lists of the streams that are written to, as far as they are not written themselves: a pending record that changes one moves, cuts
   * or deletes the stream, and a block written at its old place would be lost, or lie in another file.
   */
  #placing(written: readonly TouchedBlock[]): TouchedBlock[] {
    const known = new Set(written.map(({ fileRecord }) => fileRecord));
    const blocks: TouchedBlock[] = [];
    for (const { stream } of written) {
      if (stream === undefined) continue;
      const places = this.volume.file(stream.record)?.attributes.filter(({ type }) => type === stream.type) ?? [];
      for (const record of [stream.record, ...places.flatMap((attribute) => attribute.places.map((place) => place.record))]) {
        if (known.has(record)) continue;
        known.add(record);
        const { what, before, stretches } = this.held(record);
        const lsn = viewOf(before).getBigUint64(8, true);
        for (const stretch of stretches)
          blocks.push({ what: `${what}, run list`, ...wholeSectors(this.volume.device, stretch), lsn, fileRecord: record, placing: true });
      }
    }
    return blocks;
  }

  /** Where $MFTMirr keeps a copy of a record: of the first four, of more when its data is longer (large clusters). */
  #mirror(image: BlockImage): readonly Stretch[] {
    const { fileRecord } = image.identity;
    if (fileRecord === undefined) return [];
    const { recordBytes, clusterBytes } = this.volume.boot;
    // The longest mirror is one cluster; a record behind it needs no look at the mirror's own record.
    if (fileRecord >= Math.max(4, clusterBytes / recordBytes)) return [];
    const data = this.volume.file(RECORD.mftMirror)?.attributes.find(({ type, name }) => type === ATTRIBUTE.data && name === '');
    const end = (fileRecord + 1) * recordBytes;
    if (!data || data.resident) throw this.torn('$MFTMirr');
    if (end > data.sizeBytes) {
      if (fileRecord < 4) throw this.torn('$MFTMirr');
      return [];
    }
    const stretches = stretchesOf(this.volume, data.runs, end - recordBytes, recordBytes);
    if (!stretches) throw this.torn('$MFTMirr');
    return stretches;
  }

  #fill(offset: number, sizeBytes: number, byte: number): void {
    const part = new Uint8Array(Math.min(FILL_BYTES, sizeBytes)).fill(byte);
    for (let done = 0; done < sizeBytes; done += part.length) this.#aligned(offset + done, part.subarray(0, sizeBytes - done));
  }

  /** Writes whole sectors, with what lies around the bytes in the first and last one as it is. */
  #aligned(offset: number, bytes: Uint8Array): void {
    const place = wholeSectors(this.volume.device, { offset, sizeBytes: bytes.length });
    if (place.sizeBytes === bytes.length) {
      this.#write(offset, bytes);
      return;
    }
    const whole = readStretches(this.volume.device, [place]);
    if (!whole) throw new DiskError('EDIT_RANGE', 'end of the volume', { offset: place.offset, need: place.sizeBytes });
    whole.set(bytes, offset - place.offset);
    this.#write(place.offset, whole);
  }
}

/**
 * The block as it is written: the update sequence number is incremented (0 skipped, it stands for "never written") and put at the end of each 512-byte
 * stride, the bytes that stood there into the array. @param block with fixups resolved and a valid array. @source Linux-NTFS documentation, "Fixup"
 */
export function stampFixups(block: Uint8Array): Uint8Array {
  const stamped = block.slice();
  const view = viewOf(stamped);
  const at = view.getUint16(4, true);
  const next = (view.getUint16(at, true) + 1) & 0xffff || 1;
  view.setUint16(at, next, true);
  for (let i = 1; i <= stamped.length / FIXUP_STRIDE; i++) {
    const tail = i * FIXUP_STRIDE - 2;
    view.setUint16(at + i * 2, view.getUint16(tail, true), true);
    view.setUint16(tail, next, true);
  }
  return stamped;
}
