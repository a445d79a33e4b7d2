import { HiveError } from '../errors.ts';
import { BASE_BLOCK_SIZE, DB, LAST_MINOR_WITHOUT_BIG_DATA, NK, SEGMENT_SIZE, VK } from '../layout.ts';
import type { Hive } from '../types.ts';
import type { Draft } from './draft.ts';
import { bytesOf, capacity, INLINE, INLINE_BYTES, KEY, need, put32, putTime, refuse, VALUE } from './raw.ts';
import type { HiveEdit, PlannedEdit } from './types.ts';

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
  if (edit.keyWritten !== undefined) putTime(draft, key.offset + KEY.lastWritten, edit.keyWritten);
  return { key: key.path, value: value.name, offset: value.offset, before, after: { type, data: data.slice() } };
}

function tooLarge(what: string, offset: number): never {
  throw new HiveError('HIVE_EDIT_SIZE', what, offset);
}

/** Marks a cell as free. Free neighbours need not be joined for a hive to be valid: Windows joins them when it frees the next one. */
function release(draft: Draft, cell: number): void {
  const size = capacity(draft, cell) + 4;
  put32(draft, cell, size, 'free');
}

/** Whether data of this size lie in segments. @source msuhanov/regf "Big data" */
export function isBig(hive: Hive, size: number): boolean {
  return hive.header.minorVersion > LAST_MINOR_WITHOUT_BIG_DATA && size > SEGMENT_SIZE;
}

/** Data as the draft holds them: an earlier edit of the same plan counts. */
export function storedData(hive: Hive, draft: Draft, valueCell: number): Uint8Array {
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

/** Segments of big data: where each lies and which part of the data it holds. @source msuhanov/regf "Big data" */
export function* segments(
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
