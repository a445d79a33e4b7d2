import { HiveError } from '../errors.ts';
import { BASE_BLOCK_SIZE } from '../layout.ts';
import type { Draft, WriteOrder } from './draft.ts';

/** Top bit of a value's data size: the data stand in the value cell. */
export const INLINE = 0x8000_0000;
/** Largest data held in the value cell itself. */
export const INLINE_BYTES = 4;

/** Fields of a value cell, counted from the cell's size field. @source msuhanov/regf "Key value" */
export const VALUE = { nameLength: 6, size: 8, place: 12, type: 16, flags: 20, name: 24 } as const;
/** Fields of a key cell, counted likewise. @source msuhanov/regf "Key node" */
export const KEY = {
  flags: 6,
  lastWritten: 8,
  parent: 20,
  subkeys: 24,
  subkeyList: 32,
  volatileList: 36,
  values: 40,
  valueList: 44,
  security: 48,
  className: 52,
  largestName: 56,
  largestValueName: 64,
  largestData: 68,
  nameLength: 76,
  classLength: 78,
  name: 80,
} as const;
/** Fields of a security cell, counted likewise. @source msuhanov/regf "Key security" */
export const SECURITY = { next: 8, previous: 12, references: 16 } as const;

/** File offset of the cell that a relative offset names. */
export const cellOf = (relative: number): number => relative + BASE_BLOCK_SIZE;
/** Relative offset of the cell at a file offset. */
export const relativeOf = (cell: number): number => cell - BASE_BLOCK_SIZE;

/** Refuses a hive that is not as its own soundness check said, which only crafted or changing files are. */
export function refuse(what: string, offset: number): never {
  throw new HiveError('HIVE_EDIT_STATE', what, offset);
}

/** Bytes that must be there. */
export function need(draft: Draft, offset: number, length: number, what: string): DataView {
  // Before anything is allocated: a size field may claim 2 GB.
  if (offset + length > draft.sizeBytes) refuse(what, offset);
  const bytes = draft.read(offset, length);
  if (bytes.length < length) refuse(what, offset);
  return new DataView(bytes.buffer, bytes.byteOffset, length);
}

/** The bytes a view shows. */
export const bytesOf = (view: DataView): Uint8Array => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

/** A number as it is stored. */
export function le32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** Writes a number. */
export function put32(draft: Draft, offset: number, value: number, order?: WriteOrder): void {
  draft.write(offset, le32(value), order);
}

/** Writes a time (FILETIME ticks). */
export function putTime(draft: Draft, offset: number, ticks: bigint, order?: WriteOrder): void {
  const time = new Uint8Array(8);
  new DataView(time.buffer).setBigUint64(0, ticks, true);
  draft.write(offset, time, order);
}

/** Bytes of data an allocated cell can hold. @source msuhanov/regf "Cell" */
export function capacity(draft: Draft, cell: number): number {
  const size = -need(draft, cell, 4, 'cell').getInt32(0, true);
  if (size < 8 || size % 8 !== 0) refuse('cell that is not in use', cell);
  return size - 4;
}
