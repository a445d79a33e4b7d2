import { viewOf } from '@winmedic/bytes';
import { ALLOCATED, CHECKPOINT, DIRTY_PAGE, OPEN_ATTRIBUTE, RECORD_TYPE, TABLE, TRANSACTION } from './layout.ts';
import { OpenAttributes, readAttributeNames, readOpenAttribute } from './open-attributes.ts';
import { OPERATION } from './operations.ts';
import type { LogPages } from './pages.ts';
import { operationData, readNtfsRecord, readRecord } from './records.ts';

/** A transaction of the checkpoint that had not committed. */
export interface OpenTransaction {
  readonly firstLsn: bigint;
  readonly lastLsn: bigint;
}

/** A checkpoint of NTFS. */
export interface Checkpoint {
  /** Where transactions and openings are followed from. */
  readonly startLsn: bigint;
  /** Where redo begins: the start or, when a page was dirty for longer, its oldest LSN. */
  readonly redoLsn: bigint;
  readonly attributes: OpenAttributes;
  /** By transaction id. */
  readonly transactions: ReadonlyMap<number, OpenTransaction>;
}

/** Why a checkpoint cannot be used, and where. */
export interface NoCheckpoint {
  readonly code: 'LOGFILE_CHECKPOINT' | 'LOGFILE_VERSION';
  readonly what: string;
  readonly offset: number;
  readonly have?: string;
}

/** Reads the restart record of NTFS and the tables it names. */
export function readCheckpoint(pages: LogPages, restartLsn: bigint): Checkpoint | NoCheckpoint {
  const record = readRecord(pages, restartLsn);
  const bad = (what: string, have?: string): NoCheckpoint => ({
    code: 'LOGFILE_CHECKPOINT',
    what,
    offset: pages.offsetOf(restartLsn),
    ...(have === undefined ? {} : { have }),
  });
  if (typeof record === 'string') return bad('restart record', record);
  if (record.type !== RECORD_TYPE.restart || record.data.length < CHECKPOINT.end) return bad('restart record', `type ${record.type}`);
  const view = viewOf(record.data);
  const major = view.getUint32(CHECKPOINT.major, true);
  const minor = view.getUint32(CHECKPOINT.minor, true);
  if (major > 1 || minor !== 0) return { ...bad('client version', `${major}.${minor}`), code: 'LOGFILE_VERSION' };
  const dialect = major === 1 ? 'wide' : 'narrow';

  /** A dumped table: empty when the checkpoint names none, undefined when it cannot be read. */
  function table(lsnAt: number, bytesAt: number, operation: number): Uint8Array | undefined {
    const lsn = view.getBigUint64(lsnAt, true);
    const bytes = view.getUint32(bytesAt, true);
    if (lsn === 0n || bytes === 0) return new Uint8Array(0);
    const raw = readRecord(pages, lsn);
    const dump = typeof raw === 'string' ? undefined : readNtfsRecord(raw);
    return dump?.redo === operation ? operationData(dump, 'redo', bytes) : undefined;
  }
  const attributeTable = table(CHECKPOINT.attributesLsn, CHECKPOINT.attributesBytes, OPERATION.openAttributeTableDump);
  const nameTable = table(CHECKPOINT.namesLsn, CHECKPOINT.namesBytes, OPERATION.attributeNamesDump);
  const dirtyTable = table(CHECKPOINT.dirtyLsn, CHECKPOINT.dirtyBytes, OPERATION.dirtyPageTableDump);
  const transactionTable = table(CHECKPOINT.transactionsLsn, CHECKPOINT.transactionsBytes, OPERATION.transactionTableDump);
  if (attributeTable === undefined || nameTable === undefined) return bad('open attribute table');
  if (dirtyTable === undefined) return bad('dirty page table');
  if (transactionTable === undefined) return bad('transaction table');

  const attributes = readAttributes(attributeTable, nameTable, OPEN_ATTRIBUTE[dialect].bytes);
  if (attributes === undefined) return bad('open attribute table');
  const startLsn = view.getBigUint64(CHECKPOINT.start, true) || restartLsn;
  const dirty = tableEntries(dirtyTable, DIRTY_PAGE[dialect].bytes);
  if (dirty === undefined) return bad('dirty page table');
  let redoLsn = startLsn;
  for (const { entry } of dirty) {
    const oldest = viewOf(entry).getBigUint64(DIRTY_PAGE[dialect].oldestLsn, true);
    if (oldest !== 0n && oldest < redoLsn) redoLsn = oldest;
  }
  const active = tableEntries(transactionTable, TRANSACTION.bytes);
  if (active === undefined) return bad('transaction table');
  const transactions = new Map<number, OpenTransaction>();
  for (const { at, entry } of active) {
    const fields = viewOf(entry);
    if (fields.getUint8(TRANSACTION.state) === TRANSACTION.committed) continue;
    const lastLsn = fields.getBigUint64(TRANSACTION.previousLsn, true);
    if (lastLsn !== 0n) transactions.set(at, { firstLsn: fields.getBigUint64(TRANSACTION.firstLsn, true), lastLsn });
  }
  return { startLsn, redoLsn, attributes, transactions };
}

function readAttributes(table: Uint8Array, nameTable: Uint8Array, entryBytes: number): OpenAttributes | undefined {
  const attributes = new OpenAttributes();
  const entries = tableEntries(table, entryBytes);
  if (entries === undefined) return undefined;
  const names = readAttributeNames(nameTable);
  for (const { at, entry } of entries) {
    const attribute = readOpenAttribute(entry, names.get(at));
    // An entry of another size than the client's version has: neither dialect, nothing said about it can be relied on.
    if (attribute === undefined || !attributes.add(at, attribute)) return undefined;
  }
  return attributes;
}

/** Entries in use of a RESTART_TABLE with their byte offsets; undefined when it is not one. */
function tableEntries(table: Uint8Array, leastBytes: number): readonly { readonly at: number; readonly entry: Uint8Array }[] | undefined {
  if (table.length === 0) return [];
  if (table.length < TABLE.header) return undefined;
  const view = viewOf(table);
  const entryBytes = view.getUint16(TABLE.entryBytes, true);
  // Counted in 16 bits, so that a table of at most 65535 entries is walked.
  const count = view.getUint16(TABLE.entries, true);
  if (entryBytes < leastBytes || TABLE.header + count * entryBytes > table.length) return undefined;
  const entries = [];
  for (let at = TABLE.header, i = 0; i < count; i++, at += entryBytes) {
    if (view.getUint32(at, true) === ALLOCATED) entries.push({ at, entry: table.subarray(at, at + entryBytes) });
  }
  return entries;
}
