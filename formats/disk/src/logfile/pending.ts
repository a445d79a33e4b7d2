import { type DamageReport, decodeUtf16 } from '@winmedic/bytes';
import type { Checkpoint } from './checkpoint.ts';
import type { LOGFILE_DAMAGE_CODES } from './codes.ts';
import { RECORD_TYPE } from './layout.ts';
import { LOOK_AHEAD_PAGES, MAX_UNDO_RECORDS, MAX_VERDICT_RECORDS } from './limits.ts';
import { readOpenAttribute } from './open-attributes.ts';
import { effectOf, mayMoveData, OPERATION } from './operations.ts';
import type { LogPages } from './pages.ts';
import { ClusterRanges } from './ranges.ts';
import { type NoRecord, type NtfsRecord, operationData, type RawRecord, readNext, readNtfsRecord, readRecord } from './records.ts';
import { type Geometry, placesOf, touchedClusters, touches, touchOf } from './touch.ts';
import { Transactions } from './transactions.ts';
import type { BlockVerdict, LogRecord, TouchedBlock } from './types.ts';

/** Tells a damage of a log. */
export type Report = DamageReport<(typeof LOGFILE_DAMAGE_CODES)[number]>;

/** What is pending, after one pass over the records from where redo begins. */
export interface Pending {
  readonly redoFrom: bigint;
  readonly records: number;
  readonly openTransactions: number;
  judge(blocks: readonly TouchedBlock[]): readonly BlockVerdict[];
  touchesClusters(lcn: number, clusters: number): boolean;
}

/** What the pass must know. */
export interface PendingInput {
  readonly pages: LogPages;
  readonly checkpoint: Checkpoint;
  readonly clientIndex: number;
  /** LSNs up to which the log was certainly written: the restart page's. */
  readonly writtenLsn: bigint;
  readonly volume: Geometry;
  readonly report: Report;
}

/** Reads everything from where redo begins to the end of the log. Records are not kept: a judgement reads them again. */
export function readPending({ pages, checkpoint, clientIndex, writtenLsn, volume, report }: PendingInput): Pending {
  const { attributes, redoLsn } = checkpoint;
  const transactions = new Transactions(checkpoint.transactions);
  const clusters = new ClusterRanges();
  let complete = true;
  const doubt = (...what: Parameters<Report>) => {
    complete = false;
    report(...what);
  };
  const addClusters = (record: NtfsRecord, side: 'redo' | 'undo') => {
    const touch = touchOf(record, side, attributes.find(record.target, record.raw.lsn), volume);
    if (touch === undefined) return;
    const ranges = touchedClusters(record, side, touch, volume);
    if (ranges === undefined) clusters.addAll();
    else for (const range of ranges) clusters.add(range);
  };

  let records = 0;
  let last: RawRecord | undefined;
  const stop = walk(pages, redoLsn, (raw) => {
    records++;
    last = raw;
    if (raw.type === RECORD_TYPE.restart) return;
    const record = raw.clientIndex === clientIndex ? readNtfsRecord(raw) : undefined;
    if (record === undefined) {
      doubt('LOGFILE_RECORD', raw.offset, 'record of NTFS');
      return;
    }
    if (record.redo === OPERATION.openNonresidentAttribute) {
      const entry = operationData(record, 'redo');
      const name = operationData(record, 'undo');
      const attribute = entry && readOpenAttribute(entry, name && decodeUtf16(name, 0, name.length >> 1), raw.lsn);
      if (attribute === undefined) doubt('LOGFILE_RECORD', raw.offset, 'opened attribute');
      else if (!attributes.add(record.target, attribute)) doubt('LOGFILE_LIMIT', raw.offset, 'opened attributes');
    }
    if (raw.lsn >= checkpoint.startLsn && !transactions.add(record)) doubt('LOGFILE_LIMIT', raw.offset, 'open transactions');
    addClusters(record, 'redo');
  });

  const endLsn = last?.lsn ?? 0n;
  const undo: NtfsRecord[] = [];
  const seen = new Set<bigint>();
  for (const lsn of transactions.lastLsns) {
    const broken = followChain(pages, lsn, seen, undo);
    if (broken !== undefined)
      doubt(broken === 'limit' ? 'LOGFILE_LIMIT' : 'LOGFILE_CHAIN', pages.offsetOf(lsn), 'undo chain', undefined, broken);
  }
  for (const record of undo) addClusters(record, 'undo');
  const doubtful = findDoubt();
  if (doubtful !== undefined) doubt(...doubtful);
  if (!complete) clusters.addAll();

  /** The log must not end before what is known to have been written, nor before pages that were written later. @returns the damage when it does */
  function findDoubt(): Parameters<Report> | undefined {
    const at = last?.next.offset ?? pages.offsetOf(redoLsn);
    if (last === undefined || (stop !== 'absent' && stop !== 'incomplete')) {
      return [stop === 'malformed' ? 'LOGFILE_RECORD' : 'LOGFILE_PAGE', at, 'record', undefined, stop];
    }
    const known = writtenLsn > pages.tailEndLsn ? writtenLsn : pages.tailEndLsn;
    if (last.lsn < known) return ['LOGFILE_HOLE', at, 'record', known.toString(), last.lsn.toString()];
    // A record whose beginning is in the log and whose end is not was never finished: Windows cannot redo it either.
    if (stop === 'incomplete') report('LOGFILE_TAIL', at, 'last record');
    const newest = stop === 'incomplete' ? last.next.lsn : last.lsn;
    let page = at - ((at - pages.first) % pages.pageBytes);
    for (let i = 0; i < LOOK_AHEAD_PAGES; i++) {
      page = pages.nextPage(page);
      const { claimedLsn, regular } = pages.at(page);
      if (regular === 'missing') return ['LOGFILE_PAGE', page, 'page behind the end', undefined, regular];
      if (claimedLsn > newest) return ['LOGFILE_HOLE', page, 'page behind the end', newest.toString(), claimedLsn.toString()];
    }
    return undefined;
  }

  function judge(blocks: readonly TouchedBlock[]): readonly BlockVerdict[] {
    if (blocks.length === 0) return [];
    const judged = blocks.map((block) => ({
      block,
      places: placesOf(block, volume),
      redo: [] as LogRecord[],
      undo: [] as LogRecord[],
      maybe: !complete,
    }));
    const consider = (record: NtfsRecord, side: 'redo' | 'undo') => {
      if (effectOf(record[side]) === 'nothing') return;
      const attribute = attributes.find(record.target, record.raw.lsn);
      const touch = touchOf(record, side, attribute, volume);
      if (touch === undefined) return;
      for (const entry of judged) {
        const { lsn, placing } = entry.block;
        if (placing && !mayMoveData(record[side])) continue;
        // A redo is skipped when the block already carries its LSN; what is rolled back is rolled back whatever the block says. An LSN behind the end of the log
        // cannot come from this log: nothing is concluded from it (ntfsrecover redoes over such a block).
        if (side === 'redo' && lsn !== undefined && record.raw.lsn <= lsn && lsn <= endLsn) continue;
        const answer = touches(touch, entry.places);
        if (answer === 'yes') remember(entry[side], toLogRecord(record, attribute?.identity));
        else if (answer === 'maybe') entry.maybe = true;
      }
    };
    walk(pages, redoLsn, (raw) => {
      const record = raw.type === RECORD_TYPE.client ? readNtfsRecord(raw) : undefined;
      if (record !== undefined) consider(record, 'redo');
    });
    for (const record of undo) consider(record, 'undo');
    return judged.map(({ block, redo, undo, maybe }) => {
      const verdict = undo.length > 0 ? 'undo' : redo.length > 0 ? 'redo' : maybe ? 'unknown' : 'free';
      return { block, verdict, records: verdict === 'undo' ? undo : redo };
    });
  }

  return {
    redoFrom: redoLsn,
    records,
    openTransactions: transactions.count,
    judge,
    touchesClusters: (lcn, count) => clusters.has(lcn, count),
  };
}

