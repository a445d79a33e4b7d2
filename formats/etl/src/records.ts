import { type ByteSource, type DamageReport, viewOf } from '@winmedic/bytes';
import { BUFFER_HEADER_BYTES } from './buffer-header.ts';
import type { EtlDamageCode } from './errors.ts';
import { EVENT_FLAG, LAYOUTS, partsOfMessage, perfinfoExtra, RECORD } from './layout.ts';
import { decompressLzxpress } from './lzxpress.ts';
import type { Providers } from './providers.ts';
import type { BufferPlace } from './scan.ts';
import type { EtlRecordKind } from './types.ts';

/** A buffer in memory and the places of the records in it that are wanted. Reused: nothing of it may be kept. */
export class LoadedBuffer {
  bytes = new Uint8Array(0);
  view = viewOf(this.bytes);
  place: BufferPlace | undefined;
  /** Wanted records: offset in `bytes`, number in the buffer, halves of the stamp. */
  offsets = new Int32Array(16);
  numbers = new Int32Array(16);
  /** Stamps are signed. */
  highs = new Int32Array(16);
  lows = new Uint32Array(16);
  count = 0;
  /** Record the read stands at. */
  cursor = 0;

  /** Bytes of memory it stands for, its objects included. */
  get heldBytes(): number {
    return 2048 + this.bytes.length + this.offsets.length * 16;
  }

  /** Makes room for `size` bytes of a buffer; what was in it is gone. */
  reserve(size: number): void {
    if (this.bytes.length < size) {
      this.bytes = new Uint8Array(size);
      this.view = viewOf(this.bytes);
    }
    this.count = 0;
    this.cursor = 0;
  }

  /** Notes a wanted record. */
  add(offset: number, number: number, high: number, low: number): void {
    if (this.count === this.offsets.length) {
      const size = this.count * 2;
      this.offsets = grown(new Int32Array(size), this.offsets);
      this.numbers = grown(new Int32Array(size), this.numbers);
      this.highs = grown(new Int32Array(size), this.highs);
      this.lows = grown(new Uint32Array(size), this.lows);
    }
    this.offsets[this.count] = offset;
    this.numbers[this.count] = number;
    this.highs[this.count] = high;
    this.lows[this.count] = low;
    this.count++;
  }

  /** Puts the records in order of time; records of one stamp stay as they are. */
  sort(): void {
    const { highs, lows, offsets, numbers, count } = this;
    let sorted = true;
    for (let i = 1; i < count && sorted; i++) {
      sorted = highs[i]! > highs[i - 1]! || (highs[i] === highs[i - 1] && lows[i]! >= lows[i - 1]!);
    }
    if (sorted) return;
    const order = Int32Array.from({ length: count }, (_, i) => i).sort((a, b) => highs[a]! - highs[b]! || lows[a]! - lows[b]! || a - b);
    this.highs = grown(
      new Int32Array(highs.length),
      Int32Array.from(order, (i) => highs[i]!),
    );
    this.lows = grown(
      new Uint32Array(lows.length),
      Uint32Array.from(order, (i) => lows[i]!),
    );
    this.offsets = grown(
      new Int32Array(offsets.length),
      Int32Array.from(order, (i) => offsets[i]!),
    );
    this.numbers = grown(
      new Int32Array(numbers.length),
      Int32Array.from(order, (i) => numbers[i]!),
    );
  }
}

function grown<T extends Int32Array | Uint32Array>(into: T, from: T): T {
  into.set(from);
  return into;
}

/** Types of the class of lost events: RTLostEvent, RTLostBuffer. */
const LOST_EVENT = 32;
const LOST_BUFFER = 33;

/** What is to be visited, and what all records amount to. */
export interface RecordSelection {
  readonly providers: Providers;
  readonly kinds: ReadonlySet<EtlRecordKind> | undefined;
  /** Only records of providers are wanted. */
  readonly onlyProviders: boolean;
  /** Stamp for messages that have none and nothing before them. */
  readonly firstStamp: bigint;
}

/** Loads buffers, follows their records, counts all and notes the wanted ones. */
export class RecordReader {
  /** Records by header type. */
  readonly types = new Float64Array(256);
  framingErrors = 0;
  lostEvents = 0;
  lostBuffers = 0;
  /** Halves of the earliest and latest stamp behind the first record; `latest` only counts once `stamped`. */
  earliestHigh = 0x7fff_ffff;
  earliestLow = 0xffff_ffff;
  latestHigh = -0x8000_0000;
  latestLow = 0;
  stamped = false;
  readonly #source: ByteSource;
  readonly #damage: DamageReport<EtlDamageCode>;
  readonly #selection: RecordSelection;
  readonly #kindWanted: readonly boolean[];
  readonly #firstHigh: number;
  readonly #firstLow: number;
  /** Bytes that compressed buffers may still fill. */
  #expansion: number;
  #packed = new Uint8Array(0);

  /** @param expansion bytes that compressed buffers may decompress to, all together. */
  constructor(source: ByteSource, selection: RecordSelection, expansion: number, damage: DamageReport<EtlDamageCode>) {
    this.#source = source;
    this.#selection = selection;
    this.#expansion = expansion;
    this.#damage = damage;
    const { kinds } = selection;
    this.#kindWanted = LAYOUTS.map((layout) => layout !== undefined && (kinds === undefined || kinds.has(layout.kind)));
    this.#firstHigh = Number(BigInt.asIntN(32, selection.firstStamp >> 32n));
    this.#firstLow = Number(BigInt.asUintN(32, selection.firstStamp));
  }

