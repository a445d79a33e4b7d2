import type { BinXmlElement } from './binxml.ts';
import { CHUNK, chunkHeaderCrc } from './chunk.ts';
import type { RecordPlace } from './layout.ts';
import { chunkOffset, recordPlaces, reseal, viewOf } from './layout.ts';
import type { WriteRecord } from './types.ts';
import { FILE_HEADER_SIZE } from './write-evtx.ts';

/** Every function here returns a damaged copy and leaves its input alone. */

const FLAGS_OFFSET = 120;
const CRC_OFFSET = 124;
const DATA_CRC_OFFSET = 52;
const FREE_OFFSET = 48;

function place(file: Uint8Array, index: number): RecordPlace {
  const found = recordPlaces(file)[index];
  if (!found) throw new RangeError(`the file has no record ${index}`);
  return found;
}

/** Options of functions whose change can be hidden from checksums. */
export interface DamageOptions {
  /** Make the checksums right again (default false), so that only the change itself can be noticed. */
  readonly reseal?: boolean;
}
const finish = (file: Uint8Array, options: DamageOptions): Uint8Array => (options.reseal ? reseal(file) : file);

/** Flips bits of one byte of a record; `at` counts from the record's start, `mask` says which bits (default all). */
export function flipByte(file: Uint8Array, record: number, at: number, mask = 0xff, options: DamageOptions = {}): Uint8Array {
  const { offset, size } = place(file, record);
  if (at < 0 || at >= size) throw new RangeError(`record ${record} has ${size} bytes`);
  const out = file.slice();
  out[offset + at]! ^= mask;
  return finish(out, options);
}

/** Breaks the checksum of the file header, of a chunk header or of a chunk's records; the data stay right. */
export function breakCrc(file: Uint8Array, which: 'file' | { readonly chunkHeader: number } | { readonly chunkData: number }): Uint8Array {
  const out = file.slice();
  if (which === 'file') out[CRC_OFFSET]! ^= 0xff;
  else if ('chunkHeader' in which) out[chunkOffset(which.chunkHeader) + CRC_OFFSET]! ^= 0xff;
  else {
    // The header checksum covers this field: it is made right again so that only the data checksum is wrong.
    const start = chunkOffset(which.chunkData);
    const wrong = viewOf(out).getUint32(start + DATA_CRC_OFFSET, true) ^ 0xff;
    reseal(out);
    setChunkField(out, which.chunkData, DATA_CRC_OFFSET, wrong);
  }
  return out;
}

/** A log that was not closed: dirty flag set, counts of the header as they were when it was opened (15 of 168 real files have wrong counts). */
export function dirtyHeader(
  file: Uint8Array,
  claims: { readonly chunkCount?: number; readonly lastChunk?: bigint; readonly nextRecordId?: bigint } = {},
): Uint8Array {
  const out = file.slice();
  const view = viewOf(out);
  const flags = view.getUint32(FLAGS_OFFSET, true) | 1;
  view.setBigUint64(16, claims.lastChunk ?? 0n, true);
  view.setBigUint64(24, claims.nextRecordId ?? 1n, true);
  view.setUint16(42, claims.chunkCount ?? 1, true);
  // The flags lie behind the checksummed part of the header.
  reseal(out);
  view.setUint32(FLAGS_OFFSET, flags, true);
  return out;
}

/** Cuts the file off. */
export function truncate(file: Uint8Array, length: number): Uint8Array {
  return file.slice(0, length);
}

/** Fills a whole chunk with zeros. */
export function zeroChunk(file: Uint8Array, chunk: number): Uint8Array {
  const out = file.slice();
  out.fill(0, chunkOffset(chunk), chunkOffset(chunk) + CHUNK.size);
  return out;
}

/** Destroys the magic of a chunk; its records stay. */
export function breakChunkMagic(file: Uint8Array, chunk: number): Uint8Array {
  const out = file.slice();
  out.set(new TextEncoder().encode('XXXX'), chunkOffset(chunk));
  return out;
}

/** Sets the size of a record to 0 (a reader that advances by the size never ends) or to any other value. */
export function setRecordSize(file: Uint8Array, record: number, size = 0, options: DamageOptions = { reseal: true }): Uint8Array {
  const out = file.slice();
  viewOf(out).setUint32(place(file, record).offset + 4, size, true);
  return finish(out, options);
}

/** Sets the trailing copy of a record's size. */
export function setTrailingSize(file: Uint8Array, record: number, size: number, options: DamageOptions = { reseal: true }): Uint8Array {
  const out = file.slice();
  const { offset, size: real } = place(file, record);
  viewOf(out).setUint32(offset + real - 4, size, true);
  return finish(out, options);
}

/**
 * Gives a value of a record's outer template a size beyond the record (default 65,535 bytes); negative `value` counts from the end.
 * The place is found through the template instance: token, definition, value count, descriptors.
 */
export function insaneValueSize(file: Uint8Array, record: number, value = 5, size = 0xffff): Uint8Array {
  const { descriptors, count } = outerValues(file, record);
  const index = value < 0 ? count + value : value;
  if (index < 0 || index >= count) throw new RangeError(`record ${record} has ${count} values`);
  const out = file.slice();
  viewOf(out).setUint16(descriptors + index * 4, size, true);
  return reseal(out);
}