/** Visits the records from `lsn` on and says why there is no further one. LSNs only grow and stay within one round of the log: it ends. */
function walk(pages: LogPages, lsn: bigint, visit: (record: RawRecord) => void): NoRecord {
  const limit = lsn + BigInt((pages.end - pages.first) / 8) * 2n;
  let record = readRecord(pages, lsn);
  while (typeof record !== 'string') {
    visit(record);
    if (record.next.lsn > limit) return 'malformed';
    record = readNext(pages, record);
  }
  return record;
}

/** Collects the records of a transaction from its last one back, up to its first or one that another chain led to. @returns why it could not go on. */
function followChain(pages: LogPages, from: bigint, seen: Set<bigint>, into: NtfsRecord[]): NoRecord | 'limit' | undefined {
  for (let lsn = from; lsn !== 0n && !seen.has(lsn); ) {
    seen.add(lsn);
    const raw = readRecord(pages, lsn);
    if (typeof raw === 'string') return raw;
    const record = readNtfsRecord(raw);
    // A predecessor that is not older would make the chain a loop.
    if (record === undefined || raw.previousLsn >= lsn) return 'malformed';
    if (into.length >= MAX_UNDO_RECORDS) return 'limit';
    into.push(record);
    lsn = raw.previousLsn;
  }
  return undefined;
}

/** Keeps the newest records, newest first. */
function remember(list: LogRecord[], record: LogRecord): void {
  const at = list.findIndex((other) => other.lsn < record.lsn);
  if (at >= 0) list.splice(at, 0, record);
  else list.push(record);
  if (list.length > MAX_VERDICT_RECORDS) list.pop();
}

function toLogRecord(record: NtfsRecord, attribute: LogRecord['attribute']): LogRecord {
  const { raw } = record;
  return {
    lsn: raw.lsn,
    previousLsn: raw.previousLsn,
    undoNextLsn: raw.undoNextLsn,
    transactionId: raw.transactionId,
    redo: record.redo,
    undo: record.undo,
    target: record.target,
    ...(attribute === undefined ? {} : { attribute }),
    targetVcn: record.vcn,
    clusterBlockOffset: record.clusterBlock,
    recordOffset: record.recordOffset,
    attributeOffset: record.attributeOffset,
    lcns: record.lcns,
  };
}
