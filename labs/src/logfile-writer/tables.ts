import type { DirtyPageInput, LogRecordInput, LogShape, OpenAttributeInput, TransactionInput } from './types.ts';

const NONE = new Uint8Array(0);

/** Text as UTF-16LE. */
export function utf16(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(i * 2, text.charCodeAt(i), true);
  return bytes;
}

/** NTFS_LOG_RECORD: header, clusters, redo and undo data at multiples of 8. */
export function ntfsRecord(input: LogRecordInput): Uint8Array {
  const { lcns = [], redoData = NONE, undoData = NONE } = input;
  // The structure reserves 8 bytes for a first cluster even when there is none.
  const redoAt = 0x20 + Math.max(1, lcns.length) * 8;
  const undoAt = redoAt + up(redoData.length);
  const bytes = new Uint8Array(undoAt + up(undoData.length));
  const view = new DataView(bytes.buffer);
  const fields = [
    input.redo,
    input.undo,
    redoAt,
    redoData.length,
    undoAt,
    undoData.length,
    input.target ?? 0,
    lcns.length,
    input.recordOffset ?? 0,
    input.attributeOffset ?? 0,
    input.clusterBlock ?? 0,
  ];
  for (const [i, value] of fields.entries()) view.setUint16(i * 2, value, true);
  view.setBigUint64(0x18, BigInt(input.vcn ?? 0), true);
  for (const [i, lcn] of lcns.entries()) view.setBigInt64(0x20 + i * 8, BigInt(lcn), true);
  bytes.set(redoData, redoAt);
  bytes.set(undoData, undoAt);
  return bytes;
}

/** OPEN_ATTRIBUTE_ENTRY. */
export function attributeEntry(attribute: OpenAttributeInput, client: LogShape['client']): Uint8Array {
  const { record, sequence = 1, type, indexBytes = 0, openLsn = 0n, target } = attribute;
  const reference = (BigInt(sequence) << 48n) | BigInt(record);
  const wide = client === '1.0';
  const bytes = new Uint8Array(wide ? 0x28 : 0x2c);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xffffffff, true);
  view.setUint32(wide ? 0x04 : 0x28, indexBytes, true);
  view.setUint32(wide ? 0x08 : 0x1c, type, true);
  view.setBigUint64(wide ? 0x10 : 0x08, reference, true);
  view.setBigUint64(wide ? 0x18 : 0x10, openLsn, true);
  if (wide) view.setBigUint64(0x20, 0xffff_8000_1234_5678n, true);
  else view.setUint32(0x04, 0x18 + ((target - 0x18) / 0x2c) * 0x28, true);
  return bytes;
}

/** Table of attributes: each lies at the byte offset records name it by. */
export function attributeTable(attributes: readonly OpenAttributeInput[], client: LogShape['client']): Uint8Array {
  const size = client === '1.0' ? 0x28 : 0x2c;
  const last = attributes.reduce((most, { target }) => Math.max(most, target), 0x18);
  return table(
    size,
    (last - 0x18) / size + 2,
    attributes.map((attribute) => [(attribute.target - 0x18) / size, attributeEntry(attribute, client)]),
  );
}

/** ATTRIBUTE_NAME_ENTRY list, ended by an empty one. */
export function nameTable(attributes: readonly OpenAttributeInput[]): Uint8Array {
  const parts = attributes.map(({ target, name = '' }) => {
    const entry = new Uint8Array(4 + name.length * 2 + 2);
    const view = new DataView(entry.buffer);
    view.setUint16(0, target, true);
    view.setUint16(2, name.length * 2, true);
    entry.set(utf16(name), 4);
    return entry;
  });
  return Uint8Array.from([...parts, new Uint8Array(4)].flatMap((part) => [...part]));
}

/** DIRTY_PAGE_ENTRY table; entries have room for the longest list of clusters. */
export function dirtyPageTable(pages: readonly DirtyPageInput[], client: LogShape['client']): Uint8Array {
  const head = client === '1.0' ? 0x20 : 0x24;
  const size = head + 8 * pages.reduce((most, { lcns }) => Math.max(most, lcns.length), 1);
  return table(
    size,
    pages.length + 1,
    pages.map((page, i) => {
      const bytes = new Uint8Array(size);
      const view = new DataView(bytes.buffer);
      view.setUint32(0x00, 0xffffffff, true);
      view.setUint32(0x04, page.target, true);
      view.setUint32(0x08, 4096, true);
      view.setUint32(0x0c, page.lcns.length, true);
      view.setBigUint64(head - 0x10, BigInt(page.vcn), true);
      view.setBigUint64(head - 0x08, page.oldestLsn, true);
      for (const [at, lcn] of page.lcns.entries()) view.setBigInt64(head + at * 8, BigInt(lcn), true);
      return [i, bytes];
    }),
  );
}

/** TRANSACTION_ENTRY table: each lies at the byte offset that is its id. */
export function transactionTable(transactions: readonly TransactionInput[]): Uint8Array {
  const size = 0x28;
  const last = transactions.reduce((most, { id }) => Math.max(most, id), 0x18);
  return table(
    size,
    (last - 0x18) / size + 1,
    transactions.map(({ id, state, firstLsn, lastLsn }) => {
      const bytes = new Uint8Array(size);
      const view = new DataView(bytes.buffer);
      view.setUint32(0x00, 0xffffffff, true);
      view.setUint8(0x04, state);
      view.setBigUint64(0x08, firstLsn, true);
      view.setBigUint64(0x10, lastLsn, true);
      view.setBigUint64(0x18, lastLsn, true);
      return [(id - 0x18) / size, bytes];
    }),
  );
}

/** RESTART_TABLE: header and entries; free ones name the next free one. */
function table(size: number, count: number, entries: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  const bytes = new Uint8Array(0x18 + size * count);
  const view = new DataView(bytes.buffer);
  view.setUint16(0x00, size, true);
  view.setUint16(0x02, count, true);
  view.setUint16(0x04, entries.length, true);
  view.setUint32(0x0c, 0xffffffff, true);
  for (let i = 0; i < count; i++) view.setUint32(0x18 + i * size, i + 1 < count ? 0x18 + (i + 1) * size : 0, true);
  for (const [slot, entry] of entries) bytes.set(entry, 0x18 + slot * size);
  return bytes;
}

function up(length: number): number {
  return length + (-length & 7);
}
