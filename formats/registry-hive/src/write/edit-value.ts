import { HiveError } from '../errors.ts';
import { BASE_BLOCK_SIZE, DB, LAST_MINOR_WITHOUT_BIG_DATA, NK, SEGMENT_SIZE, VK } from '../layout.ts';
import type { Hive } from '../types.ts';
import type { Draft } from './draft.ts';
import type { HiveEdit, PlannedEdit } from './types.ts';

/** Largest data held in the value cell itself. */
const INLINE_BYTES = 4;
const INLINE = 0x8000_0000;

/** Fields of a value cell and a key cell that are written, counted from the cell's size field. @source msuhanov/regf "Key value", "Key node" */
const VALUE = { size: 8, place: 12, type: 16 } as const;
const KEY = { lastWritten: 8, largestData: 68 } as const;

const refuse = (what: string, offset: number): never => {
  throw new HiveError('HIVE_EDIT_STATE', what, offset);
};

/** Bytes that must be there. */
function need(draft: Draft, offset: number, length: number, what: string): DataView {
  // Before anything is allocated: a size field may claim 2 GB.
  if (offset + length > draft.sizeBytes) refuse(what, offset);
  const bytes = draft.read(offset, length);
  if (bytes.length < length) refuse(what, offset);
  return new DataView(bytes.buffer, bytes.byteOffset, length);
}

function put32(draft: Draft, offset: number, value: number): void {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  draft.write(offset, bytes);
}

/** Bytes of data an allocated cell can hold. @source msuhanov/regf "Cell" */
function capacity(draft: Draft, cell: number): number {
  const size = -need(draft, cell, 4, 'cell').getInt32(0, true);
  if (size < 8 || size % 8 !== 0) refuse('cell that is not in use', cell);
  return size - 4;
}

/**
 * Lays one edit over the draft. Where data lie in a cell of their own they may grow into its padding; data of up to four bytes move into the
 * value cell, as Windows stores them, and the cell they leave becomes free.
 * @throws {HiveError} HIVE_EDIT_NOT_FOUND, HIVE_EDIT_SIZE, HIVE_EDIT_STATE.
 */
export function editValue(hive: Hive, draft: Draft, edit: HiveEdit): PlannedEdit {
  const key = hive.key(edit.key);
  if (!key) throw new HiveError('HIVE_EDIT_NOT_FOUND', `key ${edit.key}`);
  const value = key.value(edit.value);
  if (!value)
    throw new HiveError('HIVE_EDIT_NOT_FOUND', `value ${edit.value === '' ? '(default)' : edit.value} of ${edit.key}`, key.offset);
  const keyCell = need(draft, key.offset, 76, 'key');
  const cell = need(draft, value.offset, 20, 'value');
  if (keyCell.getUint16(4, true) !== NK || cell.getUint16(4, true) !== VK) refuse('key or value cell', value.offset);

  const rawSize = cell.getUint32(VALUE.size, true);
  const inline = rawSize >= INLINE;
  const dataCell = cell.getUint32(VALUE.place, true) + BASE_BLOCK_SIZE;
  const before = { type: cell.getUint32(VALUE.type, true), data: storedData(hive, draft, value.offset) };
  const { data } = edit;
  const type = edit.type ?? before.type;
  const big = hive.header.minorVersion > LAST_MINOR_WITHOUT_BIG_DATA;

  if (data.length <= INLINE_BYTES) {
    if (!inline && isBig(hive, rawSize)) tooLarge('big data cannot shrink into its value', value.offset);
    if (!inline && rawSize > 0) release(draft, dataCell);
    const place = new Uint8Array(INLINE_BYTES);
    place.set(data);
    put32(draft, value.offset + VALUE.size, INLINE + data.length);
    draft.write(value.offset + VALUE.place, place);
  } else if (inline || rawSize === 0) {
    tooLarge(`${data.length} bytes into a value of ${INLINE_BYTES}`, value.offset);
  } else if (isBig(hive, rawSize)) {
    writeSegments(draft, dataCell, rawSize, data);
    put32(draft, value.offset + VALUE.size, data.length);
  } else {
    const room = Math.min(capacity(draft, dataCell), big ? SEGMENT_SIZE : Number.MAX_SAFE_INTEGER);
    if (data.length > room) tooLarge(`${data.length} bytes into a cell of ${room}`, dataCell);
    draft.write(dataCell + 4, data);
    put32(draft, value.offset + VALUE.size, data.length);
  }
  put32(draft, value.offset + VALUE.type, type);
  if (data.length > keyCell.getUint32(KEY.largestData, true)) put32(draft, key.offset + KEY.largestData, data.length);
  if (edit.keyWritten !== undefined) {
    const time = new Uint8Array(8);
    new DataView(time.buffer).setBigUint64(0, edit.keyWritten, true);
    draft.write(key.offset + KEY.lastWritten, time);
  }
  return { key: key.path, value: value.name, offset: value.offset, before, after: { type, data: data.slice() } };
}

