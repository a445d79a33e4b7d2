import type { OpenTransaction } from './checkpoint.ts';
import { MAX_TRANSACTIONS } from './limits.ts';
import { isTableDump, OPERATION } from './operations.ts';
import type { NtfsRecord } from './records.ts';

interface Active {
  firstLsn: bigint;
  /** Last record, and the last ones of chains that broke off (a record that names no predecessor while the transaction was open). */
  lastLsns: bigint[];
}

/** Follows which transactions are open. Begins with those of the checkpoint; records are added in the order of the log. */
export class Transactions {
  readonly #open = new Map<number, Active>();
  /** Chains of all open transactions together. */
  #chains = 0;

  constructor(checkpoint: ReadonlyMap<number, OpenTransaction>) {
    for (const [id, { firstLsn, lastLsn }] of checkpoint) this.#open.set(id, { firstLsn, lastLsns: [lastLsn] });
    this.#chains = this.#open.size;
  }

  /** Number of transactions that did not commit. */
  get count(): number {
    return this.#open.size;
  }

  /** Last records of what is to be rolled back. */
  get lastLsns(): readonly bigint[] {
    return [...this.#open.values()].flatMap(({ lastLsns }) => lastLsns);
  }

  /** Adds a record; false when more transactions are open than are followed. */
  add(record: NtfsRecord): boolean {
    const { lsn, previousLsn, transactionId } = record.raw;
    if (isTableDump(record.redo)) return true;
    const active = this.#open.get(transactionId);
    if (record.redo === OPERATION.commit || record.redo === OPERATION.forget) {
      // The end of an earlier transaction with this id, when the checkpoint already lists a later one.
      if (active !== undefined && lsn > active.firstLsn) {
        this.#chains -= active.lastLsns.length;
        this.#open.delete(transactionId);
      }
      return true;
    }
    if (active === undefined) {
      if (this.#chains >= MAX_TRANSACTIONS) return false;
      this.#chains++;
      this.#open.set(transactionId, { firstLsn: lsn, lastLsns: [lsn] });
      return true;
    }
    const { lastLsns } = active;
    // The checkpoint knew the transaction's last record when its tables were written, which is after where it begins.
    if (lsn <= (lastLsns.at(-1) ?? 0n)) return true;
    if (lastLsns.at(-1) === previousLsn) lastLsns[lastLsns.length - 1] = lsn;
    else {
      if (this.#chains >= MAX_TRANSACTIONS) return false;
      this.#chains++;
      lastLsns.push(lsn);
    }
    return true;
  }
}