/** Gives a record's outer template instance an absurd number of values. */
export function insaneValueCount(file: Uint8Array, record: number, count = 0x7fffffff): Uint8Array {
  const out = file.slice();
  viewOf(out).setUint32(outerValues(file, record).descriptors - 4, count, true);
  return reseal(out);
}

/** Lets a record's template definition lie somewhere else in the chunk (or outside it). */
export function moveDefinition(file: Uint8Array, record: number, offset: number): Uint8Array {
  const out = file.slice();
  viewOf(out).setUint32(place(file, record).offset + 34, offset, true);
  return reseal(out);
}

function outerValues(file: Uint8Array, record: number): { descriptors: number; count: number } {
  const { offset, chunk } = place(file, record);
  const view = viewOf(file);
  const instance = offset + 28;
  if (view.getUint8(instance) !== 0x0c) throw new TypeError(`record ${record} has no template`);
  const definition = chunkOffset(chunk) + view.getUint32(instance + 6, true);
  const inline = definition === instance + 10;
  const countAt = inline ? definition + 24 + view.getUint32(definition + 20, true) : instance + 10;
  return { descriptors: countAt + 4, count: view.getUint32(countAt, true) };
}

/** Sets the free-space offset of a chunk: less than the truth makes the last records slack. */
export function setFreeSpace(file: Uint8Array, chunk: number, free: number): Uint8Array {
  const out = file.slice();
  setChunkField(out, chunk, FREE_OFFSET, free);
  return reseal(out);
}

function setChunkField(out: Uint8Array, chunk: number, at: number, value: number): void {
  const start = chunkOffset(chunk);
  viewOf(out).setUint32(start + at, value, true);
  const header = out.subarray(start, start + CHUNK.size);
  viewOf(out).setUint32(start + CRC_OFFSET, chunkHeaderCrc(header), true);
}

/**
 * A log that was cleared and used again: the new file's first chunks over the old ones. What the new records do not cover stays behind
 * as slack: complete old records beyond the free space, most of them without their template definitions.
 * `oldChunks` says what becomes of the chunks the new log has not reached: zeroed, or with the header gone and the records left.
 */
export function clearedOver(oldFile: Uint8Array, newFile: Uint8Array, oldChunks: 'zeroed' | 'headerless' = 'headerless'): Uint8Array {
  const out = new Uint8Array(Math.max(oldFile.length, newFile.length));
  out.set(oldFile);
  out.set(newFile.subarray(0, FILE_HEADER_SIZE));
  const view = viewOf(newFile);
  let chunk = 0;
  for (; chunkOffset(chunk) + CHUNK.size <= newFile.length; chunk++) {
    const start = chunkOffset(chunk);
    out.set(newFile.subarray(start, start + view.getUint32(start + FREE_OFFSET, true)), start);
  }
  for (; chunkOffset(chunk) + CHUNK.size <= oldFile.length; chunk++) {
    const start = chunkOffset(chunk);
    out.fill(0, start, start + (oldChunks === 'zeroed' ? CHUNK.size : CHUNK.firstRecord));
  }
  return out;
}

/** Files one after another, as people do with `copy /b`: a header in the middle, record ids that repeat. */
export function concatenate(...files: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(files.reduce((sum, file) => sum + file.length, 0));
  let at = 0;
  for (const file of files) {
    out.set(file, at);
    at += file.length;
  }
  return out;
}

/** Swaps two chunks: record ids and times run backwards in between, as in a log that has wrapped around. */
export function swapChunks(file: Uint8Array, one: number, other: number): Uint8Array {
  const out = file.slice();
  out.set(file.subarray(chunkOffset(one), chunkOffset(one) + CHUNK.size), chunkOffset(other));
  out.set(file.subarray(chunkOffset(other), chunkOffset(other) + CHUNK.size), chunkOffset(one));
  return out;
}

/** A record whose small template repeats one large value: `repeats` times `valueBytes` of output from one value. */
export function amplifier(base: Omit<WriteRecord, 'data'>, repeats: number, valueBytes = 32_000): WriteRecord {
  const slot = { kind: 'slot', index: 0, type: 1 } as const;
  const child = { kind: 'element', name: 'D', children: Array.from({ length: 16 }, () => slot) } as const;
  return {
    ...base,
    data: {
      kind: 'custom',
      nodes: [{ kind: 'element', name: 'EventData', children: Array.from({ length: Math.ceil(repeats / 16) }, () => child) }],
      values: [{ type: 'string', value: 'A'.repeat(valueBytes / 2) }],
    },
  };
}

/** A record with elements nested to a depth, against readers that recurse without a limit. */
export function deeplyNested(base: Omit<WriteRecord, 'data'>, depth: number): WriteRecord {
  let element: BinXmlElement = { kind: 'element', name: 'E', children: [{ kind: 'text', text: 'x' }] };
  for (let level = 1; level < depth; level++) element = { kind: 'element', name: 'E', children: [element] };
  return { ...base, data: { kind: 'custom', nodes: [element], values: [] } };
}