function tooLarge(what: string, offset: number): never {
  throw new HiveError('HIVE_EDIT_SIZE', what, offset);
}

/** Marks a cell as free. Free neighbours need not be joined for a hive to be valid: Windows joins them when it frees the next one. */
function release(draft: Draft, cell: number): void {
  const size = capacity(draft, cell) + 4;
  put32(draft, cell, size);
}

function isBig(hive: Hive, size: number): boolean {
  return hive.header.minorVersion > LAST_MINOR_WITHOUT_BIG_DATA && size > SEGMENT_SIZE;
}

/** Data as the draft holds them: an earlier edit of the same plan counts. */
function storedData(hive: Hive, draft: Draft, valueCell: number): Uint8Array {
  const cell = need(draft, valueCell, 20, 'value');
  const size = cell.getUint32(VALUE.size, true);
  if (size >= INLINE) return draft.read(valueCell + VALUE.place, Math.min(INLINE_BYTES, size - INLINE));
  if (size === 0) return new Uint8Array();
  const dataCell = cell.getUint32(VALUE.place, true) + BASE_BLOCK_SIZE;
  if (!isBig(hive, size)) return bytesOf(need(draft, dataCell + 4, size, 'data'));
  const out = new Uint8Array(size);
  for (const { at, from, to } of segments(draft, dataCell, size)) out.set(bytesOf(need(draft, at, to - from, 'segment')), from);
  return out;
}

const bytesOf = (view: DataView): Uint8Array => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

/** Segments of big data: where each lies and which part of the data it holds. @source msuhanov/regf "Big data" */
function* segments(
  draft: Draft,
  cell: number,
  size: number,
): Generator<{ readonly at: number; readonly from: number; readonly to: number }> {
  const head = need(draft, cell + 4, 8, 'big data');
  const count = head.getUint16(2, true);
  if (head.getUint16(0, true) !== DB || count !== Math.ceil(size / SEGMENT_SIZE)) refuse('big data', cell);
  const list = need(draft, head.getUint32(4, true) + BASE_BLOCK_SIZE + 4, count * 4, 'segment list');
  for (let i = 0; i < count; i++) {
    const at = list.getUint32(i * 4, true) + BASE_BLOCK_SIZE + 4;
    yield { at, from: i * SEGMENT_SIZE, to: Math.min(size, (i + 1) * SEGMENT_SIZE) };
  }
}

/** Big data keeps its segments: only the last one may get shorter or grow into its padding. */
function writeSegments(draft: Draft, cell: number, oldSize: number, data: Uint8Array): void {
  const parts = [...segments(draft, cell, oldSize)];
  if (Math.ceil(data.length / SEGMENT_SIZE) !== parts.length || data.length <= SEGMENT_SIZE) {
    tooLarge(`${data.length} bytes into ${parts.length} segments`, cell);
  }
  for (const { at, from } of parts) {
    const part = data.subarray(from, from + SEGMENT_SIZE);
    if (part.length > capacity(draft, at - 4)) tooLarge('last segment', at);
    draft.write(at, part);
  }
}