  /** Reads a buffer into `into` and notes the records of it that are wanted, in file order. */
  load(place: BufferPlace, into: LoadedBuffer): void {
    into.place = place;
    const end = place.compressed ? this.#unpack(place, into) : this.#read(place, into);
    this.#follow(place, into, end);
  }

  #read(place: BufferPlace, into: LoadedBuffer): number {
    const size = Math.min(place.filled, place.there);
    into.reserve(size);
    return this.#source.readAt(place.offset, into.bytes.subarray(0, size));
  }

  #unpack(place: BufferPlace, into: LoadedBuffer): number {
    const { filled, bytes, there, offset } = place;
    if (filled > this.#expansion) {
      into.reserve(0);
      this.#damage('ETL_LIMIT', offset, 'compressed buffer', filled, this.#expansion);
      return 0;
    }
    this.#expansion -= filled;
    if (this.#packed.length < there) this.#packed = new Uint8Array(Math.max(there, filled));
    const got = this.#source.readAt(offset, this.#packed.subarray(0, there));
    into.reserve(filled);
    const done = decompressLzxpress(this.#packed, BUFFER_HEADER_BYTES, got, into.bytes, BUFFER_HEADER_BYTES, filled);
    if (done < filled - BUFFER_HEADER_BYTES && there === bytes) {
      this.#damage('ETL_COMPRESSED', offset, 'compressed buffer', filled - BUFFER_HEADER_BYTES, done);
    }
    return BUFFER_HEADER_BYTES + done;
  }

  #follow(place: BufferPlace, into: LoadedBuffer, end: number): void {
    const { providers, onlyProviders, kinds } = this.#selection;
    const { bytes, view } = into;
    const { types } = this;
    const whole = end >= place.filled;
    let high = this.#firstHigh;
    let low = this.#firstLow;
    let number = 0;
    for (let at = BUFFER_HEADER_BYTES; at + 8 <= end; number++) {
      const marker = view.getUint32(at, true);
      // What was reserved and never written.
      if (marker === 0xffff_ffff || marker === 0) break;
      const type = bytes[at + 2]!;
      const layout = LAYOUTS[type];
      if (layout === undefined || (bytes[at + 3]! & 0x80) === 0) {
        this.#broken(place, at, 'header type', undefined, type);
        break;
      }
      const size = layout.sizeAt === 0 ? marker & 0xffff : view.getUint16(at + 4, true);
      if (size < layout.headerBytes || at + size > end) {
        // The rest of a record is only missing when its buffer is whole.
        if (whole || size < layout.headerBytes) this.#broken(place, at, 'record size', `${layout.headerBytes}..${end - at}`, size);
        break;
      }
      types[type]!++;
      let { timeAt, guidAt } = layout;
      let wanted = this.#kindWanted[type]!;
      if (type === RECORD.message) {
        const parts = partsOfMessage(view.getUint16(at + 6, true));
        if (parts.headerBytes > size) {
          this.#broken(place, at, 'message header', parts.headerBytes, size);
          break;
        }
        ({ timeAt, guidAt } = parts);
      }
      if (timeAt >= 0) {
        low = view.getUint32(at + timeAt, true);
        high = view.getInt32(at + timeAt + 4, true);
        if (place.index > 0 || number > 0) this.#span(high, low);
      }
      if (guidAt < 0) wanted &&= !onlyProviders;
      else {
        const slot = providers.slot(view, bytes, at + guidAt);
        const classic = layout.kind === 'event' && (view.getUint16(at + 4, true) & EVENT_FLAG.classic) !== 0;
        if (classic && kinds !== undefined) wanted = kinds.has('classic');
        if (slot < 0) wanted &&= providers.wantedBeyond(bytes, at + guidAt);
        else {
          providers.counts[slot]!++;
          wanted &&= providers.wanted[slot] === 1;
          if (slot === providers.lostSlot && type !== RECORD.message) this.#lost(bytes[at + (layout.kind === 'event' ? 0x2d : 4)]!);
        }
      }
      if (wanted) into.add(at, number, high, low);
      at = (at + size + 7) & ~7;
    }
  }

  #broken(place: BufferPlace, at: number, what: string, need: number | string | undefined, have: number): void {
    this.framingErrors++;
    this.#damage('ETL_RECORD', place.compressed ? place.offset : place.offset + at, what, need, have);
  }

  #span(high: number, low: number): void {
    this.stamped = true;
    if (high < this.earliestHigh || (high === this.earliestHigh && low < this.earliestLow)) {
      this.earliestHigh = high;
      this.earliestLow = low;
    }
    if (high > this.latestHigh || (high === this.latestHigh && low > this.latestLow)) {
      this.latestHigh = high;
      this.latestLow = low;
    }
  }

  #lost(type: number): void {
    if (type === LOST_EVENT) this.lostEvents++;
    else if (type === LOST_BUFFER) this.lostBuffers++;
  }
}

/** Bytes before the payload of the record at `at`, extended items not included. */
export function headerBytesOf(type: number, view: DataView, at: number): number {
  if (type === RECORD.message) return partsOfMessage(view.getUint16(at + 6, true)).headerBytes;
  const extra = type === RECORD.perfinfo32 || type === RECORD.perfinfo64 ? perfinfoExtra(view.getUint16(at, true)) : 0;
  return LAYOUTS[type]!.headerBytes + extra;
}
