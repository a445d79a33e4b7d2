import { type ByteSource, memorySource } from '@winmedic/bytes';
import type { Context } from './context.ts';
import type { Tell } from './damages.ts';
import { MAX_COMPRESSION_UNIT_BYTES } from './limits.ts';
import { decompressLznt1 } from './lznt1.ts';
import { ATTRIBUTE_FLAG } from './obstacle.ts';
import { parseRecord } from './record.ts';
import { readStretches, type Stretch, stretches } from './stretches.ts';
import type { Attribute, NtfsBoot, Run } from './types.ts';

/** The compression method of [MS-FSCC] COMPRESSION_FORMAT_LZNT1, less one as attribute flags have it. */
const LZNT1 = 1;

/** Bytes of an attribute. A read stops short where something is missing or cannot be decompressed (told). */
export function attributeSource(context: Context, attribute: Attribute): ByteSource {
  if (attribute.resident) return memorySource(residentValue(context, attribute));
  return (attribute.flags & ATTRIBUTE_FLAG.compressionMask) !== 0
    ? new CompressedStream(context, attribute)
    : new PlainStream(context, attribute);
}

/** First bytes of an attribute, at most `most`: for small ones that are looked at as a whole. */
export function attributeValue(context: Context, attribute: Attribute, most: number): Uint8Array {
  const source = attributeSource(context, attribute);
  const bytes = new Uint8Array(Math.min(source.sizeBytes, most));
  return bytes.subarray(0, source.readAt(0, bytes));
}

/** A resident value, read again from its record: an `Attribute` carries no content. Empty when the record has changed meanwhile. */
function residentValue(context: Context, attribute: Attribute): Uint8Array {
  const place = attribute.places[0]!;
  const bytes = context.table.bytes(place.record);
  if (bytes === undefined) return new Uint8Array(0);
  const found = parseRecord(bytes, place.record, 0, () => {}).attributes.find((raw) => raw.offset === place.offset);
  return found?.type === attribute.type && found.value !== undefined ? found.value.slice() : new Uint8Array(0);
}

/** What both kinds of stream do: the end, and the zeros behind what was ever written. */
abstract class Stream implements ByteSource {
  readonly sizeBytes: number;
  protected readonly initializedBytes: number;
  protected readonly runs: readonly Run[];
  protected readonly source: ByteSource;
  protected readonly boot: NtfsBoot;
  protected readonly tell: Tell;
  /** Where the attribute stands, for damages. */
  protected readonly at: number;
  protected readonly what: string;

  constructor(context: Context, attribute: Attribute) {
    this.sizeBytes = attribute.sizeBytes;
    this.initializedBytes = Math.min(attribute.initializedBytes, attribute.sizeBytes);
    this.runs = attribute.runs;
    this.source = context.source;
    this.boot = context.boot;
    this.tell = context.tell;
    const place = attribute.places[0]!;
    this.at = (context.table.place(place.record)?.[0]?.offset ?? 0) + place.offset;
    this.what = `attribute 0x${attribute.type.toString(16)}${attribute.name === '' ? '' : ` ${attribute.name}`} of record ${place.record}`;
  }

  readAt(offset: number, into: Uint8Array): number {
    const size = Math.min(into.length, this.sizeBytes - offset);
    if (!(offset >= 0 && size > 0)) return 0;
    const written = Math.max(0, Math.min(size, this.initializedBytes - offset));
    const got = written === 0 ? 0 : this.readWritten(offset, into.subarray(0, written));
    if (got < written) return got;
    into.fill(0, written, size);
    return size;
  }

  /** Reads inside the initialized length. @returns bytes read; fewer than asked for only after a damage was told. */
  protected abstract readWritten(offset: number, into: Uint8Array): number;

  /** The stretches of a part; what is missing is told. */
  protected map(offset: number, sizeBytes: number): { readonly parts: readonly Stretch[]; readonly whole: boolean } {
    const found = stretches(this.runs, this.boot.clusterBytes, offset, sizeBytes);
    if (!found.whole) this.tell('NTFS_RUNS', this.at, this.what, `clusters for ${sizeBytes} bytes at ${offset}`, 'none');
    return found;
  }

  protected read(parts: readonly Stretch[], into: Uint8Array): number {
    const got = readStretches(this.source, parts, into);
    let want = 0;
    for (const part of parts) {
      if (got < want + part.sizeBytes) {
        this.tell('NTFS_SHORT', part.at ?? 0, this.what, part.sizeBytes, Math.max(0, got - want));
        break;
      }
      want += part.sizeBytes;
    }
    return got;
  }
}

/** Data as it is; holes read as zeros. */
class PlainStream extends Stream {
  protected readWritten(offset: number, into: Uint8Array): number {
    return this.read(this.map(offset, into.length).parts, into);
  }
}

/** Data in units of `2^n` clusters, each stored as it is, as a hole, or compressed into its first clusters with a hole behind. */
class CompressedStream extends Stream {
  readonly #unitBytes: number;
  readonly #method: number;
  /** The unit read last: readers take a file piece by piece. */
  #kept: { readonly unit: number; readonly bytes: Uint8Array } | undefined;

  constructor(context: Context, attribute: Attribute) {
    super(context, attribute);
    this.#method = attribute.flags & ATTRIBUTE_FLAG.compressionMask;
    this.#unitBytes = attribute.compressionUnit * context.boot.clusterBytes;
  }

  protected readWritten(offset: number, into: Uint8Array): number {
    const unitBytes = this.#unitBytes;
    if (this.#method !== LZNT1 || unitBytes === 0 || unitBytes > MAX_COMPRESSION_UNIT_BYTES) {
      this.tell('NTFS_COMPRESSED', this.at, this.what, 'LZNT1', `method ${this.#method}, unit of ${unitBytes} bytes`);
      return 0;
    }
    let done = 0;
    while (done < into.length) {
      const unit = Math.floor((offset + done) / unitBytes);
      const bytes = this.#unit(unit);
      if (bytes === undefined) break;
      const from = offset + done - unit * unitBytes;
      const part = bytes.subarray(from, Math.min(unitBytes, from + into.length - done));
      into.set(part, done);
      done += part.length;
    }
    return done;
  }

  #unit(unit: number): Uint8Array | undefined {
    if (this.#kept?.unit === unit) return this.#kept.bytes;
    const unitBytes = this.#unitBytes;
    const { parts, whole } = this.map(unit * unitBytes, unitBytes);
    if (!whole) return undefined;
    // Allocated clusters first, then the hole that the compression saved.
    const hole = parts.findIndex((part) => part.at === undefined);
    const stored = hole < 0 ? parts : parts.slice(0, hole);
    const storedBytes = stored.reduce((sum, part) => sum + part.sizeBytes, 0);
    const raw = new Uint8Array(hole < 0 || hole === 0 ? unitBytes : storedBytes);
    if (this.read(stored, raw) < storedBytes) return undefined;
    const orderly = hole < 0 || parts.slice(hole).every((part) => part.at === undefined);
    const bytes = !orderly ? undefined : hole <= 0 ? raw : decompressLznt1(raw, unitBytes);
    if (bytes === undefined) {
      this.tell(
        'NTFS_COMPRESSED',
        stored[0]?.at ?? this.at,
        `${this.what}, unit ${unit}`,
        unitBytes,
        orderly ? 'broken LZNT1' : 'clusters behind a hole',
      );
      return undefined;
    }
    this.#kept = { unit, bytes };
    return bytes;
  }
}
